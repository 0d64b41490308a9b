package main

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vectors"
)

// A difference that nobody explains is one, and so is an explanation of none.
func TestCompare(t *testing.T) {
	v := func(name string, o vectors.Outcome) *vectors.Vector {
		return &vectors.Vector{Name: name, Expect: o, Trusts: "root 1"}
	}
	all := []*vectors.Vector{
		v("agrees", vectors.Outcome{Length: 5}), v("as-good", vectors.Outcome{Refused: "role"}), v("differs", vectors.Outcome{Length: 5}), v("silent", vectors.Outcome{Length: 5}),
		v("known", vectors.Outcome{Length: 5}), v("otherwise", vectors.Outcome{Length: 5}), v("repaired", vectors.Outcome{Length: 5}),
	}
	said := map[string]string{
		"agrees": "accepted 5 bytes; trusts root 1", "as-good": "refused format; trusts root 1", "differs": "accepted 6 bytes; trusts root 1",
		"known": "refused format; trusts root 1", "otherwise": "refused crash; trusts root 1", "repaired": "accepted 5 bytes; trusts root 1",
	}
	known := map[string]difference{
		"known": {says: "refused format; trusts root 1"}, "otherwise": {says: "refused format; trusts root 1"}, "repaired": {says: "refused format; trusts root 1"}, "gone": {},
	}
	want := []string{
		`differs: says "accepted 6 bytes; trusts root 1", want "accepted 5 bytes; trusts root 1"`,
		"silent: nothing is said",
		`otherwise: says "refused crash; trusts root 1", the table has "refused format; trusts root 1"`,
		"repaired: agrees by now; take it out of the table",
		"gone: stands in the table, and is no vector",
	}
	if got := compare(all, said, known); !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

// Each difference is of a vector, and has a reason.
func TestTables(t *testing.T) {
	all, err := vectors.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, peer := range []string{"go-tuf", "python-tuf"} {
		known, err := readTable(peer)
		if err != nil || len(known) == 0 {
			t.Fatalf("%s: %d differences, %v", peer, len(known), err)
		}
		for name, d := range known {
			if !slices.ContainsFunc(all, func(v *vectors.Vector) bool { return v.Name == name }) || len(d.why) < 20 {
				t.Errorf("%s: %s, %q", peer, name, d.why)
			}
		}
	}
	if _, err := readTable("tuf-js"); err == nil {
		t.Error("a table of nobody")
	}
}

func TestRun(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(nil, ".", &out, &errs); code != 2 || !strings.Contains(errs.String(), "usage: ") {
		t.Error(code, errs.String())
	}
	if code := run([]string{""}, ".", &out, &errs); code != 0 || !strings.Contains(out.String(), "skipped, it is not on this machine") {
		t.Error(code, out.String())
	}
	if code := run([]string{"./no-python"}, ".", &out, &errs); code != 1 || !strings.Contains(errs.String(), "no-python") {
		t.Error(code, errs.String())
	}
	// What is no line about a vector, and a peer that says nothing.
	if _, err := ask(exec.Command("go", "version"), &errs); err == nil || !strings.Contains(err.Error(), `line "go version`) {
		t.Error(err)
	}
}
