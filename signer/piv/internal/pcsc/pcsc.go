// Package pcsc exchanges plain commands with a card through PC/SC, for the few
// things that piv-go leaves out: whether a card has PIV at all (asking piv-go
// leaves the card locked until the process ends), what it tells about its PIN
// and PUK, and how to delete what is in a slot.
//
// It is built from the C interface that Linux, macOS and the BSDs share. Where
// that is missing (Windows, no cgo) [Available] is false.
package pcsc

import "fmt"

// Code is what PC/SC answers to a call instead of doing it.
type Code uint32

// Codes that say more than that something is wrong.
const (
	InvalidHandle     Code = 0x80100003
	UnknownReader     Code = 0x80100009
	SharingViolation  Code = 0x8010000b
	NoCard            Code = 0x8010000c
	InvalidValue      Code = 0x80100011
	HungUp            Code = 0x80100013
	NotTransacted     Code = 0x80100016
	ReaderUnavailable Code = 0x80100017
	NoService         Code = 0x8010001d
	ServiceStopped    Code = 0x8010001e
	CommunicationLost Code = 0x8010002f
	ResetCard         Code = 0x80100068
	RemovedCard       Code = 0x80100069
	SecurityViolation Code = 0x8010006a
)

// Error is PC/SC's answer to one call.
type Error struct {
	Call string // "SCardConnect"
	Code Code
}

func (e *Error) Error() string { return fmt.Sprintf("%s: PC/SC error %08x", e.Call, uint32(e.Code)) }

// Status is the last two bytes of a response (ISO 7816-4).
type Status uint16

// OK is the status of a command that was done.
const OK Status = 0x9000

// Transmit sends one command, at most 5+255 bytes long, and returns the
// response without its status. A response in parts is put together.
type Transmit func(command []byte) ([]byte, Status, error)
