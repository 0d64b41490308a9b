//go:build unix

package dirstore

import (
	"io/fs"
	"os"
	"syscall"
	"testing"
)

// owned is a private file as the system would describe it if it belonged to
// another user.
type owned struct {
	fs.FileInfo
	by int
}

func (o owned) Sys() any { return &syscall.Stat_t{Uid: uint32(o.by)} }

func TestStrangersFolder(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o700))
	info, err := os.Stat(dir)
	must(t, err)
	for _, by := range []int{0, os.Geteuid()} {
		must(t, checkPrivate(dir, owned{info, by}))
	}
	stranger := os.Geteuid() + 12345
	err = checkPrivate(dir, owned{info, stranger})
	if e := refused[*PermissionError](t, err, dir+" belongs to user ", "who could change what is trusted here; use a folder of your own"); e.Owner != stranger {
		t.Errorf("%+v", e)
	}
}
