package dirstore

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// together are roles whose documents are in one pack.
func together(t testing.TB, s *Store, n int) (p *pack, roles []string) {
	t.Helper()
	p, _ = s.packOf(verify.Slot{Role: "bin-0"})
	for i := 0; len(roles) < n; i++ {
		role := fmt.Sprint("bin-", i)
		if other, ok := s.packOf(verify.Slot{Role: role}); ok && other == p {
			roles = append(roles, role)
		}
	}
	return p, roles
}

// held is what a store has of some roles.
func held(t testing.TB, s *Store, roles []string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, role := range roles {
		raw, err := s.Load(verify.Slot{Role: role})
		switch {
		case err == nil:
			all[role] = string(raw)
		case !errors.Is(err, verify.ErrNotFound):
			t.Fatal(err)
		}
	}
	return all
}

// fill gives each role a document, the first one twice.
func fill(t testing.TB, s *Store, roles []string) {
	t.Helper()
	must(t, s.Swap(verify.Slot{Role: roles[0]}, nil, []byte("before")))
	must(t, s.Swap(verify.Slot{Role: roles[0]}, []byte("before"), []byte("document of "+roles[0])))
	for _, role := range roles[1:] {
		must(t, s.Swap(verify.Slot{Role: role}, nil, []byte("document of "+role)))
	}
}

// A pack is a text that people can read.
func TestPackFormat(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir)
	p, roles := together(t, s, 2)
	fill(t, s, roles)
	must(t, s.Swap(verify.Slot{Role: roles[1]}, []byte("document of "+roles[1]), nil))
	raw, err := os.ReadFile(filepath.Join(dir, p.name))
	must(t, err)
	want := p.birth + "bin-0 6 ed9684a2\nbefore\nbin-0 17 522e4bdc\ndocument of bin-0\n" + roles[1] + " 18 3b34e64c\ndocument of " + roles[1] + "\n" + roles[1] + " - 00000000\n\n"
	if string(raw) != want || !strings.HasPrefix(p.birth, "pack 1 ") {
		t.Errorf("%q\nwant\n%q", raw, want)
	}
}

// Whatever a kill leaves of the last entry: what was there before is there, and the
// next document comes behind it.
func TestPackCut(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir)
	p, roles := together(t, s, 3)
	fill(t, s, roles[:2])
	path := filepath.Join(dir, p.name)
	before, err := os.ReadFile(path)
	must(t, err)
	must(t, s.Swap(verify.Slot{Role: roles[2]}, nil, []byte("document of "+roles[2])))
	after, err := os.ReadFile(path)
	must(t, err)
	for cut := len(before); cut < len(after); cut++ {
		for _, knows := range []bool{false, true} { // what was there before
			must(t, os.WriteFile(path, before, 0o600))
			s := opened(t, dir)
			if knows {
				held(t, s, roles)
			}
			must(t, os.WriteFile(path, after[:cut], 0o600))
			if got := held(t, s, roles); len(got) != 2 || got[roles[0]] != "document of "+roles[0] || got[roles[1]] != "document of "+roles[1] {
				t.Errorf("cut at %d: %q", cut, got)
			}
			must(t, s.Swap(verify.Slot{Role: roles[2]}, nil, []byte("again")))
			if got := held(t, opened(t, dir), roles); len(got) != 3 || got[roles[2]] != "again" {
				t.Errorf("cut at %d: then %q", cut, got)
			}
		}
	}
}

// Damage of any byte loses documents, and never gives another one; what is lost can be
// put there again.
func TestPackDamaged(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir)
	p, roles := together(t, s, 3)
	fill(t, s, roles)
	path := filepath.Join(dir, p.name)
	whole, err := os.ReadFile(path)
	must(t, err)
	for at := range whole {
		for _, bit := range []byte{0x01, 0x80} {
			damaged := bytes.Clone(whole)
			damaged[at] ^= bit
			must(t, os.WriteFile(path, damaged, 0o600))
			s := opened(t, dir)
			got := held(t, s, roles)
			for _, role := range roles {
				if got[role] != "" && got[role] != "document of "+role && got[role] != "before" {
					t.Errorf("byte %d: %s is %q", at, role, got[role])
				}
				var old []byte
				if document, ok := got[role]; ok {
					old = []byte(document)
				}
				must(t, s.Swap(verify.Slot{Role: role}, old, []byte("new")))
			}
			if got := held(t, opened(t, dir), roles); len(got) != 3 || got[roles[0]] != "new" || got[roles[2]] != "new" {
				t.Errorf("byte %d: afterwards %q", at, got)
			}
		}
	}
}

// A pack of a newer program is none, and gives way.
func TestPackOfANewerProgram(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir)
	p, roles := together(t, s, 2)
	must(t, os.WriteFile(filepath.Join(dir, p.name), fmt.Appendf(nil, "pack 2 0123456789abcdef\nbin-0 3 %08x\nnew\n", checksum([]byte("new"))), 0o600))
	if got := held(t, s, roles); len(got) != 0 {
		t.Errorf("%q", got)
	}
	fill(t, s, roles)
	if got := held(t, opened(t, dir), roles); len(got) != 2 {
		t.Errorf("%q", got)
	}
}

// Two that have the same folder open see what the other one does, also when a pack was
// written anew, or taken away.
func TestPackOfOthers(t *testing.T) {
	dir := t.TempDir()
	one, other := opened(t, dir), opened(t, dir)
	p, roles := together(t, one, 3)
	fill(t, one, roles)
	held(t, other, roles)
	large := bytes.Repeat([]byte("large "), 20_000)
	slot := verify.Slot{Role: roles[0]}
	must(t, one.Swap(slot, []byte("document of bin-0"), large))
	must(t, one.Swap(slot, large, []byte("small")))
	if info, err := os.Stat(filepath.Join(dir, p.name)); err != nil || info.Size() > 1000 {
		t.Errorf("%d bytes, %v: was not written anew", info.Size(), err)
	}
	if got := held(t, other, roles); got[roles[0]] != "small" || got[roles[2]] != "document of "+roles[2] || len(got) != 3 {
		t.Errorf("%q", got)
	}
	must(t, other.Swap(slot, []byte("small"), []byte("smaller")))
	if err := one.Swap(slot, []byte("small"), []byte("lost")); !errors.Is(err, verify.ErrSwapped) || !strings.Contains(err.Error(), "bin-0 in "+filepath.Join(dir, "state", "pack-")) {
		t.Error(err)
	}
	if got := held(t, one, roles); got[roles[0]] != "smaller" {
		t.Errorf("%q", got)
	}
	must(t, os.Remove(filepath.Join(dir, p.name)))
	for _, s := range []*Store{one, other} {
		if got := held(t, s, roles); len(got) != 0 {
			t.Errorf("%q", got)
		}
	}
	fill(t, other, roles)
	if got := held(t, one, roles); len(got) != 3 {
		t.Errorf("%q", got)
	}
}

// A head has one form, so that it is as long when it is written anew.
func TestPackHeads(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir)
	p, _ := together(t, s, 1)
	for _, sum := range []string{"0", "00000000", "000000000", "0x000000", "", "00000000 "} {
		must(t, os.WriteFile(filepath.Join(dir, p.name), []byte("pack 1 0123456789abcdef\nbin-0 0 "+sum+"\n\n"), 0o600))
		if _, err := s.Load(verify.Slot{Role: "bin-0"}); (err == nil) != (sum == "00000000") {
			t.Errorf("%q: %v", sum, err)
		}
		s = opened(t, dir)
	}
}

// A pack from which somebody has taken the end is read again.
func TestPackShortened(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir)
	p, roles := together(t, s, 1)
	fill(t, s, roles)
	must(t, os.Truncate(filepath.Join(dir, p.name), int64(packHead+len("bin-0 6 ed9684a2\nbefore\n"))))
	if got := held(t, s, roles); got["bin-0"] != "before" {
		t.Errorf("%q", got)
	}
}

// One who was reading when another process died in the midst of an entry, behind what
// an earlier kill had left, goes on as the others do.
func TestPackTornTwice(t *testing.T) {
	dir := t.TempDir()
	one, other := opened(t, dir), opened(t, dir)
	p, roles := together(t, one, 6)
	fill(t, one, roles[:2])
	path := filepath.Join(dir, p.name)
	torn, err := os.ReadFile(path)
	must(t, err)
	entry := appendEntry(nil, roles[2], bytes.Repeat([]byte("y"), 100))
	torn = append(torn, entry[:len(entry)/2]...)
	must(t, os.WriteFile(path, torn, 0o600))
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	must(t, p.catchUp(f, int64(len(torn)+300), one.o.FileBytes)) // the file was longer when it was opened
	for _, role := range roles[2:5] {
		must(t, other.Swap(verify.Slot{Role: role}, nil, bytes.Repeat([]byte("longer than what one believes "), 10)))
	}
	must(t, one.Swap(verify.Slot{Role: roles[5]}, nil, []byte("mine")))
	for _, s := range []*Store{one, other, opened(t, dir)} {
		if got := held(t, s, roles); len(got) != 6 {
			t.Errorf("%d of 6: %q", len(got), got)
		}
	}
}

// A document that is there is no failure, also where its pack cannot be written anew;
// it is when there is room again.
func TestPackNotWrittenAnew(t *testing.T) {
	dir := t.TempDir()
	broken := true
	s, err := open(dir, Options{}, func(call string) error {
		if broken && call == "rename" {
			return errors.New("used by another process")
		}
		return nil
	})
	must(t, err)
	defer s.Close()
	p, roles := together(t, s, 2)
	large := bytes.Repeat([]byte("large "), 20_000)
	must(t, s.Swap(verify.Slot{Role: roles[0]}, nil, large))
	must(t, s.Swap(verify.Slot{Role: roles[0]}, large, []byte("small")))
	must(t, s.Swap(verify.Slot{Role: roles[1]}, nil, []byte("other")))
	if _, err := os.Lstat(filepath.Join(dir, "state", "new")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was to take its place is left: %v", err)
	}
	broken = false
	must(t, s.Swap(verify.Slot{Role: roles[1]}, []byte("other"), []byte("another")))
	if got := held(t, opened(t, dir), roles); got[roles[0]] != "small" || got[roles[1]] != "another" {
		t.Errorf("%q", got)
	}
	if info, err := os.Stat(filepath.Join(dir, p.name)); err != nil || info.Size() > 1000 {
		t.Errorf("%d bytes, %v", info.Size(), err)
	}
}

// Several that use one folder at once, each from several goroutines, lose no document
// and see none go back.
func TestPacksAtOnce(t *testing.T) {
	dir := t.TempDir()
	const each = 40
	_, roles := together(t, opened(t, dir), 3)
	number := func(raw []byte) int { n, _ := strconv.Atoi(strings.TrimSpace(string(raw))); return n }
	done := make(chan struct{})
	var writers, readers sync.WaitGroup
	for i := range 3 {
		s := opened(t, dir)
		readers.Go(func() {
			last := map[string]int{}
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				role := roles[n%len(roles)]
				raw, err := s.Load(verify.Slot{Role: role})
				if err != nil && !errors.Is(err, verify.ErrNotFound) || number(raw) < last[role] {
					t.Errorf("%s: %d after %d, %v", role, number(raw), last[role], err)
					return
				}
				last[role] = number(raw)
			}
		})
		writers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 0))
			for n := 0; n < each; {
				slot := verify.Slot{Role: roles[random.IntN(len(roles))]}
				old, err := s.Load(slot)
				if err == nil || errors.Is(err, verify.ErrNotFound) {
					err = s.Swap(slot, old, fmt.Appendf(nil, "%d%s", number(old)+1, strings.Repeat(" ", random.IntN(30_000))))
				}
				switch {
				case err == nil:
					n++
				case !errors.Is(err, verify.ErrSwapped):
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	sum := 0
	for _, document := range held(t, opened(t, dir), roles) {
		sum += number([]byte(document))
	}
	if sum != 3*each {
		t.Errorf("counted %d of %d", sum, 3*each)
	}
}

// A pack is never much longer than what counts in it.
func TestPackIsBounded(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir)
	p, roles := together(t, s, 8)
	random := rand.New(rand.NewPCG(1, 2))
	now := map[string][]byte{}
	for range 400 {
		role := roles[random.IntN(len(roles))]
		var content []byte
		if random.IntN(4) > 0 {
			content = bytes.Repeat([]byte{byte(random.IntN(256))}, random.IntN(20_000))
		}
		must(t, s.Swap(verify.Slot{Role: role}, now[role], content))
		now[role] = content
		live := 0
		for _, content := range now {
			live += len(content)
		}
		if raw, err := os.ReadFile(filepath.Join(dir, p.name)); err != nil && !errors.Is(err, fs.ErrNotExist) || len(raw) > 2*live+wasteful {
			t.Fatalf("%d bytes for %d, %v", len(raw), live, err)
		}
	}
	for _, role := range roles {
		raw, err := opened(t, dir).Load(verify.Slot{Role: role})
		if !bytes.Equal(raw, now[role]) || (now[role] == nil) != errors.Is(err, verify.ErrNotFound) {
			t.Errorf("%s: %d bytes, want %d, %v", role, len(raw), len(now[role]), err)
		}
	}
}

// What somebody else made too long is not read; and no length leads out of a file.
func TestPackLengths(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, Options{FileBytes: 10})
	must(t, err)
	defer s.Close()
	p, roles := together(t, s, 2)
	for _, length := range []string{"11", "9223372036854775807", "9223372036854775000", "99999999999999999999", "-1", "+1", "1e3", " 1", "", "--"} {
		must(t, os.WriteFile(filepath.Join(dir, p.name), fmt.Appendf(nil, "pack 1 0123456789abcdef\nbin-0 %s %08x\n01234567890\n%s 3 364b3fb7\nabc\n", length, checksum([]byte("01234567890")), roles[1]), 0o600))
		got := held(t, opened(t, dir), roles)
		if _, ok := got["bin-0"]; ok && length != "11" || length == "11" && got[roles[1]] != "abc" {
			t.Errorf("%s: %q", length, got)
		}
		if got := held(t, s, roles); got["bin-0"] != "" {
			t.Errorf("%s: %q", length, got)
		}
		must(t, s.Swap(verify.Slot{Role: "bin-0"}, nil, []byte("new")))
		must(t, os.Remove(filepath.Join(dir, p.name)))
	}
	refused[*verify.LimitError](t, s.Swap(verify.Slot{Role: "bin-0"}, nil, make([]byte, 11)), "bin-0.json: 11, above the limit of 10")
}

// What is no plain file, or one that others can write to, is no pack.
func TestPackKinds(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir)
	p, roles := together(t, s, 1)
	slot := verify.Slot{Role: roles[0]}
	outside := filepath.Join(t.TempDir(), "outside")
	must(t, os.WriteFile(outside, []byte("outside"), 0o600))
	path := filepath.Join(dir, p.name)
	for words, make := range map[string]func(){
		"is a symbolic link, which is not followed, must be a plain file": func() { must(t, os.Symlink(outside, path)) },
		"is a folder, must be a plain file":                               func() { must(t, os.Mkdir(path, 0o700)) },
	} {
		make()
		_, err := s.Load(slot)
		refused[*KindError](t, err, filepath.Join("state", "pack-"), words)
		refused[*KindError](t, s.Swap(slot, nil, []byte("new")), filepath.Join("state", "pack-"), words)
		must(t, os.Remove(path))
	}
	if raw, err := os.ReadFile(outside); string(raw) != "outside" || err != nil {
		t.Errorf("%q, %v", raw, err)
	}
	must(t, s.Swap(slot, nil, []byte("mine")))
	if runtime.GOOS == "windows" {
		return // modes say nothing there
	}
	must(t, os.Chmod(path, 0o666))
	_, err := s.Load(slot)
	refused[*PermissionError](t, err, filepath.Join("state", "pack-"), "can be written by others (mode 0666)")
	refused[*PermissionError](t, s.Swap(slot, []byte("mine"), nil), "can be written by others (mode 0666)")
}

// FuzzPack reads any bytes as a pack: nothing panics, and documents can be put there
// and had again.
func FuzzPack(f *testing.F) {
	dir := f.TempDir()
	s := opened(f, dir)
	p, roles := together(f, s, 3)
	fill(f, s, roles)
	whole, err := os.ReadFile(filepath.Join(dir, p.name))
	must(f, err)
	f.Add(whole)
	f.Add(whole[:len(whole)-7])
	f.Add([]byte("pack 1 0123456789abcdef\nbin-0 - 00000000\n\nbin-0 1 00000000\n"))
	f.Add([]byte("pack 1 0123456789abcdef\n\n\n\n"))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, raw []byte) {
		dir := t.TempDir()
		s := opened(t, dir)
		must(t, os.WriteFile(filepath.Join(dir, p.name), raw, 0o600))
		before := held(t, s, roles)
		var old []byte
		if document, ok := before[roles[1]]; ok {
			old = []byte(document)
		}
		must(t, s.Swap(verify.Slot{Role: roles[1]}, old, []byte("new")))
		after := held(t, opened(t, dir), roles)
		if after[roles[1]] != "new" {
			t.Errorf("%q", after)
		}
		for _, role := range slices.DeleteFunc(slices.Clone(roles), func(r string) bool { return r == roles[1] }) {
			if after[role] != before[role] {
				t.Errorf("%s was %q, is %q", role, before[role], after[role])
			}
		}
	})
}
