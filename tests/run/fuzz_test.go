package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestFuzzFindsAllTargets(t *testing.T) {
	const target = `(f *testing.F) { f.Add(1); f.Fuzz(func(t *testing.T, n int) {`
	scratch(t, map[string]string{
		"a/a_test.go": "package a\nimport \"testing\"\nfunc TestFuzzy(t *testing.T) {}\n" +
			"func FuzzGood" + target + "}) }\nfunc FuzzBad" + target + "if n == 1 { t.Error(\"one\") } }) }\n",
		"b/b_test.go": "package b\nimport \"testing\"\nfunc FuzzGood" + target + "}) }\n",
	})
	for _, c := range []struct {
		only, err string
		lines     []string
	}{
		{"Good", "", []string{"2 fuzz targets, 10x each\n", "ok    scratch/a FuzzGood", "ok    scratch/b FuzzGood"}},
		{"Bad", "make fuzz: failed: scratch/a FuzzBad", []string{"FAIL  scratch/a FuzzBad", "a_test.go:5: one",
			"go test -run ^$ -fuzz ^FuzzBad$ -fuzztime 10x scratch/a: exit status 1"}},
		{"None", "make fuzz: found no such fuzz target", nil},
		{"(", "error parsing regexp: missing closing ): `(`", nil},
	} {
		t.Run(c.only, func(t *testing.T) {
			var out bytes.Buffer
			err := fuzz(&out, "10x", c.only)
			if (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
				t.Errorf("error %v, want %q", err, c.err)
			}
			for _, line := range c.lines {
				if !strings.Contains(out.String(), line) {
					t.Errorf("output lacks %q in\n%s", line, &out)
				}
			}
		})
	}
}
