package card

import "bytes"

// Objects with rules of their own.
const (
	objectDiscovery   = 0x7e
	objectPrinted     = 0x5fc109 // "printed information", where clients keep a management key
	objectFinger      = 0x5fc103
	objectFace        = 0x5fc108
	objectIris        = 0x5fc121
	objectAttestation = 0x5fff01
)

// maxObject bounds an object's content.
const maxObject = 3052

// readObject reads the field 5C that names an object, and returns what follows.
func readObject(data []byte) (id int, rest []byte, ok bool) {
	f, rest, ok := next(data)
	if !ok || f.tag != 0x5c || len(f.value) == 0 || len(f.value) > 3 {
		return 0, nil, false
	}
	for _, b := range f.value {
		id = id<<8 | int(b)
	}
	return id, rest, true
}

// getData is GET DATA.
func (c *Card) getData(cmd command) ([]byte, Status) {
	if cmd.p1 != 0x3f || cmd.p2 != 0xff {
		return nil, wrongParameters
	}
	id, rest, ok := readObject(cmd.data)
	if !ok || len(rest) > 0 {
		return nil, wrongData
	}
	switch id {
	case objectDiscovery:
		return tlv(0x7e,
			tlv(0x4f, []byte{0xa0, 0, 0, 3, 8, 0, 0, 0x10, 0, 1, 0}),
			tlv(0x5f2f, []byte{0x40, 0})), OK
	case objectPrinted, objectFinger, objectFace, objectIris:
		if !c.pin.verified {
			return nil, securityNotSatisfied
		}
	}
	content, ok := c.objects[id]
	if !ok && id == objectAttestation {
		if device := c.attestationKey(); device != nil {
			content, ok = append(tlv(0x70, device.Certificate().Raw), 0x71, 1, 0, 0xfe, 0), true
		}
	}
	if !ok {
		return nil, notFound
	}
	return tlv(0x53, content), OK
}

// putData is PUT DATA. Empty content deletes.
func (c *Card) putData(cmd command) Status {
	if !c.manager.authenticated {
		return securityNotSatisfied
	}
	if cmd.p1 != 0x3f || cmd.p2 != 0xff {
		return wrongParameters
	}
	id, rest, ok := readObject(cmd.data)
	if !ok {
		return wrongData
	}
	content, rest, ok := next(rest)
	if !ok || content.tag != 0x53 || len(rest) > 0 || id == objectDiscovery {
		return wrongData
	}
	if len(content.value) > maxObject {
		return noSpace
	}
	if len(content.value) == 0 {
		delete(c.objects, id)
		return OK
	}
	c.objects[id] = bytes.Clone(content.value)
	return OK
}
