package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/spf13/cobra"
)

type lostOptions struct {
	card      int64
	label     string
	why       string
	when      string
	supersede []string
	dryRun    bool
}

func (c *command) lostCommand() *cobra.Command {
	var o lostOptions
	cmd := &cobra.Command{
		Use:   "lost NAME --why \"one sentence\"",
		Short: "report a lost or stolen card, and draft the event that goes on without it",
		Long: `lost records that a key is lost or stolen, in members/NAME/member.toml, shows what
each role that lists the key can still do without it, and drafts the event that
takes it out: where the member has another active key, that one takes its place.
Everything goes to one branch for a pull request, and the people who are needed
are named, under the old rule and the new one.

Anybody may run it, with any clone and no key: the member may be ill, or asleep. It
proves nothing, and nothing changes by it: until the event is published, the lost
key counts as before.

Whoever holds a new card already runs "rust-tuf member enrol NAME --lost LABEL".`,
		Args: frame.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runLost(cmd.Context(), args[0], o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.why, "why", "", "what happened, in one `sentence`; every signer reads it (needed)")
	f.Int64Var(&o.card, "card", 0, "`serial` number of the YubiKey, for members with several keys")
	f.StringVar(&o.label, "label", "", "`name` of the key, in place of --card")
	f.StringVar(&o.when, "when", "", "`date` since when it is missing (default: today); nobody can check it")
	f.StringSliceVar(&o.supersede, "supersede", nil, "open `event` that the new one replaces; may be given twice")
	f.BoolVar(&o.dryRun, "dry-run", false, "show everything, push nothing")
	return cmd
}

// loss is one run of `member lost`.
type loss struct {
	*command
	o       lostOptions
	w       *workspace
	trusted *metadata.Trusted
	member  *roles.Member
	key     roles.MemberKey
	when    time.Time
	out     *lostResult
}

func (c *command) runLost(ctx context.Context, name string, o lostOptions) error {
	l, err := c.newLoss(ctx, name, o)
	if err != nil {
		return err
	}
	edits, err := l.edits()
	if err != nil {
		return rejected(err)
	}
	declared, err := metadata.Read(edits.Apply(l.w.repo.Tree()), l.w.env.judgement()...)
	if err != nil {
		return err
	}
	if err := l.reach(declared); err != nil {
		return err
	}
	p, err := l.draft(ctx, declared)
	if err != nil {
		return err
	}
	if p != nil {
		l.needs(p)
	}
	if err := l.push(ctx, edits, p); err != nil {
		return err
	}
	return c.show(l.out)
}

// newLoss finds the key that is meant.
func (c *command) newLoss(ctx context.Context, name string, o lostOptions) (*loss, error) {
	o.why = strings.TrimSpace(o.why)
	if o.why == "" || len(o.why) > maxLossBytes || strings.ContainsFunc(o.why, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, usage(fmt.Errorf("say with --why what happened, in one line of at most %d plain characters; every signer reads it", maxLossBytes))
	}
	if o.card != 0 && o.label != "" {
		return nil, usage(errors.New("--card and --label both name a key; give one of them"))
	}
	w, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	l := &loss{command: c, o: o, w: w, when: w.now.Truncate(24 * time.Hour)}
	if o.when != "" {
		if l.when, err = time.Parse(time.DateOnly, o.when); err != nil || l.when.After(w.now) {
			return nil, usage(fmt.Errorf("--when %q is no date like %s that has come already", o.when, w.now.Format(time.DateOnly)))
		}
	}
	if l.trusted, err = w.believed(); err != nil {
		return nil, err
	}
	members, err := w.repo.Members()
	if err != nil {
		return nil, err
	}
	if l.member = members[name]; l.member == nil {
		return nil, rejected(&UnknownMemberError{name, slices.Sorted(maps.Keys(members))})
	}
	if l.key, err = lostKey(l.member, o); err != nil {
		return nil, err
	}
	if o.when == "" {
		if err := l.reportedBefore(ctx); err != nil {
			return nil, err
		}
	}
	l.out = &lostResult{Member: name, Label: l.key.Label, Kind: string(l.key.Kind), Serial: l.key.Serial, Fingerprint: l.key.Public.Fingerprint().String(),
		When: l.when.Format(time.DateOnly), Why: o.why, Roles: []lostRole{}, StillCounts: []string{}, Call: []string{}, Needs: []lostNeed{}, DryRun: o.dryRun}
	for _, e := range w.repo.Open {
		if e.Lists(l.key.Public.Fingerprint()) != "" {
			l.out.StillCounts = append(l.out.StillCounts, e.Name)
		}
	}
	return l, nil
}

// maxLossBytes bounds the sentence: it becomes a line of a file and of an event.
const maxLossBytes = 300

// lostKey is the key that the options name, or the only active one.
func lostKey(m *roles.Member, o lostOptions) (roles.MemberKey, error) {
	var found, active []roles.MemberKey
	var names []string
	for _, k := range m.Keys {
		names = append(names, describeKey(k))
		if k.Status == roles.StatusActive {
			active = append(active, k)
		}
		if o.label != "" && k.Label == o.label || o.card != 0 && k.Serial == o.card {
			found = append(found, k)
		}
	}
	named := o.label != "" || o.card != 0
	if !named {
		found = active
	}
	switch {
	case len(found) == 1 && found[0].Status == roles.StatusLost:
		return found[0], rejected(&LostAlreadyError{m.Name, found[0].Label})
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && !named && len(m.Keys) == 1 && m.Keys[0].Status == roles.StatusLost:
		return m.Keys[0], rejected(&LostAlreadyError{m.Name, m.Keys[0].Label})
	case len(found) == 0 && !named:
		return roles.MemberKey{}, rejected(fmt.Errorf("%s has no active key; declared are: %s", m.Name, words.Join(names)))
	case len(found) == 0:
		return roles.MemberKey{}, usage(fmt.Errorf("%s has no such key; declared are: %s", m.Name, words.Join(names)))
	}
	return roles.MemberKey{}, usage(fmt.Errorf("%s has several keys; name one with --card or --label: %s", m.Name, words.Join(names)))
}

func describeKey(k roles.MemberKey) string {
	if k.Kind == roles.KindPIV {
		return fmt.Sprintf("%s (YubiKey %d, %s)", k.Label, k.Serial, k.Status)
	}
	return fmt.Sprintf("%s (a key in a file, %s)", k.Label, k.Status)
}

// UnknownMemberError is a name that no member's file has.
type UnknownMemberError struct {
	Name  string
	Known []string
}

func (e *UnknownMemberError) Error() string {
	return fmt.Sprintf("there is no member %q; declared are: %s", e.Name, words.Join(e.Known))
}

// LostAlreadyError is a key that is reported already.
type LostAlreadyError struct{ Member, Label string }

func (e *LostAlreadyError) Error() string {
	return fmt.Sprintf("%s declares the key %s of %s as lost already", metadata.MemberPath(e.Member), e.Label, e.Member)
}

// Hint names the one next step.
func (e *LostAlreadyError) Hint() string {
	return "what is left is the event without it: `rust-tuf status` shows whether one is open, and `rust-tuf propose` makes one"
}

// reach says what each role that lists the key can still do.
func (l *loss) reach(declared *metadata.Repository) error {
	members, err := declared.Members()
	if err != nil {
		return err
	}
	policy := &roles.Policy{}
	if d, err := l.w.repo.Declaration(); err == nil {
		policy = d.Policy
	}
	after := &roles.Declaration{Policy: policy, Members: members}
	call := map[string]bool{}
	for _, q := range l.trusted.Quorums() {
		if !slices.ContainsFunc(q.Keys(), func(h verify.Holder) bool { return h.Key.Equal(l.key.Public.PublicKey) }) {
			continue
		}
		r := after.Reach(q)
		able := words.Owners(r.Able)
		l.out.Roles = append(l.out.Roles, lostRole{Role: r.Role, Threshold: r.Threshold, Listed: len(q.Keys()), Able: able, LossesLeft: r.LossesLeft()})
		for _, name := range able {
			call[name] = true
		}
	}
	delete(call, l.member.Name)
	l.out.Call = slices.Sorted(maps.Keys(call))
	return nil
}

// needs names who has to sign the event, under each rule, without the lost key.
func (l *loss) needs(p *metadata.Proposal) {
	for _, ps := range p.Standing.Payloads {
		for _, rule := range ps.Rules {
			can := slices.DeleteFunc(rule.Quorum.Keys(), func(h verify.Holder) bool { return h.Key.Equal(l.key.Public.PublicKey) })
			l.out.Needs = append(l.out.Needs, lostNeed{Role: ps.Role, Version: ps.Version, By: rule.By, Threshold: rule.Tally.Threshold, Of: words.Owners(can)})
		}
	}
}
