package metadata

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// gate asserts what the gate says about merging head into base. Without a
// wanted refusal the change must be accepted.
func gate(t *testing.T, base, head *world, kind Kind, want refusal) *Verdict {
	t.Helper()
	v, err := Check(base.tree(), head.tree(), base.options...)
	if err != nil {
		t.Fatal(err)
	}
	if v.Kind != kind {
		t.Errorf("kind %s, want %s", v.Kind, kind)
	}
	if v.Accepted() != (want == nil) {
		t.Fatalf("refusals: %v", v.Refusals)
	}
	if v.Machine() != (want == nil && kind == KindSignature && !v.Surplus) {
		t.Error("a machine may merge it")
	}
	if want != nil {
		want(t, errors.Join(v.Refusals...))
	}
	return v
}

// A machine merges a signature only by a key that the event still needs: one that a
// rule lists which is not met.
func TestGateSurplus(t *testing.T) {
	t.Parallel()
	w := rotation(t) // carol and dave leave, judy and karl come
	w.sign(rotationEvent, "alice", "bob", "erin", "frank", "judy")
	for name, needed := range map[string]bool{"carol": true, "heidi": true, "karl": false} {
		head := w.clone()
		head.put(rotationEvent, w.signature(w.event(rotationEvent).Payload("root"), name))
		if v := gate(t, w, head, KindSignature, nil); v.Machine() != needed || v.Surplus == needed || v.Signed.Owner != name {
			t.Errorf("%s: %+v", name, v)
		}
	}
	w.sign(rotationEvent, "carol")
	for _, name := range []string{"dave", "heidi", "karl"} {
		head := w.clone()
		head.put(rotationEvent, w.signature(w.event(rotationEvent).Payload("root"), name))
		if v := gate(t, w, head, KindSignature, nil); v.Machine() || !v.Surplus {
			t.Errorf("%s: %+v", name, v)
		}
	}
	if (&Verdict{Kind: KindSignature, Surplus: true}).Machine() {
		t.Error("a machine may merge what is not needed")
	}
}

// The kinds of pull request that are in order, and who may merge them.
func TestGateAccepts(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	w.sign(rotationEvent, "alice", "bob", "carol", "dave")

	gate(t, w, w.clone(), KindNothing, nil)

	head := w.clone()
	head.files["README.md"] = []byte("new")
	head.files[".github/workflows/ci.yml"] = []byte("new")
	gate(t, w, head, KindOther, nil)

	head = w.clone()
	head.put(rotationEvent, w.signature(w.event(rotationEvent).Payload("root"), "judy"))
	v := gate(t, w, head, KindSignature, nil)
	if v.Event != rotationEvent || v.Signed.Owner != "judy" || v.Sign.Role != "root" || v.Sign.Version != 2 || v.Standing.Complete() {
		t.Errorf("%+v", v)
	}

	head = w.clone()
	head.join("zed")
	gate(t, w, head, KindMember, nil)

	done := w.clone()
	done.sign(rotationEvent, "erin", "judy", "karl")
	head = done.clone()
	head.complete(rotationEvent)
	if v := gate(t, done, head, KindCompletion, nil); v.Event != rotationEvent {
		t.Errorf("%+v", v)
	}

	base := rotated(t)
	head = base.clone()
	head.join("leo")
	head.declare(policy{root: append(except(afterRotation, "ivan"), "leo"), rootThreshold: 5})
	head.later()
	e := head.propose("ivan hands over to leo")
	if v := gate(t, base, head, KindProposal, nil); v.Event != e.Name || v.Standing == nil || len(v.Findings) == 0 {
		t.Errorf("%+v", v)
	}
}

// Who reviews an event reviews nothing else; who merges a policy is told what
// comes with it and is protected by no rule.
func TestGateFreeFiles(t *testing.T) {
	t.Parallel()
	base := rotated(t)
	head := base.clone()
	head.join("leo")
	head.files[".github/workflows/gate.yml"] = []byte("run: true")
	v := gate(t, base, head, KindMember, nil)
	if !slices.Equal(v.Free, []string{".github/workflows/gate.yml"}) {
		t.Errorf("free files: %q", v.Free)
	}
	head.declare(policy{root: append(except(afterRotation, "ivan"), "leo"), rootThreshold: 5})
	head.later()
	e := head.propose("ivan hands over to leo")
	gate(t, base, head, KindMixed, refused[*ScopeError]("opens the event "+e.Name+" and changes .github/workflows/gate.yml, which the event does not need", "one pull request for each"))
}

// A pull request that adds a signature adds nothing else.
func TestGateSignatureComesAlone(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	w.sign(rotationEvent, "alice")
	root := w.event(rotationEvent).Payload("root")
	signature := SignaturePath(rotationEvent, "root", keyIDOf("judy"))
	alice := SignaturePath(rotationEvent, "root", keyIDOf("alice"))
	for name, also := range map[string]func(head *world) (path string){
		"a README":   func(head *world) string { head.files["README.md"] = nil; return "README.md" },
		"a workflow": func(head *world) string { head.files[".github/x.yml"] = nil; return ".github/x.yml" },
		"the policy": func(head *world) string {
			head.files[PolicyFile] = append(head.files[PolicyFile], '\n')
			return PolicyFile
		},
		"a member":            func(head *world) string { head.join("zed"); return MemberPath("zed") },
		"a published version": func(head *world) string { delete(head.files, "metadata/1.root.json"); return "metadata/1.root.json" },
		"a new version":       func(head *world) string { head.files["metadata/2.root.json"] = nil; return "metadata/2.root.json" },
		"the event":           func(head *world) string { head.files[EventPath(rotationEvent, eventFile)] = nil; return eventFile },
		"the payload": func(head *world) string {
			delete(head.files, EventPath(rotationEvent, "2.root.json"))
			return "2.root.json"
		},
		"the log":                  func(head *world) string { head.files["log/x/y"] = nil; return "log/x/y" },
		"another event":            func(head *world) string { head.files["events/x/event.toml"] = nil; return "events/x" },
		"another signature gone":   func(head *world) string { delete(head.files, alice); return alice },
		"another signature edited": func(head *world) string { head.files[alice] = nil; return alice },
		"a second signature": func(head *world) string {
			head.put(rotationEvent, w.signature(root, "karl"))
			return SignaturePath(rotationEvent, "root", keyIDOf("karl"))
		},
		"a signature on the other payload": func(head *world) string {
			head.put(rotationEvent, w.signature(w.event(rotationEvent).Payload("targets"), "judy"))
			return SignaturePath(rotationEvent, "targets", keyIDOf("judy"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			head := w.clone()
			head.put(rotationEvent, w.signature(root, "judy"))
			path := also(head)
			v := gate(t, w, head, KindMixed, refused[*MixedError]("adds the signature events/"+rotationEvent, "a signature comes alone", "`rust-tuf sign`", path))
			mixed := expect[*MixedError](t, errors.Join(v.Refusals...))
			if all := append(mixed.Others, mixed.Signature); !slices.Contains(all, signature) {
				t.Errorf("%s is not among %q", signature, all)
			}
		})
	}
}

// A signature that is there stays as it is.
func TestGateSignatureStays(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	w.sign(rotationEvent, "alice", "bob")
	alice := SignaturePath(rotationEvent, "root", keyIDOf("alice"))
	never := func(kind string) refusal {
		return refused[*FrozenError](kind+" "+alice, "a signature never changes", "`rust-tuf sign`")
	}
	head := w.clone()
	head.files[alice] = w.files[SignaturePath(rotationEvent, "root", keyIDOf("bob"))]
	gate(t, w, head, KindFrozen, never("changes"))
	head = w.clone()
	delete(head.files, alice)
	gate(t, w, head, KindFrozen, never("deletes"))
	head.files[LogPath("x", eventFile)] = nil
	if v, err := Check(w.tree(), head.tree()); err != nil || v.Accepted() {
		t.Errorf("%+v, %v", v, err)
	}
}

// What nobody may change, one file at a time.
func TestGateFrozen(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	w.sign(rotationEvent, "alice")
	for _, tt := range []struct {
		path string
		edit func(head *world, path string)
		kind Kind
		want refusal
	}{
		{"metadata/1.root.json", func(h *world, p string) { h.files[p] = append(h.files[p], '\n') }, KindFrozen, refused[*FrozenError]("changes metadata/1.root.json", "a published version never changes")},
		{"metadata/1.root.json", func(h *world, p string) { delete(h.files, p) }, KindFrozen, refused[*FrozenError]("deletes metadata/1.root.json", "a new version comes from a new event")},
		{"metadata/2.root.json", func(h *world, p string) { h.files[p] = h.files["metadata/1.root.json"] }, KindCompletion, refused[*FrozenError]("adds metadata/2.root.json", "published by completing its event", "`rust-tuf complete`")},
		{"metadata/timestamp.json", func(h *world, p string) { h.files[p] = nil }, KindCompletion, refused[*FrozenError]("adds metadata/timestamp.json")},
		{LogPath("2026-11-22-root-v1", eventFile), func(h *world, p string) { h.files[p] = nil }, KindFrozen, refused[*FrozenError]("changes log/", "a closed event never changes")},
		{LogPath("2026-11-22-root-v1", eventFile), func(h *world, p string) { h.remove(LogPath("2026-11-22-root-v1")) }, KindFrozen, refused[*FrozenError]("deletes log/", "a closed event never changes")},
		{LogPath("made-up", eventFile), func(h *world, p string) {
			for rel, content := range h.under(LogPath("2026-11-22-root-v1")) {
				h.files[LogPath("made-up", rel)] = content
			}
		}, KindCompletion, refused[*FrozenError]("adds log/made-up", "files come into the log only when their event ends", "has further faults; repair these first")},
		{EventPath(rotationEvent, eventFile), func(h *world, p string) { h.edit(p, "dave leave", "dave stay") }, KindFrozen, refused[*FrozenError]("changes events/", "an open event is frozen", "--supersede")},
		{EventPath(rotationEvent, "2.root.json"), func(h *world, p string) { h.files[p] = append(h.files[p], '\n') }, KindFrozen, refused[*FrozenError]("an open event is frozen")},
		{EventPath(rotationEvent), func(h *world, p string) { h.remove(p) }, KindCompletion, refused[*PendingError](rotationEvent + " is pending")},
		{"events", func(h *world, p string) { h.files[p] = nil }, KindFrozen, refused[*FrozenError]("adds events", "stands where a folder belongs")},
		{"members", func(h *world, p string) { h.files[p] = nil }, KindFrozen, refused[*FrozenError]("adds members", "stands where a folder belongs")},
	} {
		t.Run(tt.path, func(t *testing.T) {
			head := w.clone()
			tt.edit(head, tt.path)
			gate(t, w, head, tt.kind, tt.want)
		})
	}
}

// The policy and member files, which are proposals until signed.
func TestGatePolicy(t *testing.T) {
	t.Parallel()
	w := genesis(t)
	for _, tt := range []struct {
		name string
		edit func(head *world)
		want refusal
	}{
		{"threshold 0", func(h *world) { h.declare(policy{root: nine, rootThreshold: 0}) }, refused[*roles.SyntaxError](PolicyFile, "roles.root.threshold", "0")},
		{"threshold below 0", func(h *world) { h.declare(policy{root: nine, rootThreshold: -5}) }, refused[*roles.SyntaxError](PolicyFile, "roles.root.threshold", "-5")},
		{"threshold above n", func(h *world) { h.declare(policy{root: nine, rootThreshold: 10}) }, refused[*roles.SyntaxError](PolicyFile, "roles.root.threshold", "10")},
		{"threshold absent", func(h *world) { h.files[PolicyFile] = []byte(swap("threshold = 5\n", "")(string(h.files[PolicyFile]))) }, refused[*roles.SyntaxError](PolicyFile, "roles.root.threshold")},
		{"an unknown key", func(h *world) {
			h.files[PolicyFile] = []byte(swap("format = 1", "format = 1\nforce = true")(string(h.files[PolicyFile])))
		}, refused[*roles.SyntaxError](PolicyFile+":2:1", "force")},
		{"a member who is not there", func(h *world) { h.declare(policy{root: append(nine, "zed"), rootThreshold: 5}) }, refused[*roles.ReferenceError](PolicyFile, "zed")},
		{"a member's file gone", func(h *world) { delete(h.files, MemberPath("ivan")) }, refused[*roles.ReferenceError](PolicyFile, "ivan")},
		{"a member under another name", func(h *world) { h.files[MemberPath("ivan")] = memberText("ivo", "") }, refused[*roles.SyntaxError](MemberPath("ivan"), `"ivo" is in the folder "ivan"`)},
		{"no policy", func(h *world) { delete(h.files, PolicyFile) }, refused[*TreeError](PolicyFile, "is missing; `rust-tuf init` makes one")},
		{"a newcomer with somebody else's key", func(h *world) {
			h.files[MemberPath("zed")] = []byte(strings.Replace(string(memberText("zed", "")), keyPairOf("zed").pem, keyPairOf("alice").pem, 1))
		}, refused[*RefusedError]("alice/main (members/alice/member.toml) and zed/main (members/zed/member.toml) declare the same public key", publicOf("alice").Fingerprint().Groups())},
		{"a member with somebody else's key", func(h *world) {
			h.files[MemberPath("ivan")] = []byte(strings.Replace(string(memberText("ivan", "")), keyPairOf("ivan").pem, keyPairOf("bob").pem, 1))
		}, refused[error]("the same public key")},
		{"a member with a machine's key", func(h *world) {
			h.files[MemberPath("zed")] = []byte(strings.Replace(string(memberText("zed", "")), keyPairOf("zed").pem, publicOf("online-timestamp").PEM(), 1))
		}, refused[*RefusedError]("online/timestamp (rust-tuf.toml)", "zed/main", "the same public key")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			head := w.clone()
			head.t = t
			tt.edit(head)
			kind := KindMember
			if !bytes.Equal(head.files[PolicyFile], w.files[PolicyFile]) {
				kind = KindPolicy
			}
			gate(t, w, head, kind, tt.want)
			if _, err := head.tryPropose(Proposition{Renew: []string{"root"}}); err == nil {
				t.Error("it can be proposed")
			}
		})
	}
	// What only a proposal may not do is shown already.
	head := w.clone()
	head.declare(policy{root: nine, rootThreshold: 4})
	v := gate(t, w, head, KindPolicy, nil)
	if len(v.Findings) == 0 || v.Findings[0].Severity != roles.Refused || v.Findings[0].Rule != "majority" {
		t.Errorf("findings: %+v", v.Findings)
	}
	_, err := head.tryPropose(Proposition{})
	expect[*RefusedError](t, err, "refuse", "root is signed by 4 of 9 keys")
}

// A proposal brings one event, made from what is trusted and from the
// declaration beside it, and nothing that comes later.
func TestGateProposal(t *testing.T) {
	t.Parallel()
	base := rotated(t)
	head := base.clone()
	head.join("leo")
	head.declare(policy{root: append(except(afterRotation, "ivan"), "leo"), rootThreshold: 5})
	head.later()
	e := head.propose("ivan hands over to leo")
	if e.Payload("targets") != nil {
		t.Fatal("targets need not be signed again")
	}
	gate(t, base, head, KindProposal, nil)
	for _, tt := range []struct {
		name string
		edit func(h *world)
		kind Kind
		want refusal
	}{
		{"with a signature", func(h *world) { h.put(e.Name, h.signature(e.Payload("root"), "alice")) }, KindProposal,
			refused[*ScopeError]("opens the event "+e.Name+" and brings signatures on root version 3", "merged first and signed then")},
		{"with a junk signature", func(h *world) { h.files[SignaturePath(e.Name, "root", keyIDOf("alice"))] = nil }, KindProposal,
			refused[*ScopeError]("brings signatures on root version 3")},
		{"that is not the declaration beside it", func(h *world) { h.declare(policy{root: afterRotation, rootThreshold: 5}) }, KindProposal,
			refused[*UnlikeDeclarationError](e.Name, "the frozen policy of root is not what rust-tuf.toml and members/ say", "run `rust-tuf propose` again")},
		{"with a member edited after it", func(h *world) { h.edit(MemberPath("leo"), "works-leo", "works-here") }, KindProposal,
			refused[*UnlikeDeclarationError]("root")},
		{"without a declaration that can be read", func(h *world) { h.files[PolicyFile] = nil }, KindProposal, refused[*roles.SyntaxError](PolicyFile)},
		{"without the member's file", func(h *world) { delete(h.files, MemberPath("leo")) }, KindProposal, refused[*roles.ReferenceError]("leo")},
		{"and a second event", func(h *world) { h.secondEvent(base) }, KindProposal, refused[*ScopeError]("opens 2 events", e.Name, "second", "propose one at a time")},
		{"and a version published", func(h *world) { h.files["metadata/3.targets.json"] = h.files["metadata/2.targets.json"] }, KindMixed,
			refused[*ScopeError]("opens the event "+e.Name+" and publishes another one", "one pull request for each")},
		{"and a version altered", func(h *world) { h.files["metadata/2.root.json"] = nil }, KindProposal,
			refused[*FrozenError]("changes metadata/2.root.json")},
		{"and a closed event altered", func(h *world) { delete(h.files, LogPath(rotationEvent, closedFile)) }, KindProposal,
			refused[*FrozenError]("deletes log/" + rotationEvent)},
		{"and a closed event made up", func(h *world) {
			for rel, content := range h.under(LogPath(rotationEvent)) {
				h.files[LogPath("made-up", rel)] = content
			}
		}, KindProposal, refused[*FrozenError]("adds log/made-up")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := head.clone()
			h.t = t
			tt.edit(h)
			gate(t, base, h, tt.kind, tt.want)
		})
	}
}

// secondEvent opens an event called second as base allows it: targets anew.
func (w *world) secondEvent(base *world) {
	w.t.Helper()
	other := base.clone()
	other.t = w.t
	other.later()
	p, err := other.tryPropose(Proposition{Name: "second", Renew: []string{"targets"}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.apply(p.Change)
}

// A completion is exactly what base yields.
func TestGateCompletion(t *testing.T) {
	t.Parallel()
	base := rotation(t)
	base.sign(rotationEvent, "alice", "bob", "carol", "dave", "erin", "frank", "judy", "karl")
	head := base.clone()
	head.complete(rotationEvent)
	gate(t, base, head, KindCompletion, nil)
	yields := func(words ...string) refusal {
		return refused[*FrozenError](append([]string{"not what completing " + rotationEvent + " yields", "`rust-tuf complete`"}, words...)...)
	}
	const root = "metadata/2.root.json"
	for _, tt := range []struct {
		name string
		edit func(h *world)
		kind Kind
		want refusal
	}{
		{"that takes fewer signatures", func(h *world) {
			h.rewrite("root", 2, func(s []verify.Signature) []verify.Signature {
				return slices.DeleteFunc(s, func(s verify.Signature) bool { return s.KeyID == keyIDOf("frank") })
			})
		}, KindCompletion, yields("changes " + root)},
		{"in another order", func(h *world) {
			h.rewrite("root", 2, func(s []verify.Signature) []verify.Signature { slices.Reverse(s); return s })
		}, KindCompletion, yields("changes " + root)},
		{"in another spelling", func(h *world) { h.files[root] = append(h.files[root], '\n') }, KindCompletion, yields("changes " + root)},
		{"with one byte changed", func(h *world) { h.edit(root, `"expires": "2028-`, `"expires": "2038-`) }, KindCompletion, yields("changes " + root)},
		{"of one payload of two", func(h *world) { delete(h.files, "metadata/2.targets.json") }, KindCompletion, yields("deletes metadata/2.targets.json")},
		{"that keeps nothing in the log", func(h *world) { h.remove(LogPath(rotationEvent)) }, KindCompletion, yields("deletes log/" + rotationEvent)},
		{"that loses a signature on the way to the log", func(h *world) {
			delete(h.files, LogPath(rotationEvent, signaturesDir, "root", keyIDOf("frank")+".json"))
		}, KindCompletion, yields("deletes log/" + rotationEvent)},
		{"that brings a late signature", func(h *world) {
			f := base.signature(base.event(rotationEvent).Payload("root"), "grace")
			h.files[LogPath(rotationEvent, signaturesDir, "root", f.KeyID+".json")] = f.Bytes()
		}, KindCompletion, yields("adds log/" + rotationEvent)},
		{"that says it was superseded", func(h *world) {
			h.files[LogPath(rotationEvent, closedFile)] = []byte("format = 1\noutcome = 'superseded'\nby = 'x'\n")
		}, KindCompletion, yields("changes log/" + rotationEvent)},
		{"and another version", func(h *world) { h.files["metadata/3.root.json"] = h.files[root] }, KindCompletion, yields("adds metadata/3.root.json")},
		{"and the README", func(h *world) { h.files["README.md"] = nil }, KindMixed, refused[*ScopeError]("publishes and changes README.md", "a completion comes alone")},
		{"and the policy", func(h *world) { h.files[PolicyFile] = nil }, KindMixed, refused[*ScopeError]("publishes and changes rust-tuf.toml")},
		{"and a member", func(h *world) { h.join("zed") }, KindMixed, refused[*ScopeError]("publishes and changes members/zed/member.toml")},
		{"that publishes nothing", func(h *world) { delete(h.files, root); delete(h.files, "metadata/2.targets.json") }, KindCompletion, yields("deletes " + root)},
		{"that leaves the event open", func(h *world) {
			maps.Copy(h.files, base.files)
			h.remove(LogPath(rotationEvent))
		}, KindCompletion, refused[*FrozenError]("adds "+root, "published by completing its event")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := head.clone()
			h.t = t
			tt.edit(h)
			gate(t, base, h, tt.kind, tt.want)
		})
	}
	t.Run("before its time", func(t *testing.T) {
		pending := rotation(t)
		pending.sign(rotationEvent, "alice", "bob", "carol", "dave", "judy", "karl")
		early := pending.clone()
		for path, content := range head.files {
			early.files[path] = content
		}
		early.remove(EventPath(rotationEvent))
		v := gate(t, pending, early, KindCompletion, refused[*PendingError](rotationEvent+" is pending", "root version 1 (in force)", "4 of 5", "root version 2 (proposed here)"))
		if v.Event != rotationEvent {
			t.Errorf("event %s", v.Event)
		}
	})
}

// Two events are completed one after the other.
func TestGateTwoCompletions(t *testing.T) {
	t.Parallel()
	base := rotated(t)
	base.later()
	first := base.clone()
	p, err := first.tryPropose(Proposition{Renew: []string{"root"}})
	if err != nil {
		t.Fatal(err)
	}
	base.apply(p.Change)
	base.secondEvent(rotated(t))
	for _, e := range []string{p.Event.Name, "second"} {
		base.sign(e, afterRotation[:5]...)
	}
	for event, want := range map[string]string{
		p.Event.Name: "this event makes a new root, which decides who signs in event second: if this one completes first, that one must be proposed again",
		"second":     "event " + p.Event.Name + " makes a new root, which decides who signs here: if it completes first, this event must be proposed again",
	} {
		if rivals := base.standing(event).Rivals; len(rivals) != 1 || rivals[0].String() != want {
			t.Errorf("rivals of %s: %v", event, rivals)
		}
	}
	head := base.clone()
	head.complete(p.Event.Name)
	one := head.clone()
	gate(t, base, one, KindCompletion, nil)
	_, err = one.judge("second")
	expect[*StaleError](t, err, "targets version 3 is to be judged by root version 2", "the newest trusted one is version 3", "--supersede second")

	head = base.clone()
	head.complete("second")
	head.complete(p.Event.Name)
	gate(t, base, head, KindCompletion, refused[*ScopeError]("ends the events", p.Event.Name+", second", "a completion ends one"))
}

// A target branch that cannot be judged judges nobody, whatever the change.
func TestGateBrokenBase(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(w *world){
		"a published root altered": func(w *world) { w.edit("metadata/2.root.json", `"expires": "2028-`, `"expires": "2038-`) },
		"a stray file":             func(w *world) { w.files["metadata/x"] = nil },
		"no first root":            func(w *world) { delete(w.files, "metadata/1.root.json") },
	} {
		t.Run(name, func(t *testing.T) {
			w := rotated(t)
			spoil(w)
			for _, head := range []*world{w, rotated(t), rotation(t)} {
				v, err := Check(w.tree(), head.tree())
				if v != nil || err == nil || !strings.Contains(err.Error(), "the target branch itself is broken: ") {
					t.Errorf("%+v, %v", v, err)
				}
			}
		})
	}
}

// Whatever it is called, only one kind is for machines.
func TestMachineMergesSignaturesOnly(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{KindNothing, KindProposal, KindCompletion, KindPolicy, KindOther, KindMixed, KindFrozen, KindRepair, ""} {
		if (&Verdict{Kind: kind}).Machine() {
			t.Errorf("a machine may merge kind %q", kind)
		}
	}
	if (&Verdict{Kind: KindSignature, Refusals: []error{fmt.Errorf("x")}}).Machine() {
		t.Error("a machine may merge what is refused")
	}
	if !(&Verdict{Kind: KindSignature}).Machine() {
		t.Error("a machine may merge nothing")
	}
}
