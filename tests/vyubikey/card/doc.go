// Package card is the PIV application of a YubiKey as a state machine for tests: command bytes go in,
// response bytes and status word come out. It neither sleeps nor reads a clock; the transports
// (packages pcsc and vpcd) carry its bytes to real clients.
//
// # What goes in
//
// A command is CLA INS P1 P2, then nothing, Le, Lc data, or Lc data Le, in the short or the extended
// form (ISO 7816-4). CLA is 00, or 10 for all but the last part of a chained command, whose data are
// joined; other classes answer 6E00. A response of more than 256 bytes, or more than Le, comes in
// parts: SW 61xx says that (at least) xx more bytes wait for GET RESPONSE (00 C0), 00 meaning 256 or
// more.
//
// # Applications
//
// SELECT (00 A4 04 00) chooses by prefix of at least five bytes: PIV A000000308000010000100, OTP
// A000000527200101 (00 01 10 00 tells the serial number, as all firmware does), management
// A000000527471117 (00 1D tells a device description). Before the first SELECT nothing is chosen and
// everything else answers 6D00. A failed SELECT (6A82) changes nothing; every other one forgets what was
// authenticated.
//
// # Commands of the PIV application
//
//	20  VERIFY             P2 80; no data: asks; P1 FF: forgets; else 8 bytes, padded with FF
//	24  CHANGE REFERENCE   P2 80 PIN, 81 PUK: 8 bytes old, 8 bytes new
//	2C  RESET RETRY        P2 80: 8 bytes PUK, 8 bytes new PIN
//	47  GENERATE           P2 slot: AC{80 algorithm, AA PIN policy, AB touch policy} → 7F49{86 point | 81 n, 82 e}
//	87  AUTHENTICATE       P1 algorithm, P2 9B: management key; P2 slot: 7C{82 –, 81 input} → 7C{82 signature}
//	C0  GET RESPONSE
//	CB  GET DATA           P1P2 3FFF: 5C object → 53 content (7E as it is)
//	DB  PUT DATA           P1P2 3FFF: 5C object, 53 content
//	F6  MOVE KEY           P1 to (FF: nowhere), P2 from; from firmware 5.7
//	F7  METADATA           P2 slot, 80, 81, 9B; from firmware 5.3
//	F8  SERIAL             from firmware 5.0
//	F9  ATTEST             P1 slot → slot certificate; from firmware 4.3; generated keys only, else 6A80
//	FA  SET RETRIES        P1 PIN, P2 PUK; both go back to their factory values
//	FB  RESET              when PIN and PUK are blocked
//	FD  VERSION            three bytes
//	FE  IMPORT             P1 algorithm, P2 slot: {06 scalar | 01 p, 02 q, … | 07 seed}, AA, AB
//	FF  SET MANAGEMENT KEY P1 FF, P2 FF (FE: touch): algorithm, 9B, length, key
//
// The algorithms: management key 03 3DES, 08 0A 0C AES 128 192 256 (from firmware 5.4.2; the factory's
// is AES 192 from 5.7, 3DES before); keys 11 P-256, 14 P-384, 07 RSA 2048, and from 5.7 05 RSA 3072, E0
// Ed25519. RSA is the raw private operation over a block as long as the modulus, ECDSA signs a digest,
// Ed25519 a message.
//
// # PIN, PUK and freshness
//
// A wrong PIN answers 63Cx with x tries left, 0 when it was the last one; then 6983. A right one gives
// back all tries. A key of policy "once" wants a PIN verified since SELECT, "always" one verified since
// the last private-key operation (6982 else). When a real card forgets exactly is not documented; with
// [Config.StrictFreshness] any command between VERIFY and AUTHENTICATE forgets, so that a client which
// satisfies that satisfies every card.
//
// # Touch
//
// A key of touch policy "always", or "cached" when the last touch lies more than 15 s back, asks
// [Config.Touch] what the person does. Without a touch the card answers 6982, and its own time moves by
// 15 s. Its time moves for no other reason than that and [Card.Advance].
//
// # What tests ask
//
// [Card.Counters] counts what a command cost (PIN attempts, signatures, …), [Card.Log] tells the
// commands, with secrets masked. The factory values are PIN 123456, PUK 12345678, management key three
// times 0102030405060708, as of every YubiKey before enrolment.
package card
