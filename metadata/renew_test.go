package metadata

import (
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/roles"
)

// tryRenew renews roles by the declaration beside them.
func (w *world) tryRenew(names ...string) (*Proposal, error) {
	w.t.Helper()
	return w.trusted().Renew(w.declaration(), Proposition{Why: "a renewal", Opened: w.now, Renew: names})
}

// newRoot declares mallory in the place of one of the quorum, which nobody has
// proposed yet.
func (w *world) newRoot() {
	w.t.Helper()
	w.join("mallory")
	members := slices.Clone(afterRotation)
	members[3] = "mallory"
	w.declare(policy{root: members, rootThreshold: 5})
}

// An edit that is merged and not proposed stays out of a renewal: what signers
// are told is a renewal is one. The role that the edit is about is not renewed.
func TestRenewCarriesNoEdit(t *testing.T) {
	t.Parallel()
	w := rotated(t)
	w.later()
	p, err := w.tryRenew("root", "targets")
	if err != nil || len(p.Event.Payloads) != 2 || p.Event.Payloads[0].Role != "root" || !w.trusted().Renews(p.Event) {
		t.Fatalf("%+v, %v", p, err)
	}
	w.newRoot()
	if p, err = w.tryPropose(Proposition{Renew: []string{"targets"}}); err != nil || len(p.Event.Payloads) != 2 || w.trusted().Renews(p.Event) {
		t.Errorf("a person's proposal carries the edit: %+v, %v", p, err)
	}
	p, err = w.tryRenew("targets")
	if err != nil || len(p.Event.Payloads) != 1 || !w.trusted().Renews(p.Event) {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, change := range roles.Diff(w.trusted().Document("targets"), p.Event.Payload("targets").Document).Changes {
		if strings.Contains(change.Text, "mallory") {
			t.Error(change.Text)
		}
	}
	for _, due := range [][]string{{"root"}, {"targets", "root"}} {
		_, err := w.tryRenew(due...)
		e := expect[*OtherDeclaredError](t, err, "rust-tuf.toml and the members' files declare something else of root than what is in force with version 2")
		if e.Role != "root" || e.Version != 2 || e.Gone || !slices.ContainsFunc(e.Changes, func(s string) bool { return strings.Contains(s, "mallory") }) || !strings.Contains(e.Hint(), "propose the edit") {
			t.Errorf("%+v, %s", e, e.Hint())
		}
	}
}

// A role that the policy names no more is not renewed either, nor one that was
// never there.
func TestRenewNoSuchRole(t *testing.T) {
	t.Parallel()
	w := delegated(t)
	w.later()
	w.declare(policy{root: afterRotation, rootThreshold: 5})
	_, err := w.tryRenew("release")
	if e := expect[*OtherDeclaredError](t, err, "rust-tuf.toml declares no role release that people sign, and version 1 of it is in force"); !e.Gone || e.Role != "release" {
		t.Errorf("%+v", e)
	}
	if _, err := w.tryRenew("nightly"); err == nil || !strings.Contains(err.Error(), "role nightly cannot be renewed: no version of it is trusted") {
		t.Error(err)
	}
}

// While a rotation of root is open, targets is renewed by the root in force. If
// the rotation ends first, that renewal can never be completed: then it counts as
// nothing, and the next one takes its place.
func TestRenewBesideARotation(t *testing.T) {
	t.Parallel()
	w := rotated(t)
	w.later()
	w.newRoot()
	if p, err := w.tryPropose(Proposition{Name: "rotate"}); err != nil {
		t.Fatal(err)
	} else {
		w.apply(p.Change)
	}
	due := func() string {
		return strings.Join(w.read().DueRenewals(w.schedule(), w.trusted().Document("targets").Expires()), " ")
	}
	w.later()
	if got := due(); got != "targets" {
		t.Fatalf("due: %q", got)
	}
	p, err := w.tryRenew("targets")
	if err != nil || len(p.Replaces) != 0 || len(p.Event.Payloads) != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	w.apply(p.Change)
	if got := due(); got != "" {
		t.Errorf("proposed, and still due: %q", got)
	}
	overtaken := p.Event.Name
	w.sign(overtaken, afterRotation[:4]...)
	w.sign("rotate", append(slices.Clone(afterRotation[4:]), afterRotation[0], afterRotation[1], afterRotation[2], "mallory")...)
	w.complete("rotate")
	if _, err := w.judge(overtaken); err == nil {
		t.Fatal("the renewal can still be completed")
	}
	if got := due(); got != "targets" {
		t.Errorf("the open event can never be completed, and nothing is due: %q", got)
	}
	w.later()
	if p, err = w.tryRenew("targets"); err != nil || len(p.Replaces) != 1 || p.Replaces[0].Name != overtaken {
		t.Fatalf("%+v, %v", p, err)
	}
	w.apply(p.Change)
	w.standing(p.Event.Name)
}

// A name that a branch has already is not made up once more.
func TestRenewTakenName(t *testing.T) {
	t.Parallel()
	w := rotated(t)
	w.later()
	first, err := w.tryRenew("targets")
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.trusted().Renew(w.declaration(), Proposition{Why: "a renewal", Opened: w.now, Renew: []string{"targets"}, Taken: []string{first.Event.Name}})
	if err != nil || second.Event.Name != first.Event.Name+"-2" {
		t.Errorf("%s, then %s, %v", first.Event.Name, second.Event.Name, err)
	}
}
