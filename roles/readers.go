package roles

import (
	"slices"

	"github.com/rust-lang/rust-tuf/verify"
)

// reader is a TUF client that a policy lists, with what it cannot read of what
// this package writes. All of them accept keytype "ecdsa" with PEM, "ed25519"
// with hex, "rsa" with PEM and RSA-PSS, both values of consistent_snapshot,
// unknown members of signed, and the roles' names, which are plain words.
type reader struct {
	name string
	// noP384 says what becomes of a P-384 key; empty when it is read.
	noP384 string
	// noSPKI says what becomes of key ids of the form "spki"; empty when the
	// reader takes ids as opaque names.
	noSPKI string
}

// readers are the clients that a policy may list. Each fact was read in the
// client's source, as of 2026.
func readers() []reader {
	return []reader{
		// Package verify of this repository.
		{name: "rust-tuf"},

		// go-tuf v2, metadata/metadata.go, VerifyDelegate: SHA-384 for the
		// scheme ecdsa-sha2-nistp384 (since pull request 629, 2024), ids are
		// looked up and never recomputed.
		{name: "go-tuf"},

		// python-tuf over securesystemslib, signer/_key.py: curve and scheme
		// are compared, P-384 with SHA-384; "keyid is not verified to be the
		// hash of a specific representation of the key".
		{name: "python-tuf"},

		// tuf-js, packages/models/src/utils/verify.ts: crypto.verify is called
		// without a digest, for which Node takes SHA-256 with every EC key
		// (OpenSSL's default digest), whatever the scheme says.
		{name: "tuf-js", noP384: "hashes with SHA-256 whatever the scheme, so the signatures never verify"},

		// tough, schema/key.rs: the enum of ECDSA schemes has nistp256 alone
		// and an unknown one ends the reading of the document. schema/de.rs
		// recomputed every key id by the specification's rule until mid-2026
		// (pull request 945), so releases in use refuse any other.
		{
			name:   "tough",
			noP384: "knows no such scheme and refuses the whole document",
			noSPKI: "recomputes key ids by the specification's rule in releases until mid-2026 and refuses the whole document",
		},
	}
}

// readerNames are the clients that a policy may list.
func readerNames() []string {
	var names []string
	for _, r := range readers() {
		names = append(names, r.name)
	}
	return names
}

// listedReaders are the named ones.
func listedReaders(names []string) []reader {
	return slices.DeleteFunc(readers(), func(r reader) bool { return !slices.Contains(names, r.name) })
}

// refusesKey says why the reader cannot use a key, or "".
func (r reader) refusesKey(k verify.PublicKey) string {
	if k.Scheme() == "ecdsa-sha2-nistp384" {
		return r.noP384
	}
	return ""
}

// refusesForm says why the reader cannot use a form of key ids, or "".
func (r reader) refusesForm(f KeyIDForm) string {
	if f == FormSPKI {
		return r.noSPKI
	}
	return ""
}
