package roles

import (
	"fmt"

	"github.com/rust-lang/rust-tuf/verify"
)

// rehearsalPrefix begins the name of every rehearsed repository.
const rehearsalPrefix = "rehearsal-of-"

// Rehearse returns a charter of the same shape for a rehearsal: the same roles,
// thresholds, lifetimes, delegations, files and people, in another repository,
// whose name says what it is, and marked so that every document made from it
// says so too. Each key is replaced by what standIn gives for it, and is on no
// card: nothing claims the evidence of the real one. The charter that it is
// made from stays as it is.
func (c *Charter) Rehearse(repository string, standIn func(verify.PublicKey) (verify.PublicKey, error)) (*Charter, error) {
	r := *c
	r.Rehearsal, r.Repository, r.Devices = true, repository, nil
	r.Name = rehearsalPrefix + c.Name
	r.Name = r.Name[:min(len(r.Name), maxNameBytes)]
	r.Members = make([]CharterMember, len(c.Members))
	for i, m := range c.Members {
		keys := make([]CharterKey, len(m.Keys))
		for j, k := range m.Keys {
			public, err := standIn(k.Public.PublicKey)
			if err != nil {
				return nil, fmt.Errorf("the key %s of %s: %w", k.Label, m.Name, err)
			}
			keys[j] = CharterKey{Label: k.Label, Public: PublicKey{public}, Kind: KindSoftware}
		}
		m.Keys = keys
		r.Members[i] = m
	}
	r.Online = make([]CharterOnline, len(c.Online))
	for i, o := range c.Online {
		public, err := standIn(o.Public.PublicKey)
		if err != nil {
			return nil, fmt.Errorf("the key of the machine %s: %w", o.Name, err)
		}
		r.Online[i] = CharterOnline{o.Name, PublicKey{public}}
	}
	return &r, r.check()
}
