package dirstore

import (
	"fmt"
	"io/fs"
	"time"
)

// PermissionError says that somebody else can write to what only its owner
// may: a folder or a file of the store.
type PermissionError struct {
	Path  string
	Mode  fs.FileMode
	Owner int // the user id of the owner, if it is neither the caller's nor 0; else -1
}

func (e *PermissionError) Error() string {
	if e.Owner >= 0 {
		return fmt.Sprintf("%s belongs to user %d, who could change what is trusted here; use a folder of your own", e.Path, e.Owner)
	}
	return fmt.Sprintf("%s can be written by others (mode %04o), so what it holds cannot be trusted; remove the folder, or if you know who wrote to it, chmod go-w", e.Path, e.Mode.Perm())
}

// KindError is a path that should be a plain file or a folder and is something
// else: a symbolic link, a pipe.
type KindError struct {
	Path string
	Want string
	Mode fs.FileMode
}

func (e *KindError) Error() string {
	found := "something else"
	switch {
	case e.Mode&fs.ModeSymlink != 0:
		found = "a symbolic link, which is not followed"
	case e.Mode.IsDir():
		found = "a folder"
	case e.Mode.IsRegular():
		found = "a file"
	case e.Mode&fs.ModeNamedPipe != 0:
		found = "a pipe"
	}
	return fmt.Sprintf("%s is %s, must be %s", e.Path, found, e.Want)
}

// LockedError says that another process holds the lock for longer than
// Options.LockWait.
type LockedError struct {
	Path  string
	After time.Duration
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("%s is held by another process for more than %s; end that process, then try again", e.Path, e.After)
}

// NameError is a name that cannot be one of a file in a mirror.
type NameError struct {
	Name string
}

func (e *NameError) Error() string {
	return fmt.Sprintf("%.80q is no name of a file below a folder", e.Name)
}
