package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
)

// payloadReview is everything that a person sees of one payload before
// agreeing to it. Review and sign show the same value.
type payloadReview struct {
	Event      string            `json:"event"`
	Why        string            `json:"why"`
	Opened     time.Time         `json:"opened_claimed"`
	Name       string            `json:"name"`       // of the repository, as the policy calls it
	Repository string            `json:"repository"` // id
	Role       string            `json:"role"`
	Version    int64             `json:"version"`
	Digest     string            `json:"sha256"`
	Base       string            `json:"base_sha256,omitempty"`
	Supersedes []string          `json:"supersedes,omitempty"`
	Difference roles.Difference  `json:"difference"`
	Policy     *roles.Difference `json:"policy_difference,omitempty"`
	Handovers  []handoverReview  `json:"handovers,omitempty"`
	Findings   []findingResult   `json:"findings"` // of the lint
	Rules      []ruleReview      `json:"rules"`
	Rivals     []string          `json:"rivals,omitempty"` // other open events that matter to this one, in words
}

type ruleReview struct {
	By        string   `json:"by"`
	Threshold int      `json:"threshold"`
	Signed    []string `json:"signed"`
	Missing   []string `json:"missing"`
}

// reviewOf compares a payload and its policy with what is trusted.
func reviewOf(t *metadata.Trusted, e *metadata.Event, p *metadata.PayloadStanding) (*payloadReview, error) {
	inForce, err := t.PolicyInForce(p.Role)
	if err != nil {
		return nil, err
	}
	findings, err := t.Lint(e)
	if err != nil {
		return nil, err
	}
	base := t.Document(p.Role)
	policy := roles.DiffCharters(inForce, p.Charter)
	r := &payloadReview{
		Event: e.Name, Why: e.Why, Opened: e.Opened, Name: p.Charter.Name, Repository: p.Charter.Repository,
		Role: p.Role, Version: p.Version, Digest: p.Digest.String(), Difference: roles.Diff(base, p.Document), Policy: &policy,
		Rules: ruleReviews(p), Findings: []findingResult{}, Rivals: rivalsOf(t.Rivals(e)),
		Handovers: handoversOf(p, e.Opened),
	}
	for _, f := range findingsOf(findings) {
		if f.Role == p.Role || f.Role == "" {
			r.Findings = append(r.Findings, f)
		}
	}
	if base != nil {
		r.Base = base.Digest().String()
	}
	for _, d := range p.Supersedes {
		r.Supersedes = append(r.Supersedes, d.String())
	}
	return r, nil
}

func ruleReviews(p *metadata.PayloadStanding) []ruleReview {
	var out []ruleReview
	for _, rule := range p.Rules {
		out = append(out, ruleReview{By: rule.By, Threshold: rule.Tally.Threshold, Signed: words.Owners(rule.Tally.Valid), Missing: words.Owners(rule.Tally.Missing)})
	}
	return out
}

func (r *payloadReview) text(w *words.Lines) {
	w.Printf("Event %s, opened %s (as its proposer says)\n", r.Event, words.Date(r.Opened))
	w.Printf("Why: %s\n\n", r.Why)
	w.Printf("Changes of the %s document, from %s to version %d:\n", r.Role, versionBefore(r.Version), r.Version)
	writeLines(w, r.Difference.Lines())
	w.Printf("\nChanges of the policy that it is made from:\n")
	if lines := r.Policy.Lines(); len(lines) > 0 {
		writeLines(w, lines)
	} else {
		w.Printf("  none\n")
	}
	for _, h := range r.Handovers {
		w.Printf("\n")
		h.text(w)
	}
	if len(r.Supersedes) > 0 {
		w.Printf("\nIt replaces an earlier proposal for %s version %d, which can then never be used:\n", r.Role, r.Version)
		for _, d := range r.Supersedes {
			w.Digest(d)
		}
	}
	if len(r.Findings) > 0 {
		w.Printf("\nWhat the rules for a quorum say:\n")
		for _, f := range r.Findings {
			w.Printf("  %s: %s\n", f.label(), f.Text)
			f.writeReason(w, "    ")
		}
	}
	if len(r.Rivals) > 0 {
		w.Printf("\n")
		writeRivals(w, r.Rivals)
	}
	for _, rule := range r.Rules {
		w.Printf("\nSigners named in %s: %d must sign, %s", rule.By, rule.Threshold, haveSigned(len(rule.Signed)))
		if len(rule.Signed) > 0 {
			w.Printf(" (%s)", strings.Join(rule.Signed, ", "))
		}
	}
	w.Printf("\n\nRepository %s (id %s), role %s, version %d.\n", r.Name, r.Repository, r.Role, r.Version)
	w.Printf("The digest of the exact bytes to be signed. Compare it with the one read out by the others:\n")
	w.Digest(r.Digest)
}

// haveSigned is how many have.
func haveSigned(n int) string {
	switch n {
	case 0:
		return "nobody has"
	case 1:
		return "1 has"
	}
	return fmt.Sprintf("%d have", n)
}

func versionBefore(v int64) string {
	if v == 1 {
		return "nothing"
	}
	return fmt.Sprintf("version %d", v-1)
}

func writeLines(w *words.Lines, lines []string) {
	for _, l := range lines {
		if l == "" {
			w.Printf("\n")
			continue
		}
		w.Printf("  %s\n", l)
	}
}
