//go:build !nopiv && (windows || (cgo && (linux || darwin || freebsd || openbsd)))

package piv

import (
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/piv/internal/pcsc"
)

// meaning returns the error of this package for what PC/SC answers about the
// card in reader, nil when it has none of its own.
func meaning(code pcsc.Code, reader string, err error) error {
	switch code {
	case pcsc.NoService, pcsc.ServiceStopped, pcsc.HungUp:
		return &NoServiceError{err}
	case pcsc.SecurityViolation:
		return &DeniedError{err}
	case pcsc.SharingViolation:
		return &BusyError{reader}
	case pcsc.RemovedCard, pcsc.NoCard, pcsc.UnknownReader, pcsc.ReaderUnavailable,
		pcsc.NotTransacted, pcsc.CommunicationLost, // pulled out in the middle of a command
		pcsc.InvalidHandle, pcsc.InvalidValue: // or just before it
		return signer.ErrRemoved
	}
	return nil
}

// Status words of a card that have a meaning of their own (NIST SP 800-73-4,
// part 2, 3).
const (
	notFound     pcsc.Status = 0x6a82
	notSatisfied pcsc.Status = 0x6982 // a PIN or a touch is missing
	notMet       pcsc.Status = 0x6985
	blocked      pcsc.Status = 0x6983
	wrongData    pcsc.Status = 0x6a80
)
