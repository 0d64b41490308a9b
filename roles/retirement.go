package roles

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// Retirement is the last thing that a key on a card signs: its holder says with
// it that it is retired and destroyed. It stands in a file of its own,
// members/<name>/retired-<label>.toml, beside the member's.
//
// The signature proves that whoever held the key wanted its end. That the key
// was destroyed is the holder's word: a card signs no statement about a key that
// is gone. Of a key that the card itself made there is no copy, unless an
// advisory says that cards of this firmware give theirs away; of any other key
// there may be.
type Retirement struct {
	// Format is 1.
	Format int `toml:"format"`
	// Key is the SHA-256 of the key's SubjectPublicKeyInfo, in lower-case hex.
	Key string `toml:"key"`
	// Way is how the card destroys the key: WayDeleted or WayOverwritten. It is
	// signed before that, so rust-tuf writes WayOverwritten: a card overwrites a
	// key before it deletes what is in the slot then, so this is true also where
	// the deletion fails or there is no way to do it.
	Way string `toml:"way"`
	// Signature is the key's over its [RetirementStatement], in lower-case hex.
	Signature string `toml:"signature"`
}

// The ways in which a card destroys a key.
const (
	WayDeleted     = "deleted"     // the slot is empty afterwards; only of firmware 5.7, by other tools
	WayOverwritten = "overwritten" // with a new key, which nobody lists
)

// RetirementStatement is what a key signs before it is destroyed: text, in
// these lines, each ended by a newline:
//
//	rust-tuf retirement v1
//	repository: 00112233445566778899aabbccddeeff
//	name: alice
//	key: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//	card: 12345678
//	slot: 9c
//	way: overwritten
//
// key is the SHA-256 of the SubjectPublicKeyInfo. It can be taken neither for
// metadata nor for a [PossessionStatement]: their first bytes differ.
func RetirementStatement(repository, name string, key MemberKey, way string) []byte {
	return []byte("rust-tuf retirement v1\n" +
		"repository: " + repository + "\n" +
		"name: " + name + "\n" +
		"key: " + key.Public.Fingerprint().String() + "\n" +
		"card: " + strconv.FormatInt(key.Serial, 10) + "\n" +
		"slot: " + key.Slot + "\n" +
		"way: " + way + "\n")
}

// RetirementFile is the name of the file about the key with a label.
func RetirementFile(label string) string { return "retired-" + label + ".toml" }

var retirementFile = regexp.MustCompile(`^retired-([a-z0-9][a-z0-9-]*)\.toml$`)

// RetirementLabel is the label in the name of such a file.
func RetirementLabel(file string) (label string, ok bool) {
	m := retirementFile.FindStringSubmatch(file)
	if m == nil || !nameForm.MatchString(m[1]) {
		return "", false
	}
	return m[1], true
}

// TOML writes the file; [Member.Retire] reads it.
func (r Retirement) TOML() []byte {
	return fmt.Appendf(nil, `# What the holder of this key said with it, before destroying it. That it was
# destroyed is the holder's word; no card can prove it.
format = %d
# SHA-256 of the key's SubjectPublicKeyInfo.
key = %s
# How the card does it: deleted, or overwritten with a new key.
way = %s
# The key's signature over all of that, the repository, the member, card and slot.
signature = %s
`, r.Format, quote(r.Key), quote(r.Way), quote(r.Signature))
}

// RetirementError says that a file about a retired key is none, or is about no
// key of this member.
type RetirementError struct {
	Member, Label string
	Reason        string
}

func (e *RetirementError) Error() string {
	return fmt.Sprintf("members/%s/%s: %s", e.Member, RetirementFile(e.Label), e.Reason)
}

// Retire gives the key with a label the file about its end. What it says is not
// verified yet; [Lint] does that. The error is a *[RetirementError] or a
// *[SyntaxError].
func (m *Member) Retire(label string, data []byte) error {
	refuse := func(format string, args ...any) error {
		return &RetirementError{m.Name, label, fmt.Sprintf(format, args...)}
	}
	i := slices.IndexFunc(m.Keys, func(k MemberKey) bool { return k.Label == label })
	if i < 0 {
		return refuse("%s declares no key %s; a retired key stays declared, with status = \"retired\"", m.Name, label)
	}
	if m.Keys[i].Kind != KindPIV {
		return refuse("the key %s is a file, of which there may be copies; only the end of a key on a card is recorded", label)
	}
	r := &Retirement{}
	o, err := decodeTOML("members/"+m.Name+"/"+RetirementFile(label), data, RetirementBytes, r)
	if err != nil {
		return err
	}
	c := &faults{outline: o}
	if r.Format != 1 {
		c.add("format", "this version reads format 1, the file says %d", r.Format)
	}
	if !sha256Form.MatchString(r.Key) {
		c.add("key", "this is no SHA-256 in lower-case hex")
	}
	if r.Way != WayDeleted && r.Way != WayOverwritten {
		c.add("way", "unknown way %q; it is one of %s, %s", shortened(r.Way), WayDeleted, WayOverwritten)
	}
	if _, ok := readSignature(r.Signature); !ok {
		c.add("signature", "this is no signature in lower-case hex")
	}
	if err := c.join(); err != nil {
		return err
	}
	m.Keys[i].Retirement = r
	return nil
}

// CheckRetirement verifies that a key's holder said with it that it is retired.
// The error is a *[RetirementError].
func CheckRetirement(repository, name string, k MemberKey) error {
	refuse := func(format string, args ...any) error {
		return &RetirementError{name, k.Label, fmt.Sprintf(format, args...)}
	}
	switch r := k.Retirement; {
	case r == nil:
		return refuse("there is none")
	case r.Key != k.Public.Fingerprint().String():
		return refuse("it is about the key %s, but %s is %s", r.Key, k.Label, k.Public.Fingerprint())
	case k.Status != StatusRetired:
		return refuse("it says that the key is destroyed, but its status is %s", k.Status)
	default:
		sig, _ := readSignature(r.Signature)
		if k.Public.Verify(RetirementStatement(repository, name, k, r.Way), sig) != nil {
			return refuse("the signature is not this key's, or was made for another repository, name, card or slot")
		}
	}
	return nil
}

// retirements judges what is said about the end of keys.
func (l *linter) retirements() {
	if l.Declaration == nil {
		return
	}
	for _, name := range sortedKeys(l.Declaration.Members) {
		for _, k := range l.Declaration.Members[name].Keys {
			if k.Retirement == nil {
				continue
			}
			if err := CheckRetirement(l.Declaration.Policy.Repository, name, k); err != nil {
				l.refuse("", "correct the status in members/"+name+"/member.toml, or remove the file; `rust-tuf member retire` makes both", "%s", err)
				continue
			}
			if listed := l.listedBy(k.Public.Fingerprint()); len(listed) > 0 {
				l.refuse("", "publish a version without the key first; until then its place must be kept or handed over",
					"%s/%s is said to be destroyed, but %s still list it and would have one key less than they count on", name, k.Label, "the roles "+strings.Join(listed, ", "))
				continue
			}
			if slices.Contains(l.Members, name) {
				l.say(Note, "", "", "%s said with the key %s itself that it is retired and %s in slot %s of card %d; that it is gone is their word, which no card can prove",
					name, k.Label, k.Retirement.Way, k.Slot, k.Serial)
			}
		}
	}
}

// listedBy names the roles of trusted versions that list a key.
func (l *linter) listedBy(key verify.Digest) []string {
	var list []string
	look := func(role string, q *verify.Quorum) {
		if slices.ContainsFunc(q.Keys(), func(h verify.Holder) bool { return h.Key.Fingerprint() == key }) && !slices.Contains(list, role) {
			list = append(list, role)
		}
	}
	if l.Trusted != nil {
		for _, role := range topLevel() {
			if q, ok := l.Trusted.Quorum(role); ok {
				look(role, q)
			}
		}
	}
	for _, name := range sortedKeys(l.Targets) {
		for _, d := range l.Targets[name].Delegations() {
			if q, ok := l.Targets[name].Quorum(d.Name); ok {
				look(d.Name, q)
			}
		}
	}
	return list
}
