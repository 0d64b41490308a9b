package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/roles"
)

// gateResult is what the gate says about a pull request: what it is, whether
// anything speaks against it, and who must act.
type gateResult struct {
	Kind     string `json:"kind"`
	Accepted bool   `json:"accepted"`
	Machine  bool   `json:"machine_may_merge"`
	Surplus  bool   `json:"not_needed,omitempty"` // a valid signature that no rule of its event needs any more
	Reason   string `json:"reason"`               // of the verdict, in one sentence
	Who      string `json:"who_must_act"`         // "machine", "maintainer", "author" of the pull request, or "nobody"
	Next     string `json:"next"`                 // what they do

	Event    string          `json:"event,omitempty"`
	Signer   string          `json:"signer,omitempty"`
	Device   string          `json:"device,omitempty"` // that the signer's key is on, as statement and policy both say
	Role     string          `json:"role,omitempty"`
	Version  int64           `json:"version,omitempty"`
	SHA256   string          `json:"sha256,omitempty"`
	Refusals []string        `json:"refusals"`
	Files    []touchedFile   `json:"files,omitempty"`         // that it changes, the first of them
	Changed  int             `json:"files_changed,omitempty"` // all of them
	Free     []string        `json:"unprotected,omitempty"`   // changed paths that no rule is about
	Findings []findingResult `json:"findings"`
	Blocks   int             `json:"blocks_next_proposal,omitempty"` // for how many reasons the edited policy could not be proposed

	Edits     *roles.Difference `json:"edits,omitempty"`     // of the declared policy and the members
	Published []publishedEntry  `json:"published,omitempty"` // by a completion
	Overtaken string            `json:"overtaken,omitempty"` // why a completion only closes its event
	Discards  []discardedEvent  `json:"discards,omitempty"`  // by a proposal that takes the place of others
	Standing  *eventStatus      `json:"standing,omitempty"`

	Handovers []handoverReview `json:"handovers,omitempty"`

	TestRoots []string `json:"test_roots,omitempty"`
}

type touchedFile struct {
	Path string `json:"path"`
	How  string `json:"how"` // "adds", "changes", "deletes"
}

// discardedEvent is an open event that another one takes the place of, with
// those who must be told that their signatures on it count no more.
type discardedEvent struct {
	Event    string   `json:"event"`
	Signers  []string `json:"signers"`
	Complete bool     `json:"complete"` // it has all the signatures that it needs
}

// maxFiles is how many files a verdict names.
const maxFiles = 20

// UnmergeableError is a pull request of which no tree comes that could be
// judged. It unwraps to what git or a bound says.
type UnmergeableError struct{ Err error }

func (e *UnmergeableError) Unwrap() error { return e.Err }

func (e *UnmergeableError) Error() string {
	var conflict *git.ConflictError
	switch {
	case errors.As(e.Err, &conflict) && e.duplicate():
		return "another signature by the same key is there already: " + words.Join(conflict.Paths)
	case errors.As(e.Err, &conflict):
		return "the branch that it is to be merged into has changed the same files: " + words.Join(conflict.Paths)
	}
	return e.Err.Error()
}

// duplicate tells whether only signatures are in conflict.
func (e *UnmergeableError) duplicate() bool {
	var conflict *git.ConflictError
	return errors.As(e.Err, &conflict) && !slices.ContainsFunc(conflict.Paths, func(p string) bool { return !metadata.IsSignaturePath(p) })
}

// next is what its author does.
func (e *UnmergeableError) next() string {
	switch {
	case e.duplicate():
		return "close it: a signature is given once"
	case is[*git.ConflictError](e.Err):
		return "merge the newest default branch into it, or make the change again on top of that, and push"
	case errors.Is(e.Err, git.ErrUnrelated):
		return "make the change again on a branch of this repository"
	}
	return "take out what cannot be read, and push again"
}

func gateOf(v *metadata.Verdict) *gateResult {
	if v.Kind == metadata.KindUnmergeable {
		v = metadata.Unmergeable(&UnmergeableError{errors.Join(v.Refusals...)})
	}
	out := &gateResult{Kind: string(v.Kind), Accepted: v.Accepted(), Machine: v.Machine(), Surplus: v.Surplus, Event: v.Event, Refusals: []string{}, Free: v.Free, Findings: findingsOf(v.Findings),
		Blocks: v.Blocks(), Edits: v.Edits, Changed: len(v.Touches), TestRoots: v.TestRoots}
	for _, err := range v.Refusals {
		out.Refusals = append(out.Refusals, err.Error())
	}
	for _, t := range v.Touches[:min(len(v.Touches), maxFiles)] {
		out.Files = append(out.Files, touchedFile(t))
	}
	if v.Signed != nil {
		out.Signer, out.Device, out.Role, out.Version, out.SHA256 = words.Owner(*v.Signed), v.Sign.Device.String(), v.Sign.Role, v.Sign.Version, v.Sign.Digest.String()
	}
	if v.Standing != nil {
		s := standingStatus(v.Standing)
		out.Standing = &s
		for _, p := range v.Standing.Payloads {
			if v.Kind == metadata.KindProposal {
				out.Handovers = append(out.Handovers, handoversOf(p, v.Standing.Event.Opened)...)
			}
		}
	}
	if v.Completion != nil {
		out.Published = publishedBy(v.Completion)
		if v.Completion.Overtaken != nil {
			out.Overtaken = v.Completion.Overtaken.Error()
		}
	}
	for _, d := range v.Discards {
		out.Discards = append(out.Discards, discardedEvent{d.Event, append([]string{}, d.Owners...), d.Complete})
	}
	out.Reason = reasonOf(v)
	out.Who, out.Next = whoActs(v)
	return out
}

// kindWords say what a pull request does.
var kindWords = map[metadata.Kind]string{
	metadata.KindNothing:    "changes nothing",
	metadata.KindSignature:  "adds one signature and nothing else",
	metadata.KindProposal:   "opens an event",
	metadata.KindCompletion: "publishes an event",
	metadata.KindMember:     "edits members' files",
	metadata.KindPolicy:     "edits the policy",
	metadata.KindOther:      "changes files that no rule is about",
	metadata.KindMixed:      "does several things at once",
	metadata.KindFrozen:     "changes what nobody may change",
	metadata.KindRepair:     "removes what counts for nothing",

	metadata.KindUnmergeable: "cannot be merged as it is",
}

// what is the pull request in one sentence without its subject.
func (r *gateResult) what() string {
	kind := metadata.Kind(r.Kind)
	if kind == metadata.KindCompletion && r.Overtaken != "" {
		return "closes an event that can never be completed: " + r.Event
	}
	if r.Event != "" && (kind == metadata.KindProposal || kind == metadata.KindCompletion) {
		return kindWords[kind] + ": " + r.Event
	}
	return kindWords[kind]
}

// reasonOf is why a verdict is what it is: the first refusal, or what was found
// in order.
func reasonOf(v *metadata.Verdict) string {
	if !v.Accepted() {
		return v.Refusals[0].Error()
	}
	switch v.Kind {
	case metadata.KindNothing:
		return "there is nothing to merge"
	case metadata.KindSignature:
		if v.Surplus {
			return "the signature is valid, and its event has all that it needs without it"
		}
		return "the signature is valid, and by a key that counts in this event"
	case metadata.KindProposal:
		return "the event follows from what is published and from the policy beside it, and the rules for a quorum allow it"
	case metadata.KindCompletion:
		return "this is exactly what the event yields, on every machine"
	case metadata.KindMember, metadata.KindPolicy:
		if n := v.Blocks(); n > 0 {
			return fmt.Sprintf("an edit decides nothing by itself; the rules would refuse an event that is proposed from it, for %s", words.Counted(n, "reason"))
		}
		return "an edit decides nothing by itself: it takes effect when an event made from it is signed and completed"
	case metadata.KindRepair:
		return "nothing that counts is lost by it"
	}
	return "no rule is about these files"
}

// Who must act on a verdict.
const (
	whoMachine    = "machine"    // the one that keeps the gate
	whoMaintainer = "maintainer" // whoever may merge
	whoAuthor     = "author"     // of the pull request
	whoNobody     = "nobody"
)

// whoActs says who must act on a verdict, and what they do.
func whoActs(v *metadata.Verdict) (who, next string) {
	if !v.Accepted() {
		return whoAuthor, refusedNext(v)
	}
	switch v.Kind {
	case metadata.KindNothing:
		return whoNobody, "close it"
	case metadata.KindSignature:
		if v.Surplus {
			return whoMachine, "nobody has to do anything: the machine that keeps the gate closes it"
		}
		return whoMachine, "nobody has to do anything: the machine that keeps the gate merges it"
	case metadata.KindProposal:
		return whoMaintainer, fmt.Sprintf("somebody other than its proposer reads it and merges it; then those who are missing run `rust-tuf sign %s`", v.Event)
	case metadata.KindCompletion:
		if v.Completion != nil && v.Completion.Overtaken != nil {
			return whoMaintainer, "a maintainer merges it, and the event is closed; nothing is published"
		}
		return whoMaintainer, "a maintainer merges it, and the new versions are published"
	case metadata.KindMember:
		return whoMaintainer, "a maintainer hears from each member, not by the forge, that the change is theirs (a new key's fingerprint is read aloud), and merges it"
	case metadata.KindPolicy:
		if v.Blocks() > 0 {
			return whoAuthor, "mend what the rules would refuse before it is merged; if it is merged as it is, `rust-tuf propose` fails until somebody mends it"
		}
		return whoMaintainer, "a maintainer reads what changes and merges it; `rust-tuf propose` then makes an event from it"
	case metadata.KindRepair:
		return whoMaintainer, "a maintainer merges it"
	}
	return whoMaintainer, "a maintainer reads these files and decides"
}

func refusedNext(v *metadata.Verdict) string {
	var unmergeable *UnmergeableError
	refusal := errors.Join(v.Refusals...)
	switch {
	case errors.As(refusal, &unmergeable):
		return unmergeable.next()
	case is[*metadata.ClosedError](refusal):
		return "close it: nothing is left to sign"
	case v.Kind == metadata.KindMixed:
		return "open one pull request for each thing"
	case v.Kind == metadata.KindFrozen:
		return "take these edits back, and push again"
	}
	return "mend what is refused, and push again"
}

// verdict is the judgement in one sentence.
func (r *gateResult) verdict() string {
	switch {
	case !r.Accepted:
		return "do not merge"
	case r.Machine:
		return "a machine may merge it"
	case r.Surplus:
		return "nothing speaks against it, but its event does not need it any more"
	case r.Blocks > 0:
		return "it may be merged, but no event can be proposed from it"
	}
	return "nothing speaks against it; a person decides"
}

// nextLabel begins the line that says what is next.
func (r *gateResult) nextLabel() string {
	if r.Who == whoAuthor {
		return "Next, for its author"
	}
	return "Next"
}

// fileLines name the files that a pull request changes, as far as they are shown.
func (r *gateResult) fileLines() []string {
	var lines []string
	for _, f := range r.Files {
		lines = append(lines, f.Path)
	}
	if more := r.Changed - len(r.Files); more > 0 {
		lines = append(lines, "and "+words.Counted(more, "file")+" more")
	}
	return lines
}

// isAutomation tells whether a file decides what a forge runs here.
func isAutomation(path string) bool {
	return path == ".gitlab-ci.yml" || slices.ContainsFunc([]string{".github/", ".gitea/", ".forgejo/", ".gitlab/"}, func(folder string) bool {
		return strings.HasPrefix(path, folder)
	})
}

// freeLines name the files that no rule is about, as far as they are shown: first
// those that nobody may overlook.
func (r *gateResult) freeLines() []string {
	var lines, others []string
	for _, path := range r.Free {
		if isAutomation(path) {
			lines = append(lines, path+" (it decides what the forge runs here, and whom it asks)")
		} else {
			others = append(others, path)
		}
	}
	lines = append(lines, others...)
	lines = lines[:min(len(lines), maxFiles)]
	if more := len(r.Free) - len(lines); more > 0 {
		lines = append(lines, "and "+words.Counted(more, "file")+" more")
	}
	return lines
}

// sentence says what becomes of the signatures on an event that is replaced.
func (d discardedEvent) sentence() string {
	out := "It takes the place of event " + d.Event
	if d.Complete {
		out += ", which has all the signatures that it needs"
	}
	if len(d.Signers) == 0 {
		return out + "; nobody has signed that."
	}
	return fmt.Sprintf("%s: the signatures of %s on that count no more. Tell them, best before it is merged; each signs the new event instead.", out, words.Join(d.Signers))
}
