package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const day = 24 * time.Hour

// init asks for nothing, and refuses what is no root.
func TestInit(t *testing.T) {
	r := serve(t)
	c := r.fresh()
	c.trusts("root 1")
	c.asked()
	for _, bad := range []string{"", "null", "{}", string(r.files["metadata/timestamp.json"]), strings.Replace(string(r.files["metadata/1.root.json"]), `"threshold": 1`, `"threshold": 2`, 1)} {
		c := &client{t: t, r: r, dir: filepath.Join(t.TempDir(), "metadata")}
		ok, stderr := c.init([]byte(bad))
		c.fails("client: ", ok, stderr)
		c.trusts()
		ok, stderr = c.refresh()
		c.fails("no root is trusted yet", ok, stderr)
		c.asked()
	}
	// A root that is trusted is not replaced by an older one.
	r.root["version"] = 2
	r.publishRoot()
	c.ok(c.refresh())
	c.ok(c.init(r.files["metadata/1.root.json"]))
	c.trusts("root 2", "snapshot 1", "targets 1", "timestamp 1")
}

// What a client asks for: fresh, with nothing new, and after changes.
func TestRequests(t *testing.T) {
	r := serve(t)
	c := r.fresh()
	c.ok(c.refresh())
	c.asked("metadata/2.root.json", "metadata/timestamp.json", "metadata/1.snapshot.json", "metadata/1.targets.json")
	c.trusts("root 1", "snapshot 1", "targets 1", "timestamp 1")

	c.ok(c.refresh())
	c.asked("metadata/2.root.json", "metadata/timestamp.json")

	r.bump()
	c.ok(c.refresh())
	c.asked("metadata/2.root.json", "metadata/timestamp.json", "metadata/2.snapshot.json")

	for version := 2; version < 5; version++ {
		r.root["version"] = version
		r.publishRoot()
	}
	r.bump("targets")
	c.ok(c.refresh())
	c.asked("metadata/2.root.json", "metadata/3.root.json", "metadata/4.root.json", "metadata/5.root.json", "metadata/timestamp.json", "metadata/3.snapshot.json", "metadata/2.targets.json")
	c.trusts("root 4", "snapshot 3", "targets 2", "timestamp 3")

	// Nothing is asked for behind a failure, and nothing twice.
	r.drop("metadata/timestamp.json")
	ok, stderr := c.refresh()
	c.fails("timestamp.json: the server answers 404", ok, stderr)
	c.asked("metadata/5.root.json", "metadata/timestamp.json")
}

// What is trusted is kept as it was received, byte for byte.
func TestBytes(t *testing.T) {
	r := serve(t)
	raw := bytes.Replace(r.files["metadata/timestamp.json"], []byte("\n"), []byte("\r\n\t "), 3)
	r.put("metadata/timestamp.json", raw)
	c := r.fresh()
	c.ok(c.refresh())
	for name, want := range map[string][]byte{"root": r.files["metadata/1.root.json"], "timestamp": raw, "snapshot": r.files["metadata/1.snapshot.json"], "targets": r.files["metadata/1.targets.json"]} {
		if got, err := os.ReadFile(filepath.Join(c.dir, name+".json")); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// Roles may be called anything. CVE-2021-41131, CVE-2021-41149.
func TestRoleNames(t *testing.T) {
	for _, role := range []string{"?", "#", "..", "/delegatedrole", "../delegatedrole", "a/b"} {
		r := serve(t)
		r.delegate("targets", role, false, "*")
		r.bump("targets")
		c := r.fresh()
		ok, stderr := c.download("nonexistent target")
		c.fails("no role vouches for \"nonexistent target\"; asked: targets, ", ok, stderr)
		c.asked("metadata/2.root.json", "metadata/timestamp.json", "metadata/2.snapshot.json", "metadata/2.targets.json", "metadata/1."+encode(role)+".json")
		c.trusts("root 1", "snapshot 2", "targets 2", "timestamp 2", encode(role)+" 1")
		if entries, err := os.ReadDir(filepath.Dir(c.dir)); err != nil || len(entries) != 2 {
			t.Errorf("%s: beside DIR and TDIR: %v, %v", role, entries, err)
		}

		ok, stderr = c.download("nonexistent target") // from the folder now
		c.fails("no role vouches", ok, stderr)
		c.asked("metadata/2.root.json", "metadata/timestamp.json")
	}
}

// Delegated roles are visited in pre-order, by their order of appearance, up to
// a terminating one.
func TestVisits(t *testing.T) {
	r := serve(t)
	r.delegate("targets", "b", false, "*")
	r.delegate("targets", "a", true, "*")
	r.delegate("targets", "never", false, "*")
	r.delegate("b", "d", false, "*")
	r.delegate("b", "other", false, "x/*")
	r.delegate("a", "b", false, "*") // a circle
	r.delegate("a", "c", false, "*")
	r.add("never", "found.toml", "found")
	r.publish()
	c := r.fresh()
	c.ok(c.refresh())
	c.asked("metadata/2.root.json", "metadata/timestamp.json", "metadata/1.snapshot.json", "metadata/1.targets.json")
	ok, stderr := c.download("found.toml")
	c.fails("no role vouches for found.toml; asked: targets, b, d, a, c", ok, stderr)
	c.asked("metadata/2.root.json", "metadata/timestamp.json", "metadata/1.b.json", "metadata/1.d.json", "metadata/1.a.json", "metadata/1.c.json")
}

// SPEC 5.3.10: an expired root is kept, and then the refresh fails; the next
// root, which may be valid again, is asked for all the same.
func TestExpiredRoot(t *testing.T) {
	r := serve(t)
	c := r.fresh()
	r.root["version"], r.root["expires"] = 2, expires(-day)
	r.publishRoot()
	ok, stderr := c.refresh()
	c.fails("root 2: expired", ok, stderr)
	c.asked("metadata/2.root.json", "metadata/3.root.json")
	c.trusts("root 2")

	r.root["version"], r.root["expires"] = 3, expires(day)
	r.publishRoot()
	c.ok(c.refresh())
	c.trusts("root 3", "snapshot 1", "targets 1", "timestamp 1")
}

// The time is what date says. Local files that have expired since stop no
// update.
func TestTime(t *testing.T) {
	r := serve(t)
	r.timestamp["expires"] = expires(day)
	r.publish()
	c := r.fresh()
	c.clockIn(2 * day)
	ok, stderr := c.refresh()
	c.fails("timestamp 1: expired", ok, stderr)
	c.trusts("root 1")
	c.clockIn(0)
	c.ok(c.refresh())

	c.clockIn(2 * day)
	ok, stderr = c.refresh()
	c.fails("timestamp 1: expired", ok, stderr)
	c.trusts("root 1", "snapshot 1", "targets 1", "timestamp 1")
	r.timestamp["expires"] = expires(7 * day)
	r.bump("targets")
	c.ok(c.refresh())
	c.trusts("root 1", "snapshot 2", "targets 2", "timestamp 2")
	r.requests()

	for says, words := range map[string]string{"exit 1": "date +%s: exit status 1", "echo soon": `date +%s: strconv.ParseInt: parsing "soon"`, "echo": "date +%s: "} {
		c.clock(says)
		ok, stderr := c.refresh()
		c.fails(words, ok, stderr)
		c.asked()
	}
}

// Artifacts: in a subfolder, unchanged, changed, refused, gone.
func TestDownload(t *testing.T) {
	r := serve(t)
	deep := r.add("targets", "path/to/a/file.txt", "deep")
	served := deep[len("targets/"):strings.Index(deep, ".path")]
	deep = "targets/path/to/a/" + served + ".file.txt"
	r.put(deep, []byte("deep"))
	stable := r.add("targets", "stable.toml", "stable")
	r.bump("targets")
	c := r.fresh()
	c.ok(c.refresh())
	c.holds(nil)
	r.requests()

	c.ok(c.download("stable.toml", "path/to/a/file.txt"))
	c.asked("metadata/2.root.json", "metadata/timestamp.json", stable, deep)
	c.holds(map[string]string{"stable.toml": "stable", "path%2Fto%2Fa%2Ffile.txt": "deep"})

	// Unchanged ones are left alone, also by their time.
	file := filepath.Join(c.tdir, "stable.toml")
	then := time.Unix(1700000000, 0)
	must(t, os.Chtimes(file, then, then))
	c.ok(c.download("stable.toml", "path/to/a/file.txt"))
	c.asked("metadata/2.root.json", "metadata/timestamp.json")
	if info, err := os.Stat(file); err != nil || !info.ModTime().Equal(then) {
		t.Errorf("%v, %v", info, err)
	}

	// Damaged ones are not.
	must(t, os.WriteFile(file, []byte("stab1e"), 0o644))
	c.ok(c.download("stable.toml"))
	c.asked("metadata/2.root.json", "metadata/timestamp.json", stable)

	newer := r.add("targets", "stable.toml", "stable 2")
	r.bump("targets")
	c.ok(c.download("stable.toml"))
	c.asked("metadata/2.root.json", "metadata/timestamp.json", "metadata/3.snapshot.json", "metadata/3.targets.json", newer)
	c.holds(map[string]string{"stable.toml": "stable 2", "path%2Fto%2Fa%2Ffile.txt": "deep"})

	// A refused one leaves nothing behind, and the older one stays.
	newest := r.add("targets", "stable.toml", "stable 3")
	fresh := r.add("targets", "fresh.toml", "fresh")
	r.bump("targets")
	for _, content := range []string{"", "stable", "malice 3", "stable 3 and more"} {
		r.put(newest, []byte(content))
		r.put(fresh, []byte(content))
		for _, name := range []string{"stable.toml", "fresh.toml"} {
			ok, stderr := c.download(name)
			c.fails(name+": ", ok, stderr)
			c.holds(map[string]string{"stable.toml": "stable 2", "path%2Fto%2Fa%2Ffile.txt": "deep"})
		}
	}
}

// Several names share one client, and end at the first that fails.
func TestDownloadStopsAtTheFirstFailure(t *testing.T) {
	r := serve(t)
	a, b := r.add("targets", "a", "a"), r.add("targets", "b", "b")
	c1 := r.add("targets", "c", "c")
	r.bump("targets")
	r.drop(b)
	c := r.fresh()
	ok, stderr := c.download("a", "b", "c")
	c.fails("404", ok, stderr)
	c.asked("metadata/2.root.json", "metadata/timestamp.json", "metadata/2.snapshot.json", "metadata/2.targets.json", a, b)
	c.holds(map[string]string{"a": "a"})
	ok, stderr = c.download("c", "nonexistent", "a")
	c.fails("no role vouches for nonexistent", ok, stderr)
	c.asked("metadata/2.root.json", "metadata/timestamp.json", c1)
	c.holds(map[string]string{"a": "a", "c": "c"})
}

// Paths of targets are escaped on the way and on the disk, and never lead out
// of TDIR (CVE-2021-41150, CVE-2026-6968).
func TestTargetNames(t *testing.T) {
	r := serve(t)
	paths := map[string]string{"a b": "a%20b", "50%": "50%25", "ü?#": "%C3%BC%3F%23", `..\up`: "..%5Cup", "con": "con"}
	for path, address := range paths {
		served := r.add("targets", path, path)
		r.put(served[:strings.Index(served, ".")+1]+address, []byte(path))
	}
	r.bump("targets")
	c := r.fresh()
	for path, address := range paths {
		c.ok(c.download(path))
		requests := r.requests()
		if last := requests[len(requests)-1]; !strings.HasSuffix(last, "."+address) {
			t.Errorf("%s: asked for %s", path, last)
		}
	}
	c.holds(map[string]string{"a%20b": "a b", "50%25": "50%", "%C3%BC%3F%23": "ü?#", "..%5Cup": `..\up`, "%63on": "con"})
}

// Each kind of key that the suite uses.
func TestKeys(t *testing.T) {
	r := serve(t)
	r.keys["root"], r.keys["timestamp"], r.keys["targets"] = p256Key(t), rsaKey(t), p256Key(t)
	r.publishRoot()
	r.publish()
	c := r.fresh()
	c.ok(c.refresh())
	c.trusts("root 1", "snapshot 1", "targets 1", "timestamp 1")
	r.keys["timestamp"] = ed25519Key("mallory")
	r.bump()
	ok, stderr := c.refresh()
	c.fails("timestamp 2: threshold of root 1 not met", ok, stderr)
	c.trusts("root 1", "snapshot 1", "targets 1", "timestamp 1")
}

// A damaged file in DIR is replaced.
func TestDamagedFolder(t *testing.T) {
	r := serve(t)
	c := r.fresh()
	c.ok(c.refresh())
	for _, role := range []string{"timestamp", "snapshot", "targets"} {
		for _, damage := range []string{"", "null", "{"} {
			must(t, os.WriteFile(filepath.Join(c.dir, role+".json"), []byte(damage), 0o600))
			c.ok(c.refresh())
			c.trusts("root 1", "snapshot 1", "targets 1", "timestamp 1")
		}
	}
}

// Whatever the command line is, the code is 1.
func TestCommandLine(t *testing.T) {
	r := serve(t)
	c := r.fresh()
	url, dir := "--metadata-url="+r.url+"metadata/", "--metadata-dir="+c.dir
	for line, words := range map[string]string{
		"":                            "must be init, refresh or download",
		"help":                        "must be init, refresh or download",
		"--nonsense":                  "flag provided but not defined",
		"-h":                          "help requested",
		"init":                        "init takes 1 arguments, found 0",
		"init a":                      "init needs --metadata-dir",
		"refresh " + dir:              "refresh takes 0 arguments, found 1",
		dir + " init":                 "init takes 1 arguments, found 0",
		dir + " init nowhere":         "nowhere",
		dir + " refresh":              "refresh needs --metadata-url",
		url + " refresh":              "refresh needs --metadata-dir",
		url + " " + dir + " download": "download needs --target-name",
		url + " " + dir + " --target-name=a --target-dir=x download":                                    "download needs --target-base-url",
		url + " " + dir + " --target-name=a --target-base-url=http://127.0.0.1/ download":               "download needs --target-dir",
		url + " " + dir + " --target-name=a --target-dir=x --target-base-url=ftp://127.0.0.1/ download": "must begin with https://",
		dir + " --metadata-url=nonsense refresh":                                                        "must begin with https://",
		dir + " --metadata-url=http://127.0.0.1:1/ refresh":                                             "2.root.json",
	} {
		ok, stderr := c.run(strings.Fields(line)...)
		c.fails(words, ok, stderr)
		c.asked()
	}
}

// A defect ends with 1 as well.
func TestExitCode(t *testing.T) {
	for _, test := range []struct {
		do    func() error
		code  int
		words string
	}{
		{func() error { return nil }, 0, ""},
		{func() error { return errors.New("expired") }, 1, "client: expired\n"},
		{func() error { panic("index out of range") }, 1, "client: a defect: index out of range\n"},
	} {
		var stderr bytes.Buffer
		if code := exitCode(&stderr, test.do); code != test.code || stderr.String() != test.words {
			t.Errorf("%d, %q", code, stderr.String())
		}
	}
}
