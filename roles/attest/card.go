package attest

import (
	"crypto/x509"
	"fmt"
	"strings"
)

// slotName is the common name of a slot certificate, up to the slot.
const slotName = "YubiKey PIV Attestation "

// slotOf reads the slot out of a slot certificate's subject, which is one
// common name and nothing else.
func slotOf(c *x509.Certificate) (Slot, error) {
	text, ok := strings.CutPrefix(c.Subject.CommonName, slotName)
	if !ok || len(c.Subject.Names) != 1 {
		return 0, fmt.Errorf("its subject is not one common name %q with a slot behind it", slotName)
	}
	return ParseSlot(text)
}

// isDevice reports whether c has the form of a device certificate: a CA below
// which there is no other, which states a firmware.
func isDevice(c *x509.Certificate) bool {
	if !c.BasicConstraintsValid || !c.IsCA || !c.MaxPathLenZero || c.MaxPathLen != 0 || selfIssued(c) {
		return false
	}
	for _, e := range c.Extensions {
		if e.Id.Equal(extFirmware.id) {
			return true
		}
	}
	return false
}

// kind says what a certificate is, for somebody who mistook it.
func kind(c *x509.Certificate) string {
	_, notSlot := slotOf(c)
	switch {
	case selfIssued(c):
		return "a root or self-signed certificate"
	case isDevice(c):
		return "a device certificate"
	case c.IsCA:
		return "an intermediate certificate"
	case notSlot == nil:
		return "a slot certificate"
	}
	return "neither a slot nor a device certificate"
}

// checkSlot holds the slot certificate to what a card makes (steps 1 and 3 of
// the package comment) and fills in what it states.
func checkSlot(c *x509.Certificate, f *Facts) error {
	refuse := func(format string, args ...any) error {
		return &CertificateError{Part: SlotCertificate, Subject: c.Subject.CommonName, Reason: fmt.Sprintf(format, args...)}
	}
	if c.IsCA || selfIssued(c) {
		return refuse("is %s, in the place of the slot certificate", kind(c))
	}
	slot, err := slotOf(c)
	if err != nil {
		return refuse("is no statement about a slot: %v", err)
	}
	f.Slot = slot
	s := &statements{part: SlotCertificate, cert: c}
	if f.Firmware, err = s.firmware(); err != nil {
		return err
	}
	if f.Serial, err = s.serial(f.Firmware.Major >= 5); err != nil {
		return err
	}
	if f.Serial == 0 {
		return &ExtensionError{Part: SlotCertificate, OID: extSerial.id.String(), Name: extSerial.name,
			Reason: "is missing, as on some cards with firmware 4; it is needed to count a card once", next: "take a card with firmware 5 or newer"}
	}
	if f.PIN, f.Touch, err = s.use(); err != nil {
		return err
	}
	if f.FormFactor, err = s.formFactor(); err != nil {
		return err
	}
	if err := checkCritical(SlotCertificate, c); err != nil {
		return err
	}
	f.FIPS = f.FormFactor.FIPS()
	f.Unread = append(f.Unread, s.unread()...)
	return nil
}

// checkDevice holds the device certificate to what the factory makes (steps 2
// and 3) and to the facts of the slot certificate.
func checkDevice(c *x509.Certificate, f *Facts) error {
	if !isDevice(c) {
		reason := "is " + kind(c) + ", in the place of the device certificate"
		if !c.BasicConstraintsValid && !selfIssued(c) && kind(c) != "a slot certificate" {
			reason = "is no CA; some YubiKey 4 have such certificates, which cannot be checked"
		}
		return &CertificateError{Part: DeviceCertificate, Subject: c.Subject.CommonName, Reason: reason}
	}
	s := &statements{part: DeviceCertificate, cert: c}
	firmware, err := s.firmware()
	if err != nil {
		return err
	}
	serial, err := s.serial(false)
	if err != nil {
		return err
	}
	fips, err := s.has(extFIPS)
	if err != nil {
		return err
	}
	if f.CSPN, err = s.has(extCSPN); err != nil {
		return err
	}
	if err := checkCritical(DeviceCertificate, c); err != nil {
		return err
	}
	f.FIPS = f.FIPS || fips
	f.Unread = append(f.Unread, s.unread()...)
	if firmware != f.Firmware {
		return &FirmwareError{f.Firmware, firmware}
	}
	if serial != 0 && serial != f.Serial {
		return &SerialError{f.Serial, serial}
	}
	return nil
}

// checkCritical refuses what says of itself that it must be understood.
func checkCritical(part Part, c *x509.Certificate) error {
	if len(c.UnhandledCriticalExtensions) == 0 {
		return nil
	}
	return &CertificateError{Part: part, Subject: c.Subject.CommonName, next: askMember,
		Reason: fmt.Sprintf("marks the extension %s as critical, which real ones do not", c.UnhandledCriticalExtensions[0])}
}

// checkIssued refuses a slot certificate that the device's own key did not
// sign (step 4).
func (v *Verifier) checkIssued(slot, device *x509.Certificate) error {
	refuse := func(reason string, err error) error {
		return &ChainError{Part: SlotCertificate, Subject: slot.Subject.CommonName, Issuer: slot.Issuer.CommonName, Reason: reason, Err: err}
	}
	switch {
	case sameIssuer(slot, device):
	case slot.Issuer.CommonName == device.Subject.CommonName:
		return refuse("the device certificate beside it writes that name in other bytes", nil)
	default:
		return refuse(fmt.Sprintf("the device certificate beside it is named %s", shown(device.Subject.CommonName)), nil)
	}
	err := slot.CheckSignatureFrom(device)
	if err == nil {
		return nil
	}
	for _, ca := range v.all() {
		if ca.CheckSignature(slot.SignatureAlgorithm, slot.RawTBSCertificate, slot.Signature) == nil {
			return refuse(fmt.Sprintf("it was signed by %s, and not by the device", shown(ca.Subject.CommonName)), err)
		}
	}
	return refuse("the key of the device certificate beside it did not sign it; the two are not of one card", err)
}
