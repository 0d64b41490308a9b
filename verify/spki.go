package verify

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
)

// Everything that stands in a SubjectPublicKeyInfo before the key's own
// bytes. DER has one encoding for each value, so for keys of a fixed size the
// beginning is fixed too and is compared, not parsed. (crypto/x509 does this
// in general, and brings the network with it.)
var (
	headEd25519 = []byte("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00")
	headP256    = []byte("\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00")
	headP384    = []byte("\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00")
)

var oidRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}

// subjectPublicKeyInfo is the structure of RFC 5280, 4.1.
type subjectPublicKeyInfo struct {
	Algorithm struct {
		Algorithm  asn1.ObjectIdentifier
		Parameters asn1.RawValue `asn1:"optional"`
	}
	PublicKey asn1.BitString
}

// pkcs1 is RSAPublicKey (RFC 8017, A.1.1).
type pkcs1 struct {
	N *big.Int
	E int
}

// parseSPKI reads a DER SubjectPublicKeyInfo and keeps it.
func parseSPKI(der []byte) (PublicKey, error) {
	switch {
	case bytes.HasPrefix(der, headEd25519) && len(der) == len(headEd25519)+ed25519.PublicKeySize:
		return newPublicKey(familyEd25519, ed25519.PublicKey(der[len(headEd25519):]), der), nil
	case bytes.HasPrefix(der, headP256):
		return parsePoint(familyP256, elliptic.P256(), der, len(headP256))
	case bytes.HasPrefix(der, headP384):
		return parsePoint(familyP384, elliptic.P384(), der, len(headP384))
	}
	return parseRSA(der)
}

func parsePoint(f *family, curve elliptic.Curve, der []byte, head int) (PublicKey, error) {
	key, err := ecdsa.ParseUncompressedPublicKey(curve, der[head:])
	if err != nil {
		return PublicKey{}, fmt.Errorf("%s key is no uncompressed point of its curve", f.name)
	}
	return newPublicKey(f, key, der), nil
}

func parseRSA(der []byte) (PublicKey, error) {
	var outer subjectPublicKeyInfo
	rest, err := asn1.Unmarshal(der, &outer)
	switch {
	case err != nil:
		return PublicKey{}, errors.New("not a DER SubjectPublicKeyInfo")
	case len(rest) > 0:
		return PublicKey{}, errors.New("data after the SubjectPublicKeyInfo")
	case !outer.Algorithm.Algorithm.Equal(oidRSA):
		return PublicKey{}, errors.New("public key is not Ed25519, ECDSA P-256 or P-384 in uncompressed form, or RSA")
	}
	var inner pkcs1
	rest, err = asn1.Unmarshal(outer.PublicKey.Bytes, &inner)
	if err != nil || len(rest) > 0 {
		return PublicKey{}, errors.New("RSA key is damaged")
	}
	key := &rsa.PublicKey{N: inner.N, E: inner.E}
	spki, err := marshalRSA(key)
	switch {
	case err != nil:
		return PublicKey{}, err
	case !bytes.Equal(spki, der):
		return PublicKey{}, errors.New("RSA key is not encoded as DER demands")
	}
	return newPublicKey(familyRSA, key, spki), nil
}

// marshalSPKI writes a DER SubjectPublicKeyInfo.
func marshalSPKI(k crypto.PublicKey) ([]byte, error) {
	switch k := k.(type) {
	case ed25519.PublicKey:
		if len(k) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("Ed25519 key of %d bytes, must have %d", len(k), ed25519.PublicKeySize)
		}
		return append(bytes.Clone(headEd25519), k...), nil
	case *ecdsa.PublicKey:
		if k == nil {
			return nil, errNoKey
		}
		var head []byte
		switch k.Curve {
		case elliptic.P256():
			head = headP256
		case elliptic.P384():
			head = headP384
		default:
			return nil, errors.New("ECDSA key is not on P-256 or P-384")
		}
		if k.X == nil || k.Y == nil {
			return nil, errNoKey
		}
		point, err := k.Bytes()
		if err != nil {
			return nil, errors.New("ECDSA key is no point of its curve")
		}
		return append(bytes.Clone(head), point...), nil
	case *rsa.PublicKey:
		if k == nil {
			return nil, errNoKey
		}
		return marshalRSA(k)
	}
	return nil, fmt.Errorf("public key of type %T is not supported; use Ed25519, ECDSA P-256 or P-384, or RSA", k)
}

// marshalRSA refuses the keys that are too weak, too costly, or that
// crypto/rsa would not verify with.
func marshalRSA(k *rsa.PublicKey) ([]byte, error) {
	if k.N == nil || k.N.Sign() <= 0 {
		return nil, errors.New("RSA modulus is not positive")
	}
	switch bits := k.N.BitLen(); {
	case bits < minRSABits: // SPEC 4.2: at least 2048
		return nil, fmt.Errorf("RSA key of %d bits, must have at least %d", bits, minRSABits)
	case bits > maxRSABits:
		return nil, fmt.Errorf("RSA key of %d bits, must have at most %d", bits, maxRSABits)
	case k.N.Bit(0) == 0:
		return nil, errors.New("RSA modulus is even")
	case k.E < 3 || k.E&1 == 0 || k.E > 1<<31-1:
		return nil, errors.New("RSA exponent must be odd and between 3 and 2147483647")
	}
	inner, err := asn1.Marshal(pkcs1{k.N, k.E})
	if err != nil {
		return nil, err
	}
	var outer subjectPublicKeyInfo
	outer.Algorithm.Algorithm = oidRSA
	outer.Algorithm.Parameters = asn1.NullRawValue
	outer.PublicKey = asn1.BitString{Bytes: inner, BitLength: 8 * len(inner)}
	return asn1.Marshal(outer)
}
