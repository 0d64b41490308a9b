package dirstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/tests/storetest"
	"github.com/rust-lang/rust-tuf/verify"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func opened(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, Options{})
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// refused asserts a refusal by its type and by words of its message.
func refused[E error](t testing.TB, err error, words ...string) E {
	t.Helper()
	var want E
	if !errors.As(err, &want) {
		t.Fatalf("got %v (%T), want a %T", err, err, want)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
	return want
}

// tree lists all files below a folder.
func tree(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	must(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		names = append(names, filepath.ToSlash(name))
		return err
	}))
	return names
}

func TestSwap(t *testing.T) {
	for _, l := range []lived{{}, {o: Options{Separate: true}}} {
		dir := filepath.Join(t.TempDir(), "a", "b")
		storetest.Check(t, func(t testing.TB) verify.Store { return l.opened(t, dir) })
		want := []string{"root.json", "snapshot.json", "state/1.root.json", "state/4611686018427387904.a%2F..%2Fb.json", "state/floors", "state/lock", "state/pack-1", "state/pack-11", "state/records", "timestamp.json"}
		if l.o.Separate {
			want = []string{"a%2F..%2Fb.json", "root.json", FileName(storetest.Slots[7].Role) + ".json", "snapshot.json", "state/1.root.json", "state/4611686018427387904.a%2F..%2Fb.json", "state/floors", "state/lock", "state/records", "timestamp.json"}
		}
		if got := tree(t, dir); !slices.Equal(got, want) {
			t.Errorf("files %q", got)
		}
	}
}

func TestNoSlot(t *testing.T) {
	s := opened(t, t.TempDir())
	for _, slot := range []verify.Slot{{Version: 2}, {Role: "root", Version: -1}} {
		if err := s.Swap(slot, nil, nil); err == nil || !strings.Contains(err.Error(), "there is no slot for version") {
			t.Error(err)
		}
		if _, err := s.Load(slot); err == nil || errors.Is(err, verify.ErrNotFound) {
			t.Error(err)
		}
	}
}

// What is too large is never written; what somebody else made so large is read
// as something that no reader accepts, so that it is replaced.
func TestFileBytes(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, Options{FileBytes: 10})
	must(t, err)
	defer s.Close()
	slot := verify.Slot{Role: "timestamp"}
	refused[*verify.LimitError](t, s.Swap(slot, nil, make([]byte, 11)), "timestamp.json: 11, above the limit of 10")
	must(t, os.WriteFile(filepath.Join(dir, "timestamp.json"), make([]byte, 1000), 0o600))
	raw, err := s.Load(slot)
	if len(raw) != 11 || err != nil {
		t.Errorf("%d bytes, %v", len(raw), err)
	}
	must(t, s.Swap(slot, raw, make([]byte, 10)))
	if raw, err := s.Load(slot); len(raw) != 10 || err != nil {
		t.Errorf("%d bytes, %v", len(raw), err)
	}
}

func TestOwnerOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing on Windows")
	}
	dir := filepath.Join(t.TempDir(), "trust")
	s := opened(t, dir)
	slot := verify.Slot{Role: "root"}
	must(t, s.Swap(slot, nil, []byte("root")))
	for name, want := range map[string]fs.FileMode{".": 0o700, "state": 0o700, "root.json": 0o600, "state/lock": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if info.Mode().Perm() != want {
			t.Errorf("%s: %v", name, info.Mode())
		}
	}
	for _, name := range []string{".", "state"} {
		for _, mode := range []fs.FileMode{0o720, 0o702, 0o777} {
			path := filepath.Join(dir, name)
			must(t, os.Chmod(path, mode))
			_, err := Open(dir, Options{})
			if e := refused[*PermissionError](t, err, path+" can be written by others (mode 07", "chmod go-w"); e.Owner != -1 || e.Mode.Perm() != mode {
				t.Errorf("%+v", e)
			}
			must(t, os.Chmod(path, 0o700))
		}
	}
	must(t, os.Chmod(dir, 0o755)) // all of this is public
	must(t, os.Chmod(filepath.Join(dir, "root.json"), 0o644))
	if _, err := opened(t, dir).Load(slot); err != nil {
		t.Error(err)
	}
	must(t, os.Chmod(filepath.Join(dir, "root.json"), 0o666))
	_, err := s.Load(slot)
	refused[*PermissionError](t, err, "root.json can be written by others (mode 0666)")
	refused[*PermissionError](t, s.Swap(slot, []byte("root"), nil), "root.json can be written by others")

	// Into an empty folder nobody has written anything.
	empty := filepath.Join(t.TempDir(), "empty")
	must(t, os.Mkdir(empty, 0o700))
	must(t, os.Chmod(empty, 0o777))
	opened(t, empty)
	if info, err := os.Stat(empty); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// What is no plain file is neither followed nor replaced (CVE-2026-6968).
func TestKinds(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir)
	outside := filepath.Join(t.TempDir(), "outside")
	must(t, os.WriteFile(outside, []byte("outside"), 0o600))
	must(t, s.Swap(verify.Slot{Role: "snapshot"}, nil, []byte("snapshot")))
	for _, to := range []string{outside, "snapshot.json", "nowhere", "../" + filepath.Base(dir) + "/snapshot.json"} {
		must(t, os.Symlink(to, filepath.Join(dir, "root.json")))
		_, err := s.Load(verify.Slot{Role: "root"})
		refused[*KindError](t, err, "root.json is a symbolic link, which is not followed, must be a plain file")
		for _, old := range [][]byte{nil, []byte("outside"), []byte("snapshot")} {
			refused[*KindError](t, s.Swap(verify.Slot{Role: "root"}, old, []byte("new")), "a symbolic link")
		}
		must(t, os.Remove(filepath.Join(dir, "root.json")))
	}
	if raw, err := os.ReadFile(outside); string(raw) != "outside" || err != nil {
		t.Errorf("%q, %v", raw, err)
	}
	must(t, os.Mkdir(filepath.Join(dir, "targets.json"), 0o700))
	_, err := s.Load(verify.Slot{Role: "targets"})
	refused[*KindError](t, err, "targets.json is a folder, must be a plain file")

	other := t.TempDir()
	must(t, os.Symlink(dir, filepath.Join(other, "state")))
	_, err = Open(other, Options{})
	refused[*KindError](t, err, "state is a symbolic link, which is not followed, must be a folder")
	must(t, os.Remove(filepath.Join(other, "state")))
	must(t, os.WriteFile(filepath.Join(other, "state"), nil, 0o600))
	_, err = Open(other, Options{})
	refused[*KindError](t, err, "state is a file, must be a folder")
	if _, err := Open(outside, Options{}); err == nil || !strings.Contains(err.Error(), "outside") {
		t.Error(err)
	}
}

// A link in the place where the next content is written is removed, never
// written through.
func TestLinkInPlaceOfTheNextContent(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir)
	must(t, s.Swap(verify.Slot{Role: "snapshot"}, nil, []byte("snapshot")))
	must(t, os.Symlink("../snapshot.json", filepath.Join(dir, "state", "new")))
	must(t, s.Swap(verify.Slot{Role: "root"}, nil, []byte("root")))
	for role, want := range map[string]string{"snapshot": "snapshot", "root": "root"} {
		if raw, err := s.Load(verify.Slot{Role: role}); string(raw) != want || err != nil {
			t.Errorf("%s: %q, %v", role, raw, err)
		}
	}
}

func TestLockWait(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, Options{LockWait: 30 * time.Millisecond})
	must(t, err)
	defer s.Close()
	unlock, err := opened(t, dir).lock()
	must(t, err)
	err = s.Swap(verify.Slot{Role: "root"}, nil, []byte("root"))
	if e := refused[*LockedError](t, err, filepath.Join("state", "lock")+" is held by another process for more than 30ms; end that process"); e.After != 30*time.Millisecond {
		t.Errorf("%+v", e)
	}
	unlock()
	must(t, s.Swap(verify.Slot{Role: "root"}, nil, []byte("root")))
}

// An error at each call is reported, leaves the old content or the new one,
// and hinders nobody afterwards.
func TestFaultAtEveryCall(t *testing.T) {
	for _, after := range []bool{false, true} {
		for _, l := range lives {
			for call := 1; faultAt(t, l, call, after); call++ {
			}
		}
	}
}

// faultAt lets one call of a life fail, in a new folder or after a kill in it;
// false if it made fewer.
func faultAt(t *testing.T, l lived, deadly int, after bool) bool {
	t.Helper()
	fault := errors.New("no space left on device")
	dir := lifeFolder(t, after)
	calls, failed := 0, ""
	s, err := open(dir, l.o, func(call string) error {
		if calls++; calls == deadly {
			failed = call
			return fault
		}
		return nil
	})
	if err == nil {
		err = life(s, l.slot, func(string) {})
		s.Close()
	}
	if failed == "" {
		must(t, err)
		if calls != callsOf(l, after) {
			t.Errorf("%+v: %d calls", l, calls)
		}
		return false
	}
	// The document is there before its pack is written anew, which the next one does.
	if kept := deadly > callsOf(l, after)-anew(l, after); !errors.Is(err, fault) && (!kept || err != nil) {
		t.Errorf("%s: %v", failed, err)
	}
	whole(t, dir, l)
	must(t, life(l.opened(t, dir), l.slot, func(string) {}))
	return true
}

// All is synced, content and name, but what the client fetches again when it is
// not as promised.
func TestSynced(t *testing.T) {
	for slot, synced := range map[verify.Slot]bool{
		{}:                          true,
		{Role: "root"}:              true,
		{Role: "root", Version: 1}:  true,
		{Role: "timestamp"}:         true,
		{Role: "snapshot"}:          true,
		{Version: 1}:                false,
		{Role: "targets"}:           false,
		{Role: "a bin"}:             false,
		{Role: "Root"}:              false,
		{Role: "root.json"}:         false,
		{Role: "a bin", Version: 1}: true,
	} {
		var made []string
		s, err := open(t.TempDir(), Options{}, func(call string) error {
			made = append(made, call)
			return nil
		})
		must(t, err)
		defer s.Close()
		made = nil
		must(t, s.Swap(slot, nil, []byte("first")))
		must(t, s.Swap(slot, []byte("first"), nil))
		want := "create write write rename unlink"
		if _, packed := s.packOf(slot); packed {
			want = "create write write write write"
		}
		if synced {
			want = "create write write fsync rename fsync folder unlink fsync folder"
		}
		if got := strings.Join(made, " "); got != want {
			t.Errorf("%+v: %s", slot, got)
		}
	}
}
