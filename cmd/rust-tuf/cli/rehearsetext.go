package cli

import (
	"fmt"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata/rehearsal"
)

type rehearseResult struct {
	Event      string         `json:"event"`
	Basis      string         `json:"basis"`
	ProposedOn string         `json:"proposed_on,omitempty"` // where it stands, in words, while it is not merged
	Repository string         `json:"repository"`            // of the rehearsal
	Name       string         `json:"name"`                  // of the rehearsal
	History    []string       `json:"history"`               // events that were played before
	Played     []playedResult `json:"played"`
	Clients    []clientResult `json:"clients"`
	Files      int            `json:"files"` // that each client looks for
	Empty      []string       `json:"empty_roles"`
	Missing    []string       `json:"missing_roles"`
	Cut        []string       `json:"cut_roles"` // what they delegate further was not played
	Folder     string         `json:"folder,omitempty"`
	Unproven   []string       `json:"unproven"`
}

type playedResult struct {
	Role    string   `json:"role"`
	Version int64    `json:"version"`
	Bytes   int      `json:"bytes"`
	Signers []string `json:"signers"`
	Changes string   `json:"changes"`
}

type clientResult struct {
	Client  string `json:"client"`
	Root    int64  `json:"root"`
	Reached int64  `json:"reached"`
	Found   int    `json:"found"`
	Fetched int    `json:"documents"`
	Bytes   int64  `json:"bytes"`
	Took    int64  `json:"milliseconds"`
	Changes string `json:"changes,omitempty"`
	Refused string `json:"refused,omitempty"`
}

// unproven is what no rehearsal can show.
var unproven = []string{
	"that the members' cards work, and that the members are there: `rust-tuf doctor` and a word with them do that",
	"the bytes that will be signed: they name the real keys, so their digest is another one; `rust-tuf review` shows it",
	"that the server hands out what is published; `rust-tuf verify target` asks it",
}

func rehearseReport(r *rehearsal.Rehearsal, clients []rehearsal.Client, folder string) *rehearseResult {
	out := &rehearseResult{Event: r.Event, Repository: r.Repository, Name: r.Name, History: append([]string{}, r.History...),
		Played: []playedResult{}, Clients: []clientResult{}, Files: len(r.Targets), Empty: append([]string{}, r.Empty...), Missing: append([]string{}, r.Missing...), Cut: append([]string{}, r.Cut...),
		Folder: folder, Unproven: unproven}
	for _, p := range r.Played {
		out.Played = append(out.Played, playedResult{p.Role, p.Version, p.Bytes, p.Signers, p.Changes})
	}
	for _, c := range clients {
		result := clientResult{c.String(), c.Root, c.Reached, c.Found, c.Fetched, c.Bytes, c.Took.Milliseconds(), c.Changes, ""}
		if c.Err != nil {
			result.Refused = c.Err.Error()
		}
		out.Clients = append(out.Clients, result)
	}
	return out
}

func (r *rehearseResult) text(w *words.Lines) {
	w.Printf("A rehearsal of event %s, with throw-away keys. Nothing was signed or pushed.\n%s\n", r.Event, r.Basis)
	if r.ProposedOn != "" {
		w.Printf("It is proposed on %s, and played as if that were merged.\n", r.ProposedOn)
	}
	if len(r.History) > 0 {
		w.Printf("Played before it, as they were: %s\n", words.Join(r.History))
	}
	w.Printf("\nThe event, signed by the fewest who can complete it:\n")
	for _, p := range r.Played {
		w.Printf("  %s version %d, %d bytes, signed by %s\n    %s\n", p.Role, p.Version, p.Bytes, words.Join(p.Signers), p.Changes)
	}
	w.Printf("\nWhat clients would do with it:\n")
	through, files := 0, fmt.Sprintf(" and finds all %s that are listed", words.Counted(r.Files, "file"))
	switch r.Files {
	case 0:
		files = "; no file is listed yet"
	case 1:
		files = " and finds the one file that is listed"
	}
	for _, c := range r.Clients {
		w.Printf("  %s:\n", c.Client)
		if c.Refused != "" {
			w.Printf("    does not get through; it comes as far as root version %d: %s\n", c.Reached, c.Refused)
		} else {
			through++
			w.Printf("    reaches root version %d%s; %s fetched, %d bytes, in %s\n", c.Reached, files, words.Counted(c.Fetched, "document"), c.Bytes, time.Duration(c.Took)*time.Millisecond)
		}
		if c.Changes != "" {
			w.Printf("    sees: %s\n", c.Changes)
		}
	}
	for _, role := range r.Empty {
		w.Printf("  Note: %s is a machine's role that has published nothing; an empty version stood in for it.\n", role)
	}
	for _, role := range r.Missing {
		w.Printf("  Note: %s has no version yet, so nobody finds what it would list.\n", role)
	}
	for _, role := range r.Cut {
		w.Printf("  Note: %s is a machine's role that delegates further, with keys that no event decides about: what lies below it was left out, and nobody looked for it.\n", role)
	}
	w.Printf("\nWhat this does not show:\n")
	for _, u := range r.Unproven {
		w.Printf("  - %s\n", u)
	}
	w.Printf("\n")
	if r.Folder != "" {
		w.Printf("What clients would fetch is kept in %s, as repository %s (%s).\n", r.Folder, r.Name, r.Repository)
	}
	r.next(w, len(r.Clients)-through)
}

// next says what to do when so many clients do not get through.
func (r *rehearseResult) next(w *words.Lines, stopped int) {
	merged := r.ProposedOn == ""
	switch {
	case stopped > 0:
		w.Printf("%d of %s would not get through. Next, before anybody signs: ", stopped, words.Counted(len(r.Clients), "client"))
		if merged {
			w.Printf("propose it again, mended, with `rust-tuf propose --supersede %s`; with --renew ROLE too where a role has expired.\n", r.Event)
		} else {
			w.Printf("do not merge it; mend it and propose it again, with --renew ROLE too where a role has expired.\n")
		}
	case merged:
		w.Printf("Every client gets through. Next: members look at the real event with `rust-tuf review`, and sign it with `rust-tuf sign`.\n")
	default:
		w.Printf("Every client gets through. Next: have another person review and merge it; members can sign it then.\n")
	}
}
