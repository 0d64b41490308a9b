package trust

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/signer/internal/durable"
	"github.com/rust-lang/rust-tuf/verify"
)

// The life of a signer, step by step, which may be cut off anywhere and begun
// again: genesis, then for each version a first document, a second one that
// supersedes it, a signature, and the new root.
//
// life says what it has finished, one line each, and goes on to version last.
func life(t testing.TB, h *Home, last int64, finished func(line string)) error {
	from := trusted(t, root(t, repository, 1, "")).Digest()
	err := h.Establish(Pin{Repository: repository, Version: 1, Digest: from, How: SignedFirstRoot, Since: noon})
	var exists *PinExistsError
	if err != nil && !errors.As(err, &exists) {
		return err
	}
	pin, err := h.Pin(repository)
	if err != nil {
		return err
	}
	first := pin.Version
	if pin.Root != nil {
		first++
	}
	l, err := h.Ledger(repository)
	if err != nil {
		return err
	}
	for version := first; version <= last; version++ {
		newer := trusted(t, root(t, repository, version, ""))
		draft := Entry{Role: "root", Version: version, Digest: digest(fmt.Sprint("draft ", version)), KeyID: "5ab2", At: noon}
		final := draft
		final.Digest, final.Supersedes = newer.Digest(), []verify.Digest{draft.Digest}
		var superseded *SupersededError // when an earlier life got further
		if err := l.Intend(draft); err != nil && !errors.As(err, &superseded) {
			return err
		}
		if err := l.Intend(final); err != nil {
			return err
		}
		finished(fmt.Sprintf("intended %d", version))
		if err := l.Record("root", version, final.Digest, "5ab2", signatureOf(version)); err != nil {
			return err
		}
		finished(fmt.Sprintf("recorded %d", version))
		pin, err := h.Pin(repository)
		if err != nil {
			return err
		}
		if err := h.Advance(repository, pin.Digest, newer); err != nil {
			return err
		}
		finished(fmt.Sprintf("advanced %d", version))
	}
	return nil
}

func signatureOf(version int64) []byte { return fmt.Appendf(nil, "signature %d", version) }

// whole checks everything that must be true of a signer's state at any moment,
// and that it has what finished says.
func whole(t *testing.T, dir, finished string) {
	t.Helper()
	h, err := Open(dir)
	must(t, err)
	pin, err := h.Pin(repository)
	if err != nil && (!errors.Is(err, ErrNoPin) || finished != "") {
		t.Fatalf("after %q: %v", finished, err)
	}
	l := ledgerOf(t, h)
	standing := map[int64]verify.Digest{}
	signed := map[int64]bool{}
	for _, e := range l.Entries() {
		for _, s := range Standing(l.Find(e.Role, e.Version)) {
			if d, ok := standing[s.Version]; ok && d != s.Digest {
				t.Errorf("after %q: two documents stand for version %d", finished, s.Version)
			}
			standing[s.Version] = s.Digest
		}
		if e.File != nil {
			if string(e.File) != string(signatureOf(e.Version)) {
				t.Errorf("after %q: signature file %q", finished, e.File)
			}
			signed[e.Version] = true
		}
	}
	what, number, _ := strings.Cut(finished, " ")
	version, _ := strconv.ParseInt(number, 10, 64)
	for v := int64(1); v <= version; v++ {
		if standing[v].IsZero() || !signed[v] && (v < version || what != "intended") {
			t.Errorf("after %q: version %d stands as %v, signed %v", finished, v, standing[v], signed[v])
		}
	}
	if what == "advanced" && pin.Version < version || version > 1 && pin.Version < version-1 {
		t.Errorf("after %q: the pin is at version %d", finished, pin.Version)
	}
}

// TestLife is the process that is killed: it runs only as a child of the tests
// below, which tell it where its home is, how far to go, and at which call to
// die.
func TestLife(t *testing.T) {
	dir := os.Getenv("RUST_TUF_TEST_HOME")
	if dir == "" {
		return // nothing to do but as a child of the other tests
	}
	last, err := strconv.ParseInt(os.Getenv("RUST_TUF_TEST_LAST"), 10, 64)
	must(t, err)
	deadly, err := strconv.Atoi(os.Getenv("RUST_TUF_TEST_CALL"))
	must(t, err)
	self, err := os.FindProcess(os.Getpid())
	must(t, err)
	calls := 0
	h, err := open(dir, durable.Disk{Before: func(string) error {
		if calls++; calls == deadly {
			must(t, self.Kill())
			select {} // no deferred call cleans up
		}
		return nil
	}})
	must(t, err)
	must(t, life(t, h, last, func(line string) { fmt.Println("finished", line) }))
}

// begin starts a child and returns the lines of what it has finished.
func begin(t *testing.T, dir string, last, call int) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestLife$")
	child.Env = append(os.Environ(), "RUST_TUF_TEST_HOME="+dir,
		"RUST_TUF_TEST_LAST="+strconv.Itoa(last), "RUST_TUF_TEST_CALL="+strconv.Itoa(call),
		"GORACE=atexit_sleep_ms=0") // else a second for each child
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	return child, bufio.NewScanner(out)
}

// A kill at each call that writes: the state is whole, what was finished is
// there, and the next life goes on from it.
func TestKilledAtEveryCall(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	for call := 1; ; call++ {
		dir := filepath.Join(t.TempDir(), "home")
		child, lines := begin(t, dir, 1, call)
		finished := readFinished(lines)
		died := child.Wait()
		whole(t, dir, finished)
		h, err := Open(dir)
		must(t, err)
		must(t, life(t, h, 2, func(line string) { finished = line }))
		whole(t, dir, finished)
		if finished != "advanced 2" {
			t.Errorf("killed at call %d: the next life finished %q", call, finished)
		}
		if died == nil {
			if call < 40 {
				t.Errorf("the child made only %d calls", call)
			}
			return
		}
	}
}

// Kills from outside, at no chosen moment, again and again over one home.
func TestKilledAnywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	dir := filepath.Join(t.TempDir(), "home")
	finished := ""
	for range 8 {
		child, lines := begin(t, dir, 1000, 0)
		for range 1 + rand.IntN(30) {
			if line, ok := nextFinished(lines); ok {
				finished = line
			}
		}
		must(t, child.Process.Kill())
		if line := readFinished(lines); line != "" {
			finished = line
		}
		if err := child.Wait(); err == nil {
			t.Fatal("the child came to its end unharmed")
		}
		whole(t, dir, finished)
	}
	if !strings.Contains(finished, " ") {
		t.Errorf("nothing was ever finished: %q", finished)
	}
}

// An error at each call: it is reported, the state is whole, and the same
// process can go on.
func TestFaultAtEveryCall(t *testing.T) {
	fault := errors.New("no space left on device")
	for call := 1; ; call++ {
		dir := filepath.Join(t.TempDir(), "home")
		calls, failed := 0, ""
		finished := ""
		note := func(line string) { finished = line }
		disk := durable.Disk{Before: func(name string) error {
			if calls++; calls == call {
				failed = name
				return fault
			}
			return nil
		}}
		h, err := open(dir, disk)
		if err == nil {
			err = life(t, h, 1, note)
		}
		if failed == "" {
			must(t, err)
			return
		}
		if !errors.Is(err, fault) {
			t.Errorf("call %d, %s: the fault was not reported: %v", call, failed, err)
		}
		whole(t, dir, finished)
		h, err = Open(dir)
		must(t, err)
		must(t, life(t, h, 2, note))
		whole(t, dir, finished)
	}
}

func nextFinished(lines *bufio.Scanner) (string, bool) {
	for lines.Scan() {
		if line, ok := strings.CutPrefix(lines.Text(), "finished "); ok {
			return line, true
		}
	}
	return "", false
}

// readFinished reads to the end and returns the last step that was finished. A
// line is one write into a pipe, so a kill cuts none in two.
func readFinished(lines *bufio.Scanner) (last string) {
	for {
		line, ok := nextFinished(lines)
		if !ok {
			return last
		}
		last = line
	}
}
