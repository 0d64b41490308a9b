package roles

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
)

// The files that prove where a key lives, in members/<name>/<serial>/.
const (
	// SlotFile is the certificate that the card made over the slot's key.
	SlotFile = "slot.pem"
	// DeviceFile is the certificate of the card's own attestation key.
	DeviceFile = "device.pem"
)

// Evidence is a card's attestation of one key: two certificates, each as one
// PEM block that ends with one newline. It stands in files of its own beside
// the member's, in no TOML, and a charter carries it, so that whoever has the
// charter can check it offline. A certificate that is not there is empty.
// Nothing here is verified; [Lint] does that.
type Evidence struct {
	Slot   string `json:"slot,omitempty"`
	Device string `json:"device,omitempty"`
}

// file is the certificate that stands in a file of this name; nil for others.
func (e *Evidence) file(name string) *string {
	switch name {
	case SlotFile:
		return &e.Slot
	case DeviceFile:
		return &e.Device
	}
	return nil
}

// Attach gives a member's key on the card of this serial number a file of its
// evidence: [SlotFile] or [DeviceFile], one certificate in PEM. White space
// around it and the length of its lines are not kept. The evidence is the
// active key's when the card has several keys of the member. The error is an
// *[EvidenceError].
func (m *Member) Attach(serial int64, file string, data []byte) error {
	refuse := func(format string, args ...any) error {
		return &EvidenceError{Member: m.Name, Serial: serial, File: file, Reason: fmt.Sprintf(format, args...)}
	}
	if new(Evidence).file(file) == nil {
		return refuse("does not belong here: the evidence of a key is %s and %s", SlotFile, DeviceFile)
	}
	on := func(active bool) func(MemberKey) bool {
		return func(k MemberKey) bool {
			return k.Kind == KindPIV && k.Serial == serial && (k.Status == StatusActive) == active
		}
	}
	i := slices.IndexFunc(m.Keys, on(true))
	if i < 0 {
		i = slices.IndexFunc(m.Keys, on(false))
	}
	if i < 0 {
		return refuse("%s declares no key on card %d; correct the folder's name or the key's serial, or remove the folder", m.Name, serial)
	}
	certificate, err := readCertificate(data)
	if err != nil {
		return refuse("%s", err)
	}
	*m.Keys[i].Evidence.file(file) = certificate
	return nil
}

const certificateBlock = "CERTIFICATE"

// readCertificate reads one certificate in PEM, with nothing but white space
// around it, and writes it in the one form that is kept. What the certificate
// says is not looked at.
func readCertificate(data []byte) (string, error) {
	if len(data) > EvidenceBytes {
		return "", fmt.Errorf("it has %d bytes, at most %d", len(data), EvidenceBytes)
	}
	begin := []byte("-----BEGIN ")
	text := bytes.TrimSpace(data)
	block, rest := pem.Decode(text)
	switch {
	case block == nil || !bytes.HasPrefix(text, begin) || block.Type != certificateBlock:
		return "", errors.New("it is no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----")
	case bytes.Count(text, begin) > 1:
		return "", errors.New("it holds more than one PEM block; write each certificate to its own file")
	case len(block.Headers) > 0 || len(bytes.TrimSpace(rest)) > 0:
		return "", errors.New("it holds more than one certificate in PEM; remove the rest")
	case len(block.Bytes) == 0:
		return "", errors.New("the certificate is empty")
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: certificateBlock, Bytes: block.Bytes})), nil
}

// isCertificate reports whether text is written as readCertificate does.
func isCertificate(text string) bool {
	again, err := readCertificate([]byte(text))
	return err == nil && again == text
}

// certificateDER is the content of a certificate that readCertificate wrote.
func certificateDER(text string) []byte {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil
	}
	return block.Bytes
}
