package frame

import (
	"io"
	"os"
	"path/filepath"
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
