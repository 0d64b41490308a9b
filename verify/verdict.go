package verify

import (
	"bytes"
	"io"
	"time"
)

// Verdict is what a repository says of one target, and why it is believed.
// Nobody who has one needs to read the documents again.
type Verdict struct {
	Path   string
	Length int64             // bytes
	Hashes map[string]string // algorithm → lower-case hex
	Custom []byte            // the member `custom` as canonical JSON, nil if there is none (SPEC 4.5)

	Chain   []Voucher // root, timestamp, snapshot, targets, and each delegated role down to the one that lists the target
	Expires time.Time // the earliest expiry in Chain: until then the verdict holds
	At      time.Time // the instant at which everything was judged

	Replaced *Replacement // the root rests on a digest that somebody entered: say so to people; nil if it does not
	Fork     *ForkError   // proof that a role signed two documents of one version, nil if none was seen
}

// Voucher is one document that a verdict rests on.
type Voucher struct {
	Role      string
	Version   int64
	Digest    Digest // of the canonical form of signed
	Expires   time.Time
	Threshold int

	quorum   *Quorum
	document *Document
}

// Tally says who signed the document and who is missing. It verifies every
// signature; accepting the document took only as many as the threshold asks
// for.
func (v Voucher) Tally() Tally {
	if v.quorum == nil {
		return Tally{Role: v.Role, Version: v.Version}
	}
	return v.quorum.Tally(v.document)
}

// Role returns the role that lists the target.
func (v *Verdict) Role() string {
	if len(v.Chain) == 0 {
		return ""
	}
	return v.Chain[len(v.Chain)-1].Role
}

// Copy copies a target from src to dst and checks length and hashes on the
// way. Only when it returns nil may what dst received be used; dst should be a
// file that nobody reads yet, or memory. It reads at most one byte more than
// the target has. A mismatch is a [*ContentError], anything else an error of
// src or dst.
func (v *Verdict) Copy(dst io.Writer, src io.Reader) error {
	c, err := newContent(v.Path, v.Length, v.Hashes)
	if err != nil {
		return err
	}
	return c.copy(dst, src)
}

// verdict puts together what was found at the end of a search.
func (s *Session) verdict(path string, entry value, found *link) *Verdict {
	v := &Verdict{Path: path, At: s.at, Replaced: s.root.replaced, Fork: s.fork}
	for name, m := range entry.members() {
		switch string(name) {
		case "length":
			v.Length, _ = m.integer()
		case "hashes":
			v.Hashes = readHashes(m)
		case "custom":
			v.Custom = bytes.Clone(m)
		}
	}
	for l := found; l != nil; l = l.from {
		v.Chain = append(v.Chain, voucher(l.by, l.targets.Role(), l.targets.Document()))
	}
	v.Chain = append(v.Chain, voucher(s.root, typeSnapshot, s.snapshot.Document()), voucher(s.root, typeTimestamp, s.timestamp.Document()), voucher(s.root, typeRoot, s.root.Document()))
	for i, j := 0, len(v.Chain)-1; i < j; i, j = i+1, j-1 {
		v.Chain[i], v.Chain[j] = v.Chain[j], v.Chain[i]
	}
	v.Expires = v.Chain[0].Expires
	for _, c := range v.Chain[1:] {
		if c.Expires.Before(v.Expires) {
			v.Expires = c.Expires
		}
	}
	return v
}

func voucher(by Delegator, role string, d *Document) Voucher {
	v := Voucher{Role: role, Version: d.version, Digest: d.Digest(), Expires: d.expires, document: d}
	if q, ok := by.Quorum(role); ok {
		v.Threshold, v.quorum = q.threshold, q
	}
	return v
}
