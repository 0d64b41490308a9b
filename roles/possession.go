package roles

import (
	"encoding/hex"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// PossessionStatement is what a new key signs, so that nobody can declare a
// key that they do not hold, or whose holder never agreed to be this member of
// this repository. It is text, in these lines, each ended by a newline:
//
//	rust-tuf member v1
//	repository: 00112233445566778899aabbccddeeff
//	name: alice
//	login: alice-at-forge
//	keyid: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//
// repository is the repository's id, name and login are the member's as their
// file has them, keyID is the key's id in either form of [KeyIDForm]: to go
// from one form to the other asks nobody to sign again. A change of the login
// does. No value holds a newline, by the rules of the files they come from.
//
// The signature is made over these bytes as one over metadata is made over the
// canonical form of signed, and it can never be taken for one: canonical JSON
// of an object begins with "{", this with "r". A member file holds it as
// possession, in lower-case hex.
func PossessionStatement(repository, name, login, keyID string) []byte {
	return []byte("rust-tuf member v1\n" +
		"repository: " + repository + "\n" +
		"name: " + name + "\n" +
		"login: " + login + "\n" +
		"keyid: " + keyID + "\n")
}

// CheckPossession verifies a key's signature over its [PossessionStatement],
// as lower-case hex, with the id of the key in either form. The error is a
// *[PossessionError].
func CheckPossession(repository, name, login string, key verify.PublicKey, signature string) error {
	refuse := func(reason string) error { return &PossessionError{Member: name, Login: login, Reason: reason} }
	if signature == "" {
		return refuse("there is no signature that proves it")
	}
	sig, ok := readSignature(signature)
	if !ok {
		return refuse("the signature is not written in lower-case hex")
	}
	for _, form := range []KeyIDForm{FormSpec, FormSPKI} {
		id, err := form.KeyID(key)
		if err == nil && key.Verify(PossessionStatement(repository, name, login, id), sig) == nil {
			return nil
		}
	}
	return refuse("the signature is not this key's, or was made for another repository, name or login")
}

// readSignature reads a signature in lower-case hex.
func readSignature(text string) ([]byte, bool) {
	sig, err := hex.DecodeString(text)
	return sig, err == nil && len(sig) > 0 && len(sig) <= maxPossessionBytes && strings.ToLower(text) == text
}
