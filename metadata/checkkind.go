package metadata

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// touched is what a pull request changes, sorted by what it is for.
type touched struct {
	signatures []string // added to events that were there before
	others     []string // every other path; the lists below are parts of it
	free       []string // no rule protects it
	policy     []string // the declared policy and the members
	opens      []string // added below events/, by an event that is new
	publishes  []string // added below metadata/
	logs       []string // added below log/
	ends       []string // deleted below events/
	frozen     []treeChange
}

// classify decides which kind of pull request it is, and refuses at once what
// none may do.
func (c *checker) classify() {
	v := c.verdict
	if len(c.changes) == 0 {
		v.Kind = KindNothing
		return
	}
	if c.back = c.takesBack(); c.back != nil {
		v.Kind = KindRepair
		return
	}
	t := c.sort()
	v.Free = t.free
	for _, ch := range t.frozen {
		v.refuse(&FrozenError{Path: ch.Path, Kind: string(ch.Kind), Reason: frozenReason(ch)})
	}
	switch {
	case len(t.signatures) > 0 && len(t.signatures)+len(t.others) > 1:
		v.Kind = KindMixed
		v.refuse(&MixedError{Signature: t.signatures[0], Others: append(t.signatures[1:], t.others...)})
	case len(t.signatures) == 1:
		v.Kind = KindSignature
	case len(t.opens) > 0 && len(t.publishes) > 0:
		c.mixed("opens the event %s and publishes another one; open one pull request for each", v.Event)
	case len(t.opens) > 0 && len(t.free) > 0:
		c.mixed("opens the event %s and changes %s, which the event does not need; open one pull request for each", v.Event, strings.Join(firstFew(t.free), ", "))
	case len(t.opens) > 0:
		v.Kind = KindProposal
	case len(t.publishes) > 0 && len(t.policy)+len(t.free) > 0:
		c.mixed("publishes and changes %s; a completion comes alone: `rust-tuf complete` makes it", strings.Join(firstFew(append(t.policy, t.free...)), ", "))
	case len(t.publishes)+len(t.logs)+len(t.ends) > 0:
		v.Kind = KindCompletion
	case slices.ContainsFunc(t.frozen, isOfEvent):
		v.Kind = KindFrozen
	case len(t.policy) > 0 && !slices.ContainsFunc(t.policy, func(p string) bool { return !ofMember(p) }):
		v.Kind = KindMember
	case len(t.policy) > 0:
		v.Kind = KindPolicy
	case len(t.free) > 0:
		v.Kind = KindOther
	default:
		v.Kind = KindFrozen
	}
}

// ofMember tells whether a path belongs to one member.
func ofMember(p string) bool {
	return strings.HasPrefix(p, MembersDir+"/") && strings.Count(p, "/") > 1
}

func (c *checker) mixed(format string, args ...any) {
	v := c.verdict
	v.Kind = KindMixed
	e := &ScopeError{Kind: v.Kind, Reason: fmt.Sprintf(format, args...)}
	if v.Event != "" {
		e.Events = []string{v.Event}
	}
	v.refuse(e)
}

// sort looks at each path by itself, and notes the event that signatures or a
// proposal are for. Whether what is deleted below events/ may go, and what is
// added may come, is judged with the kind.
func (c *checker) sort() touched {
	opening := map[string]bool{}
	for _, ch := range c.changes {
		if event, _, ok := eventOf(ch.Path); ok && ch.Kind == added && ch.Path == EventPath(event, eventFile) {
			opening[event] = true
		}
	}
	var t touched
	for _, ch := range c.changes {
		p := ch.Path
		top, _, inFolder := strings.Cut(p, "/")
		event, _, isEvent := eventOf(p)
		if _, _, _, ok := parseSignaturePath(p); ok && ch.Kind == added && !opening[event] {
			t.signatures = append(t.signatures, p)
			c.verdict.Event = event
			continue
		}
		t.others = append(t.others, p)
		switch {
		case path.Base(p) == AttributesFile && c.changesBytes(ch):
			t.frozen = append(t.frozen, ch)
		case !Governed(p):
			t.free = append(t.free, p)
		case p == PolicyFile || inFolder && top == MembersDir, inFolder && top == HandoverDir && ch.Kind == added:
			t.policy = append(t.policy, p)
		case !inFolder:
			t.frozen = append(t.frozen, ch)
		case isEvent && top == EventsDir && ch.Kind == added && !c.openInBase(event):
			t.opens = append(t.opens, p)
			c.verdict.Event = event
		case top == PublishedDir && ch.Kind == added:
			t.publishes = append(t.publishes, p)
		case top == LogDir && ch.Kind == added, p == NewestFile && ch.Kind == modified:
			t.logs = append(t.logs, p)
		case top == EventsDir && ch.Kind == deleted:
			t.ends = append(t.ends, p)
		default:
			t.frozen = append(t.frozen, ch)
		}
	}
	return t
}

// changesBytes tells whether a file of attributes makes git change what is signed or
// published in checkouts. The one at the top is as [Attributes] says, or it does;
// in a folder that rules are about there is none.
func (c *checker) changesBytes(ch treeChange) bool {
	if ch.Path != AttributesFile {
		return Governed(ch.Path) && ch.Kind != deleted
	}
	raw, err := c.after.Read(ch.Path)
	return err != nil || string(raw) != Attributes || !slices.ContainsFunc(c.after.Entries(), func(e Entry) bool {
		return e.Path == ch.Path && e.Mode == "100644"
	})
}

// eventOf tells which event a path belongs to.
func eventOf(p string) (event string, closed, ok bool) {
	parts := strings.SplitN(p, "/", 3)
	if len(parts) < 3 || (parts[0] != EventsDir && parts[0] != LogDir) {
		return "", false, false
	}
	return parts[1], parts[0] == LogDir, true
}

func isOfEvent(ch treeChange) bool {
	_, _, ok := eventOf(ch.Path)
	return ok
}

func frozenReason(ch treeChange) string {
	p := ch.Path
	top, rest, _ := strings.Cut(p, "/")
	switch {
	case p == AttributesFile:
		return "it keeps git from changing signed bytes in a checkout, and stays as `rust-tuf init` writes it"
	case path.Base(p) == AttributesFile:
		return "git would change signed bytes in a checkout by it; the one at the top, which `rust-tuf init` writes, is enough"
	case rest == "":
		return "a file of that name stands where a folder belongs"
	case top == PublishedDir && ch.Kind == added:
		return "a new version is published by completing its event: `rust-tuf complete` does it"
	case top == LogDir && p != NewestFile && ch.Kind == added:
		return "files come into the log only when their event ends, and as they were"
	case top == PublishedDir:
		return "a published version never changes; a new version comes from a new event"
	case p == NewestFile:
		return "it changes when an event is completed: `rust-tuf complete` does it"
	case top == HandoverDir:
		return "a root that was handed over never changes; a newer one is added beside it"
	case top == LogDir:
		return "a closed event never changes"
	case strings.Contains(p, "/"+signaturesDir+"/") && ch.Kind == added:
		return "it is not the name of a signature file; `rust-tuf sign` makes the right one"
	case strings.Contains(p, "/"+signaturesDir+"/"):
		return "a signature never changes; a new one comes from `rust-tuf sign`"
	case !isOfEvent(ch):
		return "only the folders of events belong there; `rust-tuf propose` makes them"
	case ch.Kind == added:
		return "an open event is frozen: nothing is added to it but signatures, which `rust-tuf sign` makes"
	default:
		return "an open event is frozen: nobody may change what its members sign; take the edit back, or propose again with --supersede"
	}
}
