//go:build unix

package main

import (
	"strings"
	"testing"
)

// snake is debian with a Python whose pip is a line of shell.
func snake(pip string) *machine {
	return debian().with("python3", `[ "$1" = -c ] && exit 0
echo "python3 $1 $2 $3" >>"$LOG"
mkdir -p "$4/bin"
printf '#!/bin/sh\necho "pip $1 $*" >>"$LOG"\n%s\n' '`+pip+`' >"$4/bin/pip"
chmod +x "$4/bin/pip"`)
}

func TestPythonTUFThatIsMissing(t *testing.T) {
	const (
		mismatch = `echo "THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE"; exit 1`
		offline  = `echo "no route to the registry"; exit 1`
	)
	for _, c := range []struct {
		name   string
		on     *machine
		code   int
		prints bool // an interpreter
		says   []string
		calls  bool
	}{
		{"agreed", snake("exit 0").answers("y\n"), 0, true, []string{"python-tuf, in a folder of its own:\n", "  tuf==7.0.1\n", "run it now? [y/N] "}, true},
		{"declined", snake("exit 0").answers("n\n"), 1, false, []string{"nothing was installed: run make test-peers again when you want it"}, false},
		{"nobody to ask", snake("exit 0"), 1, false, []string{"nothing was installed"}, false},
		{"CI", snake("exit 0").inCI("true"), 0, true, []string{"  securesystemslib==1.6.0\n"}, true},
		{"CI without a network", snake(offline).inCI("true"), 0, false, []string{"no route to the registry", "python-tuf is not asked"}, true},
		{"a person without a network", snake(offline).answers("y\n"), 1, false, []string{"no route to the registry", "the command failed, see above"}, true},
		{"another file", snake(mismatch).inCI("true"), 1, false, []string{"a file is not the one that tests/peers/requirements.txt names"}, true},
		{"no python", debian(), 1, false, []string{"make test-peers needs what this machine lacks:\n  Python 3.11 or newer with venv, for python-tuf\n"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, said, calls := c.on.need(t, "peers")
			prints := strings.HasSuffix(said, "/bin/python\n")
			if code != c.code || prints != c.prints || strings.Contains(calls, "--require-hashes -r tests/peers/requirements.txt") != c.calls {
				t.Errorf("exit code %d, want %d; said\n%s\ncalled\n%s", code, c.code, said, calls)
			}
			for _, words := range c.says {
				if !strings.Contains(said, words) {
					t.Errorf("does not say %q:\n%s", words, said)
				}
			}
		})
	}
}
