package roles

import (
	"slices"

	"github.com/rust-lang/rust-tuf/verify"
)

// A ChangeKind says what a change is about.
type ChangeKind string

// The kinds of change, in the order in which they are read: identity, who can
// sign, how many must sign, what is trusted, for how long, the rest, and what
// has no explanation.
const (
	ClientRefuses    ChangeKind = "refused"           // a client would not even consider the new version
	IdentityChanged  ChangeKind = "identity"          // type, repository or role of the document
	KeyAdded         ChangeKind = "key-added"         // a key signs that did not
	KeyRemoved       ChangeKind = "key-removed"       // a key signs no more
	KeyReplaced      ChangeKind = "key-replaced"      // same owner, other key
	OwnerRenamed     ChangeKind = "owner-renamed"     // same key, other owner's name
	KeyIDChanged     ChangeKind = "key-id-changed"    // same key, other key id
	KeyUnlisted      ChangeKind = "key-unlisted"      // a key that no role lists
	ThresholdChanged ChangeKind = "threshold"         // threshold of a role that is new, gone or changed
	KeysChanged      ChangeKind = "keys"              // number of keys of a role, at the same threshold
	KeyOrder         ChangeKind = "key-order"         // key ids listed in another order or twice
	DelegationAdded  ChangeKind = "delegation-added"  // a role is trusted with paths
	DelegationGone   ChangeKind = "delegation-gone"   // a role is trusted no more
	PathsChanged     ChangeKind = "delegation-paths"  // a role is trusted with other paths
	Terminating      ChangeKind = "delegation-ending" // whether later roles are asked
	DelegationOrder  ChangeKind = "delegation-order"  // in which order roles are asked
	TargetAdded      ChangeKind = "target-added"      // a file is listed
	TargetRemoved    ChangeKind = "target-removed"    // a file is listed no more
	TargetChanged    ChangeKind = "target-changed"    // a listed file has other bytes
	ExceptionAdded   ChangeKind = "exception-added"   // a rule is excused
	ExceptionRemoved ChangeKind = "exception-removed" // a rule is excused no more
	DevicesChanged   ChangeKind = "devices"           // what keys on cards must be
	PolicyChanged    ChangeKind = "policy"            // a value of the declared policy
	EvidenceChanged  ChangeKind = "evidence"          // what proves where a key lives, and in whose hand
	ExpiryChanged    ChangeKind = "expiry"            // until when this version is valid
	LifetimeChanged  ChangeKind = "lifetime"          // for how long versions are made valid
	SnapshotChanged  ChangeKind = "snapshot"          // whether file names carry versions
	Superseded       ChangeKind = "superseded"        // a payload that this one replaces
	PolicyDigest     ChangeKind = "policy-digest"     // the policy that a version is made from
	VersionChanged   ChangeKind = "version"           // the version number
	FormatChanged    ChangeKind = "format"            // version of the specification or of the extension
	Unexplained      ChangeKind = "raw"               // a value without an explanation
)

// sections orders the kinds and gives each group its heading.
var sections = []struct {
	heading string
	last    bool // after what follows from the changes
	kinds   []ChangeKind
}{
	{"read this first", false, []ChangeKind{ClientRefuses, IdentityChanged}},
	{"who can sign", false, []ChangeKind{OwnerRenamed, KeyRemoved, KeyAdded, KeyReplaced, KeyIDChanged, KeyUnlisted}},
	{"how many must sign", false, []ChangeKind{ThresholdChanged, KeysChanged, KeyOrder}},
	{"what is trusted", false, []ChangeKind{ExceptionAdded, ExceptionRemoved, DevicesChanged, DelegationAdded, DelegationGone, PathsChanged,
		Terminating, DelegationOrder, TargetAdded, TargetChanged, TargetRemoved}},
	{"for how long", false, []ChangeKind{ExpiryChanged, LifetimeChanged}},
	{"the rest", false, []ChangeKind{PolicyChanged, EvidenceChanged, SnapshotChanged, Superseded, PolicyDigest, VersionChanged, FormatChanged}},
	{"without an explanation", true, []ChangeKind{Unexplained}},
}

// section is the number of the section that a kind belongs to, and its place there.
func (k ChangeKind) section() (section, place int) {
	for i, s := range sections {
		if j := slices.Index(s.kinds, k); j >= 0 {
			return i, j
		}
	}
	return len(sections) - 1, 0
}

// A Change is one sentence about what differs between two documents.
type Change struct {
	Kind    ChangeKind `json:"kind"`
	Subject string     `json:"subject"`           // the person, role, file or pointer it is about, safe to print
	Roles   []string   `json:"roles,omitempty"`   // of a change of keys: the roles it concerns, as the document names them
	Text    string     `json:"text"`              // the sentence: one line of printable text, safe for a terminal
	Details []string   `json:"details,omitempty"` // further lines, such as key ids in full, equally safe

	// Paths are the JSON pointers (RFC 6901) of the changed values that this
	// sentence explains, within the signed value. Where elements of a list moved,
	// both the old and the new place are named.
	Paths []string `json:"paths,omitempty"`

	// Old and New are the values of an Unexplained change as ASCII JSON, in full;
	// empty where the value is absent.
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
}

// A Difference is everything that differs between two versions of a document.
// Every value that differs, down to the last member, is among the paths of a
// change: what no sentence states exactly is shown raw.
type Difference struct {
	Role     string   `json:"role"`     // role of the new version, safe to print
	From     int64    `json:"from"`     // version of the old document; 0 when there is none
	To       int64    `json:"to"`       // version of the new document; 0 when there is none
	Headline string   `json:"headline"` // all of it in one line
	Changes  []Change `json:"changes"`  // most important first
	Outcomes []string `json:"outcomes"` // what holds once the new version is trusted, one sentence each
}

// Diff compares two versions of a document that people sign, root or targets.
// With a nil old, everything in new is listed as new. It reads the canonical
// form of both signed values, that is, exactly the bytes that signatures cover.
// Diff judges nothing: both documents may be unverified. A new document that no
// client would accept is shown all the same, and the first change says so.
func Diff(old, new *verify.Document) Difference {
	x := newComparison(signedValue(old), signedValue(new))
	x.refused = refusal(new)
	x.explain()
	d := Difference{Role: shownName(x.roleName()), Changes: x.changes()}
	d.From, _ = x.before.root.member("version").number()
	d.To, _ = x.after.root.member("version").number()
	d.Outcomes = outcomes(old, new, x.changedRoles())
	d.Headline = x.headline(d)
	return d
}

// signedValue reads the signed value of a document; nil for no document.
func signedValue(d *verify.Document) *jsonNode {
	if d == nil {
		return nil
	}
	return readOrWhole(d.Signed())
}

// readOrWhole reads canonical JSON. verify hands out nothing else; were this
// ever wrong, all of it would be one text that no sentence explains.
func readOrWhole(canonical []byte) *jsonNode {
	node, err := readCanonical(canonical)
	if err != nil {
		return &jsonNode{kind: '"', raw: canonicalString(string(canonical)), text: string(canonical)}
	}
	return node
}

// Unexplained returns the changes that are shown raw.
func (d Difference) Unexplained() []Change {
	var raw []Change
	for _, c := range d.Changes {
		if c.Kind == Unexplained {
			raw = append(raw, c)
		}
	}
	return raw
}

// documentLists are the lists in a document whose elements have names.
var documentLists = identities{"/delegations/roles": always("name")}

// A comparison explains two documents.
type comparison struct {
	comparer
	before, after *edition
	pairs         map[string]*rosterPair // by role
	moves         []*keyMove
	refused       string // why a client refuses the new version
}

func newComparison(old, new *jsonNode) *comparison {
	return &comparison{
		comparer: comparer{ledger: newLedger(old, new, documentLists), first: old == nil},
		before:   readEdition(before, old),
		after:    readEdition(after, new),
		pairs:    make(map[string]*rosterPair),
	}
}

// explain says what it can; the ledger finds what is missing.
func (x *comparison) explain() {
	x.explainRefusal()
	x.explainIdentity()
	kind, other := x.kinds()
	if kind != other || kind != Root && kind != Targets {
		return
	}
	x.explainHeader()
	x.explainExtension()
	x.explainRosters()
	x.explainEmpty()
	if kind == Root {
		x.explainConsistentSnapshot()
		return
	}
	x.explainDelegations()
	x.explainTargets()
}

// kinds returns the type of both documents; one that is absent has the type of
// the other.
func (x *comparison) kinds() (string, string) {
	old, hadOld := x.before.root.member("_type").str()
	new, hasNew := x.after.root.member("_type").str()
	switch {
	case x.first && hasNew:
		old = new
	case x.after.root == nil && hadOld:
		new = old
	}
	return old, new
}

// roleName is the role of the new document, or of the old one.
func (x *comparison) roleName() string {
	for _, root := range []*jsonNode{x.after.root, x.before.root} {
		if role, ok := root.at(verify.ExtensionName, "role").str(); ok {
			return role
		}
		if role, ok := root.member("_type").str(); ok {
			return role
		}
	}
	return "document"
}

// inOrder sorts changes by importance; equal ones keep the order of the document.
func inOrder(changes []Change) []Change {
	slices.SortStableFunc(changes, func(a, b Change) int {
		sectionA, placeA := a.Kind.section()
		sectionB, placeB := b.Kind.section()
		if sectionA != sectionB {
			return sectionA - sectionB
		}
		return placeA - placeB
	})
	return changes
}
