package metadata

import (
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// Kind says what a pull request is, judged by what it changes and not by what
// it calls itself.
type Kind string

// The kinds of pull request. Only a KindSignature may be merged by a machine.
const (
	KindNothing     Kind = "nothing"     // changes no file
	KindSignature   Kind = "signature"   // adds exactly one signature file
	KindProposal    Kind = "proposal"    // opens one event
	KindCompletion  Kind = "completion"  // publishes one event that has its signatures
	KindMember      Kind = "member"      // edits files of members, and no policy
	KindPolicy      Kind = "policy"      // edits the declared policy, or what serves all members
	KindOther       Kind = "other"       // touches nothing that rules decide
	KindMixed       Kind = "mixed"       // more than one of these at once
	KindFrozen      Kind = "frozen"      // only touches what nobody may change
	KindRepair      Kind = "repair"      // only takes back what a race of two good pull requests left behind
	KindUnmergeable Kind = "unmergeable" // no tree comes of it that could be judged: see Unmergeable
)

// Verdict is what the gate says about a change from one tree to another.
type Verdict struct {
	Kind     Kind
	Event    string          // concerned event, if one is
	Touches  []Touch         // every path that it changes, ordered
	Free     []string        // changed paths that no rule protects: for the eyes of whoever merges
	Refusals []error         // each typed; none means that it may be merged
	Findings []roles.Finding // of the lint, for proposals and policy edits
	Standing *Standing       // of the concerned event after the merge, if it is open
	Signed   *verify.Holder  // whose signature a KindSignature adds
	Sign     *SignatureFile  // the file it adds
	Surplus  bool            // the signature counts, and no rule of its event needs it any more

	// Edits is what changes in the declared policy and in the members' files; nil
	// where neither is touched, or the members of one side cannot be read. Where
	// a policy cannot be read, it is about the members alone.
	Edits *roles.Difference
	// Completion is what completing the event yields, by base alone; nil where
	// nothing is completed, or the event cannot be.
	Completion *Completion
	// Discards are the events that a proposal takes the place of.
	Discards []Discard

	// TestRoots names the roots that stood in for Yubico's in this judgement;
	// empty but in a rehearsal (see Attestation).
	TestRoots []string
}

// Touch is one path that a pull request changes.
type Touch struct {
	Path string
	How  string // "adds", "changes", "deletes"
}

// Discard is an open event that another one takes the place of, with the
// signatures that count no more.
type Discard struct {
	Event    string
	Owners   []string // who has signed, in alphabetical order, each once
	Complete bool     // it has all the signatures that it needs
}

// Unmergeable is the verdict on a pull request of which git makes no tree, or
// one that no bound allows to be read.
func Unmergeable(reason error) *Verdict {
	return &Verdict{Kind: KindUnmergeable, Refusals: []error{reason}}
}

// Accepted tells whether nothing speaks against merging.
func (v *Verdict) Accepted() bool { return len(v.Refusals) == 0 }

// Machine tells whether a machine may merge it: one signature file, by a key that an
// open event still needs, and nothing else.
func (v *Verdict) Machine() bool { return v.Accepted() && v.Kind == KindSignature && !v.Surplus }

// Blocks tells for how many reasons the rules would refuse an event that is
// proposed from the policy as it is after the merge. An edit decides nothing by
// itself, so none of them refuses the edit.
func (v *Verdict) Blocks() int {
	if v.Kind != KindPolicy && v.Kind != KindMember {
		return 0
	}
	n := 0
	for _, f := range v.Findings {
		if f.Severity == roles.Refused {
			n++
		}
	}
	return n
}

// refuse adds a refusal; the maxRefusals-th says that there are more.
func (v *Verdict) refuse(err error) {
	switch n := len(v.Refusals); {
	case n < maxRefusals-1:
		v.Refusals = append(v.Refusals, err)
	case n == maxRefusals-1:
		v.Refusals = append(v.Refusals, &ScopeError{Kind: v.Kind, Reason: "has further faults; repair these first"})
	}
}
