package card

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// selectApplet runs SELECT by name.
func (c *Card) selectApplet(cmd command) ([]byte, Status) {
	if cmd.p1 != 4 {
		return nil, wrongParameters
	}
	named := func(aid string) bool { return len(cmd.data) >= 5 && strings.HasPrefix(aid, string(cmd.data)) }
	var chosen applet
	var response []byte
	switch {
	case named("\xa0\x00\x00\x03\x08\x00\x00\x10\x00\x01\x00") && !c.config.PIVDisabled:
		chosen = pivApplet
		response = tlv(0x61,
			tlv(0x4f, []byte{0, 0, 0x10, 0, 1, 0}),
			tlv(0x79, tlv(0x4f, []byte{0xa0, 0, 0, 3, 8})))
	case named("\xa0\x00\x00\x05\x27\x20\x01\x01"):
		chosen = otpApplet
		response = append(bytes.Clone(c.config.Firmware[:]), 0, 0, 0)
	case named("\xa0\x00\x00\x05\x27\x47\x11\x17"):
		chosen = managementApplet
		response = []byte("Virtual mgr - FW version " + c.config.Firmware.String())
	default:
		return nil, notFound
	}
	c.applet = chosen
	c.forget()
	return response, OK
}

// otp runs a command of the OTP application: of those, the one that tells the serial number.
func (c *Card) otp(cmd command) ([]byte, Status) {
	if cmd.ins == 1 && cmd.p1 == 0x10 {
		return c.serialBytes(), OK
	}
	return nil, unknownInstruction
}

// serialBytes returns the serial number in four bytes, big-endian.
func (c *Card) serialBytes() []byte { return binary.BigEndian.AppendUint32(nil, c.config.Serial) }

// management runs a command of the management application: of those, READ CONFIG. The description is a
// length byte and fields: 01 supported and 03 enabled applications, 02 serial, 04 form factor and 05
// firmware (both from firmware 5), 0A whether a code locks it.
func (c *Card) management(cmd command) ([]byte, Status) {
	if cmd.ins != 0x1d || cmd.p1 != 0 {
		return nil, unknownInstruction
	}
	info := tlv(1, []byte{0x02, 0x3f})
	info = append(info, tlv(2, c.serialBytes())...)
	info = append(info, tlv(3, []byte{0x02, 0x3f})...)
	if c.config.Firmware[0] >= 5 {
		form := byte(c.config.FormFactor)
		if c.config.FIPS {
			form |= 0x80
		}
		info = append(info, tlv(4, []byte{form})...)
		info = append(info, tlv(5, c.config.Firmware[:])...)
	}
	info = append(info, tlv(0x0a, []byte{0})...)
	return append([]byte{byte(len(info))}, info...), OK
}
