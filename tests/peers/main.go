// Peers asks python-tuf about the test vectors and compares what it says with
// what stands there. The test beside it asks go-tuf.
//
//	go run ./tests/peers PYTHON
//
// PYTHON is an interpreter that can import python-tuf, as tests/run/need.sh
// prints it; where that prints none, there is nothing to ask. A difference that
// differences/python-tuf.txt does not explain fails, and so does one that is
// explained there and gone. The exit code is 0 when all is well, 1 when
// something differs, 2 for a wrong call.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/tests/vectors"
)

func main() {
	os.Exit(run(os.Args[1:], filepath.Join("tests", "peers"), os.Stdout, os.Stderr))
}

func run(args []string, here string, stdout, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprintln(stderr, "usage: go run ./tests/peers PYTHON")
		return 2
	}
	if args[0] == "" {
		fmt.Fprintln(stdout, "python-tuf: skipped, it is not on this machine")
		return 0
	}
	begin := time.Now()
	differences, err := pythonTUF(args[0], here, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "python-tuf: %v\n", err)
		return 1
	}
	fmt.Fprintf(stdout, "python-tuf: says of each vector what is expected or explained, %d differences; this took %s\n", differences, time.Since(begin).Round(time.Second/10))
	return 0
}

// pythonTUF returns how many differences are known, if there is no other.
func pythonTUF(python, here string, stderr io.Writer) (int, error) {
	all, err := vectors.All()
	if err != nil {
		return 0, err
	}
	known, err := readTable("python-tuf")
	if err != nil {
		return 0, err
	}
	said, err := ask(exec.Command(python, filepath.Join(here, "python_tuf.py"), filepath.Join(here, "..", "vectors", "data")), stderr)
	if err != nil {
		return 0, err
	}
	if wrong := compare(all, said, known); len(wrong) > 0 {
		return 0, fmt.Errorf("%d of %d vectors:\n%s", len(wrong), len(all), strings.Join(wrong, "\n"))
	}
	return len(known), nil
}

// ask runs a peer that writes a line of JSON about each vector.
func ask(cmd *exec.Cmd, stderr io.Writer) (map[string]string, error) {
	cmd.Stderr = stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	said := map[string]string{}
	var broken error
	for lines := bufio.NewScanner(pipe); lines.Scan(); {
		var line struct{ Vector, Said string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			broken = fmt.Errorf("line %q: %w", lines.Text(), err)
			continue
		}
		said[line.Vector] = line.Said
	}
	if err := cmd.Wait(); err != nil {
		return nil, err
	}
	return said, broken
}
