package attest

import (
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// Every error of this package that a person can do something about has a
// method Hint() string: what to do next, one line, shown beside the error.

// Part is one of the certificates that a verdict rests on, as messages name
// it.
type Part string

// The parts. Certificates of a file of intermediates or test roots are named
// by their place in it: "intermediate 2".
const (
	SlotCertificate   Part = "slot certificate"
	DeviceCertificate Part = "device certificate"
	Intermediate      Part = "intermediate"
	Root              Part = "root"
)

// How to make the two files again, with the tool that members have.
const (
	attestAgain = "attest the slot again and export both certificates: ykman piv keys attest 9c attestation-9c.pem; ykman piv certificates export f9 f9-intermediate.pem"
	askMember   = "do not accept this key: export both certificates from the card again, and if it happens twice ask its owner in person where the card came from"
)

// FileError is a file that does not hold what it must: one certificate in PEM,
// or for intermediates and test roots one or more.
type FileError struct {
	Part   Part
	Reason string
}

func (e *FileError) Error() string { return string(e.Part) + ": " + e.Reason }

// Hint says how to make the file again.
func (e *FileError) Hint() string {
	if e.Part == SlotCertificate || e.Part == DeviceCertificate {
		return attestAgain
	}
	return "take the file as Yubico publishes it at https://developers.yubico.com/PKI/"
}

// CertificateError is a certificate that is not of the kind needed in its
// place.
type CertificateError struct {
	Part    Part
	Subject string // its common name; empty when it could not be read
	Reason  string
	Err     error // what crypto/x509 said, if it was asked
	next    string
}

func (e *CertificateError) Error() string {
	if e.Subject == "" {
		return string(e.Part) + ": " + e.Reason
	}
	return fmt.Sprintf("%s %s: %s", e.Part, shown(e.Subject), e.Reason)
}

// Unwrap returns what crypto/x509 said.
func (e *CertificateError) Unwrap() error { return e.Err }

// Hint says how to get the right one.
func (e *CertificateError) Hint() string {
	if e.next != "" {
		return e.next
	}
	return attestAgain
}

// ExtensionError is an extension that is missing, stands twice, or does not
// have the encoding that cards give it.
type ExtensionError struct {
	Part   Part
	OID    string // dotted
	Name   string // what it states, for people
	Reason string
	next   string
}

func (e *ExtensionError) Error() string {
	return fmt.Sprintf("%s: %s (extension %s) %s", e.Part, e.Name, e.OID, e.Reason)
}

// Hint says that a card does not make such a thing, or what to take instead.
func (e *ExtensionError) Hint() string {
	if e.next != "" {
		return e.next
	}
	return askMember
}

// ChainError is a certificate that does not lead to a trusted root.
type ChainError struct {
	Part    Part   // where the path ends: the slot certificate, the device certificate, or an intermediate
	Subject string // common name of the certificate there
	Issuer  string // common name of who is said to have issued it
	Reason  string
	Err     error // what crypto/x509 said, if it was asked
	next    string
}

func (e *ChainError) Error() string {
	return fmt.Sprintf("%s %s, issued by %s: %s", e.Part, shown(e.Subject), shown(e.Issuer), e.Reason)
}

// Unwrap returns what crypto/x509 said.
func (e *ChainError) Unwrap() error { return e.Err }

// Hint says what a missing issuer may mean, or that the key is not to be
// trusted.
func (e *ChainError) Hint() string {
	if e.next != "" {
		return e.next
	}
	return askMember
}

// ValidityError is a certificate that is not valid at the instant of the
// check.
type ValidityError struct {
	Part                Part
	Subject             string
	NotBefore, NotAfter time.Time
	At                  time.Time
}

func (e *ValidityError) Error() string {
	return fmt.Sprintf("%s %s is valid from %s to %s, not at %s",
		e.Part, shown(e.Subject), instant(e.NotBefore), instant(e.NotAfter), instant(e.At))
}

// Hint says which instant belongs here.
func (e *ValidityError) Hint() string {
	return "check the instant: it is the one at which the key was brought in, not today's; if it is right, take another card"
}

// FirmwareError is a pair of certificates that name two firmwares: they are
// not of one card.
type FirmwareError struct{ Slot, Device Version }

func (e *FirmwareError) Error() string {
	return fmt.Sprintf("the slot certificate says firmware %s, the device certificate %s", e.Slot, e.Device)
}

// Hint says how to make a pair that fits.
func (e *FirmwareError) Hint() string { return attestAgain }

// SerialError is a pair of certificates that name two cards.
type SerialError struct{ Slot, Device uint32 }

func (e *SerialError) Error() string {
	return fmt.Sprintf("the slot certificate is of card %d, the device certificate of card %d", e.Slot, e.Device)
}

// Hint says how to make a pair that fits.
func (e *SerialError) Hint() string { return attestAgain }

// WeakDeviceError is a card whose attestation key anyone can compute
// (YSA-2017-01), so that its attestations prove nothing.
type WeakDeviceError struct {
	Serial   uint32
	Firmware Version
}

func (e *WeakDeviceError) Error() string {
	return fmt.Sprintf("card %d (firmware %s) attests with a key that has the mark of YSA-2017-01: its private half can be computed from its certificate", e.Serial, e.Firmware)
}

// Hint says to take another card.
func (e *WeakDeviceError) Hint() string {
	return "take a card with newer firmware: no attestation of this one proves anything"
}

// errNoSignatures is X25519 on a card.
var errNoSignatures = errors.New("keys of its kind make no signatures, or none that are known here")

// KeyError is an attested key that no metadata can list.
type KeyError struct {
	Serial uint32
	Slot   Slot
	Err    error // why not
}

func (e *KeyError) Error() string {
	return fmt.Sprintf("the key in slot %s of card %d cannot sign here: %v", e.Slot, e.Serial, e.Err)
}

// Unwrap returns why not.
func (e *KeyError) Unwrap() error { return e.Err }

// Hint says which keys can.
func (e *KeyError) Hint() string { return "make an ECDSA P-256 key on the card" }

type sentinel struct{ text, hint string }

func (s *sentinel) Error() string { return s.text }
func (s *sentinel) Hint() string  { return s.hint }

// ErrNoInstant is a check without an instant. The present is never assumed:
// the same evidence must give the same verdict later.
var ErrNoInstant error = &sentinel{
	"no instant to judge the certificates at",
	"give the instant at which the key was brought in, such as the opening of the event",
}

// ErrNothing is a check of nothing.
var ErrNothing error = &sentinel{"no attestation to check", attestAgain}

// instant writes a time as all of this project's files do.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// shown quotes words that somebody else chose, and ends them where they would
// fill a screen.
func shown(s string) string {
	if len(s) > maxShown {
		cut := maxShown
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strconv.Quote(s)
}
