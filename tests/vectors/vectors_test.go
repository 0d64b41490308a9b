package vectors_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vectors"
)

func all(t *testing.T) []*vectors.Vector {
	t.Helper()
	list, err := vectors.All()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 100 {
		t.Fatalf("only %d vectors", len(list))
	}
	return list
}

// A vector says what it is about, and is written as it was read.
func TestVectorsAreWellFormed(t *testing.T) {
	name := regexp.MustCompile(`^[a-z0-9-]+$`)
	section := regexp.MustCompile(`^(\d\.\d+(\.\d+)*|TAP \d+|x-rust-tuf)$`)
	about := map[string]string{}
	for _, v := range all(t) {
		if !name.MatchString(v.Name) {
			t.Errorf("%s: no name", v.Name)
		}
		for _, s := range strings.Split(v.Spec, ", ") {
			if !section.MatchString(s) {
				t.Errorf("%s: %q is no section", v.Name, s)
			}
		}
		if other := about[v.About]; other != "" && !strings.HasPrefix(v.Name, "delegation-name-with-") {
			t.Errorf("%s and %s are about the same: %s", v.Name, other, v.About)
		}
		about[v.About] = v.Name
		again, err := vectors.Parse(v.Name, v.Format())
		if err != nil || !bytes.Equal(again.Format(), v.Format()) {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good := string(all(t)[0].Format())
	for what, spoil := range map[string][2]string{
		"the first line must be": {vectors.Magic, "tuf client vector 2"},
		"is unknown":             {"about: ", "abuot: "},
		"is no line of a header": {"about: ", "about "},
		"is not complete":        {"spec: ", "spec: \nseen: "},
		"is neither":             {"expect: ", "expect: not "},
		"no content of":          {"trusted ", "trusted 1"},
		"is no event":            {"trusted ", "untrusted "},
		"cannot parse":           {"at: ", "at: 12"},
	} {
		_, err := vectors.Parse("x", []byte(strings.Replace(good, spoil[0], spoil[1], 1)))
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v does not say %q", err, what)
		}
	}
	if _, err := vectors.Parse("x", nil); err == nil || !strings.Contains(err.Error(), "a line has no end") {
		t.Error(err)
	}
}
