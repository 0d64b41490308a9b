package main

import (
	"os"
	"syscall"
)

// Tests make thousands of small files, which is a fifth of their time on a disk.
const (
	memory = "/dev/shm" // where Linux has a file system in memory
	enough = 4 << 30    // bytes that must be free there: many times what the tests leave at once

	noexec = 8 // ST_NOEXEC of statvfs(3): tests also run what they have built
)

// inMemory is a folder in memory for what tests write, or "" where there is no room for one, or no
// memory to keep it in. Whoever asks removes it.
func inMemory() string {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(memory, &fs); err != nil || int64(fs.Bavail)*int64(fs.Bsize) < enough || fs.Flags&noexec != 0 {
		return ""
	}
	folder, err := os.MkdirTemp(memory, "rt") // short: the path of a socket has at most 107 bytes
	if err != nil {
		return ""
	}
	return folder
}
