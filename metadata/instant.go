package metadata

import (
	"fmt"
	"time"
)

// InstantError is an event whose opening instant cannot be right.
type InstantError struct {
	Event   string
	Opened  time.Time // as the event claims
	Now     time.Time // zero if Before is set
	Before  string    // the event, opened later, that made the version on which this one builds
	Role    string    // of the payload that builds on it, or that has expired; empty if Opened is in the future
	Version int64     // of that payload
	Expires time.Time // of that payload
}

func (e *InstantError) Error() string {
	opened := e.Opened.Format(time.RFC3339)
	switch {
	case e.Before != "":
		return fmt.Sprintf("event %s says that it was opened at %s, before event %s, which made the version that %s version %d builds on; set this computer's clock and propose it again",
			e.Event, opened, e.Before, e.Role, e.Version)
	case e.Role == "":
		return fmt.Sprintf("event %s says that it was opened at %s, but now it is %s: every lifetime would count from the future; propose it again, or set this computer's clock",
			e.Event, opened, e.Now.Format(time.RFC3339))
	}
	return fmt.Sprintf("event %s was opened at %s: %s version %d would have expired already, at %s; propose it again",
		e.Event, opened, e.Role, e.Version, e.Expires.Format(time.RFC3339))
}

// CheckOpened holds an event to a clock: its opening instant, from which every
// lifetime counts, is chosen by whoever proposes it. An instant in the future
// would make a version outlive what the policy allows, one long ago would
// publish a version that has expired. now is read by the caller, once. The
// error is an *InstantError.
func (s *Standing) CheckOpened(now time.Time) error {
	e := &InstantError{Event: s.Event.Name, Opened: s.Event.Opened, Now: now}
	if s.Event.Opened.After(now.Add(maxClockSkew)) {
		return e
	}
	for _, p := range s.Payloads {
		if !now.Before(p.Document.Expires()) {
			e.Role, e.Version, e.Expires = p.Role, p.Version, p.Document.Expires()
			return e
		}
	}
	return nil
}

// checkOrder refuses a payload that claims to be older than the version it
// builds on. It needs no clock: both instants are in the tree.
func (t *Trusted) checkOrder(e *Event, p *Payload) error {
	if p.Version == 1 {
		return nil
	}
	made := t.repo.publishedBy(p.Role, p.Version-1, p.Base)
	if made == nil || !e.Opened.Before(made.Opened.Add(-maxClockSkew)) {
		return nil
	}
	return &InstantError{Event: e.Name, Opened: e.Opened, Before: made.Name, Role: p.Role, Version: p.Version}
}
