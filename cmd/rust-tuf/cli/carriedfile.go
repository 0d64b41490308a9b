package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
)

// FileTakenError is a file that a command would make and that holds something
// else already.
type FileTakenError struct {
	Path string
	What string // that would be written: "bundle", "answer"
	Flag string // that names another file
}

func (e *FileTakenError) Error() string {
	return fmt.Sprintf("%s exists already, and is not this %s; nothing was written", e.Path, e.What)
}

// Hint names the one next step.
func (e *FileTakenError) Hint() string {
	return fmt.Sprintf("move that file away, or name another one with %s", e.Flag)
}

// writeCarried makes a file that is carried by hand, as [frame.WriteNew] does; one
// that holds something else is left alone (*FileTakenError).
func writeCarried(taken FileTakenError, data []byte) error {
	err := frame.WriteNew(taken.Path, data, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return &taken
	}
	return err
}
