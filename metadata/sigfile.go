package metadata

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// signatureFormat names the form of a signature file. A later form has another
// name, and this version says that it is too old to read it.
const signatureFormat = "rust-tuf signature v1"

// SignatureFile is one signature by one key on one payload: the one file that
// a member's pull request adds. Everything but Sig repeats what was signed,
// so that a file put into the wrong place is recognised and the sentence
// about it can say where it belongs. Only Sig proves anything to clients;
// StatementSig says how it came about.
type SignatureFile struct {
	Repository string        // repository id
	Event      string        //
	Role       string        //
	Version    int64         // of the payload
	Digest     verify.Digest // SHA-256 of the canonical form of the payload's signed value
	KeyID      string        // 64 lower-case hexadecimal digits
	Sig        []byte        // as TUF wants it: raw Ed25519, DER ECDSA, RSA-PSS
	Device     Device        // that the key is on
	Began      time.Time     // when the signer was shown what to sign, by their clock; claimed, never trusted
	SignedAt   time.Time     // what the signer's clock said then, in whole seconds; claimed, never trusted
	Tool       string        // that signed: name and version

	StatementSig []byte // by the same key, over StatementMessage
}

type signatureJSON struct {
	Format     string `json:"format"`
	Repository string `json:"repository"`
	Role       string `json:"role"`
	Version    int64  `json:"version"`
	SHA256     string `json:"sha256"`
	KeyID      string `json:"keyid"`
	Sig        string `json:"sig"`
	SignedAt   string `json:"signed_at_claimed"`

	Statement *dsse.Envelope `json:"statement"`
}

// Bytes is the one spelling of the file: indented JSON with the members in a
// fixed order and a newline at the end.
func (f *SignatureFile) Bytes() []byte {
	out, err := json.MarshalIndent(signatureJSON{
		Format: signatureFormat, Repository: f.Repository, Role: f.Role, Version: f.Version, SHA256: f.Digest.String(),
		KeyID: f.KeyID, Sig: hex.EncodeToString(f.Sig), SignedAt: f.SignedAt.UTC().Format(time.RFC3339),
		Statement: f.Envelope(),
	}, "", "  ")
	if err != nil { // strings and an integer always encode
		return nil
	}
	return append(out, '\n')
}

// ParseSignatureFile reads what Bytes writes, and nothing else: a file with
// another order, other spaces, one more member or a second copy of one is
// refused, so that two readers can never see two things in it.
func ParseSignatureFile(data []byte) (*SignatureFile, error) {
	if len(data) > maxSignatureFileBytes {
		return nil, &verify.LimitError{What: "signature file, bytes", Limit: maxSignatureFileBytes, Found: int64(len(data))}
	}
	if _, err := verify.Canonical(data, limits()); err != nil {
		return nil, err
	}
	var j signatureJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, &verify.FormatError{Offset: -1, Reason: "not a signature file: " + err.Error()}
	}
	if j.Format != signatureFormat {
		return nil, &verify.FormatError{Path: "/format", Reason: fmt.Sprintf("is %q; this version of rust-tuf reads %q: update rust-tuf", j.Format, signatureFormat)}
	}
	digest, err := verify.ParseDigest(j.SHA256)
	if err != nil {
		return nil, &verify.FormatError{Path: "/sha256", Reason: err.Error()}
	}
	sig, err := hex.DecodeString(j.Sig)
	if err != nil || len(sig) == 0 {
		return nil, &verify.FormatError{Path: "/sig", Reason: "is not a signature in hexadecimal"}
	}
	at, err := time.Parse(time.RFC3339, j.SignedAt)
	if err != nil {
		return nil, &verify.FormatError{Path: "/signed_at_claimed", Reason: "is not a time like 2026-11-22T12:00:00Z"}
	}
	f := &SignatureFile{Repository: j.Repository, Role: j.Role, Version: j.Version, Digest: digest, KeyID: j.KeyID, Sig: sig, SignedAt: at.UTC()}
	if !isName(j.Role) || !isHex64(j.KeyID) || j.Version < 1 {
		return nil, &verify.FormatError{Offset: -1, Reason: "role, version or key id are not of the form that rust-tuf writes"}
	}
	if j.Statement == nil {
		return nil, &verify.FormatError{Path: "/statement", Reason: "is missing; `rust-tuf sign` makes one with each signature"}
	}
	if err := f.readStatement(j.Statement); err != nil {
		return nil, err
	}
	if !bytes.Equal(f.Bytes(), data) {
		return nil, &verify.FormatError{Offset: -1, Reason: "is not spelled as rust-tuf writes it (members, order, spaces, or a statement that says otherwise); take the file that `rust-tuf sign` made, unchanged"}
	}
	return f, nil
}
