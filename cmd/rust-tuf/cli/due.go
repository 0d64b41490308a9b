package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/spf13/cobra"
)

func (c *command) dueCommand() *cobra.Command {
	var o dueOptions
	cmd := &cobra.Command{
		Use:   "due",
		Short: "do what is due today: remind members, tell of dates, propose renewals",
		Long: `due is for a schedule: once a day, by a machine that may push branches and holds no
key of a member. It reads the remote's default branch and

  tells, for each open event, the members who are missing: when it opens, 3, 7 and
  14 days later, then every week; and 30, 14, 7, 3 and 1 days before the version
  that it renews expires;
  tells of each date that has passed: signing is late, a version expired, a
  member's term ended, a key was not seen for a year;
  proposes an event for every role of which signing has opened, if nobody has
  proposed one; a person merges it as any other. It changes nothing but versions
  and dates: where an edit of the policy is merged that nobody has signed, a person
  has to propose it, and due says so instead.

Where it may write at the forge, each of these has one issue, and each step is one
comment there, which mentions whom it is for. An issue is closed when its reason is
gone; one that somebody has closed before comes back with the next step.

What does not work for one event or role keeps no other one from its turn; the exit
code then tells of it, and so it does when a version has expired. Run twice on one
day it does the same once. With --raise, what went wrong stands in one issue, which
the next good run closes.`,
		Args: frame.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runDue(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "say what is due, push and write nothing")
	cmd.Flags().BoolVar(&o.raise, "raise", false, "keep one issue while this job fails")
	return cmd
}

type dueOptions struct{ dryRun, raise bool }

func (c *command) runDue(ctx context.Context, o dueOptions) error {
	out := newDueResult("", o.dryRun)
	err := c.do(ctx, job{name: "due", raise: o.raise && !o.dryRun, alone: true}, func(w *workspace, h hub) error {
		out.Source = w.source()
		k := &caretaker{workspace: w, hub: h, dryRun: o.dryRun, reasons: map[string]bool{}, out: out}
		return k.run(ctx)
	})
	if err == nil || !out.nothing() {
		err = errors.Join(c.show(out), err)
	}
	return err
}

// caretaker is one run of due.
type caretaker struct {
	*workspace
	hub     hub // nil where nothing can be said at the forge
	dryRun  bool
	trusted *metadata.Trusted
	d       *roles.Declaration
	out     *dueResult

	reasons map[string]bool // keys of the issues that there is still a reason for
	unheard bool            // the forge takes nothing at present: it is not asked for each issue anew
}

// run does what is due. Each part goes on where another one fails.
func (k *caretaker) run(ctx context.Context) error {
	var err error
	if k.trusted, _, err = k.judge(); err != nil {
		return err
	}
	if k.trusted.Root == nil {
		return rejected(errNothingPublished)
	}
	d, undeclared := k.repo.Declaration()
	if k.d = d; undeclared != nil { // people are reminded all the same, without logins and cards
		k.d = &roles.Declaration{Policy: &roles.Policy{}}
	}
	schedule := k.trusted.Schedule(k.d)
	expired := k.expired(schedule)
	failed := errors.Join(k.remind(ctx), k.tellDates(ctx, schedule))
	if undeclared != nil {
		failed = errors.Join(failed, undeclared)
	} else {
		failed = errors.Join(failed, k.renew(ctx, schedule))
	}
	if failed == nil {
		failed = k.settle(ctx)
	}
	return errors.Join(failed, expired)
}

// expired is an error for each version that clients refuse by now.
func (k *caretaker) expired(schedule []metadata.Moment) error {
	var all []error
	for _, m := range schedule {
		if m.Kind == metadata.Expiry && !m.At.After(k.now) {
			all = append(all, exit.With(exit.Expired, &verify.ExpiredError{Role: m.Role, Version: m.Version, Expires: m.At, At: k.now}))
		}
	}
	return errors.Join(all...)
}

// says tells whether something is written at the forge.
func (k *caretaker) says() bool { return k.hub != nil && !k.dryRun }

// tell says a step in the issue of its key, and that there is still a reason for
// that issue.
func (k *caretaker) tell(ctx context.Context, i forge.Issue, step, comment string) (int, error) {
	k.reasons[i.Key] = true
	if !k.says() || k.unheard {
		return 0, nil
	}
	n, err := k.hub.Remind(ctx, i, step, comment)
	k.unheard = is[*forge.OutageError](err) || is[*forge.RateError](err)
	return n, err
}

// The issues of due, by what they are about. That of the job itself is not among
// them.
const (
	eventIssues = "event/"
	dateIssues  = "date/"
	renewIssues = "renew/"
)

func eventIssue(event string) string { return eventIssues + event }

// settle closes the issues that there is no reason for any more.
func (k *caretaker) settle(ctx context.Context) error {
	if !k.says() {
		return nil
	}
	keys, err := k.hub.Raised(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, key := range keys {
		why := ""
		switch {
		case k.reasons[key]:
			continue
		case strings.HasPrefix(key, eventIssues):
			why = k.overFor(strings.TrimPrefix(key, eventIssues))
		case strings.HasPrefix(key, dateIssues), strings.HasPrefix(key, renewIssues):
			why = "This is done: the date has moved, or nobody has to be told of it any more."
		default:
			continue
		}
		if err := k.hub.Settle(ctx, key, why); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// overFor says why nobody is reminded of an event any more.
func (k *caretaker) overFor(event string) string {
	if _, err := k.repo.Event(event); err != nil {
		return "The event is closed."
	}
	return "All signatures are there. A person merges the completion."
}

// day is a date as people say it.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// named is an error about one event or role.
func named(what, name string, err error) error { return fmt.Errorf("%s %s: %w", what, name, err) }
