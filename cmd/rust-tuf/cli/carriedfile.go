package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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

// writeCarried makes a file that is carried by hand: there in full, or not at
// all. One that holds these very bytes already, from an earlier run, is taken,
// and so is the name of an empty one, which is what a kill in moveToNew leaves;
// any other is left alone (*FileTakenError). A kill may leave a hidden file
// ".NAME.RANDOM.tmp" beside it, which nothing reads. link gives a file a second
// name, as os.Link does.
func writeCarried(taken FileTakenError, data []byte, link func(from, to string) error) error {
	if there, err := frame.ReadBounded(taken.Path, int64(len(data))); err == nil && bytes.Equal(there, data) {
		return nil
	}
	tmp, err := syncedCopy(taken.Path, data)
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	if isEmptyFile(taken.Path) {
		err = os.Rename(tmp, taken.Path)
	} else if err = link(tmp, taken.Path); err != nil && !errors.Is(err, fs.ErrExist) {
		err = moveToNew(tmp, taken.Path)
	}
	if errors.Is(err, fs.ErrExist) {
		return &taken
	}
	if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(taken.Path))
}

// syncedCopy writes data beside path, under a hidden name of its own.
func syncedCopy(path string, data []byte) (tmp string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// moveToNew is for file systems without second names, as most sticks have: the
// name is taken first, by exclusive creation, and then given to the file. A kill
// in between leaves an empty file, which no reader takes for a whole one and the
// next run fills.
func moveToNew(tmp, path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return errors.Join(err, os.Remove(path)) // the name is this run's own
	}
	return nil
}

// isEmptyFile tells whether an ordinary file is there in which nothing can be
// lost.
func isEmptyFile(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() == 0
}

// syncFolder makes names durable, where the system can do that for a folder.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = f.Sync() // Windows, and some sticks, know no such thing
	return f.Close()
}
