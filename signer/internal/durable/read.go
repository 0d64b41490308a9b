package durable

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// NotRegularError is a path that should be a file and is something else: a
// symbolic link, a folder, a pipe.
type NotRegularError struct {
	Path string
	Mode fs.FileMode
}

func (e *NotRegularError) Error() string {
	kind := "not a regular file"
	if e.Mode&fs.ModeSymlink != 0 {
		kind = "a symbolic link, which is not followed"
	}
	return fmt.Sprintf("%s is %s", e.Path, kind)
}

// SizeError is a file larger than what the caller is ready to read.
type SizeError struct {
	Path  string
	Limit int64 // bytes
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("%s is larger than %d bytes", e.Path, e.Limit)
}

// Read returns the content and the mode of the regular file at path, which may
// hold at most limit bytes. It follows no symbolic link in the last part of
// path. Errors are *NotRegularError, *SizeError, or the operating system's.
func Read(path string, limit int64) ([]byte, fs.FileMode, error) {
	named, err := os.Lstat(path)
	if err != nil {
		return nil, 0, err
	}
	if !named.Mode().IsRegular() {
		return nil, 0, &NotRegularError{path, named.Mode()}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	opened, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if !os.SameFile(named, opened) { // swapped for a link in between
		return nil, 0, &NotRegularError{path, opened.Mode()}
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, 0, err
	}
	if int64(len(data)) > limit {
		return nil, 0, &SizeError{path, limit}
	}
	return data, opened.Mode(), nil
}
