package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/verification"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/dirstore"
)

// What a newer program has left in a store is refused, in numbers for programs,
// and stays as it is.
func TestVerifyRefusesTheStoreOfANewerProgram(t *testing.T) {
	t.Parallel()
	s, a, folder, root := offlineStage(t)
	store := filepath.Join(s.dir, "trusted")
	note := filepath.Join(store, "state", "floors")
	target := []string{"verify", "target", "channels/stable.toml", "--trusted", root, "--metadata", folder, "--store", store}
	s.exits(t, a, exit.Done, target)
	text := "format 2\n"
	newer := fmt.Appendf(nil, "%sdigest %s\n", text, verify.DigestOf([]byte(text)))
	if err := os.WriteFile(note, newer, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, verb := range [][]string{target, {"verify", "replace-root", "--root", root, "--store", store}} {
		s.fails(t, a, exit.Rejected, is[*verify.StoreFormatError], verb,
			store+": what the store remembers is of format 2, and this program knows format 1 alone: use a newer program, or give this one a store of its own")
		if said := a.err.String(); strings.Contains(said, "repairs") || strings.Contains(said, "judged from") {
			t.Error(said)
		}
		var failure map[string]any
		oneObject(t, s.exits(t, a, exit.Rejected, append(verb, "--json")), &failure)
		if refusal, _ := failure["refusal"].(map[string]any); failure["code"] != float64(exit.Rejected) || len(refusal) != 3 ||
			refusal["kind"] != "store" || refusal["needed"] != 1.0 || refusal["found"] != 2.0 {
			t.Error(failure)
		}
	}
	if held, err := os.ReadFile(note); err != nil || !bytes.Equal(held, newer) {
		t.Errorf("%q, %v", held, err)
	}
	s.exits(t, a, exit.Done, append(target[:len(target)-1], filepath.Join(s.dir, "own")), "ok: channels/stable.toml is vouched for")
}

// A damaged note may have told of a replaced root: each verdict says so, until
// there is a new store.
func TestVerifyFromAStoreWithADamagedNote(t *testing.T) {
	t.Parallel()
	s, a, folder, root := offlineStage(t)
	store := filepath.Join(s.dir, "trusted")
	target := []string{"verify", "target", "channels/stable.toml", "--trusted", root, "--metadata", folder, "--store", store}
	const warning = "warning: this store has a damaged note, so whether its root was ever replaced by hand is not known any more. With a new folder for --store all begins from the root that you hold"
	if out := s.exits(t, a, exit.Done, target); strings.Contains(out, "warning") {
		t.Error(out)
	}
	if err := os.WriteFile(filepath.Join(store, "state", "floors"), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s.exits(t, a, exit.Done, target, "ok: channels/stable.toml is vouched for", warning)
	}
	if out := s.exits(t, a, exit.Done, append(target[:len(target)-1], filepath.Join(s.dir, "new"))); strings.Contains(out, "warning") {
		t.Error(out)
	}
}

// A root that is not there, or not as it was kept, cannot be replaced. What helps is
// said only where it does, and nothing is called refused that nobody judged.
func TestVerifyReplaceRootWhereNoneIsTrusted(t *testing.T) {
	t.Parallel()
	s, a, folder, given := offlineStage(t)
	empty := func(root string) error {
		return errors.Join(os.RemoveAll(filepath.Dir(root)), os.Mkdir(filepath.Dir(root), 0o700))
	}
	notJudged := func(err error) bool { return !verification.IsRefusal(err) }
	const advice = "`rust-tuf verify target` with this store "
	for _, c := range []struct {
		name  string
		spoil func(root string) error
		code  int
		typed func(error) bool
		words []string
		kind  any // of the refusal; nil if nothing was judged
		helps bool
	}{
		{"empty", empty, exit.Other, notJudged,
			[]string{"this store trusts no root yet, so there is none to replace; " + advice + "begins with the root that you hold"}, nil, true},
		{"damaged", func(root string) error { return os.WriteFile(root, []byte(`{"signatures":[]}`), 0o600) }, exit.Format, is[*verify.FormatError],
			[]string{"the root that this store trusts is damaged: signed: missing; " + advice + "repairs it"}, "format", true},
		{"writable", func(root string) error { return os.Chmod(root, 0o666) }, exit.Other, is[*dirstore.PermissionError],
			[]string{"root.json can be written by others (mode 0666)", "chmod go-w"}, nil, false},
		{"a folder", func(root string) error { return errors.Join(os.Remove(root), os.Mkdir(root, 0o700)) }, exit.Other, is[*dirstore.KindError],
			[]string{"root.json", "a folder"}, nil, false},
	} {
		store := filepath.Join(s.dir, c.name)
		target := []string{"verify", "target", "channels/stable.toml", "--trusted", given, "--metadata", folder, "--store", store}
		replace := []string{"verify", "replace-root", "--root", given, "--store", store}
		s.exits(t, a, exit.Done, target)
		if err := c.spoil(filepath.Join(store, "root.json")); err != nil {
			t.Fatal(err)
		}
		s.fails(t, a, c.code, c.typed, replace, c.words...)
		if said := a.err.String(); strings.Contains(said, "Init") || strings.Contains(said, advice) != c.helps {
			t.Errorf("%s: %s", c.name, said)
		}
		var failure map[string]any
		oneObject(t, s.exits(t, a, c.code, append(replace, "--json"), c.words[0]), &failure)
		refusal, _ := failure["refusal"].(map[string]any)
		if failure["code"] != float64(c.code) || refusal["kind"] != c.kind {
			t.Errorf("%s: %v", c.name, failure)
		}
		if c.helps {
			s.exits(t, a, exit.Done, target)
		}
	}
}
