package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// lateEntry is a date that has passed, and of which nothing has come yet.
type lateEntry struct {
	momentEntry
	Issue int `json:"issue,omitempty"` // where it stands at the forge
}

// tellDates keeps one issue for each date that has passed. That signing has
// opened is no such date: renew does what it asks for.
func (k *caretaker) tellDates(ctx context.Context, schedule []metadata.Moment) error {
	var failed error
	for _, m := range momentEntries(schedule) {
		switch {
		case m.At.After(k.now):
			if k.out.Next == nil {
				k.out.Next = &m
			}
		case m.Kind != string(metadata.SigningOpens):
			n, err := k.tell(ctx, forge.Issue{Key: dateIssues + m.Kind + "/" + m.about(), Title: m.title(), Body: m.body() + k.progress(m.Role)}, "since-"+day(m.At), m.comment(k.missing(m.Role)))
			if err != nil {
				failed = errors.Join(failed, named("date", m.title(), err))
			}
			k.out.Late = append(k.out.Late, lateEntry{m, n})
		}
	}
	return failed
}

// title is a date that has passed, as a fact.
func (m *momentEntry) title() string {
	switch metadata.MomentKind(m.Kind) {
	case metadata.SigningLate:
		return fmt.Sprintf("Late: %s version %d is not signed", m.Role, m.Version+1)
	case metadata.Expiry:
		return fmt.Sprintf("Expired: %s version %d", m.Role, m.Version)
	case metadata.TermEnds:
		return "The term of " + m.Member + " has ended"
	}
	return fmt.Sprintf("Does %s still hold %s?", m.Member, m.key())
}

// key is the key that a date is about.
func (m *momentEntry) key() string {
	return holderEntry{Member: m.Member, Login: m.Login, KeyID: m.KeyID, Label: m.Label, Serial: m.Serial}.with()
}

// body is the issue of a date.
func (m *momentEntry) body() string {
	role, who, on := escapeMarkdown(m.Role), escapeMarkdown(m.Member), day(m.At)
	switch metadata.MomentKind(m.Kind) {
	case metadata.SigningLate:
		return fmt.Sprintf("%s version %d was to be signed before %s, and is not published. Whoever is missing is to be called.\n", role, m.Version+1, on)
	case metadata.Expiry:
		return fmt.Sprintf("%s version %d expired on %s. Clients refuse it until the next version is published.\n", role, m.Version, on)
	case metadata.TermEnds:
		return fmt.Sprintf("The term of %s ended on %s, and %s can still sign. Decide who takes over, name them in `rust-tuf.toml`, and propose it with `rust-tuf propose`.\n", who, on, who)
	}
	look := "see that the file is there and the passphrase known"
	if m.Serial != 0 {
		look = "plug it in and run `rust-tuf doctor`, which offers a test signature"
	}
	return fmt.Sprintf("%s, do you still hold %s? It has not been seen at work for a year. Please %s, say so here, and close this.\nIf it is gone: `rust-tuf member lost %s --label %s --why \"…\"`.\n", who, escapeMarkdown(m.key()), look, m.Member, m.Label)
}

// comment mentions whom a date is for.
func (m *momentEntry) comment(missing []holderEntry) string {
	if m.Member != "" {
		return holderEntry{Member: m.Member, Login: m.Login}.mention() + ": this is about you.\n\n" + m.body()
	}
	var who []string
	for _, h := range missing {
		who = append(who, h.mention())
	}
	if len(who) == 0 {
		return m.body()
	}
	return words.Join(who) + ": your signatures are missing.\n\n" + m.body()
}

// progress says how far the next version of a role is.
func (k *caretaker) progress(role string) string {
	if role == "" {
		return ""
	}
	for _, e := range k.repo.Open {
		if e.Payload(role) != nil {
			return fmt.Sprintf("\nEvent %s is open for it; who is missing stands in its own issue.\n", escapeMarkdown(e.Name))
		}
	}
	return "\nNo event is open for it: a proposal is to be merged first.\n"
}

// missing are the members who can still sign the next version of a role, in the
// reminders of today.
func (k *caretaker) missing(role string) []holderEntry {
	var out []holderEntry
	seen := map[string]bool{}
	for _, r := range k.out.Reminders {
		for _, w := range r.Wanted {
			for _, h := range w.Of {
				if role != "" && w.Role == role && !seen[h.Member] {
					seen[h.Member] = true
					out = append(out, h)
				}
			}
		}
	}
	return out
}
