package attest

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

const (
	pemType  = "CERTIFICATE"
	pemBegin = "-----BEGIN "
)

// decodeOne reads a file that holds one certificate in PEM and nothing else
// but white space around it.
func decodeOne(part Part, text []byte) (*x509.Certificate, error) {
	if len(text) > maxCertificate {
		return nil, &FileError{part, fmt.Sprintf("%d bytes, above the limit of %d", len(text), maxCertificate)}
	}
	if n := bytes.Count(text, []byte(pemBegin)); n > 1 {
		return nil, &FileError{part, fmt.Sprintf("%d PEM blocks in one file, must be one", n)}
	}
	block, rest, err := nextBlock(part, text)
	switch {
	case err != nil:
		return nil, err
	case len(rest) > 0:
		return nil, &FileError{part, "data after the certificate"}
	}
	return parse(part, block)
}

// nextBlock takes the DER of the first PEM block off text, and the white space
// on both sides of it.
func nextBlock(part Part, text []byte) (der, rest []byte, err error) {
	text = bytes.TrimSpace(text)
	if !bytes.HasPrefix(text, []byte(pemBegin+pemType+"-----")) {
		return nil, nil, &FileError{part, "no certificate in PEM (a block that begins with -----BEGIN CERTIFICATE-----)"}
	}
	block, rest := pem.Decode(text)
	// A damaged block is skipped by Decode: then more than one is gone.
	if block == nil || bytes.Count(text[:len(text)-len(rest)], []byte(pemBegin)) != 1 {
		return nil, nil, &FileError{part, "the PEM block is cut off or damaged"}
	}
	if len(block.Headers) > 0 {
		return nil, nil, &FileError{part, "the PEM block has headers"}
	}
	return block.Bytes, bytes.TrimSpace(rest), nil
}

// parse reads one certificate in DER. crypto/x509 refuses trailing data and
// two extensions of the same kind.
func parse(part Part, der []byte) (*x509.Certificate, error) {
	if len(der) > maxCertificate {
		return nil, &FileError{part, fmt.Sprintf("%d bytes, above the limit of %d", len(der), maxCertificate)}
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, &CertificateError{Part: part, Reason: "is no X.509 certificate: " + err.Error(), Err: err}
	}
	if c.Version != 3 {
		return nil, &CertificateError{Part: part, Subject: c.Subject.CommonName, Reason: fmt.Sprintf("is X.509 version %d, must be 3", c.Version)}
	}
	if len(c.Extensions) > maxExtensions {
		return nil, &CertificateError{Part: part, Subject: c.Subject.CommonName, Reason: fmt.Sprintf("has %d extensions, at most %d", len(c.Extensions), maxExtensions)}
	}
	return c, nil
}

// decodeBundle reads a file that holds certificates of CAs in PEM, and nothing
// else but white space between them. kind names them: "intermediate".
func decodeBundle(kind string, text []byte) ([]*x509.Certificate, error) {
	if len(text) > maxBundle {
		return nil, &FileError{Part(kind + "s"), fmt.Sprintf("%d bytes, above the limit of %d", len(text), maxBundle)}
	}
	var list []*x509.Certificate
	for rest := text; len(list) == 0 || len(rest) > 0; {
		part := place(kind, len(list))
		if len(list) == maxCertificates {
			return nil, &FileError{part, fmt.Sprintf("more than %d certificates in one file", maxCertificates)}
		}
		der, left, err := nextBlock(part, rest)
		if err != nil {
			return nil, err
		}
		c, err := parse(part, der)
		if err != nil {
			return nil, err
		}
		if !c.BasicConstraintsValid || !c.IsCA {
			return nil, &CertificateError{Part: part, Subject: c.Subject.CommonName, Reason: "is not the certificate of a CA",
				next: "take the file as Yubico publishes it at https://developers.yubico.com/PKI/"}
		}
		list, rest = append(list, c), left
	}
	return list, nil
}

// encode returns a certificate as the PEM block that [Parse] reads.
func encode(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: c.Raw})
}

// place names a certificate of a bundle.
func place(kind string, i int) Part { return Part(fmt.Sprintf("%s %d", kind, i+1)) }

// selfIssued reports whether c names itself as its issuer.
func selfIssued(c *x509.Certificate) bool { return sameIssuer(c, c) }
