package trust

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rust-lang/rust-tuf/signer/internal/durable"
	"github.com/rust-lang/rust-tuf/verify"
)

// Ledger is everything that this machine's keys signed, or were about to sign,
// in one repository. Several processes may use one ledger on the disk at once;
// one value of this type is for one goroutine.
type Ledger struct {
	home       *Home
	repository string
	dir        string
	shelves    map[shelf][]Entry // as last read
}

// shelf is one version of one role: the entries that can be in conflict.
type shelf struct {
	role    string
	version int64
}

// name is the folder of a shelf. The version comes first, so that no role can
// be a name that an operating system reserves.
func (s shelf) name() string { return strconv.FormatInt(s.version, 10) + "." + s.role }

func parseShelf(name string) (shelf, bool) {
	digits, role, _ := strings.Cut(name, ".")
	version, err := strconv.ParseInt(digits, 10, 64)
	s := shelf{role, version}
	return s, err == nil && version >= 1 && rolePattern.MatchString(role) && s.name() == name
}

// Ledger reads the ledger of a repository. One that was never written to is
// empty. *StateError if it is not as it was written.
func (h *Home) Ledger(repository string) (*Ledger, error) {
	dir, err := h.folder(repository, "ledger")
	if err != nil {
		return nil, err
	}
	l := &Ledger{home: h, repository: repository, dir: dir, shelves: map[shelf][]Entry{}}
	folders, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, folder := range folders {
		s, ok := parseShelf(folder.Name())
		if !ok {
			return nil, &StateError{Path: filepath.Join(dir, folder.Name()), Reason: "not a version of a role"}
		}
		if _, err := l.read(s); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Entries returns all entries as last read, ordered by role, version, and the
// order in which they were made.
func (l *Ledger) Entries() []Entry {
	var keys []shelf
	for s := range l.shelves {
		keys = append(keys, s)
	}
	slices.SortFunc(keys, func(a, b shelf) int {
		return cmp.Or(cmp.Compare(a.role, b.role), cmp.Compare(a.version, b.version))
	})
	var all []Entry
	for _, s := range keys {
		all = append(all, l.shelves[s]...)
	}
	return all
}

// Find returns the entries of one version of a role as last read, in the order
// in which they were made.
func (l *Ledger) Find(role string, version int64) []Entry {
	return slices.Clone(l.shelves[shelf{role, version}])
}

// Allows tells whether [Ledger.Intend] would take e now, without writing
// anything; its errors are the same.
func (l *Ledger) Allows(e Entry) error {
	if err := e.check(); err != nil {
		return err
	}
	return permitted(l.Find(e.Role, e.Version), e)
}

// Intend notes that a key is about to sign a document, and returns when the
// note is on the disk: it is called before the key is asked. e.File and
// e.Recovered are ignored, and e.At is kept to the second.
//
// A second, different document for the same role and version is refused with
// *ConflictError unless e.Supersedes names every earlier one that none of the
// others supersedes; a document that another entry supersedes is refused with
// *SupersededError. The same document again, by the same or another key, is
// fine. The rules are judged on what is on the disk at the moment the note is
// made, whoever else is writing.
func (l *Ledger) Intend(e Entry) error {
	e.File, e.Recovered = nil, false
	_, err := l.add(e, permitted)
	return err
}

// add puts e on its shelf, if it is not there yet and allow does not object.
func (l *Ledger) add(e Entry, allow func(have []Entry, e Entry) error) (added bool, err error) {
	data, err := e.encode(l.repository)
	if err != nil {
		return false, err
	}
	s := shelf{e.Role, e.Version}
	for {
		have, err := l.read(s)
		if err != nil {
			return false, err
		}
		if err := allow(have, e); err != nil {
			return false, err
		}
		if slices.ContainsFunc(have, e.same) {
			return false, l.sequence(s).sync() // who made it may have died before the disk had it
		}
		err = l.sequence(s).create(len(have)+1, data)
		if errors.Is(err, fs.ErrExist) { // somebody else was first: judge again
			continue
		}
		if err == nil {
			_, err = l.read(s)
		}
		return err == nil, err
	}
}

// permitted says whether e may be signed after what was signed before.
func permitted(have []Entry, e Entry) error {
	for _, earlier := range have {
		if earlier.Digest == e.Digest && !sameSet(earlier.Supersedes, e.Supersedes) {
			return fmt.Errorf("%s version %d, digest %s: the same document cannot supersede other digests than it did before", e.Role, e.Version, e.Digest)
		}
		if earlier.Digest != e.Digest && slices.Contains(earlier.Supersedes, e.Digest) {
			return &SupersededError{Wanted: e.Digest, By: earlier}
		}
	}
	for _, earlier := range Standing(have) {
		if earlier.Digest != e.Digest && !slices.Contains(e.Supersedes, earlier.Digest) {
			return &ConflictError{Earlier: earlier, Wanted: e.Digest}
		}
	}
	return nil
}

// Standing returns those of the entries of one role and version whose document
// none of the others supersedes.
func Standing(entries []Entry) []Entry {
	var standing []Entry
	for _, e := range entries {
		superseded := func(o Entry) bool { return o.Digest != e.Digest && slices.Contains(o.Supersedes, e.Digest) }
		if !slices.ContainsFunc(entries, superseded) {
			standing = append(standing, e)
		}
	}
	return standing
}

func sameSet(a, b []verify.Digest) bool {
	within := func(a, b []verify.Digest) bool {
		return !slices.ContainsFunc(a, func(d verify.Digest) bool { return !slices.Contains(b, d) })
	}
	return within(a, b) && within(b, a)
}

// Record keeps the signature file that the key with keyID made for a document,
// after the signature was verified, and returns when it is on the disk. The
// same file again is fine. *NotIntendedError if no entry says that it was to be
// made; *RecordedError, with the first one, if there is another already.
func (l *Ledger) Record(role string, version int64, digest verify.Digest, keyID string, file []byte) error {
	if len(file) == 0 || len(file) > maxSignatureFile {
		return fmt.Errorf("a signature file of %d bytes, 1 to %d are possible", len(file), maxSignatureFile)
	}
	if !rolePattern.MatchString(role) {
		return &NotIntendedError{role, version, digest, keyID}
	}
	_, err := l.record(Entry{Role: role, Version: version, Digest: digest, KeyID: keyID, File: file})
	return err
}

func (l *Ledger) record(e Entry) (added bool, err error) {
	s := shelf{e.Role, e.Version}
	have, err := l.read(s)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(have, e.same)
	if i < 0 {
		return false, &NotIntendedError{e.Role, e.Version, e.Digest, e.KeyID}
	}
	seq := l.sequence(s)
	err = seq.disk.Create(seq.signaturePath(i+1), e.File)
	exists := errors.Is(err, fs.ErrExist)
	if err != nil && !exists {
		return false, err
	}
	if have, err = l.read(s); err != nil {
		return false, err
	}
	if !bytes.Equal(have[i].File, e.File) {
		return false, &RecordedError{Earlier: have[i]}
	}
	if exists {
		return false, seq.sync()
	}
	return true, nil
}

// Rebuild adds entries, and their signature files, that were found elsewhere:
// every signature by this person's keys on any branch of the repository. It
// forgets nothing and refuses nothing for being in conflict, since a conflict
// is what must be known; [Ledger.Intend] judges. Entries are marked Recovered.
// It returns how many of them were new or gained their file; what it found may
// be incomplete, which the caller says.
func (l *Ledger) Rebuild(found []Entry) (added int, err error) {
	for _, e := range found {
		if err := e.check(); err != nil {
			return added, err
		}
	}
	for _, e := range found {
		e.Recovered = true
		news, err := l.add(e, func([]Entry, Entry) error { return nil })
		if err != nil {
			return added, err
		}
		if len(e.File) > 0 {
			gained, err := l.record(e)
			var earlier *RecordedError
			if err != nil && !errors.As(err, &earlier) {
				return added, err
			}
			news = news || gained
		}
		if news {
			added++
		}
	}
	return added, nil
}

func (l *Ledger) sequence(s shelf) sequence {
	return sequence{disk: l.home.disk, dir: filepath.Join(l.dir, s.name()), size: maxEntryFile, most: maxEntries}
}

// read reads one shelf from the disk.
func (l *Ledger) read(s shelf) ([]Entry, error) {
	seq := l.sequence(s)
	all, err := seq.read()
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for i, data := range all {
		repository, e, err := decodeEntry(data)
		if err == nil && (repository != l.repository || e.Role != s.role || e.Version != s.version) {
			err = fmt.Errorf("it belongs to %s version %d of repository %s", e.Role, e.Version, repository)
		}
		if err != nil {
			return nil, &StateError{seq.path(i + 1), "not an entry of the ledger", err}
		}
		e.File, _, err = durable.Read(seq.signaturePath(i+1), maxSignatureFile)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, seq.asStateError(seq.signaturePath(i+1), err)
		}
		entries = append(entries, e)
	}
	if len(entries) > 0 {
		l.shelves[s] = entries
	}
	return entries, nil
}
