package trust

import "github.com/rust-lang/rust-tuf/verify"

// The bounds of this package, each with its reason.
const (
	// Times two for base64, and room for the other members of the file.
	maxPinFile = 2*rootBytes + 4<<10 // bytes

	// An entry names every digest it supersedes, 67 bytes each.
	maxEntryFile = 16 << 10 // bytes

	// A signature is about 100 bytes; its file leaves room for a second
	// statement with a certificate chain.
	maxSignatureFile = 64 << 10 // bytes

	// A version that was superseded a hundred times is no event but an attack.
	maxSupersedes = 100

	// Entries of one version of one role: one for each digest and key.
	maxEntries = 1000

	// A key id is 64 hex digits; the metadata formats do not say how long one
	// may be.
	maxKeyID = 256 // bytes

	// Twenty years of a root rewritten every week.
	maxPins = 1024
)

// rootBytes is verify's own bound for a root, which TestLimits compares.
const rootBytes = 512 << 10

// limits are those under which a root is read back from this machine: the same
// under which it was received.
func limits() verify.Limits { return verify.DefaultLimits() }
