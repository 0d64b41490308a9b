package metadata

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// Event is one signing event: a set of payloads that become trusted together
// or not at all. It is read whole from a tree; reading it proves nothing yet
// (Judge does).
type Event struct {
	Name     string
	Why      string    // one sentence by whoever proposed it
	Opened   time.Time // whole seconds, UTC; claimed by the proposer, frozen, and the start of every lifetime
	Payloads []*Payload
	Closed   *Closing // nil while the event is open

	// TestRoots names the roots that stood in for Yubico's when the event was
	// proposed; empty but in a rehearsal (see Attestation).
	TestRoots []string
}

// Payload is one document that an event wants to have signed.
type Payload struct {
	Role       string
	Version    int64
	Digest     verify.Digest   // of the canonical form of its signed value
	Base       verify.Digest   // of the trusted version before it; zero for version 1
	Delegator  Delegator       // who says which keys may sign it; zero for root
	Supersedes []verify.Digest // earlier payloads for the same version that this one replaces
	Policy     verify.Digest   // names the frozen charter

	Document *verify.Document      // as frozen, with no signatures
	Charter  *roles.Charter        // the frozen policy that yields Document
	Files    []*SignatureFile      // well formed and made for this payload; ordered by key id
	Refused  []*SignatureFileError // files that do not even claim to be that

	event string // whose payload it is
}

// Delegator names the version that holds the rule for a payload: another
// payload of the same event, or a trusted version.
type Delegator struct {
	Role    string
	Version int64
}

// Outcome is how an event ended.
type Outcome string

// The ways in which an event ends.
const (
	Completed  Outcome = "completed"
	Superseded Outcome = "superseded"
	Overtaken  Outcome = "overtaken" // by versions that were published meanwhile
)

// Closing says how an event ended.
type Closing struct {
	Outcome Outcome
	By      string // the superseding event
}

type eventTOML struct {
	Format    int           `toml:"format"`
	Why       string        `toml:"why"`
	Opened    string        `toml:"opened_claimed"`
	TestRoots []string      `toml:"test-roots,omitempty"`
	Payload   []payloadTOML `toml:"payload"`
}

type payloadTOML struct {
	Role       string   `toml:"role"`
	Version    int64    `toml:"version"`
	SHA256     string   `toml:"sha256"`
	Base       string   `toml:"base,omitempty"`
	Delegator  string   `toml:"delegator,omitempty"`
	Of         int64    `toml:"delegator-version,omitempty"`
	Policy     string   `toml:"policy"`
	Supersedes []string `toml:"supersedes,omitempty"`
}

type closedTOML struct {
	Format  int    `toml:"format"`
	Outcome string `toml:"outcome"`
	By      string `toml:"by,omitempty"`
}

const eventHeader = "# A signing event, written by `rust-tuf propose`. Frozen: signatures and completion depend on every byte.\n"

// Bytes is the one spelling of event.toml.
func (e *Event) Bytes() ([]byte, error) {
	out := eventTOML{Format: 1, Why: e.Why, Opened: e.Opened.UTC().Format(time.RFC3339), TestRoots: e.TestRoots}
	for _, p := range e.Payloads {
		t := payloadTOML{Role: p.Role, Version: p.Version, SHA256: p.Digest.String(), Policy: p.Policy.String(), Delegator: p.Delegator.Role, Of: p.Delegator.Version}
		if !p.Base.IsZero() {
			t.Base = p.Base.String()
		}
		for _, d := range p.Supersedes {
			t.Supersedes = append(t.Supersedes, d.String())
		}
		out.Payload = append(out.Payload, t)
	}
	body, err := toml.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", e.Name, err)
	}
	return append([]byte(eventHeader), body...), nil
}

func (c *Closing) bytes() ([]byte, error) {
	return toml.Marshal(closedTOML{Format: 1, Outcome: string(c.Outcome), By: c.By})
}

// Payload returns the event's payload for role, or nil.
func (e *Event) Payload(role string) *Payload {
	for _, p := range e.Payloads {
		if p.Role == role {
			return p
		}
	}
	return nil
}

// folder is where the event lives: under events/ while open, log/ after.
func (e *Event) folder() string {
	if e.Closed != nil {
		return LogPath(e.Name)
	}
	return EventPath(e.Name)
}

// String names a payload in sentences: "root version 2".
func (p *Payload) String() string { return fmt.Sprintf("%s version %d", p.Role, p.Version) }

// parseEventFile reads event.toml in its one spelling.
func parseEventFile(name string, data []byte) (*Event, error) {
	if len(data) > maxEventFileBytes {
		return nil, &verify.LimitError{What: "event.toml, bytes", Limit: maxEventFileBytes, Found: int64(len(data))}
	}
	var t eventTOML
	dec := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := dec.Decode(&t); err != nil {
		return nil, fmt.Errorf("not an event: %w", tomlError(err))
	}
	if t.Format == 0 {
		return nil, errors.New("says no format; the file is empty or no event")
	}
	if t.Format != 1 {
		return nil, fmt.Errorf("format is %d; this version of rust-tuf reads 1: update rust-tuf", t.Format)
	}
	e := &Event{Name: name, Why: t.Why, TestRoots: t.TestRoots}
	if err := checkWhy(t.Why); err != nil {
		return nil, err
	}
	if err := checkTestRootNames(t.TestRoots); err != nil {
		return nil, err
	}
	var err error
	if e.Opened, err = time.Parse(time.RFC3339, t.Opened); err != nil || e.Opened.Nanosecond() != 0 {
		return nil, fmt.Errorf("opened_claimed %q is not a time like 2026-11-22T12:00:00Z", t.Opened)
	}
	e.Opened = e.Opened.UTC()
	if len(t.Payload) == 0 {
		return nil, errors.New("the event has no payload")
	}
	for i, pt := range t.Payload {
		p, err := pt.payload()
		if err != nil {
			return nil, fmt.Errorf("payload %d: %w", i+1, err)
		}
		if e.Payload(p.Role) != nil {
			return nil, fmt.Errorf("payload %d: role %s is named twice", i+1, p.Role)
		}
		e.Payloads = append(e.Payloads, p)
	}
	again, err := e.Bytes()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, data) {
		return nil, errors.New("is not spelled as `rust-tuf propose` writes it; an event is never edited by hand: propose it again")
	}
	return e, nil
}

func (t payloadTOML) payload() (*Payload, error) {
	p := &Payload{Role: t.Role, Version: t.Version, Delegator: Delegator{Role: t.Delegator, Version: t.Of}}
	if !isName(t.Role) {
		return nil, fmt.Errorf("role %q is not a role's name", t.Role)
	}
	if t.Version < 1 {
		return nil, fmt.Errorf("%s: version %d is below 1", t.Role, t.Version)
	}
	if (t.Role == "root") != (t.Delegator == "") || (t.Delegator != "") != (t.Of > 0) {
		return nil, fmt.Errorf("%s: a role other than root names its delegator and the delegator's version; root names none", t.Role)
	}
	if t.Delegator != "" && !isName(t.Delegator) {
		return nil, fmt.Errorf("%s: delegator %q is not a role's name", t.Role, t.Delegator)
	}
	if t.Delegator == t.Role {
		return nil, fmt.Errorf("%s: names itself as its delegator; no role but root judges itself", t.Role)
	}
	if (t.Version == 1) != (t.Base == "") {
		return nil, fmt.Errorf("%s: version 1 has no base, every later version has one", t.Role)
	}
	set := func(field, value string, into *verify.Digest) error {
		if !isHex64(value) {
			return fmt.Errorf("%s: %s is not 64 lower-case hexadecimal digits", t.Role, field)
		}
		d, err := verify.ParseDigest(value)
		*into = d
		return err
	}
	if err := set("sha256", t.SHA256, &p.Digest); err != nil {
		return nil, err
	}
	if err := set("policy", t.Policy, &p.Policy); err != nil {
		return nil, err
	}
	if t.Base != "" {
		if err := set("base", t.Base, &p.Base); err != nil {
			return nil, err
		}
	}
	for _, s := range t.Supersedes {
		var d verify.Digest
		if err := set("supersedes", s, &d); err != nil {
			return nil, err
		}
		p.Supersedes = append(p.Supersedes, d)
	}
	return p, nil
}

// checkWhy keeps the one free text of an event harmless on a terminal.
func checkWhy(why string) error {
	if strings.TrimSpace(why) == "" {
		return errors.New("why is empty; say in a sentence what this event is for")
	}
	if len(why) > maxWhyBytes {
		return &verify.LimitError{What: "why, bytes", Limit: maxWhyBytes, Found: int64(len(why))}
	}
	if !utf8.ValidString(why) {
		return errors.New("why is not UTF-8 text")
	}
	for _, r := range why {
		if r != ' ' && (!unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return fmt.Errorf("why holds the character %U, which does not print; write it in one line of plain text", r)
		}
	}
	return nil
}

// tomlError gives the position that go-toml keeps out of its message.
func tomlError(err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		row, col := strict.Errors[0].Position()
		return fmt.Errorf("line %d, column %d: unknown key %s", row, col, strings.Join(strict.Errors[0].Key(), "."))
	}
	var dec *toml.DecodeError
	if errors.As(err, &dec) {
		row, col := dec.Position()
		return fmt.Errorf("line %d, column %d: %s", row, col, dec.Error())
	}
	return err
}
