//go:build !nopiv && (windows || (cgo && (linux || darwin || freebsd || openbsd)))

package piv

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/rust-lang/rust-tuf/signer/piv/internal/pcsc"
)

const (
	insAuthenticate = 0x87
	insPutData      = 0xdb
	insMoveKey      = 0xf6

	slotManagement = 0x9b
	nowhere        = 0xff
)

// erase deletes what is in slot s of the card at the other end of transmit,
// which must be the one that card was: the certificate, and from firmware 5.7
// the key.
func erase(transmit pcsc.Transmit, card applet, management []byte, s Slot) error {
	if err := selectPIV(transmit, cardName(card.serial())); err != nil {
		return err
	}
	if card.firmware().Major >= 5 {
		response, err := do(transmit, insSerial, 0, 0, nil)
		if err != nil {
			return err
		}
		if len(response) != 4 || binary.BigEndian.Uint32(response) != card.serial() {
			return errors.New("another card was plugged in meanwhile")
		}
	}
	if err := authenticate(transmit, management); err != nil {
		return err
	}
	if card.firmware().AtLeast(deletes) {
		if _, err := do(transmit, insMoveKey, nowhere, byte(s), nil); err != nil {
			return err
		}
	}
	object := s.object()
	_, err := do(transmit, insPutData, 0x3f, 0xff,
		[]byte{0x5c, 3, byte(object >> 16), byte(object >> 8), byte(object), 0x53, 0})
	return err
}

// do sends one command and returns its response; any status but OK is an error.
func do(transmit pcsc.Transmit, ins, p1, p2 byte, data []byte) ([]byte, error) {
	command := append([]byte{0, ins, p1, p2, byte(len(data))}, data...)
	response, status, err := transmit(command)
	if err == nil && status != pcsc.OK {
		err = fmt.Errorf("the card answers %04x to command %02x", uint16(status), ins)
	}
	return response, err
}

// authenticate proves to the card that the management key is known, and has the
// card prove the same (NIST SP 800-73-4, part 2, A.1.3): the card sends a
// witness, encrypted, and gets it back decrypted together with a challenge,
// which it sends back encrypted.
func authenticate(transmit pcsc.Transmit, key []byte) error {
	algorithm, block, err := managementCipher(transmit, key)
	if err != nil {
		return err
	}
	n := block.BlockSize()
	response, err := do(transmit, insAuthenticate, algorithm, slotManagement, []byte{0x7c, 2, 0x80, 0})
	if err != nil {
		return err
	}
	head := []byte{0x7c, byte(n + 2), 0x80, byte(n)}
	if len(response) != len(head)+n || !bytes.HasPrefix(response, head) {
		return errors.New("the card's witness is damaged")
	}
	witness := response[len(head):]
	block.Decrypt(witness, witness)
	challenge := make([]byte, n)
	if _, err := rand.Read(challenge); err != nil {
		return err
	}
	data := append([]byte{0x7c, byte(2 * (n + 2)), 0x80, byte(n)}, witness...)
	data = append(append(data, 0x81, byte(n)), challenge...)
	if response, err = do(transmit, insAuthenticate, algorithm, slotManagement, data); err != nil {
		return err
	}
	block.Encrypt(challenge, challenge)
	want := append([]byte{0x7c, byte(n + 2), 0x82, byte(n)}, challenge...)
	if subtle.ConstantTimeCompare(response, want) != 1 {
		return errors.New("the card does not know its management key")
	}
	return nil
}

// managementCipher returns what the management key is a key for: the card says
// it from firmware 5.3, before that it is always 3DES.
func managementCipher(transmit pcsc.Transmit, key []byte) (algorithm byte, block cipher.Block, err error) {
	const tripleDES, aes128, aes192, aes256 = 0x03, 0x08, 0x0a, 0x0c
	algorithm = tripleDES
	response, status, err := transmit([]byte{0, insMetadata, 0, slotManagement, 0})
	if err != nil {
		return 0, nil, err
	}
	if status == pcsc.OK {
		tag, value, _, err := field(response)
		if err != nil || tag != 1 || len(value) != 1 {
			return 0, nil, errors.New("the card describes its management key in a damaged way")
		}
		algorithm = value[0]
	}
	switch algorithm {
	case tripleDES:
		block, err = des.NewTripleDESCipher(key)
	case aes128, aes192, aes256:
		block, err = aes.NewCipher(key)
	default:
		err = fmt.Errorf("the card's management key is of kind %02x", algorithm)
	}
	return algorithm, block, err
}
