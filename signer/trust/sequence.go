package trust

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rust-lang/rust-tuf/signer/internal/durable"
)

const (
	recordSuffix    = ".json"
	signatureSuffix = ".signature.json"
)

// sequence is a folder of files 1.json, 2.json, … that are written once. Its
// exclusive creation of the next number is the compare-and-swap on which the
// pin and the ledger stand.
type sequence struct {
	disk durable.Disk
	dir  string
	size int64 // limit of one file, bytes
	most int   // limit of files
}

func (s sequence) path(n int) string {
	return filepath.Join(s.dir, strconv.Itoa(n)+recordSuffix)
}

func (s sequence) signaturePath(n int) string {
	return filepath.Join(s.dir, strconv.Itoa(n)+signatureSuffix)
}

// read returns the content of all files, the first at index 0. It asks for one
// number after the other, since a listing made while others create files may
// hold a later one and miss an earlier one.
func (s sequence) read() ([][]byte, error) {
	var all [][]byte
	for {
		data, _, err := durable.Read(s.path(len(all)+1), s.size)
		if err == nil {
			if all = append(all, data); len(all) > s.most {
				return nil, &StateError{Path: s.dir, Reason: fmt.Sprintf("more than %d files", s.most)}
			}
			continue
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, s.asStateError(s.path(len(all)+1), err)
		}
		grown, err := s.check(len(all))
		if err != nil {
			return nil, err
		}
		if !grown {
			return all, nil
		}
	}
}

// check looks for files that a sequence of n files does not have. If there are
// some because it grew since it was counted, it says so.
func (s sequence) check(n int) (grown bool, err error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".") { // left behind by a process that died
			continue
		}
		number, ok := strings.CutSuffix(name, signatureSuffix)
		if !ok {
			number, ok = strings.CutSuffix(name, recordSuffix)
		}
		m, convErr := strconv.Atoi(number)
		if !ok || convErr != nil || m < 1 || strconv.Itoa(m) != number {
			return false, &StateError{Path: filepath.Join(s.dir, name), Reason: "not a file of this folder"}
		}
		if m <= n {
			continue
		}
		if _, err := os.Lstat(s.path(n + 1)); err != nil {
			return false, &StateError{Path: filepath.Join(s.dir, name), Reason: fmt.Sprintf("number %d is missing before it", n+1)}
		}
		return true, nil
	}
	return false, nil
}

// create writes number n. If it exists the error satisfies fs.ErrExist.
func (s sequence) create(n int, data []byte) error {
	if n > s.most {
		return &StateError{Path: s.dir, Reason: fmt.Sprintf("more than %d files", s.most)}
	}
	if err := s.disk.MakeFolder(s.dir); err != nil {
		return err
	}
	return s.disk.Create(s.path(n), data)
}

// sync makes sure that what others have created here is on the disk.
func (s sequence) sync() error {
	if err := s.disk.MakeFolder(s.dir); err != nil {
		return err
	}
	return s.disk.SyncFolder(s.dir)
}

func (s sequence) asStateError(path string, err error) error {
	var kind *durable.NotRegularError
	var size *durable.SizeError
	if errors.As(err, &kind) || errors.As(err, &size) {
		return &StateError{path, "not a file of this folder", err}
	}
	return err
}
