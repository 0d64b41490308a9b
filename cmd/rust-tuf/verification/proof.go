package verification

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/verify"
)

// forkProof is a refusal with a fork in it whose two documents are kept in a
// folder: the store goes on with one of them, so the next verdict may not show the
// fork any more.
type forkProof struct {
	error
	files []ProofFile // the trusted one, then the other
}

// ProofFile is one of two documents of one version, kept.
type ProofFile struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"` // of the file
}

func (e *forkProof) Error() string {
	return fmt.Sprintf("%v: %s (trusted before) and %s", e.error, e.files[0].File, e.files[1].File)
}

func (e *forkProof) Unwrap() error { return e.error }

// keepProof writes both documents of a fork, which is the last that refusal speaks
// of, into a folder beside the store. Their names are made of their content, so
// that none is ever overwritten.
func (v *verifier) keepProof(refusal error, fork *verify.ForkError, store string) error {
	folder := filepath.Clean(v.path(store)) + "-proof"
	proof := &forkProof{error: refusal}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("%w; they could not be kept: %w", refusal, err)
	}
	for _, raw := range [][]byte{fork.Trusted, fork.Found} {
		sum := sha256.Sum256(raw)
		digest := hex.EncodeToString(sum[:])
		name := filepath.Join(folder, fmt.Sprintf("%d.%s.%s.json", fork.Version, digest[:16], verify.EscapeRole(fork.Role)))
		if err := frame.WriteNew(name, raw, 0o600); err != nil {
			return fmt.Errorf("%w; they could not be kept: %w", refusal, err)
		}
		proof.files = append(proof.files, ProofFile{name, digest})
	}
	return proof
}
