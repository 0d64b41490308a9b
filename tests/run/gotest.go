package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// absentData stands in the reason of the only skip that CI accepts: a test of data which lies beside
// the repository, where it may be missing.
const absentData = "shared data absent"

// measured is the attribute of a test (testing.T.Attr) whose value is said in the summary: something
// that was measured, such as how long a ceremony took.
const measured = "measured"

// A tally counts tests, subtests and checks.
type tally struct {
	passed, failed int
	failures       []string // of tests: "package TestName/sub"
	skips          []skip
	measured       []string
}

type skip struct{ test, reason string }

// An event is one line of `go test -json`, see `go doc test2json`.
type event struct {
	Action, Package, ImportPath, Test, Output string
	Key, Value                                string // of an attribute
}

// goTest makes a check that runs a `go test -json` line, shows what go test itself would show, and
// counts in t.
func goTest(line string, t *tally) func(io.Writer) error {
	return func(out io.Writer) error {
		cmd := prepare(line)
		var complaints bytes.Buffer // shown after the tests' own lines, never inside of one
		cmd.Stderr = &complaints
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		if err := cmd.Start(); err != nil {
			return explain(line, err)
		}
		readErr := t.read(pipe, out)
		err = cmd.Wait()
		out.Write(complaints.Bytes())
		if err != nil {
			return explain(line, err)
		}
		return readErr
	}
}

// read counts the events that r yields and writes to out, as they come: the output of failed tests,
// and each package's closing line.
func (t *tally) read(r io.Reader, out io.Writer) error {
	packages := make(map[string]*running)
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				out.Write(line) // not an event: what a test wrote to a stream that it should not have
			} else {
				t.add(packages, e, out)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// running is a package whose tests have not all ended.
type running struct {
	output map[string]*strings.Builder // by test; removed at its end
	failed bool                        // a test of it failed
}

func (t *tally) add(packages map[string]*running, e event, out io.Writer) {
	p := packages[e.Package]
	if p == nil {
		p = &running{output: make(map[string]*strings.Builder)}
		packages[e.Package] = p
	}
	switch {
	case e.Action == "build-output":
		io.WriteString(out, e.Output)
	case e.Test == "" && e.Action == "output":
		if e.Output != "PASS\n" { // said once more by the line that begins with ok
			io.WriteString(out, e.Output)
		}
	case e.Test == "" && e.Action == "fail":
		t.packageFailed(p, e.Package, out)
	case e.Test != "":
		t.addTest(p, e, out)
	}
}

func (t *tally) addTest(p *running, e event, out io.Writer) {
	name := e.Package + " " + e.Test
	output := p.output[e.Test]
	if output == nil {
		output = new(strings.Builder)
		p.output[e.Test] = output
	}
	switch e.Action {
	case "output":
		if !strings.HasPrefix(e.Output, "=== ") { // RUN, PAUSE, CONT, NAME
			output.WriteString(e.Output)
		}
		return
	case "attr":
		if e.Key == measured {
			t.measured = append(t.measured, e.Value)
		}
		return
	case "pass":
		t.passed++
	case "skip":
		t.skips = append(t.skips, skip{name, reason(output.String())})
	case "fail":
		t.testFailed(p, name, output.String(), out)
	default: // run, pause, cont
		return
	}
	delete(p.output, e.Test)
}

func (t *tally) testFailed(p *running, name, output string, out io.Writer) {
	p.failed = true
	t.failed++
	t.failures = append(t.failures, name)
	io.WriteString(out, output)
}

// packageFailed counts the tests that a panic or a time limit cut off, or else, when no test failed,
// the package itself: it did not build, or its TestMain ended it.
func (t *tally) packageFailed(p *running, name string, out io.Writer) {
	cut := make([]string, 0, len(p.output))
	for test := range p.output {
		cut = append(cut, test)
	}
	slices.Sort(cut)
	for _, test := range cut {
		t.testFailed(p, name+" "+test, p.output[test].String(), out)
	}
	if !p.failed {
		t.failed++
		t.failures = append(t.failures, name)
	}
}

// logLine is a line by t.Log, t.Skip and the like: "    file_test.go:12: text".
var logLine = regexp.MustCompile(`(?m)^ *[^ :]+\.go:\d+: `)

// reason returns the message of the t.Skip that ended a test: the last thing that it logged.
func reason(output string) string {
	output, _, _ = strings.Cut(output, "--- SKIP:")
	at := logLine.FindAllStringIndex(output, -1)
	if len(at) == 0 {
		return "no reason given"
	}
	return strings.Join(strings.Fields(output[at[len(at)-1][1]:]), " ")
}

// judgeSkips fails, when strict, if a test was skipped for any other reason than absent data.
func (t *tally) judgeSkips(out io.Writer, strict bool) error {
	refused := 0
	for _, s := range t.skips {
		if !strings.Contains(s.reason, absentData) {
			refused++
			fmt.Fprintf(out, "%s: %s\n", s.test, s.reason)
		}
	}
	if strict && refused > 0 {
		return fmt.Errorf("%d skipped: in CI a test may be skipped only where its reason says %q", refused, absentData)
	}
	return nil
}

// summarize says what was measured, why tests were skipped and how many for each reason, and names the
// failed ones.
func (t *tally) summarize(out io.Writer) {
	for _, m := range slices.Sorted(slices.Values(t.measured)) {
		fmt.Fprintf(out, "measured: %s\n", m)
	}
	count := make(map[string]int)
	for _, s := range t.skips {
		count[s.reason]++
	}
	reasons := make([]string, 0, len(count))
	for r := range count {
		reasons = append(reasons, r)
	}
	slices.Sort(reasons)
	for _, r := range reasons {
		fmt.Fprintf(out, "skipped: %d × %s\n", count[r], r)
	}
	for _, name := range t.failures {
		fmt.Fprintf(out, "failed: %s\n", name)
	}
}
