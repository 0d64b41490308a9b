package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
)

// What a kill leaves while one of the two files is written: a hidden beginning,
// a hidden whole, a whole with a second name, and, on a stick without second
// names, its name alone. The same command, run again, ends as if nothing had
// happened, and nobody takes the empty file for a whole one.
func TestCarriedFileKilled(t *testing.T) {
	t.Parallel()
	type left struct {
		name   string
		hidden func(whole []byte) []byte
		there  func(whole []byte) []byte // under the name itself
	}
	all, half := func(whole []byte) []byte { return whole }, func(whole []byte) []byte { return whole[:len(whole)/2] }
	nothing, absent := func([]byte) []byte { return []byte{} }, func([]byte) []byte { return nil }
	states := []left{
		{"begun", nothing, absent}, {"half written", half, absent}, {"written", all, absent},
		{"named twice", all, all}, {"named alone", all, nothing}, {"moved", absent, all},
	}
	s := play(t, "second-open", "alice")
	stick := s.exported(t, secondEvent)
	alice := s.offline(t, s.people["alice"], stick)
	alice.answers(t, signRoot, passphrase)
	s.exits(t, alice, exit.Done, signBundle)
	leave := func(t *testing.T, name string, whole []byte, state left) {
		t.Helper()
		for file, raw := range map[string][]byte{"." + name + ".0123.tmp": state.hidden(whole), name: state.there(whole)} {
			if err := os.RemoveAll(filepath.Join(stick, file)); err != nil {
				t.Fatal(err)
			}
			if raw == nil {
				continue
			}
			if err := os.WriteFile(filepath.Join(stick, file), raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	export := []string{"bundle", "export", secondEvent, "--out", filepath.Join(stick, "event")}
	for _, file := range []struct {
		name string
		by   *actor
		args []string
	}{{"event", s.maintainer, export}, {"event.answer", alice, signBundle}} {
		whole := []byte(readText(t, filepath.Join(stick, file.name)))
		for _, state := range states {
			t.Run(file.name+" "+state.name, func(t *testing.T) {
				leave(t, file.name, whole, state)
				if file.name == "event" && len(state.there(whole)) == 0 {
					alice.answers(t)
					code := exit.Usage // there is no file
					if state.name == "named alone" {
						code = exit.Rejected
					}
					s.exits(t, alice, code, signBundle)
				}
				s.now = s.now.Add(time.Hour) // the command is not run again in the same second
				file.by.answers(t)
				s.exits(t, file.by, exit.Done, file.args)
				if got := readText(t, filepath.Join(stick, file.name)); len(got) != len(whole) || got != string(whole) && file.name != "event" {
					t.Errorf("%d bytes are there, not %d", len(got), len(whole))
				}
				files, err := os.ReadDir(stick)
				for _, f := range files {
					if !strings.HasPrefix(f.Name(), ".") && f.Name() != "event" && f.Name() != "event.answer" {
						t.Errorf("left: %s", f.Name())
					}
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	s.exits(t, s.maintainer, exit.Done, importAnswer(stick), "root version 2, by alice: it counts")
}
