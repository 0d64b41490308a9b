// Package file keeps software keys: private keys in files that a passphrase
// opens.
//
// # Format
//
// A key is two files in one folder:
//
//	NAME.key   age-encryption.org/v1, ASCII armour, to exactly one scrypt
//	           recipient; inside it one PEM block "PRIVATE KEY" (PKCS#8) of an
//	           Ed25519, ECDSA P-256 or P-384, or RSA key of at least 2048 bits
//	NAME.pub   one PEM block "PUBLIC KEY": the SubjectPublicKeyInfo of that key
//
// So keys can be listed without a passphrase, and no tool of this project is
// needed to get at one:
//
//	age -d NAME.key | openssl pkey -pubout    prints NAME.pub
//
// The key file is made first and its name is taken for good, the public file
// last: a key whose public file exists is complete. NAME.key has mode 0600 and
// is refused when anybody else can read it; a symbolic link is not followed.
// The public file is only a label: when the key is opened the two must match.
//
// # Secrets in memory
//
// The passphrase, the decrypted text and an Ed25519 key are overwritten after
// use. What cannot be: the copies that age makes of the passphrase and its
// buffers of the text, ECDSA and RSA keys once parsed, and whatever the runtime
// copied or the system swapped out. A software key is for rehearsals and for
// roles whose policy allows it; a card has none of this in reach.
package file

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"filippo.io/age/armor"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/internal/durable"
	"github.com/rust-lang/rust-tuf/signer/internal/private"
	"github.com/rust-lang/rust-tuf/signer/internal/scheme"
	"github.com/rust-lang/rust-tuf/verify"
)

const (
	keySuffix    = ".key"
	publicSuffix = ".pub"
)

// Key is a key file that was opened for listing: its public half is known, its
// private half still encrypted.
type Key struct {
	path   string
	public verify.PublicKey
	sealed []byte // the file as it was opened; it is not read again
}

var _ signer.Key = (*Key)(nil)

// Open reads the key file at path, which ends in ".key", and the public file
// beside it. It asks for nothing. Errors are *FormatError, *IncompleteError,
// *signer.PermissionError, or the operating system's.
func Open(path string) (*Key, error) {
	publicPath, err := publicPathOf(path)
	if err != nil {
		return nil, err
	}
	sealed, err := readSealed(path)
	if err != nil {
		return nil, err
	}
	text, _, err := durable.Read(publicPath, maxPublicFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &IncompleteError{path, publicPath}
	}
	if err != nil {
		return nil, asFormatError(publicPath, err)
	}
	public, err := parsePublic(publicPath, text)
	if err != nil {
		return nil, err
	}
	return &Key{path: path, public: public, sealed: sealed}, nil
}

// Public returns the public half as the public file has it.
func (k *Key) Public() verify.PublicKey { return k.public }

// Describe returns "key file NAME.key".
func (k *Key) Describe() string { return "key file " + display(filepath.Base(k.path)) }

// Path returns the path of the key file.
func (k *Key) Path() string { return k.path }

// Sign asks for the passphrase and signs message. Errors are those of ui,
// *signer.WrongSecretError, *MismatchError, *FormatError and
// *signer.CancelledError. The work of opening the file, about a second, is not
// interrupted.
func (k *Key) Sign(ctx context.Context, message []byte, ui signer.UI) ([]byte, error) {
	passphrase, err := ui.Complete().Secret(ctx, "passphrase for "+k.Describe())
	defer clear(passphrase)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, signer.Cancelled(ctx, nil)
	}
	private, err := k.unlock(passphrase)
	if err != nil {
		return nil, err
	}
	defer wipe(private)
	if ctx.Err() != nil {
		return nil, signer.Cancelled(ctx, nil)
	}
	return scheme.Sign(private, message)
}

// unlock decrypts the private half and checks that it belongs to the public one.
func (k *Key) unlock(passphrase []byte) (crypto.Signer, error) {
	private, err := unseal(k.path, k.sealed, passphrase)
	if err != nil {
		return nil, err
	}
	found, err := verify.NewPublicKey(private.Public())
	if err != nil {
		wipe(private)
		return nil, &FormatError{k.path, "the encrypted key is of a kind that is not used here", err}
	}
	if !found.Equal(k.public) {
		wipe(private)
		publicPath, _ := publicPathOf(k.path)
		return nil, &MismatchError{k.path, publicPath, k.public.Fingerprint(), found.Fingerprint()}
	}
	return private, nil
}

// wipe overwrites a private key as far as its type allows.
func wipe(private crypto.Signer) {
	if key, ok := private.(ed25519.PrivateKey); ok {
		clear(key)
	}
}

// readSealed reads a key file and checks all that can be checked without its
// passphrase.
func readSealed(path string) ([]byte, error) {
	sealed, mode, err := durable.Read(path, maxKeyFile)
	if err != nil {
		return nil, asFormatError(path, err)
	}
	if err := private.File(path, mode); err != nil {
		return nil, err
	}
	if err := checkHeader(path, sealed); err != nil {
		return nil, err
	}
	return sealed, nil
}

// checkHeader refuses, before anybody types a passphrase, what is not an
// armoured age file for a passphrase or would take too much memory to open.
func checkHeader(path string, sealed []byte) error {
	if !bytes.HasPrefix(sealed, []byte(armor.Header)) {
		return &FormatError{Path: path, Reason: "not an age file in ASCII armour"}
	}
	lines := bufio.NewScanner(armor.NewReader(bytes.NewReader(sealed)))
	lines.Buffer(nil, maxKeyFile)
	if !lines.Scan() || lines.Text() != "age-encryption.org/v1" {
		return &FormatError{path, "not an age file of version 1", lines.Err()}
	}
	if !lines.Scan() {
		return &FormatError{path, "the age header ends early", lines.Err()}
	}
	fields := strings.Split(lines.Text(), " ")
	if len(fields) != 4 || fields[0] != "->" || fields[1] != "scrypt" {
		return &FormatError{Path: path, Reason: "not encrypted to a passphrase"}
	}
	factor, err := strconv.ParseUint(fields[3], 10, 8)
	if err != nil || factor < 1 || factor > maxWorkFactor {
		return &FormatError{Path: path, Reason: "its scrypt work factor " + display(fields[3]) +
			" is not between 1 and " + strconv.Itoa(maxWorkFactor)}
	}
	return nil
}

// parsePublic reads one SubjectPublicKeyInfo PEM block and nothing else.
func parsePublic(path string, text []byte) (verify.PublicKey, error) {
	block, rest := pem.Decode(text)
	if block == nil || len(bytes.TrimSpace(rest)) > 0 || !bytes.HasPrefix(text, []byte("-----BEGIN ")) {
		return verify.PublicKey{}, &FormatError{Path: path, Reason: "not one PEM block"}
	}
	public, err := verify.ParsePublicKeyPEM(text)
	if err != nil {
		return verify.PublicKey{}, &FormatError{path, "not a public key that is used here", err}
	}
	return public, nil
}

// publicPathOf returns the path of the public file that belongs to a key file.
func publicPathOf(path string) (string, error) {
	name, ok := strings.CutSuffix(filepath.Base(path), keySuffix)
	if !ok || name == "" || strings.HasPrefix(name, ".") {
		return "", &FormatError{Path: display(path), Reason: "the name of a key file ends in " + keySuffix}
	}
	return strings.TrimSuffix(path, keySuffix) + publicSuffix, nil
}

// asFormatError turns what reading says about the kind and size of a file into
// this package's error, and leaves the operating system's as they are.
func asFormatError(path string, err error) error {
	var kind *durable.NotRegularError
	var size *durable.SizeError
	if errors.As(err, &kind) || errors.As(err, &size) {
		return &FormatError{path, "not a key file", err}
	}
	return err
}

// display returns text as it is if it can be shown in a line, quoted if not.
func display(text string) string {
	if quoted := strconv.QuoteToGraphic(text); quoted != `"`+text+`"` {
		return quoted
	}
	return text
}
