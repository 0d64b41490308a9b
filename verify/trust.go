package verify

import (
	"errors"
	"math"
	"time"
)

// Root is a trusted root. It begins with [TrustRoot], with [TrustPinnedRoot], or
// with [Root.Replace], which pins too; [Root.Next] and [Root.Walk] go on from
// there, and [Root.WithReplacement] says of the same root on what it rests. The
// zero Root has version 0, is expired, and trusts nothing.
type Root struct {
	facts    *rootFacts
	replaced *Replacement
}

// TrustRoot makes a trusted root of bytes that the caller vouches for: a root
// compiled in, or one that was trusted before and kept where nobody else
// writes. That it carries the threshold of its own keys is checked all the
// same; expiry is not, since an expired root may still be walked from. raw is
// the document, or a PEM block TUF ROOT of it (see [Root.PEM]). Errors are those
// of [Read] and [Document.Root], and a [*ThresholdError].
func TrustRoot(raw []byte, lim Limits) (*Root, error) {
	return trustRoot(raw, lim, nil, nil)
}

// TrustPinnedRoot is [TrustRoot] for bytes that nobody vouches for, and a
// digest that somebody does. Another digest is a [*PinError].
func TrustPinnedRoot(raw []byte, pin Digest, lim Limits) (*Root, error) {
	return trustRoot(raw, lim, &pin, nil)
}

// trustRoot looks at no signatures of a root of which a record says that they were
// looked at before.
func trustRoot(raw []byte, lim Limits, pin *Digest, known *records) (*Root, error) {
	raw, err := unwrapRoot(raw, lim.orDefault())
	if err != nil {
		return nil, err
	}
	candidate, err := readUnverifiedRoot(raw, lim, nil)
	if err != nil {
		return nil, err
	}
	if pin != nil && candidate.Digest() != *pin { // SPEC 5.2: the root comes from where it can be trusted
		return nil, &PinError{Want: *pin, Found: candidate.Digest()}
	}
	root := &Root{facts: candidate.facts}
	if known != nil && known.has(root.record()) {
		root.facts.recorded = true
		return root, nil
	}
	own, _ := candidate.facts.quorum(typeRoot)
	if err := own.met(candidate.facts.document); err != nil { // SPEC 4.3: signed by its own threshold
		return nil, err
	}
	return root, nil
}

func readUnverifiedRoot(raw []byte, lim Limits, older *rootFacts) (*UnverifiedRoot, error) {
	lim = lim.orDefault()
	if err := checkSize(typeRoot, raw, lim.RootBytes); err != nil {
		return nil, err
	}
	d, err := Read(raw, lim)
	if err != nil {
		return nil, err
	}
	return d.root(older)
}

// Next accepts the version that follows r: signed by the threshold of r and
// by its own (SPEC 5.3.4), exactly one above r (SPEC 5.3.5), and of the same
// repository if r names one. It does not change r. Errors are a
// [*VersionError], [*RepositoryError], or [*ThresholdError] whose By says
// which of the two roots is not satisfied.
func (r *Root) Next(candidate *UnverifiedRoot) (*Root, error) {
	old, ok := r.Quorum(typeRoot)
	if !ok {
		return nil, &DelegationError{Role: typeRoot, By: r.delegator().String()}
	}
	if candidate == nil || candidate.facts == nil {
		return nil, &RoleError{Want: typeRoot}
	}
	d := candidate.facts.document
	// SPEC 5.3.5: the version must be exactly N+1; a gap would skip the
	// quorums between. Checked first because it costs nothing.
	if d.version-1 != r.Version() {
		return nil, &VersionError{Role: typeRoot, Trusted: r.Version(), Found: d.version}
	}
	if err := checkRepository(r.Document().extension.repository, typeRoot, d); err != nil { // x-rust-tuf: one repository
		return nil, err
	}
	facts := candidate.facts.adopt(r.facts)
	// A threshold of keys of the trusted root, and a threshold of
	// keys of the new one. What one quorum has verified the other knows.
	if err := old.met(d); err != nil { // SPEC 5.3.4
		return nil, err
	}
	own, _ := facts.quorum(typeRoot)
	if err := own.met(d); err != nil { // SPEC 5.3.4
		return nil, err
	}
	return &Root{facts, r.replaced}, nil
}

// Walk goes from r to the newest root (SPEC 5.3.3 to 5.3.9). next returns the
// bytes of one version; when it says [ErrNotFound] the walk is done. On any
// error the last root that was accepted is returned together with the error,
// at worst r itself. A caller who must store each root before asking for the
// following one (SPEC 5.3.8) can do so in next: when it is asked for version
// N, version N-1 has been accepted.
//
// The result may have expired; see [Root.CheckExpiry].
func (r *Root) Walk(next func(version int64) ([]byte, error), lim Limits) (*Root, error) {
	lim = lim.orDefault()
	for steps := 0; r.Version() < math.MaxInt64; steps++ {
		raw, err := next(r.Version() + 1)
		if errors.Is(err, ErrNotFound) {
			return r, nil
		}
		if err != nil {
			return r, err
		}
		if steps == lim.RootRotations {
			return r, &LimitError{What: "root versions in one walk", Limit: int64(steps), Found: int64(steps) + 1}
		}
		candidate, err := readUnverifiedRoot(raw, lim, r.facts)
		if err != nil {
			return r, err
		}
		newer, err := r.Next(candidate)
		if err != nil {
			return r, err
		}
		r = newer
	}
	return r, nil
}

// Quorum returns who must sign one of the four top-level roles.
func (r *Root) Quorum(role string) (*Quorum, bool) { return r.facts.quorum(role) }

// orNone is a root that trusts nothing where there is none.
func (r *Root) orNone() *Root {
	if r == nil {
		return &Root{}
	}
	return r
}

// Document returns the document that is trusted.
func (r *Root) Document() *Document {
	if r.facts == nil {
		return (*Document)(nil).orNone()
	}
	return r.facts.document
}

// Version returns the version of the root.
func (r *Root) Version() int64 { return r.Document().version }

// Digest returns the SHA-256 of the canonical form of `signed`.
func (r *Root) Digest() Digest { return r.Document().Digest() }

// Raw returns the bytes that the root was read from; they must not be
// changed.
func (r *Root) Raw() []byte { return r.Document().raw }

// Expires returns the instant from which on the root is no longer valid.
func (r *Root) Expires() time.Time { return r.Document().expires }

// Repository returns the id of the repository that the root names, "" if it
// names none.
func (r *Root) Repository() string { return r.Document().repository() }

// ConsistentSnapshot returns `consistent_snapshot` (SPEC 6.2).
func (r *Root) ConsistentSnapshot() bool { return r.facts != nil && r.facts.consistentSnapshot }

// CheckExpiry returns an [*ExpiredError] unless at is strictly before
// [Root.Expires] (SPEC 5.3.10). Only the newest root of a walk has to pass.
func (r *Root) CheckExpiry(at time.Time) error {
	return r.Document().checkExpiry(typeRoot, at)
}

func (r *Root) delegator() source { return source{typeRoot, r.Version()} }
