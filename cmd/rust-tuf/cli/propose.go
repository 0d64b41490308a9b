package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/spf13/cobra"
)

type proposeOptions struct {
	why       string
	name      string
	supersede []string
	renew     []string
	rehearse  bool
	dryRun    bool
}

func (c *command) proposeCommand() *cobra.Command {
	var o proposeOptions
	cmd := &cobra.Command{
		Use:   "propose --why \"one sentence\"",
		Short: "open a signing event from the edited policy",
		Long: `propose reads rust-tuf.toml and members/ as you committed them in this clone,
computes the documents that follow from them, and pushes a branch with your
commits and the new event. Once a person has merged it, members can sign.

What is proposed is frozen: later edits of the policy do not change it. To change
it all the same, propose again with --supersede: the new event takes the place of
the old one, whose signatures count no more.

Before anything is pushed, the gate (` + "`rust-tuf check`" + `) judges the pull request
that would come of it. With --rehearse the event is played with throw-away keys as
well, as ` + "`rust-tuf rehearse`" + ` does.`,
		Args: frame.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runPropose(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.why, "why", "", "what this event is for, in one `sentence` (needed)")
	f.StringVar(&o.name, "name", "", "`name` of the event (default: date, role and version)")
	f.StringSliceVar(&o.supersede, "supersede", nil, "open `event` that this one replaces; may be given twice")
	f.StringSliceVar(&o.renew, "renew", nil, "`roles` to make anew although their policy did not change")
	f.BoolVar(&o.rehearse, "rehearse", false, "play it with throw-away keys first; push nothing unless every client gets through")
	f.BoolVar(&o.dryRun, "dry-run", false, "show what would be proposed, push nothing")
	return cmd
}

type proposeResult struct {
	Event    string          `json:"event"`
	Payloads []proposedEntry `json:"payloads"`
	Findings []findingResult `json:"findings"`
	Replaces []string        `json:"supersedes,omitempty"`
	Discards []string        `json:"discards,omitempty"` // signatures of the superseded events, by owner
	Rivals   []string        `json:"rivals,omitempty"`   // other open events that matter to this one, in words
	Branch   string          `json:"branch,omitempty"`
	Commit   string          `json:"commit,omitempty"`
	pullRequest
	Rehearsal *rehearseResult `json:"rehearsal,omitempty"` // in which every client got through
	DryRun    bool            `json:"dry_run"`
	Again     bool            `json:"again"` // made by an earlier run, found on its branch

	TestRoots []string `json:"test_roots,omitempty"` // as the event records them
}

type proposedEntry struct {
	Role    string   `json:"role"`
	Version int64    `json:"version"`
	SHA256  string   `json:"sha256"`
	Summary string   `json:"summary"`
	Needs   []string `json:"needs"`
}

type findingResult struct {
	Rule     string `json:"rule"`
	Role     string `json:"role,omitempty"`
	Severity string `json:"severity"`
	Text     string `json:"text"`
	Why      string `json:"why,omitempty"`
	Next     string `json:"next,omitempty"`
	Reason   string `json:"reason,omitempty"`
	New      bool   `json:"new,omitempty"` // nobody has accepted it yet
}

func findingsOf(list []roles.Finding) []findingResult {
	out := []findingResult{}
	for _, f := range list {
		out = append(out, findingResult{f.Rule, f.Role, string(f.Severity), f.Text, f.Why, f.Next, f.Reason, f.New})
	}
	return out
}

func writeFindings(w *words.Lines, list []findingResult) {
	for _, f := range list {
		w.Printf("%s: %s\n", f.label(), f.Text)
		f.writeReason(w, "    ")
		if f.Next != "" && f.Severity != "note" {
			w.Printf("    next: %s\n", f.Next)
		}
	}
}

// label is the severity in a word that stands before the text.
func (f findingResult) label() string {
	if f.Severity == string(roles.Excused) {
		return "allowed"
	}
	return f.Severity
}

// reason says why a rule does not refuse it, and whether its signers are the
// first to say so; empty where no exception is at work.
func (f findingResult) reason() string {
	switch {
	case f.New:
		return "a new exception in rust-tuf.toml allows it, and whoever signs agrees: " + f.Reason
	case f.Reason != "":
		return "an exception in rust-tuf.toml allows it: " + f.Reason
	}
	return ""
}

func (f findingResult) writeReason(w *words.Lines, indent string) {
	if reason := f.reason(); reason != "" {
		w.Printf("%s%s\n", indent, reason)
	}
}

func (r *proposeResult) text(w *words.Lines) {
	writeTestRoots(w, r.TestRoots)
	writeFindings(w, r.Findings)
	w.Printf("Event %s\n", r.Event)
	for _, p := range r.Payloads {
		w.Printf("%s\n", p.Summary)
		for _, n := range p.Needs {
			w.Printf("  needs %s\n", n)
		}
		w.Printf("  digest, to be announced to the signers outside the forge:\n")
		w.Digest(p.SHA256)
	}
	writeRivals(w, r.Rivals)
	if len(r.Replaces) > 0 {
		w.Printf("It supersedes event %s", words.Join(r.Replaces))
		if len(r.Discards) > 0 {
			w.Printf(" and discards the signatures of %s; tell them", words.Join(r.Discards))
		}
		w.Printf(".\n")
	}
	if r.Rehearsal != nil {
		w.Printf("Rehearsed with throw-away keys, signed by the fewest who can complete it: %s, and every one gets through.\n", words.Counted(len(r.Rehearsal.Clients), "client"))
	}
	if r.DryRun {
		w.Printf("Nothing was pushed (dry run).\n")
		return
	}
	what := "Pushed to branch"
	if r.Again {
		what = "Proposed earlier, found on branch"
	}
	w.Printf("%s %s.\n", what, r.Branch)
	r.next(w, "Next: open a pull request, and have another person review and merge it:",
		"A pull request is open. Next: have another person review and merge it:")
}

func (c *command) runPropose(ctx context.Context, o proposeOptions) error {
	if strings.TrimSpace(o.why) == "" {
		return usage(errors.New("say with --why, in one sentence, what this event is for; every signer reads it"))
	}
	w, err := c.open(ctx)
	if err != nil {
		return err
	}
	trusted, basis, err := w.judge()
	if err != nil {
		return err
	}
	parent, declared, err := w.declared(ctx)
	if err != nil {
		return err
	}
	d, err := declared.Declaration()
	if err != nil {
		return err
	}
	p, err := trusted.In(declared).Propose(d, metadata.Proposition{Why: o.why, Opened: w.now, Name: o.name, Supersede: o.supersede, Renew: o.renew})
	if err != nil {
		return rejected(err)
	}
	if err := w.gatePasses(ctx, declared, p); err != nil {
		return err
	}
	var played *rehearseResult
	if o.rehearse {
		if played, err = c.rehearseProposal(ctx, w, trusted, p.Change.Apply(declared.Tree()), p.Event.Name, basis); err != nil {
			return err
		}
	}
	out, err := w.pushProposal(ctx, trusted, parent, p, o.dryRun)
	if err != nil {
		return err
	}
	out.Rehearsal = played
	return c.show(out)
}

// proposalBranch begins the names of branches that propose an event.
const proposalBranch = "event/"

// pushProposal pushes a proposal on top of parent, or finds the branch that an
// earlier run has pushed, and asks for a pull request.
func (w *workspace) pushProposal(ctx context.Context, trusted *metadata.Trusted, parent git.Commit, p *metadata.Proposal, dryRun bool) (*proposeResult, error) {
	out, message, err := w.sendProposal(ctx, trusted, parent, p, dryRun)
	if err == nil && !dryRun {
		out.pullRequest = w.openPull(ctx, out.Branch, message)
	}
	return out, err
}

// sendProposal is pushProposal without the pull request; message is that of the
// commit.
func (w *workspace) sendProposal(ctx context.Context, trusted *metadata.Trusted, parent git.Commit, p *metadata.Proposal, dryRun bool) (out *proposeResult, message string, err error) {
	if dryRun {
		return proposed(trusted, p, true), "", nil
	}
	earlier, err := w.proposedBefore(ctx, parent, p)
	if err != nil {
		return nil, "", err
	}
	if earlier != nil {
		out = proposed(trusted, earlier.Proposal, false)
		out.Branch, out.Commit, out.Again = earlier.branch, string(earlier.head), true
		return out, proposalMessage(earlier.Event), nil
	}
	branch := proposalBranch + p.Event.Name
	message = proposalMessage(p.Event)
	commit, err := w.pushBranch(ctx, parent, p.Change, message, branch, time.Time{})
	if err != nil {
		return nil, "", err
	}
	out = proposed(trusted, p, false)
	out.Branch, out.Commit = branch, string(commit)
	return out, message, nil
}

// proposalMessage is the message of the commit that opens an event, and the text
// of its pull request.
func proposalMessage(e *metadata.Event) string {
	return fmt.Sprintf("propose: %s\n\n%s\n", e.Name, e.Why) + recordTestRoots(e.TestRoots)
}

func proposed(t *metadata.Trusted, p *metadata.Proposal, dryRun bool) *proposeResult {
	out := &proposeResult{Event: p.Event.Name, Findings: findingsOf(p.Findings), DryRun: dryRun, TestRoots: p.Event.TestRoots}
	for _, ps := range p.Standing.Payloads {
		entry := proposedEntry{Role: ps.Role, Version: ps.Version, SHA256: ps.Digest.String(), Summary: roles.Diff(t.Document(ps.Role), ps.Document).Summary()}
		for _, rule := range ps.Rules {
			entry.Needs = append(entry.Needs, fmt.Sprintf("%d of the %d signers named in %s: %s", rule.Tally.Threshold, len(rule.Quorum.Keys()), rule.By, words.Join(words.Owners(rule.Quorum.Keys()))))
		}
		out.Payloads = append(out.Payloads, entry)
	}
	for _, old := range p.Replaces {
		out.Replaces = append(out.Replaces, old.Name)
	}
	out.Discards = p.Discards
	out.Rivals = rivalsOf(p.Standing.Rivals)
	return out
}

// gatePasses asks the gate about the pull request before there is one: a
// proposer hears at once what would be refused.
func (w *workspace) gatePasses(ctx context.Context, declared *metadata.Repository, p *metadata.Proposal) error {
	before, err := w.git.Tree(ctx, w.head)
	if err != nil {
		return err
	}
	verdict, err := metadata.Check(before, p.Change.Apply(declared.Tree()), w.judgedNow()...)
	if err != nil {
		return rejected(err)
	}
	if !verdict.Accepted() {
		return rejected(fmt.Errorf("`rust-tuf check` would refuse the pull request with your commits and this event, so nothing was pushed: %w", errors.Join(verdict.Refusals...)))
	}
	return nil
}

func rivalsOf(rivals []metadata.Rival) []string {
	var out []string
	for _, r := range rivals {
		out = append(out, r.String())
	}
	return out
}

// writeRivals says what the order of completion means for other events.
func writeRivals(w *words.Lines, rivals []string) {
	for _, r := range rivals {
		w.Printf("Mind the order: %s.\n", r)
	}
}

// declared reads what people committed in this clone: its HEAD, which must be
// on top of the remote's default branch, with no edit left uncommitted.
func (w *workspace) declared(ctx context.Context) (git.Commit, *metadata.Repository, error) {
	dirty, err := w.git.Dirty(ctx, metadata.PolicyFile, metadata.MembersDir, metadata.HandoverDir)
	if err != nil {
		return "", nil, err
	}
	if len(dirty) > 0 {
		return "", nil, fmt.Errorf("%s has changes that are not committed; commit them first: what is proposed is what is committed", words.Join(dirty))
	}
	head, err := w.git.Resolve(ctx, "HEAD")
	if err != nil {
		return "", nil, err
	}
	on, err := w.git.IsAncestor(ctx, w.head, head)
	if err != nil {
		return "", nil, err
	}
	if !on {
		return "", nil, fmt.Errorf("this clone is not on top of the newest %s of %s; run `git pull --rebase %s %s` first", w.branch, w.remote, w.remote, w.branch)
	}
	repo, err := w.read(ctx, head)
	return head, repo, err
}
