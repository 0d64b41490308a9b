package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/terminal"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/spf13/cobra"
)

// hub is what the gate needs of a forge.
type hub interface {
	forge.Opener
	forge.Reviewer
	forge.Merger
	forge.Caretaker
}

func (c *command) gateCommand() *cobra.Command {
	var o gateOptions
	cmd := &cobra.Command{
		Use:   "gate",
		Short: "keep the gate: judge every open pull request, merge what a machine may merge",
		Long: `gate is for a machine. It judges each open pull request as ` + "`rust-tuf check`" + ` does, by
what merging it into the default branch would change; it writes the verdict at the
commit and the report on the page. Nothing of a branch is run, or even checked out.

With --merge it merges those that add one valid signature and nothing else, each if
its head is still the one that was judged, looks at what came of it, and goes on with
the next. When an event has all its signatures, it proposes the completion, which a
person merges.

One run does all that can be done, so no step waits for another one to be started:
where a forge starts nothing for what a machine has pushed, nothing has to be.

With --raise, what went wrong stands in one issue, which the next good run closes.`,
		Args: frame.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runGate(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.merge, "merge", false, "merge signatures, and propose completions")
	f.BoolVar(&o.raise, "raise", false, "keep one issue while this job fails")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would be done, and do nothing")
	return cmd
}

type gateOptions struct{ merge, raise, dryRun bool }

// gateRun is what one run of the gate has done.
type gateRun struct {
	Source    string          `json:"source"`
	Judged    []judgedPull    `json:"judged"`
	Completed []*completedRun `json:"completed"` // events of which the completion was proposed
	DryRun    bool            `json:"dry_run"`
}

// judgedPull is one open pull request.
type judgedPull struct {
	Number   int      `json:"number"`
	Title    string   `json:"title"`
	Head     string   `json:"head"`
	Kind     string   `json:"kind,omitempty"`
	Accepted bool     `json:"accepted"`
	Machine  bool     `json:"machine_may_merge"`
	Merged   string   `json:"merged,omitempty"` // the commit that came of it
	Problems []string `json:"problems,omitempty"`
}

type completedRun struct {
	Event  string `json:"event"`
	Branch string `json:"branch"`
	Pull   string `json:"pull_request,omitempty"`
}

func (r *gateRun) text(w io.Writer) {
	fmt.Fprintf(w, "Read from %s.\n", r.Source)
	for _, p := range r.Judged {
		what := "a person decides"
		switch {
		case p.Merged != "":
			what = "merged as " + git.Commit(p.Merged).Short()
		case !p.Accepted:
			what = "not to be merged"
		case p.Machine:
			what = "a machine may merge it"
		}
		fmt.Fprintf(w, "#%d %s: %s\n", p.Number, terminal.Printable(p.Title), what)
		for _, problem := range p.Problems {
			fmt.Fprintf(w, "    %s\n", strings.ReplaceAll(problem, "\n", "\n    "))
		}
	}
	for _, e := range r.Completed {
		fmt.Fprintf(w, "Event %s has all its signatures. Its completion is on branch %s; a person merges it:\n    %s\n", e.Event, e.Branch, e.Pull)
	}
	if len(r.Judged)+len(r.Completed) == 0 {
		fmt.Fprintln(w, "No pull request is open.")
	}
	if r.DryRun {
		fmt.Fprintln(w, "Nothing was written or merged (dry run).")
	}
}

func (c *command) runGate(ctx context.Context, o gateOptions) error {
	w, err := c.open(ctx)
	if err != nil {
		return err
	}
	h, err := w.hub(ctx)
	if err != nil {
		return err
	}
	out := &gateRun{Source: w.source(), Judged: []judgedPull{}, Completed: []*completedRun{}, DryRun: o.dryRun}
	g := &gatekeeper{w, h, o, out}
	err = g.run(ctx)
	if o.raise && !o.dryRun {
		err = errors.Join(err, raise(ctx, h, "gate", err))
	}
	if len(out.Judged)+len(out.Completed) > 0 || err == nil {
		err = errors.Join(c.show(out), err)
	}
	return err
}

// raise keeps one issue while a job fails.
func raise(ctx context.Context, h forge.Caretaker, job string, failed error) error {
	key := "job/" + job
	if failed == nil {
		return h.Settle(ctx, key, "The job works again.")
	}
	body := fmt.Sprintf("`rust-tuf %s`, which runs by itself, did not get to its end:\n\n%s\nThis issue is updated while it fails, and closed when it works again.\n", job, fenced(failed.Error()+"\n"))
	_, err := h.Raise(ctx, forge.Issue{Key: key, Title: fmt.Sprintf("rust-tuf %s fails", job), Body: body})
	return err
}

// NoHubError says that there is no way to speak with the forge.
type NoHubError struct{ Remote string }

func (e *NoHubError) Error() string {
	return fmt.Sprintf("%s is on no forge whose pull requests can be read and merged from here, or there is no token for it", e.Remote)
}

// Hint names the one next step.
func (e *NoHubError) Hint() string {
	return "docs/forges.md says which token is needed, and where it is looked for; `rust-tuf check` judges a branch without one"
}

// hub is the forge of the remote that holds the events.
func (w *workspace) hub(ctx context.Context) (hub, error) {
	target, err := w.git.RemoteURL(w.remote)
	if err != nil {
		return nil, err
	}
	address, ok := forge.ParseAddress(target)
	if !ok || w.env.Forges == nil {
		return nil, &NoHubError{Remote: w.remote}
	}
	opener, err := w.env.Forges(ctx, address, w.kind(target))
	if err != nil {
		return nil, err
	}
	h, ok := opener.(hub)
	if !ok {
		return nil, &NoHubError{Remote: w.remote}
	}
	return h, nil
}

// gatekeeper is one run of the gate.
type gatekeeper struct {
	*workspace
	hub hub
	o   gateOptions
	out *gateRun
}

// maxGateRounds bounds how often everything is judged again because something
// was merged meanwhile by somebody else.
const maxGateRounds = 3

func (g *gatekeeper) run(ctx context.Context) error {
	done := map[int]int{} // number → place in out.Judged
	failed := g.round(ctx, done, maxGateRounds)
	if !g.o.merge {
		return failed
	}
	failed = errors.Join(failed, g.complete(ctx))
	if len(g.out.Completed) > 0 && !g.o.dryRun { // nothing else would judge what this machine has just opened
		failed = errors.Join(failed, g.round(ctx, done, 1))
	}
	return failed
}

// round judges every open pull request; those that moved meanwhile again, in at
// most so many rounds.
func (g *gatekeeper) round(ctx context.Context, done map[int]int, rounds int) error {
	var failed error
	for again := true; again && rounds > 0; rounds-- {
		again = false
		heads, err := g.heads(ctx)
		if err != nil {
			return err
		}
		pulls, err := g.hub.PullRequests(ctx, g.branch)
		if err != nil {
			return err
		}
		for _, pull := range pulls {
			if heads[pull.Number] != pull.Head { // pushed to a moment ago
				again = true
				continue
			}
			judged, err := g.judge(ctx, pull)
			if ctx.Err() != nil {
				return errors.Join(failed, ctx.Err())
			}
			if isMoved(err) && rounds > 1 {
				again = true
				continue
			}
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("pull request #%d: %w", pull.Number, err))
			}
			if i, seen := done[pull.Number]; seen {
				g.out.Judged[i] = *judged
			} else {
				done[pull.Number] = len(g.out.Judged)
				g.out.Judged = append(g.out.Judged, *judged)
			}
		}
	}
	return failed
}

func isMoved(err error) bool {
	return is[*forge.MovedError](err) || is[*forge.BaseError](err)
}

// heads fetches what every open pull request wants to have merged.
func (g *gatekeeper) heads(ctx context.Context) (map[int]git.Commit, error) {
	refs, err := g.git.FetchAll(ctx, g.remote)
	if err != nil {
		return nil, err
	}
	out := map[int]git.Commit{}
	for _, ref := range refs {
		var number int
		if n, err := fmt.Sscanf(ref.Name, "refs/pull/%d/head", &number); n == 1 && err == nil && ref.Err == nil {
			out[number] = ref.Commit
		}
	}
	return out, nil
}

// judge judges one pull request against the default branch as it is now, says
// so, and merges it if a machine may.
func (g *gatekeeper) judge(ctx context.Context, pull forge.PullRequest) (*judgedPull, error) {
	out := &judgedPull{Number: pull.Number, Title: pull.Title, Head: string(pull.Head)}
	if err := g.refresh(ctx); err != nil {
		return out, err
	}
	base := g.head
	v, before, after, err := g.wouldChange(ctx, base, pull.Head)
	var report string
	switch {
	case isRefusedMerge(err):
		out.Problems = []string{err.Error()}
		report = "### Do not merge this\n\nIt cannot be merged as it is: " + escapeMarkdown(err.Error()) + "\n"
	case err != nil:
		return out, err
	default:
		out.Kind, out.Accepted, out.Machine = string(v.Kind), v.Accepted(), v.Machine()
		for _, refusal := range v.Refusals {
			out.Problems = append(out.Problems, refusal.Error())
		}
		page, err := g.gateReportOf(ctx, v, before, after)
		if err != nil {
			return out, err
		}
		report = page.file()
	}
	if g.o.dryRun {
		return out, nil
	}
	if err := g.say(ctx, pull, out, report); err != nil {
		return out, err
	}
	if !g.o.merge || !out.Machine || pull.Draft {
		return out, nil
	}
	commit, err := g.hub.Merge(ctx, forge.Merge{Number: pull.Number, Head: pull.Head, Base: g.branch,
		Title: fmt.Sprintf("sign: %s version %d by %s (#%d)", v.Sign.Role, v.Sign.Version, words.Owner(*v.Signed), pull.Number), Message: fmt.Sprintf("Event %s, digest %s.", v.Event, v.Sign.Digest)})
	if err != nil {
		return out, err
	}
	out.Merged = string(commit)
	return out, g.look(ctx, commit, after)
}

// isRefusedMerge tells whether git cannot make one tree of two.
func isRefusedMerge(err error) bool {
	return is[*git.ConflictError](err) || errors.Is(err, git.ErrUnrelated)
}

// wouldChange judges what merging head into base would change, and gives both
// trees. No commit is made for it, so no name is needed, and no signature.
func (w *workspace) wouldChange(ctx context.Context, base, head git.Commit) (v *metadata.Verdict, before, after metadata.Tree, err error) {
	if before, err = w.git.Tree(ctx, base); err != nil {
		return nil, nil, nil, err
	}
	if after, err = w.git.MergedTree(ctx, base, head); err != nil {
		return nil, nil, nil, err
	}
	if v, err = metadata.Check(before, after, w.judgedNow()...); err != nil {
		return nil, nil, nil, rejected(err)
	}
	return v, before, after, nil
}

// verdictName is what a rule of the default branch can demand.
const verdictName = "rust-tuf/gate"

// say writes the verdict at the commit, and the report on the page.
func (g *gatekeeper) say(ctx context.Context, pull forge.PullRequest, judged *judgedPull, report string) error {
	v := forge.Verdict{Name: verdictName, State: forge.Success, Summary: "nothing speaks against it; a person decides"}
	switch {
	case !judged.Accepted:
		v.State, v.Summary = forge.Failure, "not to be merged: see the report"
	case judged.Machine:
		v.Summary = "one valid signature and nothing else: a machine may merge it"
	}
	if err := g.hub.Report(ctx, pull.Number, "gate", report); err != nil {
		return err
	}
	return g.hub.Judge(ctx, pull.Head, v)
}

// MadeOtherwiseError is a merge by the forge that made something else than was
// judged.
type MadeOtherwiseError struct {
	Commit git.Commit
	Reason error
}

func (e *MadeOtherwiseError) Error() string {
	return fmt.Sprintf("what the forge made of a merge, commit %s, is not what was judged: %v", e.Commit.Short(), e.Reason)
}

// Hint names the one next step.
func (e *MadeOtherwiseError) Hint() string {
	return "stop the gate, look at the commit, and revert it: a signature that should not be there counts for nothing, but somebody has changed what was merged"
}

func (e *MadeOtherwiseError) Unwrap() error { return e.Reason }

// look holds a merge to what was judged: the same files, or, where something
// else was merged meanwhile, one signature and nothing else on top of that.
func (g *gatekeeper) look(ctx context.Context, commit git.Commit, want metadata.Tree) error {
	if err := g.refresh(ctx); err != nil {
		return err
	}
	made, err := g.git.Tree(ctx, commit)
	if err != nil {
		return err
	}
	if same, err := sameTree(made, want); err != nil || same {
		return err
	}
	parent, err := g.git.Resolve(ctx, string(commit)+"^")
	if err != nil {
		return &MadeOtherwiseError{commit, err}
	}
	before, err := g.git.Tree(ctx, parent)
	if err != nil {
		return err
	}
	v, err := metadata.Check(before, made, g.judgedNow()...)
	if err == nil && !v.Machine() {
		err = fmt.Errorf("it %s", strings.Join(append([]string{kindWords[v.Kind]}, reasons(v.Refusals)...), ": "))
	}
	if err != nil {
		return &MadeOtherwiseError{commit, err}
	}
	return nil
}

// complete proposes the completion of every event that has its signatures.
func (g *gatekeeper) complete(ctx context.Context) error {
	if err := g.refresh(ctx); err != nil {
		return err
	}
	trusted, _, err := g.workspace.judge()
	if err != nil {
		return err
	}
	var failed error
	for _, e := range g.repo.Open {
		s, err := trusted.Judge(e)
		if err != nil || !s.Complete() || s.CheckOpened(g.now) != nil {
			continue // it cannot be completed, or not yet: `status` says why
		}
		done, err := g.propose(ctx, trusted, e)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("event %s: %w", e.Name, err))
			continue
		}
		g.out.Completed = append(g.out.Completed, &completedRun{Event: e.Name, Branch: done.Branch, Pull: done.Pull})
	}
	return failed
}

// maxCompletions bounds how often the completion of one event is proposed again
// because another signature was merged meanwhile.
const maxCompletions = 9

// propose pushes the completion of an event, or finds it where it was pushed
// before. One that was overtaken by a signature stays where it is, and is closed.
func (g *gatekeeper) propose(ctx context.Context, trusted *metadata.Trusted, e *metadata.Event) (*completeResult, error) {
	var stale []string
	for n := 1; ; n++ {
		branch := completionBranch + e.Name
		if n > 1 {
			branch = fmt.Sprintf("%s-%d", branch, n)
		}
		done, err := g.completeEvent(ctx, trusted, e, branch, g.o.dryRun)
		if is[*BranchTakenError](err) && n < maxCompletions {
			stale = append(stale, branch)
			continue
		}
		if err != nil {
			return nil, err
		}
		return done, g.closeStale(ctx, stale, done.Branch)
	}
}

// closeStale closes the pull requests of completions that lack a signature.
func (g *gatekeeper) closeStale(ctx context.Context, branches []string, by string) error {
	if len(branches) == 0 {
		return nil
	}
	pulls, err := g.hub.PullRequests(ctx, g.branch)
	if err != nil {
		return err
	}
	for _, pull := range pulls {
		if !pull.Fork && slices.Contains(branches, pull.Branch) {
			err = errors.Join(err, g.hub.Close(ctx, pull.Number, fmt.Sprintf("Another signature was merged meanwhile; branch %s has all of them.", by)))
		}
	}
	return err
}
