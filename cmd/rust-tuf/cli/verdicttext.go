package cli

import (
	"slices"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
)

func (r *gateResult) text(w *words.Lines) {
	writeTestRoots(w, r.TestRoots)
	w.Printf("This pull request %s.\n", r.what())
	if r.Signer != "" {
		w.Printf("The signature is by %s, with %s, over %s version %d, and it is valid.\n", r.Signer, r.Device, r.Role, r.Version)
	}
	r.writePublished(w)
	if r.showsEdits() {
		w.Printf("What it changes:\n")
		writeLines(w, r.Edits.Lines())
	}
	for _, d := range r.Discards {
		w.Printf("%s\n", d.sentence())
	}
	r.writeRules(w)
	for _, e := range r.Refusals {
		w.Printf("refused: %s\n", e)
	}
	if metadata.Kind(r.Kind) == metadata.KindRepair {
		w.Printf("Files that it removes:\n")
		for _, line := range r.fileLines() {
			w.Printf("  %s\n", line)
		}
	}
	if len(r.Free) > 0 {
		w.Printf("Files that no rule is about, so read them yourself:\n")
		for _, line := range r.freeLines() {
			w.Printf("  %s\n", line)
		}
	}
	for _, h := range r.Handovers {
		h.text(w)
	}
	if r.Standing != nil {
		writeRivals(w, r.Standing.Rivals)
		w.Printf("Event %s after the merge:\n", r.Standing.Event)
		for _, p := range r.Standing.Payloads {
			for _, rule := range p.Rules {
				writeRule(w, p, rule)
			}
		}
	}
	w.Printf("Verdict: %s.\n", r.verdict())
	w.Printf("%s: %s.\n", r.nextLabel(), r.Next)
}

// showsEdits tells whether the words of an edit stand in the verdict itself. Of a
// proposal they stand with each document, as its signers see them.
func (r *gateResult) showsEdits() bool {
	return r.Edits != nil && len(r.Edits.Changes) > 0 && metadata.Kind(r.Kind) != metadata.KindProposal
}

// writePublished says what a completion publishes, as `complete` does.
func (r *gateResult) writePublished(w *words.Lines) {
	if r.Overtaken != "" {
		w.Printf("Nothing is published.\nWhy it can never be completed: %s\n", r.Overtaken)
	}
	for _, p := range r.Published {
		w.Printf("%s version %d, signed by %s: %s\n  digest of what was signed:\n", p.Role, p.Version, words.Join(p.Signers), p.Path)
		w.Digest(p.SHA256)
	}
}

// writeRules says what the rules for a quorum say. What they would refuse is no
// refusal of an edit, which decides nothing by itself.
func (r *gateResult) writeRules(w *words.Lines) {
	if r.Blocks > 0 {
		w.Printf("If an event were proposed from it, the rules for a quorum would say:\n")
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
