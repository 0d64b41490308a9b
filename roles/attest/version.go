package attest

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is the firmware of a card, which can never be updated.
type Version struct{ Major, Minor, Patch uint8 }

// ParseVersion reads three decimal numbers from 0 to 255, without leading
// zeros, joined by dots: "5.7.4".
func ParseVersion(s string) (Version, error) {
	parts := strings.Split(s, ".")
	var n [3]uint8
	if len(parts) != len(n) {
		return Version{}, fmt.Errorf("firmware %s is not three numbers such as 5.7.4", shown(s))
	}
	for i, part := range parts {
		v, err := strconv.ParseUint(part, 10, 8)
		if err != nil || strconv.FormatUint(v, 10) != part {
			return Version{}, fmt.Errorf("firmware %s is not three numbers such as 5.7.4", shown(s))
		}
		n[i] = uint8(v)
	}
	return Version{n[0], n[1], n[2]}, nil
}

// String returns the form that [ParseVersion] reads.
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// Compare returns -1, 0 or 1 when v is older than o, the same, or newer.
func (v Version) Compare(o Version) int {
	return cmp.Or(cmp.Compare(v.Major, o.Major), cmp.Compare(v.Minor, o.Minor), cmp.Compare(v.Patch, o.Patch))
}

// Before reports whether v is older than o.
func (v Version) Before(o Version) bool { return v.Compare(o) < 0 }

// MarshalText returns what String does.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what [ParseVersion] does.
func (v *Version) UnmarshalText(text []byte) (err error) {
	*v, err = ParseVersion(string(text))
	return err
}
