package verify

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// FuzzMemory reads the memory of a client out of lines of any kind, sealed as a
// program would seal them, and with one byte changed afterwards.
func FuzzMemory(f *testing.F) {
	name := func(version int64, of string) RootName { return RootName{version, DigestOf([]byte(of))} }
	whole := memory{
		under:     name(3, "c"),
		replaced:  &Replacement{name(1, "a"), name(2, "b")},
		replacing: &Replacement{name(2, "b"), name(3, "c")},
	}
	for _, m := range []memory{{}, damagedMemory(), whole, {under: whole.under}, {replacing: whole.replacing}} {
		text := m.String()
		f.Add(text[:len(text)-len(seal(""))], uint(len(text)/2))
	}
	for _, text := range []string{
		"", "format 1", "format 2\nanything\n", "format 1\n\n", "format 99999999999999999999\n", "format \n",
		"format 1\nunder 0 " + whole.under.Digest.String() + "\n", "format 1\nunder -1 " + whole.under.Digest.String() + "\n", "format 1\nunder 1\n",
	} {
		f.Add(text, uint(0))
	}
	f.Fuzz(func(t *testing.T, lines string, at uint) {
		sealed := seal(lines)
		m, err := readMemory(sealed)
		if err != nil {
			var newer *StoreFormatError
			if !errors.As(err, &newer) || newer.Found == memoryFormat || !strings.HasPrefix(lines, formatWord) {
				t.Fatalf("%q: %v", sealed, err)
			}
		} else {
			remembersTheSame(t, m)
		}
		spoilt := []byte(sealed)
		spoilt[at%uint(len(spoilt))] ^= 1
		for _, text := range []string{string(spoilt), sealed[:at%uint(len(sealed))], sealed + "\n"} {
			if m, err := readMemory(text); err != nil || !reflect.DeepEqual(m, damagedMemory()) {
				t.Errorf("%q is taken for a whole one: %+v, %v", text, m, err)
			}
		}
	})
}

// remembersTheSame writes what was read, and reads it again.
func remembersTheSame(t *testing.T, m memory) {
	t.Helper()
	if m.under.Version == 0 {
		m.under = RootName{} // no root has this version
	}
	text := m.String()
	again, err := readMemory(text)
	if err != nil || !reflect.DeepEqual(again, m) || again.String() != text {
		t.Errorf("%q is read as %+v, %v; was %+v", text, again, err, m)
	}
}
