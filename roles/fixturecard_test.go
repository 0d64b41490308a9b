package roles

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/verify"
)

// A card is a YubiKey that attests as real ones do, under a root of this test.
// The zero value of a field is what the policy wants by default.
type card struct {
	serial   int64
	slot     string
	firmware [3]byte
	pin      byte // 1 never, 2 once, 3 always
	touch    byte // 1 never, 2 always, 3 cached
	fips     bool
	key      verify.PublicKey // the attested one
}

// steady signs the same every time, so that certificates can be compared with
// files.
type steady struct{ *ecdsa.PrivateKey }

func (s steady) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return s.PrivateKey.Sign(nil, digest, opts)
}

func certificate(template, parent *x509.Certificate, key any, by string) *x509.Certificate {
	sum := sha256.Sum256([]byte(template.Subject.CommonName + by))
	template.SerialNumber = new(big.Int).SetBytes(sum[:15])
	if template.NotBefore.IsZero() {
		template.NotBefore = time.Date(2016, time.March, 14, 0, 0, 0, 0, time.UTC)
		template.NotAfter = time.Date(2052, time.April, 17, 0, 0, 0, 0, time.UTC)
	}
	der, err := x509.CreateCertificate(nil, template, parent, key, steady{p256(by)})
	if err != nil {
		panic(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return c
}

func ca(name string, length int) *x509.Certificate {
	id := sha256.Sum256([]byte(name)) // crypto/x509 makes another one in each version
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, SubjectKeyId: id[:20],
		BasicConstraintsValid: true, IsCA: true, MaxPathLen: length, MaxPathLenZero: length == 0,
	}
}

// testRoot stands above all cards of these tests.
var testRoot = sync.OnceValue(func() *x509.Certificate {
	root := ca("Root of a test", 1)
	root.KeyUsage = x509.KeyUsageCertSign
	return certificate(root, root, p256("test root").Public(), "test root")
})

func pemOf(c *x509.Certificate) string {
	return pemBlock(c.Raw)
}

func extension(n int, value ...byte) pkix.Extension {
	return pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, n}, Value: value}
}

var attested sync.Map // card without key and fingerprint → Evidence

// attest makes the certificates of the card.
func (c card) attest() Evidence {
	if c.firmware == [3]byte{} {
		c.firmware = [3]byte{5, 7, 4}
	}
	if c.pin == 0 {
		c.pin = 3
	}
	if c.touch == 0 {
		c.touch = 2
	}
	name := fmt.Sprint(c.serial, c.slot, c.firmware, c.pin, c.touch, c.fips, c.key.Fingerprint())
	if known, ok := attested.Load(name); ok {
		return known.(Evidence)
	}
	owner := fmt.Sprint("card ", c.serial)
	device := ca("Yubico PIV Attestation", 0)
	device.ExtraExtensions = []pkix.Extension{extension(3, c.firmware[:]...)}
	if c.fips {
		device.ExtraExtensions = append(device.ExtraExtensions, extension(10, 2, 1, 3))
	}
	deviceCertificate := certificate(device, testRoot(), p256(owner).Public(), "test root")

	serial, err := asn1.Marshal(c.serial)
	if err != nil {
		panic(err)
	}
	slot := &x509.Certificate{Subject: pkix.Name{CommonName: "YubiKey PIV Attestation " + c.slot}}
	slot.ExtraExtensions = []pkix.Extension{extension(3, c.firmware[:]...), extension(7, serial...), extension(8, c.pin, c.touch), extension(9, 3)}
	key, err := x509.ParsePKIXPublicKey(c.key.SPKI())
	if err != nil {
		panic(err)
	}
	e := Evidence{Slot: pemOf(certificate(slot, deviceCertificate, key, owner)), Device: pemOf(deviceCertificate)}
	attested.Store(name, e)
	return e
}

var possessed sync.Map // statement → signature

// possess is a member's signature over the statement, by the one of these
// tests' keys that key is; empty when it is none that the member would have.
func possess(t testing.TB, repository string, m *Member, k MemberKey) string {
	t.Helper()
	id, err := FormSpec.KeyID(k.Public.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	statement := PossessionStatement(repository, m.Name, m.Login, id)
	if known, ok := possessed.Load(string(statement)); ok {
		return known.(string)
	}
	for _, name := range []string{m.Name, k.Label} {
		for _, key := range []crypto.Signer{p256(name), p384(name), edKey(name)} {
			if public(key).Equal(k.Public.PublicKey) {
				signature := hex.EncodeToString(signed(t, key, statement))
				possessed.Store(string(statement), signature)
				return signature
			}
		}
	}
	return ""
}

// signed is a signature that is the same every time.
func signed(t testing.TB, key crypto.Signer, message []byte) []byte {
	t.Helper()
	digest, hash := message, crypto.Hash(0)
	switch public(key).Scheme() {
	case "ecdsa-sha2-nistp256":
		sum := sha256.Sum256(message)
		digest, hash = sum[:], crypto.SHA256
	case "ecdsa-sha2-nistp384":
		sum := sha512.Sum384(message)
		digest, hash = sum[:], crypto.SHA384
	}
	sig, err := key.Sign(nil, digest, hash)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// lint runs the rules for a rehearsal under the root of these tests, and takes
// out the warning that says so.
func lint(t testing.TB, p Proposal) []Finding {
	t.Helper()
	if p.Verifier == nil {
		p.Verifier = verifier(t)
	}
	return slices.DeleteFunc(Lint(p), func(f Finding) bool {
		return f.Rule == "attestation" && f.Severity == Warning && strings.HasPrefix(f.Text, "test roots are in use")
	})
}

func verifier(t testing.TB) *attest.Verifier {
	t.Helper()
	v, err := attest.Yubico()
	if err != nil {
		t.Fatal(err)
	}
	roots, err := attest.ParseTestRoots([]byte(pemOf(testRoot())))
	if err != nil {
		t.Fatal(err)
	}
	return v.WithTestRoots(roots)
}

func pemBlock(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
