package metadata

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// forge edits a frozen payload and makes event.toml agree with it, as whoever
// may push to the default branch can.
func (w *world) forge(event, role string, edit func(doc string) string) {
	w.t.Helper()
	e := w.event(event)
	p := e.Payload(role)
	path := EventPath(event, documentName(role, p.Version))
	forged := edit(string(w.files[path]))
	if forged == string(w.files[path]) {
		w.t.Fatal("the edit changes nothing")
	}
	w.files[path] = []byte(forged)
	d, err := verify.Read([]byte(forged), verify.DefaultLimits())
	if err != nil {
		return // no digest to agree on
	}
	if d.Digest() != p.Digest {
		w.edit(EventPath(event, eventFile), p.Digest.String(), d.Digest().String())
	}
}

// swap is an edit that replaces the first occurrence of old.
func swap(old, now string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, now, 1) }
}

// neverJudged asserts that an event which somebody spoiled is refused wherever
// it is read: by a signer and by whoever would complete it, at the gate that it
// comes through, and by an audit.
func neverJudged(t *testing.T, good, spoilt *world, event string, want refusal) {
	t.Helper()
	repo, err := Read(spoilt.tree())
	if err == nil {
		var e *Event
		if e, err = repo.Event(event); err != nil {
			t.Fatal(err)
		}
		_, err = spoilt.trustedIn(repo).Complete(e) // which begins with Judge
	}
	if err == nil {
		t.Fatal("it completes as if nothing had happened")
	}
	want(t, err)

	proposed := good.clone()
	proposed.remove(EventPath(event))
	v, err := Check(proposed.tree(), spoilt.tree())
	if err != nil {
		t.Fatal(err)
	}
	if v.Accepted() || v.Kind != KindProposal {
		t.Errorf("the gate lets it be opened: %s", v.Kind)
	} else {
		want(t, v.Refusals[0])
	}
	if raced {
		return
	}
	if report := Audit(spoilt.tree()); len(report.Problems) != 1 {
		t.Errorf("audit: %v", report.Problems)
	} else {
		want(t, report.Problems[0])
	}
}

const thresholdFive = `"threshold": 5`

// A payload that was edited after it was frozen, with and without event.toml
// telling the same lie.
func TestPayloadEdited(t *testing.T) {
	t.Parallel()
	good := rotation(t)
	good.sign(rotationEvent, "alice")
	path := EventPath(rotationEvent, "2.root.json")
	t.Run("alone", func(t *testing.T) {
		w := good.clone()
		w.t = t
		w.files[path] = []byte(swap(thresholdFive, `"threshold": 1`)(string(w.files[path])))
		neverJudged(t, good, w, rotationEvent, refused[*PayloadError]("root version 2 has digest", "event.toml froze", "somebody edited it", "do not sign it"))
	})
	mallory := keyPairOf("mallory").pem
	judy := keyPairOf("judy").pem
	inJSON := strings.NewReplacer("\n", `\n`)
	yields := func(words ...string) refusal {
		return refused[*PayloadError](append([]string{"root version 2 is not what its frozen policy yields", "do not sign it"}, words...)...)
	}
	for _, tt := range []struct {
		name string
		edit func(string) string
		want refusal
	}{
		{"threshold 1", swap(thresholdFive, `"threshold": 1`), yields("threshold", "5", "1")},
		{"threshold 0", swap(thresholdFive, `"threshold": 0`), yields("threshold")},
		{"threshold below 0", swap(thresholdFive, `"threshold": -5`), yields("threshold")},
		{"threshold absent", swap(",\n        "+thresholdFive, ""), yields("threshold")},
		{"threshold above the number of keys", swap(thresholdFive, `"threshold": 10`), yields("threshold", "10")},
		{"threshold no integer", swap(thresholdFive, `"threshold": 5.0`), refused[*FileError](path, "byte ")},
		{"a key swapped", swap(inJSON.Replace(judy), inJSON.Replace(mallory)), yields()},
		{"a key id twice in a role", func(s string) string {
			id := keyIDOf("judy")
			return strings.Replace(s, `"`+id+"\",\n", `"`+id+"\",\n          \""+id+"\",\n", 1)
		}, yields()},
		{"expiry in a hundred years", swap(`"expires": "2028-`, `"expires": "2128-`), yields("expir")},
		{"another repository", swap(fixtureRepository, otherID), yields()},
		{"no extension", swap(verify.ExtensionName, "x-rust-tug"), yields()},
		{"an unknown member", swap(`"consistent_snapshot": true`, "\"backdoor\": true,\n    \"consistent_snapshot\": true"), yields("backdoor")},
		{"another version inside", swap(`"version": 2`, `"version": 3`), refused[*PayloadError]("root version 2 is version 3 inside")},
		{"a wrong _type", swap(`"_type": "root"`, `"_type": "targets"`), yields()},
		{"an unknown _type", swap(`"_type": "root"`, `"_type": "toor"`), refused[*FileError](path, "_type", "toor")},
		{"a duplicate member", swap(`"_type": "root",`, `"_type": "root", "_type": "root",`), refused[*FileError](path, "_type")},
		{"a duplicate member in capitals", swap("{\n", "{\n  \"Signed\": {},\n"), refused[*PayloadError]("not spelled as its frozen policy yields it")},
		{"other spaces", swap("\n  ", "\n   "), refused[*PayloadError]("not spelled as its frozen policy yields it")},
		{"an escape", swap(`"root"`, `"r\u006fot"`), refused[*PayloadError]("not spelled as its frozen policy yields it")},
		{"a signature in it", swap(`"signatures": []`, fmt.Sprintf(`"signatures": [{"keyid": "%s", "sig": "00"}]`, keyIDOf("judy"))), refused[*FileError](path, "a payload has none")},
		{"a key id twice among its signatures", swap(`"signatures": []`, `"signatures": [{"keyid": "aa", "sig": "00"}, {"keyid": "aa", "sig": "01"}]`), refused[*FileError](path, "aa stands twice")},
		{"truncated", func(s string) string { return s[:len(s)/2] }, refused[*FileError](path, "byte ")},
		{"empty", func(string) string { return "" }, refused[*FileError](path, "byte 0")},
		{"with a second document", func(s string) string { return s + s }, refused[*FileError](path, "byte ")},
		{"nested too deep", swap(`"consistent_snapshot": true`, `"consistent_snapshot": `+strings.Repeat("[", 40)+strings.Repeat("]", 40)), refused[*verify.LimitError](path, "nesting", "limit of 32")},
		{"too long", func(s string) string { return s + strings.Repeat(" ", 600<<10) }, refused[*verify.LimitError](path, "bytes of root", "limit of 524288")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := good.clone()
			w.t = t
			w.forge(rotationEvent, "root", tt.edit)
			neverJudged(t, good, w, rotationEvent, tt.want)
		})
	}
}

// What a document says about its thresholds is read by the same code in a
// delegated role, so one of each is enough there.
func TestTargetsPayloadEdited(t *testing.T) {
	t.Parallel()
	good := rotation(t)
	w := good.clone()
	w.forge(rotationEvent, "targets", swap(`"targets": {}`, `"targets": {"evil": {"length": 1, "hashes": {"sha256": "`+strings.Repeat("00", 32)+`"}}}`))
	neverJudged(t, good, w, rotationEvent, refused[*PayloadError]("targets version 2 is not what its frozen policy yields", "evil"))
}

// The policy that an event froze judges it; edits of it show.
func TestFrozenPolicyEdited(t *testing.T) {
	t.Parallel()
	good := rotation(t)
	p := good.event(rotationEvent).Payload("root")
	path := EventPath(rotationEvent, policyDir, p.Policy.String()+".json")
	lower := swap(thresholdFive, `"threshold": 1`)
	for _, tt := range []struct {
		name  string
		spoil func(w *world)
		want  refusal
	}{
		{"in place", func(w *world) { w.files[path] = []byte(lower(string(w.files[path]))) },
			refused[*FileError](path, "not the one of its name", "somebody edited it")},
		{"in its spelling", func(w *world) { w.files[path] = append(w.files[path][:len(w.files[path]):len(w.files[path])], '\n') },
			refused[*FileError](path, "not spelled as `rust-tuf propose` writes it")},
		{"under its new name", func(w *world) { w.renamePolicy(path, lower) },
			refused[*PayloadError]("root version 2 is not what its frozen policy yields")},
		{"to threshold 0", func(w *world) { w.renamePolicy(path, swap(thresholdFive, `"threshold": 0`)) },
			refused[*roles.SyntaxError](policyDir, "the threshold is 0 of 9 keys")},
		{"to a threshold below 0", func(w *world) { w.renamePolicy(path, swap(thresholdFive, `"threshold": -1`)) },
			refused[*roles.SyntaxError](policyDir, "the threshold is -1 of 9 keys")},
		{"to a threshold above n", func(w *world) { w.renamePolicy(path, swap(thresholdFive, `"threshold": 10`)) },
			refused[*roles.SyntaxError](policyDir, "the threshold is 10 of 9 keys")},
		{"to no threshold", func(w *world) { w.renamePolicy(path, swap(thresholdFive+",\n", "")) },
			refused[*roles.SyntaxError](policyDir, "the threshold is 0 of 9 keys")},
		{"to one key of two members", func(w *world) {
			inJSON := strings.NewReplacer("\n", `\n`)
			w.renamePolicy(path, swap(inJSON.Replace(keyPairOf("ivan").pem), inJSON.Replace(keyPairOf("alice").pem)))
		}, refused[*PayloadError]("root version 2 cannot be made from its frozen policy", "alice/main and ivan/main have the same public key")},
		{"truncated", func(w *world) { w.files[path] = w.files[path][:100] }, refused[*FileError](path)},
		{"nested too deep", func(w *world) { w.files[path] = []byte(strings.Repeat("[", 100) + strings.Repeat("]", 100)) }, refused[*FileError](path, "nesting")},
		{"too long", func(w *world) { w.files[path] = bytes.Repeat([]byte(" "), roles.CharterBytes+1) }, refused[*FileError](path, "at most")},
		{"with a duplicate member", func(w *world) {
			w.files[path] = []byte(swap(`"format": 1,`, `"format": 1, "format": 1,`)(string(w.files[path])))
		}, refused[*FileError](path, "format")},
		{"gone", func(w *world) { delete(w.files, path) }, refused[*TreeError](path, "is missing; event.toml names it")},
		{"of another role", func(w *world) {
			w.edit(EventPath(rotationEvent, eventFile), p.Policy.String(), w.event(rotationEvent).Payload("targets").Policy.String())
			delete(w.files, path)
		}, refused[*verify.RoleError]("document of role targets where one of role root is needed")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := good.clone()
			w.t = t
			tt.spoil(w)
			neverJudged(t, good, w, rotationEvent, tt.want)
		})
	}
}

// renamePolicy edits the frozen policy at path and lets its name and event.toml
// say the digest that the edited one has.
func (w *world) renamePolicy(path string, edit func(string) string) {
	w.t.Helper()
	forged := []byte(edit(string(w.files[path])))
	canonical, err := verify.Canonical(forged, verify.DefaultLimits())
	if err != nil {
		w.t.Fatal(err)
	}
	old := strings.TrimSuffix(path[strings.LastIndex(path, "/")+1:], ".json")
	now := verify.DigestOf(canonical).String()
	delete(w.files, path)
	w.files[strings.Replace(path, old, now, 1)] = forged
	w.edit(path[:strings.Index(path, "/"+policyDir)]+"/"+eventFile, old, now)
}

// event.toml has one spelling, and every field in it is checked before use.
func TestEventFileEdited(t *testing.T) {
	t.Parallel()
	good := rotation(t)
	path := EventPath(rotationEvent, eventFile)
	text := string(good.files[path])
	rootDigest := good.event(rotationEvent).Payload("root").Digest.String()
	base := good.event(rotationEvent).Payload("root").Base.String()
	inFile := func(words ...string) refusal {
		return refused[*FileError](append([]string{path}, words...)...)
	}
	for _, tt := range []struct {
		name string
		edit func(string) string
		want refusal
	}{
		{"empty", func(string) string { return "" }, inFile("says no format", "empty or no event")},
		{"truncated", func(s string) string { return s[:len(s)/2] }, inFile("not an event", "line ")},
		{"not TOML", func(string) string { return "{}" }, inFile("not an event", "line 1, column 1")},
		{"of a later format", swap("format = 1", "format = 2"), inFile("format is 2; this version of rust-tuf reads 1: update rust-tuf")},
		{"with an unknown key", swap("format = 1", "format = 1\nforce = true"), inFile("line 3, column 1", "unknown key force")},
		{"with a key twice", swap("format = 1", "format = 1\nformat = 1"), inFile("not an event", "line ")},
		{"with a comment", func(s string) string { return s + "# harmless\n" }, inFile("not spelled as `rust-tuf propose` writes it", "propose it again")},
		{"with other spaces", swap("format = 1", "format  =  1"), inFile("not spelled")},
		{"with line ends of another system", func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }, inFile("not spelled")},
		{"with other quotes", swap("why = 'carol and dave leave'", `why = "carol and dave leave"`), inFile("not spelled")},
		{"without why", swap("carol and dave leave", " "), inFile("why is empty", "say in a sentence")},
		{"with a why that moves the cursor", swap("'carol and dave leave'", `"routine\u001b[2K"`), inFile("why holds the character U+001B", "does not print")},
		{"with a why that turns the direction", swap("'carol and dave leave'", `"routine \u202Eevael evad"`), inFile("why holds the character U+202E", "does not print")},
		{"with a why of two lines", swap("'carol and dave leave'", `"routine\nThe check has passed."`), inFile("why holds the character U+000A")},
		{"with a why that never ends", swap("carol and dave leave", strings.Repeat("x", maxWhyBytes+1)), refused[*verify.LimitError](path, "why, bytes", "limit of 4096")},
		{"too long", func(s string) string { return s + strings.Repeat("#", maxEventFileBytes) }, refused[*verify.LimitError](path, "event.toml, bytes", "limit of 65536")},
		{"nested too deep", func(s string) string { return "x = " + strings.Repeat("[", 30_000) + strings.Repeat("]", 30_000) }, inFile("not an event")},
		{"without a time", swap("opened_claimed = '2026-11-23T12:00:00Z'", "opened_claimed = ''"), inFile("opened_claimed", "2026-11-22T12:00:00Z")},
		{"with parts of a second", swap("12:00:00Z", "12:00:00.5Z"), inFile("opened_claimed")},
		{"with another time zone", swap("12:00:00Z", "14:00:00+02:00"), inFile("not spelled")},
		{"opened at another time", swap("2026-11-23T12", "2026-12-23T12"), refused[*PayloadError]("root version 2 is not what its frozen policy yields", "expir")},
		{"opened before the version it builds on", swap("2026-11-23T12", "2026-11-22T10"), refused[*InstantError]("says that it was opened at 2026-11-22T10:00:00Z", "before event 2026-11-22-root-v1", "root version 2 builds on", "propose it again")},
		{"without payloads", func(s string) string { return s[:strings.Index(s, "\n[[payload]]")] }, inFile("the event has no payload")},
		{"with one role twice", swap("role = 'targets'", "role = 'root'"), inFile("payload 2: ")},
		{"with a role that is a path", swap("role = 'targets'", "role = '../targets'"), inFile(`payload 2: role "../targets" is not a role's name`)},
		{"with a role that a machine signs", swap("role = 'targets'", "role = 'snapshot'"), refused[*TreeError]("2.snapshot.json", "is missing")},
		{"with version 0", swap("version = 2", "version = 0"), inFile("payload 1: root: version 0 is below 1")},
		{"with a version below 0", swap("version = 2", "version = -2"), inFile("version -2 is below 1")},
		{"with a version beyond 64 bits", swap("version = 2", "version = 99999999999999999999"), inFile("line ")},
		{"with version 1 after a base", swap("version = 2", "version = 1"), inFile("version 1 has no base")},
		{"without a base", swap("base = '"+base+"'\n", ""), inFile("root: version 1 has no base, every later version has one")},
		{"with a base in capitals", swap(base, strings.ToUpper(base)), inFile("base is not 64 lower-case hexadecimal digits")},
		{"with a digest that is short", swap(rootDigest, rootDigest[1:]), inFile("sha256 is not 64 lower-case hexadecimal digits")},
		{"with a policy that is a path", func(s string) string {
			return strings.Replace(s, "policy = '", "policy = '../", 1)
		}, inFile("policy is not 64 lower-case hexadecimal digits")},
		{"with a delegator of root", swap("role = 'root'", "role = 'root'\ndelegator = 'targets'\ndelegator-version = 1"), inFile("root names none")},
		{"without a delegator of targets", swap("delegator = 'root'\ndelegator-version = 2\n", ""), inFile("a role other than root names its delegator")},
		{"without the delegator's version", swap("delegator-version = 2\n", ""), inFile("the delegator's version")},
		{"with a delegator that is a path", swap("delegator = 'root'", "delegator = '/root'"), inFile(`delegator "/root" is not a role's name`)},
		{"judged by itself", swap("delegator = 'root'", "delegator = 'targets'"), inFile("targets: names itself as its delegator")},
		{"judged by the old root", swap("delegator-version = 2", "delegator-version = 1"), refused[*PayloadError]("targets version 2 names root version 1 as its delegator", "the same event makes another version")},
		{"judged by who does not delegate it", swap("delegator = 'root'\ndelegator-version = 2", "delegator = 'release'\ndelegator-version = 2"), refused[*StaleError]("targets version 2 is to be judged by release version 2", "no version of release is trusted", "--supersede "+rotationEvent)},
		{"on another base", swap(base, rootDigest), refused[*StaleError]("root version 2 builds on "+rootDigest[:16], "but the newest trusted version 1 is "+base[:16], "--supersede "+rotationEvent)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := good.clone()
			w.t = t
			if w.files[path] = []byte(tt.edit(text)); string(w.files[path]) == text {
				t.Fatalf("the edit changes nothing:\n%s", text)
			}
			neverJudged(t, good, w, rotationEvent, tt.want)
		})
	}
}

// Nothing hides in an event's folder.
func TestEventFolder(t *testing.T) {
	t.Parallel()
	good := rotation(t)
	id := keyIDOf("alice")
	for _, extra := range []string{
		"README.md", closedFile, "3.root.json", "2.Root.json", "2.root.json.orig", "policy/x.json", "policy/" + id + ".json", "policy/sub/" + id + ".json",
		"signatures/root.json", "signatures/" + id + ".json", "signatures/snapshot/" + id + ".json", "signatures/root/" + id, "signatures/root/" + id + ".json.sig",
		"signatures/root/" + strings.ToUpper(id) + ".json", "signatures/root/alice.json", "signatures/root/" + id[:40] + ".json", "signatures/root/sub/" + id + ".json",
	} {
		t.Run(extra, func(t *testing.T) {
			w := good.clone()
			w.t = t
			path := EventPath(rotationEvent, extra)
			w.files[path] = good.signature(good.event(rotationEvent).Payload("root"), "alice").Bytes()
			neverJudged(t, good, w, rotationEvent, refused[*TreeError](path))
		})
	}
	for _, missing := range []string{eventFile, "2.root.json", "2.targets.json"} {
		t.Run("without "+missing, func(t *testing.T) {
			w := good.clone()
			w.t = t
			delete(w.files, EventPath(rotationEvent, missing))
			_, err := Read(w.tree())
			expect[*TreeError](t, err, EventPath(rotationEvent, missing), "is missing")
			if v, err := Check(good.tree(), w.tree()); err != nil || v.Accepted() {
				t.Errorf("the gate: %+v, %v", v, err)
			}
		})
	}
}

// An event that was opened for a version which another event has made since.
func TestStaleEvent(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	old := w.under(EventPath(rotationEvent))
	w.sign(rotationEvent, "alice", "bob", "carol", "dave", "erin", "judy", "karl")
	signed := w.under(EventPath(rotationEvent))
	w.complete(rotationEvent)
	for name, files := range map[string]map[string][]byte{"unsigned": old, "with all signatures": signed} {
		t.Run(name, func(t *testing.T) {
			stale := w.clone()
			stale.t = t
			for rel, content := range files {
				stale.files[EventPath("again", rel)] = content
			}
			_, err := stale.judge("again")
			e := expect[*StaleError](t, err, "event again: root version 2 is published already", "the newest is 2", "can never complete", "`rust-tuf complete again` closes it")
			if e.Newest != 2 || e.Version != 2 || e.Role != "root" || e.Event != "again" {
				t.Errorf("%+v", *e)
			}
			c, err := stale.tryComplete("again")
			if err != nil || len(c.Published) != 0 {
				t.Errorf("%+v, %v", c, err)
			}
			expect[*StaleError](t, c.Overtaken)
			v, err := Check(w.tree(), stale.tree())
			if err != nil || v.Accepted() {
				t.Fatalf("%+v, %v", v, err)
			}
			expect[*StaleError](t, v.Refusals[0])

			// Merged past the gate, it takes no signature either.
			late := stale.clone()
			late.put("again", w.signature(stale.event("again").Payload("root"), "heidi"))
			gate(t, stale, late, KindSignature, refused[*StaleError]("can never complete"))
		})
	}
	t.Run("closed by what comes next", func(t *testing.T) {
		stale := w.clone()
		stale.t = t
		for rel, content := range old {
			stale.files[EventPath("again", rel)] = content
		}
		stale.later()
		p, err := stale.tryPropose(Proposition{Renew: []string{"root"}, Supersede: []string{"again"}})
		if err != nil {
			t.Fatal(err)
		}
		next := stale.clone()
		next.apply(p.Change)
		if v, err := Check(stale.tree(), next.tree()); err != nil || !v.Accepted() {
			t.Fatalf("%v, %v", v.Refusals, err)
		}
		if report := Audit(next.tree()); len(report.Problems) > 0 {
			t.Errorf("audit: %v", report.Problems)
		}
	})
}

// A version that jumps ahead of what is trusted.
func TestEventAhead(t *testing.T) {
	t.Parallel()
	w := genesis(t)
	ahead := rotated(t)
	ahead.later()
	p, err := ahead.tryPropose(Proposition{Renew: []string{"root"}})
	if err != nil {
		t.Fatal(err)
	}
	head := w.clone()
	head.apply(p.Change)
	v, err := Check(w.tree(), head.tree())
	if err != nil || v.Accepted() {
		t.Fatalf("%+v, %v", v, err)
	}
	expect[*StaleError](t, v.Refusals[0], "root version 3 does not follow the newest trusted version 1")
}

// A payload of another repository, with the same people and the same keys.
func TestEventOfAnotherRepository(t *testing.T) {
	t.Parallel()
	w := genesis(t)
	other := otherRepository(t)
	other.sign(rotationEvent, "alice", "bob", "carol", "dave", "erin", "judy", "karl")
	head := w.clone()
	for rel, content := range other.under(EventPath(rotationEvent)) {
		head.files[EventPath(rotationEvent, rel)] = content
	}
	_, err := head.judge(rotationEvent)
	e := expect[*verify.RepositoryError](t, err, "root 2: is of repository "+otherID, "must be of repository "+fixtureRepository)
	if e.Role != "root" || e.Version != 2 {
		t.Errorf("%+v", *e)
	}
	_, err = head.tryComplete(rotationEvent)
	expect[*verify.RepositoryError](t, err)
	v, err := Check(w.tree(), head.tree())
	if err != nil || v.Accepted() {
		t.Fatalf("%+v, %v", v, err)
	}
	expect[*verify.RepositoryError](t, v.Refusals[0])

	// Before the first root nothing tells which repository this is, but one
	// event is of one.
	w = newWorld(t, policy{root: nine, rootThreshold: 5}, nine...)
	first := w.propose("the first root")
	foreign := newWorld(t, policy{repository: otherID, root: nine, rootThreshold: 5}, nine...)
	foreignFirst := foreign.propose("the first root").Payload("targets")
	p := first.Payload("targets")
	w.edit(EventPath(first.Name, eventFile), p.Digest.String(), foreignFirst.Digest.String())
	w.edit(EventPath(first.Name, eventFile), p.Policy.String(), foreignFirst.Policy.String())
	delete(w.files, EventPath(first.Name, policyDir, p.Policy.String()+".json"))
	w.files[EventPath(first.Name, policyDir, foreignFirst.Policy.String()+".json")] = foreignFirst.Charter.JSON()
	w.files[EventPath(first.Name, "1.targets.json")] = foreignFirst.Document.Raw()
	_, err = w.judge(first.Name)
	expect[*verify.RepositoryError](t, err, "targets 1", otherID, fixtureRepository)
}

// The newest policy on the branch is a proposal. Nothing that is judged
// changes with it, nor with an older one (CVE-2026-44544).
func TestPolicyMergedButNeverSigned(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	w.sign(rotationEvent, "alice", "bob", "carol")
	before := w.standing(rotationEvent)
	taken := w.clone()
	taken.join("mallory")
	taken.files[PolicyFile] = []byte(strings.ReplaceAll(policy{root: []string{"mallory"}, rootThreshold: 1}.text(), "software-key", "spares"))
	taken.sign(rotationEvent, "mallory")
	after := taken.standing(rotationEvent)
	if got, want := counts(after), counts(before); strings.Join(got, ";") != strings.Join(want, ";") {
		t.Errorf("counts %q, then %q", want, got)
	}
	_, err := taken.tryComplete(rotationEvent)
	expect[*PendingError](t, err, "3 of 5")
	for _, role := range []string{"root", "targets"} {
		inForce, err := taken.trusted().PolicyInForce(role)
		if err != nil {
			t.Fatal(err)
		}
		if published, _ := taken.trusted().Document(role).Extension(); inForce.Digest() != published.Policy {
			t.Errorf("%s: the policy in force is not the signed one", role)
		}
	}
	mallory := taken.clone()
	mallory.put(rotationEvent, taken.signature(taken.event(rotationEvent).Payload("root"), "mallory"))
	v, err := Check(taken.tree(), mallory.tree())
	if err != nil || v.Accepted() {
		t.Fatalf("%+v, %v", v, err)
	}
	expect[*verify.SignatureError](t, v.Refusals[0], "not listed")

	// A mistake in it stops nobody from signing.
	taken.files[PolicyFile] = []byte("format = ")
	taken.files[MemberPath("mallory")] = []byte("format = ")
	if after = taken.standing(rotationEvent); strings.Join(counts(after), ";") != strings.Join(counts(before), ";") {
		t.Errorf("counts %q, then %q", counts(before), counts(after))
	}
	done := w.clone()
	for _, o := range []*world{taken, done} {
		o.sign(rotationEvent, "dave", "erin", "judy", "karl")
		o.complete(rotationEvent)
	}
	if !bytes.Equal(taken.files["metadata/2.root.json"], done.files["metadata/2.root.json"]) {
		t.Error("the unsigned policy changed what was published")
	}
}
