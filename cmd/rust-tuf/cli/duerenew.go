package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// renew proposes one event for all roles of which signing has opened and
// nobody has proposed the next version, on a branch that waits or on the
// default one. Where that does not go, each role goes for itself.
func (k *caretaker) renew(ctx context.Context, schedule []metadata.Moment) error {
	due := k.repo.DueRenewals(schedule, k.now)
	if len(due) == 0 {
		return nil
	}
	waiting, taken, err := k.waiting(ctx, due)
	if waiting == nil {
		return err
	}
	failed := err
	var can []string
	for _, role := range due {
		if waiting[role] {
			continue
		}
		err := k.trusted.CheckRenewable(k.d, role)
		var other *metadata.OtherDeclaredError
		switch {
		case errors.As(err, &other):
			err = k.byHand(ctx, byHandEntry{Role: role, Version: other.Version, Reason: other.Error(), Changes: other.Changes, Next: other.Hint()}, "edited")
		case err == nil:
			can = append(can, role)
		}
		if err != nil {
			failed = errors.Join(failed, named("role", role, err))
		}
	}
	if len(can) == 0 {
		return failed
	}
	err = k.proposeRenewal(ctx, can, taken)
	if err == nil || len(can) == 1 || is[*UnopenedError](err) || ctx.Err() != nil {
		return errors.Join(failed, err)
	}
	for _, role := range can {
		if err := k.proposeRenewal(ctx, []string{role}, taken); err != nil {
			failed = errors.Join(failed, named("role", role, err))
		}
	}
	return failed
}

// proposeRenewal proposes one event that renews roles, and sees to it that a pull
// request is open for it.
func (k *caretaker) proposeRenewal(ctx context.Context, due, taken []string) error {
	p, err := k.trusted.Renew(k.d, metadata.Proposition{Why: whyRenewal(k.trusted, due), Opened: k.now, Renew: due, Taken: taken})
	if err != nil {
		return rejected(err)
	}
	if err := k.gatePasses(ctx, k.repo, p); err != nil {
		return err
	}
	out, message, err := k.sendProposal(ctx, k.trusted, k.head, p, k.dryRun)
	if err != nil {
		return err
	}
	k.out.Opened = append(k.out.Opened, out)
	if k.dryRun {
		return nil
	}
	if k.hub == nil {
		out.pullRequest = k.openPull(ctx, out.Branch, message)
		return nil
	}
	out.pullRequest, err = k.mustOpen(ctx, out.Branch, message, git.Commit(out.Commit))
	return err
}

// whyRenewal is the sentence that every signer reads.
func whyRenewal(trusted *metadata.Trusted, due []string) string {
	var parts []string
	for _, role := range due {
		doc := trusted.Document(role)
		parts = append(parts, fmt.Sprintf("%s version %d expires on %s", role, doc.Version(), day(doc.Expires())))
	}
	return "renewal, because " + words.Join(parts)
}

// byHand tells that a person has to propose a role, and what stands in the way.
func (k *caretaker) byHand(ctx context.Context, e byHandEntry, step string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Signing of %s version %d has opened, and no machine can propose it: %s.\n", escapeMarkdown(e.Role), e.Version+1, escapeMarkdown(e.Reason))
	list(&b, "What the edit would change", e.Changes)
	fmt.Fprintf(&b, "\nNext: %s.\n", e.Next)
	if doc := k.trusted.Document(e.Role); doc != nil {
		fmt.Fprintf(&b, "\n%s version %d expires on %s.\n", escapeMarkdown(e.Role), e.Version, day(doc.Expires()))
	}
	i := forge.Issue{Key: renewIssues + e.Role, Title: fmt.Sprintf("A person has to propose %s version %d", e.Role, e.Version+1), Body: b.String()}
	var err error
	e.Issue, err = k.tell(ctx, i, fmt.Sprintf("%s-v%d", step, e.Version+1), b.String())
	k.out.ByHand = append(k.out.ByHand, e)
	return err
}

// rolesOf are the roles that an event makes, out of a list.
func rolesOf(e *metadata.Event, due []string) []string {
	return slices.DeleteFunc(slices.Clone(due), func(role string) bool { return e.Payload(role) == nil })
}
