// Package forgetest is what the tests of every forge's client share: a clock, the
// faults of a server, and what is asserted of a refusal. Only tests import it.
package forgetest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Secret is the value of the token that the tests use.
const Secret = "ghp_0123456789abcdefghij"

// Noon is when every clock begins.
var Noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

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

// Faults are what goes wrong with the next requests at a server.
type Faults struct {
	mu   sync.Mutex
	list []*Fault
}

// Fault is what goes wrong with requests that begin so.
type Fault struct {
	Late  bool             // after the server has done what was asked
	Serve http.HandlerFunc // nil: what was asked is answered

	request string // "POST pulls"
	times   int
}

// Fail makes the next requests of a kind fail; late: after they have had effect.
func (f *Faults) Fail(request string, times int, late bool, serve http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, &Fault{late, serve, request, times})
}

// Next is what goes wrong with a request; nil for nothing.
func (f *Faults) Next(request string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.list {
		if one.times > 0 && strings.HasPrefix(request, one.request) {
			one.times--
			return one
		}
	}
	return nil
}

// Says answers with a status, headers in pairs, and an object.
func Says(status int, object map[string]any, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(object)
	}
}
