package verify

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
)

// SuccinctRoles delegates by a rule instead of role by role (TAP 15): a path
// belongs to the bin that the first bits of its SHA-256 number. All bins have
// the same keys and threshold, and all are terminating. With a BitLength out of
// bounds, as in the zero SuccinctRoles, there are no bins.
type SuccinctRoles struct {
	NamePrefix string
	BitLength  int // of the bin's number: 1 to 32
	Threshold  int
	KeyIDs     []string
}

// maxBinBits is the largest bit_length of TAP 15.
const maxBinBits = 32

// digits is how many hex digits the number of a bin has.
func (s *SuccinctRoles) digits() int { return (s.BitLength + 3) / 4 }

// exist reports whether there are bins at all.
func (s *SuccinctRoles) exist() bool { return 1 <= s.BitLength && s.BitLength <= maxBinBits }

// Bin returns the name of the role to which a path belongs, "" if there are no
// bins.
func (s *SuccinctRoles) Bin(path string) string {
	if !s.exist() {
		return ""
	}
	sum := sha256.Sum256([]byte(path))
	return s.name(binary.BigEndian.Uint32(sum[:4]) >> (maxBinBits - s.BitLength))
}

func (s *SuccinctRoles) name(bin uint32) string {
	return fmt.Sprintf("%s-%0*x", s.NamePrefix, s.digits(), bin)
}

// Has reports whether a role is one of the bins: the prefix, a hyphen, and the
// number in as many lower-case hex digits as the largest one has.
func (s *SuccinctRoles) Has(role string) bool {
	number, ok := strings.CutPrefix(role, s.NamePrefix+"-")
	if !ok || !s.exist() || len(number) != s.digits() {
		return false
	}
	var bin uint64
	for i := range len(number) {
		v, ok := hexValue(number[i])
		if !ok || 'A' <= number[i] && number[i] <= 'F' {
			return false
		}
		bin = bin<<4 | uint64(v)
	}
	return bin < 1<<s.BitLength
}

// readSuccinct reads `succinct_roles`. Every bin's quorum is this one, under
// the bin's own name.
func (f *targetsFacts) readSuccinct(v value, ring keyring) error {
	if err := v.object(); err != nil {
		return err
	}
	s := &SuccinctRoles{}
	bits, named := int64(0), false
	for name, m := range v.members() {
		var err error
		switch string(name) {
		case "bit_length":
			bits, err = m.integer()
		case "name_prefix":
			named = true
			s.NamePrefix, err = m.text()
		}
		if err != nil {
			return within(name, err)
		}
	}
	switch {
	case bits < 1 || bits > maxBinBits:
		return misfit("bit_length", "must be from 1 to %d, found %d", maxBinBits, bits)
	case !named || s.NamePrefix == "":
		return misfit("name_prefix", "missing or empty")
	}
	s.BitLength = int(bits)
	q := newQuorum(f.document, ring, s.NamePrefix, f.role)
	if err := q.read(v, f.document.lim.Keys); err != nil {
		return err
	}
	s.Threshold, s.KeyIDs = q.threshold, q.ids
	f.succinct, f.bins = s, &q
	return nil
}
