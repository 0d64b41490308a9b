// Package attest proves from two certificates that a key was made inside a
// YubiKey and cannot leave it, and says what else the card states about it.
//
// Nothing here talks to a card, reads a clock or reaches a network: whoever
// has the two files comes to the same verdict offline, years later.
//
// # What a card states
//
// Asked to attest a slot, a YubiKey signs a certificate over that slot's key
// with its attestation key, which lives in slot f9 and was certified in the
// factory. It does so only for keys it made itself; an imported key has no
// attestation. Two certificates are therefore kept with a key:
//
//   - the slot certificate, made by the card on request: subject CN
//     "YubiKey PIV Attestation 9c", the slot in lower-case hex at its end;
//   - the device certificate, read from slot f9: subject CN
//     "Yubico PIV Attestation" or, since firmware 5.7.4, "YubiKey PIV
//     Attestation".
//
// Extensions under 1.3.6.1.4.1.41482.3, none of them critical. The value is
// the content of the extension's OCTET STRING; "bytes" means just that, with
// no DER around them:
//
//	 .3  both    3 bytes: firmware, major minor patch    05 07 04
//	 .7  slot    DER INTEGER: the card's serial number   02 04 02 25 7c d9
//	 .8  slot    2 bytes: PIN policy, touch policy       03 02
//	 .9  slot    1 byte: form factor, 80 added by FIPS   03
//	.10  device  any value: a FIPS card                  02 01 03
//	.11  device  any value: a CSPN card
//
// PIN policy: 1 never, 2 once, 3 always; on cards with a fingerprint reader
// also 4 match once, 5 match always. Touch policy: 1 never, 2 always,
// 3 cached for 15 seconds. Form factor: 1 USB-A keychain, 2 USB-A nano,
// 3 USB-C keychain, 4 USB-C nano, 5 USB-C/Lightning, 6 USB-A Bio, 7 USB-C Bio.
//
// # What is checked
//
// Each file holds one PEM block CERTIFICATE and nothing else, within the
// bounds of limits.go. Then, by [Verifier.Verify]:
//
//  1. The slot certificate is X.509 version 3 and no CA. Its subject is one CN
//     as above, of one of the slots 9a, 9c, 9d, 9e, 82 to 95.
//  2. The device certificate is version 3 and a CA with path length 0 (which
//     tells it from Yubico's intermediates) and not self-issued.
//  3. Extensions .3, .7 and .8 stand exactly once in the slot certificate, .9
//     at most once (firmware 4.4.5 has none), .3 exactly once in the device
//     certificate; each in exactly the encoding above, no other value. Both
//     say the same firmware; a serial number in the device certificate, which
//     real ones do not have, must be the slot certificate's.
//  4. The device key signed the slot certificate, and the issuer's name is
//     the device's, byte for byte.
//  5. A path leads from the device certificate to a root, names compared byte
//     for byte and every signature checked: straight to "Yubico PIV Root CA
//     Serial 263751", or through exactly two intermediates, the nearer one
//     named "Yubico PIV Attestation …", to "Yubico Attestation Root 1". Yubico
//     certifies FIDO, OpenPGP and other keys under the same root; those
//     certificates end at intermediates of other names, and no statement about
//     a PIV slot may come from there.
//  6. Every certificate of the path, slot and device included, is valid at the
//     instant that the caller names.
//  7. crypto/x509, given that root and those intermediates alone, accepts the
//     path. This judges path lengths, key usage and whatever else RFC 5280 asks.
//  8. The device's key does not have the mark of YSA-2017-01 (ROCA): its
//     private half could be computed, and with it any attestation.
//  9. The attested key is one that [verify.PublicKey] takes: P-256, P-384,
//     Ed25519, or RSA of 2048 bits or more.
//
// The result is [Facts]. What a quorum demands of them is a [Policy], whose
// [Policy.Findings] compares them with what the member declared.
//
// # Time
//
// An attestation says that a key was made in a card; that stays true. The
// certificates' dates are therefore judged at one instant that is recorded
// with the verdict (the opening of the event that brought the key), never at
// the time of reading, so that the same evidence gives the same verdict ever
// after. Cards copy the dates of the device certificate into what they sign:
// 2016-03-14 to 2052-04-17, or 2024-12-01 to 9999-12-31. A YubiKey has no
// clock: none of these dates says when a key was made.
//
// # Extensions unknown here
//
// A critical one is refused. Any other is tolerated, listed in [Facts].Unread
// and shown to the signers by a finding, because a later firmware may say
// something that matters and refusing all new cards would help nobody. An
// extension of the table above in the certificate where it does not belong is
// not believed and listed likewise.
//
// # What this cannot prove
//
// That the holder of the card is the member (a signature over a fresh
// statement shows that), that the card was not opened in a laboratory, and
// that no key of Yubico's own was misused.
package attest
