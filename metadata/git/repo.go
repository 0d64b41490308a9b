package git

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Repo is a repository on this machine: a clone, one of its linked worktrees,
// or a bare repository. It is safe for use by several goroutines.
type Repo struct {
	program // runs with --git-dir and --bare

	gitDir   string
	checkout string // top folder of the checkout; empty in a bare repository
	format   format
	shallow  bool
	filters  []string // names of the configured filter drivers
	drivers  []string // names of the configured merge drivers
	sign     bool     // commit.gpgsign
	remotes  map[string]remoteConfig
}

// Open finds the repository that dir belongs to: dir is any folder of a clone,
// or a bare repository. Errors: *VersionError, *NotARepositoryError.
func Open(ctx context.Context, dir string, opts ...Option) (*Repo, error) {
	p, err := newProgram(ctx, dir, opts)
	if err != nil {
		return nil, err
	}
	r := &Repo{program: *p}
	if err := r.discover(ctx); err != nil {
		return nil, err
	}
	r.global = []string{"--git-dir=" + r.gitDir, "--bare"}
	// Away from the checkout: there, git would read .gitattributes.
	r.dir = r.gitDir
	return r, r.readConfig(ctx)
}

// newProgram finds git and makes sure that it is new enough.
func newProgram(ctx context.Context, dir string, opts []Option) (*program, error) {
	var s settings
	for _, o := range opts {
		o(&s)
	}
	if s.environ == nil {
		s.environ = os.Environ()
	}
	path, err := locate(s.program)
	if err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, &NotARepositoryError{Dir: dir, Reason: err.Error()}
	}
	if info, err := os.Stat(abs); err != nil {
		return nil, &NotARepositoryError{Dir: dir, Reason: "no such folder"}
	} else if !info.IsDir() {
		return nil, &NotARepositoryError{Dir: dir, Reason: "not a folder"}
	}
	p := &program{
		path: path, dir: abs, terminal: s.terminal, limits: defaultLimits(),
		env: environment(s.environ, s.terminal),
	}
	return p, p.checkVersion(ctx)
}

// discover asks git which repository p.dir belongs to.
func (r *Repo) discover(ctx context.Context) error {
	// The last answer is an error without a checkout; the others are printed
	// before it.
	out, err := r.run(ctx, command{args: []string{"rev-parse",
		"--absolute-git-dir", "--is-bare-repository", "--is-shallow-repository", "--show-object-format",
		"--show-toplevel"}})
	var failed *CommandError
	if errors.As(err, &failed) && strings.Count(string(failed.stdout), "\n") == 4 {
		out = failed.stdout
	} else if failed != nil {
		return &NotARepositoryError{Dir: r.dir, Reason: summary(failed.Output, failed.err)}
	} else if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) < 4 || len(lines) > 5 {
		return &NotARepositoryError{Dir: r.dir, Reason: "its path holds a line break"}
	}
	r.gitDir, r.shallow, r.format = lines[0], lines[2] == "true", format(lines[3])
	if r.format != formatSHA1 && r.format != formatSHA256 {
		return &NotARepositoryError{Dir: r.dir, Reason: fmt.Sprintf("its object format %q is unknown", lines[3])}
	}
	if len(lines) == 5 {
		r.checkout = filepath.FromSlash(lines[4])
	}
	return r.refuseEmbedded(ctx)
}

// refuseEmbedded refuses a git directory that is made of tracked files of
// another repository: its configuration came with somebody's commit, and would
// say which programs run. Git checks out no file below a folder called .git,
// so only other places are looked at.
func (r *Repo) refuseEmbedded(ctx context.Context) error {
	if slices.Contains(strings.Split(filepath.ToSlash(r.gitDir), "/"), ".git") {
		return nil
	}
	outer := r.program
	outer.dir = filepath.Dir(r.gitDir)
	out, err := outer.run(ctx, command{
		args: []string{"ls-files", "-z", "--", filepath.Base(r.gitDir)},
		// One such repository must not vouch for another inside it.
		set: []string{"safe.bareRepository=explicit"},
	})
	var failed *CommandError
	var limit *LimitError
	switch {
	case errors.As(err, &failed) && strings.Contains(failed.Output, "not a git repository"):
		return nil // nothing is around it
	case errors.As(err, &failed):
		return &NotARepositoryError{Dir: r.gitDir, Reason: "it lies inside another repository, which git does not accept: " + summary(failed.Output, failed.err)}
	case errors.As(err, &limit), err == nil && len(out) > 0:
		return &NotARepositoryError{Dir: r.gitDir, Reason: "it is part of another repository's files, so its configuration came from outside"}
	}
	return err
}

// readConfig reads the settings that this package must know of itself, once
// for the life of the Repo. The others take effect inside git.
func (r *Repo) readConfig(ctx context.Context) error {
	r.remotes = map[string]remoteConfig{}
	out, err := r.run(ctx, command{args: []string{"config", "-z", "--get-regexp",
		`^(commit\.gpgsign$|filter\.|merge\..*\.|remote\..*\.(url|pushurl|receivepack|proxy)$)`}})
	if exitCode(err, 1) {
		return nil // none is set
	}
	if err != nil {
		return err
	}
	for entry := range strings.SplitSeq(string(out), "\x00") {
		key, value, hasValue := strings.Cut(entry, "\n")
		section, rest, _ := strings.Cut(key, ".")
		last := strings.LastIndexByte(rest, '.')
		switch {
		case section == "commit":
			r.sign = !hasValue || isTrue(value)
		case section == "remote":
			addRemote(r.remotes, rest, value)
		case last < 0:
		case section == "filter" && !slices.Contains(r.filters, rest[:last]):
			r.filters = append(r.filters, rest[:last])
		case section == "merge" && !slices.Contains(r.drivers, rest[:last]):
			r.drivers = append(r.drivers, rest[:last])
		}
	}
	// Settings for a remote whose address is not configured here are none of ours.
	maps.DeleteFunc(r.remotes, func(_ string, c remoteConfig) bool { return c.url == "" })
	return nil
}

// isTrue reads a boolean as git does. A word that is none counts as true: then
// a commit is signed, or git says what is wrong.
func isTrue(value string) bool {
	switch strings.ToLower(value) {
	case "false", "no", "off", "0", "":
		return false
	}
	return true
}

// GitDir is the absolute path of the folder that git keeps its data in.
func (r *Repo) GitDir() string { return r.gitDir }

// Checkout is the absolute path of the top folder of the user's checkout,
// empty in a bare repository.
func (r *Repo) Checkout() string { return r.checkout }

// Resolve returns the commit that a revision names: a branch, a tag, an
// abbreviated name, HEAD~2. Errors: *NameError, *RevisionError.
func (r *Repo) Resolve(ctx context.Context, rev string) (Commit, error) {
	if err := checkRevision(rev); err != nil {
		return "", err
	}
	id, err := r.line(ctx, command{args: []string{"rev-parse", "--verify", "--quiet", "--end-of-options", rev + "^{commit}"}})
	var failed *CommandError
	if errors.As(err, &failed) {
		return "", &RevisionError{Rev: rev}
	}
	if err != nil {
		return "", err
	}
	return Commit(id), r.format.checkCommit(Commit(id))
}

// CurrentBranch returns the name of the branch that is checked out, which may
// have no commit yet. On a detached HEAD the error Is ErrDetached.
func (r *Repo) CurrentBranch(ctx context.Context) (string, error) {
	ref, err := r.line(ctx, command{args: []string{"symbolic-ref", "--quiet", "HEAD"}})
	branch, ok := strings.CutPrefix(ref, "refs/heads/")
	if exitCode(err, 1) || err == nil && !ok {
		return "", ErrDetached
	}
	return branch, err
}

// Config returns a setting as git sees it here, the last one when there are
// several, and whether there is any. What this package overrides shows as
// overridden. Nothing is ever set.
func (r *Repo) Config(ctx context.Context, key string) (value string, ok bool, err error) {
	if err := checkConfigKey(key); err != nil {
		return "", false, err
	}
	out, err := r.run(ctx, command{args: []string{"config", "-z", "--get", "--", key}})
	if exitCode(err, 1) {
		return "", false, nil
	}
	return strings.TrimSuffix(string(out), "\x00"), err == nil, err
}
