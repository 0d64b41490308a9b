package cli

import (
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
)

// dueResult is what was due, and what was done about it.
type dueResult struct {
	Source    string           `json:"source"`
	Opened    []*proposeResult `json:"opened"`    // events that were proposed
	Pending   []waitingEntry   `json:"pending"`   // renewals that wait for a merge
	SetAside  []asideEntry     `json:"set_aside"` // branches that would renew something, and that nobody can merge
	ByHand    []byHandEntry    `json:"by_hand"`   // roles that a person has to propose
	Late      []lateEntry      `json:"late"`      // dates that have passed
	Stuck     []stuckEntry     `json:"stuck"`     // open events that nobody can complete
	Reminders []reminderEntry  `json:"reminders"`
	Next      *momentEntry     `json:"next,omitempty"` // the first date to come
	DryRun    bool             `json:"dry_run"`
}

func newDueResult(source string, dryRun bool) *dueResult {
	return &dueResult{Source: source, DryRun: dryRun, Opened: []*proposeResult{}, Pending: []waitingEntry{}, SetAside: []asideEntry{},
		ByHand: []byHandEntry{}, Late: []lateEntry{}, Stuck: []stuckEntry{}, Reminders: []reminderEntry{}}
}

// waitingEntry is a branch that proposes what is due.
type waitingEntry struct {
	Branch string `json:"branch"`
	pullRequest
}

// asideEntry is a branch that is not counted on.
type asideEntry struct {
	Branch string `json:"branch"`
	Reason string `json:"reason"`
}

// byHandEntry is a role that is due, and that no machine can propose.
type byHandEntry struct {
	Role    string   `json:"role"`
	Version int64    `json:"version"` // that is published
	Reason  string   `json:"reason"`
	Changes []string `json:"changes,omitempty"` // of the edit that stands in the way
	Next    string   `json:"next"`
	Issue   int      `json:"issue,omitempty"`
}

// stuckEntry is an open event that nobody can complete.
type stuckEntry struct {
	Event  string `json:"event"`
	Reason string `json:"reason"`
	Issue  int    `json:"issue,omitempty"`
}

func (r *dueResult) text(w *words.Lines) {
	w.Printf("Read from %s.\n", r.Source)
	for _, reminder := range r.Reminders {
		reminder.text(w)
	}
	for _, e := range r.Stuck {
		w.Printf("Nobody can complete event %s as it is: %s\n", e.Event, words.Reason(e.Reason))
	}
	for i, m := range r.Late {
		w.Printf("overdue since %s: %s\n", day(m.At), m.Text)
		if i+1 == len(r.Late) || r.Late[i+1].Do != m.Do { // said once for several
			w.Printf("    %s\n", m.Do)
		}
	}
	for _, b := range r.SetAside {
		w.Printf("Branch %s is not counted on: %s\n", b.Branch, words.Reason(b.Reason))
	}
	for _, p := range r.Pending {
		w.Printf("A renewal waits on branch %s: have a person review and merge it.\n", p.Branch)
		if p.Pull != "" {
			w.Printf("    %s\n", p.Pull)
		}
	}
	for _, e := range r.ByHand {
		w.Printf("A person has to propose %s: %s\n", e.Role, words.Reason(e.Reason))
		for _, change := range e.Changes {
			w.Printf("    %s\n", change)
		}
		w.Printf("  next: %s\n", e.Next)
	}
	for _, p := range r.Opened {
		p.text(w)
	}
	if r.nothing() {
		w.Printf("Nothing is due.\n")
	}
	if r.Next != nil {
		w.Printf("The next date is %s: %s.\n", day(r.Next.At), r.Next.Text)
	}
}

// nothing tells whether there is nothing to be told.
func (r *dueResult) nothing() bool {
	return len(r.Opened)+len(r.Pending)+len(r.SetAside)+len(r.ByHand)+len(r.Late)+len(r.Stuck)+len(r.Reminders) == 0
}
