// Package trust is what this machine remembers of a metadata repository: the
// newest root it trusts (the [Pin]) and everything its keys signed or were
// about to sign (the [Ledger]).
//
// Both exist so that a signer need not believe a remote. The pin says from
// which root every walk starts; the ledger makes sure that no second document
// with the same role and version is signed unless its signed bytes name the
// first one as superseded.
//
// # Format
//
// A home holds one folder for each repository, named by its id:
//
//	<repository>/pin/<n>.json                             the n-th pin, n = 1, 2, 3 …
//	<repository>/ledger/<version>.<role>/<n>.json         the n-th entry of that version
//	<repository>/ledger/<version>.<role>/<n>.signature.json   the signature file it led to
//
// Each is written once and never again. The newest pin is the one with the
// highest number; what a version's entries say is all of them together. Numbers
// have no gaps. State moves forward by creating number n+1, which the operating
// system grants to one process only: whoever looked at n entries before
// deciding, and then creates n+1, knows that nobody came between. There is no
// lock, so there is none to be left behind, and a process killed at any moment
// leaves the state before the step or after it.
//
// A pin is one JSON object, an entry another, indented by two spaces, members
// in this order, ended by a newline, and refused in any other form:
//
//	{
//	  "format": 1,
//	  "repository": "0f1e…",        32 lower-case hex digits
//	  "version": 3,                 of the root
//	  "digest": "8d4a…",            64 lower-case hex digits: SHA-256 of the canonical form of its `signed`
//	  "root": "eyJz…",              base64 of the root as received; left out while root 1 is being signed
//	  "how": "digest entered",      how this machine came to trust the repository
//	  "since": "2026-06-01T12:00:00Z"
//	}
//
//	{
//	  "format": 1,
//	  "repository": "0f1e…",
//	  "role": "root",
//	  "version": 3,
//	  "digest": "8d4a…",            of the document signed
//	  "supersedes": ["77c1…"],      digests of the same role and version that its signed bytes name; may be left out
//	  "key": "5ab2…",               id of the key
//	  "at": "2026-06-01T12:00:00Z",
//	  "recovered": true             left out when false; true when the entry was rebuilt from a signature found elsewhere
//	}
package trust
