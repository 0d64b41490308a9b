package roles

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/roles/attest"
)

const termsID = "00112233445566778899aabbccddeeff"

// The template of init has terms, although nobody is named in it yet.
func TestTermsOfTheTemplate(t *testing.T) {
	terms, err := ParseTerms("rust-tuf.toml", []byte(Template("tuf-root", termsID)))
	if err != nil {
		t.Fatal(err)
	}
	if terms.Repository != termsID || terms.KeyID != FormSpec || !slices.Equal(terms.Readers, readerNames()) || terms.Devices.PIN != PolicyAlways {
		t.Errorf("%+v", terms)
	}
	unreadable := terms.UnreadableP384()
	if len(unreadable) != 2 || !strings.HasPrefix(unreadable[0], "tuf-js hashes") || !strings.HasPrefix(unreadable[1], "tough knows no such scheme") {
		t.Errorf("%q", unreadable)
	}
	if against := terms.Meets("alice", Candidate{Serial: 1000, Firmware: attest.Version{Major: 5, Minor: 4, Patch: 3}}); len(against) != 1 || against[0] != "its firmware is 5.4.3, the policy demands 5.7.0 or newer" {
		t.Errorf("%q", against)
	}
	if against := terms.Meets("alice", Candidate{Serial: 1000, Firmware: attest.Version{Major: 5, Minor: 7}}); against != nil {
		t.Errorf("%q", against)
	}
}

// What a policy says of its own terms is refused as ParsePolicy refuses it.
func TestTermsRefuse(t *testing.T) {
	template := Template("tuf-root", termsID)
	for _, test := range []struct{ old, new, want string }{
		{"[devices]", "[devices]\npin = \"never\"", `devices.pin: unknown word "never"`},
		{`keyid = "spec"`, `keyid = "md5"`, `keyid: unknown form "md5"`},
		{termsID, "", "repository: \"\": write the 32 lower-case hex digits"},
		{"[devices]", "[devises]", "devises"},
		{`"tough"]`, `"rough"]`, `unknown reader "rough"`},
		{"[devices]", "[forge]\nkind = \"GitHub\"\n[devices]", `unknown kind "GitHub"`},
	} {
		_, err := ParseTerms("rust-tuf.toml", []byte(strings.Replace(template, test.old, test.new, 1)))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %T %v", test.new, err, err)
		}
	}
}

// FIPS and an exception from device-policy change what a card must be.
func TestTermsExcept(t *testing.T) {
	text := strings.Replace(Template("tuf-root", termsID), "[devices]", "[devices]\nfips = true", 1)
	terms, err := ParseTerms("rust-tuf.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if against := terms.Meets("alice", Candidate{Serial: 1000, Firmware: attest.Version{Major: 5, Minor: 7}}); len(against) != 1 || against[0] != "it is not of the FIPS series, which the policy demands" {
		t.Errorf("%q", against)
	}
	text += "\n[[exception]]\nrule = \"device-policy\"\nrole = \"root\"\nreason = \"a card is on its way\"\n"
	if terms, err = ParseTerms("rust-tuf.toml", []byte(text)); err != nil {
		t.Fatal(err)
	}
	old := Candidate{Serial: 1000, Firmware: attest.Version{Major: 5, Minor: 4}}
	if against := terms.Meets("alice", old); against != nil {
		t.Errorf("%q", against)
	}
	if against := terms.Advised("alice", old); len(against) != 1 || !strings.Contains(against[0], "YSA-2024-03") {
		t.Errorf("%q", against)
	}
	bio := Candidate{Serial: 1000, Firmware: attest.Version{Major: 5, Minor: 7}, FormFactor: 6}
	if against := terms.Advised("alice", bio); len(against) != 1 || against[0] != "keys on firmware 5.7.0 can be copied in a laboratory (YSA-2024-03), which firmware 5.7.2 mends" {
		t.Errorf("%q", against)
	}
	text += "\n[[exception]]\nrule = \"advisory\"\nrole = \"root\"\nreason = \"a card is on its way\"\n"
	if terms, err = ParseTerms("rust-tuf.toml", []byte(text)); err != nil {
		t.Fatal(err)
	}
	if against := terms.Advised("alice", old); against != nil {
		t.Errorf("%q", against)
	}
	guessable := Candidate{Serial: 1000, Firmware: attest.Version{Major: 4, Minor: 4, Patch: 2}, FormFactor: 0x81}
	if against := terms.Advised("alice", guessable); len(against) != 1 || against[0] != "keys on firmware 4.4.2 can be computed from signatures (YSA-2019-02)" {
		t.Errorf("%q", against)
	}
}

// A member without evidence and possession is told both, before any role names
// the key.
func TestTermsJudge(t *testing.T) {
	terms, err := ParseTerms("rust-tuf.toml", []byte(Template("tuf-root", termsID)))
	if err != nil {
		t.Fatal(err)
	}
	m := &Member{Format: 1, Name: "alice", Login: "alice", Keys: []MemberKey{{Label: "main", Public: PublicKey{public(p256("alice"))},
		Kind: KindPIV, Serial: 20000001, Slot: "9c", Status: StatusActive}}}
	var rules []string
	for _, f := range terms.Judge(map[string]*Member{"alice": m}, []string{"alice"}, nil) {
		if f.Severity == Refused {
			rules = append(rules, f.Rule)
		}
	}
	if !slices.Equal(rules, []string{"attestation", "possession"}) {
		t.Errorf("%q", rules)
	}
}
