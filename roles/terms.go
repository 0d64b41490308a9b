package roles

import (
	"slices"

	"github.com/rust-lang/rust-tuf/roles/attest"
)

// Terms is what a policy says to somebody who is about to become a member. It
// can be read before the policy names anybody: members enrol their keys first,
// and are named in roles afterwards.
type Terms struct {
	// Repository is the repository's id.
	Repository string
	// KeyID is how key ids are made.
	KeyID KeyIDForm
	// Readers are the clients that must be able to parse what is written.
	Readers []string
	// Devices is what every key on a card must be.
	Devices Devices
	// Exceptions are those of all roles: who is not in a role yet may come to one
	// that has the exception.
	Exceptions []Exception
	// Forge is where pull requests are opened.
	Forge Forge
}

// ParseTerms reads the terms out of rust-tuf.toml. Roles may still be without
// members, and machines without keys; everything else that [ParsePolicy]
// refuses about the terms is refused here too. Every error is a *[SyntaxError];
// several faults are joined.
func ParseTerms(file string, data []byte) (*Terms, error) {
	var text termsFile
	text.KeyID, text.Devices = FormSpec, DefaultDevices()
	o, err := decodeTOML(file, data, PolicyBytes, &text)
	if err != nil {
		return nil, err
	}
	head := Policy{Format: text.Format, Name: text.Name, Repository: text.Repository, KeyID: text.KeyID, Readers: text.Readers}
	c := &faults{outline: o}
	head.checkHead(c)
	text.Devices.check("devices", c.add)
	text.Forge.check(c)
	if err := c.join(); err != nil {
		return nil, err
	}
	return &Terms{Repository: text.Repository, KeyID: text.KeyID, Readers: text.Readers, Devices: text.Devices, Exceptions: text.Exceptions, Forge: text.Forge}, nil
}

// termsFile is a [Policy] whose machines may have no keys yet.
type termsFile struct {
	Format             int              `toml:"format"`
	Name               string           `toml:"name"`
	Repository         string           `toml:"repository"`
	KeyID              KeyIDForm        `toml:"keyid"`
	Readers            []string         `toml:"readers"`
	ConsistentSnapshot bool             `toml:"consistent-snapshot"`
	Devices            Devices          `toml:"devices"`
	Lint               Bounds           `toml:"lint"`
	Exceptions         []Exception      `toml:"exception"`
	Roles              map[string]*Role `toml:"roles"`
	Online             map[string]*struct {
		Public string `toml:"public"`
	} `toml:"online"`
	Targets  []Target              `toml:"target"`
	Schedule map[string]*Deadlines `toml:"schedule"`
	Forge    Forge                 `toml:"forge"`
}

// UnreadableP384 tells, a sentence for each, which of the readers could not use
// a P-384 key, and what becomes of it there.
func (t *Terms) UnreadableP384() []string {
	var list []string
	for _, r := range listedReaders(t.Readers) {
		if r.noP384 != "" {
			list = append(list, r.name+" "+r.noP384)
		}
	}
	return list
}

// Judge applies the rules about keys and cards to some members among all, as
// the gate does when their files are proposed. Findings are sorted as [Lint]
// sorts them. A verifier that is nil trusts Yubico's roots alone.
func (t *Terms) Judge(members map[string]*Member, names []string, v *attest.Verifier) []Finding {
	about := []string{"key-twice", "card-algorithm", "attestation", "possession", "retirement", "serial-twice", "device-policy", "advisory"}
	return slices.DeleteFunc(Lint(t.proposal(members, names, v)), func(f Finding) bool { return !slices.Contains(about, f.Rule) })
}

// Proofs is [Proofs] for some members among all.
func (t *Terms) Proofs(members map[string]*Member, names []string, v *attest.Verifier) []KeyProof {
	return Proofs(t.proposal(members, names, v))
}

// proposal is a policy that names nobody, and members.
func (t *Terms) proposal(members map[string]*Member, names []string, v *attest.Verifier) Proposal {
	p := &Policy{Format: 1, Repository: t.Repository, KeyID: t.KeyID, Readers: t.Readers, Devices: t.Devices,
		Roles: map[string]*Role{Root: {}, Targets: {}}, Exceptions: t.Exceptions}
	return Proposal{Declaration: &Declaration{Policy: p, Members: members}, Members: names, Verifier: v}
}

// Candidate is a card as it describes itself, which proves nothing.
type Candidate struct {
	Serial     uint32
	Firmware   attest.Version
	FormFactor attest.FormFactor
}

// Meets tells why a card cannot hold a member's key, by its firmware and its
// series. Nothing speaks against it when the list is empty; what some role has an
// exception for, for this member and this card, does not.
func (t *Terms) Meets(member string, c Candidate) []string {
	if t.excepts("device-policy", member, c) {
		return nil
	}
	var against []string
	least, err := attest.ParseVersion(t.Devices.MinFirmware)
	if err == nil && c.Firmware.Before(least) {
		against = append(against, "its firmware is "+c.Firmware.String()+", the policy demands "+t.Devices.MinFirmware+" or newer")
	}
	if t.Devices.FIPS && !c.FormFactor.FIPS() {
		against = append(against, "it is not of the FIPS series, which the policy demands")
	}
	return against
}

// Advised tells why no ECDSA key should be made on a card, by what its maker says
// of its firmware, in the same way.
func (t *Terms) Advised(member string, c Candidate) []string {
	var against []string
	stated := attest.Facts{Firmware: c.Firmware, FormFactor: c.FormFactor}
	if copyable, mended := stated.Copyable(); copyable && !t.excepts("advisory", member, c) {
		against = append(against, "keys on firmware "+c.Firmware.String()+" can be copied in a laboratory (YSA-2024-03), which firmware "+mended.String()+" mends")
	}
	if stated.Guessable() {
		against = append(against, "keys on firmware "+c.Firmware.String()+" can be computed from signatures (YSA-2019-02)")
	}
	return against
}

func (t *Terms) excepts(rule, member string, c Candidate) bool {
	return slices.ContainsFunc(t.Exceptions, func(e Exception) bool { return e.covers(rule, member, int64(c.Serial)) })
}
