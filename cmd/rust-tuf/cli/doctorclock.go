package cli

import (
	"context"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
)

// quiet is how long a repository may be left alone before the clock is doubted:
// every one has something to renew once a year, and some months to do it in.
const quiet = 400 * 24 * time.Hour

// clock compares this computer's time with the instants that the repository
// claims to have seen already. What an event claims was judged by a gate with a
// clock of its own; what a commit claims can only take a doubt away.
func (d *diagnosis) clock(ctx context.Context) {
	var newest time.Time
	for _, list := range [][]*metadata.Event{d.w.repo.Closed, d.w.repo.Open} {
		for _, e := range list {
			newest = later(newest, e.Opened)
		}
	}
	if d.now.Before(newest) {
		d.line(markWrong, "clock", "set this computer's clock", "this computer's clock says %s, but the newest event was opened at %s", words.Date(d.now), words.Date(newest))
		return
	}
	committed, err := d.w.git.Committed(ctx, d.w.head)
	if err != nil {
		d.ails(markWarning, "git", "`git fsck` tells what is wrong with this clone", err)
	}
	if newest = later(newest, committed); !newest.IsZero() && d.now.Sub(newest) > quiet {
		d.line(markWarning, "clock", "compare it with another clock, and set it if it is ahead",
			"this computer's clock says %s, %d days after the newest event and the newest commit here: either nobody has worked here since, or it is ahead", words.Date(d.now), int(d.now.Sub(newest).Hours()/24))
		return
	}
	d.line(markOK, "clock", "", "the clock says %s, after everything that this repository has seen", words.Date(d.now))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
