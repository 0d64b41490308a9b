package dirstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// lock waits until no other process replaces anything. The lock ends with
// unlock, or with this process.
func (s *Store) lock() (unlock func(), err error) {
	dir, name := s.in(lock)
	f, err := dir.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for began := time.Now(); ; {
		locked, err := tryLock(f)
		if err != nil {
			return nil, errors.Join(&os.PathError{Op: "lock", Path: s.path(lock), Err: err}, f.Close())
		}
		if locked {
			return func() { f.Close() }, nil // which unlocks
		}
		if time.Since(began) > s.o.LockWait {
			return nil, errors.Join(&LockedError{s.path(lock), s.o.LockWait}, f.Close())
		}
		<-time.After(5 * time.Millisecond)
	}
}

// replace puts content in the place of a file, durably if it must survive a
// power failure. The caller has the lock, so that nobody else uses the name of
// the next content.
func (s *Store) replace(name string, content []byte, durable bool) error {
	if err := s.write(content, durable); err != nil {
		return err
	}
	if err := s.call("rename"); err != nil {
		return err
	}
	if err := rename(s.root, s.dir, next, name); err != nil {
		return err
	}
	return s.sync(name, durable)
}

// create makes the file for the next content. One that is there already was left
// by a process that was killed.
func (s *Store) create() (*os.File, error) {
	dir, name := s.in(next)
	for try := 1; ; try++ {
		if err := s.call("create"); err != nil {
			return nil, err
		}
		f, err := dir.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) || try > 1 {
			return f, err
		}
		if err := s.call("unlink"); err != nil {
			return nil, err
		}
		if err := dir.Remove(name); err != nil {
			return nil, err
		}
	}
}

// write writes the next content, and syncs it if that must survive a power
// failure.
func (s *Store) write(content []byte, durable bool) (err error) {
	f, err := s.create()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := s.writeAt(f, 0, content); err != nil {
		return err
	}
	if !durable {
		return nil
	}
	if err := s.call("fsync"); err != nil {
		return err
	}
	return f.Sync()
}

// writeAt writes at an offset: in two halves, for a test that dies between them.
func (s *Store) writeAt(f *os.File, offset int64, content []byte) error {
	if s.before == nil {
		_, err := f.WriteAt(content, offset)
		return err
	}
	half := len(content) / 2
	for _, part := range [][]byte{content[:half], content[half:]} {
		if err := s.call("write"); err != nil {
			return err
		}
		if _, err := f.WriteAt(part, offset); err != nil {
			return err
		}
		offset += int64(half)
	}
	return nil
}

// remove removes a file, durably if that must survive a power failure.
func (s *Store) remove(name string, durable bool) error {
	if err := s.call("unlink"); err != nil {
		return err
	}
	if err := s.root.Remove(name); err != nil {
		return err
	}
	return s.sync(name, durable)
}

// sync returns when the name of a file is on the disk, if it must be.
func (s *Store) sync(name string, durable bool) error {
	if !durable {
		return nil
	}
	if err := s.call("fsync folder"); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(s.path(name)))
}

func (s *Store) call(name string) error {
	if s.before == nil {
		return nil
	}
	return s.before(name)
}
