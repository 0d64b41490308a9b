package pcsc

import (
	"bytes"
	"encoding/binary"

	"github.com/rust-lang/rust-tuf/tests/vyubikey"
)

// Commands.
const (
	cmdEstablish = 0x01 + iota
	cmdRelease
	cmdListReaders
	cmdConnect
	cmdReconnect
	cmdDisconnect
	cmdBegin
	cmdEnd
	cmdTransmit
	cmdControl
	cmdStatus
	cmdGetStatusChange
	cmdCancel
	cmdCancelTransaction
	cmdGetAttrib
	cmdSetAttrib
	cmdVersion
	cmdReadersState
	cmdWait
	cmdStopWaiting
	cmdReaderEvents
)

// Sizes of the structures, by command.
var sizes = map[uint32]int{
	cmdEstablish: 12, cmdRelease: 8, cmdConnect: 152, cmdReconnect: 24, cmdDisconnect: 12, cmdBegin: 8, cmdEnd: 12,
	cmdTransmit: 32, cmdControl: 24, cmdStatus: 8, cmdCancel: 8, cmdGetAttrib: 280, cmdSetAttrib: 280, cmdVersion: 12,
	cmdReadersState: 0, cmdWait: 0, cmdStopWaiting: 0, cmdReaderEvents: 0,
}

const (
	maxTransfer  = 4 + 3 + 1<<16 + 3 + 2 // bytes of a command or response
	readerState  = 184
	readerName   = 128
	maxAttribute = 264

	protocolT1 = 2

	shareExclusive = 1
	shareShared    = 2
	shareDirect    = 3

	leaveCard   = 0
	resetCard   = 1
	unpowerCard = 2

	stateAbsent  = 0x02
	statePresent = 0x34 // present, powered, negotiable

	attributeATR          = 0x00090303
	attributeFriendlyName = 0x7fff0003
	attributeSystemName   = 0x7fff0004
)

// message is the structure of a command; its fields lie at multiples of four.
type message []byte

func (m message) field(offset int) uint32 { return binary.NativeEndian.Uint32(m[offset:]) }

func (m message) set(offset int, value uint32) { binary.NativeEndian.PutUint32(m[offset:], value) }

// finish sets the last field, rv.
func (m message) finish(rv Code) { m.set(len(m)-4, uint32(rv)) }

// text returns a string that ends with a zero byte.
func (m message) text(offset, size int) string {
	s, _, _ := bytes.Cut(m[offset:offset+size], []byte{0})
	return string(s)
}

// state writes one reader as READER_STATE.
func state(r vyubikey.Reader, events uint32, sharing int32) message {
	m := make(message, readerState)
	copy(m[:readerName-1], r.Name)
	m.set(128, events)
	m.set(132, stateAbsent)
	if r.Card != nil {
		m.set(132, statePresent)
		atr := r.Card.ATR()
		copy(m[140:], atr)
		m.set(176, uint32(len(atr)))
		m.set(180, protocolT1)
	}
	m.set(136, uint32(sharing))
	return m
}
