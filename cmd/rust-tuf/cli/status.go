package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/spf13/cobra"
)

func (c *command) statusCommand() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:   "status [event]",
		Short: "what is published, what is open, and who is missing",
		Long: `status says which version of each role is published and until when, how far each
open event is, and who is missing.

With --at it judges at another time. If a published version is expired then, it
ends with exit code 10, so that a schedule can ask: will all of this still be
valid in 5 days, in 30? What is published later it cannot know.

    rust-tuf status --at +30d`,
		Args: frame.Args(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runStatus(cmd.Context(), args, at) },
	}
	cmd.Flags().StringVar(&at, "at", "", "judge at this `time` (2027-11-22, 2027-11-22T12:00:00Z, or +30d from now) instead of now")
	return cmd
}

type statusResult struct {
	Source    string        `json:"source"` // which remote and branch was read
	Basis     string        `json:"basis"`
	Published []roleStatus  `json:"published"`
	Events    []eventStatus `json:"events"`
	Late      []string      `json:"late,omitempty"` // files that were merged too late and count for nothing
	Next      string        `json:"next"`
	At        time.Time     `json:"judged_at"`
	Given     bool          `json:"time_given"` // the instant was given, not read from the clock
}

type roleStatus struct {
	Role      string    `json:"role"`
	Version   int64     `json:"version"`
	Threshold int       `json:"threshold"`
	Keys      int       `json:"keys"`
	Expires   time.Time `json:"expires"`
	Left      string    `json:"left"` // until expiry, in words
	Losses    int       `json:"losses_left"`
	In5       bool      `json:"valid_in_5_days"`
	In30      bool      `json:"valid_in_30_days"`
}

type eventStatus struct {
	Event    string          `json:"event"`
	Why      string          `json:"why"`
	Opened   time.Time       `json:"opened_claimed"`
	Complete bool            `json:"complete"`
	Problem  string          `json:"problem,omitempty"`
	Rivals   []string        `json:"rivals,omitempty"` // other open events that matter to this one, in words
	Payloads []payloadStatus `json:"payloads"`
}

type payloadStatus struct {
	Role    string       `json:"role"`
	Version int64        `json:"version"`
	Digest  string       `json:"sha256"`
	Rules   []ruleReview `json:"rules"`
	Refused []string     `json:"refused"`
}

func (r *statusResult) text(w *words.Lines) {
	w.Printf("Read from %s.\n", r.Source)
	w.Printf("%s\n", r.Basis)
	if r.Given {
		w.Printf("Judged as of %s.\n", words.Date(r.At))
	}
	for _, p := range r.Published {
		w.Printf("%s version %d: %d of %d must sign; expires %s (%s)", p.Role, p.Version, p.Threshold, p.Keys, words.Date(p.Expires), p.Left)
		if p.Role == "root" {
			w.Printf("; up to %d keys may be lost before it can no longer be changed", p.Losses)
		}
		w.Printf("\n")
	}
	if len(r.Events) == 0 {
		w.Printf("No event is open.\n")
	}
	for _, e := range r.Events {
		w.Printf("\nEvent %s, opened %s: %s\n", e.Event, words.Date(e.Opened), e.Why)
		if e.Problem != "" {
			w.Printf("  It cannot complete: %s\n", e.Problem)
		}
		writeRivals(w, e.Rivals)
		for _, p := range e.Payloads {
			for _, rule := range p.Rules {
				writeRule(w, p, rule)
			}
			for _, bad := range p.Refused {
				w.Printf("  refused: %s\n", bad)
			}
		}
	}
	for _, late := range r.Late {
		w.Printf("\nLeft behind: %s\n", late)
	}
	if r.Next != "" {
		w.Printf("\nNext: %s\n", r.Next)
	}
}

func writeRule(w *words.Lines, p payloadStatus, rule ruleReview) {
	w.Printf("  %s version %d, signers named in %s: ", p.Role, p.Version, rule.By)
	missing := rule.Threshold - len(rule.Signed)
	if missing > 0 {
		w.Printf("%d of %d", len(rule.Signed), rule.Threshold)
	} else {
		w.Printf("met, %d needed, %d signed", rule.Threshold, len(rule.Signed))
	}
	if len(rule.Signed) > 0 {
		w.Printf(" (%s)", strings.Join(rule.Signed, ", "))
	}
	if missing > 0 {
		w.Printf("; %d more of: %s", missing, strings.Join(rule.Missing, ", "))
	}
	w.Printf("\n")
}

func (c *command) runStatus(ctx context.Context, args []string, at string) error {
	now := c.env.Now().UTC()
	if at != "" {
		var err error
		if now, err = instantFrom(at, now); err != nil {
			return usage(err)
		}
	}
	w, err := c.open(ctx)
	if err != nil {
		return err
	}
	if at != "" {
		w.now = now
	}
	trusted, basis, err := w.judge()
	if err != nil {
		return err
	}
	events := w.repo.Open
	if len(args) == 1 {
		e, err := w.repo.Event(args[0])
		if err != nil {
			return rejected(err)
		}
		events = []*metadata.Event{e}
	}
	out := &statusResult{Source: w.source(), Basis: basis, Published: publishedStatus(trusted, w.now), Events: []eventStatus{}, At: w.now, Given: at != ""}
	for _, e := range events {
		out.Events = append(out.Events, statusOf(trusted, e, w.now))
	}
	for _, late := range w.repo.Late {
		out.Late = append(out.Late, late.Error())
	}
	out.Next = nextOf(out.Events)
	if out.Next == "" && trusted.Root == nil {
		out.Next = "a maintainer names the members in rust-tuf.toml, commits, and runs `rust-tuf propose`"
	}
	if err := c.show(out); err != nil {
		return err
	}
	for _, p := range out.Published {
		if out.Given && !w.now.Before(p.Expires) {
			return exit.With(exit.Expired, &verify.ExpiredError{Role: p.Role, Version: p.Version, Expires: p.Expires, At: w.now})
		}
	}
	return nil
}

// instantFrom reads a time, or how long from now it is. The error is a
// [*words.InstantError].
func instantFrom(text string, now time.Time) (time.Time, error) {
	if rest, ok := strings.CutPrefix(text, "+"); ok {
		if ahead, err := roles.ParseLifetime(rest); err == nil {
			return ahead.From(now), nil
		}
	} else if at, err := words.ParseInstant(text); err == nil {
		return at, nil
	}
	return time.Time{}, &words.InstantError{Text: text, Forms: "2026-11-22, 2026-11-22T12:00:00Z, or how long from now: +30d (h, d, w or y; at most 100 years)"}
}

// nextOf is the one next step for some events: the nearest to a published
// version.
func nextOf(events []eventStatus) string {
	next := ""
	for _, e := range events {
		switch {
		case e.Complete:
			return fmt.Sprintf("a maintainer publishes it with `rust-tuf complete %s`", e.Event)
		case e.Problem == "":
			next = "those who are missing run `rust-tuf sign`"
		}
	}
	return next
}

func statusOf(t *metadata.Trusted, e *metadata.Event, now time.Time) eventStatus {
	standing, err := t.Judge(e)
	if err == nil {
		err = standing.CheckOpened(now)
	}
	if err != nil {
		return eventStatus{Event: e.Name, Why: e.Why, Opened: e.Opened, Problem: err.Error(), Payloads: []payloadStatus{}}
	}
	return standingStatus(standing)
}

// publishedStatus lists the newest trusted versions, root first.
func publishedStatus(t *metadata.Trusted, now time.Time) []roleStatus {
	out := []roleStatus{}
	if t.Root == nil {
		return out
	}
	add := func(role string, d *verify.Document, by verify.Delegator) {
		q, ok := by.Quorum(role)
		if !ok {
			return
		}
		out = append(out, roleStatus{Role: role, Version: d.Version(), Threshold: q.Threshold(), Keys: len(q.Keys()), Expires: d.Expires(),
			Left: words.Remaining(d.Expires(), now), Losses: len(q.Keys()) - q.Threshold(),
			In5: now.AddDate(0, 0, 5).Before(d.Expires()), In30: now.AddDate(0, 0, 30).Before(d.Expires())})
	}
	add("root", t.Root.Document(), t.Root)
	for _, role := range t.Roles() {
		add(role, t.Targets[role].Document(), t.DelegatorOf(role))
	}
	return out
}

// standingStatus is the status of an event that was judged already.
func standingStatus(s *metadata.Standing) eventStatus {
	out := eventStatus{Event: s.Event.Name, Why: s.Event.Why, Opened: s.Event.Opened, Complete: s.Complete(), Rivals: rivalsOf(s.Rivals), Payloads: []payloadStatus{}}
	for _, p := range s.Payloads {
		ps := payloadStatus{Role: p.Role, Version: p.Version, Digest: p.Digest.String(), Rules: ruleReviews(p), Refused: []string{}}
		for _, bad := range p.Refused {
			ps.Refused = append(ps.Refused, bad.Error())
		}
		out.Payloads = append(out.Payloads, ps)
	}
	return out
}
