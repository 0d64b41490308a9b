// Package verify is the TUF client that is embedded elsewhere: bytes in,
// verdict out. It goes through the client workflow of TUF 1.0.34 and says of a
// target what is promised of it, by whom, and until when. It has no network,
// files, clock, environment, log or global state, no goroutine but for files
// that a [Client] may fetch at the same time, and imports nothing but the
// standard library.
//
// # How to use it
//
// A [Client] needs a [Fetcher], a [Store] and an instant; verify/httpfetch,
// verify/dirstore and verify/memstore have some. Built with one root inside, it
// finds what a repository says of a target like this:
//
//	client := &verify.Client{Metadata: fetcher, Store: store}
//	if err := client.Init(bundledRoot); err != nil { … } // whenever the program starts; nothing is fetched
//	repository, err := client.Refresh(ctx, now)          // roots, timestamp, snapshot
//	if err != nil { … }
//	verdict, err := repository.Target(ctx, "channels/stable.toml")
//	if err != nil { … }
//	err = verdict.Copy(file, download)                   // length and hashes, while it streams
//
// For many targets there is [Refreshed.Verdicts]. With [Client].Parallel the
// client waits four times for any number of targets in bins when it knows
// nothing, three times when targets or bins or both have changed, and once when
// nothing has; a fourth time where delegations lead elsewhere than before, or to
// documents above 32 KiB. (So it is if all that is needed may be on its way at once.)
//
// Three examples are whole programs: one manifest (rustup), many index files
// (cargo), and a machine without a network (airGapped).
//
// Who fetches and keeps in another way gives the bytes to a [Session], which is
// the same workflow without the fetching. And who needs the root alone walks
// forward from the newest one that was stored, and judges the result at one
// instant:
//
//	root, err := verify.TrustRoot(stored, verify.Limits{})
//	if err != nil { … }
//	newest, err := root.Walk(fetch, verify.Limits{})
//	if err != nil { … }                       // newest is the last good root
//	store(newest.Raw())                       // if newest.Version() > root.Version()
//	if err := newest.CheckExpiry(now); err != nil { … }
//
// Where fetch(version) returns the bytes of N.root.json, [ErrNotFound] if the
// server says that there is none, and any other error for what is not an
// answer (SPEC 5.3.3). Three duties stay with the caller: to store a newer
// root durably and never an older one over it, to bound the time and size of a
// download while it runs, and to say what time it is.
//
// Where a repository has lost its root, or a program is older than every root
// that it can still get, a person enters the digest of another one
// ([Client.Replace], [Root.Replace]). Every verdict under it has a
// [Replacement] from then on, to be shown.
//
// # Three types
//
// A document is well formed, allowed, and trusted, and each is a type of its
// own. [Read] makes a [Document]: strict JSON of the right shape. From it
// [Document.Root] makes an [UnverifiedRoot] and [Document.Targets] an
// [UnverifiedTargets]: documents that keep the rules of their role. Only
// [TrustRoot], [TrustPinnedRoot], [Root.Next], [Root.Walk], [Root.Replace] and
// [TrustTargets] make a [Root] or [Targets], which may be believed. What can be learned from
// a document that nobody verified has "unverified" in its name. A [Timestamp]
// and a [Snapshot] come out of a [Session] only, and are trusted.
//
// All values but a [Session] and what holds one are immutable and may be shared
// between goroutines. They refer to the bytes that they were read from; those
// must not be changed.
//
// # The format
//
// A document is the JSON object of TUF 1.0 (SPEC 4.2): `signatures`, an array
// of objects with `keyid` and `sig` (hex), and `signed`. Other members beside
// them are ignored, for nothing covers them.
//
// Signatures cover the canonical form of the received `signed` value (see
// [Canonical]), and every fact is read from those very bytes: a document is
// never decoded into a structure and encoded again. What JSON leaves open is
// refused: duplicate names, invalid UTF-8, lone surrogates, numbers that are
// no integers of 64 bits. Names are compared exactly, never folding case.
//
// In `signed` every type has `_type`, `version` (at least 1), `expires` and
// `spec_version` (major number 1). Expirations have the form
// 2030-01-02T03:04:05Z; a fraction of up to nine digits and a numeric offset
// are read too. Unknown members are allowed everywhere.
//
// A root has `keys`, by key id, and `roles`, with `keyids` and `threshold` for
// root, targets, snapshot and timestamp (SPEC 4.3). Thresholds are integers
// from 1 to [Limits].Keys. Targets have entries under `targets`, and may have
// `delegations` (SPEC 4.5): names neither repeated nor one of the four, each
// with `terminating` and with either `paths` or `path_hash_prefixes`; or, in
// place of roles, one rule for all (TAP 15, `succinct_roles`). Timestamps and
// snapshots have `meta` (SPEC 4.4, 4.6), where length and hashes are optional:
// empty hashes promise nothing, but hashes of unknown kinds only are refused. A
// root may also come as a PEM block TUF ROOT, wherever one is trusted (see
// [Root.PEM]).
//
// These kinds of key can sign; the scheme must fit the key:
//
//	keytype                       scheme               keyval.public
//	ed25519                       ed25519              64 hex digits
//	ecdsa, ecdsa-sha2-nistp256    ecdsa-sha2-nistp256  PEM, point uncompressed
//	ecdsa, ecdsa-sha2-nistp384    ecdsa-sha2-nistp384  PEM, point uncompressed
//	rsa                           rsassa-pss-sha256    PEM, 2048 to 8192 bits
//
// PEM is a SubjectPublicKeyInfo in its one DER encoding. A key of another
// kind, or one that cannot be parsed, and a listed id without a key make no
// document unreadable: they verify nothing, and a [Tally] says why. In the
// same way a `sig` that is empty or no hex is a signature that is rejected.
//
// The member `x-rust-tuf` (see [Extension]) binds a document to a repository
// and a role. Documents of other projects don't have it. As soon as a trusted
// root names a repository, later roots and all targets must name the same.
//
// # The count
//
// A [Quorum] is a threshold and the keys that one document lists for a role.
// What counts is distinct public keys: one key under several ids, spellings or
// encodings counts once, and a key id that stands twice in `signatures`
// refuses the document (SPEC 4.2.1). Root N+1 must carry the threshold of root
// N and its own (SPEC 5.3.4) and be exactly N+1 (SPEC 5.3.5).
//
// [Quorum.Tally] is the same count for people: who has signed, who is missing,
// and what is wrong with the rest.
//
// # Errors
//
// Every refusal has a type that carries what a caller may want to show:
//
//	*FormatError      not a document of this kind; where, and why
//	*LimitError       larger than the Limits
//	*ThresholdError   too few signatures; the whole tally, and who demands it
//	*VersionError     a rollback, a gap, or another version than is promised
//	*ExpiredError     too old at the given instant
//	*RepositoryError  of another repository
//	*RoleError        for another role
//	*DelegationError  for a role that its delegator does not know
//	*ContentError     other bytes than a verified document promises
//	*NotFoundError    no role vouches for the target
//	*ForkError        two documents of one version, both signed: the proof
//	*OrderError       a call of a Session out of order
//	*StoreFormatError what a newer program remembers in the store
//	*PinError         not the root whose digest is pinned
//	*SignatureError   one signature, from Quorum.Check
//
// Messages quote names from documents, so that they can be printed.
package verify
