package metadata

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// The project's main job, in memory: genesis by five of nine, a rotation of
// two members under both thresholds, a delegated role with its own members.
func TestCeremony(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy{root: nine, rootThreshold: 5}, nine...)
	first := w.propose("the first root")
	if first.Name != "2026-11-22-root-v1" || len(first.Payloads) != 2 {
		t.Fatalf("first event: %s with %d payloads", first.Name, len(first.Payloads))
	}
	w.sign(first.Name, nine[:4]...)
	_, err := w.tryComplete(first.Name)
	pending := expect[*PendingError](t, err, "2026-11-22-root-v1 is pending", "root version 1", "4 of 5", "1 more of", "erin")
	if pending.Standing.Complete() {
		t.Error("a pending event calls itself complete")
	}
	w.sign(first.Name, "ivan")
	done := w.complete(first.Name)
	if len(done.Published) != 2 || done.Published[0].Path != "metadata/1.root.json" || len(done.Published[0].Signers) != 5 {
		t.Fatalf("published: %+v", done.Published)
	}

	// Two leave, two join.
	now := append(except(nine, "carol", "dave"), "judy", "karl")
	w.files[MemberPath("judy")] = memberText("judy", "")
	w.files[MemberPath("karl")] = memberText("karl", "")
	w.declare(policy{root: now, rootThreshold: 5})
	w.now = w.now.Add(24 * time.Hour)
	second := w.propose("carol and dave leave")
	root := second.Payload("root")
	if root.Version != 2 || root.Base.IsZero() {
		t.Fatalf("second root: %+v", root)
	}
	w.sign(second.Name, "carol", "dave", "alice", "bob") // 4 under the old rule, 2 under the new
	_, err = w.tryComplete(second.Name)
	expect[*PendingError](t, err, "root version 1 (in force)", "root version 2 (proposed here)")
	w.sign(second.Name, "judy", "karl", "erin")
	w.complete(second.Name)
	trusted := w.trusted()
	if trusted.Root.Version() != 2 {
		t.Fatalf("root is version %d", trusted.Root.Version())
	}

	// A delegated role with members of its own.
	team := []string{"olivia", "peggy", "quentin", "rupert", "sybil"}
	for _, m := range team {
		w.files[MemberPath(m)] = memberText(m, "")
	}
	w.declare(policy{root: now, rootThreshold: 5, release: team, releaseK: 3})
	w.now = w.now.Add(24 * time.Hour)
	third := w.propose("the release team signs releases")
	if got := payloadNames(third); !slices.Equal(got, []string{"targets version 2", "release version 1"}) && !slices.Equal(got, []string{"targets version 3", "release version 1"}) {
		t.Fatalf("payloads: %v", got)
	}
	w.sign(third.Name, append(slices.Clone(now[:5]), team[:2]...)...)
	_, err = w.tryComplete(third.Name)
	expect[*PendingError](t, err, "release version 1", "2 of 3", "1 more of", "quentin", "rupert", "sybil")
	w.sign(third.Name, "sybil")
	w.complete(third.Name)
	trusted = w.trusted()
	if trusted.Targets["release"] == nil || trusted.Targets["release"].Version() != 1 {
		t.Fatal("release is not trusted")
	}
	report := Audit(w.tree())
	if len(report.Problems) > 0 {
		t.Fatalf("audit: %v", report.Problems)
	}
	if !strings.Contains(strings.Join(report.Proven, "\n"), "2 published roots: each reaches version 2") {
		t.Errorf("audit proved: %v", report.Proven)
	}

	// The clients' view: from each root to the newest, and its expiry.
	for v := int64(1); v <= 2; v++ {
		raw, err := w.read().Published("root", v)
		if err != nil {
			t.Fatal(err)
		}
		held, err := verify.TrustRoot(raw, verify.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		reached, err := held.Walk(func(n int64) ([]byte, error) { return w.read().Published("root", n) }, verify.DefaultLimits())
		if err != nil || reached.Version() != 2 {
			t.Fatalf("from version %d: %v", v, err)
		}
		expect[*verify.ExpiredError](t, reached.CheckExpiry(opened.AddDate(3, 0, 0)), "root")
	}
}

func payloadNames(e *Event) []string {
	var out []string
	for _, p := range e.Payloads {
		out = append(out, p.String())
	}
	return out
}
