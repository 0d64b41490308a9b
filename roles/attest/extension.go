package attest

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math"
	"slices"
)

// extension is one kind of statement, with what people call it.
type extension struct {
	id   asn1.ObjectIdentifier
	name string
}

// under names an extension below Yubico's arc for PIV.
func under(n int, name string) extension {
	return extension{asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, n}, name}
}

var (
	extFirmware   = under(3, "the firmware")
	extSerial     = under(7, "the serial number")
	extUse        = under(8, "the PIN and touch policy")
	extFormFactor = under(9, "the form factor")
	extFIPS       = under(10, "the FIPS mark")
	extCSPN       = under(11, "the CSPN mark")
)

// standard are the extensions of RFC 5280 that crypto/x509 judges by itself:
// both key identifiers, key usage and basic constraints.
var standard = []asn1.ObjectIdentifier{{2, 5, 29, 14}, {2, 5, 29, 15}, {2, 5, 29, 19}, {2, 5, 29, 35}}

// statements are the extensions of one certificate, read one by one.
type statements struct {
	part Part
	cert *x509.Certificate
	read []asn1.ObjectIdentifier
}

func (s *statements) fault(e extension, format string, args ...any) error {
	return &ExtensionError{Part: s.part, OID: e.id.String(), Name: e.name, Reason: fmt.Sprintf(format, args...)}
}

// take returns the value of an extension, and whether it is there. An empty
// value is one, and no statement that is absent.
func (s *statements) take(e extension, needed bool) (value []byte, there bool, err error) {
	s.read = append(s.read, e.id)
	n := 0
	for _, found := range s.cert.Extensions {
		if found.Id.Equal(e.id) {
			value, n = found.Value, n+1
		}
	}
	switch {
	case n > 1:
		return nil, false, s.fault(e, "stands %d times, must stand once", n)
	case n == 0 && needed:
		return nil, false, s.fault(e, "is missing")
	}
	return value, n == 1, nil
}

// has reports whether a mark, whose value says nothing, is there.
func (s *statements) has(e extension) (bool, error) {
	_, there, err := s.take(e, false)
	return there, err
}

// unread lists what was not asked for: identifiers that mean nothing here, or
// nothing in this certificate.
func (s *statements) unread() []string {
	var list []string
	for _, e := range s.cert.Extensions {
		if !slices.ContainsFunc(s.read, e.Id.Equal) && !slices.ContainsFunc(standard, e.Id.Equal) {
			list = append(list, fmt.Sprintf("%s: %s", s.part, e.Id))
		}
	}
	return list
}

func (s *statements) firmware() (Version, error) {
	b, _, err := s.take(extFirmware, true)
	if err != nil {
		return Version{}, err
	}
	if len(b) != 3 {
		return Version{}, s.fault(extFirmware, "has length %d, must have 3 bytes", len(b))
	}
	return Version{b[0], b[1], b[2]}, nil
}

// serial returns 0 when there is none and none is needed.
func (s *statements) serial(needed bool) (uint32, error) {
	b, there, err := s.take(extSerial, needed)
	if err != nil || !there {
		return 0, err
	}
	var n int64
	if _, err := asn1.Unmarshal(b, &n); err != nil {
		return 0, s.fault(extSerial, "is no DER integer")
	}
	if again, err := asn1.Marshal(n); err != nil || !bytes.Equal(again, b) {
		return 0, s.fault(extSerial, "is not encoded as DER demands")
	}
	if n < 1 || n > math.MaxUint32 {
		return 0, s.fault(extSerial, "is %d, must be from 1 to %d", n, uint32(math.MaxUint32))
	}
	return uint32(n), nil
}

func (s *statements) use() (PINPolicy, TouchPolicy, error) {
	b, _, err := s.take(extUse, true)
	if err != nil {
		return 0, 0, err
	}
	if len(b) != 2 {
		return 0, 0, s.fault(extUse, "has length %d, must have 2 bytes", len(b))
	}
	pin, touch := PINPolicy(b[0]), TouchPolicy(b[1])
	if !pin.Valid() {
		return 0, 0, s.fault(extUse, "names the PIN policy %d, known are 1 to 5", b[0])
	}
	if !touch.Valid() {
		return 0, 0, s.fault(extUse, "names the touch policy %d, known are 1 to 3", b[1])
	}
	return pin, touch, nil
}

// formFactor returns 0 when the card does not state it.
func (s *statements) formFactor() (FormFactor, error) {
	b, there, err := s.take(extFormFactor, false)
	if err != nil || !there {
		return 0, err
	}
	if len(b) != 1 {
		return 0, s.fault(extFormFactor, "has length %d, must have 1 byte", len(b))
	}
	return FormFactor(b[0]), nil
}
