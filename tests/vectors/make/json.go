package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// object is a JSON object whose members keep their order, so that a document
// is written as it was put together. Values are *object, []any, string, int,
// int64, bool, nil and those below.
type object struct{ members []member }

type member struct {
	name  string
	value any
}

// raw is written as it stands, in the file and in what is signed.
type raw string

// spelled is written in one way in the file, and in another in what is signed.
type spelled struct{ file, signed string }

// obj makes an object of names and values in turn.
func obj(pairs ...any) *object {
	o := &object{}
	for i := 0; i < len(pairs); i += 2 {
		o.members = append(o.members, member{pairs[i].(string), pairs[i+1]})
	}
	return o
}

// set changes the member at a path, which it adds where it is missing. A
// number steps into an array.
func (o *object) set(v any, path ...string) {
	at := any(o)
	for _, step := range path[:len(path)-1] {
		at = get(at, step)
	}
	last := path[len(path)-1]
	if list, ok := at.([]any); ok {
		i, _ := strconv.Atoi(last)
		list[i] = v
		return
	}
	parent := at.(*object)
	for i := range parent.members {
		if parent.members[i].name == last {
			parent.members[i].value = v
			return
		}
	}
	parent.members = append(parent.members, member{last, v})
}

// add adds a member, whether there is one of its name or not.
func (o *object) add(name string, v any) { o.members = append(o.members, member{name, v}) }

// del removes the member at a path.
func (o *object) del(path ...string) {
	at := any(o)
	for _, step := range path[:len(path)-1] {
		at = get(at, step)
	}
	parent := at.(*object)
	parent.members = slices.DeleteFunc(parent.members, func(m member) bool { return m.name == path[len(path)-1] })
}

func get(v any, step string) any {
	if list, ok := v.([]any); ok {
		i, _ := strconv.Atoi(step)
		return list[i]
	}
	for _, m := range v.(*object).members {
		if m.name == step {
			return m.value
		}
	}
	panic("no member " + step)
}

// clone copies an object with everything in it.
func (o *object) clone() *object { return cloneValue(o).(*object) }

func cloneValue(v any) any {
	switch v := v.(type) {
	case *object:
		c := &object{}
		for _, m := range v.members {
			c.members = append(c.members, member{m.name, cloneValue(m.value)})
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i := range v {
			c[i] = cloneValue(v[i])
		}
		return c
	}
	return v
}

// canonical is OLPC's canonical form: members in the order of their names'
// bytes, no white space, and only the quote and the backslash escaped.
func canonical(v any) string {
	switch v := v.(type) {
	case *object:
		sorted := slices.Clone(v.members)
		slices.SortStableFunc(sorted, func(a, b member) int { return strings.Compare(a.name, b.name) })
		return join("{", "}", len(sorted), func(i int) string {
			return canonical(sorted[i].name) + ":" + canonical(sorted[i].value)
		})
	case []any:
		return join("[", "]", len(v), func(i int) string { return canonical(v[i]) })
	case string:
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
	case spelled:
		return v.signed
	}
	return scalar(v)
}

// compact is how documents are served: without white space, in the order in
// which they were put together.
func compact(v any) string { return text(v, "") }

// indented has one member a line.
func indented(v any) string { return text(v, "\n") }

func text(v any, newline string) string {
	inner := newline
	if newline != "" {
		inner += "\t"
	}
	list := func(open, end string, n int, item func(int) string) string {
		if n == 0 {
			return open + end
		}
		return join(open, newline+end, n, func(i int) string { return inner + item(i) })
	}
	switch v := v.(type) {
	case *object:
		return list("{", "}", len(v.members), func(i int) string {
			space := ""
			if newline != "" {
				space = " "
			}
			return text(v.members[i].name, "") + ":" + space + text(v.members[i].value, inner)
		})
	case []any:
		return list("[", "]", len(v), func(i int) string { return text(v[i], inner) })
	case string:
		return quoted(v)
	case spelled:
		return v.file
	}
	return scalar(v)
}

// quoted is a JSON string; bytes outside ASCII stay as they are.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c < 0x20:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case raw:
		return string(v)
	case int, int64, bool:
		return fmt.Sprint(v)
	}
	panic(fmt.Sprintf("%T cannot be written", v))
}

func join(open, end string, n int, item func(int) string) string {
	var b strings.Builder
	b.WriteString(open)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(item(i))
	}
	b.WriteString(end)
	return b.String()
}
