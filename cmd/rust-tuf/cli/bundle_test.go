package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/carried"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/signer"
)

// offline is somebody at a machine of theirs that has no network: their home
// and their keys, a stick, no clone and no git.
func (s *stage) offline(t *testing.T, a *actor, stick string) *actor {
	t.Helper()
	o := &actor{name: a.name, clone: stick, out: &bytes.Buffer{}, err: &bytes.Buffer{}}
	env := *a.env
	env.Dir, env.Stdout, env.Stderr, env.Terminal = stick, o.out, o.err, nobody{}
	env.Git = []git.Option{git.Program(filepath.Join(stick, "no-git-here"))}
	o.env = &env
	return o
}

// exported is a stick with a bundle for an event on it.
func (s *stage) exported(t *testing.T, event string) (stick string) {
	t.Helper()
	stick = t.TempDir()
	s.exits(t, s.maintainer, exit.Done, []string{"bundle", "export", event, "--out", filepath.Join(stick, "event")})
	return stick
}

// answered has somebody sign the second root without a network, and carry the
// answer into their clone.
func (s *stage) answered(t *testing.T, a *actor) {
	t.Helper()
	o := s.offline(t, a, s.exported(t, secondEvent))
	o.env.Terminal = &agreeable{heard: o.err}
	s.exits(t, o, exit.Done, signBundle)
	copyFile(t, filepath.Join(o.clone, "event.answer"), filepath.Join(a.clone, "event.answer"))
}

// carry is an answer with the signature of a branch.
func (s *stage) carry(t *testing.T, branch string) string {
	t.Helper()
	repo := gitOf(t, s.maintainer)
	at, err := repo.Fetch(s.ctx, "origin", branch)
	if err != nil {
		t.Fatal(err)
	}
	_, raw := s.signatureOn(t, repo, at)
	f, err := metadata.ParseSignatureFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "answer")
	if err := os.WriteFile(name, carried.EncodeAnswer([]*metadata.SignatureFile{f}), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

var (
	signBundle   = []string{"sign", "--bundle", "event"}
	importAnswer = func(stick string) []string {
		return []string{"bundle", "import", filepath.Join(stick, "event.answer")}
	}
)

// From the export to the pull request, word for word.
func TestSignWithoutANetwork(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice", "bob")
	stick := t.TempDir()
	s.golden(t, "bundle-export.golden", s.inStick(s.exits(t, s.maintainer, exit.Done, []string{"bundle", "export", secondEvent, "--out", filepath.Join(stick, "event")}), stick))
	alice := s.offline(t, s.people["alice"], stick)
	shown := alice.answers(t, signRoot, passphrase)
	var out string
	s.unchanged(t, func() { out = s.exits(t, alice, exit.Done, signBundle) })
	s.golden(t, "sign-bundle.golden", s.inStick(shown.String()+"--- standard output ---\n"+out, stick))
	first, err := os.ReadFile(filepath.Join(stick, "event.answer"))
	if err != nil {
		t.Fatal(err)
	}
	// Again, after a kill or out of habit: the key is not used, the file stays.
	alice.answers(t)
	s.exits(t, alice, exit.Done, signBundle, "Signed earlier, found on this machine: root version 2, by alice")
	if again, err := os.ReadFile(filepath.Join(stick, "event.answer")); err != nil || !bytes.Equal(again, first) {
		t.Errorf("the answer changed: %v", err)
	}

	// Anybody carries it back.
	s.golden(t, "bundle-import.golden", s.inStick(s.exits(t, s.people["bob"], exit.Done, importAnswer(stick)), stick))
	branches, err := s.branches("sign/")
	if err != nil || len(branches) != 1 || !strings.HasPrefix(branches[0], signsSecond+"root/alice-") {
		t.Fatalf("branches: %v, %v", branches, err)
	}
	verdict, err := s.gateOn(t, branches[0])
	if err != nil || !verdict.Machine || verdict.Kind != "signature" || verdict.Signer != "alice" {
		t.Fatalf("the gate: %+v, %v", verdict, err)
	}
	s.unchanged(t, func() { s.exits(t, s.people["bob"], exit.Done, importAnswer(stick), "Pushed to branch "+branches[0]) })
	if err := s.merge(branches[0]); err != nil {
		t.Fatal(err)
	}
	s.unchanged(t, func() {
		s.exits(t, s.maintainer, exit.Done, importAnswer(stick), "Merged already: root version 2, by alice. Nothing is left to do for it.")
	})
	// Signed from a clone, it would have been the same branch: this machine
	// remembers, and has nothing to do.
	s.people["alice"].answers(t)
	s.exits(t, s.people["alice"], exit.Pending, []string{"sign"}, "Your signatures are all there")
}

// inStick takes out of a text what differs from run to run.
func (s *stage) inStick(text, stick string) string {
	text = regexp.MustCompile(`commit [0-9a-f]{12}\b`).ReplaceAllString(text, "commit <12 DIGITS>")
	return regexp.MustCompile(`[0-9]+ bytes`).ReplaceAllString(strings.ReplaceAll(text, stick, "<STICK>"), "<N> bytes")
}

// The first root of all, and both of its documents in one answer.
func TestSignFirstRootWithoutANetwork(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	stick := s.exported(t, firstEvent)
	alice := s.offline(t, s.people["alice"], stick)
	// Root is agreed to, targets is not: what was signed is written all the same.
	alice.answers(t, signRoot, passphrase, reply{"targets version 1", "no"})
	s.exits(t, alice, exit.Other, signBundle, "Signed: root version 1, by alice", "rust-tuf bundle import event.answer", "declined")
	if pin, err := alice.pinOf(s); err != nil || pin.Version != 1 {
		t.Errorf("the root that was signed is not the pinned one: %+v, %v", pin, err)
	}
	// The rest goes into another file; the first one is left alone.
	alice.answers(t, reply{"targets version 1", "yes"}, passphrase)
	s.fails(t, alice, exit.Rejected, is[*FileTakenError], signBundle, "event.answer exists already, and is not this answer", "name another one with --answer", "Your signature is kept on this machine")
	alice.answers(t)
	s.exits(t, alice, exit.Done, append(signBundle, "--answer", "both"), "root version 1, by alice", "targets version 1, by alice", "Written to both.")
	s.exits(t, s.maintainer, exit.Done, []string{"bundle", "import", filepath.Join(stick, "both")}, "root version 1, by alice: it counts", "targets version 1, by alice: it counts")
	if branches, err := s.branches("sign/"); err != nil || len(branches) != 2 {
		t.Errorf("branches: %v, %v", branches, err)
	}
}

// A machine without a pin believes no bundle.
func TestBundleNeedsAPin(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "judy")
	stick := s.exported(t, secondEvent)
	judy := s.offline(t, s.people["judy"], stick)
	judy.answers(t)
	s.fails(t, judy, exit.Rejected, is[*NoPinError], signBundle, "trusts no root", "what a bundle says is not enough", "not from whoever brought the bundle", "rust-tuf trust init --bundle event")
	root, err := s.head(t).FirstRoot()
	if err != nil {
		t.Fatal(err)
	}
	judy.answers(t, reply{"Digest of a root", strings.Repeat("0000 ", 16)})
	s.exits(t, judy, exit.Rejected, []string{"trust", "init", "--bundle", "event"}, "no root that the bundle shows has the digest")
	judy.answers(t, reply{"Digest of a root", root.Digest().Groups()}, reply{"Pin it", "yes"})
	s.exits(t, judy, exit.Done, []string{"trust", "init", "--bundle", "event"}, "trusts root version 1", "Next: `rust-tuf sign --bundle event`")
	judy.answers(t, signRoot, passphrase)
	s.exits(t, judy, exit.Done, signBundle, "Signed: root version 2, by judy")
}

func TestBundleUsage(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	stick := s.exported(t, secondEvent)
	alice := s.offline(t, s.people["alice"], stick)
	for _, test := range []struct{ args, want string }{
		{"sign --answer a", "--answer goes with --bundle"},
		{"sign --bundle event --remote origin", "--bundle takes the place of the remotes"},
		{"sign other --bundle event", "event was made for event " + secondEvent + ", not for other"},
		{"sign --bundle nothing", "the bundle: "},
		{"review --bundle nothing", "the bundle: "},
		{"review other --bundle event", "event was made for event " + secondEvent + ", not for other"},
		{"trust init --bundle nothing", "the bundle: "},
		{"bundle import nothing", "the answer: "},
		{"bundle export " + secondEvent, "--out FILE is needed"},
	} {
		alice.answers(t)
		s.exits(t, alice, exit.Usage, strings.Fields(test.args), test.want)
	}
	m := s.maintainer
	if err := os.WriteFile(filepath.Join(stick, "taken"), []byte("dear diary"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.fails(t, m, exit.Rejected, is[*FileTakenError], []string{"bundle", "export", secondEvent, "--out", filepath.Join(stick, "taken")}, "exists already, and is not this bundle", "--out")
	s.exits(t, m, exit.Rejected, []string{"bundle", "export", "no-such-event", "--out", filepath.Join(stick, "x")}, `no event "no-such-event"`)
	// The answer's place is somebody else's file: refused before anything is asked.
	if err := os.WriteFile(filepath.Join(stick, "event.answer"), []byte("dear diary"), 0o600); err != nil {
		t.Fatal(err)
	}
	alice.answers(t)
	s.fails(t, alice, exit.Rejected, is[*FileTakenError], signBundle, "event.answer exists already", "--answer")
}

// The key signed, and the answer could not be written: nothing is lost, and the
// key is not used again.
func TestAnswerThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	stick := s.exported(t, secondEvent)
	alice := s.offline(t, s.people["alice"], stick)
	alice.answers(t, signRoot, passphrase)
	args := append(signBundle, "--answer", filepath.Join("pulled", "out"))
	s.exits(t, alice, exit.Other, args, "Your signature is kept on this machine", "without the key being used")
	if err := os.Mkdir(filepath.Join(stick, "pulled"), 0o700); err != nil {
		t.Fatal(err)
	}
	alice.answers(t)
	s.exits(t, alice, exit.Done, args, "Signed earlier, found on this machine")
	if _, err := os.Stat(filepath.Join(stick, "pulled", "out")); err != nil {
		t.Error(err)
	}
}

// Killed before or after each use of the key, and at each question: what
// a rerun leaves behind is one answer, which counts, and nothing else.
func TestSignBundleLeftAnywhere(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		s := play(t, "second-open", "alice")
		stick := s.exported(t, secondEvent)
		alice := s.offline(t, s.people["alice"], stick)
		left := &leaver{after: n}
		terminal, sources := &agreeable{heard: alice.err}, alice.env.Sources
		alice.env.Terminal = &leavingTerminal{terminal, left}
		alice.env.Sources = func(home string) []signer.Source {
			var all []signer.Source
			for _, src := range sources(home) {
				all = append(all, leavingSource{src, left})
			}
			return all
		}
		stays := make(chan bool, 1)
		go func() {
			defer close(stays)
			s.run(alice, signBundle...)
			stays <- true
		}()
		gone := !<-stays
		alice.env.Terminal, alice.env.Sources = terminal, sources
		s.exits(t, alice, exit.Done, signBundle, "root version 2, by alice")
		files, err := os.ReadDir(stick)
		if err != nil || len(files) != 2 {
			t.Fatalf("left at step %d: %v, %v", n, files, err)
		}
		raw, err := os.ReadFile(filepath.Join(stick, "event.answer"))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := carried.ReadAnswer(raw)
		if err != nil || len(answer) != 1 {
			t.Fatalf("left at step %d: %v, %v", n, answer, err)
		}
		s.exits(t, s.maintainer, exit.Done, importAnswer(stick), "root version 2, by alice: it counts")
		if !gone {
			if n < 6 {
				t.Errorf("there were only %d steps to leave at", n)
			}
			return
		}
	}
}
