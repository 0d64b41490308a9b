package main

import (
	"bytes"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// scratch makes a module of these files, named "scratch", and enters it.
func scratch(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module scratch\n\ngo 1.25\n", 0o644)
	for name, text := range files {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), text, 0o644)
	}
	t.Chdir(dir)
}

func TestCountsWhatGoTestDid(t *testing.T) {
	const head = "import \"testing\"\n"
	scratch(t, map[string]string{
		"good/good_test.go": "package good\n" + head + `
			func TestOne(t *testing.T) { t.Run("a", func(t *testing.T) {}); t.Run("b", func(t *testing.T) { t.Attr("measured", "b in 2 s"); t.Attr("other", "not said") }) }
			func FuzzTwo(f *testing.F) { f.Add(1); f.Fuzz(func(t *testing.T, n int) {}) }`,
		"skips/skips_test.go": "package skips\n" + head + `
			func TestAllowed(t *testing.T) { t.Log("first"); t.Skip("shared data absent: no such folder") }
			func TestRefused(t *testing.T) { t.Log("shared data absent: said, but not the reason"); t.Skipf("not %s", "today") }
			func TestSilent(t *testing.T) { t.Run("sub", func(t *testing.T) { t.SkipNow() }) }`,
		"bad/bad_test.go": "package bad\n" + head + `
			func TestPasses(t *testing.T) { t.Log("nobody wants to read this") }
			func TestFails(t *testing.T) { t.Run("sub", func(t *testing.T) { t.Error("the reason") }) }`,
		"panics/panics_test.go": "package panics\n" + head + `
			func TestFirst(t *testing.T) {}
			func TestPanics(t *testing.T) { var m map[string]int; m["a"]++ }
			func TestNever(t *testing.T) {}`,
		"exits/exits_test.go": "package exits\nimport (\"os\"; \"testing\")\n" + `
			func TestMain(m *testing.M) { os.Exit(3) }`,
		"broken/broken_test.go": "package broken\n" + head + `
			func TestBroken(t *testing.T) { undefined() }`,
	})
	var counted tally
	var out bytes.Buffer
	err := goTest("go test -json ./...", &counted)(&out)
	if err == nil || err.Error() != "go test -json ./...: exit status 1" {
		t.Errorf("error %v", err)
	}

	want := tally{
		passed: 4 /* good */ + 1 /* fuzz seed */ + 1 /* skips */ + 1 /* bad */ + 1, /* panics */
		failed: 5,
		failures: []string{
			"scratch/bad TestFails", "scratch/bad TestFails/sub", "scratch/broken",
			"scratch/exits", "scratch/panics TestPanics",
		},
		skips: []skip{
			{"scratch/skips TestAllowed", "shared data absent: no such folder"},
			{"scratch/skips TestRefused", "not today"},
			{"scratch/skips TestSilent/sub", "no reason given"},
		},
		measured: []string{"b in 2 s"},
	}
	slices.Sort(counted.failures) // packages end in any order
	if !reflect.DeepEqual(counted, want) {
		t.Errorf("counted %+v\nwant %+v\noutput\n%s", counted, want, &out)
	}
	for _, line := range []string{
		"bad_test.go:5: the reason", "--- FAIL: TestFails/sub", "FAIL\tscratch/bad", "undefined: undefined",
		"FAIL\tscratch/broken [build failed]", "panic: assignment to entry in nil map", "ok  \tscratch/good", "FAIL\tscratch/exits",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("output lacks %q", line)
		}
	}
	for _, noise := range []string{"=== RUN", "nobody wants", "\nPASS\n", "--- PASS"} {
		if strings.Contains(out.String(), noise) {
			t.Errorf("output holds %q", noise)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

// A time limit ends the process: the test in progress, and the one above it, never report an end.
func TestCountsTestsThatWereCutOff(t *testing.T) {
	const events = `
{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"run","Package":"p","Test":"TestA/sub"}
{"Action":"output","Package":"p","Test":"TestA/sub","Output":"panic: test timed out after 1s\n"}
not an event
{"Action":"output","Package":"p","Output":"FAIL\tp\t1.0s\n"}
{"Action":"fail","Package":"p"}
`
	var got tally
	var out bytes.Buffer
	if err := got.read(strings.NewReader(events[1:]), &out); err != nil {
		t.Fatal(err)
	}
	if want := (tally{failed: 2, failures: []string{"p TestA", "p TestA/sub"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	if want := "not an event\nFAIL\tp\t1.0s\npanic: test timed out after 1s\n"; out.String() != want {
		t.Errorf("output %q, want %q", out.String(), want)
	}
}

func TestSkipsInCI(t *testing.T) {
	absent := skip{"p TestA", "shared data absent: the folder beside the repository"}
	other := skip{"p TestB/sub", "no card"}
	for _, c := range []struct {
		name   string
		skips  []skip
		strict bool
		err    string
		out    string
	}{
		{"none", nil, true, "", ""},
		{"absent data", []skip{absent}, true, "", ""},
		{"another reason", []skip{absent, other}, true,
			`1 skipped: in CI a test may be skipped only where its reason says "shared data absent"`, "p TestB/sub: no card\n"},
		{"another reason, at home", []skip{absent, other}, false, "", "p TestB/sub: no card\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			err := (&tally{skips: c.skips}).judgeSkips(&out, c.strict)
			if (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if out.String() != c.out {
				t.Errorf("output %q, want %q", out.String(), c.out)
			}
		})
	}
}

func TestReason(t *testing.T) {
	for output, want := range map[string]string{
		"--- SKIP: TestA (0.00s)\n":                                                  "no reason given",
		"    a_test.go:3: one\n--- SKIP: TestA (0.00s)\n":                            "one",
		"    a_test.go:3: one\n    a_test.go:4: two\n        lines\n--- SKIP: TestA": "two lines",
		"a_test.go:3: not indented\n":                                                "not indented",
		"panic: x\n":                                                                 "no reason given",
	} {
		if got := reason(output); got != want {
			t.Errorf("reason of %q is %q, want %q", output, got, want)
		}
	}
}
