package roles

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// TestPossessionStatement is the text form, byte for byte.
func TestPossessionStatement(t *testing.T) {
	want := `rust-tuf member v1
repository: 00112233445566778899aabbccddeeff
name: alice
login: alice-at-forge
keyid: 9f86d081
`
	if got := string(PossessionStatement(repositoryID, "alice", "alice-at-forge", "9f86d081")); got != want {
		t.Errorf("%q", got)
	}
}

// TestPossessionIsNoMetadata: whatever is in it, nothing that reads documents
// takes the statement for one, so a signature over it signs no metadata.
func TestPossessionIsNoMetadata(t *testing.T) {
	for _, value := range []string{"", "alice", `{"signed":{}}`, "x\n{}"} {
		statement := PossessionStatement(value, value, value, value)
		if canonical, err := verify.Canonical(statement, verify.DefaultLimits()); err == nil {
			t.Errorf("%q is JSON: %q", statement, canonical)
		}
	}
}

func TestCheckPossession(t *testing.T) {
	statement := func(repository, name, login, id string) string {
		return hex.EncodeToString(signed(t, p256("alice"), PossessionStatement(repository, name, login, id)))
	}
	spec, err := FormSpec.KeyID(public(p256("alice")))
	if err != nil {
		t.Fatal(err)
	}
	spki, err := FormSPKI.KeyID(public(p256("alice")))
	if err != nil {
		t.Fatal(err)
	}
	good := statement(repositoryID, "alice", "alice-at-forge", spec)
	const another = "the signature is not this key's, or was made for another repository, name or login"
	for name, test := range map[string]struct {
		signature string
		words     string // empty: accepted
	}{
		"spec":                   {good, ""},
		"spki":                   {statement(repositoryID, "alice", "alice-at-forge", spki), ""},
		"none":                   {"", "there is no signature that proves it"},
		"upper case":             {strings.ToUpper(good), "not written in lower-case hex"},
		"no hex":                 {"signature", "not written in lower-case hex"},
		"cut short":              {good[:len(good)-2], another},
		"one bit":                {good[:len(good)-1] + string("0123456789abcdef"[strings.IndexByte("0123456789abcdef", good[len(good)-1])^1]), another},
		"of another repository":  {statement(strings.Repeat("1", 32), "alice", "alice-at-forge", spec), another},
		"of another name":        {statement(repositoryID, "mallory", "alice-at-forge", spec), another},
		"of another login":       {statement(repositoryID, "alice", "mallory", spec), another},
		"of another key id":      {statement(repositoryID, "alice", "alice-at-forge", strings.Repeat("ab", 32)), another},
		"by another key":         {hex.EncodeToString(signed(t, p256("mallory"), PossessionStatement(repositoryID, "alice", "alice-at-forge", spec))), another},
		"over the bare key id":   {hex.EncodeToString(signed(t, p256("alice"), []byte(spec))), another},
		"over the fields joined": {hex.EncodeToString(signed(t, p256("alice"), []byte(repositoryID+"alice"+"alice-at-forge"+spec))), another},
	} {
		t.Run(name, func(t *testing.T) {
			err := CheckPossession(repositoryID, "alice", "alice-at-forge", public(p256("alice")), test.signature)
			if test.words == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			e := wantError[*PossessionError](t, err, "possession of the key by alice (login alice-at-forge) is not proven: ", test.words)
			if e.Member != "alice" || e.Login != "alice-at-forge" {
				t.Errorf("%+v", e)
			}
		})
	}
	for name, key := range map[string]verify.PublicKey{"P-384": public(p384("alice")), "Ed25519": public(edKey("alice"))} {
		m := &Member{Name: "alice", Login: "alice"}
		k := MemberKey{Public: PublicKey{key}}
		if err := CheckPossession(repositoryID, "alice", "alice", key, possess(t, repositoryID, m, k)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
