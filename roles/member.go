package roles

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Member is one member.toml: a person and their keys. [ParseMember] makes one;
// every value in it has been checked.
type Member struct {
	// Format is 1.
	Format int `toml:"format"`
	// Name is the member's name here, and the name of the file's folder.
	Name string `toml:"name"`
	// Login is the member's name at the forge.
	Login string `toml:"login"`
	// Affiliations and Countries are labels that the rules for spread compare.
	Affiliations []string `toml:"affiliations"`
	Countries    []string `toml:"countries"`
	// TermEnds is the day on which somebody else is to take over; zero for none.
	// Nothing ends by itself then: people are told.
	TermEnds Date `toml:"term-ends"`
	// Keys are all keys the member ever declared, lost and retired ones too.
	Keys []MemberKey `toml:"key"`

	file string
}

// MemberKey is one key of a member.
type MemberKey struct {
	// Label tells the keys of one member apart.
	Label string `toml:"label"`
	// Public is the public key.
	Public PublicKey `toml:"public"`
	// Kind is where the private key lives.
	Kind Kind `toml:"kind"`
	// Serial is the serial number of the card; 0 unless Kind is KindPIV.
	Serial int64 `toml:"serial"`
	// Slot is the slot on the card, such as "9c"; empty unless Kind is KindPIV.
	Slot string `toml:"slot"`
	// Status is whether the key may still be used.
	Status Status `toml:"status"`
	// Possession is the key's signature over [PossessionStatement], in
	// lower-case hex; empty when there is none.
	Possession string `toml:"possession"`
	// Evidence proves that the key lives on the card. It stands in files of
	// its own: see [Member.Attach].
	Evidence Evidence `toml:"-"`
	// Retirement is what the holder said with the key before destroying it, in
	// a file of its own: see [Member.Retire]. nil where nothing was said.
	Retirement *Retirement `toml:"-"`
}

// Kind is where a private key lives.
type Kind string

const (
	KindSoftware Kind = "software" // an encrypted file
	KindPIV      Kind = "piv"      // a PIV card, which never gives it away
)

// Status is whether a key may still be used.
type Status string

const (
	// StatusActive is a key that roles may name.
	StatusActive Status = "active"
	// StatusLost is a key whose holder can no longer sign with it, or who is
	// no longer alone with it. It cannot help to meet an old threshold.
	StatusLost Status = "lost"
	// StatusRetired is a key that no role names any more, but which its
	// holder can still sign with: the last time to hand over to its successor.
	StatusRetired Status = "retired"
)

// pivSlots are the slots that hold a signing key: the four named ones and the
// twenty for retired keys (NIST SP 800-73-4, table 4b).
func pivSlots() []string {
	slots := []string{"9a", "9c", "9d", "9e"}
	for s := 0x82; s <= 0x95; s++ {
		slots = append(slots, strconv.FormatInt(int64(s), 16))
	}
	return slots
}

// ParseMember reads a member file. The file's name serves for messages, and
// when it ends in <folder>/member.toml the member must have the folder's name.
// Every error is a *[SyntaxError]; several faults are joined.
func ParseMember(file string, data []byte) (*Member, error) {
	m := &Member{file: file}
	o, err := decodeTOML(file, data, MemberBytes, m)
	if err != nil {
		return nil, err
	}
	c := &faults{outline: o}
	if m.Format != 1 {
		c.add("format", "this version reads format 1, the file says %d", m.Format)
	}
	c.check("name", checkName("name", m.Name))
	if folder := path.Base(path.Dir(file)); path.Base(file) == "member.toml" && folder != m.Name && path.Dir(file) != "." {
		c.add("name", "%q is in the folder %q; a member's file stands in the folder of that name", m.Name, folder)
	}
	if !loginForm.MatchString(m.Login) {
		c.add("login", "%q is no login of a forge: 1 to 64 letters, digits, dots, hyphens and underscores", m.Login)
	}
	checkLabels(c, "affiliation", "affiliations", m.Affiliations)
	checkLabels(c, "country", "countries", m.Countries)
	if len(m.Keys) > maxMemberKeys {
		c.add("key", "%d keys, at most %d", len(m.Keys), maxMemberKeys)
		return nil, c.join()
	}
	for i := range m.Keys {
		m.checkKey(c, i)
	}
	if err := c.join(); err != nil {
		return nil, err
	}
	return m, nil
}

func checkLabels(c *faults, what, at string, labels []string) {
	if len(labels) > maxLabels {
		c.add(at, "%d labels, at most %d", len(labels), maxLabels)
		return
	}
	for i, l := range labels {
		c.check(entry(at, i), checkLabel(what, l))
		if slices.Index(labels, l) < i {
			c.add(entry(at, i), "%s is listed twice", l)
		}
	}
}

func (m *Member) checkKey(c *faults, i int) {
	k, at := m.Keys[i], entry("key", i)
	c.check(below(at, "label"), checkName("label", k.Label))
	if slices.IndexFunc(m.Keys, func(o MemberKey) bool { return o.Label == k.Label }) < i {
		c.add(below(at, "label"), "a second key with the label %q", k.Label)
	}
	if k.Public.isZero() {
		c.add(below(at, "public"), "the public key is missing")
	}
	switch k.Kind {
	case KindSoftware:
		if k.Serial != 0 || k.Slot != "" {
			c.add(at, "a software key has no serial and no slot")
		}
	case KindPIV:
		if k.Serial < 1 || k.Serial > maxSerial {
			c.add(below(at, "serial"), "%d is no serial number of a card", k.Serial)
		}
		if !slices.Contains(pivSlots(), k.Slot) {
			c.add(below(at, "slot"), "%q is no slot for a signing key; usual is \"9c\"", k.Slot)
		}
		m.checkCard(c, i)
	default:
		c.add(below(at, "kind"), "unknown kind %q; it is one of software, piv", k.Kind)
	}
	switch k.Status {
	case StatusActive, StatusLost, StatusRetired:
	default:
		c.add(below(at, "status"), "unknown status %q; it is one of active, lost, retired", k.Status)
	}
	if _, ok := readSignature(k.Possession); !ok && k.Possession != "" {
		c.add(below(at, "possession"), "this is no signature in lower-case hex")
	}
}

// checkCard refuses a second active key on one card: the folder of a card
// holds the evidence of one key.
func (m *Member) checkCard(c *faults, i int) {
	k := m.Keys[i]
	for _, o := range m.Keys[:i] {
		if o.Kind == KindPIV && o.Serial == k.Serial && o.Status == StatusActive && k.Status == StatusActive {
			c.add(below(entry("key", i), "serial"), "%s is an active key on card %d too; a card has one active key of a member, for members/%s/%d/ holds the evidence of one",
				o.Label, k.Serial, m.Name, k.Serial)
		}
	}
}

// Key returns the key with a label.
func (m *Member) Key(label string) (MemberKey, bool) {
	i := slices.IndexFunc(m.Keys, func(k MemberKey) bool { return k.Label == label })
	if i < 0 {
		return MemberKey{}, false
	}
	return m.Keys[i], true
}

// Active returns the labels of the member's active keys, in the file's order.
func (m *Member) Active() []string {
	var labels []string
	for _, k := range m.Keys {
		if k.Status == StatusActive {
			labels = append(labels, k.Label)
		}
	}
	return labels
}

// TOML writes the member file; [ParseMember] reads the same member from it.
func (m *Member) TOML() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "format = %d\nname = %s\nlogin = %s\n", m.Format, quote(m.Name), quote(m.Login))
	fmt.Fprintf(&b, "# Labels are only compared, so pseudonyms will do.\naffiliations = %s\ncountries = %s\n", quoteAll(m.Affiliations), quoteAll(m.Countries))
	if !m.TermEnds.IsZero() {
		fmt.Fprintf(&b, "term-ends = %s\n", quote(m.TermEnds.String()))
	}
	for _, k := range m.Keys {
		fmt.Fprintf(&b, "\n[[key]]\nlabel = %s\npublic = \"\"\"\n%s\"\"\"\nkind = %s\n", quote(k.Label), k.Public.PEM(), quote(string(k.Kind)))
		if k.Kind == KindPIV {
			fmt.Fprintf(&b, "serial = %d\nslot = %s\n", k.Serial, quote(k.Slot))
		}
		fmt.Fprintf(&b, "status = %s # or lost, retired\n", quote(string(k.Status)))
		if k.Possession != "" {
			fmt.Fprintf(&b, "# The key's signature over repository, name, login and key id.\npossession = %s\n", quote(k.Possession))
		}
	}
	return b.Bytes()
}

// quote writes a TOML basic string. What reaches it has been checked to be
// printable ASCII; anything else is written as an escape all the same.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r > '~':
			fmt.Fprintf(&b, "\\U%08X", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func quoteAll(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
