package dirstore

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// packs is in how many files the documents of delegated roles are kept: few, so that
// hundreds of new documents make few new files, which are slow on many systems; and
// many, so that whoever looks for one reads over few others.
const packs = 16

// pack is what this process has read of one of these files:
//
//	pack 1 BIRTH
//	NAME LENGTH CHECKSUM
//	…
//	NAME LENGTH CHECKSUM
//	…
//
// NAME is FileName of a role, of which the last entry counts; LENGTH is that of the
// document below in bytes, or "-" for none; CHECKSUM is its CRC-32C. Entries are only
// ever put behind the others, so what was read stays true. When too much does not count
// any more the file is written anew, with another BIRTH, which is a number by chance.
//
// A process that was killed may have left the beginning of an entry at the end, and a
// power failure anything. What has no head, or is not as long as its head says, ends the
// file; the next writer writes it anew. What is not as its checksum says is not there;
// the client verifies what it gets in any case.
type pack struct {
	name  string // of the file
	birth string // its first line, "" if nothing was read
	end   int64  // up to which it was read
	held  map[string]entry
	live  int64 // bytes of all that is held
}

// entry is where a document is.
type entry struct {
	at, length int64
	sum        uint32
}

const (
	packWord = "pack 1 "
	packHead = len(packWord) + 16 + len("\n")

	// headRoom is more than the head of an entry takes, with a FileName of 203 bytes.
	headRoom = 256

	// wasteful is how many bytes beside twice what counts are not worth writing a file anew.
	wasteful = 64 << 10
)

func checksum(content []byte) uint32 {
	return crc32.Checksum(content, crc32.MakeTable(crc32.Castagnoli))
}

// packOf tells whether the documents of a slot are in a pack, and in which.
func (s *Store) packOf(slot verify.Slot) (*pack, bool) {
	if s.o.Separate || slot.Role == "" || slot.Durable() || slot.Role == "targets" {
		return nil, false
	}
	return &s.packs[crc32.ChecksumIEEE([]byte(FileName(slot.Role)))%packs], true
}

// forget begins a file that was never read.
func (p *pack) forget() { p.birth, p.end, p.held, p.live = "", 0, nil, 0 }

// catchUp reads what others have put there; of a document above the bound it knows
// that there is none.
func (p *pack) catchUp(f *os.File, size, most int64) error {
	first := make([]byte, packHead)
	switch n, err := f.ReadAt(first, 0); {
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case n < packHead || !bytes.HasPrefix(first, []byte(packWord)):
		p.forget()
		return nil
	}
	if string(first) != p.birth || size < p.end {
		p.forget()
		p.birth, p.end, p.held = string(first), int64(packHead), map[string]entry{}
	}
	for {
		name, e, ok, err := readHead(f, p.end)
		if err != nil {
			return err
		}
		end := e.at + max(e.length, 0) + int64(len("\n"))
		if !ok || end > size || end < e.at {
			return nil
		}
		p.end = end
		p.live -= p.held[name].length
		delete(p.held, name)
		if 0 <= e.length && e.length <= most {
			p.held[name] = e
			p.live += e.length
		}
	}
}

// readHead reads the head of the entry that begins somewhere, if one does.
func readHead(f *os.File, at int64) (name string, e entry, ok bool, err error) {
	var room [headRoom]byte
	n, err := f.ReadAt(room[:], at)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", entry{}, false, err
	}
	head, _, whole := bytes.Cut(room[:n], []byte("\n"))
	words := strings.Split(string(head), " ")
	if !whole || len(words) != 3 || len(words[2]) != 2*crc32.Size {
		return "", entry{}, false, nil
	}
	length := int64(-1)
	if words[1] != "-" {
		if length, err = strconv.ParseInt(words[1], 10, 64); err != nil || length < 0 {
			return "", entry{}, false, nil
		}
	}
	sum, err := strconv.ParseUint(words[2], 16, 32)
	if err != nil {
		return "", entry{}, false, nil
	}
	return words[0], entry{at + int64(len(head)+len("\n")), length, uint32(sum)}, true, nil
}

// appendEntry puts the entry of a document, nil for none, behind others.
func appendEntry(to []byte, name string, content []byte) []byte {
	length := "-"
	if content != nil {
		length = strconv.Itoa(len(content))
	}
	to = fmt.Appendf(to, "%s %s %08x\n", name, length, checksum(content))
	return append(append(to, content...), '\n')
}

// content returns a document, nil if there is none that is whole.
func (p *pack) content(f *os.File, name string) ([]byte, error) {
	e, ok := p.held[name]
	if !ok {
		return nil, nil
	}
	content := make([]byte, e.length)
	if _, err := f.ReadAt(content, e.at); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if checksum(content) != e.sum {
		return nil, nil
	}
	return content, nil
}

// loadPacked returns the document of a role, nil for none.
func (s *Store) loadPacked(p *pack, role string) ([]byte, error) {
	s.packing.Lock()
	defer s.packing.Unlock()
	f, info, err := s.open(p.name, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := p.catchUp(f, info.Size(), s.o.FileBytes); err != nil {
		return nil, err
	}
	return p.content(f, FileName(role))
}

// swapPacked is Swap for a document that is in a pack. The caller has the lock.
func (s *Store) swapPacked(p *pack, role string, old, content []byte) error {
	s.packing.Lock()
	defer s.packing.Unlock()
	whole, err := s.putPacked(p, FileName(role), old, content)
	if err == nil && !whole {
		if err := s.repack(p); err != nil {
			return err
		}
		if whole, err = s.putPacked(p, FileName(role), old, content); err == nil && !whole {
			return fmt.Errorf("%s was written anew, and is damaged again", s.path(p.name))
		}
	}
	if err == nil && p.end > 2*p.live+wasteful {
		// The document is there. If the pack cannot be written anew, the next one tries again.
		_ = s.repack(p)
	}
	return err
}

// putPacked compares, and puts a document behind the others, unless the file is not whole.
func (s *Store) putPacked(p *pack, name string, old, content []byte) (whole bool, err error) {
	f, size, err := s.openPack(p, content != nil)
	if err != nil {
		return false, err
	}
	var have []byte
	if f != nil {
		defer func() { err = errors.Join(err, f.Close()) }()
		if err := p.catchUp(f, size, s.o.FileBytes); err != nil {
			return false, err
		}
		if size > p.end {
			return false, nil
		}
		if have, err = p.content(f, name); err != nil {
			return false, err
		}
	}
	switch {
	case (have == nil) != (old == nil) || !bytes.Equal(have, old):
		return true, fmt.Errorf("%s in %s: %w", name, s.path(p.name), verify.ErrSwapped)
	case content == nil && have == nil:
		return true, nil
	}
	var next []byte
	if p.end == 0 {
		next = firstLine()
	}
	next = appendEntry(next, name, content)
	if err := s.writeAt(f, p.end, next); err != nil {
		return true, err
	}
	return true, p.catchUp(f, p.end+int64(len(next)), s.o.FileBytes)
}

func firstLine() []byte { return fmt.Appendf(nil, "%s%016x\n", packWord, rand.Uint64()) }

// openPack opens the file of a pack, and makes it if it must; nil if there is none.
func (s *Store) openPack(p *pack, must bool) (f *os.File, size int64, err error) {
	f, info, err := s.open(p.name, os.O_RDWR)
	switch {
	case err == nil:
		return f, info.Size(), nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, 0, err
	}
	p.forget()
	if !must {
		return nil, 0, nil
	}
	if err := s.call("create"); err != nil {
		return nil, 0, err
	}
	dir, name := s.in(p.name)
	f, err = dir.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	return f, 0, err
}

// repack writes a pack anew, with what counts alone.
func (s *Store) repack(p *pack) error {
	err := s.writeCounting(p)
	p.forget()
	if err == nil {
		err = s.call("rename")
	}
	if err == nil {
		err = rename(s.root, s.dir, next, p.name)
	}
	if err != nil { // what is left of it only takes room
		dir, name := s.in(next)
		_ = dir.Remove(name)
	}
	return err
}

// writeCounting makes the next content of what counts in a pack, a document at a time.
func (s *Store) writeCounting(p *pack) (err error) {
	old, info, err := s.open(p.name, os.O_RDONLY)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, old.Close()) }()
	if err := p.catchUp(old, info.Size(), s.o.FileBytes); err != nil {
		return err
	}
	f, err := s.create()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	piece, at := firstLine(), int64(0)
	for _, name := range slices.Sorted(maps.Keys(p.held)) {
		content, err := p.content(old, name)
		if err != nil {
			return err
		}
		if content == nil {
			continue
		}
		piece = appendEntry(piece, name, content)
		if len(piece) >= wasteful {
			if err := s.writeAt(f, at, piece); err != nil {
				return err
			}
			piece, at = piece[:0], at+int64(len(piece))
		}
	}
	return s.writeAt(f, at, piece)
}
