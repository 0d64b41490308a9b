package metadata

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// inConflict is two proposals for root version 3, each in order when it was
// checked. It returns the target branch with the first of them, with both, and
// what the second one changes.
func inConflict(t *testing.T) (first, both *world, second Change) {
	t.Helper()
	base := rotated(t)
	base.later()
	first = base.clone()
	p, err := first.tryPropose(Proposition{Name: "first", Renew: []string{"root"}})
	if err != nil {
		t.Fatal(err)
	}
	first.apply(p.Change)
	if p, err = base.tryPropose(Proposition{Name: "second", Renew: []string{"targets", "root"}}); err != nil {
		t.Fatal(err)
	}
	alone := base.clone()
	alone.apply(p.Change)
	gate(t, base, first, KindProposal, nil)
	gate(t, base, alone, KindProposal, nil)
	both = first.clone()
	both.apply(p.Change)
	gate(t, first, both, KindProposal, refused[*ConflictError]("events first and second both want to make root version 3", "only one of them may be open", "--supersede first,"))
	gate(t, alone, both, KindProposal, refused[*ConflictError]("events second and first", "--supersede second,"))
	return first, both, p.Change
}

// While two events want to make one version, neither is judged, signed or
// completed, and everything else goes on.
func TestConflict(t *testing.T) {
	t.Parallel()
	first, both, _ := inConflict(t)
	conflict := refused[*ConflictError]("events first and second both want to make root version 3", "--supersede first --supersede second")
	for _, event := range []string{"first", "second"} {
		_, err := both.judge(event)
		conflict(t, err)
	}
	if report := Audit(both.tree()); len(report.Problems) != 1 {
		t.Errorf("audit: %v", report.Problems)
	} else {
		conflict(t, report.Problems[0])
	}
	head := both.clone()
	head.put("first", first.signature(first.event("first").Payload("root"), "alice"))
	gate(t, both, head, KindSignature, conflict)

	head = both.clone()
	head.files["README.md"] = []byte("new")
	gate(t, both, head, KindOther, nil)
	p, err := both.tryPropose(Proposition{Name: "third", Renew: []string{"root"}})
	if p != nil {
		t.Errorf("%+v", p)
	}
	refused[*ConflictError]("first and third")(t, err)
}

// One event in the place of both names what either had signed, so that those
// who signed may sign again.
func TestConflictSuperseded(t *testing.T) {
	t.Parallel()
	first, both, second := inConflict(t)
	first.sign("first", "alice")
	maps.Copy(both.files, first.files)
	both.apply(second)
	p, err := both.tryPropose(Proposition{Name: "third", Renew: []string{"root"}, Supersede: []string{"first", "second"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Discards; !slices.Equal(got, []string{"alice"}) {
		t.Errorf("discards the signatures of %q", got)
	}
	for _, old := range []string{"first", "second"} {
		if !slices.Contains(p.Event.Payload("root").Supersedes, both.event(old).Payload("root").Digest) {
			t.Errorf("%s is not named", old)
		}
	}
	head := both.clone()
	head.apply(p.Change)
	gate(t, both, head, KindProposal, nil)
	if report := Audit(head.tree()); len(report.Problems) != 0 {
		t.Errorf("audit: %v", report.Problems)
	}
}

// The one that came second may be taken back, if signatures show which one
// that was.
func TestConflictTakenBack(t *testing.T) {
	t.Parallel()
	unsigned, unsignedBoth, second := inConflict(t)
	gate(t, unsignedBoth, unsigned, KindRepair, refused[*ScopeError]("takes back the event second", "nobody's signature shows that first was there first",
		"rust-tuf propose --supersede first --supersede second"))

	first := unsigned.clone()
	first.sign("first", "alice")
	both := first.clone()
	both.apply(second)
	if v := gate(t, both, first, KindRepair, nil); v.Event != "second" {
		t.Errorf("event %s", v.Event)
	}
	for name, test := range map[string]struct {
		edit func(h *world)
		kind Kind
		want refusal
	}{
		"the signed one goes": {func(h *world) { maps.Copy(h.files, second.Put); h.remove(EventPath("first")) }, KindRepair,
			refused[*ScopeError]("takes back the event first", "holds signatures", "--supersede")},
		"a part stays": {func(h *world) {
			for _, p := range []string{EventPath("second", eventFile)} {
				h.files[p] = both.files[p]
			}
		}, KindRepair, refused[*TreeError]("events/second", "is missing")},
		"with it goes a member":  {func(h *world) { delete(h.files, MemberPath("carol")) }, KindCompletion, refused[*ConflictError]("events first and second")},
		"with it comes a README": {func(h *world) { h.files["NEWS"] = nil }, KindCompletion, refused[*ConflictError]("events first and second")},
		"both go":                {func(h *world) { h.remove("events") }, KindCompletion, refused[*ScopeError]("ends the events first, second", "a completion ends one")},
		"one is edited": {func(h *world) { maps.Copy(h.files, both.files); h.files[EventPath("second", "3.root.json")] = nil }, KindCompletion,
			refused[*FileError](EventPath("second", "3.root.json"))},
	} {
		t.Run(name, func(t *testing.T) {
			head := first.clone()
			test.edit(head)
			gate(t, both, head, test.kind, test.want)
		})
	}
}

// A signature that is merged when its event has ended lies alone in a folder
// of events/, or, where git follows the renamed folder, in the log. It counts
// for nothing, stops nobody, and may be removed.
func TestLateSignatureMerged(t *testing.T) {
	t.Parallel()
	open := rotation(t)
	open.sign(rotationEvent, "alice", "bob", "carol", "dave", "erin", "judy", "karl")
	late := open.signature(open.event(rotationEvent).Payload("root"), "frank")
	counted := open.event(rotationEvent).Payload("root").Files[0].KeyID
	done := open.clone()
	done.complete(rotationEvent)

	left := done.clone()
	left.put(rotationEvent, late)
	path := SignaturePath(rotationEvent, "root", late.KeyID)
	gate(t, done, left, KindSignature, refused[*ClosedError]("complete and published", "came too late"))
	repo, err := Read(left.tree())
	if err != nil {
		t.Fatal(err)
	}
	if len(repo.Late) != 1 {
		t.Fatalf("late: %v", repo.Late)
	}
	wantLate := refused[*LateError](path, "after event "+rotationEvent+" had ended", "delete the file in a pull request")
	wantLate(t, repo.Late[0])
	if report := Audit(left.tree()); len(report.Problems) != 1 {
		t.Errorf("audit: %v", report.Problems)
	} else {
		wantLate(t, report.Problems[0])
	}
	gate(t, left, done, KindRepair, nil)
	left.later()
	if _, err := left.tryPropose(Proposition{Renew: []string{"root"}}); err != nil {
		t.Error(err)
	}

	logged := done.clone()
	inLog := strings.Replace(path, EventsDir, LogDir, 1)
	logged.files[inLog] = late.Bytes()
	gate(t, done, logged, KindCompletion, refused[*FrozenError]("adds "+inLog, "files come into the log only when their event ends"))
	gate(t, logged, done, KindRepair, nil)

	for name, edit := range map[string]func(h *world){
		"a file beside it goes too": func(h *world) { delete(h.files, LogPath(rotationEvent, eventFile)) },
		"a signature that counted": func(h *world) {
			delete(h.files, strings.Replace(SignaturePath(rotationEvent, "root", counted), EventsDir, LogDir, 1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			head := done.clone()
			edit(head)
			gate(t, logged, head, KindCompletion, refused[*FrozenError]("deletes "+LogDir, "a closed event never changes"))
		})
	}
}
