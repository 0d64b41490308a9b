package metadata

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

const cratesRepository = "c0ffee00c0ffee00c0ffee00c0ffee00"

var cratesTeam = []string{"erin", "frank", "grace", "heidi", "ivan", "judy"}

// crates plays another repository: three of five, and each version after the
// first exchanges one of them.
func crates(t *testing.T, repository string) *world {
	t.Helper()
	w := newWorld(t, policy{repository: repository, root: cratesTeam[:5], rootThreshold: 3}, cratesTeam...)
	w.publish("frank", "grace", "heidi")
	w.declare(policy{repository: repository, root: cratesTeam[1:], rootThreshold: 3})
	w.publish("frank", "grace", "heidi")
	w.declare(policy{repository: repository, root: cratesTeam[:5], rootThreshold: 3})
	w.publish("frank", "grace", "heidi")
	return w
}

// publish proposes what is declared, has it signed, and completes it.
func (w *world) publish(names ...string) {
	w.t.Helper()
	w.now = w.now.Add(time.Hour)
	e := w.propose("a test")
	w.sign(e.Name, names...)
	w.complete(e.Name)
}

func (w *world) root(version int64) []byte { return w.files[PublishedPath("root", version)] }

// hand puts a root of another repository into the folder crates.
func (w *world) hand(version int64, raw []byte) { w.files[HandoverPath("crates", version)] = raw }

// lists declares that targets lists a root of crates.
func (w *world) lists(raw []byte) {
	w.declare(policy{root: nine, rootThreshold: 5, extra: rootTarget("crates", raw)})
}

func rootTarget(name string, raw []byte) string {
	return fmt.Sprintf("[[target]]\nrole = \"targets\"\npath = \"crates/root.json\"\nlength = %d\nsha256 = \"%x\"\nroot-of = %q\n\n", len(raw), sha256.Sum256(raw), name)
}

// handing is a repository that lists root 1 of crates.
func handing(t *testing.T, inner *world) *world {
	t.Helper()
	w := newWorld(t, policy{root: nine, rootThreshold: 5}, nine...)
	w.hand(1, inner.root(1))
	w.lists(inner.root(1))
	w.publish(nine[:5]...)
	w.now = w.now.Add(time.Hour)
	return w
}

// The first root is shown as what it is; later ones follow from the one that
// was handed over before, one step or several at once.
func TestHandover(t *testing.T) {
	t.Parallel()
	inner := crates(t, cratesRepository)
	w := newWorld(t, policy{root: nine, rootThreshold: 5}, nine...)
	w.hand(1, inner.root(1))
	w.lists(inner.root(1))
	first := w.propose("the first hand-over")
	s, err := w.judge(first.Name)
	if err != nil {
		t.Fatal(err)
	}
	if h := s.Payload("targets").Handovers; len(h) != 1 || h[0].From != nil || h[0].To().Version() != 1 || h[0].Name != "crates" || h[0].Target != "crates/root.json" || s.Payload("root").Handovers != nil {
		t.Errorf("%+v", h)
	}
	w.sign(first.Name, nine[:5]...)
	w.complete(first.Name)
	w.now = w.now.Add(time.Hour)

	base := w.clone()
	w.hand(2, inner.root(2))
	w.hand(3, inner.root(3))
	w.lists(inner.root(3))
	e := w.propose("two roots later")
	s, err = w.judge(e.Name)
	if err != nil {
		t.Fatal(err)
	}
	h := s.Payload("targets").Handovers[0]
	if h.From.Version() != 1 || len(h.Steps) != 2 || h.To().Version() != 3 || h.To().Repository() != cratesRepository {
		t.Errorf("from %d, %d steps, to %d", h.From.Version(), len(h.Steps), h.To().Version())
	}
	v, err := Check(base.tree(), w.tree())
	if err != nil || v.Kind != KindProposal || !v.Accepted() {
		t.Fatalf("%+v %v", v, err)
	}
	w.sign(e.Name, nine[:5]...)
	w.complete(e.Name)

	// A version that lists the same root hands nothing over.
	w.now = w.now.Add(time.Hour)
	p, err := w.tryPropose(Proposition{Renew: []string{"targets"}})
	if err != nil || p.Standing.Payload("targets").Handovers != nil {
		t.Errorf("%v %v", p, err)
	}
	report := Audit(w.tree())
	if len(report.Problems) > 0 || !strings.Contains(strings.Join(report.Proven, "\n"), "roots of the repository crates, version 1 to 3: each follows from the one before") {
		t.Errorf("%v %v", report.Proven, report.Problems)
	}
}

// What does not follow is refused, by the proposer's machine and by the gate,
// with the reason.
func TestHandoverRefused(t *testing.T) {
	t.Parallel()
	inner, other := crates(t, cratesRepository), crates(t, "beef0000beef0000beef0000beef0000")
	stripped := []byte(strings.Replace(string(inner.root(2)), `"signatures": [`, `"signatures": [],"was":[`, 1))
	absent := func(t *testing.T, err error) { expect[*AbsentRootError](t, err) }
	for _, test := range []struct {
		name  string
		files map[int64][]byte
		lists []byte
		typed func(*testing.T, error)
		words []string
	}{
		{"no file", nil, inner.root(2), absent, []string{"targets lists crates/root.json as the root of the repository crates", "handover/crates holds no file of", "put that root there as <version>.root.json", "version 1 has"}},
		{"another file", map[int64][]byte{2: inner.root(2)}, append(inner.root(2)[:len(inner.root(2)):len(inner.root(2))], ' '), absent, []string{"or list what is there: version 2 has"}},
		{"a gap", map[int64][]byte{3: inner.root(3)}, inner.root(3), func(t *testing.T, err error) { expect[*verify.VersionError](t, err) }, []string{"handover/crates/3.root.json: root 3", "does not follow the trusted version 1"}},
		{"below its threshold", map[int64][]byte{2: stripped}, stripped, func(t *testing.T, err error) { expect[*verify.ThresholdError](t, err) }, []string{"handover/crates/2.root.json", "0 of 3 signatures"}},
		{"another repository", map[int64][]byte{2: other.root(2)}, other.root(2), func(t *testing.T, err error) { expect[*verify.RepositoryError](t, err) }, []string{"beef0000beef0000beef0000beef0000", cratesRepository}},
		{"another name", map[int64][]byte{2: inner.root(3), 3: inner.root(2)}, inner.root(2), func(t *testing.T, err error) { expect[*FileError](t, err) }, []string{"handover/crates/2.root.json"}},
		{"no root", map[int64][]byte{2: []byte("{}")}, []byte("{}"), func(t *testing.T, err error) { expect[*verify.FormatError](t, err) }, []string{"handover/crates/2.root.json"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := handing(t, inner)
			base := w.clone()
			w.t = t
			for version, raw := range test.files {
				w.hand(version, raw)
			}
			if test.files != nil && test.name != "another file" { // the folder alone is refused, beside a policy or without
				v, err := Check(base.tree(), w.tree())
				if err != nil || v.Kind != KindPolicy || v.Accepted() {
					t.Fatalf("%+v %v", v, err)
				}
				test.typed(t, v.Refusals[0])
				expect[*HandoverError](t, v.Refusals[0], "the roots of the repository crates in handover/crates")
			}
			w.lists(test.lists)
			_, err := w.tryPropose(Proposition{})
			refused := expect[*HandoverError](t, err, append(test.words, "event ")...)
			if refused.Name != "crates" || refused.Role != "targets" {
				t.Errorf("%+v", refused)
			}
			test.typed(t, err)
		})
	}
}

// A root that is older than the one before, and this repository's own.
func TestHandoverGoesNowhere(t *testing.T) {
	t.Parallel()
	inner := crates(t, cratesRepository)
	w := handing(t, inner)
	w.hand(2, inner.root(2))
	w.lists(inner.root(2))
	w.publish(nine[:5]...)
	w.now = w.now.Add(time.Hour)
	w.lists(inner.root(1))
	_, err := w.tryPropose(Proposition{})
	expect[*HandoverError](t, err, "a newer one was handed over before")
	version := expect[*verify.VersionError](t, err)
	if version.Trusted != 2 || version.Found != 1 {
		t.Errorf("%+v", version)
	}

	// Nor under another path; there a newer one still follows from what was
	// handed over under the first.
	elsewhere := func(raw []byte) string {
		return strings.ReplaceAll(rootTarget("crates", raw), "crates/root.json", "crates/again.json")
	}
	w.declare(policy{root: nine, rootThreshold: 5, extra: rootTarget("crates", inner.root(2)) + elsewhere(inner.root(1))})
	_, err = w.tryPropose(Proposition{})
	expect[*HandoverError](t, err, "targets lists crates/again.json", "a newer one was handed over before")
	w.hand(3, inner.root(3))
	w.declare(policy{root: nine, rootThreshold: 5, extra: rootTarget("crates", inner.root(2)) + elsewhere(inner.root(3))})
	p, err := w.tryPropose(Proposition{})
	if err != nil {
		t.Fatal(err)
	}
	if h := p.Standing.Payload("targets").Handovers; len(h) != 1 || h[0].From.Version() != 2 || h[0].To().Version() != 3 {
		t.Errorf("%+v", h)
	}

	own := w.root(1)
	w.files[HandoverPath("self", 1)] = own
	w.declare(policy{root: nine, rootThreshold: 5, extra: rootTarget("self", own)})
	_, err = w.tryPropose(Proposition{})
	expect[*HandoverError](t, err, "it is a root of this repository itself")
}

// More roots than anybody publishes are not verified one by one.
func TestHandoverLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy{root: nine, rootThreshold: 5}, nine...)
	base := w.clone()
	for v := range int64(maxHandedRoots + 1) {
		w.hand(v+1, []byte("{}"))
	}
	v, err := Check(base.tree(), w.tree())
	if err != nil || v.Accepted() {
		t.Fatalf("%+v %v", v, err)
	}
	limit := expect[*verify.LimitError](t, v.Refusals[0], "roots of the repository crates")
	if limit.Limit != maxHandedRoots || limit.Found != maxHandedRoots+1 {
		t.Errorf("%+v", limit)
	}
}

// A second root of a version that was handed over is a fork, and named so; a
// file that was handed over is never changed or taken away.
func TestHandoverFork(t *testing.T) {
	t.Parallel()
	inner := crates(t, cratesRepository)
	twin := newWorld(t, policy{repository: cratesRepository, root: cratesTeam[:5], rootThreshold: 3}, cratesTeam...)
	twin.now = twin.now.Add(30 * time.Minute)
	twin.publish("frank", "grace", "heidi")
	w := handing(t, inner)
	base := w.clone()

	w.hand(1, twin.root(1))
	v, err := Check(base.tree(), w.tree())
	if err != nil {
		t.Fatal(err)
	}
	var forked *HandoverError
	for _, r := range v.Refusals {
		if h, ok := r.(*HandoverError); ok && forked == nil {
			forked = h
		}
	}
	if forked == nil {
		t.Fatalf("%v", v.Refusals)
	}
	fork := expect[*verify.ForkError](t, forked, "the roots of the repository crates", "root 1 was signed twice", "keep both files as proof")
	if string(fork.Trusted) != string(inner.root(1)) || string(fork.Found) != string(twin.root(1)) {
		t.Error("the proof holds other files")
	}
	expect[*FrozenError](t, v.Refusals[0], "changes handover/crates/1.root.json", "never changes")

	delete(w.files, HandoverPath("crates", 1))
	v, err = Check(base.tree(), w.tree())
	if err != nil {
		t.Fatal(err)
	}
	expect[*FrozenError](t, v.Refusals[0], "deletes handover/crates/1.root.json", "never changes")
	// Merged all the same, it is found by whoever signs and by an audit.
	w.hand(2, inner.root(2))
	w.lists(inner.root(2))
	_, err = w.tryPropose(Proposition{})
	expect[*AbsentRootError](t, err, "the one that was handed over before is gone")
	problems := fmt.Sprint(Audit(w.tree()).Problems)
	if !strings.Contains(problems, "holds no file of") {
		t.Errorf("problems: %s", problems)
	}
}

// The gate does not take an event whose root comes without its file, also where
// the proposer's machine made it with one.
func TestGateHandoverWithoutFile(t *testing.T) {
	t.Parallel()
	inner := crates(t, cratesRepository)
	w := handing(t, inner)
	base := w.clone()
	w.hand(2, inner.root(2))
	w.lists(inner.root(2))
	w.propose("with its file")
	delete(w.files, HandoverPath("crates", 2))
	v, err := Check(base.tree(), w.tree())
	if err != nil || v.Accepted() {
		t.Fatalf("%+v %v", v, err)
	}
	expect[*AbsentRootError](t, v.Refusals[0], "handover/crates holds no file of")

	// A file that is no root of anything makes no tree that can be read.
	w.files["handover/crates/notes.txt"] = []byte("x")
	v, err = Check(base.tree(), w.tree())
	if err != nil || v.Accepted() {
		t.Fatalf("%+v %v", v, err)
	}
	expect[*TreeError](t, v.Refusals[len(v.Refusals)-1], "handover/crates/notes.txt", "handover/<name>/<version>.root.json")
}

// A repository that begins anew is another one: it needs another name, and what
// is handed over first rests on nothing before it.
func TestHandoverOfAnotherRepository(t *testing.T) {
	t.Parallel()
	w := handing(t, crates(t, cratesRepository))
	anew := crates(t, "beef0000beef0000beef0000beef0000")
	w.files[HandoverPath("crates-again", 1)] = anew.root(1)
	w.declare(policy{root: nine, rootThreshold: 5, extra: rootTarget("crates-again", anew.root(1))})
	p, err := w.tryPropose(Proposition{})
	if err != nil {
		t.Fatal(err)
	}
	if h := p.Standing.Payload("targets").Handovers; len(h) != 1 || h[0].From != nil || h[0].Name != "crates-again" {
		t.Errorf("%+v", h)
	}
}
