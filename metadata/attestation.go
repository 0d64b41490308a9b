package metadata

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/verify"
)

// Option tells a reader of repositories what no tree may say.
type Option func(*Repository)

// Attestation lets v judge what members' cards attest; without it, Yubico's
// roots alone are trusted. A verifier that trusts test roots is for tests and
// rehearsals. Nothing but Go code can name one: no file of a repository, no
// flag and no variable does. What rests on it says so: every finding and
// verdict, and the file of each event that is proposed under it.
func Attestation(v *attest.Verifier) Option {
	return func(r *Repository) { r.attestation = v }
}

// At lets a clock judge too: an event that is opened or completed is held to
// the instant (see [Standing.CheckOpened]).
func At(now time.Time) Option {
	return func(r *Repository) { r.now = now }
}

// TestRoots names the test roots that are trusted besides Yubico's in judging
// this repository, as [attest.Verifier.TestRoots] does. It is empty unless an
// [Attestation] was given that trusts any.
func (r *Repository) TestRoots() []string {
	if r.attestation == nil {
		return nil
	}
	return r.attestation.TestRoots()
}

// IntermediatesPath is where further intermediates of Yubico's stand, as it
// publishes them: for cards that are younger than this program. They are steps
// of a path to a root and never its end, so that whoever adds one gains nothing.
const IntermediatesPath = MembersDir + "/intermediates.pem"

// Verifier judges what members' cards attest: the one that was given, or one
// that trusts Yubico alone, with the repository's further intermediates. The
// error is a *FileError.
func (r *Repository) Verifier() (*attest.Verifier, error) {
	v := r.attestation
	if v == nil {
		var err error
		if v, err = attest.Yubico(); err != nil {
			return nil, err
		}
	}
	raw, err := r.tree.Read(IntermediatesPath)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return v, nil
	case err == nil && len(raw) > maxIntermediatesBytes:
		err = &verify.LimitError{What: "further intermediates, bytes", Limit: maxIntermediatesBytes, Found: int64(len(raw))}
	case err == nil:
		v, err = v.WithIntermediates(raw)
	}
	if err != nil {
		return nil, &FileError{Path: IntermediatesPath, Err: err}
	}
	return v, nil
}

// TestRootsError is an event that was proposed while test roots were trusted
// which are not trusted here, or that keeps silent about those that are.
type TestRootsError struct {
	Event  string
	Roots  []string // each by name and digest
	Silent bool     // the event does not record them
}

func (e *TestRootsError) Error() string {
	if e.Silent {
		return fmt.Sprintf("event %s does not record that test roots are in use: %s; propose it again", e.Event, strings.Join(e.Roots, "; "))
	}
	return fmt.Sprintf("event %s was proposed in a rehearsal, in which test roots stood in for Yubico's; its cards prove nothing: %s", e.Event, strings.Join(e.Roots, "; "))
}

// checkTestRoots refuses an event of a rehearsal everywhere else.
func (r *Repository) checkTestRoots(e *Event) error {
	if foreign := without(e.TestRoots, r.TestRoots()); len(foreign) > 0 {
		return &TestRootsError{Event: e.Name, Roots: foreign}
	}
	return nil
}

// recordsTestRoots refuses an event that is opened here without saying on what
// the judgement of its cards rests.
func (r *Repository) recordsTestRoots(e *Event) error {
	if missing := without(r.TestRoots(), e.TestRoots); len(missing) > 0 {
		return &TestRootsError{Event: e.Name, Roots: missing, Silent: true}
	}
	return nil
}

// checkTestRootNames keeps what an event records harmless on a terminal.
func checkTestRootNames(list []string) error {
	if len(list) > maxTestRoots {
		return &verify.LimitError{What: "test roots of an event", Limit: maxTestRoots, Found: int64(len(list))}
	}
	for i, name := range list {
		switch {
		case name == "" || len(name) > maxTestRootBytes:
			return fmt.Errorf("a test root has a name of %d bytes, from 1 to %d", len(name), maxTestRootBytes)
		case strings.ContainsFunc(name, func(r rune) bool { return r != ' ' && !unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r) }):
			return fmt.Errorf("the name of a test root holds a character that does not print: %q", name)
		case slices.Index(list, name) < i:
			return fmt.Errorf("the test root %s is named twice", name)
		}
	}
	return nil
}
