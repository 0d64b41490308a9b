package cli

import (
	"context"
	"fmt"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/spf13/cobra"
)

func (c *command) calendarCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "calendar",
		Short: "write every date that matters as a calendar file (iCalendar)",
		Long: `calendar writes all dates of the repository in the form that calendar programs
read (iCalendar, RFC 5545), each as a whole day, in UTC:

  for each role that people sign, when signing opens for its next version, when
  that is late, and when the published version expires;
  when a member's term ends, if their file says so;
  a year after a key was last seen: does its holder still have it?

    rust-tuf calendar > rust-tuf.ics

Write it again after each event: a date that is over has the same id as before, so
that calendar programs move it. Dates come from what is published, from the policy
and from the members' files as they are on the remote's default branch.`,
		Args: frame.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runCalendar(cmd.Context()) },
	}
}

// calendarResult is the schedule of a repository.
type calendarResult struct {
	Repository string        `json:"repository"`
	Name       string        `json:"name"`
	Read       time.Time     `json:"read"`
	Dates      []momentEntry `json:"dates"`
}

type momentEntry struct {
	Kind    string    `json:"kind"`
	At      time.Time `json:"at"`
	Text    string    `json:"text"`
	Do      string    `json:"do"` // what to do then
	Role    string    `json:"role,omitempty"`
	Version int64     `json:"version,omitempty"`
	Member  string    `json:"member,omitempty"`
	Login   string    `json:"login,omitempty"`
	Label   string    `json:"label,omitempty"` // of the key
	Serial  int64     `json:"serial,omitempty"`
	KeyID   string    `json:"keyid,omitempty"`
}

func (c *command) runCalendar(ctx context.Context) error {
	w, err := c.open(ctx)
	if err != nil {
		return err
	}
	trusted, d, err := w.declaredAndTrusted()
	if err != nil {
		return err
	}
	out := &calendarResult{Repository: trusted.Repository(), Name: d.Policy.Name, Read: w.now.UTC(), Dates: momentEntries(trusted.Schedule(d))}
	return c.show(out)
}

// declaredAndTrusted is what is published, as this machine trusts it, and what
// the default branch declares.
func (w *workspace) declaredAndTrusted() (*metadata.Trusted, *roles.Declaration, error) {
	trusted, _, err := w.judge()
	if err != nil {
		return nil, nil, err
	}
	if trusted.Root == nil {
		return nil, nil, rejected(errNothingPublished)
	}
	d, err := w.repo.Declaration()
	return trusted, d, err
}

func momentEntries(schedule []metadata.Moment) []momentEntry {
	out := []momentEntry{}
	for _, m := range schedule {
		out = append(out, momentEntry{Kind: string(m.Kind), At: m.At, Text: m.String(), Do: whatToDo(m), Role: m.Role, Version: m.Version,
			Member: m.Holder.Member, Login: m.Holder.Login, Label: m.Holder.Label, Serial: m.Holder.Serial, KeyID: m.Holder.KeyID})
	}
	return out
}

// whatToDo is the one step that a date asks for.
func whatToDo(m metadata.Moment) string {
	switch m.Kind {
	case metadata.SigningOpens:
		return "A maintainer (or the schedule) runs `rust-tuf due`, which proposes the renewal; then members run `rust-tuf sign`."
	case metadata.SigningLate:
		return "`rust-tuf status` says who is missing. Call them."
	case metadata.Expiry:
		return "From this day on clients refuse it. It must be replaced before."
	case metadata.TermEnds:
		return "Decide who takes over, and propose it: the policy names the members."
	}
	if m.Holder.Serial == 0 {
		return "Ask the holder whether the key's file is still there and its passphrase known. If not, propose another key now."
	}
	return "Plug the card in and run `rust-tuf doctor`: it offers a test signature. If the card is gone, say so at once."
}

// file is a text by the rules of RFC 5545, with its line ends. Names in it have
// come through the policy's and the members' readers, and are plain.
func (r *calendarResult) file() string {
	cal := ics.NewCalendarFor("rust-tuf")
	cal.SetProductId("-//rust-tuf//calendar//EN")
	cal.SetMethod(ics.MethodPublish)
	cal.SetXWRCalName(r.Name + ": signing")
	for _, m := range r.Dates {
		e := cal.AddEvent(m.uid(r.Repository))
		e.SetDtStampTime(r.Read)
		e.SetAllDayStartAt(m.At)
		e.SetAllDayEndAt(m.At.AddDate(0, 0, 1))
		e.SetSummary(r.Name + ": " + m.Text)
		e.SetDescription(m.Do)
		e.SetTimeTransparency(ics.TransparencyTransparent) // nobody is busy all day
	}
	return cal.Serialize(ics.WithNewLine("\r\n"))
}

func (r *calendarResult) text(w *words.Lines) { w.Add(r.file()) }

// uid is the same for a date that moves.
func (m momentEntry) uid(repository string) string {
	return fmt.Sprintf("%s-%s@%s.rust-tuf", m.Kind, m.about(), repository)
}

// about is the role, the member or the member's key that a date is about.
func (m momentEntry) about() string {
	switch {
	case m.Role != "":
		return m.Role
	case m.KeyID != "":
		return m.Member + "-" + words.ShortID(m.KeyID)
	}
	return m.Member
}
