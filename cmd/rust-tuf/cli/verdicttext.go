package cli

import (
	"fmt"
	"io"
	"slices"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
)

func (r *gateResult) text(w io.Writer) {
	writeTestRoots(w, r.TestRoots)
	fmt.Fprintf(w, "This pull request %s.\n", r.what())
	if r.Signer != "" {
		fmt.Fprintf(w, "The signature is by %s, with %s, over %s version %d, and it is valid.\n", r.Signer, r.Device, r.Role, r.Version)
	}
	r.writePublished(w)
	if r.showsEdits() {
		fmt.Fprintln(w, "What it changes:")
		writeLines(w, r.Edits.Lines())
	}
	for _, d := range r.Discards {
		fmt.Fprintln(w, d.sentence())
	}
	r.writeRules(w)
	for _, e := range r.Refusals {
		fmt.Fprintf(w, "refused: %s\n", e)
	}
	if metadata.Kind(r.Kind) == metadata.KindRepair {
		fmt.Fprintln(w, "Files that it removes:")
		for _, line := range r.fileLines() {
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
	if len(r.Free) > 0 {
		fmt.Fprintln(w, "Files that no rule is about, so read them yourself:")
		for _, line := range r.freeLines() {
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
	for _, h := range r.Handovers {
		h.text(w)
	}
	if r.Standing != nil {
		writeRivals(w, r.Standing.Rivals)
		fmt.Fprintf(w, "Event %s after the merge:\n", r.Standing.Event)
		for _, p := range r.Standing.Payloads {
			for _, rule := range p.Rules {
				writeRule(w, p, rule)
			}
		}
	}
	fmt.Fprintf(w, "Verdict: %s.\n", r.verdict())
	fmt.Fprintf(w, "%s: %s.\n", r.nextLabel(), r.Next)
}

// showsEdits tells whether the words of an edit stand in the verdict itself. Of a
// proposal they stand with each document, as its signers see them.
func (r *gateResult) showsEdits() bool {
	return r.Edits != nil && len(r.Edits.Changes) > 0 && metadata.Kind(r.Kind) != metadata.KindProposal
}

// writePublished says what a completion publishes, as `complete` does.
func (r *gateResult) writePublished(w io.Writer) {
	if r.Overtaken != "" {
		fmt.Fprintf(w, "Nothing is published.\nWhy it can never be completed: %s\n", r.Overtaken)
	}
	for _, p := range r.Published {
		fmt.Fprintf(w, "%s version %d, signed by %s: %s\n  digest of what was signed:\n", p.Role, p.Version, words.Join(p.Signers), p.Path)
		words.WriteDigest(w, p.SHA256)
	}
}

// writeRules says what the rules for a quorum say. What they would refuse is no
// refusal of an edit, which decides nothing by itself.
func (r *gateResult) writeRules(w io.Writer) {
	if r.Blocks > 0 {
		fmt.Fprintln(w, "If an event were proposed from it, the rules for a quorum would say:")
	}
	writeFindings(w, r.findings())
}

// findings are those of the rules; what they would refuse is told from what is
// refused.
func (r *gateResult) findings() []findingResult {
	out := slices.Clone(r.Findings)
	for i := range out {
		if r.Blocks > 0 && out[i].Severity == string(roles.Refused) {
			out[i].Severity = "would refuse"
		}
	}
	return out
}
