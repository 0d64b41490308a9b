package dirstore

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

var (
	lives = []lived{
		{slot: verify.Slot{Role: "timestamp"}},
		{slot: verify.Slot{Role: "a bin"}},                             // which need not survive a power failure, and is one of many in a file,
		{slot: verify.Slot{Role: "a bin"}, o: Options{Separate: true}}, // or not
	}
	first  = bytes.Repeat([]byte("first "), 10_000)
	second = bytes.Repeat([]byte("second "), 20_000)
)

// lived is where processes keep what their lives are about.
type lived struct {
	slot verify.Slot
	o    Options
}

func (l lived) opened(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, l.o)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// life is what the processes below do, which may end anywhere and begin again:
// the first content, the second, none.
func life(s *Store, slot verify.Slot, finished func(string)) error {
	for _, content := range [][]byte{first, second, nil} {
		old, err := s.Load(slot)
		if err != nil && !errors.Is(err, verify.ErrNotFound) {
			return err
		}
		if err := s.Swap(slot, old, content); err != nil {
			return err
		}
		finished(nameOf(content))
	}
	return nil
}

func nameOf(content []byte) string {
	switch {
	case content == nil:
		return "none"
	case bytes.Equal(content, first):
		return "first"
	case bytes.Equal(content, second):
		return "second"
	}
	return "half"
}

// whole returns what a folder holds after the end of a process, which must be
// a whole content.
func whole(t *testing.T, dir string, l lived) string {
	t.Helper()
	raw, err := l.opened(t, dir).Load(l.slot)
	if err != nil && !errors.Is(err, verify.ErrNotFound) {
		t.Fatal(err)
	}
	name := nameOf(raw)
	if name == "half" {
		t.Errorf("%d bytes are left", len(raw))
	}
	return name
}

const (
	dirVariable  = "RUST_TUF_TEST_DIR"
	callVariable = "RUST_TUF_TEST_CALL"
	slotVariable = "RUST_TUF_TEST_SLOT"
)

// child starts this test program again for one test, over a folder.
func child(test, dir string, slot, call int) *exec.Cmd {
	c := exec.Command(os.Args[0], "-test.run=^"+test+"$")
	c.Env = append(os.Environ(), dirVariable+"="+dir, callVariable+"="+strconv.Itoa(call), slotVariable+"="+strconv.Itoa(slot), "GORACE=atexit_sleep_ms=0")
	return c
}

// TestLife runs only as a child, and dies at one of its calls.
func TestLife(t *testing.T) {
	dir := os.Getenv(dirVariable)
	if dir == "" {
		return // nothing to do but as a child of the test below
	}
	deadly, err := strconv.Atoi(os.Getenv(callVariable))
	must(t, err)
	n, err := strconv.Atoi(os.Getenv(slotVariable))
	must(t, err)
	self, err := os.FindProcess(os.Getpid())
	must(t, err)
	calls := 0
	s, err := open(dir, lives[n].o, func(string) error {
		if calls++; calls == deadly {
			must(t, self.Kill())
			select {} // no deferred call cleans up
		}
		return nil
	})
	must(t, err)
	must(t, life(s, lives[n].slot, func(name string) { fmt.Println("finished", name) }))
}

// A kill at each call: what was finished is there or what came next, whole,
// and nothing is locked for the next process.
func TestKilledAtEveryCall(t *testing.T) {
	for _, after := range []bool{false, true} {
		for i := range lives {
			for call := 1; killedAt(t, i, call, after); call++ {
				if calls := callsOf(lives[i], after); call > calls {
					t.Fatalf("%+v: more than %d calls", lives[i], calls)
				}
			}
		}
	}
}

// callsOf is how many calls a life makes: three folders, or after an earlier kill
// what that one has left is met and unlinked; twice the next content and its name;
// a removal. Of these, fsync of a file, and of a folder after a name is made or
// removed, are for what must survive a power failure. A pack is made and written to
// three times, and then written anew.
func callsOf(l lived, after bool) int {
	begin := 3
	if after {
		begin = 2
	}
	switch {
	case l.slot.Durable():
		return begin + 2*6 + 2
	case l.o.Separate:
		return begin + 2*4 + 1
	}
	return begin + 1 + 3*2 + 4
}

// anew is how many of these calls write a pack anew.
func anew(l lived, after bool) int {
	switch {
	case l.o.Separate || l.slot.Durable():
		return 0
	case after:
		return 6
	}
	return 4
}

// lifeFolder is where a life is to happen: a folder that is still to be made, or
// one that a kill has left something in.
func lifeFolder(t *testing.T, after bool) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a", "b")
	if after {
		opened(t, dir)
		must(t, os.WriteFile(filepath.Join(dir, "state", "new"), first[:1], 0o600))
	}
	return dir
}

// killedAt lets a child die at one of its calls, in a new folder or after an
// earlier kill in it; false if it made fewer.
func killedAt(t *testing.T, n, call int, after bool) bool {
	t.Helper()
	following := map[string]string{"": "first", "first": "second", "second": "none"}
	dir := lifeFolder(t, after)
	out, died := child("TestLife", dir, n, call).Output()
	if died == nil {
		if calls := callsOf(lives[n], after); call != calls+1 {
			t.Errorf("%+v: the child made %d calls, not %d", lives[n], call-1, calls)
		}
		return false
	}
	finished := ""
	for line := range strings.Lines(string(out)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "finished "); ok {
			finished = name
		}
	}
	got := whole(t, dir, lives[n])
	if got != finished && got != following[finished] && (finished != "" || got != "none") {
		t.Errorf("killed at call %d: %q was finished, found %q", call, finished, got)
	}
	began := time.Now()
	must(t, life(lives[n].opened(t, dir), lives[n].slot, func(string) {}))
	if waited := time.Since(began); waited > 5*time.Second {
		t.Errorf("killed at call %d: the next process waited %s", call, waited)
	}
	if _, err := os.Lstat(filepath.Join(dir, "state", "new")); err == nil {
		t.Errorf("killed at call %d: a leftover stays", call)
	}
	return true
}

const each = 40 // what each process counts

// TestCount runs only as a child: it counts, against others.
func TestCount(t *testing.T) {
	dir := os.Getenv(dirVariable)
	if dir == "" {
		return // nothing to do but as a child of the test below
	}
	s := opened(t, dir)
	for n := 0; n < each; {
		old, err := s.Load(verify.Slot{Role: "snapshot"})
		if err != nil && !errors.Is(err, verify.ErrNotFound) {
			t.Fatal(err)
		}
		count, _ := strconv.Atoi(string(old))
		switch err := s.Swap(verify.Slot{Role: "snapshot"}, old, []byte(strconv.Itoa(count+1))); {
		case err == nil:
			n++
		case !errors.Is(err, verify.ErrSwapped):
			t.Fatal(err)
		}
	}
}

// Several processes at once, beginning with the making of the folder: nothing
// that one of them wrote is lost.
func TestProcessesAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	var children []*exec.Cmd
	for range 4 {
		c := child("TestCount", dir, 0, 0)
		c.Stdout, c.Stderr = os.Stderr, os.Stderr
		must(t, c.Start())
		children = append(children, c)
	}
	for _, c := range children {
		must(t, c.Wait())
	}
	raw, err := opened(t, dir).Load(verify.Slot{Role: "snapshot"})
	if string(raw) != strconv.Itoa(4*each) || err != nil {
		t.Errorf("counted %s of %d, %v", raw, 4*each, err)
	}
}
