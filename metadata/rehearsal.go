package metadata

import "fmt"

// Rehearsing reads a repository of which everything is a rehearsal: of a
// rehearsed policy, and nothing else, it judges what is made. Nothing but Go
// code can say so; no file of a repository, no flag and no variable does.
func Rehearsing() Option {
	return func(r *Repository) { r.rehearsing = true }
}

// RehearsalError is an event of a rehearsal where a real one belongs, or the
// reverse.
type RehearsalError struct {
	Event   string
	Role    string
	Version int64
	Real    bool // the event is real, and met in a rehearsal
}

func (e *RehearsalError) Error() string {
	if e.Real {
		return fmt.Sprintf("event %s: %s version %d is real and does not belong into a rehearsal", e.Event, e.Role, e.Version)
	}
	return fmt.Sprintf("event %s: %s version %d comes from a rehearsal with throw-away keys and counts for nothing here; do not sign it, and ask whoever brought it", e.Event, e.Role, e.Version)
}

// checkRehearsal keeps rehearsals and what is real apart.
func (r *Repository) checkRehearsal(e *Event) error {
	for _, p := range e.Payloads {
		if p.Charter.Rehearsal != r.rehearsing {
			return &RehearsalError{Event: e.Name, Role: p.Role, Version: p.Version, Real: r.rehearsing}
		}
	}
	return nil
}
