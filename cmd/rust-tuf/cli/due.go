package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/spf13/cobra"
)

func (c *command) dueCommand() *cobra.Command {
	var o dueOptions
	cmd := &cobra.Command{
		Use:   "due",
		Short: "do what is due today: propose renewals, and say whom to remind",
		Long: `due is for a schedule: once a day, by a machine that may push branches and holds no
key of a member. It reads the remote's default branch and

  proposes an event for every role of which signing has opened, if nobody has
  proposed one; a person merges it as any other;
  names, for each open event, the members who are missing, when a new step of the
  ladder of reminders is reached: 3, 7 and 14 days after it opened, then every
  week; and 30, 14, 7, 3 and 1 days before the version that it renews expires.

Where it may write at the forge, each open event that somebody is reminded of has one
issue, and each step is one comment there, which mentions those who are missing. The
issue is closed when the event is.

Run twice on one day it does the same once. With --raise, what went wrong stands in
one issue, which the next good run closes.`,
		Args: frame.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runDue(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "say what is due, push nothing")
	cmd.Flags().BoolVar(&o.raise, "raise", false, "keep one issue while this job fails")
	return cmd
}

type dueOptions struct{ dryRun, raise bool }

// dueResult is what was due, and what was done about it.
type dueResult struct {
	Source    string          `json:"source"`
	Opened    *proposeResult  `json:"opened,omitempty"` // the event that was proposed
	Pending   []string        `json:"pending"`          // renewals that wait for a merge, by branch
	Late      []momentEntry   `json:"late"`             // dates that have passed
	Reminders []reminderEntry `json:"reminders"`
	Next      *momentEntry    `json:"next,omitempty"` // the first date to come
	DryRun    bool            `json:"dry_run"`
}

// reminderEntry is a step of the ladder that an event has reached.
type reminderEntry struct {
	Event   string        `json:"event"`
	Step    string        `json:"step"` // sent at most once for each event
	Open    string        `json:"open"` // for how long, in words
	Expires time.Time     `json:"expires,omitzero"`
	Wanted  []wantedEntry `json:"wanted"`
	Command string        `json:"command"`
	Issue   int           `json:"issue,omitempty"` // where it stands at the forge
}

type wantedEntry struct {
	Role    string        `json:"role"`
	Version int64         `json:"version"`
	Rule    string        `json:"rule"`
	Missing int           `json:"missing"`
	Of      []holderEntry `json:"of"`
}

type holderEntry struct {
	Member string `json:"member"`
	Login  string `json:"login,omitempty"`
	KeyID  string `json:"keyid"`
	Label  string `json:"label,omitempty"`
	Serial int64  `json:"serial,omitempty"` // of the YubiKey
}

// String is a member with the card that is wanted.
func (h holderEntry) String() string {
	if h.Serial != 0 {
		return fmt.Sprintf("%s (YubiKey %d)", h.Member, h.Serial)
	}
	return h.Member
}

func (c *command) runDue(ctx context.Context, o dueOptions) error {
	w, err := c.open(ctx)
	if err != nil {
		return err
	}
	h, err := w.hub(ctx)
	if err != nil && (o.raise || !is[*NoHubError](err)) {
		return err
	}
	out := &dueResult{Source: w.source(), Pending: []string{}, Late: []momentEntry{}, Reminders: []reminderEntry{}, DryRun: o.dryRun}
	err = w.due(ctx, h, out)
	if o.raise && !o.dryRun {
		err = errors.Join(err, raise(ctx, h, "due", err))
	}
	if err != nil {
		return err
	}
	return c.show(out)
}

// due does what is due, and tells the forge of it if there is one.
func (w *workspace) due(ctx context.Context, h hub, out *dueResult) error {
	trusted, d, err := w.declaredAndTrusted()
	if err != nil {
		return err
	}
	schedule := trusted.Schedule(d)
	for _, m := range momentEntries(schedule) {
		switch {
		case m.At.After(w.now):
			if out.Next == nil {
				out.Next = &m
			}
		case m.Kind != string(metadata.SigningOpens):
			out.Late = append(out.Late, m)
		}
	}
	if err := w.renew(ctx, trusted, d, schedule, out); err != nil {
		return err
	}
	for _, e := range w.repo.Open {
		s, err := trusted.Judge(e)
		if err != nil {
			continue // nobody can sign it; `status` says why
		}
		if r := trusted.Reminder(s, d, w.now); r != nil {
			out.Reminders = append(out.Reminders, reminderOf(r))
		}
	}
	if h == nil || out.DryRun {
		return nil
	}
	for i := range out.Reminders {
		if err := out.Reminders[i].send(ctx, h); err != nil {
			return err
		}
	}
	return w.settleClosed(ctx, h)
}

// send writes a reminder at the forge: the event's issue as it is now, and the
// step as a comment of its own, which is written once.
func (r *reminderEntry) send(ctx context.Context, h hub) (err error) {
	var text strings.Builder
	r.text(&text)
	r.Issue, err = h.Raise(ctx, forge.Issue{Key: eventIssue(r.Event), Title: "Signatures are wanted: " + r.Event, Body: fenced(text.String())})
	if err != nil {
		return err
	}
	return h.Report(ctx, r.Issue, "remind/"+r.Step, r.mention())
}

func eventIssue(event string) string { return "event/" + event }

// mention is the comment of a step: the one text that mentions people.
func (r *reminderEntry) mention() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Event %s has been open for %s", escapeMarkdown(r.Event), r.Open)
	if !r.Expires.IsZero() {
		fmt.Fprintf(&b, ", and what it renews expires on %s", r.Expires.Format(time.DateOnly))
	}
	b.WriteString(". Any of you can sign:\n\n")
	seen := map[string]bool{}
	for _, wanted := range r.Wanted {
		for _, holder := range wanted.Of {
			if seen[holder.KeyID] {
				continue
			}
			seen[holder.KeyID] = true
			who := escapeMarkdown(holder.Member)
			if holder.Login != "" {
				who = "@" + holder.Login
			}
			if holder.Serial != 0 {
				who += fmt.Sprintf(", with YubiKey %d", holder.Serial)
			}
			fmt.Fprintf(&b, "- %s\n", who)
		}
	}
	fmt.Fprintf(&b, "\n    %s\n", r.Command)
	return b.String()
}

// recentEvents bounds for how many closed events the forge is asked whether their
// issue is still open.
const recentEvents = 5

// settleClosed closes the issues of events that are closed.
func (w *workspace) settleClosed(ctx context.Context, h hub) error {
	closed := slices.SortedFunc(slices.Values(w.repo.Closed), func(a, b *metadata.Event) int { return b.Opened.Compare(a.Opened) })
	for _, e := range closed[:min(len(closed), recentEvents)] {
		if err := h.Settle(ctx, eventIssue(e.Name), "The event is closed."); err != nil {
			return err
		}
	}
	return nil
}

// renew proposes one event for all roles of which signing has opened and
// nobody has proposed the next version, on a branch that waits or on the
// default one.
func (w *workspace) renew(ctx context.Context, trusted *metadata.Trusted, d *roles.Declaration, schedule []metadata.Moment, out *dueResult) error {
	due := w.repo.DueRenewals(schedule, w.now)
	if len(due) == 0 {
		return nil
	}
	waiting, err := w.proposedOnBranches(ctx)
	if err != nil {
		return err
	}
	due = slices.DeleteFunc(due, func(role string) bool {
		branch, ok := waiting[role]
		if ok && !slices.Contains(out.Pending, branch) {
			out.Pending = append(out.Pending, branch)
		}
		return ok
	})
	if len(due) == 0 {
		return nil
	}
	p, err := trusted.Propose(d, metadata.Proposition{Why: whyRenewal(trusted, due), Opened: w.now, Renew: due})
	if err != nil {
		return rejected(err)
	}
	if err := w.gatePasses(ctx, w.repo, p); err != nil {
		return err
	}
	out.Opened, err = w.pushProposal(ctx, trusted, w.head, p, out.DryRun)
	return err
}

// whyRenewal is the sentence that every signer reads.
func whyRenewal(trusted *metadata.Trusted, due []string) string {
	var parts []string
	for _, role := range due {
		doc := trusted.Document(role)
		parts = append(parts, fmt.Sprintf("%s version %d expires on %s", role, doc.Version(), doc.Expires().UTC().Format(time.DateOnly)))
	}
	return "renewal, because " + words.Join(parts)
}

// proposedOnBranches finds, by role, the branch that proposes a version of it
// and waits to be merged.
func (w *workspace) proposedOnBranches(ctx context.Context) (map[string]string, error) {
	refs, err := w.git.FetchAll(ctx, w.remote)
	if err == nil && w.push != w.remote {
		var own []git.Ref
		own, err = w.git.FetchAll(ctx, w.push)
		refs = append(refs, own...)
	}
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, ref := range refs {
		branch, ok := strings.CutPrefix(ref.Name, "refs/heads/"+proposalBranch)
		if !ok || ref.Err != nil {
			continue
		}
		repo, err := w.read(ctx, ref.Commit)
		if err != nil {
			continue // what cannot be read cannot be merged
		}
		for _, e := range repo.Open {
			if e.Name != branch {
				continue
			}
			for _, p := range e.Payloads {
				if p.Version > w.repo.Newest(p.Role) {
					out[p.Role] = proposalBranch + branch
				}
			}
		}
	}
	return out, nil
}

func reminderOf(r *metadata.Reminder) reminderEntry {
	out := reminderEntry{Event: r.Event, Step: r.Step, Open: words.Span(r.Age), Expires: r.Expires, Wanted: wantedOf(r.Wanted), Command: "rust-tuf sign " + r.Event}
	return out
}

func wantedOf(list []metadata.Wanted) []wantedEntry {
	out := []wantedEntry{}
	for _, wanted := range list {
		entry := wantedEntry{Role: wanted.Role, Version: wanted.Version, Rule: wanted.By, Missing: wanted.Missing, Of: []holderEntry{}}
		for _, h := range wanted.Of {
			entry.Of = append(entry.Of, holderEntry{h.Member, h.Login, h.KeyID, h.Label, h.Serial})
		}
		slices.SortFunc(entry.Of, func(a, b holderEntry) int { return strings.Compare(a.String(), b.String()) })
		out = append(out, entry)
	}
	return out
}

func (r *dueResult) text(w io.Writer) {
	fmt.Fprintf(w, "Read from %s.\n", r.Source)
	for i, m := range r.Late {
		fmt.Fprintf(w, "overdue since %s: %s\n", m.At.Format(time.DateOnly), m.Text)
		if i+1 == len(r.Late) || r.Late[i+1].Do != m.Do { // said once for several
			fmt.Fprintf(w, "    %s\n", m.Do)
		}
	}
	for _, branch := range r.Pending {
		fmt.Fprintf(w, "A renewal waits on branch %s: have a person review and merge it.\n", branch)
	}
	if r.Opened != nil {
		r.Opened.text(w)
	}
	for _, reminder := range r.Reminders {
		reminder.text(w)
	}
	if r.Opened == nil && len(r.Pending)+len(r.Late)+len(r.Reminders) == 0 {
		fmt.Fprintln(w, "Nothing is due.")
	}
	if r.Next != nil {
		fmt.Fprintf(w, "The next date is %s: %s.\n", r.Next.At.Format(time.DateOnly), r.Next.Text)
	}
}

func (r reminderEntry) text(w io.Writer) {
	fmt.Fprintf(w, "Event %s has been open for %s", r.Event, r.Open)
	if !r.Expires.IsZero() {
		fmt.Fprintf(w, "; what it renews expires on %s", r.Expires.Format(time.DateOnly))
	}
	fmt.Fprintln(w, ". Remind them:")
	for _, wanted := range r.Wanted {
		of := make([]string, 0, len(wanted.Of))
		for _, h := range wanted.Of {
			of = append(of, h.String())
		}
		fmt.Fprintf(w, "  %s version %d, by the rule of %s: %d more of %s\n", wanted.Role, wanted.Version, wanted.Rule, wanted.Missing, strings.Join(of, ", "))
	}
	fmt.Fprintf(w, "  each of them runs: %s\n", r.Command)
	if r.Issue != 0 {
		fmt.Fprintf(w, "  said in issue #%d\n", r.Issue)
	}
}
