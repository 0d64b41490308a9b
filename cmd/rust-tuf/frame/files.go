package frame

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Path is a file name as the user of a command in folder dir means it.
func Path(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// ReadBounded reads one byte more than the limit, so that whoever judges the
// content sees that a file is too large without anyone holding it.
func ReadBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// WriteNew creates a file that must not exist, in full or not at all: it gets
// its name last. A kill may leave a hidden file ".NAME.UNIQUE.tmp" beside it,
// which nothing ever reads.
func WriteNew(path string, data []byte, unique string) error {
	tmp := filepath.Join(filepath.Dir(path), "."+strings.TrimPrefix(filepath.Base(path), ".")+"."+unique+".tmp")
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(tmp, path) // refused where the path exists
}
