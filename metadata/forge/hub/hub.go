package hub

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// Hub is one repository of a forge. It is safe for use by several goroutines if its
// API is.
type Hub struct {
	api API
	c   Config

	mu   sync.Mutex
	self string // login that the token writes as; empty until asked
}

var (
	_ forge.Opener    = (*Hub)(nil)
	_ forge.Reviewer  = (*Hub)(nil)
	_ forge.Merger    = (*Hub)(nil)
	_ forge.Caretaker = (*Hub)(nil)
)

// Config is what differs between forges, and between one use of them and another.
type Config struct {
	Where  string // the repository, for errors
	Token  forge.Token
	Obtain string // how to come by a token, for the hint of an error
	Needs  Needs
	// Page is where every page of a pull request is, whatever an answer says.
	Page func(number int) string
	Options
}

// Options are what a client of a forge may be told. The zero value is good.
type Options struct {
	// Login is who the token writes as; empty: the forge is asked.
	Login string
	// API is the address of the interface; empty: it follows from the address of
	// the repository. It is https, or an address of this machine.
	API string
	// Timeout is for one request with its whole answer; 0: half a minute.
	Timeout time.Duration
	// Now and Wait are the clock; nil: that of the system.
	Now  func() time.Time
	Wait func(context.Context, time.Duration) error
}

// AddressError is an address at which no repository of a forge can be.
type AddressError struct {
	Address string
	Forge   string // "GitHub"
	Reason  string
}

func (e *AddressError) Error() string {
	return fmt.Sprintf("%s is no address of a repository on %s: %s", e.Address, e.Forge, e.Reason)
}

// Hint names the next step.
func (e *AddressError) Hint() string { return "`git remote -v` shows the address of each remote" }

// New makes a hub of an API. Nothing is asked yet.
func New(api API, c Config) *Hub {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Wait == nil {
		c.Wait = wait
	}
	return &Hub{api: api, c: c, self: c.Login}
}

// Token is what it acts with; absent without one.
func (h *Hub) Token() forge.Token { return h.c.Token }

// nameForm is an owner, a repository or the file of a workflow: what stands
// between two slashes of an address as it is.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// IsName tells whether a text can stand between two slashes of an address.
func IsName(s string) bool {
	return len(s) <= 100 && nameForm.MatchString(s) && strings.Trim(s, ".") != ""
}

// commitForm is the full name of a commit.
var commitForm = regexp.MustCompile(`^[0-9a-f]+$`)

// IsCommit tells whether a commit is named in full.
func IsCommit(c git.Commit) bool {
	return (len(c) == 40 || len(c) == 64) && commitForm.MatchString(string(c))
}

// wait waits in real time.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Cut shortens a line to so many characters.
func Cut(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}
