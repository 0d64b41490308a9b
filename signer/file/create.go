package file

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"unicode/utf8"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/internal/durable"
	"github.com/rust-lang/rust-tuf/signer/internal/private"
	"github.com/rust-lang/rust-tuf/verify"
)

// Options of Create.
type Options struct {
	// WorkFactor is the base-2 logarithm of scrypt's cost, 1 to 20. Zero means
	// 18: about a second and 256 MiB for every guess. Less is for keys that are
	// thrown away, in tests and rehearsals.
	WorkFactor int
}

func (o Options) workFactor() (int, error) {
	switch {
	case o.WorkFactor == 0:
		return defaultWorkFactor, nil
	case o.WorkFactor < 1 || o.WorkFactor > maxWorkFactor:
		return 0, fmt.Errorf("work factor %d is not between 1 and %d", o.WorkFactor, maxWorkFactor)
	}
	return o.WorkFactor, nil
}

// NewPassphrase asks for a new passphrase, and again to make sure. The slice is
// the caller's, who wipes it after use. A refused one is *PassphraseError.
func NewPassphrase(ctx context.Context, ui signer.UI, what string) (passphrase []byte, err error) {
	ui = ui.Complete()
	defer func() {
		if err != nil {
			clear(passphrase)
			passphrase = nil
		}
	}()
	passphrase, err = ui.Secret(ctx, "new passphrase for "+what)
	if err != nil {
		return passphrase, err
	}
	if err := checkPassphrase(passphrase); err != nil {
		return passphrase, err
	}
	again, err := ui.Secret(ctx, "the same passphrase again")
	defer clear(again)
	if err != nil {
		return passphrase, err
	}
	if subtle.ConstantTimeCompare(passphrase, again) != 1 {
		return passphrase, &PassphraseError{Reason: "the two passphrases are not the same"}
	}
	return passphrase, nil
}

func checkPassphrase(passphrase []byte) error {
	if n := utf8.RuneCount(passphrase); n < minPassphrase {
		return &PassphraseError{Reason: fmt.Sprintf("the passphrase has %d characters, at least %d are needed", n, minPassphrase)}
	}
	if n := len(passphrase); n > maxPassphrase {
		return &PassphraseError{Reason: fmt.Sprintf("the passphrase has %d bytes, at most %d are possible", n, maxPassphrase)}
	}
	return nil
}

// Create makes a new key and writes it to path, which ends in ".key", encrypted
// to passphrase, and its public half beside it. The folder is made, mode 0700,
// if it is missing. When Create returns, both files are on the disk, and the
// key file as it was read back opens with passphrase.
//
// Nothing is overwritten: *ExistsError, *IncompleteError. Other errors are
// *PassphraseError, *signer.PermissionError for a folder that other people can change, and the
// operating system's. The caller wipes passphrase.
func Create(path string, algorithm Algorithm, passphrase []byte, o Options) (*Key, error) {
	return create(durable.Disk{}, path, algorithm, passphrase, o)
}

func create(disk durable.Disk, path string, algorithm Algorithm, passphrase []byte, o Options) (*Key, error) {
	factor, err := o.workFactor()
	if err != nil {
		return nil, err
	}
	if err := checkPassphrase(passphrase); err != nil {
		return nil, err
	}
	publicPath, err := publicPathOf(path)
	if err != nil {
		return nil, err
	}
	if err := disk.MakeFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if err := private.Folder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if err := absent(path, publicPath); err != nil {
		return nil, err
	}
	sealed, public, err := generate(path, algorithm, passphrase, factor)
	if err != nil {
		return nil, err
	}
	if err := writePair(disk, path, publicPath, sealed, []byte(public.PEM())); err != nil {
		return nil, err
	}
	key, err := Open(path)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(key.sealed, sealed) || !key.public.Equal(public) {
		return nil, &FormatError{Path: path, Reason: "the file was changed while it was made"}
	}
	return key, nil
}

// generate makes a private key and returns it sealed, after the seal has been
// opened once, with its public half.
func generate(path string, algorithm Algorithm, passphrase []byte, workFactor int) ([]byte, verify.PublicKey, error) {
	secret, err := algorithm.generate()
	if err != nil {
		return nil, verify.PublicKey{}, err
	}
	defer wipe(secret)
	public, err := verify.NewPublicKey(secret.Public())
	if err != nil {
		return nil, verify.PublicKey{}, err
	}
	sealed, err := seal(secret, passphrase, workFactor)
	if err != nil {
		return nil, verify.PublicKey{}, err
	}
	opened, err := (&Key{path: path, public: public, sealed: sealed}).unlock(passphrase)
	if err != nil {
		return nil, verify.PublicKey{}, err
	}
	wipe(opened)
	return sealed, public, nil
}

// writePair creates the key file and then the public file. Nobody has seen the
// public half before both are there, so when the second cannot be made the
// first, which is surely this process's, is taken away again.
func writePair(disk durable.Disk, path, publicPath string, sealed, public []byte) error {
	if err := disk.Create(path, sealed); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return &ExistsError{Path: path}
		}
		return err // what is at path now may be another process's key
	}
	if err := disk.Create(publicPath, public); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return errors.Join(&ExistsError{Path: publicPath}, remove(path))
		}
		return errors.Join(err, remove(publicPath), remove(path))
	}
	return nil
}

func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// absent refuses when either file exists.
func absent(path, publicPath string) error {
	_, keyErr := os.Lstat(path)
	_, publicErr := os.Lstat(publicPath)
	switch {
	case keyErr == nil && errors.Is(publicErr, fs.ErrNotExist):
		return &IncompleteError{path, publicPath}
	case keyErr == nil:
		return &ExistsError{Path: path}
	case publicErr == nil:
		return &ExistsError{Path: publicPath}
	}
	return nil
}
