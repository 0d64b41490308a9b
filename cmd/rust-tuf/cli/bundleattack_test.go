package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/carried"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/trust"
	"github.com/rust-lang/rust-tuf/verify"
)

// onStick reads the bundle of a stick, and puts another one in its place.
func onStick(t *testing.T, stick string, change func(*carried.Bundle)) {
	t.Helper()
	name := filepath.Join(stick, "event")
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := carried.ReadBundle(raw)
	if err != nil {
		t.Fatal(err)
	}
	change(b)
	if raw, err = b.Encode(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// edited changes one file of a bundle.
func edited(t *testing.T, path, old, new string) func(*carried.Bundle) {
	return func(b *carried.Bundle) {
		t.Helper()
		raw, err := b.Tree.Read(path)
		if err != nil || !bytes.Contains(raw, []byte(old)) {
			t.Fatalf("%s does not hold %q: %v", path, old, err)
		}
		b.Tree = metadata.Change{Put: map[string][]byte{path: bytes.ReplaceAll(raw, []byte(old), []byte(new))}}.Apply(b.Tree)
	}
}

func digestOf(t *testing.T, b *carried.Bundle, path string) string {
	t.Helper()
	d, err := readDocument(b.Tree, path)
	if err != nil {
		t.Fatal(err)
	}
	return d.Digest().String()
}

// Whoever carries a bundle changes it, and makes it well formed again: the
// machine refuses it before it shows or asks anything.
func TestBundleTamperedWith(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	stick := s.exported(t, secondEvent)
	good, err := os.ReadFile(filepath.Join(stick, "event"))
	if err != nil {
		t.Fatal(err)
	}
	payload := metadata.EventPath(secondEvent, "2.root.json")
	folder := metadata.EventsDir + "/" + secondEvent + "/"
	for _, test := range []struct {
		name   string
		change func(*carried.Bundle)
		typed  func(error) bool
		want   string
	}{
		{"another expiry in the payload", edited(t, payload, `"expires": "202`, `"expires": "203`), is[*metadata.PayloadError], "somebody edited it"},
		{"the same, frozen anew", func(b *carried.Bundle) {
			old := digestOf(t, b, payload)
			edited(t, payload, `"expires": "202`, `"expires": "203`)(b)
			edited(t, folder+"event.toml", old, digestOf(t, b, payload))(b)
		}, is[*metadata.PayloadError], "is not what its frozen policy yields"},
		{"another name in the frozen policy", func(b *carried.Bundle) {
			for _, e := range b.Tree.Entries() {
				if strings.HasPrefix(e.Path, folder+"policy/") {
					edited(t, e.Path, "alice", "mlice")(b)
				}
			}
		}, is[*metadata.FileError], folder + "policy/"},
		{"another root in the history", edited(t, "metadata/1.root.json", `"expires": "202`, `"expires": "203`), is[*metadata.HistoryError], "metadata/1.root.json"},
		{"the history left out", func(b *carried.Bundle) {
			b.Tree = metadata.Change{Delete: []string{"metadata/1.root.json"}}.Apply(b.Tree)
		}, is[*metadata.HistoryError], "rolled back"},
		{"a file that is no metadata", func(b *carried.Bundle) {
			b.Tree = metadata.Change{Put: map[string][]byte{"metadata/run.sh": nil}}.Apply(b.Tree)
		}, is[*metadata.TreeError], "metadata/run.sh"},
		{"two names for one file", func(b *carried.Bundle) {
			b.Tree = metadata.Change{Put: map[string][]byte{folder + "Event.toml": nil}}.Apply(b.Tree)
		}, is[*metadata.TreeError], "differs only in upper and lower case"},
		{"a file in the event's folder", func(b *carried.Bundle) {
			b.Tree = metadata.Change{Put: map[string][]byte{folder + "note.txt": nil}}.Apply(b.Tree)
		}, is[*metadata.TreeError], folder + "note.txt"},
		{"an event that has ended", func(b *carried.Bundle) { b.Event = firstEvent }, is[*metadata.ClosedError], "event closed"},
		{"another event", func(b *carried.Bundle) { b.Event = "no-such-event" }, is[*metadata.UnknownEventError], `there is no event "no-such-event"`},
	} {
		if err := os.WriteFile(filepath.Join(stick, "event"), good, 0o600); err != nil {
			t.Fatal(err)
		}
		onStick(t, stick, test.change)
		alice := s.offline(t, s.people["alice"], stick)
		alice.answers(t)
		t.Run(test.name, func(t *testing.T) { s.fails(t, alice, exit.Rejected, test.typed, signBundle, test.want) })
	}
	// Spoiled by chance, or cut.
	for name, raw := range map[string][]byte{"a byte": bytes.Replace(good, []byte("alice"), []byte("mlice"), 1), "its end": good[:len(good)-100], "everything": nil} {
		if err := os.WriteFile(filepath.Join(stick, "event"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		alice := s.offline(t, s.people["alice"], stick)
		alice.answers(t)
		t.Run(name, func(t *testing.T) {
			s.fails(t, alice, exit.Rejected, is[*carried.FormatError], signBundle, "event: this is no signing bundle", "copy the file again")
		})
	}
	// None of it used the key, or stays in memory.
	if _, err := os.Stat(filepath.Join(stick, "event.answer")); err == nil {
		t.Error("there is an answer")
	}
	s.exits(t, s.people["alice"], exit.Done, []string{"trust", "show"}, "root version 1")
	if strings.Contains(s.people["alice"].out.String(), "root version 2") {
		t.Errorf("the ledger remembers\n%s", s.people["alice"].out)
	}
}

// An older state than the one that this machine has seen.
func TestBundleRollsBack(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready", "alice")
	stick := s.exported(t, secondEvent)
	if _, err := s.complete(secondEvent); err != nil {
		t.Fatal(err)
	}
	s.exits(t, s.people["alice"], exit.Done, []string{"status"}, "root version 2")
	alice := s.offline(t, s.people["alice"], stick)
	alice.answers(t)
	s.fails(t, alice, exit.Rejected, is[*metadata.HistoryError], signBundle, "root 1 is not newer than the trusted version 2", "rolled back")
}

// The bundle of a repository that this machine does not know: it has the pin of
// another one, and that helps nobody.
func TestBundleOfAnotherRepository(t *testing.T) {
	t.Parallel()
	stranger := trust.Pin{Repository: strings.Repeat("0a", 16), Version: 1, Digest: verify.Digest{1}, How: trust.SignedFirstRoot, Since: dawn}
	for _, test := range []struct {
		set, event string
		script     []reply
		code       int
		typed      func(error) bool
		want       string
	}{
		{"second-open", secondEvent, nil, exit.Rejected, is[*NoPinError], "trusts no root of repository "},
		{"genesis-open", firstEvent, []reply{{"type the first eight characters of its id", "0a0a0a0a"}}, exit.Other, of(signer.ErrDeclined), "is not how the id of the new repository begins"},
	} {
		s := play(t, test.set, "frank")
		home, err := trust.Open(s.people["frank"].env.Home)
		if err != nil {
			t.Fatal(err)
		}
		if err := home.Establish(stranger); err != nil {
			t.Fatal(err)
		}
		frank := s.offline(t, s.people["frank"], s.exported(t, test.event))
		frank.answers(t, test.script...)
		s.fails(t, frank, test.code, test.typed, signBundle, test.want)
	}
}

// Two bundles with two documents for one version: the second is not signed,
// whoever brings it.
func TestBundleWithASecondPayload(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	stick := s.exported(t, secondEvent)
	alice := s.offline(t, s.people["alice"], stick)
	alice.answers(t, signRoot, passphrase)
	s.exits(t, alice, exit.Done, signBundle)
	s.rewind(t)
	s.now = s.now.AddDate(0, 0, 1)
	if _, err := s.must(s.maintainer, "propose", "--why", "another one", "--renew", "root"); err != nil {
		t.Fatal(err)
	}
	if err := s.merge("event/2026-12-23-root-v2"); err != nil {
		t.Fatal(err)
	}
	second := s.exported(t, "2026-12-23-root-v2")
	alice = s.offline(t, s.people["alice"], second)
	alice.answers(t)
	s.fails(t, alice, exit.Rejected, is[*trust.ConflictError], signBundle, "supersede")
}

// What comes back is judged again, and one that does not count takes all
// others of its file with it.
func TestImportRefuses(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice", "bob")
	stick := s.exported(t, secondEvent)
	answers := map[string]*metadata.SignatureFile{}
	for _, name := range []string{"alice", "bob"} {
		a := s.offline(t, s.people[name], stick)
		a.env.Terminal = &agreeable{heard: a.err}
		s.exits(t, a, exit.Done, append(signBundle, "--answer", name))
		raw, err := os.ReadFile(filepath.Join(stick, name))
		if err != nil {
			t.Fatal(err)
		}
		found, err := carried.ReadAnswer(raw)
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		answers[name] = found[0].SignatureFile
	}
	write := func(raw []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(stick, "event.answer"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name   string
		change func(alice *metadata.SignatureFile)
		typed  func(error) bool
		want   string
	}{
		{"in another member's name", func(f *metadata.SignatureFile) { f.KeyID = answers["bob"].KeyID }, is[*metadata.SignatureFileError], "(bob, key "},
		{"in a stranger's name", func(f *metadata.SignatureFile) { f.KeyID = strings.Repeat("0", 64) }, is[*metadata.SignatureFileError], "does not count"},
		{"for an event that is not there", func(f *metadata.SignatureFile) { f.Event = "no-such-event" }, is[error], "no-such-event"},
		{"for an event that has ended", func(f *metadata.SignatureFile) { f.Event = firstEvent }, is[error], firstEvent},
		{"for another role", func(f *metadata.SignatureFile) { f.Role = "targets" }, is[error], "targets"},
		{"for another version", func(f *metadata.SignatureFile) { f.Version = 3 }, is[*metadata.MismatchError], "it was made for another version: 3"},
		{"for another repository", func(f *metadata.SignatureFile) { f.Repository = strings.Repeat("0", 32) }, is[*verify.RepositoryError], strings.Repeat("0", 32)},
		{"with a spoiled statement", func(f *metadata.SignatureFile) { f.Began = f.Began.AddDate(0, 0, -1) }, is[*metadata.StatementError], "the statement that alice signed beside the signature does not count"},
		{"with a spoiled signature", func(f *metadata.SignatureFile) { f.Sig = bytes.Clone(f.Sig); f.Sig[len(f.Sig)-1] ^= 1 }, is[*metadata.SignatureFileError], "does not count"},
	} {
		bad := *answers["alice"]
		test.change(&bad)
		t.Run(test.name, func(t *testing.T) {
			files := []*metadata.SignatureFile{&bad}
			if bad.KeyID != answers["bob"].KeyID {
				files = append(files, answers["bob"]) // which is good, and stays behind
			}
			write(carried.EncodeAnswer(files))
			s.unchanged(t, func() {
				s.fails(t, s.maintainer, exit.Rejected, test.typed, importAnswer(stick), "nothing was pushed", test.want)
			})
		})
	}
	write([]byte("dear diary"))
	s.fails(t, s.maintainer, exit.Rejected, is[*carried.FormatError], importAnswer(stick), "this is no signing answer")
	bundle, err := os.ReadFile(filepath.Join(stick, "event"))
	if err != nil {
		t.Fatal(err)
	}
	write(bundle)
	s.fails(t, s.maintainer, exit.Rejected, is[*carried.FormatError], importAnswer(stick), `wanted "rust-tuf signing answer v1"`)
	// Both together, by whoever carries them.
	write(carried.EncodeAnswer([]*metadata.SignatureFile{answers["alice"], answers["bob"]}))
	s.exits(t, s.maintainer, exit.Done, importAnswer(stick), "by alice: it counts", "by bob: it counts")
}

// The event was completed while the answer was on its way.
func TestImportTooLate(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready", "frank")
	s.pinAt(t, s.people["frank"])
	stick := s.exported(t, secondEvent)
	frank := s.offline(t, s.people["frank"], stick)
	frank.env.Terminal = &agreeable{heard: frank.err}
	s.exits(t, frank, exit.Done, signBundle)
	if _, err := s.complete(secondEvent); err != nil {
		t.Fatal(err)
	}
	s.unchanged(t, func() {
		s.exits(t, s.maintainer, exit.Rejected, importAnswer(stick), "nothing was pushed", "event closed: "+secondEvent+" is complete and published")
	})
}
