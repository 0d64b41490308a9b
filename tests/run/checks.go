package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"
)

// A check is one line of `make test`. It runs in the module's root and returns nil when all is well;
// what it writes is shown only when it fails, unless the check is live.
type check struct {
	name string
	run  func(out io.Writer) error
	live bool // writes its lines as they come: for the long one
}

// checks lists all of `make test`, the quick ones first. The Go tests are counted in t.
func checks(t *tally, ci bool) []check {
	return []check{
		{name: "gofmt", run: silent("gofmt -l .")},
		{name: "markdown links", run: findings(deadLinks)},
		{name: "machine paths", run: findings(machinePaths)},
		{name: "modules are tidy", run: commands("go mod tidy -diff", "go -C tests/tools mod tidy -diff")},
		{name: "go vet", run: commands("go vet ./...", "go vet -tags=gitea,prism ./...")},
		{name: "staticcheck", run: commands("go tool -modfile=tests/tools/go.mod staticcheck ./...")},
		{name: "actionlint", run: commands("go tool -modfile=tests/tools/go.mod actionlint -shellcheck= -pyflakes= " + strings.Join(workflows, " "))},
		{name: "without cgo", run: builds("CGO_ENABLED=0")},
		{name: "without piv", run: commands("go build -buildvcs=false -tags nopiv ./...", "go vet -tags nopiv ./...")},
		{name: "PIV not built in", run: commands("go test -tags nopiv ./signer/piv", "CGO_ENABLED=0 go test ./signer/piv")},
		{name: "for windows/amd64", run: builds("CGO_ENABLED=0 GOOS=windows GOARCH=amd64")},
		{name: "for darwin/arm64", run: builds("CGO_ENABLED=0 GOOS=darwin GOARCH=arm64")},
		{name: "for linux/386", run: builds("CGO_ENABLED=0 GOOS=linux GOARCH=386")},
		{name: "verify on 32 bits", run: on32Bits},
		// Many tests wait for git and for the disk: four at once on two cores.
		{name: "go test -race", run: withMemory(goTest, "CGO_ENABLED=1 go test -race -timeout=40m -parallel=4 -count=1 -json ./...", t), live: true},
		{name: "skipped tests", run: func(out io.Writer) error { return t.judgeSkips(out, ci) }},
	}
}

// withMemory has the tests of a line keep their files in memory, where there is some to spare. What the
// Go tool builds stays where it always is.
func withMemory(run func(line string, t *tally) func(io.Writer) error, line string, t *tally) func(io.Writer) error {
	return func(out io.Writer) error {
		folder := inMemory()
		if folder == "" {
			return run(line, t)(out)
		}
		defer os.RemoveAll(folder)
		interrupts := make(chan os.Signal, 1) // end the tests, as they do anyway, and not this process: memory is given back
		signal.Notify(interrupts, os.Interrupt)
		defer signal.Stop(interrupts)
		return run("GOTMPDIR="+os.TempDir()+" TMPDIR="+folder+" "+line, t)(out)
	}
}

// on32Bits runs the tests of what is embedded elsewhere where an int has 32 bits. Another kind of
// machine than the two that run such programs builds them, above, and no more.
func on32Bits(out io.Writer) error {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		fmt.Fprintln(out, "not run: only linux/amd64 also runs programs for linux/386")
		return nil
	}
	return commands("CGO_ENABLED=0 GOARCH=386 go test ./verify/...")(out)
}

// workflows are what a repository of metadata takes over from the template.
var workflows = []string{"template/.github/workflows/gate.yml", "template/.github/workflows/due.yml", "template/.github/workflows/clock.yml", "template/.github/workflows/publish.yml"}

// test runs all checks, whatever fails on the way.
func test(out io.Writer, ci bool) error {
	var t tally
	return report(out, checks(&t, ci), &t)
}

// report performs the checks and ends with the summary.
func report(out io.Writer, list []check, t *tally) error {
	begin := time.Now()
	failed := perform(out, list, t)
	fmt.Fprintf(out, "\nall of this took %s\n", time.Since(begin).Round(time.Second))
	t.summarize(out)
	for _, name := range failed {
		fmt.Fprintf(out, "failed: %s\n", name)
	}
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", t.passed, t.failed, len(t.skips))
	if len(failed) > 0 {
		return fmt.Errorf("make test: %d of %d checks failed, see above", len(failed), len(list))
	}
	return nil
}

// perform runs each check, prints its line, counts it in t and returns the names of the failed ones.
func perform(out io.Writer, list []check, t *tally) (failed []string) {
	for _, c := range list {
		var kept bytes.Buffer
		w := io.Writer(&kept)
		if c.live {
			w = out
		}
		begin := time.Now()
		err := c.run(w)
		verdict := "ok  "
		if err != nil {
			verdict = "FAIL"
			failed = append(failed, c.name)
			t.failed++
		} else {
			t.passed++
		}
		fmt.Fprintf(out, "%s  %-18s %7.1fs\n", verdict, c.name, time.Since(begin).Seconds())
		if err != nil {
			fmt.Fprint(out, indent(kept.String()+err.Error()))
		}
	}
	return failed
}

// findings makes a check of a function that returns one line for each thing that is wrong in the
// module in the current directory.
func findings(find func(root string) ([]string, error)) func(io.Writer) error {
	return func(out io.Writer) error {
		lines, err := find(".")
		if err != nil {
			return err
		}
		for _, line := range lines {
			fmt.Fprintln(out, line)
		}
		if len(lines) > 0 {
			return errors.New("correct each of these")
		}
		return nil
	}
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		b.WriteString("      " + line)
	}
	return b.String() + "\n"
}
