package verify_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// goTUFKey is a person's key as go-tuf writes it, and its id there.
func goTUFKey(t testing.TB, p *person) (*metadata.Key, string) {
	t.Helper()
	key, err := metadata.KeyFromPublicKey(p.signer.Public())
	if err != nil {
		t.Fatal(err)
	}
	if p.public.Scheme() == metadata.KeySchemeECDSA_SHA2_P384 {
		key.Scheme = metadata.KeySchemeECDSA_SHA2_P384 // it takes every curve for P-256
	}
	id, err := key.ID()
	if err != nil {
		t.Fatal(err)
	}
	return key, id
}

// goTUFSign signs what go-tuf encodes, and has it write the document.
func goTUFSign[T metadata.Roles](t testing.TB, m *metadata.Metadata[T], people ...*person) []byte {
	t.Helper()
	message := canonical(t, m.Signed)
	for _, p := range people {
		_, id := goTUFKey(t, p)
		m.Signatures = append(m.Signatures, metadata.Signature{KeyID: id, Signature: p.sign(t, message)})
	}
	raw, err := m.ToBytes(false)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func goTUFRoot(t testing.TB, version int64, threshold int, people ...*person) *metadata.Metadata[metadata.RootType] {
	t.Helper()
	m := metadata.Root(time.Date(2030, 1, 1, 0, 0, 0, 123456789, time.FixedZone("west", -7*3600)))
	m.Signed.Version = version
	for _, role := range metadata.TOP_LEVEL_ROLE_NAMES {
		for _, p := range people {
			key, _ := goTUFKey(t, p)
			if err := m.Signed.AddKey(key, role); err != nil {
				t.Fatal(err)
			}
		}
		m.Signed.Roles[role].Threshold = threshold
	}
	return m
}

// What go-tuf writes is accepted, and both agree on how many signatures a
// threshold needs.
func TestGoTUFRoots(t *testing.T) {
	people := append(everyKind(t), edPerson(t, "erin"))
	h := history{}
	for v := int64(1); v <= 3; v++ {
		h[v] = goTUFSign(t, goTUFRoot(t, v, 3, people...), people...)
	}
	newest, err := mustTrust(t, h[1]).Walk(h.next, verify.Limits{})
	if err != nil || newest.Version() != 3 {
		t.Fatalf("reached %d: %v", newest.Version(), err)
	}
	q, _ := newest.Quorum("root")
	if tally := q.Tally(newest.Document()); len(tally.Valid) != len(people) {
		t.Error(tally)
	}
	for n := range len(people) + 1 {
		raw := goTUFSign(t, goTUFRoot(t, 4, 3, people...), people[:n]...)
		oracle, err := metadata.Root().FromBytes(raw)
		if err != nil {
			t.Fatal(err)
		}
		oracleErr := oracle.VerifyDelegate("root", oracle)
		_, err = newest.Next(mustRoot(t, raw))
		if (err == nil) != (oracleErr == nil) || (err == nil) != (n >= 3) {
			t.Errorf("%d signatures: %v; go-tuf: %v", n, err, oracleErr)
		}
	}
}

func TestGoTUFTargets(t *testing.T) {
	people := everyKind(t)
	root := mustTrust(t, goTUFSign(t, goTUFRoot(t, 1, 2, people...), people...))
	m := metadata.Targets(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	file, err := metadata.TargetFile().FromBytes("channels/stable.toml", []byte("hello"), "sha256", "sha512")
	if err != nil {
		t.Fatal(err)
	}
	m.Signed.Targets["channels/stable.toml"] = file
	m.Signed.Delegations = &metadata.Delegations{
		Keys:  map[string]*metadata.Key{},
		Roles: []metadata.DelegatedRole{{Name: "release", KeyIDs: []string{}, Threshold: 1, Paths: []string{"channels/*"}}},
	}
	key, _ := goTUFKey(t, people[0])
	if err := m.Signed.AddKey(key, "release"); err != nil {
		t.Fatal(err)
	}
	raw := goTUFSign(t, m, people[:2]...)
	targets, err := verify.TrustTargets(root, mustTargets(t, "targets", raw))
	if err != nil {
		t.Fatal(err)
	}
	if e := targets.Entries(); len(e) != 1 || e[0].Length != 5 || e[0].Hashes["sha256"] != file.Hashes["sha256"].String() {
		t.Errorf("%+v", e)
	}
	release := goTUFSign(t, metadata.Targets(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)), people[0])
	if _, err := verify.TrustTargets(targets, mustTargets(t, "release", release)); err != nil {
		t.Error(err)
	}
}

// go-tuf reads what this package's tests write, so both see the same format.
func TestGoTUFReadsTheFixtures(t *testing.T) {
	p := nine(t)
	raw := envelope(t, rootSigned(t, 1, 5, p...), p[:5]...)
	m, err := metadata.Root().FromBytes(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.VerifyDelegate("root", m); err != nil {
		t.Error(err)
	}
	again, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if mustTrust(t, again).Digest() != mustTrust(t, raw).Digest() {
		t.Error("the digest changed on the way through go-tuf")
	}
}
