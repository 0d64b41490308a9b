package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/internal/private"
)

// Source is a folder of key files. The folder need not exist.
type Source struct {
	Dir string
}

var _ signer.Source = Source{}

// Keys returns the keys in the folder, ordered by name. A file that cannot be
// used is named through ui.Message, with the reason, which ui.LeftOut is given,
// and left out. A folder that
// other people can change is refused: *signer.PermissionError.
func (s Source) Keys(ctx context.Context, ui signer.UI) ([]signer.Key, error) {
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := private.Folder(s.Dir); err != nil {
		return nil, err
	}
	var keys []signer.Key
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, keySuffix) || strings.HasPrefix(name, ".") {
			continue
		}
		if ctx.Err() != nil {
			return nil, signer.Cancelled(ctx, nil)
		}
		if len(keys) == maxKeys {
			return nil, fmt.Errorf("%s holds more than %d keys; it is not a key folder", s.Dir, maxKeys)
		}
		key, err := Open(filepath.Join(s.Dir, name))
		if err != nil {
			ui.Complete().LeftOut(err)
			if err := ui.Complete().Message(skipped(name, err)); err != nil {
				return nil, err
			}
			continue
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// skipped is the line for a key file that cannot be used.
func skipped(name string, err error) string {
	line := fmt.Sprintf("key file %s is left out: %v", display(name), err)
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		line += " (" + hinted.Hint() + ")"
	}
	return line
}
