package roles

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

const repositoryID = "00112233445566778899aabbccddeeff"

var opened = time.Date(2027, time.March, 1, 9, 30, 0, 0, time.UTC)

// p256, p384 and edKey derive a key pair from a name, so that documents with
// them can be compared with files.
func p256(name string) *ecdsa.PrivateKey {
	sum := sha256.Sum256([]byte(name))
	return scalar(elliptic.P256(), sum[:])
}

func p384(name string) *ecdsa.PrivateKey {
	sum := sha512.Sum384([]byte(name))
	return scalar(elliptic.P384(), sum[:])
}

func scalar(curve elliptic.Curve, raw []byte) *ecdsa.PrivateKey {
	raw[0] &= 0x7f
	key, err := ecdsa.ParseRawPrivateKey(curve, raw)
	if err != nil {
		panic(err)
	}
	return key
}

func edKey(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func public(k crypto.Signer) verify.PublicKey {
	p, err := verify.NewPublicKey(k.Public())
	if err != nil {
		panic(err)
	}
	return p
}

// repo is a declaration as text, to be edited by a test before it is read.
type repo struct {
	policy  string
	members map[string]string
	// cards are those that differ from what their member declares, by member.
	cards map[string]card
	// files replace, or with an empty text remove, what the card made, by
	// member and file.
	files map[[2]string]string
}

// memberTOML is a member with one key on a card.
func memberTOML(name, affiliation, country string, serial int) string {
	return fmt.Sprintf(`format = 1
name = %q
login = "%s-at-forge"
affiliations = [%q]
countries = [%q]

[[key]]
label = "main"
public = """
%s"""
kind = "piv"
serial = %d
slot = "9c"
status = "active"
`, name, name, affiliation, country, public(p256(name)).PEM(), serial)
}

// nine is a clean repository: root and targets 5 of 9, release 3 of 5 by
// others, nightly, snapshot and timestamp by machines.
func nine() *repo {
	r := &repo{members: map[string]string{}, cards: map[string]card{}, files: map[[2]string]string{}, policy: `format = 1
name = "tuf-root"
repository = "` + repositoryID + `"
keyid = "spec"
readers = ["rust-tuf", "go-tuf", "python-tuf", "tuf-js", "tough"]

[roles.root]
quorum = true
members = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"]
threshold = 5
lifetime = "2y"

[roles.targets]
quorum = true
members = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"]
threshold = 5
lifetime = "1y"

[roles.snapshot]
online = ["snapshot"]
threshold = 1
lifetime = "7d"

[roles.timestamp]
online = ["timestamp"]
threshold = 1
lifetime = "24h"

[roles.release]
delegator = "targets"
members = ["judy", "mike", "olivia", "peggy", "rupert"]
threshold = 3
lifetime = "1y"
paths = ["channels/*", "rustup/?.toml"]
terminating = true

[roles.nightly]
delegator = "targets"
online = ["nightly"]
threshold = 1
lifetime = "7d"
paths = ["nightly/*"]

[[target]]
role = "release"
path = "channels/stable.toml"
length = 123
sha256 = "` + strings.Repeat("ab", 32) + `"
`}
	for _, name := range []string{"snapshot", "timestamp", "nightly"} {
		r.policy += fmt.Sprintf("\n[online.%s]\npublic = \"\"\"\n%s\"\"\"\n", name, public(edKey(name)).PEM())
	}
	for i, name := range []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"} {
		r.members[name] = memberTOML(name, fmt.Sprintf("company-%d", i%3), fmt.Sprintf("country-%d", i/3), 1000+i)
	}
	for i, name := range []string{"judy", "mike", "olivia", "peggy", "rupert"} {
		r.members[name] = memberTOML(name, "team", "country-1", 2000+i)
	}
	return r
}

// with replaces one piece of the policy, which must be there exactly once.
func (r *repo) with(t testing.TB, old, new string) *repo {
	t.Helper()
	if n := strings.Count(r.policy, old); n != 1 {
		t.Fatalf("the policy has %q %d times, the test wants it once", old, n)
	}
	r.policy = strings.Replace(r.policy, old, new, 1)
	return r
}

// edit replaces one piece of a member file, which must be there exactly once.
func (r *repo) edit(t testing.TB, member, old, new string) *repo {
	t.Helper()
	if n := strings.Count(r.members[member], old); n != 1 {
		t.Fatalf("%s has %q %d times, the test wants it once", member, old, n)
	}
	r.members[member] = strings.Replace(r.members[member], old, new, 1)
	return r
}

func (r *repo) declare(t testing.TB) *Declaration {
	t.Helper()
	d := &Declaration{Members: map[string]*Member{}}
	var err error
	if d.Policy, err = ParsePolicy("rust-tuf.toml", []byte(r.policy)); err != nil {
		t.Fatalf("policy: %v", err)
	}
	for name, text := range r.members {
		if d.Members[name], err = ParseMember("members/"+name+"/member.toml", []byte(text)); err != nil {
			t.Fatalf("member: %v", err)
		}
		r.enrol(t, d.Policy.Repository, d.Members[name])
	}
	return d
}

// enrol adds what a member brings along with a key: the signature that proves
// possession, where the file has none, and the attestation of their card.
func (r *repo) enrol(t testing.TB, repository string, m *Member) {
	t.Helper()
	for i := range m.Keys {
		k := &m.Keys[i]
		if k.Possession == "" {
			k.Possession = possess(t, repository, m, *k)
		}
		if k.Kind != KindPIV || k.Status != StatusActive {
			continue
		}
		c, ok := r.cards[m.Name]
		if !ok {
			c = card{serial: k.Serial, slot: k.Slot, key: k.Public.PublicKey}
		}
		made := c.attest()
		for _, file := range []string{SlotFile, DeviceFile} {
			text := *made.file(file)
			if other, ok := r.files[[2]string{m.Name, file}]; ok {
				text = other
			}
			if text == "" {
				continue
			}
			if err := m.Attach(k.Serial, file, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (r *repo) charter(t testing.TB, role string) *Charter {
	t.Helper()
	c, err := r.declare(t).Charter(role)
	if err != nil {
		t.Fatalf("charter of %s: %v", role, err)
	}
	return c
}

// wantError checks an error's type and that its text holds each of the words.
func wantError[E error](t *testing.T, err error, words ...string) E {
	t.Helper()
	var e E
	if err == nil {
		t.Fatalf("no error, want %T with %q", e, words)
	}
	if !errors.As(err, &e) {
		t.Fatalf("error %T %q, want %T", err, err, e)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q, want it to say %q", err, w)
		}
	}
	return e
}
