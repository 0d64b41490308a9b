package roles

import (
	"strings"
	"testing"
)

// Names and digests have the length that they should have, and no byte more.
func TestFormsCount(t *testing.T) {
	for what, c := range map[string]struct {
		form        form
		least, most int
	}{
		"name":       {nameForm, 1, 63},
		"login":      {loginForm, 1, 64},
		"repository": {repositoryForm, 32, 32},
		"sha256":     {sha256Form, 64, 64},
	} {
		for n := range 70 {
			if got, want := c.form.MatchString(strings.Repeat("a", n)), c.least <= n && n <= c.most; got != want {
				t.Errorf("%s of %d: %t", what, n, got)
			}
		}
		if c.form.MatchString(strings.Repeat("a", c.most-1) + "\n") {
			t.Errorf("%s with a line end", what)
		}
	}
	for n, want := range map[int]bool{0: false, 1: true, 63: true, 64: false} {
		label := strings.Repeat("a", n)
		if got, ok := RetirementLabel(RetirementFile(label)); ok != want || ok && got != label {
			t.Errorf("a label of %d: %q, %t", n, got, ok)
		}
	}
}
