package attest

// The bounds of this package, each with its reason.
const (
	// A card's memory for one certificate is about 3 kB; PEM adds a third, and
	// an RSA 4096 key is within that.
	maxCertificate = 8 << 10 // bytes of PEM or DER

	// Yubico's own file of intermediates has 15 certificates in 18 kB.
	maxBundle       = 128 << 10 // bytes of PEM
	maxCertificates = 64

	// Root, two intermediates, device, slot: no chain of Yubico's is longer.
	maxBetween = 2

	// Real certificates have at most four.
	maxExtensions = 16

	// Words of somebody else's certificate that are shown in an error.
	maxShown = 80 // bytes
)
