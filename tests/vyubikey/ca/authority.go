package ca

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"sync"
	"time"
)

// Shape is how far a device certificate stands from the root.
type Shape int

const (
	// Short is device under root, as before firmware 5.7.4.
	Short Shape = iota
	// Long is device under two intermediates under root, as from firmware 5.7.4.
	Long
)

// Authority is a root with what stands between it and devices. It makes its keys when they are first
// needed. It is safe for concurrent use.
type Authority struct {
	shape Shape
	once  sync.Once
	err   error
	chain []*issuer // root first; the last one issues to devices

	mu   sync.Mutex
	keys []*rsa.PrivateKey // of devices
	made int               // devices
}

// deviceKeys is how many keys the devices of one authority take turns with. An RSA key costs more time
// than all else that a test does, and so few suffice for no two devices in a row to share one.
const deviceKeys = 3

// issuer is a certificate together with its key.
type issuer struct {
	certificate *x509.Certificate
	key         *rsa.PrivateKey
}

// New makes an authority of its own keys: what one authority signs, no other one accepts.
func New(shape Shape) *Authority { return &Authority{shape: shape} }

// Shape returns the shape that the authority was made with.
func (a *Authority) Shape() Shape { return a.shape }

// Root returns the self-signed certificate.
func (a *Authority) Root() (*x509.Certificate, error) {
	chain, err := a.issuers()
	if err != nil {
		return nil, err
	}
	return chain[0].certificate, nil
}

// Intermediates returns what stands between root and device, the one nearest to the root first: none
// for [Short], two for [Long].
func (a *Authority) Intermediates() ([]*x509.Certificate, error) {
	chain, err := a.issuers()
	if err != nil {
		return nil, err
	}
	var between []*x509.Certificate
	for _, i := range chain[1:] {
		between = append(between, i.certificate)
	}
	return between, nil
}

// PEM encodes certificates one after the other, as a file that holds roots or intermediates.
func PEM(certificates ...*x509.Certificate) string {
	var text strings.Builder
	for _, c := range certificates {
		text.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	}
	return text.String()
}

func (a *Authority) issuers() ([]*issuer, error) {
	a.once.Do(func() { a.chain, a.err = a.found() })
	return a.chain, a.err
}

// found makes the root and, for Long, the intermediates.
func (a *Authority) found() ([]*issuer, error) {
	if a.shape == Short {
		root, err := newIssuer("Yubico PIV Root CA Serial 263751", nil, 1, a.period())
		return []*issuer{root}, err
	}
	var chain []*issuer
	var parent *issuer
	for i, name := range []string{
		"Yubico Attestation Root 1", "Yubico Attestation Intermediate B 1", "Yubico PIV Attestation B 1",
	} {
		next, err := newIssuer(name, parent, 3-i, a.period())
		if err != nil {
			return nil, err
		}
		chain = append(chain, next)
		parent = next
	}
	return chain, nil
}

// period returns when certificates of this shape begin and end.
func (a *Authority) period() [2]time.Time {
	if a.shape == Short {
		return [2]time.Time{
			time.Date(2016, time.March, 14, 0, 0, 0, 0, time.UTC),
			time.Date(2052, time.April, 17, 0, 0, 0, 0, time.UTC),
		}
	}
	return [2]time.Time{
		time.Date(2024, time.December, 1, 0, 0, 0, 0, time.UTC),
		time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC),
	}
}

// deviceKey returns the key for the next device.
func (a *Authority) deviceKey() (*rsa.PrivateKey, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.keys) < deviceKeys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, err
		}
		a.keys = append(a.keys, key)
	}
	a.made++
	return a.keys[(a.made-1)%deviceKeys], nil
}

// newIssuer makes a CA certificate with its key, signed by parent, or by itself when that is nil.
func newIssuer(name string, parent *issuer, pathLength int, period [2]time.Time) (*issuer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: newSerialNumber(), Subject: pkix.Name{CommonName: name},
		NotBefore: period[0], NotAfter: period[1],
		BasicConstraintsValid: true, IsCA: true, MaxPathLen: pathLength, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if parent == nil {
		parent = &issuer{certificate: template, key: key}
		if pathLength == 3 {
			template.SignatureAlgorithm = x509.SHA512WithRSA
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent.certificate, key.Public(), parent.key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &issuer{certificate: certificate, key: key}, nil
}

// newSerialNumber returns a positive number of 16 bytes.
func newSerialNumber() *big.Int {
	b := make([]byte, 16)
	rand.Read(b)
	b[0] = b[0]&0x7f | 1 // positive and of full length
	return new(big.Int).SetBytes(b)
}
