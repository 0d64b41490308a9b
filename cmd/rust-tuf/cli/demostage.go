package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/signer/file"
)

// stage is where the demo plays: a folder with a bare remote and a clone and
// a home for each person. Everybody uses the real verbs and the real git.
type stage struct {
	ctx        context.Context
	dir        string
	out        io.Writer
	started    time.Time
	real       func() time.Time
	now        time.Time // the clock of the play
	maintainer *actor
	people     map[string]*actor
	rows       []demoRow
}

// demoRow is one line of the table at the end.
type demoRow struct {
	What     string `json:"what"`
	Expected string `json:"expected"`
	Happened string `json:"happened"`
}

// ok tells whether what happened begins as it was expected to.
func (r demoRow) ok() bool { return strings.HasPrefix(r.Happened, r.Expected) }

// actor is one person in the demo.
type actor struct {
	name  string
	clone string
	env   *Env
	out   *bytes.Buffer
	err   *bytes.Buffer
}

// demoPassphrase opens the demo's throw-away keys.
const demoPassphrase = "a throw-away key for a demo"

func (s *stage) remote() string { return filepath.Join(s.dir, "remote.git") }

// gitConfig is everybody's configuration of git on the stage. What is thrown
// away with the folder need not survive a power cut, and waiting for the disk
// would be half of the time.
const gitConfig = "[core]\n\tfsync = none\n"

// environ is git's environment for one person: their name, and nothing of the
// configuration of whoever runs the demo.
func (s *stage) environ(name string) []string {
	env := []string{"HOME=" + s.dir, "GIT_CONFIG_GLOBAL=" + filepath.Join(s.dir, "gitconfig"), "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=" + name, "GIT_AUTHOR_EMAIL=" + name + "@example.org", "GIT_COMMITTER_NAME=" + name, "GIT_COMMITTER_EMAIL=" + name + "@example.org"}
	for _, keep := range []string{"PATH", "SystemRoot", "TEMP", "TMP", "TMPDIR"} {
		if v, ok := os.LookupEnv(keep); ok {
			env = append(env, keep+"="+v)
		}
	}
	return env
}

// actor is a person with a clone and a home of their own, who agrees to
// everything.
func (s *stage) actor(name string) *actor {
	a := &actor{name: name, clone: filepath.Join(s.dir, "clones", name), out: &bytes.Buffer{}, err: &bytes.Buffer{}}
	a.env = &Env{
		Stdout: a.out, Stderr: a.err, Getenv: func(string) string { return "" }, Now: func() time.Time { return s.now }, Dir: a.clone,
		Home: filepath.Join(s.dir, "homes", name), Sources: softwareKeys, Git: []git.Option{git.Environ(s.environ(name))},
		Terminal: &agreeable{heard: a.err},
		NewKeys:  file.Options{WorkFactor: 4}, // they are thrown away with the folder
	}
	return a
}

// enter brings a person onto the stage.
func (s *stage) enter(name string) (*actor, error) {
	a := s.actor(name)
	if _, err := s.git(name, s.dir, "clone", "--quiet", s.remote(), a.clone); err != nil {
		return nil, err
	}
	s.people[name] = a
	return a, nil
}

// newKey gives a person a software key.
func (a *actor) newKey() error {
	_, err := file.Create(filepath.Join(keyFolder(a.env.Home), a.name+".key"), file.Algorithm("p256"), []byte(demoPassphrase), a.env.NewKeys)
	return err
}

func (a *actor) publicKey() string { return filepath.Join(keyFolder(a.env.Home), a.name+".pub") }

// run is one command that a person types.
func (s *stage) run(a *actor, args ...string) (string, int) {
	a.out.Reset()
	a.err.Reset()
	code := Main(s.ctx, args, a.env)
	return a.out.String(), code
}

// must is run for a command that has to succeed.
func (s *stage) must(a *actor, args ...string) (string, error) {
	out, code := s.run(a, args...)
	if code != exit.Done {
		return out, fmt.Errorf("%s: rust-tuf %s: exit code %d\n%s", a.name, strings.Join(args, " "), code, a.err)
	}
	return out, nil
}

// git is one git command that a person types.
func (s *stage) git(name, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(s.ctx, "git", args...)
	cmd.Dir, cmd.Env = dir, s.environ(name)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: git %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// edit is a person editing files in their clone and committing them.
func (s *stage) edit(a *actor, message string, files map[string]string) error {
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(a.clone, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if _, err := s.git(a.name, a.clone, "add", "--all"); err != nil {
		return err
	}
	_, err := s.git(a.name, a.clone, "commit", "--quiet", "--message", message)
	return err
}

// together lets several people do something at the same time.
func (s *stage) together(names []string, do func(*actor) error) error {
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[i] = do(s.people[name])
		}()
	}
	wg.Wait()
	return errors.Join(errs...)
}

// fetch brings the maintainer's clone up to date.
func (s *stage) fetch() error {
	m := s.maintainer
	if _, err := s.git(m.name, m.clone, "fetch", "--quiet", "--prune", "origin"); err != nil {
		return err
	}
	_, err := s.git(m.name, m.clone, "reset", "--quiet", "--hard", "origin/main")
	return err
}

// gate is the check that continuous integration runs on a pull request. The
// branch has been fetched.
func (s *stage) gate(branch string) (*gateResult, error) {
	m := s.maintainer
	out, code := s.run(m, "check", "--json", "--base", "origin/main", "--head", "origin/"+branch)
	verdict := &gateResult{}
	if err := json.NewDecoder(strings.NewReader(out)).Decode(verdict); err != nil {
		return nil, fmt.Errorf("the gate on %s, exit code %d: %w\n%s", branch, code, err, m.err)
	}
	return verdict, nil
}

// merge is the maintainer's button for some pull requests: the gate judges
// each, then all of them are merged into the default branch at once.
func (s *stage) merge(branches ...string) error {
	if err := s.fetch(); err != nil {
		return err
	}
	args := []string{"merge", "--quiet", "--no-ff", "--message", "merge " + strings.Join(branches, ", ")}
	for _, b := range branches {
		verdict, err := s.gate(b)
		if err != nil {
			return err
		}
		if !verdict.Accepted {
			return fmt.Errorf("the gate refuses %s: %s", b, strings.Join(verdict.Refusals, "; "))
		}
		args = append(args, "origin/"+b)
	}
	m := s.maintainer
	if _, err := s.git(m.name, m.clone, args...); err != nil {
		return err
	}
	return s.pushMerged(branches...)
}

// pushMerged pushes the default branch and, as forges do, deletes the branches
// that were merged into it.
func (s *stage) pushMerged(branches ...string) error {
	args := []string{"push", "--quiet", "origin", "HEAD:main"}
	for _, b := range branches {
		args = append(args, ":"+b)
	}
	_, err := s.git(s.maintainer.name, s.maintainer.clone, args...)
	return err
}

// branches lists the remote's branches below a prefix.
func (s *stage) branches(prefix string) ([]string, error) {
	out, err := s.git(s.maintainer.name, s.remote(), "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/"+prefix)
	if err != nil {
		return nil, err
	}
	return strings.Fields(out), nil
}

// say narrates one line, with the time that has really passed.
func (s *stage) say(format string, args ...any) {
	fmt.Fprintf(s.out, "%5.1fs  %s\n", s.real().Sub(s.started).Seconds(), fmt.Sprintf(format, args...))
}

// record puts a line into the table at the end.
func (s *stage) record(what, expected, happened string) {
	s.rows = append(s.rows, demoRow{what, expected, happened})
}

// agreeable is a person who has read everything, agrees, and gives up when
// something goes wrong; what they were shown is kept for whoever looks.
type agreeable struct {
	heard  io.Writer
	digest string // what they were told on a call
}

func (p *agreeable) Message(text string) error {
	_, err := fmt.Fprintln(p.heard, text)
	return err
}

func (p *agreeable) ReadLine(_ context.Context, prompt string) (string, error) {
	answer := "yes"
	switch {
	case strings.HasPrefix(prompt, "Digest"):
		answer = p.digest
	case strings.HasPrefix(prompt, "Try again?"):
		answer = "no"
	}
	return answer, p.Message(prompt + ": " + answer)
}

func (p *agreeable) Secret(context.Context, string) ([]byte, error) {
	return []byte(demoPassphrase), nil
}
