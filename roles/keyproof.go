package roles

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/roles/attest"
)

// KeyProof is what is proven about one key of a member: where it lives, and that
// its holder agreed to be this member.
type KeyProof struct {
	Holder string   // "alice/main"
	Roles  []string // that name the key; none for one that is only declared
	Kind   Kind
	// Card is what the card attests, in one line that ends with whose word it
	// rests on. It is empty where nothing is proven, as for every key in a file.
	Card string
	// Facts are those of Card.
	Facts attest.Facts
	// Unproven says why nothing proves that a key is on its card, and in what it
	// falls short of the policy; empty for a key that is proven, and for a key in
	// a file.
	Unproven string
	// Possessed says that the key signed its [PossessionStatement].
	Possessed bool
}

// Proven reports whether the card itself proves where the key lives and that it
// is what the policy demands, and the key that its holder agreed.
func (k KeyProof) Proven() bool { return k.Card != "" && k.Unproven == "" && k.Possessed }

// String says it in one line, for people.
func (k KeyProof) String() string {
	text := k.Holder + ", in no role: "
	if len(k.Roles) > 0 {
		text = k.Holder + ", of " + strings.Join(k.Roles, " and ") + ": "
	}
	switch {
	case k.Kind != KindPIV:
		text += "a software key; nothing proves where it lives"
	case k.Card == "":
		text += "not proven to be on a card: " + k.Unproven
	case k.Unproven != "":
		text += k.Card + "; but " + k.Unproven
	default:
		text += k.Card
	}
	if k.Possessed {
		return text + "; it signed for its holder"
	}
	return text + "; no signature proves whose it is"
}

// Proofs tells what is proven about each key that a proposal's roles name, and
// about the active keys of its Members, ordered by holder. It judges as [Lint]
// does, and refuses nothing.
func Proofs(p Proposal) []KeyProof {
	l := &linter{Proposal: p, used: map[Exception][]string{}}
	l.prepare()
	var list []KeyProof
	var seen []keyUse
	for _, u := range l.uses {
		if i := slices.IndexFunc(seen, u.same); i >= 0 {
			list[i].Roles = append(list[i].Roles, u.role)
			continue
		}
		k := KeyProof{Holder: u.name(), Kind: u.key.Kind,
			Possessed: CheckPossession(u.repository, u.member.Name, u.member.Login, u.key.Public.PublicKey, u.key.Possession) == nil}
		if u.role != "" {
			k.Roles = []string{u.role}
		}
		for _, c := range l.cards {
			if u.same(c.keyUse) && c.role == u.role {
				k.Facts = c.facts
				k.Card, k.Unproven = c.proof(l.damaged)
			}
		}
		seen, list = append(seen, u), append(list, k)
	}
	slices.SortStableFunc(list, func(a, b KeyProof) int { return cmp.Compare(a.Holder, b.Holder) })
	return list
}

// proof is what the evidence of a key proves, and what it does not.
func (c cardKey) proof(damaged error) (card, unproven string) {
	if err := cmp.Or(damaged, c.err); err != nil {
		return "", err.Error()
	}
	if missing := c.missing(); missing != "" {
		return "", missing
	}
	var short []error
	for _, f := range c.found {
		if f.Severity == attest.Refused && f.Rule != "test-root" {
			short = append(short, errors.New(f.Text))
		}
	}
	if err := errors.Join(short...); err != nil {
		unproven = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return c.facts.String(), unproven
}
