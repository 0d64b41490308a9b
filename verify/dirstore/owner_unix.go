//go:build unix

package dirstore

import (
	"io/fs"
	"os"
	"syscall"
)

// stranger is the owner of a file, if that is neither this user nor the
// administrator; else -1.
func stranger(info fs.FileInfo) int {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid == 0 || int(stat.Uid) == os.Geteuid() {
		return -1
	}
	return int(stat.Uid)
}
