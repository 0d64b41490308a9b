package verification

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/verify"
)

// forkProof is a fork whose two documents are kept in a folder: the store goes
// on with one of them, so the next verdict may not show the fork any more.
type forkProof struct {
	*verify.ForkError
	files []ProofFile // the trusted one, then the other
}

// ProofFile is one of two documents of one version, kept.
type ProofFile struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"` // of the file
}

func (e *forkProof) Error() string {
	return fmt.Sprintf("%v: %s (trusted before) and %s", e.ForkError, e.files[0].File, e.files[1].File)
}

func (e *forkProof) Unwrap() error { return e.ForkError }

// keepProof writes both documents of a fork into a folder beside the store.
// Their names are made of their content, so that none is ever overwritten.
func (v *verifier) keepProof(fork *verify.ForkError, store string) error {
	folder := filepath.Clean(v.path(store)) + "-proof"
	proof := &forkProof{ForkError: fork}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("%w; they could not be kept: %w", fork, err)
	}
	for _, raw := range [][]byte{fork.Trusted, fork.Found} {
		sum := sha256.Sum256(raw)
		digest := hex.EncodeToString(sum[:])
		name := filepath.Join(folder, fmt.Sprintf("%d.%s.%s.json", fork.Version, digest[:16], verify.EscapeRole(fork.Role)))
		if err := writeProof(name, raw); err != nil {
			return fmt.Errorf("%w; they could not be kept: %w", fork, err)
		}
		proof.files = append(proof.files, ProofFile{name, digest})
	}
	return proof
}

// writeProof writes a file that may be there already, from the last time.
func writeProof(name string, raw []byte) error {
	err := frame.WriteNew(name, raw, "proof")
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if have, err := os.ReadFile(name); err != nil || !bytes.Equal(have, raw) {
		return errors.Join(fmt.Errorf("%s has another content", name), err)
	}
	return nil
}
