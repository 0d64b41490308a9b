package attest

import (
	"crypto/x509"
	"embed"
)

// Yubico's certificates, one a file; yubico/README.md says where they are
// from. A test compares their digests.
//
//go:embed yubico/*.pem
var yubicoFiles embed.FS

// yubicoRoots are the roots, with the number of intermediates between each and
// a device.
var yubicoRoots = []struct {
	file    string
	between int
}{
	{"piv-root-263751.pem", 0},
	{"attestation-root-1.pem", 2},
}

var yubicoIntermediates = []string{
	"attestation-intermediate-a-1.pem",
	"attestation-intermediate-b-1.pem",
	"piv-attestation-a-1.pem",
	"piv-attestation-b-1.pem",
	"piv-attestation-b2-1.pem",
}

// Yubico returns a verifier that trusts Yubico's two PIV roots and knows the
// intermediates published by August 2025. There is an error only if the
// program was built from damaged files.
func Yubico() (*Verifier, error) {
	v := &Verifier{}
	for _, r := range yubicoRoots {
		c, err := builtIn(r.file)
		if err != nil {
			return nil, err
		}
		v.anchors = append(v.anchors, anchor{c, []int{r.between}, YubicoRoots})
	}
	for _, file := range yubicoIntermediates {
		c, err := builtIn(file)
		if err != nil {
			return nil, err
		}
		v.intermediates = append(v.intermediates, c)
	}
	return v, nil
}

func builtIn(file string) (*x509.Certificate, error) {
	text, err := yubicoFiles.ReadFile("yubico/" + file)
	if err != nil {
		return nil, err
	}
	return decodeOne(Part("built-in "+file), text)
}
