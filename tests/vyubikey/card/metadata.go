package card

import "bytes"

// metadata is GET METADATA. The fields: 01 algorithm, 02 PIN and touch policy, 03 origin (1 generated, 2
// imported), 04 public key, 05 whether the value is the factory's, 06 tries in all and left.
func (c *Card) metadata(cmd command) ([]byte, Status) {
	if cmd.p1 != 0 {
		return nil, wrongParameters
	}
	switch cmd.p2 {
	case 0x80:
		return c.pin.metadata(FactoryPIN), OK
	case 0x81:
		return c.puk.metadata(FactoryPUK), OK
	case 0x9b:
		b := tlv(1, []byte{byte(c.manager.algorithm)})
		b = append(b, tlv(2, []byte{0, 1 + flag(c.manager.touch)})...)
		return append(b, tlv(5, []byte{flag(c.factoryManager())})...), OK
	case byte(attestation):
		device := c.attestationKey()
		if device == nil {
			return nil, referenceNotFound
		}
		return keyMetadata(RSA2048, PINNever, TouchNever, true, publicFields(device.PublicKey())), OK
	}
	k, ok := c.keys[Slot(cmd.p2)]
	if !ok {
		return nil, referenceNotFound
	}
	return keyMetadata(k.algorithm, k.pin, k.touch, k.imported, k.public()), OK
}

func keyMetadata(a Algorithm, pin PINPolicy, touch TouchPolicy, imported bool, public []byte) []byte {
	b := tlv(1, []byte{byte(a)})
	b = append(b, tlv(2, []byte{byte(pin), byte(touch)})...)
	b = append(b, tlv(3, []byte{1 + flag(imported)})...)
	return append(b, tlv(4, public)...)
}

func (s *secret) metadata(factory string) []byte {
	b := tlv(1, []byte{0xff})
	b = append(b, tlv(5, []byte{flag(bytes.Equal(s.value, pad(factory)))})...)
	return append(b, tlv(6, []byte{byte(s.tries), byte(s.left)})...)
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}
