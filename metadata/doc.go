// Package metadata is the git-managed directory in which a quorum's
// signatures gather: how it is laid out, how a signing event opens, how its
// signatures are judged, and how it becomes the files that clients fetch.
//
// Everything here is a function from trees of files to verdicts and changes.
// Nothing reads a clock, a checkout or the network; package metadata/git is
// the edge that turns commits into trees and changes into commits.
//
// # Layout
//
//	rust-tuf.toml                       declared policy: edited by people, a proposal until signed
//	members/<name>/member.toml          one person and their keys
//	members/<name>/<serial>/slot.pem    what a card attests of one of these keys
//	members/<name>/<serial>/device.pem  the certificate of the card that says so
//	members/<name>/retired-<label>.toml what a key said of its own end; kept for good
//	members/intermediates.pem           further intermediates of Yubico's; append only
//	metadata/<version>.<role>.json      published versions, exactly what clients fetch; append only
//	events/<event>/event.toml           an open event; frozen
//	events/<event>/<version>.<role>.json        a document to sign: indented JSON with no signatures
//	events/<event>/policy/<digest>.json         the frozen policy that yields it
//	events/<event>/signatures/<role>/<keyid>.json   one file per signature
//	handover/<name>/<version>.root.json roots of another repository that this one lists as a target; append only
//	log/<event>/…                       closed events, moved here unchanged, with closed.toml
//	log/newest.txt                      the event that was completed last
//
// Only plain files with mode 100644 are read; symbolic links, submodules and
// names that some file system takes for one another are refused.
//
// # An event
//
// An event makes one new version of one or more roles. event.toml names, for
// each payload, the role, the version, the SHA-256 of the canonical form of
// the document's signed value, the digest of the version it follows, the
// version of the delegator whose rule it must meet, and the digest of its
// frozen policy. A payload is a pure function of its frozen policy, its base
// and the opening instant, so anyone derives it again; an edit shows.
//
// # A signature file
//
// Indented JSON with the members format ("rust-tuf signature v1"),
// repository, role, version, sha256, keyid, sig (hexadecimal),
// signed_at_claimed (RFC 3339, UTC, whole seconds) and statement, in this
// order and with a newline at the end. No other spelling is accepted. The
// signature is over the canonical form of the signed value (TUF 1.0.34,
// section 4.2), nothing else; the other members only say what was meant to be
// signed.
//
// statement is a DSSE envelope (payloadType
// application/vnd.rust-tuf.statement.v1+json) that the same key signed in the
// same sitting. Its payload is compact JSON with format ("rust-tuf statement
// v1"), repository, event, role, version, sha256, keyid, device (kind, and of
// a card serial and slot), began_claimed, signed_at_claimed and tool. What
// stands in both must agree, and the device must be the one that the policy
// lists for the key.
//
// # A transcript
//
// transcript.json in the log of a completed event says in indented JSON what
// was signed, by whom, under which rules, on which devices, when by the
// members' clocks, and which keys came and went. It is a pure function of the
// event and of what it builds on; see [Transcript].
//
// # Completion
//
// An event completes when every payload meets every rule: a root the
// threshold of the version before it and its own (5.3.4), another role its
// delegator's. The result takes every signature that counts, ordered by key
// id. It is the same for everyone who has the same tree.
package metadata
