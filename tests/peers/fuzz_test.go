package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vectors"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// stricter is what this module's client refuses and go-tuf reads: what is said
// of it must be one of these, or the difference is new.
var stricter = regexp.MustCompile(strings.Join([]string{
	`must be (an?|true or false|from|above|of the form|root, targets|\d+ to|64)`, // a field is of another kind, or out of range
	`must not be negative`,
	`is not supported; this client reads version 1`,
	`missing`, `empty`,
	`stands twice`, `stands beside`,
	`is a top-level role and cannot be delegated`,
	`is larger than 64 bits`, `not an integer`,
	`document of role`, // _type
}, "|"))

// explained tells why one client accepts what the other refuses, "" if nobody
// knows.
func explained(v *vectors.Vector, file []byte, ourError error, ours, theirs string) string {
	var limit *verify.LimitError
	var format *verify.FormatError
	var role *verify.RoleError
	var expired *verify.ExpiredError
	var threshold *verify.ThresholdError
	switch {
	case theirs == "refused crash":
		return "go-tuf ends in a panic"
	case ourError == nil && theirs == "refused threshold" && encodesOtherwise(file):
		return "go-tuf verifies a structure that it has encoded again"
	case ourError == nil && theirs == "refused format":
		return "go-tuf does not read it"
	case ourError == nil && theirs == "refused target":
		return "go-tuf gives brackets and backslashes a meaning"
	case errors.As(ourError, &format) && stricter.MatchString(ourError.Error()), errors.As(ourError, &role) && stricter.MatchString(ourError.Error()):
		return "this module is stricter"
	case strings.Contains(v.Name, verify.ExtensionName) && (errors.As(ourError, &role) || isA[*verify.RepositoryError](ourError)),
		errors.As(ourError, &format) && strings.Contains(format.Path, verify.ExtensionName):
		return "x-rust-tuf is of this project"
	case errors.As(ourError, &limit):
		return "this module has bounds"
	case errors.As(ourError, &expired) && expired.Expires.Equal(v.At):
		return "go-tuf takes a document for valid at the instant of its expiry"
	case errors.As(ourError, &threshold) && strings.Contains(ourError.Error(), "do not fit"):
		return "go-tuf does not look at the scheme of a key"
	case strings.HasPrefix(ours, "refused target") && strings.ContainsAny(string(file), `[\`):
		return "go-tuf gives brackets and backslashes a meaning"
	}
	return ""
}

// encodesOtherwise tells whether go-tuf writes something else than it has read.
func encodesOtherwise(raw []byte) bool {
	d, err := decode(raw)
	if err != nil {
		return true
	}
	signed, _ := d["signed"].(map[string]any)
	before, err := canonicalOf(signed)
	if err != nil {
		return true
	}
	var again []byte
	switch signed["_type"] {
	case "root":
		again, err = rewritten(metadata.Root(), raw)
	case "timestamp":
		again, err = rewritten(metadata.Timestamp(), raw)
	case "snapshot":
		again, err = rewritten(metadata.Snapshot(), raw)
	default:
		again, err = rewritten(metadata.Targets(), raw)
	}
	return err != nil || string(before) != string(again)
}

func rewritten[T metadata.Roles](m *metadata.Metadata[T], raw []byte) ([]byte, error) {
	read, err := m.FromBytes(raw)
	if err != nil {
		return nil, err
	}
	return canonicalOf(read.Signed)
}

// FuzzGoTUF changes one document of a vector, signs it again, so that it gets
// past the signatures, and asks both clients. Where one accepts and the other
// does not, the reason must be known. Where both accept, both have found the
// same target.
func FuzzGoTUF(f *testing.F) {
	known, err := readTable("go-tuf")
	if err != nil {
		f.Fatal(err)
	}
	var bases []*vectors.Vector // that both accept
	for _, v := range all(f) {
		if _, differs := known[v.Name]; v.Expect.Refused == "" && !differs {
			bases = append(bases, v)
		}
	}
	for i := range bases {
		f.Add(uint16(i), uint8(i), []byte{byte(7 * i), byte(i), byte(11 * i)})
	}
	f.Fuzz(func(t *testing.T, base uint16, which uint8, edits []byte) {
		v := *bases[int(base)%len(bases)]
		file, ok := spoil(&v, which, edits[:min(len(edits), 12)])
		if !ok {
			return
		}
		our := newOurs(&v)
		saidOurs := our.says(t, &v)
		_, ourError := our.refresh(v.At, v.Target)
		saidTheirs := newGoTUF(t).says(t, &v)
		ours, _, _ := strings.Cut(saidOurs, ";")
		theirs, _, _ := strings.Cut(saidTheirs, ";")
		switch {
		case strings.HasPrefix(ours, "an earlier") || strings.HasPrefix(theirs, "an earlier"):
			return // the same document decides there
		case strings.HasPrefix(ours, "accepted") && strings.HasPrefix(theirs, "accepted"):
			if ours != theirs {
				t.Errorf("%s: %s, and go-tuf %s\n%s", v.Name, ours, theirs, file)
			}
		case strings.HasPrefix(ours, "accepted") || strings.HasPrefix(theirs, "accepted") || theirs == "refused crash":
			if explained(&v, file, ourError, ours, theirs) == "" {
				t.Errorf("%s: %s (%v), and go-tuf %s\n%s", v.Name, saidOurs, ourError, saidTheirs, file)
			}
		}
	})
}

// spoil changes one served file of a vector, and returns it.
func spoil(v *vectors.Vector, which uint8, edits []byte) ([]byte, bool) {
	files, served := map[string][]byte{"trusted": v.Trusted}, []int{}
	for i, e := range v.Events {
		if e.Serve != "" {
			files[fmt.Sprint(i)] = e.Content
			served = append(served, i)
		}
	}
	i := served[int(which)%len(served)]
	d, err := decode(v.Events[i].Content)
	if err != nil {
		return nil, false
	}
	signed, ok := d["signed"].(map[string]any)
	if !ok {
		return nil, false
	}
	keys := owned(files)
	mutate(signed, edits)
	raw, err := resign(d, keys)
	if err != nil {
		return nil, false
	}
	v.Events = slices.Clone(v.Events)
	v.Events[i].Content = raw
	return raw, true
}
