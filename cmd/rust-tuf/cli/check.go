package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/spf13/cobra"
)

type checkOptions struct {
	base, head string
	markdown   bool
}

func (c *command) checkCommand() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check [--base REV --head REV]",
		Short: "judge a whole repository, or what a branch would change",
		Long: `check without flags judges everything that the commit at HEAD holds: the root
chain from every published root, each closed event, each open one, and the
policy. It needs no key and no network.

With --base and --head it is the gate for a pull request: it merges head into
base in memory and judges what that would change, not what the branch says. It
tells a pull request that adds one valid signature and nothing else, which a
machine may merge, from everything else, which needs a person. With --markdown it
writes what belongs on the page of the pull request: who signed, who is missing and
with which card, the digest, the dates, and all changes.`,
		Args: frame.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runCheck(cmd.Context(), o) },
	}
	cmd.Flags().StringVar(&o.base, "base", "", "`revision` that the branch is to be merged into")
	cmd.Flags().StringVar(&o.head, "head", "", "`revision` of the branch (default with --base: HEAD)")
	cmd.Flags().BoolVar(&o.markdown, "markdown", false, "with --base: print the report for the page of the pull request, as Markdown")
	return cmd
}

func (c *command) runCheck(ctx context.Context, o checkOptions) error {
	if o.head != "" && o.base == "" {
		return usage(errors.New("name with --base what the branch is to be merged into; to judge one commit by itself, check it out"))
	}
	if o.markdown && (o.base == "" || c.JSON) {
		return usage(errors.New("--markdown is the report of the gate: it needs --base, and goes without --json"))
	}
	w, err := c.openClone(ctx)
	if err != nil {
		return err
	}
	if o.head == "" {
		o.head = "HEAD"
	}
	head, err := w.git.Resolve(ctx, o.head)
	if err != nil {
		return err
	}
	if o.base == "" {
		return c.audit(ctx, w, head)
	}
	base, err := w.git.Resolve(ctx, o.base)
	if err != nil {
		return err
	}
	v, before, after, err := w.wouldChange(ctx, base, head)
	if reason := w.refusesMerge(ctx, head, err); reason != nil {
		v, err = metadata.Unmergeable(reason), nil
	}
	if err != nil {
		return err
	}
	var out report = gateOf(v)
	if o.markdown {
		if out, err = w.gateReportOf(ctx, v, before, after); err != nil {
			return rejected(err)
		}
	}
	if err := c.show(out); err != nil {
		return err
	}
	if !v.Accepted() {
		return rejected(fmt.Errorf("this pull request must not be merged, for %s", words.Counted(len(v.Refusals), "reason")))
	}
	return nil
}

// judgedNow is how the gate judges: with this machine's clock.
func (w *workspace) judgedNow() []metadata.Option {
	return append(w.env.judgement(), metadata.At(w.now))
}

// auditResult is what is proven about a whole repository.
type auditResult struct {
	Commit   string          `json:"commit"`
	Proven   []string        `json:"proven"`
	Problems []string        `json:"problems"`
	Findings []findingResult `json:"findings"`
	Events   []eventStatus   `json:"events"`
	Keys     []provenKey     `json:"keys"`

	TestRoots []string `json:"test_roots,omitempty"`
}

// provenKey is what is proven about one key of a member.
type provenKey struct {
	Holder string   `json:"holder"`
	Roles  []string `json:"roles"` // in force, that name it
	Kind   string   `json:"kind"`
	Proven bool     `json:"proven"` // that it lives on a card as the policy demands, and that its holder agreed
	Text   string   `json:"text"`
}

func provenKeys(list []roles.KeyProof) []provenKey {
	out := []provenKey{}
	for _, k := range list {
		out = append(out, provenKey{k.Holder, append([]string{}, k.Roles...), string(k.Kind), k.Proven(), k.String()})
	}
	return out
}

func (c *command) audit(ctx context.Context, w *workspace, at git.Commit) error {
	tree, err := w.git.Tree(ctx, at)
	if err != nil {
		return err
	}
	report := metadata.Audit(tree, c.env.judgement()...)
	out := &auditResult{Commit: string(at), Proven: append([]string{}, report.Proven...), Problems: []string{}, Findings: findingsOf(report.Findings), Events: []eventStatus{}, Keys: provenKeys(report.Keys), TestRoots: report.TestRoots}
	for _, p := range report.Problems {
		out.Problems = append(out.Problems, p.Error())
	}
	for _, s := range report.Events {
		out.Events = append(out.Events, standingStatus(s))
	}
	if err := c.show(out); err != nil {
		return err
	}
	if len(report.Problems) > 0 {
		return rejected(fmt.Errorf("the repository has %s", words.Counted(len(report.Problems), "problem")))
	}
	return nil
}

func (r *auditResult) text(w *words.Lines) {
	writeTestRoots(w, r.TestRoots)
	w.Printf("Judged: commit %s\n", r.Commit)
	for _, p := range r.Proven {
		w.Printf("ok: %s\n", p)
	}
	for _, p := range r.Problems {
		w.Printf("wrong: %s\n", p)
	}
	for _, e := range r.Events {
		for _, p := range e.Payloads {
			for _, rule := range p.Rules {
				writeRule(w, p, rule)
			}
		}
	}
	if len(r.Keys) > 0 {
		w.Printf("What proves where the members' keys are:\n")
	}
	for _, k := range r.Keys {
		w.Printf("  %s\n", k.Text)
	}
	if len(r.Findings) > 0 {
		w.Printf("If an event were proposed from rust-tuf.toml as it is, the rules for a quorum would say:\n")
		writeFindings(w, r.Findings)
	}
	if len(r.Problems) == 0 {
		w.Printf("Verdict: everything that this repository claims was derived again and holds.\n")
	}
}
