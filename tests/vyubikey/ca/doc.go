// Package ca is a certificate authority for tests that issues YubiKey PIV attestations as Yubico
// does: two shapes of chain, the same names, key types, periods and extensions. Nothing that it
// issues leads to a root of Yubico, so nothing of it is acceptable outside of tests.
//
// # The two shapes
//
// Short, firmware before 5.7.4 (all RSA 2048 with SHA-256, 2016-03-14 to 2052-04-17):
//
//	Yubico PIV Root CA Serial 263751      root, CA, path length 1
//	└─ Yubico PIV Attestation             device: in slot f9 of one YubiKey, CA, path length 0
//	   └─ YubiKey PIV Attestation 9c      slot: carries the attested public key
//
// Long, firmware from 5.7.4 (2024-12-01 to 9999-12-31):
//
//	Yubico Attestation Root 1             root, signs itself with SHA-512, path length 3
//	└─ Yubico Attestation Intermediate B 1   path length 2
//	   └─ Yubico PIV Attestation B 1         path length 1
//	      └─ YubiKey PIV Attestation      device, path length 0
//	         └─ YubiKey PIV Attestation 9c   slot
//
// # Extensions
//
// All are not critical and stand under 1.3.6.1.4.1.41482.3. The value is the content of the
// extension's OCTET STRING:
//
//	.3  firmware      device, slot   three bytes: major, minor, patch
//	.7  serial        slot           DER INTEGER
//	.8  policies      slot           two bytes: PIN (1 never, 2 once, 3 always), touch (1 never, 2 always, 3 cached)
//	.9  form factor   slot           one byte; bit 0x80 on the FIPS series; absent before firmware 5
//	.10 FIPS          device         DER INTEGER, the level; only on the FIPS series
//	.11 CSPN          device         DER INTEGER; only on the CSPN series
//
// A device certificate has critical basic constraints besides, and no key usage or key identifiers.
// A slot certificate has nothing else; its serial number is 16 random bytes.
//
// # Faults
//
// A [Fault] changes a certificate before it is signed, so that the signature is good and only the
// content is not: what a stolen device key, or a careless authority, could make.
package ca
