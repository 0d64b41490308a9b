package main

import (
	"crypto/elliptic"
	"encoding/asn1"
	"math/big"
	"strings"
)

// keys are about kinds of keys: the key that signs targets is of one.
func keys(b *book) {
	signed := func(name, about string, k key, trusted bool) {
		b.add("key-"+name, "4.3", about, func(v *vector) {
			v.may("targets", 1, k)
			v.roles[0].signers = []key{k}
			v.begin()
			if trusted {
				v.found()
			} else {
				v.refused("threshold", 1, 1, 1, 0)
			}
		})
	}
	pss, pkcs1 := rsaKey("rupert", 2048)
	weak, _ := rsaKey("weak", 1024)
	p256, p384 := p256Key("paul"), p384Key("petra")
	signed("ed25519", "a key of the type ed25519", dave, true)
	signed("p256", "a key of the type ecdsa on P-256", p256, true)
	signed("p256-older-type", "a key whose type is the name of its scheme", p256.with("ecdsa-sha2-nistp256", "keytype"), true)
	signed("p384", "a key of the type ecdsa on P-384", p384, true)
	signed("p384-as-p256", "a key on P-384 with the scheme of P-256 verifies nothing", p384.with("ecdsa-sha2-nistp256", "scheme"), false)
	signed("p256-as-p384", "a key on P-256 with the scheme of P-384 verifies nothing", p256.with("ecdsa-sha2-nistp384", "scheme"), false)
	signed("rsa", "a key of the type rsa, with PSS", pss, true)
	signed("rsa-pkcs1", "an RSA signature of the older kind counts for nothing", pkcs1, false)
	signed("rsa-1024", "an RSA key of 1024 bits verifies nothing", weak, false)
	signed("unknown-scheme", "a scheme that nobody knows never verifies", dave.with("none", "scheme"), false)
	signed("unknown-type", "a key type that nobody knows never verifies", dave.with("none", "keytype"), false)
	signed("type-of-another", "a key type that does not fit the key", dave.with("ecdsa", "keytype"), false)
	signed("id-is-no-hash", "key ids are opaque: one need not be the hash of its key", dave.as("the-key-of-dave"), true)
	signed("high-s", "both forms of an ECDSA signature count", highS(p256), true)

	beside := func(name, about string, k key) {
		b.add("key-beside-"+name, "4.3", about, func(v *vector) {
			v.may("targets", 1, dave, k)
			v.begin()
			v.found()
		})
	}
	beside("of-unknown-type", "a key of an unknown type beside one that signs", dave.with("lattice", "keytype").with("lattice-1", "scheme").with("00", "keyval", "public"))
	beside("too-short", "an ed25519 key of the wrong length beside one that signs", dave.with("00", "keyval", "public"))
	beside("not-pem", "an ECDSA key that cannot be read beside one that signs", p256.with("no key", "keyval", "public"))
	beside("off-the-curve", "an ECDSA point that is on no curve beside one that signs", p256.with(strings.Replace(p256.public(), "A", "B", 12), "keyval", "public"))
	b.add("key-listed-and-absent", "4.3", "a role lists a key id without a key, beside one that signs", func(v *vector) {
		v.may("targets", 1, dave, frank)
		v.root.del("keys", frank.id)
		v.begin()
		v.found()
	})
}

// highS signs with the other of the two values that a signature may have.
func highS(k key) key {
	return key{k.id, k.listed, func(message string) []byte {
		var sig struct{ R, S *big.Int }
		_, err := asn1.Unmarshal(k.sign(message), &sig)
		must(err)
		n := elliptic.P256().Params().N
		if other := new(big.Int).Sub(n, sig.S); other.Cmp(sig.S) > 0 {
			sig.S = other
		}
		der, err := asn1.Marshal(sig)
		must(err)
		return der
	}}
}
