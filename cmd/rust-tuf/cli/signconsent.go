package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/trust"
	"github.com/rust-lang/rust-tuf/verify"
)

// consent shows everything and asks. Nothing has been written yet when the
// answer is no. Where a signature was found on the remote the key is not
// needed any more, but the person is: it may be an old one that somebody kept.
func (s *signing) consent(ctx context.Context, t *signTask, found *metadata.SignatureFile) error {
	review, err := reviewOf(s.trusted, t.event, t.p)
	if err != nil {
		return err
	}
	var text words.Lines
	review.text(&text)
	text.Add(s.basis(t))
	_ = s.person.show(&text)
	if err := s.another(ctx, t); err != nil {
		return err
	}
	if err := s.supersede(ctx, t); err != nil {
		return err
	}
	wish := "do you want to sign"
	if found != nil {
		wish = "did you sign"
		s.say("Your key has signed exactly this already: the signature was found on the remote, not on this machine (it says %s).", words.Date(found.SignedAt))
		s.say("If you did not make it, answer no and tell the others: somebody else has used your key.")
	} else {
		s.say("You sign as %s, with the %s (%s).", words.Owner(t.holder), t.key.Describe(), t.key.Public().Algorithm())
		twice := "The key signs twice"
		if deviceOf(t.key).Kind == roles.KindPIV {
			twice += ", so touch the card each time it blinks"
		}
		s.say("%s: a statement that you did this now, which stays in the log, and the document itself.", twice)
	}
	question := fmt.Sprintf("Have you read the changes, is the digest the one that was announced, and %s %s version %d", wish, t.p.Role, t.p.Version)
	if found != nil {
		question += " on another machine"
	}
	return s.person.confirm(ctx, question+"?")
}

// basis says from which root this machine judged.
func (s *signing) basis(t *signTask) string {
	switch {
	case s.trusted.Root == nil && t.p.Role != "root":
		return "No root is published yet: the root that is signed in the same event says who must sign this.\n"
	case s.trusted.Root == nil:
		return "This is the first root of a new repository: there is no earlier root to judge it by.\nCompare every key with its owner before you sign. Signing it makes it the root that this machine trusts.\n"
	}
	return fmt.Sprintf("Judged from root version %d, which this machine reached from its own pinned root (%s).\n", s.trusted.Root.Version(), s.pin.How)
}

// another asks about a first root on a machine that trusts other repositories
// already: an address that led to one of them may have been given to a
// stranger's.
func (s *signing) another(ctx context.Context, t *signTask) error {
	if s.trusted.Root != nil || s.pin != nil || s.agreedToNew {
		return nil
	}
	pins, err := s.home.Pins()
	if err != nil || len(pins) == 0 {
		return err
	}
	id := t.p.Charter.Repository
	s.say("This machine trusts these repositories already, and this is none of them:")
	for _, p := range pins {
		s.say("    %s, root version %d, since %s", p.Repository, p.Version, words.Date(p.Since))
	}
	s.say("If this clone used to lead to one of them, stop and tell the others. The new one has the id\n    %s", id)
	typed, err := s.person.line(ctx, "If a new repository was agreed on, type the first eight characters of its id")
	if err != nil {
		return err
	}
	if strings.TrimSpace(typed) != id[:8] {
		return fmt.Errorf("%q is not how the id of the new repository begins; %w", typed, signer.ErrDeclined)
	}
	s.agreedToNew = true
	return nil
}

// supersede asks for the first group of the digest of an earlier payload that
// this key's holder signed and that this one replaces.
func (s *signing) supersede(ctx context.Context, t *signTask) error {
	asked := map[verify.Digest]bool{t.p.Digest: true}
	for _, e := range trust.Standing(s.ledger.Find(t.p.Role, t.p.Version)) {
		if asked[e.Digest] { // with two keys, there are two entries
			continue
		}
		asked[e.Digest] = true
		first, _, _ := strings.Cut(e.Digest.Groups(), " ")
		s.say("You signed another %s version %d before (%s). This one replaces it:\n    %s", t.p.Role, t.p.Version, words.Date(e.At), e.Digest.Groups())
		typed, err := s.person.line(ctx, "To agree, type the first group of that earlier digest")
		if err != nil {
			return err
		}
		if !strings.EqualFold(strings.TrimSpace(typed), first) {
			return fmt.Errorf("%q is not the first group of the earlier digest; %w", typed, signer.ErrDeclined)
		}
	}
	return nil
}
