package roles

// Every bound of this package, with its reason.
const (
	// PolicyBytes bounds rust-tuf.toml. A policy of nine members, twenty
	// roles and a thousand target entries has about 200 kB.
	PolicyBytes = 512 << 10

	// MemberBytes bounds a member file. One key takes about 300 bytes.
	MemberBytes = 64 << 10

	// EvidenceBytes bounds a certificate in PEM. A card keeps one certificate
	// in about 3 kB, and PEM adds a third.
	EvidenceBytes = 8 << 10

	// RetirementBytes bounds what is said about the end of a key: about 700
	// bytes, and a comment.
	RetirementBytes = 4 << 10

	// CharterBytes bounds a charter file: at most the policy and the members
	// that one role uses. The evidence of a key takes about 2 kB.
	CharterBytes = 4 << 20

	// charterDepth bounds the nesting of a charter; it needs five levels.
	charterDepth = 16

	// maxRoles bounds the roles of a policy. A client visits at most 32
	// delegated roles unless it is configured otherwise (python-tuf, go-tuf
	// and tuf-js: max_delegations), so more would not be found.
	maxRoles = 4 + 32

	// maxRoleKeys bounds the keys of one role, so that a root of nothing but
	// keys stays far below the 512 kB at which readers stop reading a root.
	maxRoleKeys = 100

	// maxMemberKeys bounds the keys that one member declares, lost and
	// retired ones included: forty years of a new card every other year.
	maxMemberKeys = 20

	// maxPossessionBytes bounds a signature: RSA 8192.
	maxPossessionBytes = 1 << 10

	// maxLabels bounds the affiliations and the countries of one member.
	maxLabels = 10

	// maxOnlineKeys bounds the declared online keys.
	maxOnlineKeys = 100

	// maxExceptions bounds the exceptions; each is read aloud in a review.
	maxExceptions = 100

	// maxTargets bounds the files that people-signed roles list. Large sets
	// belong to roles that are signed online.
	maxTargets = 4096

	// maxPaths bounds the path patterns of one role.
	maxPaths = 100

	// maxPathBytes bounds a target path or a pattern. File systems end at
	// 255 bytes for a segment and clients escape names, which triples them.
	maxPathBytes = 512

	// maxTextBytes bounds a text for people: a reason, a label.
	maxTextBytes = 500

	// maxFaults bounds the faults that are named of one file: as many as a
	// person reads before they repair the first.
	maxFaults = 20

	// maxInteger is the largest integer that every reader keeps: beyond
	// 2^53-1 those that read numbers as float64 lose digits.
	maxInteger = 1<<53 - 1

	// maxSerial is the largest serial number of a card: YubiKeys have 4 bytes.
	maxSerial = 1<<32 - 1

	// maxYears bounds a lifetime. The longest that was asked for a root is
	// seven years; how long is wise is for the lint, this only keeps
	// arithmetic within four-digit years.
	maxYears = 100
)
