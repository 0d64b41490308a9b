package file

// The bounds of this package, each with its reason.
const (
	// An armoured PKCS#8 key of RSA 3072 takes 3.6 kB, its public half 0.6 kB.
	maxKeyFile    = 16 << 10 // bytes
	maxPublicFile = 4 << 10  // bytes

	// scrypt with 2^18 takes about a second and 256 MiB. 2^20 takes 1 GiB, more
	// than which a member's laptop may not have to spare; a file that demands
	// more was not made by this package, or was made to stop it.
	defaultWorkFactor = 18
	maxWorkFactor     = 20

	// Whoever copies a key file guesses offline. Ten thousand machines at one
	// guess a second go through eight random lower-case letters in a year, and
	// through twelve in three hundred thousand.
	minPassphrase = 12 // characters

	// A terminal's line holds 4096 bytes; what is longer than this was pasted
	// by mistake.
	maxPassphrase = 1024 // bytes

	// One person has a handful of keys. A folder of more is not a key folder.
	maxKeys = 100
)
