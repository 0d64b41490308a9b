// Package cli is the command rust-tuf: one file a verb, each an options
// struct, a constructor and a run function. What a verb decides is decided in
// another room; here questions are asked, answers are shown, and the edges
// (terminal, git, clock, home folder) are tied together.
//
// # What goes where
//
// Prompts and what belongs to a conversation go to the person's terminal,
// data to standard output, everything else to standard error. With --json,
// standard output carries one object and nothing else; the text is made from
// the same value.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/terminal"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/file"
	"github.com/rust-lang/rust-tuf/signer/piv"
	"github.com/rust-lang/rust-tuf/verify"
)

// Env is the world as a command sees it. Tests and the demo give their own.
type Env struct {
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time  // read once by each command; again only to tell how long something took
	Dir            string            // working directory
	Home           string            // folder of this machine's trust state and software keys
	Temp           string            // where the demo makes its folder; "" is the system's place for such
	Terminal       terminal.Terminal // of the person
	Git            []git.Option      // how git is called
	Sources        func(home string) []signer.Source
	NewKeys        file.Options // the zero value is for keys that are to last

	// Forges opens pull requests; nil leaves that to the person.
	Forges Forges

	// Attestation judges what cards attest; nil trusts Yubico's roots alone. One
	// that trusts test roots is for tests, and whatever rests on it says so.
	Attestation *attest.Verifier
}

// System is the real world.
func System() *Env {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return &Env{
		Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Now: time.Now, Dir: dir,
		Home: homeFolder(os.Getenv), Terminal: &terminal.Console{In: os.Stdin, Err: os.Stderr}, Git: []git.Option{git.Terminal()}, Sources: allKeys, Forges: forges(os.Getenv, forge.GH),
	}
}

// allKeys is where a person's keys are looked for: the files on this computer,
// and the YubiKeys plugged into it.
func allKeys(home string) []signer.Source { return append(softwareKeys(home), piv.Source{}) }

// softwareKeys is where keys are looked for without a token.
func softwareKeys(home string) []signer.Source {
	return []signer.Source{file.Source{Dir: keyFolder(home)}}
}

func keyFolder(home string) string { return filepath.Join(home, "keys") }

// homeFolder is RUST_TUF_HOME, or rust-tuf in the system's folder for the
// state or configuration of programs.
func homeFolder(getenv func(string) string) string {
	if h := getenv("RUST_TUF_HOME"); h != "" {
		return h
	}
	if h := getenv("XDG_STATE_HOME"); h != "" {
		return filepath.Join(h, "rust-tuf")
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(config, "rust-tuf")
}

// keysInHand is every key that this person can use now, and why some kinds of
// keys could not be looked for. Nobody is asked for a secret. A computer that
// cannot use cards is no obstacle for somebody whose key is a file, so that is
// told when the wanted key was not found, and not before.
type keysInHand struct {
	keys    []signer.Key
	unasked []error // *piv.NoServiceError, *piv.DeniedError, *piv.NotBuiltInError
	leftOut []error // why cards and keys that are there could not be used
}

func (env *Env) keysInHand(ctx context.Context, ui signer.UI) (*keysInHand, error) {
	hand := &keysInHand{}
	ui.LeftOut = func(err error) { hand.leftOut = append(hand.leftOut, err) }
	for _, s := range env.Sources(env.Home) {
		found, err := s.Keys(ctx, ui)
		switch {
		case err != nil && isUnasked(err):
			hand.unasked = append(hand.unasked, err)
		case err != nil:
			return nil, err
		}
		hand.keys = append(hand.keys, found...)
	}
	return hand, nil
}

// isUnasked tells whether no card of this computer can be asked at all.
func isUnasked(err error) bool {
	return is[*piv.NoServiceError](err) || is[*piv.DeniedError](err) || is[*piv.NotBuiltInError](err)
}

// none is the refusal where no key in hand is one of those wanted.
func (h *keysInHand) none(wanted []verify.Holder, folder string) error {
	e := &NotAskedForError{NoKeyError: &signer.NoKeyError{}, Folder: folder, LeftOut: h.leftOut}
	for _, k := range h.keys {
		e.Found = append(e.Found, k.Describe())
		e.Fingerprints = append(e.Fingerprints, k.Public().Fingerprint())
	}
	for _, holder := range wanted {
		if f := holder.Key.Fingerprint(); !slices.Contains(e.Want, f) {
			e.Want = append(e.Want, f)
			e.Owners = append(e.Owners, words.Owner(holder))
		}
	}
	slices.Sort(e.Owners)
	e.Owners = slices.Compact(e.Owners)
	if len(h.unasked) == 0 {
		return e
	}
	return &UnaskedError{NoKey: e, Reasons: h.unasked}
}

// NotAskedForError is a NoKeyError for the person at the keys: it names whose
// keys are asked for, where the other one counts digests.
type NotAskedForError struct {
	*signer.NoKeyError
	Fingerprints []verify.Digest // of the keys found
	Owners       []string        // of the keys wanted, in alphabetical order
	Folder       string          // where key files are looked for
	LeftOut      []error         // why cards and keys at hand could not be used
}

func (e *NotAskedForError) Error() string {
	text := "no key at hand"
	if len(e.Found) > 0 {
		var found []string
		for i, key := range e.Found {
			found = append(found, fmt.Sprintf("%s (fingerprint %s …)", key, strings.Join(words.Groups(e.Fingerprints[i].String())[:4], " ")))
		}
		text += " that is asked for: found " + words.Join(found)
	}
	text += "; asked for are keys of " + words.Join(e.Owners)
	for _, err := range e.LeftOut {
		text += "; left out: " + err.Error()
	}
	return text
}

// Unwrap returns the error with the fingerprints, and why keys were left out.
func (e *NotAskedForError) Unwrap() []error { return append([]error{e.NoKeyError}, e.LeftOut...) }

// Hint says how to use a card that was left out, which may be the one, or where
// keys are looked for.
func (e *NotAskedForError) Hint() string {
	for _, err := range e.LeftOut {
		var h hinted
		if errors.As(err, &h) && !is[*piv.UnusableKeyError](err) {
			return "your key may be on what was left out: " + h.Hint()
		}
	}
	return "plug in your card, or put your key file and its .pub file into " + quoted(e.Folder)
}

// reasons are errors with what to do about them.
func reasons(errs []error) []string {
	var list []string
	for _, err := range errs {
		text := err.Error()
		var h hinted
		if errors.As(err, &h) {
			text += " (" + h.Hint() + ")"
		}
		list = append(list, text)
	}
	return list
}

// UnaskedError is a search that found no wanted key, on a computer that could
// not look everywhere.
type UnaskedError struct {
	NoKey   *NotAskedForError
	Reasons []error // why cards could not be asked
}

func (e *UnaskedError) Error() string {
	text := e.NoKey.Error()
	for _, reason := range e.Reasons {
		text += "; no YubiKey could be asked: " + reason.Error()
	}
	return text
}

// Unwrap returns what was looked for, and why not everywhere.
func (e *UnaskedError) Unwrap() []error { return append([]error{e.NoKey}, e.Reasons...) }

// Hint says how to look everywhere.
func (e *UnaskedError) Hint() string {
	text := e.NoKey.Hint()
	for _, reason := range e.Reasons {
		var h hinted
		if errors.As(reason, &h) {
			text += "; for a YubiKey: " + h.Hint()
		}
	}
	return text
}

// path is a file name as the user means it.
func (c *command) path(name string) string { return frame.Path(c.env.Dir, name) }
