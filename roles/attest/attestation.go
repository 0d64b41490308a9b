package attest

import "crypto/x509"

// Attestation is a pair of certificates that are well formed and that nobody
// checked. Nothing can be read from it but the files themselves;
// [Verifier.Verify] makes [Facts] of it.
type Attestation struct {
	slot, device *x509.Certificate
}

// Parse reads the two files that are kept with a key, each one certificate in
// PEM: what the card answered when it was asked to attest the slot, and what
// it holds in slot f9. The error is a *[FileError] or *[CertificateError].
func Parse(slotPEM, devicePEM []byte) (*Attestation, error) {
	slot, err := decodeOne(SlotCertificate, slotPEM)
	if err != nil {
		return nil, err
	}
	device, err := decodeOne(DeviceCertificate, devicePEM)
	if err != nil {
		return nil, err
	}
	return &Attestation{slot, device}, nil
}

// ParseDER reads the two certificates as a card gives them.
func ParseDER(slotDER, deviceDER []byte) (*Attestation, error) {
	slot, err := parse(SlotCertificate, slotDER)
	if err != nil {
		return nil, err
	}
	device, err := parse(DeviceCertificate, deviceDER)
	if err != nil {
		return nil, err
	}
	return &Attestation{slot, device}, nil
}

// SlotPEM returns the slot certificate as the file to keep: one PEM block that
// ends with one newline.
func (a *Attestation) SlotPEM() []byte { return encode(a.slot) }

// DevicePEM returns the device certificate as the file to keep.
func (a *Attestation) DevicePEM() []byte { return encode(a.device) }
