package verify_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/secure-systems-lab/go-securesystemslib/cjson"
)

// object is a JSON object in the making.
type object = map[string]any

// person holds one key. Documents are signed over the canonical form of
// another implementation, so that the tests don't agree with themselves.
type person struct {
	name   string
	signer crypto.Signer
	public verify.PublicKey
	id     string
}

func newPerson(t testing.TB, name string, signer crypto.Signer) *person {
	t.Helper()
	public, err := verify.NewPublicKey(signer.Public())
	if err != nil {
		t.Fatal(err)
	}
	return &person{name, signer, public, public.Fingerprint().String()}
}

// edPerson and p256Person have keys made of their names.
func edPerson(t testing.TB, name string) *person {
	t.Helper()
	seed := sha256.Sum256([]byte(name))
	return newPerson(t, name, ed25519.NewKeyFromSeed(seed[:]))
}

func p256Person(t testing.TB, name string) *person {
	t.Helper()
	return ecPerson(t, name, elliptic.P256(), 32)
}

func p384Person(t testing.TB, name string) *person {
	t.Helper()
	return ecPerson(t, name, elliptic.P384(), 48)
}

func ecPerson(t testing.TB, name string, curve elliptic.Curve, size int) *person {
	t.Helper()
	seed := sha256.Sum256([]byte(name))
	key, err := ecdsa.ParseRawPrivateKey(curve, append(make([]byte, size-32), seed[:]...))
	if err != nil {
		t.Fatal(err)
	}
	return newPerson(t, name, key)
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// nine are the people of a quorum.
func nine(t testing.TB) []*person {
	t.Helper()
	var list []*person
	for _, name := range []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"} {
		list = append(list, edPerson(t, name))
	}
	return list
}

// as returns the same key under another id.
func (p *person) as(id string) *person {
	c := *p
	c.id = id
	return &c
}

func (p *person) sign(t testing.TB, message []byte) []byte {
	t.Helper()
	var opts crypto.SignerOpts = crypto.Hash(0)
	switch p.public.Scheme() {
	case "ecdsa-sha2-nistp256":
		opts = crypto.SHA256
	case "ecdsa-sha2-nistp384":
		opts = crypto.SHA384
	case "rsassa-pss-sha256":
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	}
	if h := opts.HashFunc(); h != 0 {
		sum := h.New()
		sum.Write(message)
		message = sum.Sum(nil)
	}
	sig, err := p.signer.Sign(rand.Reader, message, opts)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// keyObject is the person's key as metadata lists it.
func (p *person) keyObject() object {
	public := p.public.PEM()
	if p.public.KeyType() == "ed25519" {
		spki := p.public.SPKI()
		public = hex.EncodeToString(spki[len(spki)-32:])
	}
	return object{"keytype": p.public.KeyType(), "scheme": p.public.Scheme(), "keyval": object{"public": public}}
}

func keyObjects(people ...*person) object {
	keys := object{}
	for _, p := range people {
		keys[p.id] = p.keyObject()
	}
	return keys
}

func roleObject(threshold any, people ...*person) object {
	ids := []any{}
	for _, p := range people {
		ids = append(ids, p.id)
	}
	return object{"keyids": ids, "threshold": threshold}
}

const repository = "0123456789abcdef0123456789abcdef"

func extension(role string, people ...*person) object {
	owners := object{}
	for _, p := range people {
		owners[p.id] = p.name
	}
	return object{"format": 1, "repository": repository, "role": role, "owners": owners}
}

// rootSigned is the `signed` of a root whose root and targets roles are the
// given people; an online key has the others.
func rootSigned(t testing.TB, version int64, threshold int, people ...*person) object {
	t.Helper()
	online := edPerson(t, "online")
	return object{
		"_type": "root", "spec_version": "1.0.31", "version": version, "expires": "2030-01-01T00:00:00Z",
		"consistent_snapshot": true,
		"keys":                keyObjects(append(slices.Clone(people), online)...),
		"roles": object{
			"root": roleObject(threshold, people...), "targets": roleObject(threshold, people...),
			"snapshot": roleObject(1, online), "timestamp": roleObject(1, online),
		},
		"x-rust-tuf": extension("root", append(slices.Clone(people), online)...),
	}
}

// targetsSigned is the `signed` of a targets document that delegates nothing.
func targetsSigned(role string, version int64) object {
	return object{
		"_type": "targets", "spec_version": "1.0.31", "version": version, "expires": "2030-01-01T00:00:00Z",
		"targets": object{
			"channels/stable.toml": object{"length": 5, "hashes": object{"sha256": strings.Repeat("ab", 32)}},
		},
		"x-rust-tuf": extension(role),
	}
}

// delegating adds a delegation to a targets document.
func delegating(signed object, name string, threshold any, people ...*person) object {
	role := roleObject(threshold, people...)
	role["name"], role["terminating"], role["paths"] = name, true, []any{"channels/*"}
	d, ok := signed["delegations"].(object)
	if !ok {
		d = object{"keys": object{}, "roles": []any{}}
		signed["delegations"] = d
	}
	maps.Copy(d["keys"].(object), keyObjects(people...))
	d["roles"] = append(d["roles"].([]any), role)
	return signed
}

// gone removes a member in set.
var gone = new(int)

// set changes the member at a path like "roles.root.threshold" or
// "delegations.roles.0.name".
func set(signed object, path string, v any) object {
	steps := strings.Split(path, ".")
	var at any = signed
	for _, step := range steps[:len(steps)-1] {
		switch c := at.(type) {
		case object:
			at = c[step]
		case []any:
			i, _ := strconv.Atoi(step)
			at = c[i]
		}
	}
	last := steps[len(steps)-1]
	if v == gone {
		delete(at.(object), last)
	} else {
		at.(object)[last] = v
	}
	return signed
}

// signatures signs canonical bytes.
func signatures(t testing.TB, message []byte, signers ...*person) []any {
	t.Helper()
	list := []any{}
	for _, p := range signers {
		list = append(list, object{"keyid": p.id, "sig": hex.EncodeToString(p.sign(t, message))})
	}
	return list
}

func canonical(t testing.TB, v any) []byte {
	t.Helper()
	b, err := cjson.EncodeCanonical(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// envelope signs and writes a document.
func envelope(t testing.TB, signed object, signers ...*person) []byte {
	t.Helper()
	return marshal(t, object{"signed": signed, "signatures": signatures(t, canonical(t, signed), signers...)})
}

func mustRead(t testing.TB, raw []byte) *verify.Document {
	t.Helper()
	d, err := verify.Read(raw, verify.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func mustRoot(t testing.TB, raw []byte) *verify.UnverifiedRoot {
	t.Helper()
	r, err := mustRead(t, raw).Root()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustTrust(t testing.TB, raw []byte) *verify.Root {
	t.Helper()
	r, err := verify.TrustRoot(raw, verify.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustTargets(t testing.TB, role string, raw []byte) *verify.UnverifiedTargets {
	t.Helper()
	c, err := mustRead(t, raw).Targets(role)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// refused asserts a refusal by its type and by words of its message.
func refused[E error](t testing.TB, err error, words ...string) E {
	t.Helper()
	var want E
	if !errors.As(err, &want) {
		t.Fatalf("got %v (%T), want a %T", err, err, want)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
	return want
}
