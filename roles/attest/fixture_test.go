package attest_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/verify"
)

// at is the instant of every check that is not about the instant.
var at = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// Between these the certificates of the factory below are valid.
var (
	begin = time.Date(2024, 12, 1, 0, 0, 0, 0, time.UTC)
	end   = time.Date(2052, 4, 17, 0, 0, 0, 0, time.UTC)
)

// issuer is a certificate with its key.
type issuer struct {
	*x509.Certificate
	key crypto.Signer
}

// edit changes a certificate before it is signed.
type edit func(*x509.Certificate)

func under(n int) asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, n}
}

// with sets the value of an extension, or adds it.
func with(n int, value ...byte) edit {
	return func(c *x509.Certificate) {
		for i, e := range c.ExtraExtensions {
			if e.Id.Equal(under(n)) {
				c.ExtraExtensions[i].Value = value
				return
			}
		}
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: under(n), Value: value})
	}
}

// without leaves an extension out.
func without(n int) edit {
	return func(c *x509.Certificate) {
		var rest []pkix.Extension
		for _, e := range c.ExtraExtensions {
			if !e.Id.Equal(under(n)) {
				rest = append(rest, e)
			}
		}
		c.ExtraExtensions = rest
	}
}

// also adds an extension even if there is one of its kind.
func also(e pkix.Extension) edit {
	return func(c *x509.Certificate) { c.ExtraExtensions = append(c.ExtraExtensions, e) }
}

func named(name string) edit {
	return func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: name} }
}

func pathLength(n int) edit {
	return func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = n, n == 0 }
}

// aCA makes a certificate one of a CA, or takes that away.
func aCA(yes bool) edit {
	return func(c *x509.Certificate) { c.BasicConstraintsValid, c.IsCA = yes, yes }
}

func valid(from, to time.Time) edit {
	return func(c *x509.Certificate) { c.NotBefore, c.NotAfter = from, to }
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// rsaKey makes one key for all tests that need one.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// sign makes a certificate over public, by parent, or by itself if that is nil.
func sign(t testing.TB, parent *issuer, key crypto.Signer, public crypto.PublicKey, template *x509.Certificate, edits []edit) *issuer {
	t.Helper()
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.NotBefore, template.NotAfter = serial, begin, end
	for _, e := range edits {
		e(template)
	}
	if len(template.Subject.Organization) == 0 && len(template.Subject.ExtraNames) == 0 {
		template.RawSubject = utf8Name(template.Subject.CommonName)
	}
	above, by := template, key
	if parent != nil {
		above, by = parent.Certificate, parent.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, above, public, by)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		c = &x509.Certificate{Raw: der} // one that Parse must refuse
	}
	return &issuer{c, key}
}

// utf8Name encodes a name of one common name as Yubico does. crypto/x509 would
// take another type of string.
func utf8Name(name string) []byte {
	type attribute struct {
		Type  asn1.ObjectIdentifier
		Value string `asn1:"utf8"`
	}
	one := must(asn1.Marshal(attribute{asn1.ObjectIdentifier{2, 5, 4, 3}, name}))
	return must(asn1.Marshal([]asn1.RawValue{{Tag: asn1.TagSet, IsCompound: true, Bytes: one}}))
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// issue makes a CA.
func (i *issuer) issue(t testing.TB, name string, length int, edits ...edit) *issuer {
	t.Helper()
	key := newKey(t)
	c := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true, IsCA: true, MaxPathLen: length, MaxPathLenZero: length == 0,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	return sign(t, i, key, key.Public(), c, edits)
}

// device makes a card of firmware 5.7.4.
func (i *issuer) device(t testing.TB, edits ...edit) *issuer {
	t.Helper()
	return i.deviceOf(t, newKey(t), edits...)
}

func (i *issuer) deviceOf(t testing.TB, key crypto.Signer, edits ...edit) *issuer {
	t.Helper()
	c := &x509.Certificate{Subject: pkix.Name{CommonName: "YubiKey PIV Attestation"}, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true}
	return sign(t, i, key, key.Public(), c, append([]edit{with(3, 5, 7, 4)}, edits...))
}

// attest makes a slot certificate as a card does: 9c, always, always, serial
// 36011225.
func (i *issuer) attest(t testing.TB, public crypto.PublicKey, edits ...edit) *x509.Certificate {
	t.Helper()
	c := &x509.Certificate{Subject: pkix.Name{CommonName: "YubiKey PIV Attestation 9c"}}
	return sign(t, i, nil, public, c, append([]edit{
		with(3, 5, 7, 4), with(7, 2, 4, 0x02, 0x25, 0x7c, 0xd9), with(8, 3, 2), with(9, 3),
	}, edits...)).Certificate
}

// factory is a maker of cards that nobody needs to trust.
type factory struct {
	root    *issuer
	between []*issuer // the one nearest to the root first
}

// short is a factory of cards as before firmware 5.7.4.
func short(t testing.TB) *factory {
	return &factory{root: (*issuer)(nil).issue(t, "Yubico PIV Root CA Serial 263751", 1)}
}

// long is a factory of cards as from firmware 5.7.4.
func long(t testing.TB) *factory {
	root := (*issuer)(nil).issue(t, "Yubico Attestation Root 1", 3)
	upper := root.issue(t, "Yubico Attestation Intermediate B 1", 2)
	return &factory{root, []*issuer{upper, upper.issue(t, "Yubico PIV Attestation B 1", 1)}}
}

// last issues to devices.
func (f *factory) last() *issuer {
	if len(f.between) == 0 {
		return f.root
	}
	return f.between[len(f.between)-1]
}

// verifier trusts the factory, for a test.
func (f *factory) verifier(t testing.TB) *attest.Verifier {
	t.Helper()
	roots, err := attest.ParseTestRoots(text(f.root.Certificate))
	if err != nil {
		t.Fatal(err)
	}
	v := yubico(t).WithTestRoots(roots)
	for _, c := range f.between {
		if v, err = v.WithIntermediates(text(c.Certificate)); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

func yubico(t testing.TB) *attest.Verifier {
	t.Helper()
	v, err := attest.Yubico()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// text encodes certificates, one after the other.
func text(list ...*x509.Certificate) []byte {
	var b bytes.Buffer
	for _, c := range list {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	}
	return b.Bytes()
}

// check reads and verifies two certificates.
func check(v *attest.Verifier, slot, device *x509.Certificate, at time.Time) (attest.Facts, error) {
	a, err := attest.Parse(text(slot), text(device))
	if err != nil {
		return attest.Facts{}, err
	}
	return v.Verify(a, at)
}

// shared returns a file of the real attestations.
func shared(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "attestations", name))
	if err != nil {
		t.Skip("shared data absent: " + err.Error())
	}
	return b
}

func publicKey(t testing.TB, k crypto.PublicKey) verify.PublicKey {
	t.Helper()
	p, err := verify.NewPublicKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
