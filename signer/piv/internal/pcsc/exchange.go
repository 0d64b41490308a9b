//go:build !nopiv && cgo && (linux || darwin || freebsd || openbsd)

package pcsc

// #cgo darwin LDFLAGS: -framework PCSC
// #cgo linux pkg-config: libpcsclite
// #cgo freebsd CFLAGS: -I/usr/local/include/ -I/usr/local/include/PCSC
// #cgo freebsd LDFLAGS: -L/usr/local/lib/ -lpcsclite
// #cgo openbsd CFLAGS: -I/usr/local/include/ -I/usr/local/include/PCSC
// #cgo openbsd LDFLAGS: -L/usr/local/lib/ -lpcsclite
// #include <stdlib.h>
// #include <PCSC/winscard.h>
// #include <PCSC/wintypes.h>
import "C"

import (
	"errors"
	"unsafe"
)

// Available says that Exchange works in this build.
const Available = true

// Exchange holds the card in reader alone (T=1, one transaction) while session
// runs, and lets go of it on every path. Its errors are *Error and session's.
func Exchange(reader string, session func(Transmit) error) error {
	var context C.SCARDCONTEXT
	if err := check("SCardEstablishContext", uint32(C.SCardEstablishContext(C.SCARD_SCOPE_SYSTEM, nil, nil, &context))); err != nil {
		return err
	}
	defer C.SCardReleaseContext(context)
	name := C.CString(reader)
	defer C.free(unsafe.Pointer(name))
	var card C.SCARDHANDLE
	var protocol C.DWORD
	if err := check("SCardConnect", uint32(C.SCardConnect(context, name, C.SCARD_SHARE_EXCLUSIVE, C.SCARD_PROTOCOL_T1, &card, &protocol))); err != nil {
		return err
	}
	defer C.SCardDisconnect(card, C.SCARD_LEAVE_CARD)
	if err := check("SCardBeginTransaction", uint32(C.SCardBeginTransaction(card))); err != nil {
		return err
	}
	defer C.SCardEndTransaction(card, C.SCARD_LEAVE_CARD)
	return session(whole(func(command []byte) ([]byte, error) {
		var response [maxPart]byte
		n := C.DWORD(len(response))
		err := check("SCardTransmit", uint32(C.SCardTransmit(card, C.SCARD_PCI_T1,
			(*C.BYTE)(&command[0]), C.DWORD(len(command)), nil, (*C.BYTE)(&response[0]), &n)))
		if err != nil {
			return nil, err
		}
		return response[:n], nil
	}))
}

// check takes a return code, whose width differs from system to system.
func check(call string, code uint32) error {
	if code == 0 {
		return nil
	}
	return &Error{Call: call, Code: Code(code)}
}

// errShort is a response without a status word.
var errShort = errors.New("the card's response has no status word")

// whole makes a Transmit of a function that exchanges bytes.
func whole(exchange func(command []byte) ([]byte, error)) Transmit {
	const more, getResponse = 0x61, 0xc0
	return func(command []byte) ([]byte, Status, error) {
		var response []byte
		var status Status
		for range maxParts {
			part, err := exchange(command)
			if err != nil {
				return nil, 0, err
			}
			n := len(part) - 2
			if n < 0 {
				return nil, 0, errShort
			}
			response = append(response, part[:n]...)
			status = Status(part[n])<<8 | Status(part[n+1])
			if part[n] != more {
				break
			}
			command = []byte{0, getResponse, 0, 0, 0}
		}
		return response, status, nil
	}
}

const (
	maxPart  = 258 // bytes of a short response: 256 and the status
	maxParts = 16  // 4 kB; the largest PIV object has 3 kB
)
