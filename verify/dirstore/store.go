package dirstore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// Options bounds a store. A field that is zero or negative means the default.
type Options struct {
	// FileBytes is the most that is kept, or read, of one document: 64 MiB,
	// eight times what [verify.DefaultLimits] let pass.
	FileBytes int64
	// LockWait is how long to wait while another process replaces something:
	// 10 s, a thousand times what that takes.
	LockWait time.Duration
	// Separate keeps the document of each delegated role in a file of its own, where
	// other programs can read it, instead of many in one. Of what was kept in the other
	// way nothing is seen; it is fetched again.
	Separate bool
}

const (
	state   = "state"
	lock    = state + "/lock"
	next    = state + "/new"
	floors  = state + "/floors"
	records = state + "/records"
	packed  = state + "/pack-"
)

// Store is a [verify.Store] in a folder. Any number of goroutines and
// processes may use the same folder at once.
type Store struct {
	dir   string
	root  *os.Root
	state *os.Root
	o     Options

	packing sync.Mutex // held while a pack is used
	packs   [packs]pack

	// before, when set, is called with the name of every system call that
	// changes something before it is made; its error is returned in place of
	// the call's. A test stands here to fail, or to die, at each of them.
	before func(call string) error
}

var _ verify.Store = (*Store)(nil)

// Open opens the store in a folder, and makes it, mode 0700, if it is missing.
// [*PermissionError], [*KindError]
func Open(dir string, o Options) (*Store, error) { return open(dir, o, nil) }

func open(dir string, o Options, before func(string) error) (*Store, error) {
	if o.FileBytes <= 0 {
		o.FileBytes = 64 << 20
	}
	if o.LockWait <= 0 {
		o.LockWait = 10 * time.Second
	}
	s := &Store{dir: dir, o: o, before: before}
	for i := range s.packs {
		s.packs[i].name = packed + strconv.Itoa(i)
	}
	if err := s.makeFolder(dir); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	s.root = root
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	if s.state, err = root.OpenRoot(state); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return s, nil
}

// Close releases the folder.
func (s *Store) Close() error { return errors.Join(s.state.Close(), s.root.Close()) }

// in is the folder of a file, and its name there.
func (s *Store) in(name string) (*os.Root, string) {
	if below, ok := strings.CutPrefix(name, state+"/"); ok {
		return s.state, below
	}
	return s.root, name
}

// makeFolder makes a folder and every missing parent.
func (s *Store) makeFolder(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := s.makeFolder(parent); err != nil {
		return err
	}
	if err := s.call("mkdir"); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(parent)
}

// prepare checks who can write here, and makes the subfolder.
func (s *Store) prepare() error {
	if err := s.private(); err != nil {
		return err
	}
	info, err := s.root.Lstat(state)
	if errors.Is(err, fs.ErrNotExist) {
		if err := s.call("mkdir"); err != nil {
			return err
		}
		if err := s.root.Mkdir(state, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := syncFolder(s.dir); err != nil {
			return err
		}
		info, err = s.root.Lstat(state)
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return &KindError{s.path(state), "a folder", info.Mode()}
	}
	return checkPrivate(s.path(state), info)
}

// private checks the folder, and makes an empty one private: there is nothing
// in it that others could have written.
func (s *Store) private() error {
	info, err := s.root.Stat(".")
	if err != nil {
		return err
	}
	refusal := checkPrivate(s.dir, info)
	var permission *PermissionError
	if !errors.As(refusal, &permission) || permission.Owner >= 0 {
		return refusal
	}
	folder, err := s.root.Open(".")
	if err != nil {
		return err
	}
	_, err = folder.ReadDir(1)
	if err := errors.Join(ignore(err, io.EOF), folder.Close()); err != nil {
		return err
	}
	if err == nil {
		return refusal
	}
	return s.root.Chmod(".", 0o700)
}

func ignore(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

// path is a name in the folder as errors show it.
func (s *Store) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// file is the name of a slot in the folder.
func file(slot verify.Slot) (string, error) {
	switch {
	case slot == verify.Slot{}:
		return floors, nil
	case slot == verify.Slot{Version: 1}:
		return records, nil
	case slot.Role == "" || slot.Version < 0:
		return "", fmt.Errorf("there is no slot for version %d of role %.80q", slot.Version, slot.Role)
	case slot.Version == 0:
		return FileName(slot.Role) + ".json", nil
	}
	return state + "/" + strconv.FormatInt(slot.Version, 10) + "." + FileName(slot.Role) + ".json", nil
}

// Load returns the content of a slot: [verify.Store]. Of a file above
// Options.FileBytes it returns one byte more than that; no reader accepts it,
// so that it is replaced. One of many in a file is not found then. [*KindError], [*PermissionError]
func (s *Store) Load(slot verify.Slot) ([]byte, error) {
	name, err := file(slot)
	if err != nil {
		return nil, err
	}
	if readersExcludeWriters {
		unlock, err := s.lock()
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	var raw []byte
	if p, ok := s.packOf(slot); ok {
		if raw, err = s.loadPacked(p, slot.Role); err == nil && raw == nil {
			err, name = fs.ErrNotExist, p.name
		}
	} else {
		raw, err = s.read(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", s.path(name), verify.ErrNotFound)
	}
	return raw, err
}

// open opens a plain file that nobody else can write to.
func (s *Store) open(name string, flags int) (*os.File, fs.FileInfo, error) {
	dir, short := s.in(name)
	named, err := dir.Lstat(short)
	if err != nil {
		return nil, nil, err
	}
	if !named.Mode().IsRegular() {
		return nil, nil, &KindError{s.path(name), "a plain file", named.Mode()}
	}
	f, err := dir.OpenFile(short, flags, 0)
	if err != nil {
		return nil, nil, err
	}
	opened, err := f.Stat()
	if err == nil {
		err = checkPrivate(s.path(name), opened)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, opened, nil
}

// read returns the content of a file, never nil.
func (s *Store) read(name string) (raw []byte, err error) {
	f, opened, err := s.open(name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content := bytes.NewBuffer(make([]byte, 0, min(opened.Size(), s.o.FileBytes)+bytes.MinRead))
	_, err = content.ReadFrom(io.LimitReader(f, s.o.FileBytes+1))
	return content.Bytes(), err
}

// Swap compares and replaces: [verify.Store]. Content above Options.FileBytes
// is a [*verify.LimitError]. [*LockedError], [*KindError], [*PermissionError]
func (s *Store) Swap(slot verify.Slot, old, content []byte) error {
	name, err := file(slot)
	if err != nil {
		return err
	}
	if int64(len(content)) > s.o.FileBytes {
		return &verify.LimitError{What: "bytes of " + s.path(name), Limit: s.o.FileBytes, Found: int64(len(content))}
	}
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if p, ok := s.packOf(slot); ok {
		return s.swapPacked(p, slot.Role, old, content)
	}
	have, err := s.read(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	switch {
	case (have == nil) != (old == nil) || !bytes.Equal(have, old):
		return fmt.Errorf("%s: %w", s.path(name), verify.ErrSwapped)
	case content == nil && have == nil:
		return nil
	case content == nil:
		return s.remove(name, slot.Durable())
	}
	return s.replace(name, content, slot.Durable())
}
