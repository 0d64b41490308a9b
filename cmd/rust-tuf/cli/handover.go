package cli

import (
	"fmt"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// handoverReview is what a person sees of a root of another repository that
// this one is to list.
type handoverReview struct {
	Target     string           `json:"target"`
	Name       string           `json:"name"`                 // of the other repository, as the policy calls it
	Repository string           `json:"repository,omitempty"` // its id
	From       int64            `json:"from_version"`         // 0 where none was handed over before
	To         int64            `json:"version"`
	SHA256     string           `json:"sha256"` // of the signed value
	Expires    time.Time        `json:"expires"`
	Soon       bool             `json:"expires_soon"` // less than 30 days after the event was opened
	Difference roles.Difference `json:"difference"`
	Proven     []string         `json:"proven"` // each step, empty for the first one
}

// handoversOf lists those of a payload whose event was opened at an instant.
func handoversOf(p *metadata.PayloadStanding, opened time.Time) []handoverReview {
	var out []handoverReview
	for _, h := range p.Handovers {
		to := h.To()
		r := handoverReview{Target: h.Target, Name: h.Name, Repository: to.Repository(), To: to.Version(), SHA256: to.Digest().String(),
			Expires: to.Expires(), Soon: !opened.AddDate(0, 0, 30).Before(to.Expires()), Proven: []string{}}
		var before *verify.Document
		if last := h.From; last != nil {
			r.From, before = last.Version(), last.Document()
			for _, step := range h.Steps {
				r.Proven = append(r.Proven, fmt.Sprintf("version %d comes next after version %d, signed as both demand: by version %[2]d, %[3]s; by version %[1]d, %[4]s",
					step.Version(), last.Version(), signedBy(last, step), signedBy(step, step)))
				last = step
			}
		}
		r.Difference = roles.Diff(before, to.Document())
		out = append(out, r)
	}
	return out
}

// signedBy counts the signatures on a root by the rule of one.
func signedBy(rule, root *verify.Root) string {
	q, _ := rule.Quorum(roles.Root)
	tally := q.Tally(root.Document())
	return fmt.Sprintf("%d needed and %d there (%s)", tally.Threshold, len(tally.Valid), words.Join(words.Owners(tally.Valid)))
}

func (r *handoverReview) text(w *words.Lines) {
	id := ""
	if r.Repository != "" {
		id = " (id " + r.Repository + ")"
	}
	w.Printf("The file %s is the root of another repository, %s%s: whoever believes this\nrepository takes it from here. Its changes, from %s to version %d:\n", r.Target, r.Name, id, rootBefore(r.From), r.To)
	writeLines(w, r.Difference.Lines())
	if r.Soon {
		w.Printf("Soon over: it expires at %s, within 30 days of this event's opening. Who finds no\nnewer root of %s then can use nothing of it: ask there whether one is on its way.\n", words.Date(r.Expires), r.Name)
	}
	if r.From == 0 {
		w.Printf("Not proven: no root of %s was handed over before. Compare its digest with one that\nits own members read out to you, outside the forge:\n", r.Name)
		w.Digest(r.SHA256)
		return
	}
	w.Printf("Proven, from the root that was handed over before:\n")
	for _, p := range r.Proven {
		w.Printf("  %s\n", p)
	}
}

func rootBefore(version int64) string {
	if version == 0 {
		return "nothing"
	}
	return fmt.Sprintf("version %d", version)
}
