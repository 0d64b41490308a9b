package rehearsal

import "fmt"

// UnplayableError is an event, or a history, of which no parallel can be made.
type UnplayableError struct {
	Event  string // that cannot be played
	Reason string
}

func (e *UnplayableError) Error() string {
	return fmt.Sprintf("event %s cannot be rehearsed: %s", e.Event, e.Reason)
}

// FailedError is a rehearsal after which not every client got what it has to.
type FailedError struct {
	Event   string
	Clients []Client // all of them
}

func (e *FailedError) Error() string {
	failed, first := 0, ""
	for _, c := range e.Clients {
		if c.Err != nil {
			if failed++; failed == 1 {
				first = fmt.Sprintf("%s: %v", c, c.Err)
			}
		}
	}
	return fmt.Sprintf("after event %s, %d of %d clients would not get through; the first: %s", e.Event, failed, len(e.Clients), first)
}
