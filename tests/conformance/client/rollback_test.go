package main

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// last asserts which request was the last one.
func (c *client) last(want string) {
	c.t.Helper()
	if got := c.r.requests(); len(got) == 0 || got[len(got)-1] != want {
		c.t.Errorf("asked for %q, want %s to be the last", got, want)
	}
}

// What goes back is refused, with hashes in the documents and without: they
// say what a file must be, not that it may be older.
func TestRollbacks(t *testing.T) {
	for _, hashes := range []bool{false, true} {
		for name, test := range map[string]struct {
			back   func(r *repository)
			words  string
			trusts []string
			last   string
		}{
			"timestamp": {func(r *repository) { r.timestamp["version"] = 1; r.publish() }, "timestamp 1 is not newer than the trusted version 2",
				[]string{"root 1", "timestamp 2", "snapshot 2", "targets 2"}, "metadata/timestamp.json"},
			"snapshot": {func(r *repository) { r.timestamp["version"], r.snapshot["version"] = 3, 1; r.publish() }, "snapshot 1 is not newer than the trusted version 2",
				[]string{"root 1", "timestamp 2", "snapshot 2", "targets 2"}, "metadata/timestamp.json"},
			"targets": {func(r *repository) {
				r.timestamp["version"], r.snapshot["version"], r.targets["targets"]["version"] = 3, 3, 1
				r.publish()
			}, "targets 1 is not newer than the trusted version 2",
				[]string{"root 1", "timestamp 3", "snapshot 2", "targets 2"}, "metadata/3.snapshot.json"},
			"another version than is promised": {func(r *repository) {
				r.bump("targets")
				r.snapshot["version"] = 2
				r.put("metadata/3.snapshot.json", r.envelope("snapshot", r.snapshot))
			}, "snapshot", []string{"root 1", "timestamp 3", "snapshot 2", "targets 2"}, "metadata/3.snapshot.json"},
		} {
			t.Run(fmt.Sprintf("%s, hashes %v", name, hashes), func(t *testing.T) {
				r := serve(t)
				r.hashes = hashes
				r.bump("targets")
				c := r.fresh()
				c.ok(c.refresh())
				r.requests()
				test.back(r)
				ok, stderr := c.refresh()
				c.fails(test.words, ok, stderr)
				c.trusts(test.trusts...)
				c.last(test.last)
			})
		}
	}
}

// A snapshot or targets that no timestamp or snapshot mentions do not exist.
func TestUnmentioned(t *testing.T) {
	r := serve(t)
	c := r.fresh()
	c.ok(c.refresh())
	r.requests()
	r.put("metadata/2.targets.json", r.envelope("targets", r.targets["targets"]))
	r.snapshot["version"] = 2
	r.put("metadata/2.snapshot.json", r.envelope("snapshot", r.snapshot))
	c.ok(c.refresh())
	c.last("metadata/timestamp.json")
	c.trusts("root 1", "timestamp 1", "snapshot 1", "targets 1")
}

// A timestamp of the version that is trusted changes nothing, whatever it says.
func TestSameTimestamp(t *testing.T) {
	r := serve(t)
	c := r.fresh()
	c.ok(c.refresh())
	before := c.kept("timestamp")
	r.requests()
	r.timestamp["meta"] = object{"snapshot.json": object{"version": 100}}
	r.publishTimestamp()
	c.ok(c.refresh())
	c.last("metadata/timestamp.json")
	if !bytes.Equal(c.kept("timestamp"), before) {
		t.Error("the other one is kept")
	}
}

// Versions that a thief made too high are forgotten with the thief's keys.
func TestRecoveries(t *testing.T) {
	for name, test := range map[string]struct {
		fast    func(r *repository) // what the thief published
		rotated []string
		back    func(r *repository)
	}{
		"timestamp": {func(r *repository) { r.timestamp["version"] = 99999 }, []string{"timestamp"}, func(r *repository) { r.timestamp["version"] = 1 }},
		"snapshot": {func(r *repository) { r.snapshot["version"] = 99999; r.timestamp["version"] = 2 }, []string{"timestamp", "snapshot"},
			func(r *repository) { r.snapshot["version"] = 1; r.timestamp["version"] = 3 }},
		"targets": {func(r *repository) {
			r.targets["targets"]["version"] = 99999
			r.snapshot["version"], r.timestamp["version"] = 2, 2
		}, []string{"snapshot"},
			func(r *repository) {
				r.targets["targets"]["version"] = 2
				r.snapshot["version"], r.timestamp["version"] = 3, 3
			}},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t)
			test.fast(r)
			r.publish()
			c := r.fresh()
			c.ok(c.refresh())
			for _, role := range test.rotated {
				r.keys[role] = ed25519Key("a new key of " + role)
			}
			r.root["version"] = 2
			r.publishRoot()
			test.back(r)
			r.publish()
			c.ok(c.refresh())
			c.trusts("root 2", fmt.Sprint("timestamp ", r.timestamp["version"]), fmt.Sprint("snapshot ", r.snapshot["version"]), fmt.Sprint("targets ", r.targets["targets"]["version"]))
		})
	}
}

// Hashes of metadata are held to, in a timestamp and in a snapshot.
func TestHashesOfMetadata(t *testing.T) {
	r := serve(t)
	r.hashes = true
	r.bump("targets")
	c := r.fresh()
	c.ok(c.refresh())
	for i, role := range []string{"snapshot", "targets"} {
		r.bump("targets")
		name := fmt.Sprintf("metadata/%d.%s.json", i+3, role)
		good := r.files[name]
		r.put(name, bytes.Replace(good, []byte("\n"), []byte(" "), 1))
		ok, stderr := c.refresh()
		c.fails(role+": its sha256 is", ok, stderr)
		r.put(name, good)
		c.ok(c.refresh())
	}
	c.trusts("root 1", "timestamp 4", "snapshot 4", "targets 4")
}

// An expired role is refused, and the one before stays; a delegated one, too.
func TestExpiredRoles(t *testing.T) {
	for role, trusts := range map[string][]string{
		"timestamp": {"root 1", "timestamp 1", "snapshot 1", "targets 1", "A 1"},
		"snapshot":  {"root 1", "timestamp 2", "snapshot 1", "targets 1", "A 1"},
		"targets":   {"root 1", "timestamp 2", "snapshot 2", "targets 1", "A 1"},
		"A":         {"root 1", "timestamp 2", "snapshot 2", "targets 2", "A 1"},
	} {
		t.Run(role, func(t *testing.T) {
			r := serve(t)
			r.draw("T>A:a/*")
			r.place("A", "a/1", "first")
			r.place("A", "a/2", "second")
			r.publish()
			c := r.fresh()
			c.ok(c.download("a/1"))
			documents := map[string]object{"timestamp": r.timestamp, "snapshot": r.snapshot, "targets": r.targets["targets"], "A": r.targets["A"]}
			documents[role]["expires"] = expires(-day)
			r.bump("targets", "A")
			ok, stderr := c.download("a/2")
			c.fails(role+" 2: expired", ok, stderr)
			c.trusts(slices.Clone(trusts)...)
			c.holds(map[string]string{"a%2F1": "first"})
		})
	}
}

// A delegated role that is kept and has expired since is not used any more, and
// does not hinder the next one.
func TestKeptDelegatedRoleExpires(t *testing.T) {
	r := serve(t)
	r.draw("T>A:a/*")
	r.place("A", "a/1", "first")
	r.place("A", "a/2", "second")
	r.targets["A"]["expires"] = expires(7 * day)
	r.publish()
	c := r.fresh()
	c.ok(c.download("a/1"))
	c.clockIn(18 * day)
	ok, stderr := c.download("a/2")
	c.fails("A 1: expired", ok, stderr)
	c.holds(map[string]string{"a%2F1": "first"})
	r.targets["A"]["expires"] = expires(21 * day)
	r.bump("A")
	c.ok(c.download("a/2"))
	c.holds(map[string]string{"a%2F1": "first", "a%2F2": "second"})
}

// One artifact changes often; the client sees some of the versions, and is
// offered other content under the same name in between.
func TestArtifactChangesOften(t *testing.T) {
	r := serve(t)
	c := r.fresh()
	for i := range 12 {
		content := fmt.Sprint("content ", i)
		served := r.add("targets", "often", content)
		r.bump("targets")
		if i%4 != 0 {
			continue
		}
		c.ok(c.download("often"))
		c.holds(map[string]string{"often": content})
		r.put(served, []byte("malice"))
		r.bump("targets")
		c.ok(c.download("often")) // it is there, and not fetched again
		c.holds(map[string]string{"often": content})
	}
}
