package metadata

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// supersede proposes again in place of an open event and merges it.
func (w *world) supersede(old, name string, renew ...string) *Event {
	w.t.Helper()
	p, err := w.tryPropose(Proposition{Name: name, Renew: renew, Supersede: []string{old}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.apply(p.Change)
	return p.Event
}

// secondThoughts is a rotation that five of nine have signed under the old
// root, and a change of mind: frank leaves as well.
func secondThoughts(t testing.TB) *world {
	t.Helper()
	w := rotation(t)
	w.sign(rotationEvent, "alice", "bob", "carol", "dave", "erin", "judy", "karl")
	w.join("leo")
	w.declare(policy{root: append(except(afterRotation, "frank"), "leo"), rootThreshold: 5})
	w.later()
	return w
}

// A new event names the payload that it replaces, and moves the old event into
// the log as it is.
func TestFreezeAndSupersede(t *testing.T) {
	t.Parallel()
	w := secondThoughts(t)
	old := w.event(rotationEvent)
	p, err := w.tryPropose(Proposition{Name: "better", Supersede: []string{rotationEvent}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"alice", "bob", "carol", "dave", "erin", "judy", "karl"}; !slices.Equal(p.Discards, want) || len(p.Replaces) != 1 || p.Replaces[0].Name != rotationEvent {
		t.Errorf("it discards the signatures of %q on %v", p.Discards, p.Replaces)
	}
	head := w.clone()
	head.apply(p.Change)
	gate(t, w, head, KindProposal, nil)

	for _, now := range p.Event.Payloads {
		then := old.Payload(now.Role)
		if now.Version != then.Version || !slices.Equal(now.Supersedes, []verify.Digest{then.Digest}) {
			t.Errorf("%s supersedes %v, not %s", now, now.Supersedes, then.Digest)
		}
		if ext, _ := now.Document.Extension(); !slices.Equal(ext.Supersedes, now.Supersedes) {
			t.Errorf("the signed bytes of %s supersede %v", now, ext.Supersedes)
		}
	}
	logged := head.under(LogPath(rotationEvent))
	if got, want := string(logged[closedFile]), "format = 1\noutcome = 'superseded'\nby = 'better'\n"; got != want {
		t.Errorf("closed.toml:\n%s", got)
	}
	delete(logged, closedFile)
	if !maps.EqualFunc(logged, w.under(EventPath(rotationEvent)), bytes.Equal) {
		t.Error("the old event changed on its way into the log")
	}
	if len(head.under(EventPath(rotationEvent))) > 0 {
		t.Error("the old event is still open")
	}

	// Its signers hear it, by name.
	_, err = head.read().Event(rotationEvent)
	if closed := expect[*ClosedError](t, err, "event closed", rotationEvent+" was superseded by better", "nothing is left to sign"); closed.By != "better" || closed.Outcome != Superseded {
		t.Errorf("%+v", *closed)
	}
	late := head.clone()
	late.put(rotationEvent, w.signature(old.Payload("root"), "heidi"))
	gate(t, head, late, KindSignature, refused[*ClosedError]("event closed", "superseded by better"))

	// The old signatures count for nothing in the new event.
	for rel, content := range w.under(EventPath(rotationEvent, signaturesDir)) {
		late.files[EventPath("better", signaturesDir, rel)] = content
	}
	delete(late.files, SignaturePath(rotationEvent, "root", keyIDOf("heidi")))
	for _, p := range late.standing("better").Payloads {
		for _, r := range p.Rules {
			if len(r.Tally.Valid) > 0 {
				t.Errorf("%s by the rule of %s counts %v", p.Payload, r.By, r.Tally.Valid)
			}
		}
		for _, f := range p.Refused {
			expect[*MismatchError](t, f, "another digest", "where this event has")
		}
	}

	head.sign("better", "alice", "bob", "carol", "dave", "erin", "judy", "karl")
	head.complete("better")
	if report := Audit(head.tree()); len(report.Problems) > 0 {
		t.Errorf("audit: %v", report.Problems)
	}
}

// A payload that was superseded can never be published, even with every
// signature, whoever puts it back.
func TestSupersededNeverCompletes(t *testing.T) {
	t.Parallel()
	w := secondThoughts(t)
	signed := w.under(EventPath(rotationEvent))
	w.supersede(rotationEvent, "better")
	better := w.under(EventPath("better"))
	superseded := refused[*SupersededError]("root version 2 with digest ", "was superseded by event better and can never complete")
	never := func(t *testing.T, w *world, event string, want refusal) {
		t.Helper()
		e, err := w.read().Event(event)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.trusted().Judge(e)
		want(t, err)
		c, err := w.trusted().Complete(e)
		want(t, err)
		if c != nil {
			t.Error("it completes")
		}
	}
	reopen := func(w *world, name string) {
		for rel, content := range signed {
			w.files[EventPath(name, rel)] = content
		}
	}
	t.Run("beside the new one", func(t *testing.T) {
		w := w.clone()
		reopen(w, "again")
		for _, event := range []string{"again", "better"} {
			_, err := w.judge(event)
			expect[*ConflictError](t, err, "again", "better", "root version 2")
		}
	})
	t.Run("in place of the new one", func(t *testing.T) {
		w := w.clone()
		w.t = t
		w.remove(EventPath("better"))
		for rel, content := range better {
			w.files[LogPath("better", rel)] = content
		}
		w.files[LogPath("better", closedFile)] = []byte("format = 1\noutcome = 'superseded'\nby = 'again'\n")
		reopen(w, "again")
		never(t, w, "again", superseded)
	})
	t.Run("with the log cleaned of it", func(t *testing.T) {
		// Nothing names it any more, so nothing but the members' ledgers and
		// the gate keep it out: both deletions are refused.
		head := w.clone()
		head.remove(LogPath(rotationEvent))
		gate(t, w, head, KindFrozen, refused[*FrozenError]("deletes log/"+rotationEvent, "a closed event never changes"))
		head = w.clone()
		head.remove(EventPath("better"))
		gate(t, w, head, KindCompletion, refused[*PendingError]("better is pending"))
	})
	t.Run("by a third event that forgets it", func(t *testing.T) {
		w := w.clone()
		w.t = t
		w.remove(EventPath("better"))
		reopen(w, "again")
		never(t, w, "again", refused[*PayloadError]("root version 2 does not name", "as superseded, though the log holds that earlier payload for the same version"))
	})
	t.Run("after the new one is published", func(t *testing.T) {
		w := w.clone()
		w.t = t
		w.sign("better", "alice", "bob", "carol", "dave", "erin", "judy", "karl")
		w.complete("better")
		reopen(w, "again")
		_, err := w.judge("again")
		expect[*StaleError](t, err, "root version 2 is published already")
		if c, err := w.tryComplete("again"); err != nil || c.Overtaken == nil || len(c.Published) != 0 {
			t.Errorf("%+v, %v", c, err)
		}
	})
}

// Whoever supersedes what superseded something names both.
func TestSupersedeTwice(t *testing.T) {
	t.Parallel()
	w := secondThoughts(t)
	first := w.event(rotationEvent).Payload("root").Digest
	second := w.supersede(rotationEvent, "better").Payload("root").Digest
	w.declare(policy{root: append(except(afterRotation, "grace"), "leo"), rootThreshold: 5})
	w.later()
	base := w.clone()
	third := w.supersede("better", "best").Payload("root")
	gate(t, base, w, KindProposal, nil)
	want := []verify.Digest{first, second}
	slices.SortFunc(want, func(a, b verify.Digest) int { return bytes.Compare(a[:], b[:]) })
	if !slices.Equal(third.Supersedes, want) {
		t.Errorf("supersedes %v, want %v", third.Supersedes, want)
	}
	_, err := w.read().Event(rotationEvent)
	expect[*ClosedError](t, err, "superseded by better")
	_, err = w.read().Event("better")
	expect[*ClosedError](t, err, "superseded by best")

	// The one before last cannot come back behind the last one's back.
	for rel, content := range w.under(LogPath(rotationEvent)) {
		if rel != closedFile {
			w.files[EventPath("again", rel)] = content
		}
	}
	again := w.clone()
	again.remove(EventPath("best"))
	_, err = again.tryComplete("again")
	expect[*SupersededError](t, err, "superseded by event better")
	w.remove(EventPath("again"))

	w.sign("best", "alice", "bob", "carol", "dave", "erin", "judy", "karl")
	w.complete("best")
	if report := Audit(w.tree()); len(report.Problems) > 0 {
		t.Errorf("audit: %v", report.Problems)
	}
}

// An event that names only one of two earlier payloads would be signed by
// members whose ledgers hold the other one.
func TestSupersedeForgetsOne(t *testing.T) {
	t.Parallel()
	w := secondThoughts(t)
	w.supersede(rotationEvent, "better")
	// Who proposes from a tree without the log of the first one, forgets it.
	forgetful := w.clone()
	forgetful.remove(LogPath(rotationEvent))
	forgetful.later()
	p, err := forgetful.tryPropose(Proposition{Name: "forgetful", Supersede: []string{"better"}})
	if err != nil {
		t.Fatal(err)
	}
	head := w.clone()
	head.apply(p.Change)
	forgets := refused[*PayloadError]("forgetful: the document root version 2 does not name ", "as superseded")
	gate(t, w, head, KindProposal, forgets)
	e := head.event("forgetful")
	_, err = head.trusted().Judge(e)
	forgets(t, err)
}

// Nobody closes an event but who makes its version.
func TestProposalClosesAnother(t *testing.T) {
	t.Parallel()
	base := rotated(t)
	base.later()
	p, err := base.tryPropose(Proposition{Name: "somebodys", Renew: []string{"root"}})
	if err != nil {
		t.Fatal(err)
	}
	base.apply(p.Change)
	base.sign("somebodys", "alice", "bob")
	mine := base.clone()
	mine.secondEvent(rotated(t))
	gate(t, base, mine, KindProposal, nil)
	closeIt := func(w *world, by string) {
		for rel, content := range w.under(EventPath("somebodys")) {
			w.files[LogPath("somebodys", rel)] = content
		}
		w.remove(EventPath("somebodys"))
		w.files[LogPath("somebodys", closedFile)] = []byte("format = 1\noutcome = 'superseded'\nby = '" + by + "'\n")
	}
	alice := LogPath("somebodys", signaturesDir, "root", keyIDOf("alice")+".json")
	for _, tt := range []struct {
		name string
		edit func(w *world)
		want refusal
	}{
		{"as superseded", func(w *world) { closeIt(w, "second") },
			refused[*ScopeError]("closes the event somebodys, but second makes no version in its place", "only what takes its place may close it")},
		{"by deleting it", func(w *world) { w.remove(EventPath("somebodys")) },
			refused[*FrozenError]("deletes events/somebodys", "kept in the log either way")},
		{"as completed", func(w *world) {
			closeIt(w, "second")
			w.files[LogPath("somebodys", closedFile)] = []byte("format = 1\noutcome = 'completed'\n")
		}, refused[*FrozenError]("log/somebodys/closed.toml")},
		{"by deleting a signature", func(w *world) { delete(w.files, SignaturePath("somebodys", "root", keyIDOf("alice"))) },
			refused[*FrozenError]("deletes events/somebodys/signatures", "a signature never changes")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			head := mine.clone()
			tt.edit(head)
			gate(t, base, head, KindProposal, tt.want)
		})
	}

	// The one who may close it keeps it as it is.
	rightful := base.clone()
	rightful.later()
	rightful.supersede("somebodys", "rightful", "root")
	gate(t, base, rightful, KindProposal, nil)
	for _, tt := range []struct {
		name string
		edit func(w *world)
		want refusal
	}{
		{"losing a signature", func(w *world) { delete(w.files, alice) }, refused[*FrozenError]("deletes " + alice)},
		{"changing a signature", func(w *world) { w.files[alice] = nil }, refused[*FrozenError]("changes " + alice)},
		{"adding a signature", func(w *world) {
			f := base.signature(base.event("somebodys").Payload("root"), "erin")
			w.files[LogPath("somebodys", signaturesDir, "root", f.KeyID+".json")] = f.Bytes()
		}, refused[*FrozenError]("adds log/somebodys")},
		{"naming somebody else", func(w *world) { w.edit(LogPath("somebodys", closedFile), "rightful", "second") }, refused[*FrozenError]("changes log/somebodys/closed.toml")},
		{"keeping it open as well", func(w *world) { maps.Copy(w.files, base.files) }, refused[*LateError]("its name is never used again")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			head := rightful.clone()
			head.t = t
			tt.edit(head)
			gate(t, base, head, KindProposal, tt.want)
		})
	}

	_, err = base.tryPropose(Proposition{Name: "x", Renew: []string{"targets"}, Supersede: []string{"somebodys"}})
	if err == nil {
		t.Fatal("it supersedes what it does not replace")
	}
	_, err = base.tryPropose(Proposition{Name: "x", Renew: []string{"root"}, Supersede: []string{"nobodys"}})
	expect[*UnknownEventError](t, err, `there is no event "nobodys"`, "open events: somebodys")
	_, err = base.tryPropose(Proposition{Name: "x", Renew: []string{"root"}, Supersede: []string{rotationEvent}})
	expect[*ClosedError](t, err, "event closed", "complete and published")
	for _, name := range []string{"a", "x"} {
		_, err = base.tryPropose(Proposition{Name: name, Renew: []string{"root"}})
		expect[*ConflictError](t, err, "somebodys and "+name, "--supersede somebodys")
	}
}

// What a superseded event held for other roles is not forgotten either.
func TestSupersedeInParts(t *testing.T) {
	t.Parallel()
	w := rotated(t)
	w.later()
	p, err := w.tryPropose(Proposition{Name: "both", Renew: []string{"root", "targets"}})
	if err != nil {
		t.Fatal(err)
	}
	w.apply(p.Change)
	w.sign("both", afterRotation[:5]...)
	targets := w.event("both").Payload("targets").Digest
	w.later()
	w.supersede("both", "root-only", "root")
	w.sign("root-only", afterRotation[:5]...)
	w.complete("root-only")

	w.later()
	if p, err = w.tryPropose(Proposition{Name: "targets-later", Renew: []string{"targets"}}); err != nil {
		t.Fatal(err)
	}
	if got := p.Event.Payload("targets").Supersedes; !slices.Equal(got, []verify.Digest{targets}) {
		t.Errorf("supersedes %v, want %s", got, targets)
	}
	w.apply(p.Change)
	w.sign("targets-later", afterRotation[:5]...)
	w.complete("targets-later")
	if report := Audit(w.tree()); len(report.Problems) > 0 {
		t.Errorf("audit: %v", errors.Join(report.Problems...))
	}
}
