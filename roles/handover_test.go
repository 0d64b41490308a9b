package roles

import (
	"strings"
	"testing"
)

// That a target is another repository's root is part of what is signed, and
// whether it is, or of which one, is said when it changes.
func TestRootOfIsChartered(t *testing.T) {
	plain := nine()
	before := plain.charter(t, "release")
	if strings.Contains(string(before.JSON()), "root-of") {
		t.Error("a charter without such a target speaks of it")
	}
	named := *before
	named.Targets = []CharterTarget{{Path: "channels/root.json", Length: 7, SHA256: strings.Repeat("ab", 32), RootOf: "crates"}}
	again, err := ReadCharter(named.JSON())
	if err != nil || again.Targets[0].RootOf != "crates" || again.Digest() == before.Digest() {
		t.Fatal(again, err)
	}
	other := named
	other.Targets = []CharterTarget{named.Targets[0]}
	other.Targets[0].RootOf = ""
	for _, test := range []struct {
		from, to *Charter
		want     string
	}{
		{before, &named, "root of the repository crates"},
		{&named, &other, "root of the repository of file channels/root.json"},
	} {
		d := DiffCharters(test.from, test.to)
		if lines := strings.Join(d.Lines(), "\n"); len(d.Unexplained()) > 1 || !strings.Contains(lines, test.want) {
			t.Errorf("%q is not in\n%s", test.want, lines)
		}
	}
	other.Targets[0].RootOf = "../crates"
	if _, err := ReadCharter(other.JSON()); err == nil || !strings.Contains(err.Error(), "targets[0]") {
		t.Errorf("error %v", err)
	}
}
