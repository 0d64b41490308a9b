package cli

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/signer/file"
	"github.com/spf13/cobra"
)

func (c *command) demoCommand() *cobra.Command {
	var keep bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "play a whole ceremony here, with real git and throw-away keys",
		Long: `demo plays the main job from the first root to an expired client, in a temporary
folder: a bare git remote, a clone for each person, software keys that are
thrown away. Every step is a command that you could type.`,
		Args: frame.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runDemo(cmd.Context(), keep) },
	}
	cmd.Flags().BoolVar(&keep, "keep", false, "leave the folder for a look")
	return cmd
}

// demoResult is what the demo proved.
type demoResult struct {
	Rows   []demoRow `json:"rows"`
	Folder string    `json:"folder,omitempty"`
	Took   float64   `json:"seconds"`
}

func (r *demoResult) text(w *words.Lines) {
	w.Printf("\n%-50s %-24s %s\n", "What was tried", "Expected", "Happened")
	for _, row := range r.Rows {
		mark := ""
		if !row.ok() {
			mark = "  <- WRONG"
		}
		w.Printf("%-50s %-24s %s%s\n", row.What, row.Expected, row.Happened, mark)
	}
	w.Printf("\nDone in %.1f s.", r.Took)
	if r.Folder != "" {
		w.Printf(" Left for a look: %s (the remote is remote.git)", r.Folder)
	}
	w.Printf("\n")
}

func (c *command) runDemo(ctx context.Context, keep bool) error {
	if _, err := exec.LookPath("git"); err != nil {
		return errors.New("the demo needs git on the PATH; install git and run it again")
	}
	dir, err := os.MkdirTemp(c.env.Temp, "rust-tuf-demo-")
	if err != nil {
		return err
	}
	if !keep {
		defer os.RemoveAll(dir)
	}
	s := &stage{ctx: ctx, dir: dir, out: c.env.Stdout, real: c.env.Now, now: c.env.Now().UTC().Truncate(time.Second), people: map[string]*actor{}}
	if c.JSON {
		s.out = io.Discard
	}
	s.started = s.real()
	for _, act := range []func() error{s.gather, s.firstRoot, s.secondRoot, s.delegate, s.attack, s.clients} {
		if err := act(); err != nil {
			return fmt.Errorf("the demo stopped: %w", err)
		}
	}
	out := &demoResult{Rows: s.rows, Took: s.real().Sub(s.started).Seconds()}
	if keep {
		out.Folder = dir
	}
	if err := c.show(out); err != nil {
		return err
	}
	for _, row := range s.rows {
		if !row.ok() {
			return fmt.Errorf("something else happened than was expected: %s", row.What)
		}
	}
	return nil
}

var (
	demoQuorum = []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"}
	demoNewer  = []string{"judy", "karl"}
	demoTeam   = []string{"olivia", "peggy", "quentin", "rupert", "sybil"}
)

// gather sets the stage: a remote, a policy, and nine members who send their
// keys.
func (s *stage) gather() error {
	fmt.Fprintf(s.out, "Nine people hold a key each; five of them must sign before anything changes.\n")
	fmt.Fprintf(s.out, "The clock on the left is real; the ceremonies' own clock starts today.\n\n")
	if err := s.found(); err != nil {
		return err
	}
	s.say("a bare git remote; the maintainer ran `rust-tuf init` and pushed")
	if err := s.join(demoQuorum); err != nil {
		return err
	}
	s.say("%s each made a key and sent it: `rust-tuf member add`", words.Join(demoQuorum))
	return nil
}

// found makes the remote, with what `init` writes in it, and the maintainer's
// clone.
func (s *stage) found() error {
	if err := os.WriteFile(filepath.Join(s.dir, "gitconfig"), []byte(gitConfig), 0o600); err != nil {
		return err
	}
	if _, err := s.git("maintainer", s.dir, "init", "--quiet", "--bare", "--initial-branch=main", s.remote()); err != nil {
		return err
	}
	var err error
	if s.maintainer, err = s.enter("maintainer"); err != nil {
		return err
	}
	if _, err := s.must(s.maintainer, "init", "--name", "tuf-root"); err != nil {
		return err
	}
	if _, err := s.git("maintainer", s.maintainer.clone, "checkout", "--quiet", "-B", "main"); err != nil {
		return err
	}
	if err := s.edit(s.maintainer, "start", map[string]string{"README.md": "A demo.\n"}); err != nil {
		return err
	}
	_, err = s.git("maintainer", s.maintainer.clone, "push", "--quiet", "--set-upstream", "origin", "main")
	return err
}

// join lets people make keys and send them; the maintainer merges all of the
// pull requests at once.
func (s *stage) join(names []string) error {
	for _, name := range names {
		if _, err := s.enter(name); err != nil {
			return err
		}
	}
	err := s.together(names, func(a *actor) error {
		if err := a.newKey(); err != nil {
			return err
		}
		_, err := s.must(a, "member", "add", a.name, "--public-key", a.publicKey(), "--affiliation", "works-"+a.name, "--country", "lives-"+a.name)
		return err
	})
	if err != nil {
		return err
	}
	m := s.maintainer
	merge := []string{"merge", "--quiet", "--message", "merge new members"}
	var branches []string
	for _, name := range names {
		branches = append(branches, "member/"+name)
		merge = append(merge, "origin/member/"+name)
	}
	if err := s.fetch(); err != nil {
		return err
	}
	if _, err := s.git(m.name, m.clone, merge...); err != nil {
		return err
	}
	return s.pushMerged(branches...)
}

// declare is the maintainer editing the policy and proposing what follows.
func (s *stage) declare(why, policy string) (string, error) {
	m := s.maintainer
	if err := s.edit(m, "policy: "+why, map[string]string{metadata.PolicyFile: policy}); err != nil {
		return "", err
	}
	before, err := s.branches("event/")
	if err != nil {
		return "", err
	}
	if _, err := s.must(m, "propose", "--why", why); err != nil {
		return "", err
	}
	after, err := s.branches("event/")
	if err != nil {
		return "", err
	}
	for _, b := range after {
		if !slices.Contains(before, b) {
			return strings.TrimPrefix(b, "event/"), s.merge(b)
		}
	}
	return "", errors.New("the proposal made no branch")
}

// sign lets people sign at the same time, and merges their branches in an
// order that nobody chose.
func (s *stage) sign(event string, names ...string) error {
	err := s.together(names, func(a *actor) error {
		_, err := s.must(a, "sign", event)
		return err
	})
	if err != nil {
		return err
	}
	var branches []string
	all, err := s.branches("sign/" + event + "/")
	if err != nil {
		return err
	}
	for _, b := range all {
		for _, name := range names {
			if strings.HasPrefix(filepath.Base(b), name+"-") {
				branches = append(branches, b)
			}
		}
	}
	rand.Shuffle(len(branches), func(i, j int) { branches[i], branches[j] = branches[j], branches[i] })
	return s.merge(branches...)
}

// complete publishes, or tells why it is pending.
func (s *stage) complete(event string) (string, error) {
	_, code := s.run(s.maintainer, "complete", event)
	switch code {
	case exit.Done:
		return "published", s.merge("complete/" + event)
	case exit.Pending:
		return "pending: exit code 4", nil
	}
	return "", fmt.Errorf("complete %s: exit code %d\n%s", event, code, s.maintainer.err)
}

func (s *stage) tryComplete(what, expected, event string) error {
	happened, err := s.complete(event)
	if err != nil {
		return err
	}
	s.record(what, expected, happened)
	return nil
}

// demoPolicy is the demo's rust-tuf.toml: what an editor would leave of the
// template.
func (s *stage) demoPolicy(root, targets []string, release bool) (string, error) {
	template, err := os.ReadFile(filepath.Join(s.maintainer.clone, metadata.PolicyFile))
	if err != nil {
		return "", err
	}
	current, err := roles.ParsePolicy(metadata.PolicyFile, template)
	id := ""
	if err == nil {
		id = current.Repository
	} else if _, rest, ok := strings.Cut(string(template), "repository = \""); ok {
		id, _, _ = strings.Cut(rest, "\"")
	}
	snapshot, err := s.onlineKey("snapshot")
	if err != nil {
		return "", err
	}
	timestamp, err := s.onlineKey("timestamp")
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf(demoPolicyText, id, tomlList(root), tomlList(targets), snapshot, timestamp)
	if release {
		text += fmt.Sprintf(demoReleaseText, tomlList(demoTeam))
	}
	return text, nil
}

const demoPolicyText = `format = 1
name = "tuf-root"
repository = %q
keyid = "spec"
readers = ["rust-tuf", "go-tuf", "python-tuf", "tuf-js", "tough"]
consistent-snapshot = true

[[exception]]
rule = "software-key"
role = "root"
reason = "a demo with throw-away keys"

[[exception]]
rule = "software-key"
role = "targets"
reason = "a demo with throw-away keys"

[roles.root]
quorum = true
members = %s
threshold = 5
lifetime = "2y"

[roles.targets]
quorum = true
members = %s
threshold = 5
lifetime = "1y"

[roles.snapshot]
online = ["snapshot"]
threshold = 1
lifetime = "7d"

[roles.timestamp]
online = ["timestamp"]
threshold = 1
lifetime = "1d"

[online.snapshot]
public = """
%s"""

[online.timestamp]
public = """
%s"""
`

const demoReleaseText = `
[[exception]]
rule = "software-key"
role = "release"
reason = "a demo with throw-away keys"

[roles.release]
delegator = "targets"
members = %s
threshold = 3
lifetime = "1y"
paths = ["channels/*"]
terminating = true

[[target]]
role = "release"
path = "channels/stable.toml"
length = 13
sha256 = "315f5bdb76d078c43b8ac0064e4a0164612b1fce77c869345bfc94c75894edd3"
`

func tomlList(names []string) string {
	var q []string
	for _, n := range names {
		q = append(q, fmt.Sprintf("%q", n))
	}
	return "[" + strings.Join(q, ", ") + "]"
}

// onlineKey makes the key of a machine once, and returns its public half.
func (s *stage) onlineKey(name string) (string, error) {
	path := filepath.Join(s.dir, "machines", name+".key")
	public, err := os.ReadFile(strings.TrimSuffix(path, ".key") + ".pub")
	if errors.Is(err, os.ErrNotExist) {
		if _, err := file.Create(path, file.Algorithm("p256"), []byte(demoPassphrase), file.Options{WorkFactor: 4}); err != nil {
			return "", err
		}
		public, err = os.ReadFile(strings.TrimSuffix(path, ".key") + ".pub")
		if err != nil {
			return "", err
		}
	}
	if block, _ := pem.Decode(public); block == nil {
		return "", fmt.Errorf("the key of %s is no PEM", name)
	}
	return string(public), nil
}
