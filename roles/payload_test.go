package roles

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/secure-systems-lab/go-securesystemslib/cjson"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from what was written:\n%s", file, got)
	}
}

func payload(t testing.TB, c *Charter, b Basis) []byte {
	t.Helper()
	if b.Opened.IsZero() {
		b.Opened = opened
	}
	raw, err := c.Payload(b)
	if err != nil {
		t.Fatalf("payload of %s: %v", c.Role, err)
	}
	return raw
}

func read(t testing.TB, raw []byte) *verify.Document {
	t.Helper()
	d, err := verify.Read(raw, verify.DefaultLimits())
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return d
}

func TestPayloadGolden(t *testing.T) {
	d := nine().declare(t)
	for _, role := range d.PeopleRoles() {
		c, err := d.Charter(role)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, role+".charter.json", c.JSON())
		golden(t, "1."+role+".json", payload(t, c, Basis{}))
	}
}

func TestPayloadIsReadByBoth(t *testing.T) {
	d := nine().declare(t)
	rootCharter, err := d.Charter(Root)
	if err != nil {
		t.Fatal(err)
	}
	raw := payload(t, rootCharter, Basis{})
	root, err := read(t, raw).Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range topLevel() {
		q, ok := root.UnverifiedQuorum(role)
		if !ok {
			t.Fatalf("no quorum for %s", role)
		}
		holders := rootCharter.Holders(role)
		if q.Threshold() != d.Policy.Roles[role].Threshold || len(q.Keys()) != len(holders) {
			t.Errorf("%s: %d of %d, want %d of %d", role, q.Threshold(), len(q.Keys()), d.Policy.Roles[role].Threshold, len(holders))
		}
		for _, h := range holders {
			got, ok := q.Holder(h.KeyID)
			if !ok || !got.Key.Equal(h.Key) || got.Owner != h.Owner() {
				t.Errorf("%s: key %s is %q's, want %q's", role, h.KeyID, got.Owner, h.Owner())
			}
		}
	}
	if !root.ConsistentSnapshot() {
		t.Error("consistent_snapshot is not set")
	}
	theirs, err := (&metadata.Metadata[metadata.RootType]{}).FromBytes(raw)
	if err != nil {
		t.Fatalf("go-tuf: %v", err)
	}
	if len(theirs.Signed.Roles) != 4 || len(theirs.Signed.Keys) != 11 || theirs.Signed.Version != 1 {
		t.Errorf("go-tuf read %d roles, %d keys, version %d", len(theirs.Signed.Roles), len(theirs.Signed.Keys), theirs.Signed.Version)
	}

	targetsCharter, err := d.Charter(Targets)
	if err != nil {
		t.Fatal(err)
	}
	raw = payload(t, targetsCharter, Basis{})
	targets, err := read(t, raw).Targets(Targets)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, delegation := range targets.Delegations() {
		names = append(names, delegation.Name)
	}
	if strings.Join(names, " ") != "release nightly" {
		t.Errorf("delegations %q, want the order of the policy", names)
	}
	their, err := (&metadata.Metadata[metadata.TargetsType]{}).FromBytes(raw)
	if err != nil {
		t.Fatalf("go-tuf: %v", err)
	}
	found := their.Signed.Delegations.GetRolesForTarget("channels/stable.toml")
	if len(found) != 1 || found[0].Name != "release" || !found[0].Terminating {
		t.Errorf("go-tuf finds %v for channels/stable.toml", found)
	}
}

func TestPayloadIsSignedAlike(t *testing.T) {
	raw := payload(t, nine().charter(t, Root), Basis{})
	ours := read(t, raw).Signed()
	theirs, err := (&metadata.Metadata[metadata.RootType]{}).FromBytes(raw)
	if err != nil {
		t.Fatal(err)
	}
	canonical, err := cjson.EncodeCanonical(theirs.Signed)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(ours, canonical) {
		t.Errorf("the bytes to sign differ:\n%s\n%s", ours, canonical)
	}
}

func TestPayloadForm(t *testing.T) {
	raw := payload(t, nine().charter(t, "release"), Basis{Opened: opened.Add(300 * time.Millisecond).In(time.FixedZone("", 3600))})
	text := string(raw)
	for _, want := range []string{"\"signatures\": []", "\"expires\": \"2028-03-01T09:30:00Z\"", "\n  \"signed\": {\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the payload lacks %q:\n%s", want, text)
		}
	}
	if !strings.HasSuffix(text, "}\n") || strings.Contains(text, "delegations") || strings.Contains(text, "supersedes") {
		t.Errorf("the payload's form:\n%s", text)
	}
}

func TestPayloadFollowsItsBase(t *testing.T) {
	c := nine().charter(t, Root)
	first := read(t, payload(t, c, Basis{}))
	second := read(t, payload(t, c, Basis{Base: first, Supersedes: []verify.Digest{first.Digest(), first.Digest()}}))
	if second.Version() != 2 {
		t.Errorf("version %d after 1", second.Version())
	}
	x, ok := second.Extension()
	if !ok || x.Policy != c.Digest() || x.Repository != repositoryID || x.Role != Root {
		t.Errorf("extension %+v", x)
	}
	if len(x.Supersedes) != 1 || x.Supersedes[0] != first.Digest() {
		t.Errorf("supersedes %v", x.Supersedes)
	}
	if x.Lifetimes[Root] != "2y" || x.Lifetimes[Timestamp] != "24h" {
		t.Errorf("lifetimes %v", x.Lifetimes)
	}
}

func TestPayloadRefusesItsBasis(t *testing.T) {
	root, targets := nine().charter(t, Root), nine().charter(t, Targets)
	release := nine().charter(t, "release")
	other := nine().with(t, repositoryID, strings.Repeat("f", 32)).charter(t, Root)
	for name, test := range map[string]struct {
		charter *Charter
		basis   Basis
		words   []string
	}{
		"no instant":       {root, Basis{}, []string{"payload for root", "opening instant is missing"}},
		"wrong type":       {root, Basis{Base: read(t, payload(t, targets, Basis{})), Opened: opened}, []string{"after version 1", "type targets, not root"}},
		"other role":       {release, Basis{Base: read(t, payload(t, targets, Basis{})), Opened: opened}, []string{"document of the role targets"}},
		"other repository": {root, Basis{Base: read(t, payload(t, other, Basis{})), Opened: opened}, []string{"belongs to the repository ffff", repositoryID}},
		"too late":         {root, Basis{Opened: time.Date(9998, 1, 1, 0, 0, 0, 0, time.UTC)}, []string{"expire in the year 10000"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.charter.Payload(test.basis)
			wantError[*BasisError](t, err, test.words...)
		})
	}
}

func TestPayloadRefusesOneKeyOfTwoHolders(t *testing.T) {
	r := nine()
	r.members["bob"] = strings.Replace(r.members["bob"], public(p256("bob")).PEM(), public(p256("alice")).PEM(), 1)
	_, err := r.charter(t, Root).Payload(Basis{Opened: opened})
	wantError[*DuplicateKeyError](t, err, "role root", "alice/main and bob/main have the same public key")
}

func TestSchemeFitsTheKey(t *testing.T) {
	for name, test := range map[string]struct {
		key    verify.PublicKey
		scheme string
	}{
		"P-256":   {public(p256("alice")), "ecdsa-sha2-nistp256"},
		"P-384":   {public(p384("alice")), "ecdsa-sha2-nistp384"},
		"Ed25519": {public(edKey("alice")), "ed25519"},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := tufKey(test.key)
			if err != nil {
				t.Fatal(err)
			}
			if key.Scheme != test.scheme || key.Type != test.key.KeyType() {
				t.Errorf("keytype %s, scheme %s", key.Type, key.Scheme)
			}
			if test.key.KeyType() == "ecdsa" && key.Value.PublicKey != test.key.PEM() {
				t.Errorf("go-tuf writes the PEM as\n%s, verify as\n%s", key.Value.PublicKey, test.key.PEM())
			}
			id, err := FormSpec.KeyID(test.key)
			if err != nil {
				t.Fatal(err)
			}
			want, err := key.ID()
			if err != nil {
				t.Fatal(err)
			}
			if id != want {
				t.Errorf("key id %s, go-tuf says %s", id, want)
			}
			id, err = FormSPKI.KeyID(test.key)
			sum := sha256.Sum256(test.key.SPKI())
			if err != nil || id != hex.EncodeToString(sum[:]) {
				t.Errorf("spki key id %s, %v", id, err)
			}
		})
	}
	if _, err := KeyIDForm("mine").KeyID(public(edKey("alice"))); err == nil || !strings.Contains(err.Error(), `unknown key id form "mine"`) {
		t.Errorf("an unknown form: %v", err)
	}
}
