package git

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// tries is how often a push or a fetch is sent when it lost a ref to another
// one and that one then came to nothing.
const tries = 5

// busy are words with which git refuses to move a ref that something else
// moves at the same time.
var busy = []string{"stale info", "failed to update ref", "cannot lock ref", "incorrect old value"}

// lost tells whether a push or a fetch failed because of another one.
func lost(err error) bool {
	var failed *RemoteError
	return errors.As(err, &failed) && slices.ContainsFunc(busy, func(words string) bool { return strings.Contains(failed.Output, words) })
}

// pause waits before the next try, unless the context ends first. Git itself
// waits a tenth of a second for a ref that is locked.
func pause(ctx context.Context, try int) error {
	timer := time.NewTimer(time.Duration(try) * 50 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
