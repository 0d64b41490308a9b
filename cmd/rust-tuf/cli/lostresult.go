package cli

import (
	"fmt"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/roles"
)

type lostResult struct {
	Member      string `json:"member"`
	Label       string `json:"label"`
	Kind        string `json:"kind"`
	Serial      int64  `json:"serial,omitempty"`
	Fingerprint string `json:"fingerprint"`
	When        string `json:"when_claimed"`
	Why         string `json:"why"`
	Replacement string `json:"replacement,omitempty"` // label of the member's key that takes its place

	Roles       []lostRole `json:"roles"`        // that list the key, in trusted versions
	StillCounts []string   `json:"still_counts"` // open events that list it
	Call        []string   `json:"call"`         // the others of those roles
	Needs       []lostNeed `json:"needs"`        // for the event, rule by rule

	Event     string            `json:"event,omitempty"`
	NoEvent   string            `json:"no_event,omitempty"`  // why none was drafted
	Documents []bundledDocument `json:"documents,omitempty"` // of the event
	Branch    string            `json:"branch,omitempty"`
	pullRequest
	DryRun bool `json:"dry_run"`
	Again  bool `json:"again"` // made by an earlier run, found on its branch
}

// lostRole is what a role can still do once a key is gone.
type lostRole struct {
	Role       string   `json:"role"`
	Threshold  int      `json:"threshold"`
	Listed     int      `json:"listed"`
	Able       []string `json:"able"`
	LossesLeft int      `json:"losses_left"` // negative: too few are left already
}

type lostNeed struct {
	Role      string   `json:"role"`
	Version   int64    `json:"version"`
	By        string   `json:"by"`
	Threshold int      `json:"threshold"`
	Of        []string `json:"of"`
}

func (r *lostResult) text(w *words.Lines) {
	on := "a key in a file"
	if r.Kind == string(roles.KindPIV) {
		on = fmt.Sprintf("YubiKey %d", r.Serial)
	}
	w.Printf("Reported: the key %s of %s (%s) is lost since %s (as whoever reports it says): %s\n", r.Label, r.Member, on, r.When, r.Why)
	w.Printf("This is a report and proves nothing. Until a version without the key is published, the key counts as before.\n")
	w.Printf("\nAt once:\n")
	if r.Kind == string(roles.KindPIV) {
		w.Printf("  The card locks after a few wrong PINs in a row (three, unless its holder changed that). Whoever has the card and knows the PIN can sign.\n")
	} else {
		w.Printf("  Whoever has the file and its passphrase can sign, as often as they like, and nobody sees it.\n")
	}
	if len(r.Call) > 0 {
		w.Printf("  Call them, do not only write: %s.\n", words.Join(r.Call))
	}
	for _, e := range r.StillCounts {
		w.Printf("  A signature by this key still counts in the open event %s: believe none that came after the loss.\n", e)
	}
	r.quorum(w)
	r.holder(w)
	r.draft(w)
}

// holder is what whoever lost the key does, unless another of their keys takes
// its place.
func (r *lostResult) holder(w *words.Lines) {
	if len(r.Roles) == 0 || r.Replacement != "" {
		return
	}
	again := fmt.Sprintf("make another key with `rust-tuf key new`, and send it with `rust-tuf member add %s`", r.Member)
	if r.Kind == string(roles.KindPIV) {
		again = fmt.Sprintf("take another card, and enrol it with `rust-tuf member enrol %s`", r.Member)
	}
	w.Printf("\nWhat %s does, to sign again one day: %s. A later event names the new key.\n", r.Member, again)
}

// quorum says what is left.
func (r *lostResult) quorum(w *words.Lines) {
	if len(r.Roles) == 0 {
		w.Printf("\nNo trusted version lists the key: nobody else has to do anything.\n")
		return
	}
	w.Printf("\nWhat can still be done without it:\n")
	for _, role := range r.Roles {
		w.Printf("  %s: %d of %d keys can sign, and %d must; ", role.Role, len(role.Able), role.Listed, role.Threshold)
		ends, after := "its holders can no longer sign it", "; new keys must be named for it"
		if role.Role == roles.Root {
			ends, after = "nobody can change root any more", ": each client needs a new root by its digest (`rust-tuf verify replace-root`)"
		}
		switch n := role.LossesLeft; {
		case n < 0:
			w.Printf("%s%s.\n", ends, after)
		case n == 0:
			w.Printf("with one more loss %s.\n", ends)
		default:
			w.Printf("up to %d more may be lost before %s.\n", n, ends)
		}
	}
}

// draft says what was drafted, and who is needed for it.
func (r *lostResult) draft(w *words.Lines) {
	if r.Event == "" {
		w.Printf("\nNo event was drafted: %s\n", r.NoEvent)
	} else {
		w.Printf("\nDrafted: event %s", r.Event)
		if r.Replacement != "" {
			w.Printf(", in which the key %s of %s takes its place", r.Replacement, r.Member)
		}
		w.Printf(". Needed for it are:\n")
		for _, n := range r.Needs {
			w.Printf("  %s version %d, signers named in %s: %d of %s\n", n.Role, n.Version, n.By, n.Threshold, words.Join(n.Of))
		}
		w.Printf("Digests, to be announced to the signers outside the forge:\n")
		for _, d := range r.Documents {
			w.Printf("  %s version %d\n", d.Role, d.Version)
			w.Digest(d.SHA256)
		}
	}
	if r.DryRun {
		w.Printf("Nothing was pushed (dry run).\n")
		return
	}
	what := "Pushed to branch"
	if r.Again {
		what = "Reported earlier, found on branch"
	}
	w.Printf("%s %s.\n", what, r.Branch)
	r.next(w, "Next: open a pull request, and have another person review and merge it:",
		"A pull request is open. Next: have another person review and merge it:")
}
