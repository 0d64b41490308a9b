package metadata

import (
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// Bounds of what is read from a repository. Whoever can open a pull request
// chooses its content, and everyone's machine reads it.
const (
	// maxFileBytes bounds one governed file. A targets document of 200,000
	// entries is 30 MB; people do not sign more in one file.
	maxFileBytes = 64 << 20
	// maxSignatureFileBytes bounds one signature file: an RSA-4096 signature
	// is 1 kB of hexadecimal, twice; the rest is fixed.
	maxSignatureFileBytes = 16 << 10
	// maxEventFileBytes bounds event.toml and closed.toml: some fixed fields
	// for each payload and one sentence by a person.
	maxEventFileBytes = 64 << 10
	// maxSignaturesPerPayload bounds the files that are verified for one
	// payload: more than any quorum, old and new together, can hold.
	maxSignaturesPerPayload = 256
	// maxEvents bounds the open events that are judged. Each needs people's
	// attention; more than this is a mistake or an attack on it.
	maxEvents = 64
	// maxRefusals bounds what the gate says about one pull request: who reads
	// it repairs the first ones, and most others follow from them.
	maxRefusals = 12
	// maxClockSkew is how far the clocks of a proposer and of whoever judges the
	// event may be apart.
	maxClockSkew = time.Hour
	// maxToolBytes bounds the name and version of a tool in a statement.
	maxToolBytes = 100
	// maxWhyBytes bounds the reason that the proposer writes.
	maxWhyBytes = 4 << 10
	// maxIntermediatesBytes bounds the further intermediates: Yubico publishes a
	// dozen in all, of 2 kB each.
	maxIntermediatesBytes = 64 << 10
	// maxHandedRoots bounds the roots of one other repository. All of them are
	// verified with each event; twenty years of one every week.
	maxHandedRoots = 1024
	// maxTestRoots and maxTestRootBytes bound what the event of a rehearsal says
	// about the roots that stood in for Yubico's: one for each shape of a chain,
	// by common name (64 characters, by X.520) and digest.
	maxTestRoots     = 8
	maxTestRootBytes = 256
)

// limits are the bounds under which documents of a repository are read. They
// are the embedder's defaults, so nothing is published that a client with
// default bounds refuses.
func limits() verify.Limits { return verify.DefaultLimits() }
