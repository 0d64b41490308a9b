package verify_test

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

func everyKind(t testing.TB) []*person {
	t.Helper()
	return []*person{edPerson(t, "alice"), p256Person(t, "bob"), p384Person(t, "carol"), newPerson(t, "dave", rsaKey())}
}

func TestPublicKey(t *testing.T) {
	want := [][3]string{
		{"ed25519", "ed25519", "Ed25519"},
		{"ecdsa", "ecdsa-sha2-nistp256", "ECDSA P-256"},
		{"ecdsa", "ecdsa-sha2-nistp384", "ECDSA P-384"},
		{"rsa", "rsassa-pss-sha256", "RSA 2048"},
	}
	message := []byte(`{"_type":"root"}`)
	people := everyKind(t)
	for i, p := range people {
		k := p.public
		if got := [3]string{k.KeyType(), k.Scheme(), k.Algorithm()}; got != want[i] {
			t.Errorf("got %v, want %v", got, want[i])
		}
		spki, err := x509.MarshalPKIXPublicKey(p.signer.Public())
		if err != nil || !bytes.Equal(k.SPKI(), spki) || k.Fingerprint() != sha256.Sum256(spki) {
			t.Errorf("%s: SPKI or fingerprint differ from crypto/x509: %v", k.Algorithm(), err)
		}
		if text := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})); k.PEM() != text {
			t.Errorf("PEM: %q, want %q", k.PEM(), text)
		}
		again, err := verify.ParsePublicKeyPEM([]byte("\n " + k.PEM() + "\r\n\t"))
		if err != nil || !again.Equal(k) || again.Algorithm() != k.Algorithm() {
			t.Errorf("%s: read again: %v", k.Algorithm(), err)
		}
		sig := p.sign(t, message)
		if err := again.Verify(message, sig); err != nil {
			t.Errorf("%s: %v", k.Algorithm(), err)
		}
		for name, bad := range map[string][]byte{"none": nil, "short": sig[:len(sig)-1], "long": append(bytes.Clone(sig), 0), "zero": make([]byte, len(sig))} {
			if err := k.Verify(message, bad); err == nil || err.Error() != "signature does not match these bytes and this key" {
				t.Errorf("%s: signature %s: %v", k.Algorithm(), name, err)
			}
		}
		for at := range sig {
			bad := bytes.Clone(sig)
			bad[at] ^= 1
			if k.Verify(message, bad) == nil {
				t.Errorf("%s: signature with byte %d changed passes", k.Algorithm(), at)
			}
		}
		if k.Verify(append(bytes.Clone(message), ' '), sig) == nil {
			t.Errorf("%s: other bytes pass", k.Algorithm())
		}
		for j, o := range people {
			if k.Equal(o.public) != (i == j) {
				t.Errorf("%s equal to %s: %v", k.Algorithm(), o.public.Algorithm(), i != j)
			}
			if i != j && o.public.Verify(message, sig) == nil {
				t.Errorf("signature of %s passes for %s", k.Algorithm(), o.public.Algorithm())
			}
		}
	}
}

// The salt of an RSA-PSS signature may have any length; writers differ.
func TestRSASalt(t *testing.T) {
	message := []byte("message")
	sum := sha256.Sum256(message)
	k, err := verify.NewPublicKey(rsaKey().Public())
	if err != nil {
		t.Fatal(err)
	}
	for _, salt := range []int{rsa.PSSSaltLengthAuto, rsa.PSSSaltLengthEqualsHash, 20} {
		sig, err := rsa.SignPSS(rand.Reader, rsaKey(), crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: salt})
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Verify(message, sig); err != nil {
			t.Errorf("salt %d: %v", salt, err)
		}
	}
	sig, err := rsa.SignPKCS1v15(nil, rsaKey(), crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	if k.Verify(message, sig) == nil {
		t.Error("PKCS #1 v1.5 passes for PSS")
	}
}

func TestZeroPublicKey(t *testing.T) {
	var k verify.PublicKey
	if k.KeyType() != "" || k.Scheme() != "" || k.Algorithm() != "no key" || k.SPKI() != nil || k.PEM() != "" || !k.Fingerprint().IsZero() {
		t.Error("the zero key has properties")
	}
	if k.Equal(k) || k.Equal(edPerson(t, "alice").public) || edPerson(t, "alice").public.Equal(k) {
		t.Error("the zero key equals something")
	}
	if err := k.Verify(nil, nil); err == nil || err.Error() != "no public key to verify with" {
		t.Error(err)
	}
}

// der returns a copy of an SPKI with some bytes changed.
func der(p *person, change func(b []byte) []byte) []byte {
	return change(p.public.SPKI())
}

func asPEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func TestParsePublicKeyRefuses(t *testing.T) {
	ed, p256, rsaPerson := edPerson(t, "alice"), p256Person(t, "bob"), newPerson(t, "dave", rsaKey())
	p521, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkix := func(k any) string {
		b, err := x509.MarshalPKIXPublicKey(k)
		if err != nil {
			t.Fatal(err)
		}
		return asPEM(b)
	}
	n := rsaKey().N
	even := new(big.Int).Sub(n, big.NewInt(1))
	large := int64(1<<31 + 1) // no constant, so that it compiles where an int has 32 bits
	for _, c := range []struct{ name, in, words string }{
		{"empty", "", "not a PEM block"},
		{"hex point", "04cbc5cab2684160323c25cd06c3307178a6b1d1c9b949328453ae473c5ba7527e", "not a PEM block"},
		{"private key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not a PEM block of type PUBLIC KEY"},
		{"PKCS #1", "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n", "not a PEM block of type PUBLIC KEY"},
		{"text before", "hello\n" + ed.public.PEM(), "not a PEM block"},
		{"text behind", ed.public.PEM() + "hello", "data after the PEM block"},
		{"two blocks", ed.public.PEM() + p256.public.PEM(), "data after the PEM block"},
		{"headers", strings.Replace(ed.public.PEM(), "KEY-----\n", "KEY-----\nA: b\n\n", 1), "has headers"},
		{"truncated", ed.public.PEM()[:60], "damaged"},
		{"second of two", "-----BEGIN PUBLIC KEY-----\n" + strings.Replace(ed.public.PEM(), "PUBLIC", "OTHER", 2), "damaged"},
		{"huge", "-----BEGIN PUBLIC KEY-----\n" + strings.Repeat("A", 5000), "above the limit of 4096"},

		{"no DER", asPEM(nil), "not a DER"},
		{"DER cut", asPEM(der(ed, func(b []byte) []byte { return b[:len(b)-1] })), "not a DER"},
		{"DER long", asPEM(der(ed, func(b []byte) []byte { return append(b, 0) })), "data after"},
		{"RSA, data behind", asPEM(der(rsaPerson, func(b []byte) []byte { return append(b, 0) })), "data after"},
		{"RSA, changed", asPEM(der(rsaPerson, func(b []byte) []byte { b[24] ^= 0xff; return b })), "damaged"},
		{"point off the curve", asPEM(der(p256, func(b []byte) []byte { b[90] ^= 1; return b })), "ECDSA P-256 key is no uncompressed point"},
		{"point cut", asPEM(der(p256, func(b []byte) []byte { return b[:len(b)-1] })), "no uncompressed point"},
		{"point at infinity", asPEM(der(p256, func(b []byte) []byte { return append(b[:26], 0) })), "no uncompressed point"},
		{"unused bits", asPEM(der(p256, func(b []byte) []byte { b[25] = 1; return b })), "not a DER"},
		{"P-521", pkix(&p521.PublicKey), "public key is not Ed25519, ECDSA P-256 or P-384"},
		{"X25519", pkix(x25519.PublicKey()), "public key is not"},

		{"RSA 1024", pkix(&rsa.PublicKey{N: new(big.Int).Rsh(n, 1024), E: 65537}), "RSA key of 1024 bits, must have at least 2048"},
		{"RSA 2047", pkix(&rsa.PublicKey{N: new(big.Int).Rsh(n, 1), E: 65537}), "RSA key of 2047 bits"},
		{"RSA 8194", pkix(&rsa.PublicKey{N: new(big.Int).Add(new(big.Int).Lsh(n, 8194-2048), big.NewInt(1)), E: 65537}), "RSA key of 8194 bits, must have at most 8192"},
		{"RSA even", pkix(&rsa.PublicKey{N: even, E: 65537}), "RSA modulus is even"},
		{"RSA exponent 1", pkix(&rsa.PublicKey{N: n, E: 1}), "RSA exponent"},
		{"RSA exponent 2", pkix(&rsa.PublicKey{N: n, E: 2}), "RSA exponent"},
		{"RSA exponent 2^31+1", pkix(&rsa.PublicKey{N: n, E: int(large)}), "RSA exponent"},
		{"RSA without parameters", asPEM(rsaWithParameters(t, asn1.RawValue{})), "not encoded as DER demands"},
	} {
		k, err := verify.ParsePublicKeyPEM([]byte(c.in))
		if err == nil || !strings.Contains(err.Error(), c.words) || k.Algorithm() != "no key" {
			t.Errorf("%s: %q %v, want %q", c.name, k.Algorithm(), err, c.words)
		}
	}
}

// rsaWithParameters encodes the RSA key with other algorithm parameters than
// NULL.
func rsaWithParameters(t *testing.T, parameters asn1.RawValue) []byte {
	t.Helper()
	var v struct {
		Algorithm struct {
			OID        asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
		Key asn1.BitString
	}
	v.Algorithm.OID = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	v.Algorithm.Parameters = parameters
	inner := x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)
	v.Key = asn1.BitString{Bytes: inner, BitLength: 8 * len(inner)}
	b, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestNewPublicKeyRefuses(t *testing.T) {
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	off := *p256Person(t, "bob").signer.Public().(*ecdsa.PublicKey)
	off.Y = new(big.Int).Add(off.Y, big.NewInt(1))
	for _, c := range []struct {
		k     crypto.PublicKey
		words string
	}{
		{nil, "type <nil> is not supported"},
		{"key", "type string is not supported"},
		{&ecdh.PublicKey{}, "type *ecdh.PublicKey is not supported"},
		{*rsaKey(), "type rsa.PrivateKey is not supported"},
		{ed25519.PublicKey(nil), "Ed25519 key of 0 bytes, must have 32"},
		{ed25519.PublicKey(make([]byte, 33)), "Ed25519 key of 33 bytes"},
		{(*ecdsa.PublicKey)(nil), "no public key"},
		{(*rsa.PublicKey)(nil), "no public key"},
		{&ecdsa.PublicKey{}, "not on P-256 or P-384"},
		{&ecdsa.PublicKey{Curve: elliptic.P256()}, "no public key"},
		{&p224.PublicKey, "not on P-256 or P-384"},
		{&off, "no point"},
		{&rsa.PublicKey{}, "RSA modulus is not positive"},
		{&rsa.PublicKey{N: big.NewInt(-15), E: 3}, "RSA modulus is not positive"},
		{&rsa.PublicKey{N: big.NewInt(15), E: 3}, "RSA key of 4 bits"},
	} {
		if _, err := verify.NewPublicKey(c.k); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%T: %v, want %q", c.k, err, c.words)
		}
	}
}

// FuzzPublicKey compares with crypto/x509: what is accepted here is the same
// key there, and what is refused here but not there has a stated reason.
func FuzzPublicKey(f *testing.F) {
	for _, p := range []*person{edPerson(f, "alice"), p256Person(f, "bob"), p384Person(f, "carol"), newPerson(f, "dave", rsaKey())} {
		f.Add(p.public.SPKI())
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		oracle, oracleErr := x509.ParsePKIXPublicKey(der)
		k, err := verify.ParsePublicKeyPEM([]byte(asPEM(der)))
		if err == nil {
			if oracleErr != nil {
				t.Fatalf("accepted; crypto/x509 says %v", oracleErr)
			}
			if again, err := verify.NewPublicKey(oracle); err != nil || !again.Equal(k) || !bytes.Equal(k.SPKI(), der) {
				t.Fatalf("another key than crypto/x509 reads: %v", err)
			}
			return
		}
		if oracleErr != nil || !isAllowed(oracle) {
			return
		}
		if again, err := x509.MarshalPKIXPublicKey(oracle); err == nil && bytes.Equal(again, der) {
			t.Fatalf("refused: %v", err)
		}
	})
}

// isAllowed reports whether a key that crypto/x509 reads is one that this
// package promises to read.
func isAllowed(k any) bool {
	switch k := k.(type) {
	case ed25519.PublicKey:
		return true
	case *ecdsa.PublicKey:
		return k.Curve == elliptic.P256() || k.Curve == elliptic.P384()
	case *rsa.PublicKey:
		bits := k.N.BitLen()
		return 2048 <= bits && bits <= 8192 && k.N.Bit(0) == 1 && k.E >= 3 && k.E&1 == 1 && k.E <= 1<<31-1
	}
	return false
}
