// Package vectors reads and writes the test vectors in its folder data: what a
// TUF client is given, and what it must say. README.md states the format; the
// program in make writes the vectors, and knows no TUF client.
package vectors

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
)

// Magic is the first line of each vector.
const Magic = "tuf client vector 1"

// Vector is one test of a client.
type Vector struct {
	Name    string // of its file, without .vector
	About   string // one sentence
	Spec    string // the sections of TUF 1.0.34 that decide
	Seen    string // where a client got it wrong; "" if that is not known
	Target  string // that is looked up by every refresh
	At      time.Time
	Expect  Outcome // of the last refresh, at At
	Trusts  string  // what the client trusts in the end, as [Versions] writes it
	Trusted []byte  // the root that the client is built with
	Events  []Event // what happens before the last refresh, in this order
}

// Outcome is what a client says in the end.
type Outcome struct {
	Refused string // the kind of refusal; "" if the target was found
	Length  int64  // of the target that was found
}

func (o Outcome) String() string {
	if o.Refused != "" {
		return "refused " + o.Refused
	}
	return fmt.Sprintf("accepted %d bytes", o.Length)
}

// ParseOutcome reads what [Outcome.String] writes.
func ParseOutcome(s string) (o Outcome, err error) {
	if kind, ok := strings.CutPrefix(s, "refused "); ok && kind != "" {
		return Outcome{Refused: kind}, nil
	}
	if n, err := fmt.Sscanf(s, "accepted %d bytes", &o.Length); n != 1 || err != nil || o.String() != s {
		return o, fmt.Errorf("outcome %q is neither \"accepted N bytes\" nor \"refused KIND\"", s)
	}
	return o, nil
}

// Event is one thing that happens. Exactly one of the fields Serve, Remove,
// Fail and Refresh says which.
type Event struct {
	Serve   string // the server has a file of this name from now on
	Content []byte // of that file
	Remove  string // the server says that it has no such file
	Fail    string // the server gives no answer for this file
	Refresh time.Time
	Expect  string // of the refresh: accepted or refused
}

// Versions writes what a client trusts; 0 stands for nothing.
func Versions(root, timestamp, snapshot, targets int64) string {
	return fmt.Sprintf("root %d, timestamp %d, snapshot %d, targets %d", root, timestamp, snapshot, targets)
}

// Format writes the vector as its file has it.
func (v *Vector) Format() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nabout: %s\nspec: %s\n", Magic, v.About, v.Spec)
	if v.Seen != "" {
		fmt.Fprintf(&b, "seen: %s\n", v.Seen)
	}
	fmt.Fprintf(&b, "target: %s\nat: %s\nexpect: %s\ntrusts: %s\n\n", v.Target, v.At.Format(time.RFC3339), v.Expect, v.Trusts)
	fmt.Fprintf(&b, "trusted %d\n%s\n", len(v.Trusted), v.Trusted)
	for _, e := range v.Events {
		switch {
		case e.Serve != "":
			fmt.Fprintf(&b, "serve %d %s\n%s\n", len(e.Content), e.Serve, e.Content)
		case e.Remove != "":
			fmt.Fprintf(&b, "remove %s\n", e.Remove)
		case e.Fail != "":
			fmt.Fprintf(&b, "fail %s\n", e.Fail)
		default:
			fmt.Fprintf(&b, "refresh %s %s\n", e.Refresh.Format(time.RFC3339), e.Expect)
		}
	}
	return b.Bytes()
}

// Parse reads a vector.
func Parse(name string, raw []byte) (*Vector, error) {
	v := &Vector{Name: name}
	p := &parser{rest: raw}
	if err := v.parse(p); err != nil {
		return nil, fmt.Errorf("vector %s, byte %d: %w", name, len(raw)-len(p.rest), err)
	}
	return v, nil
}

func (v *Vector) parse(p *parser) error {
	if line, err := p.line(); err != nil || line != Magic {
		return fmt.Errorf("the first line must be %q: %w", Magic, err)
	}
	for {
		line, err := p.line()
		if err != nil {
			return err
		}
		if line == "" {
			break
		}
		if err := v.header(line); err != nil {
			return err
		}
	}
	if v.About == "" || v.Spec == "" || v.Target == "" || v.At.IsZero() || v.Trusts == "" {
		return errors.New("the header is not complete")
	}
	for len(p.rest) > 0 {
		if err := v.event(p); err != nil {
			return err
		}
	}
	return nil
}

func (v *Vector) header(line string) (err error) {
	name, text, ok := strings.Cut(line, ": ")
	if !ok {
		return fmt.Errorf("%q is no line of a header", line)
	}
	switch name {
	case "about":
		v.About = text
	case "spec":
		v.Spec = text
	case "seen":
		v.Seen = text
	case "target":
		v.Target = text
	case "trusts":
		v.Trusts = text
	case "at":
		v.At, err = time.Parse(time.RFC3339, text)
	case "expect":
		v.Expect, err = ParseOutcome(text)
	default:
		return fmt.Errorf("header %q is unknown", name)
	}
	return err
}

func (v *Vector) event(p *parser) error {
	line, err := p.line()
	if err != nil {
		return err
	}
	verb, text, _ := strings.Cut(line, " ")
	e := Event{}
	switch verb {
	case "trusted":
		v.Trusted, err = p.content(text)
		return err
	case "serve":
		length, name, _ := strings.Cut(text, " ")
		e.Serve = name
		e.Content, err = p.content(length)
	case "remove":
		e.Remove = text
	case "fail":
		e.Fail = text
	case "refresh":
		at, expect, _ := strings.Cut(text, " ")
		e.Refresh, err = time.Parse(time.RFC3339, at)
		e.Expect = expect
	default:
		return fmt.Errorf("%q is no event", line)
	}
	v.Events = append(v.Events, e)
	return err
}

// parser takes lines and counted content from the front.
type parser struct{ rest []byte }

func (p *parser) line() (string, error) {
	line, rest, ok := bytes.Cut(p.rest, []byte("\n"))
	if !ok {
		return "", errors.New("a line has no end")
	}
	p.rest = rest
	return string(line), nil
}

func (p *parser) content(length string) ([]byte, error) {
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 || n >= len(p.rest) || p.rest[n] != '\n' {
		return nil, fmt.Errorf("no content of %q bytes and a newline follows", length)
	}
	content := p.rest[:n:n]
	p.rest = p.rest[n+1:]
	return content, nil
}

//go:embed data/*.vector
var data embed.FS

// All returns every vector, ordered by name.
func All() ([]*Vector, error) {
	entries, err := data.ReadDir("data")
	if err != nil {
		return nil, err
	}
	var all []*Vector
	for _, e := range entries {
		raw, err := data.ReadFile(path.Join("data", e.Name()))
		if err != nil {
			return nil, err
		}
		v, err := Parse(strings.TrimSuffix(e.Name(), ".vector"), raw)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}
