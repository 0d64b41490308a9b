package frame

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// WriteNew makes a file that is there in full or not at all: it gets its name
// last. One that holds these very bytes already, from an earlier run or from one
// beside this, is taken, and so is the name of an empty one, which is what a kill
// in moveToNew leaves; any other is left alone ([fs.ErrExist]). A kill may leave a
// hidden file ".NAME.RANDOM.tmp" beside it, which nothing reads.
func WriteNew(path string, data []byte, mode fs.FileMode) error {
	return newFile{path, data, mode, os.Link}.write()
}

type newFile struct {
	path string
	data []byte
	mode fs.FileMode
	link func(from, to string) error // gives a file a second name
}

func (n newFile) write() error {
	if n.isThere() {
		return nil
	}
	tmp, err := n.hidden()
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	// Another run may give the name at any moment, empty first or whole at once.
	for range 3 {
		if err = n.name(tmp); err == nil {
			return syncFolder(filepath.Dir(n.path))
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		if n.isThere() {
			return nil
		}
	}
	return &fs.PathError{Op: "create", Path: n.path, Err: fs.ErrExist}
}

// name gives the whole file its name.
func (n newFile) name(tmp string) error {
	if isEmptyFile(n.path) {
		return os.Rename(tmp, n.path)
	}
	err := n.link(tmp, n.path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = n.moveToNew(tmp)
	}
	return err
}

// isThere tells whether an ordinary file holds these bytes already.
func (n newFile) isThere() bool {
	info, err := os.Lstat(n.path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	there, err := ReadBounded(n.path, int64(len(n.data)))
	return err == nil && bytes.Equal(there, n.data)
}

// hidden writes the data beside the path, under a name that no other run uses.
func (n newFile) hidden() (tmp string, err error) {
	tmp = filepath.Join(filepath.Dir(n.path), "."+strings.TrimPrefix(filepath.Base(n.path), ".")+"."+rand.Text()+".tmp")
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, n.mode)
	if err != nil {
		return "", err
	}
	_, err = f.Write(n.data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(tmp))
	}
	return tmp, nil
}

// moveToNew is for file systems without second names, as most sticks have: the
// name is taken first, by exclusive creation, and then given to the file. A kill
// in between leaves an empty file, which no reader takes for a whole one and the
// next run fills.
func (n newFile) moveToNew(tmp string) error {
	f, err := os.OpenFile(n.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, n.mode)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp, n.path); err != nil {
		return errors.Join(err, os.Remove(n.path)) // the name is this run's own
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
