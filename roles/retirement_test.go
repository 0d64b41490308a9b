package roles

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// TestRetirementStatement is the text form, byte for byte; nothing that reads
// documents, or statements of new members, takes it for one.
func TestRetirementStatement(t *testing.T) {
	k := MemberKey{Public: PublicKey{public(p256("alice"))}, Serial: 1000, Slot: "9c"}
	want := `rust-tuf retirement v1
repository: 00112233445566778899aabbccddeeff
name: alice
key: ` + k.Public.Fingerprint().String() + `
card: 1000
slot: 9c
way: deleted
`
	got := RetirementStatement(repositoryID, "alice", k, WayDeleted)
	if string(got) != want {
		t.Errorf("%q", got)
	}
	if _, err := verify.Canonical(got, verify.DefaultLimits()); err == nil || strings.HasPrefix(string(got), "rust-tuf member v1") {
		t.Error("it can be taken for something else")
	}
}

// retiring is alice, who is in no role, with a retired key.
func retiring(t testing.TB, by string, edit func(k *MemberKey)) (*Member, string) {
	t.Helper()
	m := member(t, memberTOML("alice", "a", "b", 1000))
	m.Keys[0].Status = StatusRetired
	signing := m.Keys[0]
	if edit != nil {
		edit(&signing)
	}
	r := Retirement{Format: 1, Key: signing.Public.Fingerprint().String(), Way: WayDeleted,
		Signature: hex.EncodeToString(signed(t, p256(by), RetirementStatement(repositoryID, "alice", signing, WayDeleted)))}
	return m, string(r.TOML())
}

// TestRetire: the file is read strictly, and only for a key on a card that the
// member declares.
func TestRetire(t *testing.T) {
	m, text := retiring(t, "alice", nil)
	if err := m.Retire("main", []byte(text)); err != nil || string(m.Keys[0].Retirement.TOML()) != text {
		t.Fatalf("%v\n%s", err, text)
	}
	for words, edit := range map[string]func(string) string{
		"members/alice/retired-main.toml:3:1: format: this version reads format 1, the file says 2": func(s string) string { return strings.Replace(s, "format = 1", "format = 2", 1) },
		"key: this is no SHA-256 in lower-case hex":                                                 func(s string) string { return strings.Replace(s, `key = "`, `key = "A`, 1) },
		`way: unknown way "burnt"; it is one of deleted, overwritten`:                               func(s string) string { return strings.Replace(s, `"deleted"`, `"burnt"`, 1) },
		"signature: this is no signature in lower-case hex":                                         func(s string) string { return strings.Replace(s, `signature = "`, `signature = "x`, 1) },
		`unknown key "extra"`:         func(s string) string { return s + "extra = 1\n" },
		"the file has":                func(s string) string { return s + strings.Repeat("#", RetirementBytes) },
		"signature: this is no signa": func(s string) string { return s[:strings.Index(s, "signature =")] },
	} {
		var refused *SyntaxError
		if err := m.Retire("main", []byte(edit(text))); !errors.As(err, &refused) || !strings.Contains(err.Error(), words) {
			t.Errorf("%v, want %q", err, words)
		}
	}
	var refused *RetirementError
	if err := m.Retire("other", []byte(text)); !errors.As(err, &refused) || refused.Label != "other" || !strings.Contains(err.Error(), "members/alice/retired-other.toml: alice declares no key other") {
		t.Error(err)
	}
	m.Keys[0].Kind = KindSoftware
	if err := m.Retire("main", []byte(text)); !errors.As(err, &refused) || !strings.Contains(err.Error(), "the key main is a file, of which there may be copies") {
		t.Error(err)
	}
	for file, label := range map[string]string{"retired-main.toml": "main", "retired-.toml": "", "retired-A.toml": "", "retired-main.toml.bak": "", "member.toml": ""} {
		if got, ok := RetirementLabel(file); got != label || ok != (label != "") {
			t.Errorf("%s: %q, %v", file, got, ok)
		}
	}
	if RetirementFile("main") != "retired-main.toml" {
		t.Error(RetirementFile("main"))
	}
}

// TestCheckRetirement: only the key itself ends itself, here, where it is.
func TestCheckRetirement(t *testing.T) {
	const another = "the signature is not this key's, or was made for another repository, name, card or slot"
	for name, test := range map[string]struct {
		by    string
		sign  func(k *MemberKey)
		after func(m *Member)
		words string
	}{
		"in order":      {"alice", nil, nil, ""},
		"by another":    {"mallory", nil, nil, another},
		"another card":  {"alice", func(k *MemberKey) { k.Serial = 1001 }, nil, another},
		"another slot":  {"alice", func(k *MemberKey) { k.Slot = "9a" }, nil, another},
		"another key":   {"mallory", func(k *MemberKey) { k.Public = PublicKey{public(p256("mallory"))} }, nil, "it is about the key "},
		"another way":   {"alice", nil, func(m *Member) { m.Keys[0].Retirement.Way = WayOverwritten }, another},
		"still active":  {"alice", nil, func(m *Member) { m.Keys[0].Status = StatusActive }, "it says that the key is destroyed, but its status is active"},
		"lost":          {"alice", nil, func(m *Member) { m.Keys[0].Status = StatusLost }, "but its status is lost"},
		"nothing there": {"alice", nil, func(m *Member) { m.Keys[0].Retirement = nil }, "there is none"},
	} {
		t.Run(name, func(t *testing.T) {
			m, text := retiring(t, test.by, test.sign)
			if err := m.Retire("main", []byte(text)); err != nil {
				t.Fatal(err)
			}
			if test.after != nil {
				test.after(m)
			}
			err := CheckRetirement(repositoryID, "alice", m.Keys[0])
			var refused *RetirementError
			if test.words == "" && err != nil || test.words != "" && (!errors.As(err, &refused) || !strings.Contains(err.Error(), test.words)) {
				t.Errorf("%v, want %q", err, test.words)
			}
		})
	}
}

// TestRetirementRule: the gate shows what a member said, and refuses what is not
// so.
func TestRetirementRule(t *testing.T) {
	for name, test := range map[string]struct {
		by       string
		severity Severity
		words    string
	}{
		"in order":   {"alice", Note, "alice said with the key main itself that it is retired and deleted in slot 9c of card 1000; that it is gone is their word, which no card can prove"},
		"a stranger": {"mallory", Refused, "members/alice/retired-main.toml: the signature is not this key's"},
	} {
		m, text := retiring(t, test.by, nil)
		if err := m.Retire("main", []byte(text)); err != nil {
			t.Fatal(err)
		}
		terms := &Terms{Repository: repositoryID, KeyID: FormSpec, Readers: []string{"rust-tuf"}, Devices: DefaultDevices()}
		found := terms.Judge(map[string]*Member{"alice": m}, []string{"alice"}, nil)
		if i := slices.IndexFunc(found, func(f Finding) bool { return f.Rule == "retirement" }); i < 0 || found[i].Severity != test.severity || !strings.HasPrefix(found[i].Text, test.words) || found[i].Gate() != (test.severity == Refused) {
			t.Errorf("%s: %s", name, show(found))
		}
	}
}

// FuzzRetire: what is read is written and read again as the same.
func FuzzRetire(f *testing.F) {
	_, text := retiring(f, "alice", nil)
	f.Add([]byte(text))
	f.Add([]byte("format = 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, _ := retiring(t, "alice", nil)
		if m.Retire("main", data) != nil {
			return
		}
		written := m.Keys[0].Retirement.TOML()
		if err := m.Retire("main", written); err != nil || string(m.Keys[0].Retirement.TOML()) != string(written) {
			t.Errorf("%v\n%s", err, written)
		}
	})
}
