package cli

import (
	"context"

	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/verify"
)

// pushedBefore is the entry with what an earlier run pushed: no card attests or
// signs twice in the same bytes, so a rerun takes those. Only the certificates
// and the signature are taken, which prove themselves; all else is what the card
// and this run say. ok is false where there is no branch, and whoever changed it
// is found out: the error is a *BranchTakenError.
func (e *enrolment) pushedBefore(ctx context.Context, entry roles.MemberKey, facts attest.Facts) (known roles.MemberKey, ok bool, err error) {
	at, err := e.w.git.Fetch(ctx, e.w.push, e.branch())
	if err != nil {
		return entry, false, ctx.Err()
	}
	known = entry
	if k, found := e.declaredAt(ctx, at, entry.Public.PublicKey); found {
		known.Possession, known.Evidence = k.Possession, k.Evidence
	}
	holds := false
	if e.proves(known, facts) {
		change, err := e.files(known)
		if err != nil {
			return entry, false, err
		}
		if holds, err = e.w.holds(ctx, e.w.head, at, change); err != nil {
			return entry, false, err
		}
	}
	if !holds {
		return entry, false, &BranchTakenError{Remote: e.w.push, Branch: e.branch(), Found: at}
	}
	return known, true, nil
}

// declaredAt is what a commit declares of a key of this member.
func (e *enrolment) declaredAt(ctx context.Context, at git.Commit, key verify.PublicKey) (roles.MemberKey, bool) {
	repo, err := e.w.read(ctx, at)
	if err != nil {
		return roles.MemberKey{}, false
	}
	members, err := repo.Members()
	if err != nil || members[e.member.Name] == nil {
		return roles.MemberKey{}, false
	}
	for _, k := range members[e.member.Name].Keys {
		if k.Public.Equal(key) {
			return k, true
		}
	}
	return roles.MemberKey{}, false
}

// proves tells whether an entry's certificates attest what the card attests now,
// and whether its key signed that it is this member's.
func (e *enrolment) proves(entry roles.MemberKey, facts attest.Facts) bool {
	proof, err := attest.Parse([]byte(entry.Evidence.Slot), []byte(entry.Evidence.Device))
	if err != nil {
		return false
	}
	attested, err := e.proof.Verify(proof, e.w.now)
	return err == nil && attested.Key.Equal(facts.Key) && attested.String() == facts.String() &&
		roles.CheckPossession(e.terms.Repository, e.member.Name, e.member.Login, entry.Public.PublicKey, entry.Possession) == nil
}
