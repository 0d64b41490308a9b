package roles

import (
	"slices"
	"strconv"
	"strings"
)

// headline puts the difference into one line.
func (x *comparison) headline(d Difference) string {
	if len(d.Changes) == 0 {
		return d.versions() + ": nothing changes"
	}
	parts := append(x.moveParts(), x.thresholdParts()...)
	parts = append(parts, namedParts(d.Changes)...)
	if !x.first && slices.ContainsFunc(d.Changes, func(c Change) bool { return c.Kind == DelegationOrder }) {
		parts = append(parts, "other order of delegated roles")
	}
	parts = append(parts, countedParts(d.Changes)...)
	if expires, ok := instant(x.after.root.member("expires")); ok {
		parts = append(parts, "expires "+expires.Format("2006-01-02"))
	}
	return d.versions() + ": " + strings.Join(parts, "; ")
}

// versions names what is compared: "root 1 → 2".
func (d Difference) versions() string {
	switch {
	case d.From == 0 && d.To == 0:
		return d.Role
	case d.From == 0 && d.To == 1:
		return d.Role + " 1, the first version"
	case d.From == 0:
		return d.Role + " " + strconv.FormatInt(d.To, 10) + ", with no older version to compare"
	}
	return d.Role + " " + strconv.FormatInt(d.From, 10) + " → " + strconv.FormatInt(d.To, 10)
}

// moveParts tells in few words who comes and goes: "bob and carol leave".
func (x *comparison) moveParts() []string {
	if x.first {
		return nil
	}
	var order []string
	subjects := make(map[string][]string)
	for _, kind := range []ChangeKind{KeyRemoved, KeyAdded, KeyReplaced, KeyIDChanged} {
		for _, m := range x.moves {
			if m.kind != kind {
				continue
			}
			in := ""
			if len(m.roles) > 1 || m.roles[0] != Root {
				in = joined(named(m.roles))
			}
			name := m.words + "\x00" + in + "\x00" + string(kind)
			if subjects[name] == nil {
				order = append(order, name)
			}
			subjects[name] = append(subjects[name], m.holder())
		}
	}
	var parts []string
	for _, name := range order {
		key := strings.Split(name, "\x00")
		parts = append(parts, movePart(ChangeKind(key[2]), key[0], key[1], subjects[name]))
	}
	for _, s := range x.said {
		if s.Kind == OwnerRenamed {
			parts = append(parts, "a key is now named "+s.Subject+"'s")
		}
	}
	if len(parts) > 1 {
		return []string{strings.Join(parts, ", ")}
	}
	return parts
}

// movePart words the same move of several holders. Without roles, root is meant.
func movePart(kind ChangeKind, words, in string, who []string) string {
	several := len(who) > 1
	switch {
	case kind == KeyReplaced || kind == KeyIDChanged:
		return movedInPlace(kind, in, who)
	case several && words == moveLeaves:
		words = "leave"
	case several && words == moveJoins:
		words = "join"
	case several && words == moveFurther:
		words = "get a further key in"
	case several && words == moveFewer:
		words = "lose one of several keys in"
	}
	if in == "" && strings.HasSuffix(words, " in") {
		in = Root
	}
	return strings.TrimSpace(few(who, "holder") + " " + words + " " + in)
}

// movedInPlace is movePart for keys whose holders stay.
func movedInPlace(kind ChangeKind, in string, who []string) string {
	line := few(who, "holder")
	switch {
	case strings.HasPrefix(who[0], nobodysKey): // no name looks like this: one with a blank is quoted
	case len(who) > 1:
		line = "keys of " + line
	default:
		line = "key of " + line
	}
	if in != "" {
		line += " in " + in
	}
	if kind == KeyIDChanged {
		return line + " under another id"
	}
	return line + " replaced"
}

// few lists things, or counts them when they are too many for a headline.
func few(list []string, noun string) string {
	if len(list) > 9 {
		return counted(len(list), noun)
	}
	return joined(list)
}

// thresholdParts tells the threshold of root, and of every role whose threshold
// is new or changes: "threshold stays 5 of 9", "release 3 of 5".
func (x *comparison) thresholdParts() []string {
	var parts, order []string
	fresh := make(map[string][]string) // roles by threshold
	for _, role := range x.roleNames() {
		p := x.pairs[role]
		if p == nil || p.new == nil {
			continue
		}
		label := ""
		if role != Root {
			label = shownName(role) + " "
		}
		is := p.new.outOf()
		switch {
		case p.old == nil:
			if fresh[is] == nil {
				order = append(order, is)
			}
			fresh[is] = append(fresh[is], shownName(role))
		case rawOf(p.old.threshold) != rawOf(p.new.threshold):
			parts = append(parts, label+"threshold changes from "+p.old.outOf()+" to "+is)
		case role == Root:
			parts = append(parts, "threshold stays "+is)
		}
	}
	for _, is := range order {
		parts = append(parts, few(fresh[is], "role")+" "+is)
	}
	return parts
}

// outOf says how many of how many: "5 of 9".
func (r *roster) outOf() string {
	return r.thresholdWords("", "") + " of " + strconv.Itoa(len(r.order))
}

// namedParts tells what is about something with a name.
func namedParts(changes []Change) []string {
	var parts []string
	for _, k := range []struct {
		kind ChangeKind
		word string
		noun string
	}{
		{DelegationAdded, "newly trusted: ", "role"},
		{DelegationGone, "no longer trusted: ", "role"},
		{PathsChanged, "other ", "path list"},
		{Terminating, "terminating flag changes: ", "role"},
		{ExceptionAdded, "new ", "exception"},
		{ExceptionRemoved, "gone ", "exception"},
	} {
		var subjects []string
		for _, c := range changes {
			if c.Kind == k.kind {
				subjects = append(subjects, c.Subject)
			}
		}
		if len(subjects) > 0 {
			parts = append(parts, k.word+few(subjects, k.noun))
		}
	}
	return parts
}

// countedParts tells what is only counted, and last what must not be missed.
func countedParts(changes []Change) []string {
	count := make(map[ChangeKind]int)
	for _, c := range changes {
		count[c.Kind]++
	}
	var parts []string
	for _, k := range []struct {
		kind ChangeKind
		noun string
		end  string
	}{
		{TargetAdded, "file", " added"},
		{TargetChanged, "file", " changed"},
		{TargetRemoved, "file", " removed"},
		{KeyUnlisted, "key", " that no role lists"},
		{DevicesChanged, "change", " of the device policy"},
		{Unexplained, "changed value", " not explained"},
	} {
		if count[k.kind] > 0 {
			parts = append(parts, counted(count[k.kind], k.noun)+k.end)
		}
	}
	if count[ClientRefuses] > 0 {
		parts = append(parts, "no client accepts it")
	}
	return parts
}
