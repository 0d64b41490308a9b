package metadata

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// opens proposes an event, with some roles to renew, and merges it.
func (w *world) opens(name string, renew ...string) *Event {
	w.t.Helper()
	p, err := w.tryPropose(Proposition{Name: name, Renew: renew})
	if err != nil {
		w.t.Fatal(err)
	}
	w.apply(p.Change)
	return p.Event
}

// inConflict is two proposals for root version 3, each in order when it was
// checked. It returns the target branch with the first of them, with both, and
// what the second one changes.
func inConflict(t *testing.T) (first, both *world, second Change) {
	t.Helper()
	base := rotated(t)
	base.later()
	first = base.clone()
	first.opens("first", "root")
	p, err := base.tryPropose(Proposition{Name: "second", Renew: []string{"targets", "root"}})
	if err != nil {
		t.Fatal(err)
	}
	alone := base.clone()
	alone.apply(p.Change)
	gate(t, base, first, KindProposal, nil)
	gate(t, base, alone, KindProposal, nil)
	both = first.clone()
	both.apply(p.Change)
	gate(t, first, both, KindProposal, refused[*ConflictError]("events first and second both want to make root version 3", "only one of them may be open", "again with --supersede first,"))
	gate(t, alone, both, KindProposal, refused[*ConflictError]("events second and first", "again with --supersede second,"))
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
	gate(t, unsignedBoth, unsigned, KindRepair, refused[*ScopeError]("takes back the event second", "nobody's signature shows which one was there first",
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
		"one is edited": {func(h *world) { maps.Copy(h.files, both.files); h.files[EventPath("second", "3.root.json")] = nil }, KindFrozen,
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
			gate(t, logged, head, KindFrozen, refused[*FrozenError]("deletes "+LogDir, "a closed event never changes"))
		})
	}
}

// Two completions that are each what the branch yields cannot both be merged:
// they change one file in different ways.
func TestCompletionsMeetInOneFile(t *testing.T) {
	t.Parallel()
	base := rotated(t)
	base.later()
	base.opens("renew", "targets")
	base.join("leo", "mia")
	quorum := append(except(afterRotation, "frank", "grace"), "leo", "mia")
	base.declare(policy{root: quorum, rootThreshold: 5, targets: quorum})
	base.opens("rotate")
	base.sign("renew", "alice", "bob", "erin", "frank", "grace")
	base.sign("rotate", "alice", "bob", "erin", "judy", "karl")
	written := map[string]string{}
	for _, event := range []string{"renew", "rotate"} {
		head := base.clone()
		c := head.complete(event)
		gate(t, base, head, KindCompletion, nil)
		written[event] = string(c.Change.Put[NewestFile])
	}
	if written["renew"] != "renew\n" || written["rotate"] != "rotate\n" {
		t.Errorf("%q", written)
	}
	// One after the other, the second is judged by what the first has made.
	base.complete("rotate")
	_, err := base.judge("renew")
	expect[*StaleError](t, err, "targets version 3 is to be judged by root version 2", "--supersede renew")

	for name, content := range map[string][]byte{"gone": nil, "another event": []byte("renew\n"), "no line end": []byte("rotate"), "somebody's words": []byte("x/../y\n")} {
		t.Run(name, func(t *testing.T) {
			head := base.clone()
			head.t = t
			if head.files[NewestFile] = content; content == nil {
				delete(head.files, NewestFile)
			}
			kind := KindCompletion
			if content == nil {
				kind = KindFrozen
			}
			gate(t, base, head, kind, refused[*FrozenError](NewestFile, "it changes when an event is completed"))
			report := Audit(head.tree())
			if len(report.Problems) != 2 { // renew is stale
				t.Fatalf("audit: %v", report.Problems)
			}
			expect[*TreeError](t, errors.Join(report.Problems...), NewestFile)
		})
	}
}

// An event that was overtaken can be closed, whether or not there is anything
// to propose in its place.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	w := delegated(t)
	w.later()
	digest := w.opens("renew", "release").Payload("release").Digest
	w.sign("renew", team[0])
	w.declare(policy{root: afterRotation, rootThreshold: 5})
	w.opens("drop")
	if c, err := w.tryComplete("renew"); c != nil || err == nil {
		t.Fatalf("%+v, %v", c, err)
	}
	w.sign("drop", afterRotation[:5]...)
	w.complete("drop")
	w.later()
	_, err := w.judge("renew")
	stale := refused[*StaleError]("release version 2 is to be judged by targets version", "`rust-tuf complete renew` closes it")
	stale(t, err)

	instead := w.clone()
	p, err := instead.tryPropose(Proposition{Name: "again", Renew: []string{"targets"}, Supersede: []string{"renew"}})
	if err != nil {
		t.Fatal(err)
	}
	instead.apply(p.Change)
	gate(t, w, instead, KindProposal, nil)

	closed := w.clone()
	c := closed.complete("renew")
	if len(c.Published) != 0 || c.Standing != nil {
		t.Errorf("%+v", c)
	}
	stale(t, c.Overtaken)
	gate(t, w, closed, KindCompletion, nil)
	for _, head := range []*world{instead, closed} {
		if report := Audit(head.tree()); len(report.Problems) != 0 {
			t.Errorf("audit: %v", report.Problems)
		}
		_, err := head.read().Event("renew")
		expect[*ClosedError](t, err, "renew")
	}
	// Who signed it may sign a later one for that version, which names it.
	closed.declare(policy{root: afterRotation, rootThreshold: 5, release: team, releaseK: 3})
	if p, err = closed.tryPropose(Proposition{Name: "back"}); err != nil {
		t.Fatal(err)
	}
	if back := p.Event.Payload("release"); back == nil || back.Version != 2 || !slices.Contains(back.Supersedes, digest) {
		t.Errorf("%+v", back)
	}
	// Nothing else is closed in this way.
	early := rotation(t)
	head := early.clone()
	change := Change{Put: map[string][]byte{}}
	if err := moveToLog(early.tree(), early.event(rotationEvent), &Closing{Outcome: Overtaken}, &change); err != nil {
		t.Fatal(err)
	}
	head.apply(change)
	gate(t, early, head, KindCompletion, refused[*PendingError](rotationEvent+" is pending"))
	if report := Audit(head.tree()); len(report.Problems) != 1 {
		t.Errorf("audit: %v", report.Problems)
	} else {
		expect[*TreeError](t, report.Problems[0], "says that the event was overtaken, but no published version did that")
	}
}

// A new rule must not put a published version below its threshold, even where
// that version was made after the event had been proposed.
func TestRoleBelow(t *testing.T) {
	t.Parallel()
	w := delegated(t)
	w.later()
	w.opens("renew", "release")
	w.join("tom")
	w.declare(policy{root: afterRotation, rootThreshold: 5, release: append(except(team, "sybil"), "tom"), releaseK: 3})
	w.opens("drop")
	w.sign("drop", afterRotation[:5]...)
	w.sign("renew", "sybil", "olivia", "peggy")
	w.complete("renew")
	below := refused[*BelowError]("event drop: under targets version", "the current release version 2 would be below its threshold", "2 of 3", "--supersede drop")
	_, err := w.judge("drop")
	below(t, err)
	_, err = w.tryComplete("drop")
	below(t, err)
	w.later()
	p, err := w.tryPropose(Proposition{Name: "again", Supersede: []string{"drop"}})
	if err != nil || p.Event.Payload("release") == nil {
		t.Errorf("%+v, %v", p, err)
	}
}

// What the log names as the successor of an event is never just taken back.
func TestSuccessorIsNotTakenBack(t *testing.T) {
	t.Parallel()
	base := rotated(t)
	base.later()
	base.opens("old", "root")
	signed := base.clone()
	signed.opens("signed", "targets")
	signed.sign("signed", "alice")
	p, err := base.tryPropose(Proposition{Name: "better", Renew: []string{"root", "targets"}, Supersede: []string{"old"}})
	if err != nil {
		t.Fatal(err)
	}
	both := signed.clone()
	both.apply(p.Change)
	head := both.clone()
	head.remove(EventPath("better"))
	gate(t, both, head, KindRepair, refused[*ScopeError]("takes back the event better", "which the log names as the one that superseded old"))
}

// Three are no harder than two.
func TestThreeInConflict(t *testing.T) {
	t.Parallel()
	base := rotated(t)
	base.later()
	names := []string{"aa", "bb", "cc"}
	changes := map[string]Change{}
	for _, name := range names {
		base.later()
		p, err := base.tryPropose(Proposition{Name: name, Renew: []string{"root"}})
		if err != nil {
			t.Fatal(err)
		}
		changes[name] = p.Change
	}
	for _, first := range names {
		w := base.clone()
		w.apply(changes[first])
		w.sign(first, "alice")
		for _, name := range names {
			w.apply(changes[name])
		}
		_, err := w.judge(first)
		expect[*ConflictError](t, err, "events aa, bb and cc both want", "--supersede aa --supersede bb --supersede cc")
		for _, name := range names {
			head := w.clone()
			head.remove(EventPath(name))
			if name == first {
				gate(t, w, head, KindRepair, refused[*ScopeError]("holds signatures"))
				continue
			}
			gate(t, w, head, KindRepair, nil)
		}
		if _, err := w.tryPropose(Proposition{Name: "dd", Renew: []string{"root"}, Supersede: names}); err != nil {
			t.Error(err)
		}
	}
}

// A signature that counts for nothing may go, so that its owner can sign again.
func TestWorthlessSignatureMayGo(t *testing.T) {
	t.Parallel()
	clean := rotation(t)
	clean.sign(rotationEvent, "alice")
	w := clean.clone()
	bad := *w.signature(w.event(rotationEvent).Payload("root"), "frank")
	bad.Sig = slices.Clone(bad.Sig)
	bad.Sig[10] ^= 1
	w.put(rotationEvent, &bad)
	gate(t, w, clean, KindRepair, nil)
	head := clean.clone()
	head.remove(EventPath(rotationEvent, "signatures"))
	gate(t, w, head, KindFrozen, refused[*FrozenError]("a signature never changes"))
}

// To name what the log does not hold would free signers from a promise that
// nobody can look up any more.
func TestUnknownSuperseded(t *testing.T) {
	t.Parallel()
	w := rotated(t)
	w.later()
	rewound := w.clone()
	rewound.opens("rewound", "root")
	p, err := rewound.tryPropose(Proposition{Name: "better", Renew: []string{"root"}, Supersede: []string{"rewound"}})
	if err != nil {
		t.Fatal(err)
	}
	head := w.clone()
	for path, content := range p.Change.Put {
		if strings.HasPrefix(path, EventPath("better")+"/") {
			head.files[path] = content
		}
	}
	gate(t, w, head, KindProposal, refused[*PayloadError]("event better: the document root version 3 says that it supersedes", "but the log holds no such payload"))
}

// The gate holds what is opened and what is published to the clock it is given.
func TestGateClock(t *testing.T) {
	t.Parallel()
	base := rotation(t)
	base.sign(rotationEvent, "alice", "bob", "carol", "dave", "erin", "judy", "karl")
	head := base.clone()
	head.complete(rotationEvent)
	for years, want := range map[int]refusal{0: nil, 5: refused[*InstantError]("would have expired already"), -1: refused[*InstantError]("every lifetime would count from the future")} {
		v, err := Check(base.tree(), head.tree(), At(base.now.AddDate(years, 0, 1)))
		if err != nil || v.Kind != KindCompletion || v.Accepted() != (want == nil) {
			t.Fatalf("%d years: %+v, %v", years, v, err)
		}
		if want != nil {
			want(t, errors.Join(v.Refusals...))
		}
	}
}

// To close an event must not make another one impossible that people have
// signed: each of the two ways is refused, and a way out is left.
func TestClosingHarmsNobody(t *testing.T) {
	t.Parallel()
	t.Run("as overtaken", func(t *testing.T) {
		w := delegated(t)
		w.t = t
		w.later()
		late, err := w.tryPropose(Proposition{Name: "late", Renew: []string{"release"}})
		if err != nil {
			t.Fatal(err)
		}
		renewal, err := w.tryPropose(Proposition{Name: "renewal", Renew: []string{"targets"}})
		if err != nil {
			t.Fatal(err)
		}
		w.apply(renewal.Change)
		w.sign("renewal", afterRotation[:5]...)
		w.complete("renewal")
		w.later()
		good, err := w.tryPropose(Proposition{Name: "good", Renew: []string{"release"}})
		if err != nil {
			t.Fatal(err)
		}
		w.apply(good.Change)
		w.sign("good", team[:3]...)
		w.apply(late.Change) // with a verdict that is out of date

		_, err = w.tryComplete("late")
		expect[*ConflictError](t, err, "events good and late both want to make release version 2")
		head := w.clone()
		change := Change{Put: map[string][]byte{}}
		if err := moveToLog(w.tree(), w.event("late"), &Closing{Outcome: Overtaken}, &change); err != nil {
			t.Fatal(err)
		}
		head.apply(change)
		gate(t, w, head, KindCompletion, refused[*ConflictError]("events good and late"))
		head = w.clone()
		head.remove(EventPath("late"))
		gate(t, w, head, KindRepair, nil)
		head.complete("good")
	})
	t.Run("as superseded", func(t *testing.T) {
		first, _, second := inConflict(t)
		first.sign("first", "alice", "bob")
		both := first.clone()
		both.apply(second)
		both.later()
		p, err := both.tryPropose(Proposition{Name: "third", Renew: []string{"targets"}, Supersede: []string{"second"}})
		if err != nil {
			t.Fatal(err)
		}
		head := both.clone()
		head.apply(p.Change)
		gate(t, both, head, KindProposal, refused[*ScopeError]("closes an event in such a way that first could never be completed", "supersede both in one proposal, or take back the one that nobody has signed"))
	})
}

// A name that was used is never used again: what is merged under it late counts
// for nothing, stops nobody, and may go.
func TestNameUsedAgain(t *testing.T) {
	t.Parallel()
	w := rotated(t)
	w.later()
	one, err := w.tryPropose(Proposition{Renew: []string{"root"}})
	if err != nil {
		t.Fatal(err)
	}
	two, err := w.tryPropose(Proposition{Why: "two", Renew: []string{"root", "targets"}})
	if err != nil {
		t.Fatal(err)
	}
	if one.Event.Name != two.Event.Name {
		t.Fatal("they have different names")
	}
	w.apply(one.Change)
	w.sign(one.Event.Name, afterRotation[:5]...)
	w.complete(one.Event.Name)
	left := w.clone()
	left.apply(two.Change)
	late := refused[*LateError](EventPath(one.Event.Name), "has ended, and its name is never used again", "propose again under another name")
	gate(t, w, left, KindProposal, late)
	report := Audit(left.tree())
	late(t, errors.Join(report.Problems...))
	gate(t, left, w, KindRepair, nil)
	left.later()
	if _, err := left.tryPropose(Proposition{Renew: []string{"targets"}}); err != nil {
		t.Error(err)
	}
}

// No legal name of an event stands in the way of anything.
func TestNoEventNameIsInTheWay(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"newest", "log", "event", "closed", "root", "metadata", "policy", "signatures"} {
		w := rotated(t)
		w.later()
		w.opens(name, "root")
		w.sign(name, afterRotation[:5]...)
		head := w.clone()
		head.complete(name)
		gate(t, w, head, KindCompletion, nil)
		for path := range head.files {
			for other := range head.files {
				if strings.HasPrefix(other, path+"/") {
					t.Errorf("%s is a file, and %s is in it", path, other)
				}
			}
		}
	}
}

// What an overtaken event had frozen is derived again like everything else.
func TestOvertakenEdited(t *testing.T) {
	t.Parallel()
	w := delegated(t)
	w.later()
	old := w.opens("renew", "release").Payload("release")
	w.opens("renewal", "targets")
	w.sign("renewal", afterRotation[:5]...)
	w.complete("renewal")
	w.complete("renew")
	if report := Audit(w.tree()); len(report.Problems) != 0 {
		t.Fatalf("audit: %v", report.Problems)
	}
	document := LogPath("renew", "2.release.json")
	w.edit(document, `"expires": "20`, `"expires": "30`)
	d, err := verify.Read(w.files[document], limits())
	if err != nil {
		t.Fatal(err)
	}
	w.edit(LogPath("renew", eventFile), old.Digest.String(), d.Digest().String())
	if report := Audit(w.tree()); len(report.Problems) != 1 {
		t.Errorf("audit: %v", report.Problems)
	} else {
		expect[*HistoryError](t, report.Problems[0], "event renew has a payload that is not what its frozen policy yields")
	}
}
