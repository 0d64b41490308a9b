package metadata

import (
	"slices"
	"testing"

	"github.com/rust-lang/rust-tuf/roles"
)

// Whoever merges a proposal that takes the place of an open event is told whose
// signatures count no more, also when the event has all that it needs.
func TestVerdictNamesDiscardedSignatures(t *testing.T) {
	t.Parallel()
	w := secondThoughts(t)
	p, err := w.tryPropose(Proposition{Name: "better", Supersede: []string{rotationEvent}})
	if err != nil {
		t.Fatal(err)
	}
	head := w.clone()
	head.apply(p.Change)
	v := gate(t, w, head, KindProposal, nil)
	if len(v.Discards) != 1 {
		t.Fatalf("%+v", v.Discards)
	}
	d := v.Discards[0]
	if want := []string{"alice", "bob", "carol", "dave", "erin", "judy", "karl"}; d.Event != rotationEvent || !d.Complete || !slices.Equal(d.Owners, want) {
		t.Errorf("%+v", d)
	}
	fresh := rotation(t)
	fresh.later()
	if p, err = fresh.tryPropose(Proposition{Name: "better", Renew: []string{"root"}, Supersede: []string{rotationEvent}}); err != nil {
		t.Fatal(err)
	}
	head = fresh.clone()
	head.apply(p.Change)
	v = gate(t, fresh, head, KindProposal, nil)
	if len(v.Discards) != 1 || v.Discards[0].Complete || len(v.Discards[0].Owners) > 0 {
		t.Errorf("%+v", v.Discards)
	}
}

// A verdict holds what a person merges by: the versions that are published, the
// words of an edit, every path.
func TestVerdictShowsWhatChanges(t *testing.T) {
	t.Parallel()
	done := rotation(t)
	done.sign(rotationEvent, "alice", "bob", "carol", "dave", "erin", "judy", "karl")
	head := done.clone()
	head.complete(rotationEvent)
	v := gate(t, done, head, KindCompletion, nil)
	if v.Completion == nil || v.Completion.Event.Name != rotationEvent || len(v.Completion.Published) != 2 || v.Completion.Published[0].Version != 2 {
		t.Errorf("%+v", v.Completion.Published)
	}
	if !slices.Contains(v.Touches, Touch{"metadata/2.root.json", "adds"}) || !slices.Contains(v.Touches, Touch{EventPath(rotationEvent, eventFile), "deletes"}) {
		t.Errorf("%+v", v.Touches)
	}

	w := genesis(t)
	head = w.clone()
	head.edit(MemberPath("alice"), `login = "alice"`, `login = "mallory"`)
	v = gate(t, w, head, KindMember, nil)
	if v.Edits == nil || len(v.Edits.Changes) != 1 || v.Edits.Changes[0].Text != "login of member alice changes from alice to mallory" {
		t.Errorf("%+v", v.Edits)
	}

	// An edit that the rules will refuse when it is proposed says so, and is
	// refused only then.
	head = w.clone()
	head.declare(policy{root: nine, rootThreshold: 1})
	v = gate(t, w, head, KindPolicy, nil)
	if v.Blocks() == 0 || !slices.ContainsFunc(v.Edits.Changes, func(c roles.Change) bool {
		return c.Text == "threshold of role root changes from 5 to 1"
	}) {
		t.Errorf("%d, %+v", v.Blocks(), v.Edits)
	}
	head = w.clone()
	head.files["README.md"] = []byte("new")
	if v = gate(t, w, head, KindOther, nil); v.Edits != nil || v.Blocks() > 0 {
		t.Errorf("%+v", v)
	}
}
