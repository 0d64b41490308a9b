//go:build !nopiv && (windows || (cgo && (linux || darwin || freebsd || openbsd)))

package piv

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/rust-lang/rust-tuf/signer/piv/internal/pcsc"
)

// Commands of the card (the PIV standard's and Yubico's extensions) that piv-go
// has no call for.
const (
	insSelect   = 0xa4
	insMetadata = 0xf7
	insSerial   = 0xf8

	referencePIN = 0x80
	referencePUK = 0x81
)

var aidPIV = []byte{0xa0, 0x00, 0x00, 0x03, 0x08}

// probed is what a card tells before piv-go opens it.
type probed struct {
	serial   uint32 // 0 below firmware 5
	pin, puk Counter
}

// probe asks the card in reader whether it has PIV, and what it tells about its
// PIN and PUK. A card that has no PIV must never be opened with piv-go, which
// then holds it until the process ends.
func probe(reader string) (found probed, err error) {
	if !pcsc.Available {
		return probed{pin: untold, puk: untold}, nil
	}
	err = pcsc.Exchange(reader, func(transmit pcsc.Transmit) error {
		found, err = question(transmit, reader)
		return err
	})
	return found, err
}

// question is probe's part that speaks with the card.
func question(transmit pcsc.Transmit, reader string) (probed, error) {
	found := probed{pin: untold, puk: untold}
	if err := selectPIV(transmit, reader); err != nil {
		return found, err
	}
	response, status, err := transmit([]byte{0, insSerial, 0, 0, 0})
	if err != nil {
		return found, err
	}
	if status == pcsc.OK && len(response) == 4 {
		found.serial = binary.BigEndian.Uint32(response)
	}
	if found.pin, err = counter(transmit, referencePIN); err != nil {
		return found, err
	}
	found.puk, err = counter(transmit, referencePUK)
	return found, err
}

func selectPIV(transmit pcsc.Transmit, reader string) error {
	_, status, err := transmit(append([]byte{0, insSelect, 4, 0, byte(len(aidPIV))}, aidPIV...))
	switch {
	case err != nil:
		return err
	case status == notFound:
		return &NoPIVError{reader}
	case status != pcsc.OK:
		return fmt.Errorf("the card answers %04x when PIV is selected", uint16(status))
	}
	return nil
}

// counter reads the description of the PIN or the PUK (firmware 5.3): fields of
// a tag, a length and a value, of which 05 says whether it is the factory's and
// 06 how many tries there are and are left.
func counter(transmit pcsc.Transmit, reference byte) (Counter, error) {
	response, status, err := transmit([]byte{0, insMetadata, 0, reference, 0})
	if err != nil || status != pcsc.OK {
		return untold, err
	}
	found := untold
	for len(response) > 0 {
		var tag byte
		var value []byte
		if tag, value, response, err = field(response); err != nil {
			return untold, err
		}
		switch {
		case tag == 0x05 && len(value) == 1:
			found.Factory = No
			if value[0] == 1 {
				found.Factory = Yes
			}
		case tag == 0x06 && len(value) == 2:
			found.Total, found.Left = int(value[0]), int(value[1])
		}
	}
	return found, nil
}

var errField = errors.New("the card describes its PIN or PUK in a damaged way")

// field splits off one field with a length of one byte.
func field(b []byte) (tag byte, value, rest []byte, err error) {
	if len(b) < 2 || b[1] > 0x7f || len(b) < 2+int(b[1]) {
		return 0, nil, nil, errField
	}
	n := 2 + int(b[1])
	return b[0], b[2:n], b[n:], nil
}
