package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// seconds is what differs from run to run.
var seconds = regexp.MustCompile(`\d+\.\d+s`)

func TestEveryCheckRunsAndSaysOneLine(t *testing.T) {
	list := []check{
		{name: "good", run: func(out io.Writer) error { fmt.Fprintln(out, "not shown"); return nil }},
		{name: "bad", run: func(out io.Writer) error { fmt.Fprintln(out, "one\ntwo"); return errors.New("the reason") }},
		{name: "live", run: func(out io.Writer) error { fmt.Fprintln(out, "as it comes"); return nil }, live: true},
	}
	var out bytes.Buffer
	var counted tally
	failed := perform(&out, list, &counted)
	const want = `ok    good                    Ts
FAIL  bad                     Ts
      one
      two
      the reason
as it comes
ok    live                    Ts
`
	got := seconds.ReplaceAllString(out.String(), "Ts")
	if squeeze(got) != squeeze(want) {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
	if !reflect.DeepEqual(failed, []string{"bad"}) || counted.passed != 2 || counted.failed != 1 {
		t.Errorf("failed %q, counted %+v", failed, counted)
	}
}

// squeeze makes one blank of many inside of lines, so that columns may change.
func squeeze(s string) string { return regexp.MustCompile(`(\S) +`).ReplaceAllString(s, "$1 ") }

// The end of `make test`, in a module in which every kind of check finds something.
func TestABadModuleFailsAndSaysWhy(t *testing.T) {
	scratch(t, map[string]string{"a_test.go": `package a
import "testing"
func TestGood(t *testing.T) { t.Attr("measured", "good in 1 s") }
func TestBad(t *testing.T) { t.Error("the reason") }
func TestSkipped(t *testing.T) { t.Skip("no card") }
`})
	var out bytes.Buffer
	var counted tally
	list := []check{
		{name: "gofmt", run: silent("gofmt -l .")},
		{name: "go vet", run: commands("go vet ./...")},
		{name: "go test", run: goTest("go test -json ./...", &counted), live: true},
		{name: "skipped tests", run: func(out io.Writer) error { return counted.judgeSkips(out, true) }},
	}
	err := report(&out, list, &counted)
	if err == nil || err.Error() != "make test: 3 of 4 checks failed, see above" {
		t.Errorf("error %v", err)
	}
	const end = `measured: good in 1 s
skipped: 1 × no card
failed: scratch TestBad
failed: gofmt
failed: go test
failed: skipped tests
2 passed, 4 failed, 1 skipped
`
	if !strings.HasSuffix(out.String(), end) {
		t.Errorf("printed\n%s\nwant the end\n%s", &out, end)
	}
	for _, line := range []string{
		"      a_test.go\n      gofmt -l .: prints nothing when all is well\n",
		"      scratch TestSkipped: no card\n      1 skipped: in CI a test may be skipped only",
		"ok    go vet",
		"FAIL\tscratch\t",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("output lacks %q in\n%s", line, &out)
		}
	}
}

func TestCommandLines(t *testing.T) {
	for _, c := range []struct{ line, err, out string }{
		{"CGO_ENABLED=0 GOOS=plan9 go env CGO_ENABLED GOOS GOWORK", "", "0\nplan9\noff\n"},
		{"go nothing", "go nothing: exit status 2", "go nothing: unknown command\nRun 'go help' for usage.\n"},
	} {
		var out bytes.Buffer
		err := commands(c.line)(&out)
		if (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%s: error %v, want %q", c.line, err, c.err)
		}
		if out.String() != c.out {
			t.Errorf("%s: printed %q, want %q", c.line, out.String(), c.out)
		}
	}
}

func TestCommandThatIsNotThere(t *testing.T) {
	err := commands("no-such-command x")(io.Discard)
	if !errors.Is(err, exec.ErrNotFound) || !strings.HasPrefix(err.Error(), "no-such-command x: ") {
		t.Errorf("error %v, want %v", err, exec.ErrNotFound)
	}
}

func TestWrongCalls(t *testing.T) {
	for _, args := range [][]string{{}, {"tea"}, {"test", "fuzz"}, {"-tea", "test"}} {
		var stdout, stderr bytes.Buffer
		if code := run(args, &stdout, &stderr, false); code != 2 {
			t.Errorf("%q: exit code %d, want 2", args, code)
		}
		if stdout.Len() > 0 || !strings.Contains(stderr.String(), "usage: go run ./tests/run ") {
			t.Errorf("%q: printed %q and %q", args, &stdout, &stderr)
		}
	}
}
