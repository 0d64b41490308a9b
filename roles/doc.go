// Package roles holds what the quorum decided and what follows from it.
//
// People edit two kinds of files: the policy (rust-tuf.toml, read by
// [ParsePolicy]) and one file for each member (members/<name>/member.toml,
// read by [ParseMember]). Both are TOML, strict: an unknown key, a key in
// another case, or a value out of bounds is refused with file, line, column
// and path. Together they are a [Declaration]. Beside a member's file stands
// the evidence for their keys on cards, which [Member.Attach] reads.
//
// # The policy
//
//	format = 1
//	name = "tuf-root"               # label for people
//	repository = "<32 hex digits>"  # random, never edited, signed everywhere
//	keyid = "spec"                  # or "spki": see KeyIDForm
//	readers = ["rust-tuf", "tough"] # clients that must be able to parse
//	consistent-snapshot = true
//
//	[devices]                       # what keys on cards must be: see Devices
//	min-firmware = "5.7.0"
//	slots = ["9c"]
//	pin = "always"                  # or "once"
//	touch = "always"                # or "cached"
//	fips = false
//
//	[lint]                          # see Bounds
//	[[exception]]                   # see Exception
//	rule = "advisory"               # one of Rules that is Excusable
//	role = "root"
//	member = "alice"                # only for her; optional
//	serial = 12345678               # only for this card; optional
//	reason = "until her new card arrives"
//
//	[roles.root]                    # also targets, snapshot, timestamp
//	quorum = true                   # rules for spread apply
//	members = ["alice", "bob/card2"]
//	online = []                     # names of [online.<name>]
//	threshold = 5
//	lifetime = "2y"                 # y (calendar years), w, d, h
//
//	[roles.release]                 # any other name is a delegated role
//	delegator = "targets"
//	paths = ["channels/*"]          # * and ? within a segment
//	terminating = true
//
//	[online.timestamp]
//	public = "<PEM>"
//
//	[[target]]                      # a file that a people-signed role lists
//	role = "release"
//	path = "channels/stable.toml"
//	length = 123
//	sha256 = "<64 hex digits>"
//
//	[schedule.root]                 # see Deadlines; nobody signs it
//	opens = "120d"                  # before expiry: the next version is proposed
//	alert = "45d"                   # before expiry: it is late
//
//	[forge]                         # where pull requests are opened; nobody signs it
//	kind = "forgejo"                # one of ForgeKinds
//
// Names of roles, members, keys and labels are 1 to 63 of a-z, 0-9 and "-".
// Delegated roles are searched in the order of the file.
//
// # A member
//
//	format = 1
//	name = "alice"                  # the folder's name
//	login = "alice-at-forge"
//	affiliations = ["some-label"]
//	countries = ["some-label"]
//	term-ends = "2028-11-22"        # optional; nobody signs it
//
//	[[key]]
//	label = "main"
//	public = "<PEM>"
//	kind = "piv"                    # on a card; or "software", in a file
//	serial = 12345678               # of the card, for kind piv
//	slot = "9c"
//	status = "active"               # or "lost", "retired"
//	possession = "<hex>"            # the key's signature: PossessionStatement
//
// A card's own word for its key stands in members/<name>/<serial>/: slot.pem,
// the certificate that the card made over the slot's key, and device.pem, the
// certificate of the card's attestation key, each as PEM. Package attest
// verifies them. A card has one active key of a member. The signature over the
// [PossessionStatement] proves that the member holds the key, and that the
// key's holder agreed to be this member of this repository.
//
// # The charter
//
// From a declaration follows, for each role that people sign, a [Charter]: the
// projection of policy and members that decides this one role and nothing
// else, so that an edit elsewhere does not change it. For role R it holds the
// repository's id and name, the form of key ids, the readers, R's lifetime and
// files, consistent-snapshot for root, the roles that R's documents name (root:
// the top-level four; others: those whose delegator is R) with their whole
// declaration, the members and machines that those use with the keys in use,
// the bounds of the lint, and the exceptions for R and those roles. A key
// carries its possession signature and, on a card, the two certificates; where
// there is a key on a card, the demands on devices are written out in full. So
// the log keeps the evidence, and whoever has a charter judges it again,
// offline. Lists are sorted, apart from the roles. A charter is a JSON file;
// the SHA-256 of its OLPC canonical form is the policy digest.
//
// # The payload
//
// From a charter, the version before, and the instant at which the event
// opened follows the payload ([Charter.Payload]): the document that the quorum
// signs. Its version is the one before plus one, or 1; it expires one lifetime
// after the opening; key ids are sorted; it is indented JSON without
// signatures. At the top of signed it carries the object x-rust-tuf:
//
//	format      1
//	repository  the repository's id
//	role        the role's name
//	owners      key id → member, or "online/<name>" for a machine
//	lifetimes   role → lifetime, for the role itself and those it names
//	policy      the policy digest, 64 hex digits
//	supersedes  digests of payloads for the same version that this one
//	            replaces, sorted; absent when there are none
//
// The payload is a pure function: anyone who has the three gets the same
// bytes. go-tuf's types write it and package verify has read it back.
//
// # The lint
//
// [Lint] judges a proposal by rules that no format can express: spread, spare
// keys, distinct people, what every listed reader can parse, whether the old
// threshold can still be met, whether keys are proven to live where they must.
// Certificates are judged at the opening of the event, under Yubico's roots
// unless a rehearsal brings its own. [Rules] lists them with their reasons. No rule
// can be switched off; some allow an exception, which stands in the policy,
// with its reason, for every signer to read. One about keys can be bound to a
// member, a card, or both, and then excuses nothing else; one that is bound to
// neither holds for whoever is in the role, and the lint says so. Of several
// that fit, the one bound most closely is told.
//
// The package reads no file, no clock and no environment.
package roles
