package roles

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// outline is where each key of a TOML file stands. The decoder folds case
// (Threshold and threshold would be one field) and forgets positions, so the
// file is walked a second time against the shape of what it decodes into.
type outline struct {
	file  string
	lines []int // where each line begins
	at    map[string]position
	keys  []string // every path, in the order of the file
}

// position counts from 1 in lines and bytes; zero means nowhere.
type position struct{ line, column int }

// shape is what a place in a file may hold: a table of known keys, a table of
// any keys, a list, or a plain value.
type shape struct {
	fields map[string]*shape // known keys
	any    *shape            // any key
	list   *shape
}

// decodeTOML reads a strict TOML file into v, a pointer to a struct, and
// returns where its keys stand.
func decodeTOML(file string, data []byte, limit int, v any) (*outline, error) {
	if len(data) > limit {
		return nil, &SyntaxError{File: file, Reason: fmt.Sprintf("the file has %d bytes, at most %d", len(data), limit)}
	}
	o := &outline{file: file, lines: lineStarts(data), at: map[string]position{}}
	var p unstable.Parser
	if err := o.walk(&p, data, shapeOf(reflect.TypeOf(v).Elem())); err != nil {
		return nil, err
	}
	d := toml.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return nil, o.decodeError(err)
	}
	if err := p.Error(); err != nil {
		return nil, o.decodeError(err)
	}
	return o, nil
}

// refuse is the error for a value at a path, or at the nearest path above it
// that stands in the file.
func (o *outline) refuse(path, reason string) *SyntaxError {
	return o.refuseAt(o.position(path), path, reason)
}

func (o *outline) refuseAt(at position, path, reason string) *SyntaxError {
	return &SyntaxError{File: o.file, Line: at.line, Column: at.column, Path: path, Reason: reason}
}

func lineStarts(data []byte) []int {
	starts := []int{0}
	for i, c := range data {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// locate is the position of a range of the file.
func (o *outline) locate(r unstable.Range) position {
	line, found := slices.BinarySearch(o.lines, int(r.Offset))
	if !found {
		line--
	}
	return position{line + 1, int(r.Offset) - o.lines[line] + 1}
}

func (o *outline) position(path string) position {
	for path != "" {
		if at, ok := o.at[path]; ok {
			return at
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return position{}
}

// children are the keys directly below a table, in the order of the file.
func (o *outline) children(table string) []string {
	var names []string
	seen := map[string]bool{}
	for _, key := range o.keys {
		rest, ok := strings.CutPrefix(key, table+".")
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(rest, ".")
		name, _, _ = strings.Cut(name, "[")
		if !seen[name] {
			names = append(names, name)
		}
		seen[name] = true
	}
	return names
}

func (o *outline) decodeError(err error) error {
	var missing *toml.StrictMissingError
	var decode *toml.DecodeError
	switch {
	case errors.As(err, &missing) && len(missing.Errors) > 0:
		decode = &missing.Errors[0]
	case !errors.As(err, &decode):
		return &SyntaxError{File: o.file, Reason: strings.TrimPrefix(err.Error(), "toml: ")}
	}
	line, column := decode.Position()
	at, path := position{line, column}, ""
	if len(decode.Key()) > 0 {
		path = o.before(at)
	}
	return o.refuseAt(at, path, strings.TrimPrefix(decode.Error(), "toml: "))
}

// before is the last path that stands at or before a position. The decoder
// names a key without saying which entry of a list it is in.
func (o *outline) before(at position) string {
	path, last := "", position{}
	for _, key := range o.keys {
		p := o.at[key]
		if (p.line < at.line || p.line == at.line && p.column <= at.column) && (p.line > last.line || p.line == last.line && p.column >= last.column) {
			path, last = key, p
		}
	}
	return path
}

// walk notes the position of every key and refuses those that have no place.
// It ends where the file is no TOML, which is for the decoder to say.
func (o *outline) walk(p *unstable.Parser, data []byte, top *shape) error {
	p.Reset(data)
	table, in := "", top
	lists := map[string]int{} // entries seen of each [[list]]
	for p.NextExpression() {
		e := p.Expression()
		var err error
		switch e.Kind {
		case unstable.Table:
			table, in, err = o.enter(e.Key(), "", top, lists, false)
		case unstable.ArrayTable:
			table, in, err = o.enter(e.Key(), "", top, lists, true)
		case unstable.KeyValue:
			err = o.keyValue(e, table, in)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// enter follows a dotted key from a table and returns what it leads to. With
// next, the last part begins another entry of a list.
func (o *outline) enter(key unstable.Iterator, path string, in *shape, lists map[string]int, next bool) (string, *shape, error) {
	for key.Next() {
		part := key.Node()
		at := o.locate(part.Raw)
		name := string(part.Data)
		path = below(path, name)
		inner := in.field(name)
		if inner == nil {
			return "", nil, o.refuseAt(at, path, in.unknown(name))
		}
		o.note(path, at)
		in = inner
		if in.list == nil || lists == nil {
			continue
		}
		if key.IsLast() && !next {
			return "", nil, o.refuseAt(at, path, in.notOne(path))
		}
		if key.IsLast() {
			lists[path]++
		}
		path = entry(path, max(lists[path]-1, 0))
		in = in.list
		o.note(path, at)
	}
	return path, in, nil
}

func (o *outline) keyValue(kv *unstable.Node, table string, in *shape) error {
	path, in, err := o.enter(kv.Key(), table, in, nil, false)
	if err != nil {
		return err
	}
	return o.value(kv.Value(), path, in)
}

// value looks into inline tables and lists.
func (o *outline) value(v *unstable.Node, path string, in *shape) error {
	children := v.Children()
	switch {
	case v.Kind == unstable.InlineTable && in.list != nil:
		return o.refuse(path, in.notOne(path))
	case v.Kind == unstable.InlineTable && (in.fields != nil || in.any != nil):
		for children.Next() {
			if err := o.keyValue(children.Node(), path, in); err != nil {
				return err
			}
		}
	case v.Kind == unstable.Array && in.list != nil:
		for i := 0; children.Next(); i++ {
			n := children.Node()
			if n.Raw.Length > 0 {
				o.note(entry(path, i), o.locate(n.Raw))
			}
			if err := o.value(n, entry(path, i), in.list); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *outline) note(path string, at position) {
	if _, ok := o.at[path]; !ok {
		o.at[path] = at
		o.keys = append(o.keys, path)
	}
}

func (s *shape) field(name string) *shape {
	if s.any != nil {
		return s.any
	}
	return s.fields[name]
}

func (s *shape) unknown(name string) string {
	switch {
	case s.list != nil:
		return "a list stands here; it has no keys"
	case len(s.fields) == 0:
		return "a plain value stands here; it has no keys"
	}
	return fmt.Sprintf("unknown key %q%s", shortened(name), suggest(name, slices.Sorted(maps.Keys(s.fields))))
}

// notOne explains that a list takes entries, even when there is only one.
func (s *shape) notOne(path string) string {
	return fmt.Sprintf("there may be several of these: write [[%s]]", path)
}

// shapeOf reads the toml tags of a struct.
func shapeOf(t reflect.Type) *shape {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return &shape{}
	}
	switch t.Kind() {
	case reflect.Map:
		return &shape{any: shapeOf(t.Elem())}
	case reflect.Slice:
		return &shape{list: shapeOf(t.Elem())}
	case reflect.Struct:
		s := &shape{fields: map[string]*shape{}}
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("toml"), ",")
			if name != "" && name != "-" {
				s.fields[name] = shapeOf(t.Field(i).Type)
			}
		}
		return s
	}
	return &shape{}
}

// below is the path of a key in a table; a key that is no plain word is quoted,
// and one that is longer than any name is cut.
func below(path, key string) string {
	key = shortened(key)
	for i := range len(key) {
		if c := key[i]; !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			key = strconv.Quote(key)
			break
		}
	}
	if key == "" {
		key = `""`
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// entry is the path of a list's entry, counted from 0.
func entry(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func shortened(s string) string {
	if len(s) > maxNameBytes+1 {
		return s[:maxNameBytes+1] + "…"
	}
	return s
}
