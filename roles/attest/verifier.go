package attest

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// Trust says whose word a verdict rests on.
type Trust string

const (
	// YubicoRoots is a path to one of Yubico's roots.
	YubicoRoots Trust = "Yubico roots"
	// TestRootsOnly is a path to a root that somebody gave for a test or a
	// rehearsal. It proves nothing about any card.
	TestRootsOnly Trust = "test roots"
)

// Verifier knows whom to trust. [Yubico] makes one; it is never changed and
// may be shared.
type Verifier struct {
	anchors       []anchor
	intermediates []*x509.Certificate
}

// anchor is a root with how many intermediates stand between it and a device.
type anchor struct {
	cert    *x509.Certificate
	between []int
	trust   Trust
}

// WithIntermediates returns a verifier that also knows the intermediates of a
// file: one or more certificates in PEM, as Yubico publishes them. They are
// steps of a path and never its end, so that a file from anywhere can do no
// harm; a root among them is refused, to spare its giver the surprise.
func (v *Verifier) WithIntermediates(text []byte) (*Verifier, error) {
	list, err := ParseIntermediates(text)
	if err != nil {
		return nil, err
	}
	return v.with(nil, list), nil
}

// ParseIntermediates reads such a file. Its errors are *[FileError] and
// *[CertificateError].
func ParseIntermediates(text []byte) ([]*x509.Certificate, error) {
	list, err := decodeBundle("intermediate", text)
	if err != nil {
		return nil, err
	}
	for i, c := range list {
		if selfIssued(c) {
			return nil, &CertificateError{Part: place("intermediate", i), Subject: c.Subject.CommonName,
				Reason: "is a root, and roots cannot be added", next: "leave it out of the file; Yubico's roots are built in"}
		}
	}
	return list, nil
}

// TestRoots are roots for tests and rehearsals. They are a type of their own
// so that every place where they come in can be seen in the code, and every
// verdict that rests on them says so: in [Facts].Trust and by a finding.
type TestRoots struct{ list []*x509.Certificate }

// ParseTestRoots reads one or more self-signed certificates in PEM.
func ParseTestRoots(text []byte) (TestRoots, error) {
	list, err := decodeBundle("test root", text)
	if err != nil {
		return TestRoots{}, err
	}
	for i, c := range list {
		if !selfIssued(c) || c.CheckSignatureFrom(c) != nil {
			return TestRoots{}, &CertificateError{Part: place("test root", i), Subject: c.Subject.CommonName,
				Reason: "is not signed by itself", next: "give the root; the certificates below it belong among the intermediates"}
		}
	}
	return TestRoots{list}, nil
}

// WithTestRoots returns a verifier that also trusts roots for tests. Under
// them a device may stand directly or below two intermediates, named as below
// Yubico's own.
func (v *Verifier) WithTestRoots(t TestRoots) *Verifier {
	var anchors []anchor
	for _, c := range t.list {
		anchors = append(anchors, anchor{c, []int{0, maxBetween}, TestRootsOnly})
	}
	return v.with(anchors, nil)
}

// TestRoots names the test roots that v trusts, by common name and the SHA-256
// of the certificate, for whoever shows that they are in use. It is empty for
// a verifier that trusts Yubico alone.
func (v *Verifier) TestRoots() []string {
	var list []string
	for _, a := range v.anchors {
		if a.trust != YubicoRoots {
			list = append(list, shown(a.cert.Subject.CommonName)+", SHA-256 "+verify.Digest(sha256.Sum256(a.cert.Raw)).Groups())
		}
	}
	return list
}

func (v *Verifier) with(anchors []anchor, intermediates []*x509.Certificate) *Verifier {
	return &Verifier{slices.Concat(v.anchors, anchors), slices.Concat(v.intermediates, intermediates)}
}

// all are the certificates above devices.
func (v *Verifier) all() []*x509.Certificate {
	list := slices.Clone(v.intermediates)
	for _, a := range v.anchors {
		list = append(list, a.cert)
	}
	return list
}

// Verify checks an attestation as the package comment says and returns what
// the card states. at is the instant at which all certificates must be valid;
// it is a fixed one, recorded with the verdict, and [ErrNoInstant] when it is
// the zero time. Every other error names the certificate and what is wrong:
// *[CertificateError], *[ExtensionError], *[FirmwareError], *[SerialError],
// *[ChainError], *[ValidityError], *[WeakDeviceError] or *[KeyError].
func (v *Verifier) Verify(a *Attestation, at time.Time) (Facts, error) {
	if a == nil || a.slot == nil || a.device == nil {
		return Facts{}, ErrNothing
	}
	if at.IsZero() {
		return Facts{}, ErrNoInstant
	}
	f := Facts{At: at.UTC()}
	if err := checkSlot(a.slot, &f); err != nil {
		return Facts{}, err
	}
	if err := checkDevice(a.device, &f); err != nil {
		return Facts{}, err
	}
	if err := v.checkIssued(a.slot, a.device); err != nil {
		return Facts{}, err
	}
	r, err := v.route(a.device)
	if err != nil {
		return Facts{}, err
	}
	if err := r.judge(at, a.slot, a.device); err != nil {
		return Facts{}, err
	}
	if isWeak(a.device) {
		return Facts{}, &WeakDeviceError{f.Serial, f.Firmware}
	}
	if a.slot.PublicKey == nil { // crypto/x509 does not know the kind
		return Facts{}, &KeyError{f.Serial, f.Slot, errNoSignatures}
	}
	if f.Key, err = verify.NewPublicKey(a.slot.PublicKey); err != nil {
		return Facts{}, &KeyError{f.Serial, f.Slot, err}
	}
	f.Trust, f.Root = r.root.trust, r.root.cert.Subject.CommonName
	for _, c := range r.all(a.slot, a.device) {
		f.Chain = append(f.Chain, c.Subject.CommonName)
	}
	return f, nil
}

// CheckDevice looks at a card before a key is made in it: whether anything that
// it will attest can be believed. The device certificate is in DER; serial is the
// card's own word, for the errors, which are those of [Verifier.Verify] about
// that certificate and those above it. A card that passes has proven nothing yet.
func (v *Verifier) CheckDevice(der []byte, serial uint32, at time.Time) error {
	if at.IsZero() {
		return ErrNoInstant
	}
	c, err := parse(DeviceCertificate, der)
	if err != nil {
		return err
	}
	f := Facts{Serial: serial}
	if isDevice(c) {
		if f.Firmware, err = (&statements{part: DeviceCertificate, cert: c}).firmware(); err != nil {
			return err
		}
	}
	if err := checkDevice(c, &f); err != nil {
		return err
	}
	r, err := v.route(c)
	if err != nil {
		return err
	}
	if err := r.judge(at, c); err != nil {
		return err
	}
	if isWeak(c) {
		return &WeakDeviceError{f.Serial, f.Firmware}
	}
	return nil
}

// isWeak reports whether anyone can compute a device's key (step 8).
func isWeak(device *x509.Certificate) bool {
	k, ok := device.PublicKey.(*rsa.PublicKey)
	return ok && hasROCAMark(k.N)
}

// sameIssuer reports whether c names ca as its issuer.
func sameIssuer(c, ca *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, ca.RawSubject) }
