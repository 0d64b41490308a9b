package roles

import (
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// Holder is one key of a role and who holds it.
type Holder struct {
	Member string // the member's name; for a machine the name of its key
	Label  string // the key's label; empty for a machine
	KeyID  string // 64 lower-case hex digits
	Key    verify.PublicKey
	Kind   Kind  // empty for a machine
	Serial int64 // of the card; 0 when there is none
	Slot   string
	Online bool // a machine holds it

	Evidence Evidence // that the key lives on the card, as it stands in the charter
}

// String is "member/label", or "online/name" for a machine.
func (h Holder) String() string {
	if h.Online {
		return "online/" + h.Member
	}
	return h.Member + "/" + h.Label
}

// Owner is what the signed document says of the key: the member's name, or
// "online/name" for a machine.
func (h Holder) Owner() string {
	if h.Online {
		return h.String()
	}
	return h.Member
}

// person is the member who holds the key; empty for a machine.
func (h Holder) person() string {
	if h.Online {
		return ""
	}
	return h.Member
}

// Holders returns the keys that a role named by this charter has, members
// first, in the order of the charter; nil when the charter names no such role.
func (c *Charter) Holders(role string) []Holder {
	r, ok := c.role(role)
	if !ok {
		return nil
	}
	var holders []Holder
	for _, ref := range r.Members {
		name, label, _ := strings.Cut(ref, "/")
		m, _ := c.member(name)
		if k, ok := m.key(label); ok {
			holders = append(holders, Holder{Member: name, Label: label, Key: k.Public.PublicKey, Kind: k.Kind, Serial: k.Serial, Slot: k.Slot})
			if k.Attestation != nil {
				holders[len(holders)-1].Evidence = *k.Attestation
			}
		}
	}
	for _, name := range r.Online {
		if o, ok := c.online(name); ok {
			holders = append(holders, Holder{Member: name, Key: o.Public.PublicKey, Online: true})
		}
	}
	for i := range holders {
		id, err := c.KeyID.KeyID(holders[i].Key)
		if err != nil {
			return nil
		}
		holders[i].KeyID = id
	}
	return holders
}
