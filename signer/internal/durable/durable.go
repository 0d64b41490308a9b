// Package durable creates files that are on the disk in full, or not there at
// all.
//
// There is no operation that changes or replaces a file. State moves forward
// by creating the next name, and creating a name that exists is refused by the
// operating system: exclusive creation is the compare-and-swap, so nothing here
// takes a lock and nothing has to be cleaned up after a kill.
//
// A process that dies in between may leave a hidden file ".NAME.RANDOM.tmp"
// beside the one it wanted to create. Nothing ever reads it.
package durable

import (
	"os"
	"path/filepath"
)

// Disk is the way to the file system. The zero value is ready for use.
type Disk struct {
	// Before, when set, is called with the name of every system call that
	// matters before it is made; its error is returned in place of the call's.
	// A test stands in its place to fail, or to die, at each of them.
	Before func(call string) error
}

// Create writes data to a new file at path, mode 0600, and returns when file
// and name are on the disk. An existing path, of whatever kind, is left alone:
// the error then satisfies errors.Is(err, fs.ErrExist), and so it is for all
// but one of several processes that create the same path at once.
//
// After any other error the file is either absent or complete; whoever calls
// again learns which. Expected system calls on Unix:
//
//	openat(dir/.NAME.RANDOM.tmp, O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0600)
//	write(data)
//	fsync
//	close
//	linkat(tmp, path)       EEXIST if path exists, even as a dangling symlink
//	unlinkat(tmp)
//	openat(dir), fsync, close
//
// and on Windows, where folders cannot be synced:
//
//	CreateFile(tmp, CREATE_NEW), WriteFile, FlushFileBuffers, CloseHandle
//	MoveFileEx(tmp, path, MOVEFILE_WRITE_THROUGH)   without REPLACE_EXISTING
func (d Disk) Create(path string, data []byte) error {
	dir, name := filepath.Split(path)
	tmp, err := d.temporary(dir, name, data)
	if err != nil {
		return err
	}
	defer os.Remove(tmp) // a leftover is hidden and read by nobody
	if err := d.before("link"); err != nil {
		return err
	}
	if err := publish(tmp, path); err != nil {
		return err
	}
	if err := d.before("unlink"); err != nil {
		return err
	}
	if err := os.Remove(tmp); err != nil && !os.IsNotExist(err) {
		return err
	}
	return d.SyncFolder(dir)
}

// temporary writes data to a new hidden file in dir and syncs it.
func (d Disk) temporary(dir, name string, data []byte) (tmp string, err error) {
	if err := d.before("open"); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(folder(dir), "."+name+".*.tmp") // mode 0600
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := d.before("write"); err != nil {
		return "", err
	}
	if _, err := f.Write(data); err != nil {
		return "", err
	}
	if err := d.before("fsync"); err != nil {
		return "", err
	}
	if err := f.Sync(); err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	return f.Name(), nil
}

// MakeFolder makes the folder at path, mode 0700, and every missing parent,
// and returns when their names are on the disk. A folder that exists already
// keeps its mode; its name is synced all the same, because whoever made it may
// have died before doing so. Expected system calls, per missing folder:
//
//	mkdirat(path, 0700)
//	openat(parent), fsync, close
func (d Disk) MakeFolder(path string) error {
	parent := filepath.Dir(path)
	if _, err := os.Stat(parent); os.IsNotExist(err) && parent != path {
		if err := d.MakeFolder(parent); err != nil {
			return err
		}
	}
	if err := d.before("mkdir"); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		if info, statErr := os.Stat(path); statErr != nil || !info.IsDir() {
			return err
		}
	}
	return d.SyncFolder(parent)
}

// SyncFolder returns when the names in the folder at path are on the disk.
// Whoever finds a file that another process created, and is about to rely on
// it, calls this first.
func (d Disk) SyncFolder(path string) error {
	if err := d.before("fsync folder"); err != nil {
		return err
	}
	return syncFolder(folder(path))
}

func (d Disk) before(call string) error {
	if d.Before == nil {
		return nil
	}
	return d.Before(call)
}

// folder turns the empty folder part of a bare file name into one to open.
func folder(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}
