package frame

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/spf13/cobra"
)

// A verb that panics ends with the code for a defect, in one line for people that
// says whose mistake it is and where it is reported, and in one object for
// programs; it does not claim that nothing happened.
func TestDefect(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(){
		"index": func() { _ = []int{}[len(name(3))-3:][0] },
		"error": func() { panic(errors.New("one\nok: two\x1b")) },
		"nil":   func() { var f *Frame; f.JSON = true },
	} {
		for _, args := range [][]string{{"break"}, {"break", "--json"}} {
			var stdout, stderr bytes.Buffer
			f := &Frame{Program: "tool", Stdout: &stdout, Stderr: &stderr}
			root := f.Root("", "")
			root.AddCommand(&cobra.Command{Use: "break", RunE: func(*cobra.Command, []string) error { do(); return nil }})
			err := f.Execute(t.Context(), root, args)
			var defect *DefectError
			code, chosen := exit.CodeOf(err)
			if !errors.As(err, &defect) || !chosen || code != exit.Internal {
				t.Fatalf("%s: %v, exit code %d", name, err, code)
			}
			f.Explain(err, Failure{Code: code})
			lines := strings.Split(stderr.String(), "\n")
			if len(lines) != 3 || !regexp.MustCompile(`^tool: error: this is a defect of the program, not of what you gave it: .* \(frame.defect_test.go:\d+\)$`).MatchString(lines[0]) ||
				!strings.Contains(lines[1], "report it, with this message") || strings.Contains(stderr.String(), "goroutine") {
				t.Errorf("%s: %q", name, stderr.String())
			}
			if len(args) == 1 {
				continue
			}
			var failure Failure
			if err := json.Unmarshal(stdout.Bytes(), &failure); err != nil || failure.Code != exit.Internal || failure.Error != defect.Error() || failure.Hint != defect.Hint() {
				t.Errorf("%s: %v %s", name, err, &stdout)
			}
		}
	}
}

func name(n int) string { return strings.Repeat("x", n) }
