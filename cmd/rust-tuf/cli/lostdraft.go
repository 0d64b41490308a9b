package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/roles"
)

// edits are the report in the member's file, and the policy without the key.
func (l *loss) edits() (metadata.Change, error) {
	path := metadata.MemberPath(l.member.Name)
	tree := l.w.repo.Tree()
	text, err := tree.Read(path)
	if err != nil {
		return metadata.Change{}, err
	}
	if text, err = withStatus(path, text, l.key.Label, roles.StatusLost); err != nil {
		return metadata.Change{}, err
	}
	ch := metadata.Change{Put: map[string][]byte{path: l.noted(path, text)}}
	raw, err := tree.Read(metadata.PolicyFile)
	if err != nil {
		return ch, err
	}
	policy, err := roles.ParsePolicy(metadata.PolicyFile, raw)
	if err != nil {
		return ch, nil // the template of a new repository, which names nobody
	}
	edited, err := l.policyWithout(raw, policy)
	if err != nil { // the report goes alone: it is not to wait for a decision
		l.out.NoEvent = err.Error()
		return ch, nil
	}
	if string(edited) != string(raw) {
		ch.Put[metadata.PolicyFile] = edited
	}
	return ch, nil
}

// noted puts the report beside the status, as a comment: it is for people, and
// decides nothing.
func (l *loss) noted(path string, text []byte) []byte {
	note := lossNote(l.out.When, l.o.why)
	heads := keyHeader.FindAllIndex(text, -1)
	i := slices.IndexFunc(l.member.Keys, func(k roles.MemberKey) bool { return k.Label == l.key.Label })
	if i < 0 || i >= len(heads) {
		return text
	}
	at := heads[i][0]
	noted := string(text[:at]) + note + string(text[at:])
	if m, err := roles.ParseMember(path, []byte(noted)); err != nil || len(m.Keys) != len(l.member.Keys) {
		return text
	}
	return []byte(noted)
}

// policyWithout is the policy in which no role names the key: where the member
// has one other active key, that one is named instead.
func (l *loss) policyWithout(raw []byte, policy *roles.Policy) ([]byte, error) {
	var others []string
	for _, k := range l.member.Keys {
		if k.Status == roles.StatusActive && k.Label != l.key.Label {
			others = append(others, k.Label)
		}
	}
	whole, exact := l.member.Name, l.member.Name+"/"+l.key.Label
	text := string(raw)
	for _, role := range policy.RoleNames() {
		named := policy.Roles[role].Members
		from, to := "", ""
		switch {
		case slices.Contains(named, exact):
			from = exact
		case slices.Contains(named, whole) && len(others) != 1:
			from = whole
		case slices.Contains(named, whole): // its meaning changes by itself
			l.out.Replacement = others[0]
			continue
		default:
			continue
		}
		if len(others) == 1 && !slices.Contains(named, whole+"/"+others[0]) {
			to = whole + "/" + others[0]
			l.out.Replacement = others[0]
		}
		edited, ok := replaceMember(text, role, from, to)
		after, err := roles.ParsePolicy(metadata.PolicyFile, []byte(edited))
		if !ok || err == nil && !slices.Equal(after.Roles[role].Members, renamed(named, from, to)) {
			return nil, &PolicyByHandError{Role: role, Named: from}
		}
		if err != nil {
			return nil, &TooFewError{Role: role, Named: from, Err: err}
		}
		text = edited
	}
	return []byte(text), nil
}

// renamed is a list in which one name is another one, or gone.
func renamed(list []string, from, to string) []string {
	var out []string
	for _, name := range list {
		switch {
		case name != from:
			out = append(out, name)
		case to != "":
			out = append(out, to)
		}
	}
	return out
}

// replaceMember edits one role's list of members and nothing else. ok is false
// where the file is not written in the usual way.
func replaceMember(text, role, from, to string) (edited string, ok bool) {
	head := regexp.MustCompile(`(?m)^\[roles\.` + regexp.QuoteMeta(role) + `\][ \t]*(#.*)?\r?$`).FindStringIndex(text)
	if head == nil {
		return text, false
	}
	end := len(text)
	if next := regexp.MustCompile(`(?m)^\[`).FindStringIndex(text[head[1]:]); next != nil {
		end = head[1] + next[0]
	}
	block := text[head[1]:end]
	list := regexp.MustCompile(`(?m)^members[ \t]*=[ \t]*\[[^\]]*\]`).FindStringIndex(block)
	if list == nil {
		return text, false
	}
	names := block[list[0]:list[1]]
	name := `["']` + regexp.QuoteMeta(from) + `["']`
	forms, put := []string{name}, `"`+to+`"`
	if to == "" { // with the comma and the space after it, or else before it
		forms, put = []string{name + `[ \t]*,[ \t]*`, `[ \t]*,?[ \t]*` + name}, ""
	}
	var at []int
	for _, form := range forms {
		if at == nil {
			at = regexp.MustCompile(form).FindStringIndex(names)
		}
	}
	if at == nil {
		return text, false
	}
	names = names[:at[0]] + put + names[at[1]:]
	return text[:head[1]] + block[:list[0]] + names + block[list[1]:] + text[end:], true
}

// PolicyByHandError is a policy that is not written in a way that can be edited
// here.
type PolicyByHandError struct{ Role, Named string }

func (e *PolicyByHandError) Error() string {
	return fmt.Sprintf("%s is written in a way that cannot be edited here: take %q out of the members of %s yourself, on the same branch, and run `rust-tuf propose`", metadata.PolicyFile, e.Named, e.Role)
}

// TooFewError is a role that cannot go on without the lost key as it is declared.
type TooFewError struct {
	Role, Named string
	Err         error
}

func (e *TooFewError) Error() string {
	return fmt.Sprintf("without %s the policy does not hold (%v): decide with the others who takes the place in %s, name them in %s on the same branch, and run `rust-tuf propose`",
		e.Named, e.Err, e.Role, metadata.PolicyFile)
}

// Unwrap returns why the policy does not hold.
func (e *TooFewError) Unwrap() error { return e.Err }

// draft makes the event, if one follows from the edits and the rules allow it.
// Where none does, the report goes alone, and why is said.
func (l *loss) draft(ctx context.Context, declared *metadata.Repository) (*metadata.Proposal, error) {
	if l.out.NoEvent != "" {
		return nil, nil
	}
	d, err := declared.Declaration()
	if err != nil {
		l.out.NoEvent = err.Error()
		return nil, nil
	}
	p, err := l.trusted.In(declared).Propose(d, metadata.Proposition{Opened: l.w.now, Supersede: l.o.supersede,
		Why: fmt.Sprintf("the key %s of %s is reported lost since %s: %s", l.key.Label, l.member.Name, l.out.When, l.o.why)})
	var conflict *metadata.ConflictError
	var refused *metadata.RefusedError
	switch {
	case errors.Is(err, metadata.ErrNothingToPropose):
		l.out.NoEvent = "no version that people sign changes without this key."
		return nil, nil
	case errors.As(err, &conflict), errors.As(err, &refused):
		l.out.NoEvent = err.Error()
		return nil, nil
	case err != nil:
		return nil, rejected(err)
	}
	if err := l.w.gatePasses(ctx, declared, p); err != nil {
		return nil, err
	}
	l.out.Event = p.Event.Name
	l.digests(proposed(l.trusted, p, true))
	return p, nil
}

// push sends the report, with the event on top of it if there is one, to one
// branch.
func (l *loss) push(ctx context.Context, edits metadata.Change, p *metadata.Proposal) error {
	if l.o.dryRun {
		return nil
	}
	message := fmt.Sprintf("member: %s lost the key %s\n\nReported lost since %s (claimed): %s\nThe report proves nothing.\n", l.member.Name, l.key.Label, l.out.When, strings.TrimSpace(l.o.why))
	if p == nil {
		l.out.Branch = l.reportBranch()
		before, err := l.w.git.Fetch(ctx, l.w.push, l.out.Branch)
		if err != nil && !is[*git.BranchError](err) {
			return err
		}
		at, err := l.w.pushBranch(ctx, l.w.head, edits, message, l.out.Branch, time.Time{})
		if err != nil {
			return err
		}
		l.out.Again = at == before
		l.out.pullRequest = l.w.openPull(ctx, l.out.Branch, message)
		return nil
	}
	// A rerun makes the same commit, so that it finds what an earlier run pushed.
	report, err := l.w.git.Commit(ctx, l.w.head, edits, message, l.when)
	if err != nil {
		return err
	}
	pushed, err := l.w.pushProposal(ctx, l.trusted, report, p, false)
	if err != nil {
		return err
	}
	l.out.Branch, l.out.Again, l.out.pullRequest = pushed.Branch, pushed.Again, pushed.pullRequest
	l.out.Event = pushed.Event // of an earlier run, if that is what was found
	l.digests(pushed)
	return nil
}

func (l *loss) digests(p *proposeResult) {
	l.out.Documents = []bundledDocument{}
	for _, e := range p.Payloads {
		l.out.Documents = append(l.out.Documents, bundledDocument{e.Role, e.Version, e.SHA256})
	}
}
