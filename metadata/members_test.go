package metadata

import (
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/roles"
)

// cardText is a member whose key is on a card.
func cardText(name string, serial int64) []byte {
	return fmt.Appendf(nil, "format = 1\nname = %q\nlogin = %q\naffiliations = []\ncountries = []\n\n[[key]]\nlabel = \"main\"\npublic = \"\"\"\n%s\"\"\"\nkind = \"piv\"\nserial = %d\nslot = \"9c\"\nstatus = \"active\"\n",
		name, name, publicOf(name).PEM(), serial)
}

// block is a certificate as far as the layout is concerned: what it says is
// for the rules to judge.
func block(content string) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte(content)})
}

func TestMembersWithEvidence(t *testing.T) {
	r, err := Read(MapTree(map[string][]byte{
		MemberPath("alice"):                           cardText("alice", 1234),
		MemberPath("bob"):                             memberText("bob", ""),
		EvidencePath("alice", 1234, roles.SlotFile):   block("slot"),
		EvidencePath("alice", 1234, roles.DeviceFile): []byte(strings.ReplaceAll(string(block("device")), "\n", "\r\n")),
	}))
	if err != nil {
		t.Fatal(err)
	}
	members, err := r.Members()
	if err != nil {
		t.Fatal(err)
	}
	want := roles.Evidence{Slot: string(block("slot")), Device: string(block("device"))}
	if got := members["alice"].Keys[0].Evidence; got != want {
		t.Errorf("alice's evidence is %+v, want %+v", got, want)
	}
	if got := members["bob"].Keys[0].Evidence; len(members) != 2 || got != (roles.Evidence{}) {
		t.Errorf("%d members; bob's evidence is %+v", len(members), got)
	}
	if got := EvidencePath("alice", 1234, roles.SlotFile); got != "members/alice/1234/slot.pem" {
		t.Errorf("the path is %s", got)
	}
}

// TestMembersRefuse: nothing hides below members/.
func TestMembersRefuse(t *testing.T) {
	const belongs = "does not belong here: a member is members/<name>/member.toml, the evidence for a key on a card members/<name>/<serial>/slot.pem and device.pem, what was said of a retired one members/<name>/retired-<label>.toml"
	for path, test := range map[string]struct {
		content []byte
		words   string
	}{
		"members/README.md":                    {nil, belongs},
		"members/alice/notes.txt":              {nil, belongs},
		"members/alice/slot.pem":               {block("slot"), belongs},
		"members/alice/1234/member.toml":       {cardText("alice", 1234), belongs},
		"members/alice/1234/attestation.pem":   {block("slot"), belongs},
		"members/alice/1234/old/slot.pem":      {block("slot"), belongs},
		"members/alice/01234/slot.pem":         {block("slot"), belongs},
		"members/alice/+1234/slot.pem":         {block("slot"), belongs},
		"members/alice/0x4d2/slot.pem":         {block("slot"), belongs},
		"members/alice/99999999999999999999/x": {block("slot"), belongs},
		"members/carol/retired-main.toml":      {nil, "is about a key of carol, whom no members/carol/member.toml declares"},
		"members/alice/retired-main.toml":      {make([]byte, roles.RetirementBytes+1), "is 4097 bytes long; the limit is 4096"},
		"members/alice/retired-A.toml":         {nil, belongs},
		"members/carol/1234/slot.pem":          {block("slot"), "is evidence for a key of carol, whom no members/carol/member.toml declares"},
		"members/alice/1234/device.pem":        {make([]byte, roles.EvidenceBytes+1), "is 8193 bytes long; the limit is 8192"},
		"members/dave/member.toml":             {make([]byte, roles.MemberBytes+1), "is 65537 bytes long; the limit is 65536"},
	} {
		_, err := membersWith(t, path, test.content)
		if e := expect[*TreeError](t, err, path+": ", test.words); e.Path != path {
			t.Errorf("%+v", e)
		}
	}
	for path, test := range map[string]struct {
		content []byte
		words   string
	}{
		"members/alice/1235/slot.pem": {block("slot"), "alice declares no key on card 1235"},
		"members/bob/1234/slot.pem":   {block("slot"), "bob declares no key on card 1234"},
		"members/alice/1234/slot.pem": {[]byte("-----BEGIN CERTIFICATE-----"), "it is no certificate in PEM"},
	} {
		_, err := membersWith(t, path, test.content)
		expect[*roles.EvidenceError](t, err, path+": ", test.words)
	}
}

func membersWith(t *testing.T, path string, content []byte) (map[string]*roles.Member, error) {
	t.Helper()
	files := map[string][]byte{MemberPath("alice"): cardText("alice", 1234), MemberPath("bob"): memberText("bob", "")}
	files[path] = content
	r, err := Read(MapTree(files))
	if err != nil {
		t.Fatal(err)
	}
	return r.Members()
}

// TestEvidenceIsAFileLikeOthers: the rules of the layout hold where evidence
// stands.
func TestEvidenceIsAFileLikeOthers(t *testing.T) {
	path := EvidencePath("alice", 1234, roles.SlotFile)
	for words, entries := range map[string][]Entry{
		"is a symbolic link":            {{Path: path, Mode: "120000"}},
		"has mode 100755":               {{Path: path, Mode: "100755"}},
		"only in upper and lower case":  {{Path: "members/alice/1234/SLOT.pem", Mode: "100644"}, {Path: path, Mode: "100644"}},
		"not a plain relative path":     {{Path: "members/alice/../1234/slot.pem", Mode: "100644"}},
		"is 67108865 bytes long; the l": {{Path: path, Mode: "100644", Size: maxFileBytes + 1}},
	} {
		expect[*TreeError](t, checkLayout(entries), words)
	}
}
