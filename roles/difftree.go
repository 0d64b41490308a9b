package roles

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A jsonNode is one JSON value read from canonical bytes.
type jsonNode struct {
	kind    byte // '{', '[', '"', or 'x' for a number, true, false and null
	raw     string
	text    string // of a string: its decoded form
	members []jsonMember
	index   map[string]*jsonNode // of members, when they are many
	items   []*jsonNode
}

// indexedFrom is the number of members from which an object has an index, lest
// a huge object be searched again for each of its members.
const indexedFrom = 16

// A jsonMember is one member of an object.
type jsonMember struct {
	name string
	node *jsonNode
}

// member returns the member of an object, or nil.
func (n *jsonNode) member(name string) *jsonNode {
	if n == nil {
		return nil
	}
	if n.index != nil {
		return n.index[name]
	}
	for _, m := range n.members {
		if m.name == name {
			return m.node
		}
	}
	return nil
}

// at follows names down from n through objects; nil when one is missing.
func (n *jsonNode) at(names ...string) *jsonNode {
	for _, name := range names {
		n = n.member(name)
	}
	return n
}

// str returns the value of a string.
func (n *jsonNode) str() (string, bool) {
	if n == nil || n.kind != '"' {
		return "", false
	}
	return n.text, true
}

// number returns the value of an integer.
func (n *jsonNode) number() (int64, bool) {
	if n == nil || n.kind != 'x' {
		return 0, false
	}
	i, err := strconv.ParseInt(n.raw, 10, 64)
	return i, err == nil
}

// boolean returns the value of true or false.
func (n *jsonNode) boolean() (value, ok bool) {
	if n == nil || n.kind != 'x' {
		return false, false
	}
	return n.raw == "true", n.raw == "true" || n.raw == "false"
}

// strings returns the elements of an array that holds strings alone.
func (n *jsonNode) strings() ([]string, bool) {
	if n == nil || n.kind != '[' {
		return nil, false
	}
	list := make([]string, 0, len(n.items))
	for _, item := range n.items {
		s, ok := item.str()
		if !ok {
			return nil, false
		}
		list = append(list, s)
	}
	return list, true
}

// readCanonical reads canonical JSON, whose strings hold control characters as
// they are and escape nothing but the quotation mark and the backslash. What
// verify calls canonical never fails here.
func readCanonical(src []byte) (*jsonNode, error) {
	r := canonicalReader{src: string(src)}
	n, err := r.value()
	if err == nil && r.pos != len(r.src) {
		err = r.fault("the end")
	}
	if err != nil {
		return nil, err
	}
	return n, nil
}

type canonicalReader struct {
	src string
	pos int
}

func (r *canonicalReader) fault(want string) error {
	return fmt.Errorf("canonical JSON: byte %d: expected %s", r.pos, want)
}

func (r *canonicalReader) take(c byte) bool {
	if r.pos < len(r.src) && r.src[r.pos] == c {
		r.pos++
		return true
	}
	return false
}

func (r *canonicalReader) value() (*jsonNode, error) {
	start := r.pos
	n := &jsonNode{}
	var err error
	switch {
	case r.take('{'):
		n.kind = '{'
		n.members, err = r.object()
		if len(n.members) >= indexedFrom {
			n.index = make(map[string]*jsonNode, len(n.members))
			for _, m := range n.members {
				n.index[m.name] = m.node
			}
		}
	case r.take('['):
		n.kind = '['
		n.items, err = r.array()
	case r.take('"'):
		n.kind = '"'
		n.text, err = r.text()
	default:
		n.kind = 'x'
		length := strings.IndexAny(r.src[r.pos:], ",]}")
		if length < 0 {
			length = len(r.src) - r.pos
		}
		if length == 0 {
			return nil, r.fault("a value")
		}
		r.pos += length
	}
	if err != nil {
		return nil, err
	}
	n.raw = r.src[start:r.pos]
	return n, nil
}

func (r *canonicalReader) object() ([]jsonMember, error) {
	var members []jsonMember
	if r.take('}') {
		return members, nil
	}
	for {
		if !r.take('"') {
			return nil, r.fault("a name")
		}
		name, err := r.text()
		if err != nil {
			return nil, err
		}
		if !r.take(':') {
			return nil, r.fault("a colon")
		}
		node, err := r.value()
		if err != nil {
			return nil, err
		}
		members = append(members, jsonMember{name, node})
		if r.take('}') {
			return members, nil
		}
		if !r.take(',') {
			return nil, r.fault("a comma")
		}
	}
}

func (r *canonicalReader) array() ([]*jsonNode, error) {
	var items []*jsonNode
	if r.take(']') {
		return items, nil
	}
	for {
		node, err := r.value()
		if err != nil {
			return nil, err
		}
		items = append(items, node)
		if r.take(']') {
			return items, nil
		}
		if !r.take(',') {
			return nil, r.fault("a comma")
		}
	}
}

// text reads a string up to its closing quotation mark.
func (r *canonicalReader) text() (string, error) {
	var out strings.Builder
	for {
		length := strings.IndexAny(r.src[r.pos:], `"\`)
		if length < 0 {
			return "", r.fault("the end of a string")
		}
		out.WriteString(r.src[r.pos : r.pos+length])
		r.pos += length + 1
		if r.src[r.pos-1] == '"' {
			return out.String(), nil
		}
		if r.pos == len(r.src) {
			return "", r.fault("an escaped character")
		}
		_, size := utf8.DecodeRuneInString(r.src[r.pos:])
		out.WriteString(r.src[r.pos : r.pos+size])
		r.pos += size
	}
}

// canonicalString is the canonical JSON of a string.
func canonicalString(s string) string {
	return `"` + canonicalEscaper.Replace(s) + `"`
}

var canonicalEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// pointer appends names to a JSON pointer (RFC 6901).
func pointer(base string, names ...string) string {
	for _, name := range names {
		base += "/" + pointerEscaper.Replace(name)
	}
	return base
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// A jsonLeaf is a value without parts: a string, number, true, false, null, or
// an empty object or array.
type jsonLeaf struct {
	pointer string
	key     string // the pointer with places in identified lists replaced by identities
	raw     string // canonical JSON
}

// Identities says which arrays are lists of things with a name of their own:
// the array's pointer, with "*" for every place in an array above it, and the
// members that make up the name. Elements of these lists are compared with the
// element of the same name, wherever it stands.
type identities map[string][]part

// A part is a member of an object that belongs to its name: a string, or an
// integer.
type part struct {
	member   string
	optional bool // it may be absent
	integer  bool
}

// always are parts that every element has.
func always(members ...string) []part {
	parts := make([]part, 0, len(members))
	for _, m := range members {
		parts = append(parts, part{member: m})
	}
	return parts
}

// read is the part of an element's name, and false where it can have none.
func (p part) read(item *jsonNode) (string, bool) {
	n := item.member(p.member)
	switch {
	case n == nil:
		return "", p.optional
	case p.integer:
		_, ok := n.number()
		return n.raw, ok
	}
	return n.str()
}

// flatten lists the leaves of n in the order of the document.
func flatten(n *jsonNode, by identities) []jsonLeaf {
	f := flattener{by: by}
	if n != nil {
		f.walk(n, "", "", "")
	}
	return f.leaves
}

type flattener struct {
	by     identities
	leaves []jsonLeaf
}

func (f *flattener) walk(n *jsonNode, ptr, key, pattern string) {
	if len(n.members) == 0 && len(n.items) == 0 {
		f.leaves = append(f.leaves, jsonLeaf{ptr, key, n.raw})
		return
	}
	for _, m := range n.members {
		step := pointer("", m.name)
		f.walk(m.node, ptr+step, key+step, pattern+step)
	}
	names, named := identified(n.items, f.by[pattern])
	for i, item := range n.items {
		step := "/" + strconv.Itoa(i)
		keyStep := step
		if named {
			keyStep = identityStep(names[i])
		}
		f.walk(item, ptr+step, key+keyStep, pattern+"/*")
	}
}

// identityStep is the step of a key that stands for an element of a named list.
// "~2" is no escape of RFC 6901, so that no pointer can look like it.
func identityStep(name string) string { return pointer("", name) + "~2" }

// identified returns the names of a list's elements when each has one of its
// own.
func identified(items []*jsonNode, identity []part) ([]string, bool) {
	if len(identity) == 0 || len(items) == 0 {
		return nil, false
	}
	names := make([]string, 0, len(items))
	seen := make(map[string]bool, len(items))
	for _, item := range items {
		parts := make([]string, 0, len(identity))
		for _, p := range identity {
			text, ok := p.read(item)
			if !ok {
				return nil, false
			}
			parts = append(parts, text)
		}
		name := strings.Join(parts, " ")
		if seen[name] {
			return nil, false
		}
		seen[name] = true
		names = append(names, name)
	}
	return names, true
}
