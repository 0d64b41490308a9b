// Package roles holds what the quorum decided and what follows from it.
//
// People edit two kinds of files: the policy (rust-tuf.toml) and one file for
// each member (members/<name>/member.toml). Both are TOML, strict: an unknown
// key, a key in another case, or a value out of bounds is refused with file,
// line, column and path. Together they are a [Declaration].
//
// From a declaration follows, for each role that people sign, a [Charter]: the
// projection of policy and members that decides this one role and nothing
// else, so that an edit elsewhere does not change it. A charter is a JSON
// file; the SHA-256 of its canonical form is the policy digest that the signed
// document names.
//
// From a charter, the version before, and the instant at which the event
// opened follows the [Charter.Payload]: the document that the quorum signs. It
// is a pure function; anyone who has the three gets the same bytes.
//
// [Lint] judges a proposal: rules that no format can express, such as spread,
// spare keys, and what every listed reader is able to parse.
//
// The package reads no file, no clock and no environment. It imports verify,
// go-tuf's types (which write the documents) and a TOML parser.
package roles
