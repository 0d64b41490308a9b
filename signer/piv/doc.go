// Package piv signs with keys on YubiKeys, and prepares YubiKeys for that. It is
// the only one that imports piv-go.
//
// A [Source] lists the keys of all cards that are plugged in, a [Key] signs, a
// [Card] is what enrolment and diagnosis do with one card. Where PIV is not
// built in (tag nopiv; no cgo, except on Windows) the same names exist, and
// answer *NotBuiltInError as soon as a card is asked for.
//
// # How a card is treated
//
// Only readers with "yubi" in their name, in any case, are opened. A card is
// known by its serial, never by its place in a list. It is opened for one thing
// at a time, alone, and closed before anybody is asked anything: other programs
// can use it while a person thinks, and Windows does not reset it meanwhile.
// Before it is closed it forgets the PIN that was verified.
//
// A try of a PIN is spent only when the card has as many left as its holder was
// told, after the slot was found to hold the right key, never on a PIN that
// cannot be right (its length, the factory's), and on the last try only after a
// yes to that question. The factory's PIN and PUK are never tried; the factory's
// management key is, because that costs nothing.
//
// # How a public key is found
//
//	firmware 5.3   the card describes the private key: public half, origin, policies
//	firmware 4.3   the card attests it, which works for keys it made itself
//	otherwise      the certificate in the slot, which somebody stored there
//
// So below 5.3 an imported key without a certificate cannot be told from an
// empty slot ([Hidden]), and a certificate may belong to another key: then the
// signature does not verify, and signer.Sign refuses it.
//
// # What a card's answers mean
//
//	63Cx      wrong PIN, x tries left; 6983 blocked
//	6982      no touch: the PIN was verified by the command right before
//	6A82, 6A88, and 6A80 to ATTEST: nothing there
//
// Of PC/SC's codes 8010000B is a card in use; 8010001D, 8010001E and 80100013 are
// no service; 8010006A is no permission; 80100069, 8010000C, 80100009, 80100017,
// 80100016, 8010002F, 80100003 and 80100011 are a card that was pulled out.
// piv-go tells them in words only; a test compares ours with its.
//
// # What piv-go leaves out
//
// Opening a card without PIV with piv-go holds that card until the process ends,
// and piv-go cannot read what the card tells about its PIN and PUK (whether they
// are the factory's, how many tries the PUK has), nor delete a key or a
// certificate. Package internal/pcsc does these with plain commands on Linux,
// macOS and the BSDs. On Windows a card without PIV stays held while the command
// runs, the facts about PIN and PUK are unknown, and a wiped slot keeps a new key
// with its attestation as certificate.
//
// # Secrets in memory
//
// A PIN is wiped where this package holds it. piv-go takes it as a string and
// copies it twice on its way to PC/SC; those copies, and what PC/SC and the
// runtime copy, stay until the process ends or the memory is used again.
//
// # What could not be established without hardware
//
// Everything here is tested with virtual cards behind the real libpcsclite. Not
// known are: how long a real card waits for a touch (the manuals say about 15
// seconds) and what PC/SC answers at the instant it is pulled out, which differs
// between drivers; at which command a key with PIN policy "always" wants its PIN
// again (nothing is sent between the PIN and the signature); FIPS cards, which
// may want longer PINs and refuse more, and Bio cards, whose fingerprint
// policies are refused here; whether any card in use has a PIN shorter than six
// characters, which is refused untried; whether every card forgets its PIN when
// another application is selected; and macOS and Windows at run time.
package piv
