package trust

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rust-lang/rust-tuf/verify"
)

// Entry is one signature that a key on this machine made or was about to make.
type Entry struct {
	Role       string
	Version    int64
	Digest     verify.Digest   // of the document's `signed`
	Supersedes []verify.Digest // what the document's signed bytes name as superseded
	KeyID      string
	At         time.Time // to the second
	File       []byte    // the signature file; nil if it was not, or not yet, made here
	Recovered  bool      // rebuilt from a signature found elsewhere
}

// same says whether both are about one key's signature on one document.
func (e Entry) same(o Entry) bool {
	return e.Role == o.Role && e.Version == o.Version && e.Digest == o.Digest && e.KeyID == o.KeyID
}

// entryFile is an Entry on the disk, without its signature file.
type entryFile struct {
	Format     int      `json:"format"`
	Repository string   `json:"repository"`
	Role       string   `json:"role"`
	Version    int64    `json:"version"`
	Digest     string   `json:"digest"`
	Supersedes []string `json:"supersedes,omitempty"`
	Key        string   `json:"key"`
	At         string   `json:"at"`
	Recovered  bool     `json:"recovered,omitempty"`
}

// encode returns the file of an entry that decodeEntry reads back.
func (e Entry) encode(repository string) ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	f := entryFile{
		Format: format, Repository: repository, Role: e.Role, Version: e.Version,
		Digest: e.Digest.String(), Key: e.KeyID, At: instant(e.At), Recovered: e.Recovered,
	}
	for _, d := range e.Supersedes {
		f.Supersedes = append(f.Supersedes, d.String())
	}
	return encode(f)
}

func decodeEntry(data []byte) (repository string, e Entry, err error) {
	var f entryFile
	if err := decode(data, &f); err != nil {
		return "", Entry{}, err
	}
	e = Entry{Role: f.Role, Version: f.Version, KeyID: f.Key, Recovered: f.Recovered}
	if e.Digest, err = parseDigest(f.Digest); err != nil {
		return "", Entry{}, err
	}
	for _, s := range f.Supersedes {
		d, err := parseDigest(s)
		if err != nil {
			return "", Entry{}, err
		}
		e.Supersedes = append(e.Supersedes, d)
	}
	if e.At, err = parseInstant(f.At); err != nil {
		return "", Entry{}, err
	}
	return f.Repository, e, e.check()
}

// check refuses what cannot be an entry, and above all a role that is no name.
func (e Entry) check() error {
	switch {
	case !rolePattern.MatchString(e.Role):
		return fmt.Errorf("role %q is not a name of lower-case letters, digits and hyphens", e.Role)
	case e.Version < 1:
		return fmt.Errorf("version %d of role %s is not above 0", e.Version, e.Role)
	case len(e.Supersedes) > maxSupersedes:
		return fmt.Errorf("%s version %d supersedes %d others, at most %d are possible", e.Role, e.Version, len(e.Supersedes), maxSupersedes)
	case e.Digest.IsZero() || slices.ContainsFunc(e.Supersedes, verify.Digest.IsZero):
		return errors.New("an entry needs digests of documents, not zeros")
	case len(e.File) > maxSignatureFile:
		return fmt.Errorf("a signature file of %d bytes, at most %d are possible", len(e.File), maxSignatureFile)
	}
	if _, err := parseInstant(instant(e.At)); err != nil {
		return err
	}
	return checkKeyID(e.KeyID)
}

func checkKeyID(id string) error {
	if id == "" || len(id) > maxKeyID || !utf8.ValidString(id) {
		return fmt.Errorf("key id %.80q is not a text of 1 to %d bytes", id, maxKeyID)
	}
	for _, r := range id {
		if !unicode.IsGraphic(r) {
			return fmt.Errorf("key id %q holds a character that cannot be shown", id)
		}
	}
	return nil
}
