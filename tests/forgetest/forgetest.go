// Package forgetest is what the tests of every forge's client share: a clock, the
// faults of a server, and what is asserted of a refusal. Only tests import it.
package forgetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// Secret is the value of the token that the tests use.
const Secret = "ghp_0123456789abcdefghij"

// Noon is when every clock begins.
var Noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// Commits: Judged is the head of each pull request, Another is any other, and Made
// is what a merge makes.
const (
	Judged  = git.Commit("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	Another = git.Commit("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")
	Made    = git.Commit("cccccccccccccccccccccccccccccccccccccccc")
)

// Proposal is the pull request of a signature, from a fork.
func Proposal() forge.Proposal {
	return forge.Proposal{From: "alice/tuf-root", Branch: "sign/event/root/alice-1234", Base: "main", Title: "sign: root version 2 by alice", Body: "one signature"}
}

// Merge is its merge, if it is the first pull request.
func Merge() forge.Merge {
	return forge.Merge{Number: 1, Head: Judged, Base: "main", Title: "sign: root version 2 by alice (#1)", Message: "Event e, digest d."}
}

// Clock stands still until somebody waits.
type Clock struct {
	Time   time.Time
	Pauses []time.Duration
}

// NewClock is a clock at noon.
func NewClock() *Clock { return &Clock{Time: Noon} }

// Now reads the clock.
func (c *Clock) Now() time.Time { return c.Time }

// Wait lets a pause go by at once.
func (c *Clock) Wait(_ context.Context, d time.Duration) error {
	c.Time = c.Time.Add(d)
	c.Pauses = append(c.Pauses, d)
	return nil
}

// Refused asserts the type of an error and words of it and its hint, and that the
// token is in neither.
func Refused[E error](t *testing.T, err error, words ...string) E {
	t.Helper()
	var e E
	if !errors.As(err, &e) {
		t.Fatalf("the error is %T: %v; want %T", err, err, e)
	}
	text := err.Error()
	if h, ok := any(e).(interface{ Hint() string }); ok {
		text += "\n" + h.Hint()
	} else {
		t.Errorf("%T names no next step", e)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("the error is\n%s\nit lacks %q", text, w)
		}
	}
	if strings.Contains(text, Secret) {
		t.Errorf("the error shows the token: %s", text)
	}
	return e
}

// HidesToken asserts that the token is in nothing that can be printed of a client
// or of a refusal, which quotes it: a [*forge.PermissionError].
func HidesToken(t *testing.T, client any, err error) {
	t.Helper()
	e := Refused[*forge.PermissionError](t, err, "who are you, [token]?")
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v", client, client, client), fmt.Sprintf("%v %+v %#v %x", e, *e, *e, e.Token), string(text)} {
		if strings.Contains(shown, Secret) || strings.Contains(shown, fmt.Sprintf("%x", Secret)) {
			t.Errorf("it is in %s", shown)
		}
	}
}
