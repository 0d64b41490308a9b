package verify_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// history is a source of root versions.
type history map[int64][]byte

func (h history) next(version int64) ([]byte, error) {
	raw, ok := h[version]
	if !ok {
		return nil, fmt.Errorf("%d.root.json: %w", version, verify.ErrNotFound)
	}
	return raw, nil
}

func TestWalk(t *testing.T) {
	p := nine(t)
	ivan, judy := p[8], edPerson(t, "judy")
	changed := append(append([]*person{}, p[:8]...), judy) // judy for ivan
	h := history{
		1: envelope(t, rootSigned(t, 1, 5, p...), p[:5]...),
		2: envelope(t, rootSigned(t, 2, 5, changed...), p[3], p[4], p[5], p[6], ivan, judy),
		3: envelope(t, rootSigned(t, 3, 5, changed...), p[0], p[1], p[2], p[3], judy),
	}
	// Version 2 has four signatures by old members who stay, one by the one
	// who leaves and one by the one who comes: five for either side.
	first := mustTrust(t, h[1])
	newest, err := first.Walk(h.next, verify.Limits{})
	if err != nil || newest.Version() != 3 || first.Version() != 1 {
		t.Fatalf("reached %d: %v", newest.Version(), err)
	}
	if !bytes.Equal(newest.Raw(), h[3]) || newest.Digest() != mustRead(t, h[3]).Digest() || newest.Repository() != repository ||
		newest.Document().Version() != 3 || !newest.ConsistentSnapshot() {
		t.Error("the newest root is not version 3")
	}
	// From any version the walk ends at the same.
	again, err := mustTrust(t, h[2]).Walk(h.next, verify.Limits{})
	if err != nil || again.Digest() != newest.Digest() {
		t.Errorf("from 2: %v", err)
	}
	if same, err := newest.Walk(h.next, verify.Limits{}); err != nil || same != newest {
		t.Errorf("from 3: %v", err)
	}
}

// Each attack on the step from version 1 to version 2 is refused by its type,
// names who demands what, and leaves the trusted root as it was.
func TestNextRefuses(t *testing.T) {
	p := nine(t)
	judy, mallory := edPerson(t, "judy"), edPerson(t, "mallory")
	changed := append(append([]*person{}, p[:8]...), judy)
	rawFirst := envelope(t, rootSigned(t, 1, 5, p...), p[:5]...)
	v2 := func() object { return rootSigned(t, 2, 5, changed...) }
	strangers := []*person{mallory, edPerson(t, "m2"), edPerson(t, "m3"), edPerson(t, "m4"), edPerson(t, "m5")}

	tamper := func(raw []byte, from, to string) []byte {
		if !bytes.Contains(raw, []byte(from)) {
			t.Fatalf("nothing to change: %s", from)
		}
		return bytes.Replace(raw, []byte(from), []byte(to), 1)
	}
	for _, c := range []struct {
		name  string
		raw   []byte
		want  error
		words []string
	}{
		{"four of five", envelope(t, rootSigned(t, 2, 5, p...), p[:4]...),
			&verify.ThresholdError{}, []string{"root 2: threshold of root 1 not met: 4 of 5 signatures valid; 1 more of: ", "ivan"}},
		{"old quorum alone", envelope(t, v2(), p[5], p[6], p[7], p[8], p[4]),
			&verify.ThresholdError{}, []string{"threshold of root 2 not met: 4 of 5", "judy"}},
		{"new quorum alone", envelope(t, v2(), judy, p[0], p[1], p[2], p[3]),
			&verify.ThresholdError{}, []string{"threshold of root 1 not met: 4 of 5"}},
		{"strangers list themselves", envelope(t, rootSigned(t, 2, 5, strangers...), strangers...),
			&verify.ThresholdError{}, []string{"threshold of root 1 not met: 0 of 5", "unknown: key "}},
		{"former members only", envelope(t, rootSigned(t, 2, 1, mallory), p[:5]...),
			&verify.ThresholdError{}, []string{"threshold of root 2 not met: 0 of 1 signatures valid; 1 more of: mallory"}},
		{"unsigned", envelope(t, v2()),
			&verify.ThresholdError{}, []string{"0 of 5 signatures valid; 5 more of: "}},
		{"changed after signing", tamper(envelope(t, v2(), append(changed, p[8])...), "2030-01-01", "2031-01-01"),
			&verify.ThresholdError{}, []string{"0 of 5", "rejected: ", "(signature does not match these bytes and this key)"}},
		{"new threshold never met", envelope(t, rootSigned(t, 2, 10, p...), p...),
			&verify.ThresholdError{}, []string{"threshold of root 2 not met: 9 of 10 signatures valid; can never be met: threshold 10, 9 keys"}},

		{"the same version", envelope(t, rootSigned(t, 1, 5, p...), p...),
			&verify.VersionError{}, []string{"root 1 is not newer than the trusted version 1"}},
		{"a gap", envelope(t, rootSigned(t, 3, 5, p...), p...),
			&verify.VersionError{}, []string{"root 3 does not follow the trusted version 1; give the versions between first"}},
		{"fast forward", envelope(t, rootSigned(t, math.MaxInt64, 5, p...), p...),
			&verify.VersionError{}, []string{"root 9223372036854775807 does not follow"}},
		{"another repository", envelope(t, set(v2(), "x-rust-tuf.repository", "fedcba"), append(changed, p[8])...),
			&verify.RepositoryError{}, []string{"root 2: is of repository fedcba, must be of repository " + repository}},
		{"no repository", envelope(t, set(v2(), "x-rust-tuf", gone), append(changed, p[8])...),
			&verify.RepositoryError{}, []string{"root 2: names no repository, must be of repository " + repository}},
	} {
		root := mustTrust(t, rawFirst)
		next, err := root.Next(mustRoot(t, c.raw))
		if next != nil || root.Version() != 1 {
			t.Errorf("%s: accepted", c.name)
		}
		if got, want := fmt.Sprintf("%T", err), fmt.Sprintf("%T", c.want); got != want {
			t.Errorf("%s: %s: %v, want %s", c.name, got, err, want)
		}
		for _, w := range c.words {
			if err == nil || !bytes.Contains([]byte(err.Error()), []byte(w)) {
				t.Errorf("%s: %v, want %q", c.name, err, w)
			}
		}
		// The walk says the same and keeps what was reached.
		reached, walkErr := root.Walk(history{2: c.raw}.next, verify.Limits{})
		if reached != root || walkErr == nil || walkErr.Error() != err.Error() {
			t.Errorf("%s: walk: %v", c.name, walkErr)
		}
	}
	for name, c := range map[string]*verify.UnverifiedRoot{"nil": nil, "zero": {}, "without facts": {Document: mustRead(t, rawFirst)}} {
		if _, err := mustTrust(t, rawFirst).Next(c); err == nil {
			t.Errorf("%s candidate accepted", name)
		}
	}
}

func TestThresholdErrorCarriesTheTally(t *testing.T) {
	p := nine(t)
	root := mustTrust(t, envelope(t, rootSigned(t, 1, 5, p...), p[:5]...))
	_, err := root.Next(mustRoot(t, envelope(t, rootSigned(t, 2, 5, p...), p[:3]...)))
	e := refused[*verify.ThresholdError](t, err)
	if e.By != "root 1" || e.Role != "root" || e.Version != 2 || e.Threshold != 5 || len(e.Valid) != 3 || len(e.Missing) != 6 {
		t.Errorf("%+v", e)
	}
}

// A key id is bound to a key by the root that lists it. What the old quorum
// has found about a signature says nothing about a new key of the same id.
func TestNextDoesNotConfuseReboundKeyIDs(t *testing.T) {
	p := nine(t)[:2]
	judy, mike := edPerson(t, "judy").as(p[0].id), edPerson(t, "mike").as(p[1].id)
	root := mustTrust(t, envelope(t, rootSigned(t, 1, 2, p...), p...))
	_, err := root.Next(mustRoot(t, envelope(t, rootSigned(t, 2, 2, judy, mike), p...)))
	refused[*verify.ThresholdError](t, err, "root 2: threshold of root 2 not met: 0 of 2", "rejected: judy")
	_, err = root.Next(mustRoot(t, envelope(t, rootSigned(t, 2, 2, judy, mike), judy, mike)))
	refused[*verify.ThresholdError](t, err, "root 2: threshold of root 1 not met: 0 of 2", "rejected: alice")
}

// A candidate is judged by the document that it was read from, whatever its
// exported field has been changed to.
func TestNextIgnoresASwappedDocument(t *testing.T) {
	p := nine(t)[:3]
	root := mustTrust(t, envelope(t, rootSigned(t, 1, 2, p...), p...))
	good := mustRoot(t, envelope(t, rootSigned(t, 2, 2, p...), p...))
	evil := mustRoot(t, envelope(t, rootSigned(t, 2, 1, edPerson(t, "mallory"))))
	evil.Document = good.Document
	_, err := root.Next(evil)
	refused[*verify.ThresholdError](t, err, "0 of 2")
	good.Document = evil.Document
	if next, err := root.Next(good); err != nil || next.Digest() != good.Digest() {
		t.Errorf("%v", err)
	}
}

// The repository is asked for from the version on that names one.
func TestRepositoryMayBeNamedLater(t *testing.T) {
	p := nine(t)[:3]
	bare := func(version int64) object { return set(rootSigned(t, version, 2, p...), "x-rust-tuf", gone) }
	h := history{
		1: envelope(t, bare(1), p...),
		2: envelope(t, bare(2), p...),
		3: envelope(t, rootSigned(t, 3, 2, p...), p...),
		4: envelope(t, bare(4), p...),
	}
	first := mustTrust(t, h[1])
	reached, err := first.Walk(h.next, verify.Limits{})
	e := refused[*verify.RepositoryError](t, err, "root 4: names no repository")
	if reached.Version() != 3 || reached.Repository() != repository || first.Repository() != "" || e.Want != repository || e.Found != "" || e.Version != 4 {
		t.Errorf("reached %d of %q: %+v", reached.Version(), reached.Repository(), e)
	}
}

func TestTrustRoot(t *testing.T) {
	p := nine(t)
	raw := envelope(t, rootSigned(t, 4, 5, p...), p[4:]...)
	root := mustTrust(t, raw)
	if root.Version() != 4 {
		t.Errorf("version %d", root.Version())
	}
	_, err := verify.TrustRoot(envelope(t, rootSigned(t, 4, 5, p...), p[:4]...), verify.Limits{})
	refused[*verify.ThresholdError](t, err, "root 4: threshold of root 4 not met: 4 of 5")
	_, err = verify.TrustRoot(raw[:100], verify.Limits{})
	refused[*verify.FormatError](t, err, "string without an end")
	_, err = verify.TrustRoot(raw, verify.Limits{RootBytes: 100})
	refused[*verify.LimitError](t, err, "bytes of root: ", "above the limit of 100")
	// Above its bound a root is not even scanned.
	_, err = verify.TrustRoot(bytes.Repeat([]byte("x"), 600<<10), verify.Limits{})
	refused[*verify.LimitError](t, err, "bytes of root: 614400, above the limit of 524288")
	_, err = verify.TrustRoot(envelope(t, targetsSigned("targets", 1), p...), verify.Limits{})
	refused[*verify.RoleError](t, err, "document of role targets where one of role root is needed")

	pin := root.Digest()
	if pinned, err := verify.TrustPinnedRoot(raw, pin, verify.Limits{}); err != nil || pinned.Version() != 4 {
		t.Error(err)
	}
	// The pin is over what is signed: other signatures and other white space
	// are the same root.
	if _, err := verify.TrustPinnedRoot(envelope(t, rootSigned(t, 4, 5, p...), p[:5]...), pin, verify.Limits{}); err != nil {
		t.Error(err)
	}
	pin[0] ^= 1
	_, err = verify.TrustPinnedRoot(raw, pin, verify.Limits{})
	e := refused[*verify.PinError](t, err, "root is not the pinned one", root.Digest().Groups(), pin.Groups(), "compare the digest")
	if e.Want != pin || e.Found != root.Digest() {
		t.Errorf("%+v", e)
	}
	// A pin does not replace the threshold.
	unsigned := envelope(t, rootSigned(t, 4, 5, p...))
	_, err = verify.TrustPinnedRoot(unsigned, root.Digest(), verify.Limits{})
	refused[*verify.ThresholdError](t, err, "0 of 5")
}

func TestZeroRootTrustsNothing(t *testing.T) {
	alice := edPerson(t, "alice")
	candidate := mustRoot(t, envelope(t, rootSigned(t, 1, 1, alice), alice))
	var zero verify.Root
	_, err := zero.Next(candidate)
	refused[*verify.DelegationError](t, err, "role root is not delegated by root 0")
	if zero.Version() != 0 || zero.Repository() != "" || zero.Raw() != nil || zero.ConsistentSnapshot() || zero.CheckExpiry(time.Unix(0, 0)) == nil {
		t.Error("the zero root has properties")
	}
	targets := mustTargets(t, "targets", envelope(t, targetsSigned("targets", 1), alice))
	_, err = verify.TrustTargets(&zero, targets)
	refused[*verify.DelegationError](t, err, "role targets is not delegated by root 0")
}

func TestWalkEndsWithErrors(t *testing.T) {
	p := nine(t)[:3]
	h := history{}
	for v := int64(1); v <= 6; v++ {
		h[v] = envelope(t, rootSigned(t, v, 2, p...), p...)
	}
	first := mustTrust(t, h[1])

	// Any error but not found is no end (SPEC 5.3.3).
	offline := errors.New("offline")
	reached, err := first.Walk(func(version int64) ([]byte, error) {
		if version == 4 {
			return nil, offline
		}
		return h.next(version)
	}, verify.Limits{})
	if !errors.Is(err, offline) || reached.Version() != 3 {
		t.Errorf("reached %d: %v", reached.Version(), err)
	}

	h[5] = h[5][:len(h[5])/2]
	reached, err = first.Walk(h.next, verify.Limits{})
	refused[*verify.FormatError](t, err, "byte ")
	if reached.Version() != 4 {
		t.Errorf("reached %d", reached.Version())
	}

	reached, err = first.Walk(h.next, verify.Limits{RootRotations: 2})
	l := refused[*verify.LimitError](t, err, "root versions in one walk: 3, above the limit of 2")
	if reached.Version() != 3 || l.Limit != 2 || l.Found != 3 {
		t.Errorf("reached %d: %+v", reached.Version(), l)
	}
	delete(h, 4)
	if reached, err = first.Walk(h.next, verify.Limits{RootRotations: 2}); err != nil || reached.Version() != 3 {
		t.Errorf("a walk that ends at the limit: %d %v", reached.Version(), err)
	}

	// Versions are asked for one by one, upwards, and each after the one
	// before it was accepted.
	var asked []int64
	_, err = first.Walk(func(version int64) ([]byte, error) {
		asked = append(asked, version)
		return h.next(version)
	}, verify.Limits{})
	if fmt.Sprint(asked) != "[2 3 4]" || err != nil {
		t.Errorf("asked for %v: %v", asked, err)
	}
	reached, err = first.Walk(func(int64) ([]byte, error) { return nil, nil }, verify.Limits{})
	refused[*verify.FormatError](t, err, "ends where a value should stand")
	if reached != first {
		t.Error("moved")
	}
}

// No version follows the largest one (Notary: fast-forward by MAX_INT).
func TestWalkEndsAtTheLargestVersion(t *testing.T) {
	p := nine(t)[:1]
	last := mustTrust(t, envelope(t, rootSigned(t, math.MaxInt64, 1, p...), p...))
	same, err := last.Walk(func(version int64) ([]byte, error) {
		t.Errorf("asked for %d", version)
		return nil, verify.ErrNotFound
	}, verify.Limits{})
	if err != nil || same != last {
		t.Error(err)
	}
	_, err = last.Next(mustRoot(t, envelope(t, rootSigned(t, 1, 1, p...), p...)))
	refused[*verify.VersionError](t, err, "root 1 is not newer")
}

// An expired root may be walked from and through; only the last one counts.
func TestExpiry(t *testing.T) {
	p := nine(t)[:3]
	h := history{
		1: envelope(t, set(rootSigned(t, 1, 2, p...), "expires", "2001-01-01T00:00:00Z"), p...),
		2: envelope(t, set(rootSigned(t, 2, 2, p...), "expires", "2002-01-01T00:00:00Z"), p...),
		3: envelope(t, set(rootSigned(t, 3, 2, p...), "expires", "2030-01-01T00:00:00Z"), p...),
	}
	root, err := mustTrust(t, h[1]).Walk(h.next, verify.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	expires := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	if !root.Expires().Equal(expires) {
		t.Error(root.Expires())
	}
	if err := root.CheckExpiry(expires.Add(-time.Nanosecond)); err != nil {
		t.Error(err)
	}
	for _, at := range []time.Time{expires, expires.Add(time.Hour), expires.In(time.FixedZone("east", 3600))} {
		e := refused[*verify.ExpiredError](t, root.CheckExpiry(at),
			"root 3: expired at 2030-01-01T00:00:00Z, judged at 2030-01-01T0", "a newer version is needed")
		if e.Role != "root" || e.Version != 3 || !e.Expires.Equal(expires) || !e.At.Equal(at) {
			t.Errorf("%+v", e)
		}
	}
}

// Trusted values may be shared: keys are parsed behind the back.
func TestRootsAreSafeForConcurrentUse(t *testing.T) {
	p := []*person{p256Person(t, "alice"), p384Person(t, "bob"), edPerson(t, "carol")}
	root := mustTrust(t, envelope(t, rootSigned(t, 1, 1, p...), p[2]))
	candidate := mustRoot(t, envelope(t, rootSigned(t, 2, 1, p...), p...))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := root.Next(candidate); err != nil {
				t.Error(err)
			}
			q, _ := root.Quorum("root")
			if len(q.Keys()) != 3 || !q.Tally(candidate.Document).Met() || candidate.Digest().IsZero() {
				t.Error("keys")
			}
		})
	}
	wg.Wait()
}
