// Package rehearsal plays a pending event through to what clients would fetch,
// before anybody signs it.
//
// The payloads of an event are frozen and name real keys, so nothing of them can
// be signed by anybody else. A rehearsal therefore is a repository beside the
// real one, of the same shape: the same events in the same order, with the same
// roles, thresholds, lifetimes, delegations, files and people. Everybody and
// every machine has a throw-away key of the same algorithm as the real one.
// Every root of the past is signed by those who signed the real one, and the
// pending event by the fewest who can complete it. Then clients begin at each
// root that was ever published and look for every file.
//
// Nothing of it can be taken for the real thing:
//
//   - It has a random repository id of its own. A client that trusts the real
//     repository refuses every document of another one, and so do signature
//     files and the gate.
//   - Its name begins with "rehearsal-of-", and x-rust-tuf in each of its
//     documents says "rehearsal": true. No real event is judged that says so
//     (metadata.RehearsalError), wherever it was copied to.
//   - The private keys are in memory and nowhere else. This package has no way
//     to a file or a network; what leaves it is public.
//
// It proves nothing about cards, about people, or about the bytes that will be
// signed: those name the real keys and have another digest.
package rehearsal
