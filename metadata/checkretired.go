package metadata

import (
	"fmt"
	"strings"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// CountedOnError is a key that is said to be destroyed although it is counted
// on.
type CountedOnError struct {
	Path string // of what is said
	By   string // "the open event 2026-03-02-root-v1 lists it in root"
}

func (e *CountedOnError) Error() string {
	return fmt.Sprintf("%s says that the key is destroyed, but %s; that can be said when no version and no open event lists it", e.Path, e.By)
}

// retired judges what the pull request does to the records of destroyed keys.
// One that stands is kept for good; a new one must be about a key that nobody
// counts on. ready says that the rules are asked about trusted versions too.
func (c *checker) retired(ready bool) {
	for _, ch := range c.changes {
		name, label, ok := retirementOf(ch.Path)
		switch {
		case !ok:
		case ch.Kind != added && c.stands(name, label):
			c.verdict.refuse(&FrozenError{Path: ch.Path, Kind: string(ch.Kind),
				Reason: fmt.Sprintf("it is what the holder of %s/%s said with the key itself before destroying it; that is kept, and the key stays retired", name, label)})
		case ch.Kind != deleted:
			c.newlyRetired(ch.Path, name, label, ready)
		}
	}
}

// retirementOf tells whose key, and which, a file is about.
func retirementOf(p string) (name, label string, ok bool) {
	parts := strings.Split(p, "/")
	if len(parts) != 3 || parts[0] != MembersDir {
		return "", "", false
	}
	label, ok = roles.RetirementLabel(parts[2])
	return parts[1], label, ok
}

// stands tells whether base holds a record that is in order. One that proves
// nothing, or is about a key that is counted on, may be taken back: pull requests
// that were each in order can leave it behind.
func (c *checker) stands(name, label string) bool {
	k, ok := c.base.retiredKey(name, label)
	if !ok {
		return false
	}
	raw, err := c.base.tree.Read(PolicyFile)
	if err != nil {
		return false
	}
	terms, err := roles.ParseTerms(PolicyFile, raw)
	if err != nil {
		return true // what cannot be judged now is kept
	}
	key := k.Public.Fingerprint()
	return roles.CheckRetirement(terms.Repository, name, k) == nil && len(c.trusted.Lists(key)) == 0 && c.base.openLists(key) == ""
}

// newlyRetired judges a record that base does not have.
func (c *checker) newlyRetired(path, name, label string, ready bool) {
	k, ok := c.head.retiredKey(name, label)
	if !ok {
		return // and head cannot be read
	}
	key := k.Public.Fingerprint()
	if by := c.head.openLists(key); by != "" {
		c.verdict.refuse(&CountedOnError{path, by})
		return
	}
	if by := c.trusted.Lists(key); !ready && len(by) > 0 {
		c.verdict.refuse(&CountedOnError{path, "the trusted versions of " + strings.Join(by, ", ") + " list it"})
	}
}

// retiredKey is the key that a record is about.
func (r *Repository) retiredKey(name, label string) (roles.MemberKey, bool) {
	members, err := r.Members()
	if err != nil || members[name] == nil {
		return roles.MemberKey{}, false
	}
	k, ok := members[name].Key(label)
	return k, ok && k.Retirement != nil
}

// openLists says which open event lists a key; empty when none does.
func (r *Repository) openLists(key verify.Digest) string {
	for _, e := range r.Open {
		if role := e.Lists(key); role != "" {
			return "the open event " + e.Name + " lists it in " + role
		}
	}
	return ""
}
