package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/roles"
)

// reminderEntry is a step of the ladder that an event has reached.
type reminderEntry struct {
	Event    string            `json:"event"`
	Why      string            `json:"why"`
	Step     string            `json:"step"` // sent at most once for each event
	Open     string            `json:"open"` // for how long, in words; empty on its first day
	SignBy   time.Time         `json:"sign_by,omitzero"`
	Expires  time.Time         `json:"expires,omitzero"`
	Payloads []remindedPayload `json:"payloads"`
	Wanted   []wantedEntry     `json:"wanted"`
	People   []askedEntry      `json:"people"`
	Issue    int               `json:"issue,omitempty"` // where it stands at the forge
}

// remindedPayload is what is to be signed.
type remindedPayload struct {
	Role    string `json:"role"`
	Version int64  `json:"version"`
	SHA256  string `json:"sha256"`
	Summary string `json:"summary"`
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

// with is the key to sign with, in words that its holder can check by hand.
func (h holderEntry) with() string {
	switch {
	case h.Serial != 0:
		return fmt.Sprintf("YubiKey %d", h.Serial)
	case h.Label != "":
		return "the key called " + h.Label
	}
	return "the key " + words.ShortID(h.KeyID)
}

// askedEntry is somebody who can sign, named once for each key.
type askedEntry struct {
	holderEntry
	Signs   []string `json:"signs"` // what the key counts for
	Command string   `json:"command"`
}

// who is a member in a list that mentions nobody.
func (a askedEntry) who() string {
	if a.Login == "" {
		return escapeMarkdown(a.Member)
	}
	return escapeMarkdown(a.Member) + " (`" + a.Login + "` at the forge)"
}

// mention is a member who gets a mail of it.
func (h holderEntry) mention() string {
	if h.Login == "" {
		return escapeMarkdown(h.Member)
	}
	return "@" + h.Login
}

// remind tells of every open event whom it waits for.
func (k *caretaker) remind(ctx context.Context) error {
	var failed error
	for _, e := range k.repo.Open {
		if err := k.remindOf(ctx, e); err != nil {
			failed = errors.Join(failed, named("event", e.Name, err))
		}
	}
	return failed
}

func (k *caretaker) remindOf(ctx context.Context, e *metadata.Event) error {
	s, err := k.trusted.Judge(e)
	if err != nil {
		return k.stuck(ctx, e, err)
	}
	r := k.trusted.Reminder(s, k.d, k.now)
	if r == nil {
		return nil
	}
	entry := k.reminderOf(s, r)
	entry.Issue, err = k.tell(ctx, forge.Issue{Key: eventIssue(e.Name), Title: "Signatures are wanted: " + e.Name, Body: entry.body()}, r.Step, entry.comment())
	k.out.Reminders = append(k.out.Reminders, entry)
	return err
}

// stuck tells of an event that nobody can complete as it is.
func (k *caretaker) stuck(ctx context.Context, e *metadata.Event, why error) error {
	text := fmt.Sprintf("The event is open, and nobody can complete it as it is:\n\n%s\n", fenced(why.Error()+"\n"))
	var h hinted
	if errors.As(why, &h) {
		text += "Next: " + escapeMarkdown(h.Hint()) + "\n"
	}
	n, err := k.tell(ctx, forge.Issue{Key: eventIssue(e.Name), Title: "Cannot be completed: " + e.Name, Body: text}, "stuck", text)
	k.out.Stuck = append(k.out.Stuck, stuckEntry{Event: e.Name, Reason: why.Error(), Issue: n})
	return err
}

func (k *caretaker) reminderOf(s *metadata.Standing, r *metadata.Reminder) reminderEntry {
	out := reminderEntry{Event: r.Event, Why: s.Event.Why, Step: r.Step, SignBy: r.SignBy, Expires: r.Expires, Wanted: wantedOf(r.Wanted)}
	if r.Age >= 24*time.Hour {
		out.Open = words.Span(r.Age)
	}
	for _, p := range s.Payloads {
		out.Payloads = append(out.Payloads, remindedPayload{p.Role, p.Version, p.Digest.String(), roles.Diff(k.trusted.Document(p.Role), p.Document).Summary()})
	}
	out.People = asked(out.Wanted, "rust-tuf sign "+r.Event)
	return out
}

// asked is one list of all who can sign, whichever rules they count for.
func asked(wanted []wantedEntry, command string) []askedEntry {
	of := map[string][]string{} // the rules of a payload: two for a root that names a new quorum
	out := []askedEntry{}
	by := map[string][]string{} // the rules that a key counts for, by key and payload
	for _, w := range wanted {
		payload := w.payload()
		of[payload] = append(of[payload], w.Rule)
		for _, h := range w.Of {
			i := slices.IndexFunc(out, func(a askedEntry) bool { return a.KeyID == h.KeyID })
			if i < 0 {
				i = len(out)
				out = append(out, askedEntry{holderEntry: h, Command: command})
			}
			if !slices.Contains(out[i].Signs, payload) {
				out[i].Signs = append(out[i].Signs, payload)
			}
			by[h.KeyID+payload] = append(by[h.KeyID+payload], w.Rule)
		}
	}
	for _, a := range out {
		for i, payload := range a.Signs {
			switch rules := by[a.KeyID+payload]; {
			case len(of[payload]) == 1:
			case len(rules) == len(of[payload]):
				a.Signs[i] += ", where both lists of signers have you"
			default:
				a.Signs[i] += ", as a signer named in " + words.Join(rules)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b askedEntry) int {
		return cmp.Or(strings.Compare(a.Member, b.Member), cmp.Compare(a.Serial, b.Serial), strings.Compare(a.KeyID, b.KeyID))
	})
	return out
}

func (w wantedEntry) payload() string { return fmt.Sprintf("%s version %d", w.Role, w.Version) }

// needs says how many signatures are missing, for each list of signers.
func (r *reminderEntry) needs() []string {
	var out []string
	for _, w := range r.Wanted {
		out = append(out, fmt.Sprintf("%s needs %s of signers named in %s", w.payload(), words.Counted(w.Missing, "more signature"), w.Rule))
	}
	return out
}

// signs says what somebody's key counts for, where not all count for the same.
func (r *reminderEntry) signs(a askedEntry) string {
	if len(r.Wanted) == 1 {
		return ""
	}
	return ": " + strings.Join(a.Signs, "; ")
}

// dates says by when.
func (r *reminderEntry) dates() string {
	if r.Expires.IsZero() {
		return ""
	}
	return fmt.Sprintf("Sign by %s. What it replaces expires on %s.", day(r.SignBy), day(r.Expires))
}

// opening is how long the event has been open.
func (r *reminderEntry) opening() string {
	if r.Open == "" {
		return "is open"
	}
	return "has been open for " + r.Open
}

// body is the event's issue as it is today.
func (r *reminderEntry) body() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Event %s %s.\n\n", escapeMarkdown(r.Event), r.opening())
	r.subject(&b)
	b.WriteString("\n| who can sign | what | with | types |\n|---|---|---|---|\n")
	for _, a := range r.People {
		fmt.Fprintf(&b, "| %s | %s | %s | `%s` |\n", a.who(), escapeMarkdown(strings.Join(a.Signs, "; ")), escapeMarkdown(a.with()), a.Command)
	}
	b.WriteString("\nWhoever has signed leaves this list with the next run. The issue is closed when nobody is missing.\n")
	return b.String()
}

// comment is a step: the one text that mentions people, and speaks to them.
func (r *reminderEntry) comment() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Event %s %s, and any of you can sign it:\n\n", escapeMarkdown(r.Event), r.opening())
	for _, a := range r.People {
		fmt.Fprintf(&b, "- %s, with %s: `%s`%s\n", a.mention(), escapeMarkdown(a.with()), a.Command, escapeMarkdown(r.signs(a)))
	}
	b.WriteString("\n")
	r.subject(&b)
	return b.String()
}

// subject is what is signed, why, and by when.
func (r *reminderEntry) subject(b *strings.Builder) {
	fmt.Fprintf(b, "Why: %s\n", escapeMarkdown(r.Why))
	for _, p := range r.Payloads {
		fmt.Fprintf(b, "\n%s\n\nDigest of the exact bytes, which `rust-tuf sign` shows before it asks for anything:\n\n```\n", escapeMarkdown(p.Summary))
		words.WriteDigest(b, p.SHA256)
		b.WriteString("```\n")
	}
	b.WriteString("\n")
	for _, need := range r.needs() {
		fmt.Fprintf(b, "- %s\n", escapeMarkdown(need))
	}
	if dates := r.dates(); dates != "" {
		fmt.Fprintf(b, "\n%s\n", dates)
	}
}

func (r *reminderEntry) text(w *words.Lines) {
	w.Printf("Event %s %s.\n", r.Event, r.opening())
	w.Printf("  why: %s\n", r.Why)
	for _, p := range r.Payloads {
		w.Printf("  %s\n", p.Summary)
		w.Digest(p.SHA256)
	}
	for _, need := range r.needs() {
		w.Printf("  %s\n", need)
	}
	if dates := r.dates(); dates != "" {
		w.Printf("  %s\n", dates)
	}
	w.Printf("  These can sign:\n")
	for _, a := range r.People {
		w.Printf("    %s, with %s: %s%s\n", a.Member, a.with(), a.Command, r.signs(a))
	}
	if r.Issue != 0 {
		w.Printf("  said in issue #%d\n", r.Issue)
	}
}

func wantedOf(list []metadata.Wanted) []wantedEntry {
	out := []wantedEntry{}
	for _, wanted := range list {
		entry := wantedEntry{Role: wanted.Role, Version: wanted.Version, Rule: wanted.By, Missing: wanted.Missing, Of: []holderEntry{}}
		for _, h := range wanted.Of {
			entry.Of = append(entry.Of, holderEntry{h.Member, h.Login, h.KeyID, h.Label, h.Serial})
		}
		slices.SortFunc(entry.Of, func(a, b holderEntry) int {
			return cmp.Or(strings.Compare(a.Member, b.Member), cmp.Compare(a.Serial, b.Serial), strings.Compare(a.KeyID, b.KeyID))
		})
		out = append(out, entry)
	}
	return out
}
