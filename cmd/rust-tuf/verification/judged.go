package verification

import (
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/spf13/cobra"
)

// judged is the instant for which a verdict is given.
type judged struct {
	At    time.Time `json:"judged_at"`
	Given bool      `json:"time_given"` // the instant was given, not read from the clock
}

func atFlag(cmd *cobra.Command, at *string) {
	cmd.Flags().StringVar(at, "at", "", "judge expiry at this `time` (2026-11-22 or 2026-11-22T12:00:00Z) instead of now; the verdict says so")
}

// judged reads the flag, or else the clock.
func (v *verifier) judged(at string) (judged, error) {
	if at == "" {
		return judged{At: v.Now().UTC()}, nil
	}
	given, err := words.ParseInstant(at)
	if err != nil {
		return judged{}, exit.With(exit.Usage, err)
	}
	return judged{given, true}, nil
}

func (j judged) when() string {
	if j.Given {
		return "as of " + words.Date(j.At)
	}
	return "now, " + words.Date(j.At)
}
