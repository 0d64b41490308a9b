package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"math/big"
)

// key is a private key, made of its holder's name, as metadata lists it. All
// its signatures are deterministic.
type key struct {
	id     string
	listed *object
	sign   func(message string) []byte
}

func newKey(keyType, scheme, public string, sign func(string) []byte) key {
	listed := obj("keytype", keyType, "scheme", scheme, "keyval", obj("public", public))
	return key{idOf(listed), listed, sign}
}

// idOf is the key id of SPEC 4.2.
func idOf(listed *object) string {
	sum := sha256.Sum256([]byte(canonical(listed)))
	return hex.EncodeToString(sum[:])
}

// as returns the key under another id.
func (k key) as(id string) key { return key{id, k.listed, k.sign} }

// with returns the key listed in another way, under the id of that.
func (k key) with(v any, path ...string) key {
	listed := k.listed.clone()
	listed.set(v, path...)
	return key{idOf(listed), listed, k.sign}
}

// public is the key as `keyval` has it.
func (k key) public() string { return get(get(k.listed, "keyval"), "public").(string) }

func ed25519Key(name string) key {
	seed := sha256.Sum256([]byte(name))
	private := ed25519.NewKeyFromSeed(seed[:])
	public := hex.EncodeToString(private.Public().(ed25519.PublicKey))
	return newKey("ed25519", "ed25519", public, func(message string) []byte { return ed25519.Sign(private, []byte(message)) })
}

func p256Key(name string) key {
	return ecdsaKey(name, elliptic.P256(), 32, "ecdsa-sha2-nistp256", crypto.SHA256)
}

func p384Key(name string) key {
	return ecdsaKey(name, elliptic.P384(), 48, "ecdsa-sha2-nistp384", crypto.SHA384)
}

// ecdsaKey signs as RFC 6979 says: its signatures need no random number.
func ecdsaKey(name string, curve elliptic.Curve, size int, scheme string, hash crypto.Hash) key {
	seed := sha256.Sum256([]byte(name))
	private, err := ecdsa.ParseRawPrivateKey(curve, append(make([]byte, size-32), seed[:]...))
	must(err)
	return newKey("ecdsa", scheme, publicPEM(private.Public()), func(message string) []byte {
		sig, err := private.Sign(nil, digest(hash, message), hash)
		must(err)
		return sig
	})
}

func digest(hash crypto.Hash, message string) []byte {
	h := hash.New()
	h.Write([]byte(message))
	return h.Sum(nil)
}

func publicPEM(public crypto.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(public)
	must(err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// rsaKey signs with PSS and a salt that is the hash of the message. pkcs1 is
// the same key, and signs in the older way.
func rsaKey(name string, bits int) (pss, pkcs1 key) {
	private := rsaPrivate(name, bits)
	public := publicPEM(private.Public())
	pss = newKey("rsa", "rsassa-pss-sha256", public, func(message string) []byte {
		encoded := encodePSS(digest(crypto.SHA256, message), private.N.BitLen()-1)
		return new(big.Int).Exp(new(big.Int).SetBytes(encoded), private.D, private.N).FillBytes(make([]byte, private.Size()))
	})
	pkcs1 = newKey("rsa", "rsassa-pss-sha256", public, func(message string) []byte {
		sig, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, digest(crypto.SHA256, message))
		must(err)
		return sig
	})
	return pss, pkcs1
}

// rsaPrivate takes the first primes above two numbers made of a name.
func rsaPrivate(name string, bits int) *rsa.PrivateKey {
	e := big.NewInt(65537)
	one := big.NewInt(1)
	prime := func(which string) *big.Int {
		p := new(big.Int).SetBytes(stream([]byte(name+which), bits/16))
		for _, bit := range []int{0, bits/2 - 1, bits/2 - 2} {
			p.SetBit(p, bit, 1)
		}
		for !p.ProbablyPrime(20) || new(big.Int).GCD(nil, nil, e, new(big.Int).Sub(p, one)).Cmp(one) != 0 {
			p.Add(p, big.NewInt(2))
		}
		return p
	}
	p, q := prime(" p"), prime(" q")
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	return &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537},
		D:         new(big.Int).ModInverse(e, phi),
		Primes:    []*big.Int{p, q},
	}
}

// encodePSS is EMSA-PSS of RFC 8017, 9.1.1, with SHA-256.
func encodePSS(hashed []byte, bits int) []byte {
	salt := hashed // any will do; this one is always the same
	h := sha256.Sum256(append(append(make([]byte, 8), hashed...), salt...))
	n := (bits + 7) / 8
	block := make([]byte, n-len(h)-1)
	block[len(block)-len(salt)-1] = 1
	copy(block[len(block)-len(salt):], salt)
	for i, b := range stream(h[:], len(block)) {
		block[i] ^= b
	}
	block[0] &= 0xff >> (8*n - bits)
	return append(append(block, h[:]...), 0xbc)
}

// stream is MGF1 of RFC 8017, B.2.1, with SHA-256.
func stream(seed []byte, n int) []byte {
	var out []byte
	for i := uint32(0); len(out) < n; i++ {
		sum := sha256.Sum256(binary.BigEndian.AppendUint32(append([]byte(nil), seed...), i))
		out = append(out, sum[:]...)
	}
	return out[:n]
}
