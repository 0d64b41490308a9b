package cli

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/terminal"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/signer/trust"
)

var update = flag.Bool("update", false, "write golden files anew")

// The tests play on the demo's stage, with people who answer from scripts.
// The clock of every test starts here.
var dawn = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// set is a stage after some acts, played on another set. Playing costs
// seconds, so each set is built once and copied.
type set struct {
	on    string
	clock time.Time // when the acts are played
	acts  func(*stage) error
}

var (
	november = dawn
	december = dawn.AddDate(0, 1, 0)
	january  = dawn.AddDate(0, 2, 0)
)

// scenery holds the sets by name.
var scenery = map[string]set{
	// Nine members are declared; rust-tuf.toml is as init wrote it.
	"gathered": {"", november, (*stage).gather},
	// Event 2026-11-22-root-v1 is open, with no signature yet.
	"genesis-open": {"gathered", november, func(s *stage) error {
		return s.declareQuorum("the first root", demoQuorum)
	}},
	// Root 1 and targets 1 are published.
	"genesis-done": {"genesis-open", november, func(s *stage) error {
		if err := s.sign(firstEvent, "alice", "bob", "carol", "dave", "erin"); err != nil {
			return err
		}
		if _, err := s.complete(firstEvent); err != nil {
			return err
		}
		return s.keepRoot(1)
	}},
	// judy and karl are declared as members, and event 2026-12-22-root-v2 is
	// open, in which they replace heidi and ivan. Only alice, bob, carol, dave
	// and erin have pinned root 1, by signing.
	"second-open": {"genesis-done", december, func(s *stage) error {
		if err := s.join(demoNewer); err != nil {
			return err
		}
		return s.declareQuorum("heidi and ivan hand over to judy and karl", secondQuorum)
	}},
	// Everybody signed who has to.
	"second-ready": {"second-open", december, func(s *stage) error {
		if err := s.pin("judy", "karl"); err != nil {
			return err
		}
		return s.sign(secondEvent, "alice", "bob", "carol", "dave", "erin", "judy", "karl")
	}},
	// Root 2 and targets 2 are published.
	"second-done": {"second-ready", december, func(s *stage) error {
		if _, err := s.complete(secondEvent); err != nil {
			return err
		}
		return s.keepRoot(2)
	}},
}

const (
	firstEvent  = "2026-11-22-root-v1"
	secondEvent = "2026-12-22-root-v2"
	signsSecond = "sign/" + secondEvent + "/" // branches of its signatures
)

var secondQuorum = []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace", "judy", "karl"}

// declareQuorum proposes a policy with this quorum, and merges the event.
func (s *stage) declareQuorum(why string, members []string) error {
	policy, err := s.demoPolicy(members, members, false)
	if err != nil {
		return err
	}
	_, err = s.declare(why, policy)
	return err
}

var sets struct {
	sync.Mutex
	dir   string
	built map[string]bool
}

// ends ends what tests started for the whole run.
var ends []func()

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // what tests keep is little: collecting it is a tenth of their time
	if spec := os.Getenv(childVariable); spec != "" {
		os.Exit(beChild(spec))
	}
	flag.Parse()
	var err error
	if sets.dir, err = os.MkdirTemp("", "rust-tuf-sets-"); err != nil {
		panic(err)
	}
	sets.built = map[string]bool{}
	code := m.Run()
	for _, end := range ends {
		end()
	}
	os.RemoveAll(sets.dir)
	os.Exit(code)
}

// play gives t a stage of its own, on which everything that makes the set has
// happened already. Where people are named, only they and the maintainer are
// there, which is quicker.
func play(t *testing.T, name string, people ...string) *stage {
	t.Helper()
	sets.Lock()
	defer sets.Unlock()
	build(t, name)
	dir := t.TempDir()
	copyStage(t, filepath.Join(sets.dir, name), dir, people...)
	return enterStage(t, dir, scenery[name].clock)
}

// build plays what makes a set, once.
func build(t *testing.T, name string) {
	t.Helper()
	if sets.built[name] {
		return
	}
	set, dir := scenery[name], filepath.Join(sets.dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s := newStage(dir)
	if set.on != "" {
		build(t, set.on)
		copyStage(t, filepath.Join(sets.dir, set.on), dir)
		s = enterStage(t, dir, set.clock)
	}
	if err := set.acts(s); err != nil {
		t.Fatalf("setting the stage %s: %v", name, err)
	}
	s.pack(t)
	sets.built[name] = true
}

// pack makes few files of many objects and refs, so that copying is quick.
func (s *stage) pack(t *testing.T) {
	t.Helper()
	repos := []string{s.remote()}
	for _, a := range s.people {
		repos = append(repos, a.clone)
	}
	for _, dir := range repos {
		if _, err := s.git("maintainer", dir, "gc", "--quiet", "--prune=now"); err != nil {
			t.Fatal(err)
		}
	}
}

// enterStage is a stage whose people are those who have a clone there.
func enterStage(t *testing.T, dir string, clock time.Time) *stage {
	t.Helper()
	s := newStage(dir)
	s.now = clock
	entries, err := os.ReadDir(filepath.Join(dir, "clones"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		s.people[e.Name()] = s.actor(e.Name())
	}
	s.maintainer = s.people["maintainer"]
	return s
}

func newStage(dir string) *stage {
	return &stage{ctx: context.Background(), dir: dir, out: &bytes.Buffer{}, started: dawn, real: func() time.Time { return dawn }, now: dawn, people: map[string]*actor{}}
}

// copyStage copies a set; the clones then know the copied remote. Objects of
// git never change, so they are linked.
func copyStage(t *testing.T, from, to string, people ...string) {
	t.Helper()
	absent := func(rel string) bool {
		place, name := filepath.Split(rel)
		return len(people) > 0 && (place == "clones/" || place == "homes/") && name != "maintainer" && !slices.Contains(people, name)
	}
	err := filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(from, p)
		target := filepath.Join(to, rel)
		if d.IsDir() && (absent(filepath.ToSlash(rel)) || d.Name() == "logs" || d.Name() == "branches") {
			return filepath.SkipDir
		}
		if d.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		if strings.HasSuffix(rel, ".sample") || d.Name() == "description" { // as git init makes them
			return nil
		}
		if strings.Contains(filepath.ToSlash(rel), "/objects/") && os.Link(p, target) == nil {
			return nil
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if d.Name() == "config" {
			data = bytes.ReplaceAll(data, []byte(from), []byte(to))
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, info.Mode().Perm())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// reply is what a person of a test types at a prompt.
type reply struct{ prompt, typed string }

var (
	passphrase = reply{"passphrase", demoPassphrase}
	signRoot   = reply{"do you want to sign root version", "yes"}
	tryAgain   = reply{"Try again?", "yes"}
	giveUp     = reply{"Try again?", "no"}
)

// scripted is a terminal at which somebody types what a script says, and no
// more; everything that is shown and typed is kept, but for secrets.
type scripted struct {
	t      *testing.T
	script []reply
	marked bool // what is typed is told apart from what is shown
	shown  bytes.Buffer
}

func (p *scripted) Message(text string) error {
	p.shown.WriteString(terminal.Printable(text) + "\n")
	return nil
}

func (p *scripted) next(prompt string) (string, error) {
	if len(p.script) == 0 || !strings.Contains(prompt, p.script[0].prompt) {
		p.t.Errorf("the script does not foresee the prompt %q; left: %q", prompt, p.script)
		return "", terminal.ErrNoTerminal
	}
	typed := p.script[0].typed
	p.script = p.script[1:]
	return typed, nil
}

func (p *scripted) ReadLine(_ context.Context, prompt string) (string, error) {
	typed, err := p.next(prompt)
	p.shown.WriteString(prompt + ": " + p.mark(typed) + "\n")
	return typed, err
}

func (p *scripted) Secret(_ context.Context, prompt string) ([]byte, error) {
	typed, err := p.next(prompt)
	p.shown.WriteString(prompt + ": " + p.mark("(not shown)") + "\n")
	return []byte(typed), err
}

func (p *scripted) mark(typed string) string {
	if p.marked {
		return "«" + typed + "»"
	}
	return typed
}

func (p *scripted) String() string { return p.shown.String() }

// answers lets an actor answer from a script from now on.
func (a *actor) answers(t *testing.T, script ...reply) *scripted {
	t.Helper()
	p := &scripted{t: t, script: script}
	a.env.Terminal = p
	t.Cleanup(func() {
		if len(p.script) > 0 && !t.Failed() {
			t.Errorf("%s was never asked: %q", a.name, p.script)
		}
	})
	return p
}

// nobody takes the person away.
type nobody struct{}

func (nobody) Message(string) error { return nil }
func (nobody) ReadLine(context.Context, string) (string, error) {
	return "", terminal.ErrNoTerminal
}
func (nobody) Secret(context.Context, string) ([]byte, error) { return nil, terminal.ErrNoTerminal }

// exits runs a command and asserts its exit code and words of its output.
func (s *stage) exits(t *testing.T, a *actor, code int, args []string, words ...string) string {
	t.Helper()
	out, got := s.run(a, args...)
	all := out + a.err.String()
	if got != code {
		t.Fatalf("rust-tuf %s: exit code %d, want %d\n%s", strings.Join(args, " "), got, code, all)
	}
	for _, word := range words {
		if !strings.Contains(all, word) {
			t.Errorf("rust-tuf %s says\n%s\nbut not %q", strings.Join(args, " "), all, word)
		}
	}
	return out
}

// fails runs a command that is refused, and asserts the type of its error
// besides its exit code and words. Nothing goes to standard output.
func (s *stage) fails(t *testing.T, a *actor, code int, typed func(error) bool, args []string, words ...string) {
	t.Helper()
	a.out.Reset()
	a.err.Reset()
	err := run(s.ctx, args, a.env)
	if got := exitCode(err); got != code || a.out.Len() > 0 {
		t.Fatalf("rust-tuf %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, a.out, a.err)
	}
	if !typed(err) {
		t.Errorf("rust-tuf %s: %T %[2]v", strings.Join(args, " "), err)
	}
	for _, word := range words {
		if !strings.Contains(a.err.String(), word) {
			t.Errorf("rust-tuf %s says\n%s\nbut not %q", strings.Join(args, " "), a.err, word)
		}
	}
}

// of tells of each error whether it is the one.
func of(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

// remoteState is every ref of the remote and what it points at.
func (s *stage) remoteState(t *testing.T) string {
	t.Helper()
	out, err := s.git("maintainer", s.remote(), "for-each-ref")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// unchanged asserts that do changes nothing on the remote.
func (s *stage) unchanged(t *testing.T, do func()) {
	t.Helper()
	before := s.remoteState(t)
	do()
	if after := s.remoteState(t); after != before {
		t.Errorf("the remote changed from\n%s\nto\n%s", before, after)
	}
}

// head is the remote's default branch, read.
func (s *stage) head(t *testing.T) *metadata.Repository {
	t.Helper()
	repo, err := s.repository()
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

// volatile is what differs from run to run: keys are random.
var volatile = []struct {
	form *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`\b[0-9a-f]{4}( [0-9a-f]{4}){15}\b`), "<16 GROUPS>"},
	{regexp.MustCompile(`(?m)^    [0-9a-f]{4}( [0-9a-f]{4}){3}$`), "    <4 GROUPS>"},
	{regexp.MustCompile(`\b[0-9a-f]{4} [0-9a-f]{4} …`), "<2 GROUPS> …"},
	{regexp.MustCompile(`(?i)\b[0-9a-f]{64}\b`), "<SHA256>"},
	{regexp.MustCompile(`\b[0-9a-f]{40}\b`), "<COMMIT>"},
	{regexp.MustCompile(`\b[0-9a-f]{32}\b`), "<REPOSITORY>"},
	{regexp.MustCompile(`\b[0-9a-f]{16}…`), "<16 DIGITS>…"},
	{regexp.MustCompile(`([- ])[0-9a-f]{8}\b`), "$1<8 DIGITS>"},
}

// golden compares text with testdata/name, after what differs from run to run
// has been replaced.
func (s *stage) golden(t *testing.T, name, text string) {
	t.Helper()
	golden(t, name, strings.ReplaceAll(text, s.dir, "<DIR>"))
}

func golden(t *testing.T, name, text string) {
	t.Helper()
	for _, v := range volatile {
		text = v.form.ReplaceAllString(text, v.name)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with -update", err)
	}
	if text != string(want) {
		t.Errorf("%s differs from what is shown now; if it is meant, write it with -update\n%s", path, diff.Diff("golden", want, "now", []byte(text)))
	}
}

func gitOf(t *testing.T, a *actor) *git.Repo {
	t.Helper()
	r, err := git.Open(context.Background(), a.clone, a.env.Git...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func copyKeys(t *testing.T, from, to *actor) {
	t.Helper()
	if err := os.MkdirAll(keyFolder(to.env.Home), 0o700); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(keyFolder(from.env.Home), "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		copyFile(t, f, filepath.Join(keyFolder(to.env.Home), filepath.Base(f)))
	}
}

// writeProgram writes a script that is run at once. A process that is started
// meanwhile, by a test beside this one, would inherit the open file, and what
// is open for writing cannot be run.
func writeProgram(t *testing.T, path, script string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// pinAt lets somebody pin root 1 by its digest.
func (s *stage) pinAt(t *testing.T, a *actor) {
	t.Helper()
	root, err := s.head(t).FirstRoot()
	if err != nil {
		t.Fatal(err)
	}
	a.answers(t, reply{"Digest of a root", root.Digest().Groups()}, reply{"Pin it", "yes"})
	s.exits(t, a, exit.Done, []string{"trust", "init"})
	a.env.Terminal = &agreeable{heard: a.err}
}

// pinOf is what an actor's machine pinned.
func (a *actor) pinOf(s *stage) (*trust.Pin, error) {
	repo, err := s.repository()
	if err != nil {
		return nil, err
	}
	id, err := repo.UnverifiedID()
	if err != nil {
		return nil, err
	}
	home, err := trust.Open(a.env.Home)
	if err != nil {
		return nil, err
	}
	return home.Pin(id)
}

// rewind takes the event that is open out of the history, as somebody with
// write access to the default branch could, and deletes the signers' branches.
func (s *stage) rewind(t *testing.T) {
	t.Helper()
	policyCommit, err := s.git("maintainer", s.remote(), "rev-parse", "main^2^")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.git("maintainer", s.remote(), "update-ref", "refs/heads/main", policyCommit); err != nil {
		t.Fatal(err)
	}
	branches, err := s.git("maintainer", s.remote(), "for-each-ref", "--format=%(refname)", "refs/heads/sign/", "refs/heads/event/")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range strings.Fields(branches) {
		if _, err := s.git("maintainer", s.remote(), "update-ref", "-d", b); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"fetch", "--quiet", "--prune", "origin"}, {"reset", "--quiet", "--hard", "origin/main"}} {
		if _, err := s.git("maintainer", s.maintainer.clone, args...); err != nil {
			t.Fatal(err)
		}
	}
}

// treeOf is what a branch of the remote holds.
func (s *stage) treeOf(t *testing.T, branch string) metadata.Tree {
	t.Helper()
	repo := gitOf(t, s.maintainer)
	at, err := repo.Fetch(s.ctx, "origin", branch)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := repo.Tree(s.ctx, at)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// gateOn fetches a branch and asks the gate about it.
func (s *stage) gateOn(t *testing.T, branch string) (*gateResult, error) {
	t.Helper()
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	return s.gate(branch)
}

// checkout is all that a user sees of their clone.
func (s *stage) checkout(t *testing.T, a *actor) string {
	t.Helper()
	var all []string
	for _, args := range [][]string{{"status", "--porcelain", "--branch"}, {"for-each-ref", "refs/heads", "refs/remotes", "refs/tags"}, {"rev-parse", "HEAD"}} {
		out, err := s.git(a.name, a.clone, args...)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, out)
	}
	return strings.Join(all, "\n")
}
