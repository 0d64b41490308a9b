package verify

import "math"

// Limits bounds what a document may cost before anybody's signature on it has
// been checked. A field that is zero or negative means the default of
// [DefaultLimits], so nothing is ever unlimited; a caller who needs more says
// how much.
type Limits struct {
	// Sizes of whole documents as received, in bytes.
	RootBytes, TargetsBytes, SnapshotBytes, TimestampBytes int64

	Depth         int // arrays and objects inside each other, the envelope included; at most 512
	Signatures    int // entries of `signatures` in one document
	Keys          int // entries of one `keys` object, of one `keyids` list and of `owners`, and the largest threshold
	RootRotations int // root versions accepted in one walk
	Delegations   int // roles that one targets document delegates
	Patterns      int // entries of `paths` and `path_hash_prefixes` in one targets document, of all roles together
	SnapshotFiles int // entries of one `meta` object
	Visits        int // targets documents that the search for one path may look at
}

// DefaultLimits returns the bounds that hold where a [Limits] says nothing.
func DefaultLimits() Limits {
	return Limits{
		// A root with nine people's keys and as many signatures has 12 kB,
		// with RSA-4096 keys 25 kB.
		RootBytes: 512 << 10,
		// 40,000 targets of 200 bytes. Larger repositories delegate to bins;
		// a client should not hold more than this in memory.
		TargetsBytes: 8 << 20,
		// 65,536 bins at 60 bytes each, twice.
		SnapshotBytes: 8 << 20,
		// One entry and its signatures.
		TimestampBytes: 64 << 10,
		// The formats need 6; `custom` values of targets may nest some more.
		Depth: 32,
		// Quorums have about ten members, and during a change old and new
		// members sign with up to two keys each. Entries above the number of
		// keys can count for nothing.
		Signatures: 256,
		Keys:       256,
		// Twenty years of a root rewritten every week.
		RootRotations: 1024,
		// The largest number of hash bins that is written role by role; more
		// bins are delegated by a rule.
		Delegations: 16384,
		// As many bins with four prefixes each. Each lookup compares its path
		// with every one, and each takes more memory than it has bytes.
		Patterns: 65536,
		// 65,536 bins, each with an old role beside it.
		SnapshotFiles: 131072,
		// The search goes down one branch and stops; who delegates the same path
		// to more roles than this is sending the client in circles.
		Visits: 64,
	}
}

// Bounds that no caller has a reason to move.
const (
	// The scanner calls itself for each level; 512 levels are 100 kB of stack.
	maxDepth = 512
	// An RSA-8192 key in PEM has 1,500 bytes.
	maxKeyText = 4096
	// Verifying with a longer modulus costs more than a millisecond, and a
	// document may bring as many signatures as Limits.Signatures says.
	maxRSABits = 8192
	// Below this the key can be broken.
	minRSABits = 2048
	// Of the files that are on their way at once, this many may be held with more
	// than so many bytes each; the others wait. So a repository makes a client
	// hold four files of the largest size, however many it asks for at once.
	maxLarge  = 4
	smallFile = 256 << 10
	// Names from a document appear in errors cut to this many bytes.
	maxShown = 80
	// A message lists this many signatures of a kind, more than a quorum has
	// members; whoever needs all of them takes the Tally.
	maxListed = 16
)

// orDefault fills what the caller left open.
func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ have, def *int64 }{
		{&l.RootBytes, &d.RootBytes},
		{&l.TargetsBytes, &d.TargetsBytes},
		{&l.SnapshotBytes, &d.SnapshotBytes},
		{&l.TimestampBytes, &d.TimestampBytes},
	} {
		if *f.have <= 0 {
			*f.have = *f.def
		}
		*f.have = min(*f.have, math.MaxInt64-1) // one byte more is read, to see that it is too much
	}
	for _, f := range []struct{ have, def *int }{
		{&l.Depth, &d.Depth},
		{&l.Signatures, &d.Signatures},
		{&l.Keys, &d.Keys},
		{&l.RootRotations, &d.RootRotations},
		{&l.Delegations, &d.Delegations},
		{&l.Patterns, &d.Patterns},
		{&l.SnapshotFiles, &d.SnapshotFiles},
		{&l.Visits, &d.Visits},
	} {
		if *f.have <= 0 {
			*f.have = *f.def
		}
	}
	l.Depth = min(l.Depth, maxDepth)
	return l
}

// bytesFor returns the size bound of a document type, and for a type that is
// not known yet the largest of all.
func (l Limits) bytesFor(typ string) int64 {
	switch typ {
	case typeRoot:
		return l.RootBytes
	case typeTargets:
		return l.TargetsBytes
	case typeSnapshot:
		return l.SnapshotBytes
	case typeTimestamp:
		return l.TimestampBytes
	}
	return max(l.RootBytes, l.TargetsBytes, l.SnapshotBytes, l.TimestampBytes)
}

// checkCount is for lists that were counted to their end.
func checkCount(what string, found, limit int) error {
	if found > limit {
		return &LimitError{What: what, Limit: int64(limit), Found: int64(found)}
	}
	return nil
}

func checkSize(what string, raw []byte, limit int64) error {
	if int64(len(raw)) > limit {
		return &LimitError{What: "bytes of " + what, Limit: limit, Found: int64(len(raw))}
	}
	return nil
}
