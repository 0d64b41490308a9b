// Package vyubikey is a computer with YubiKeys in its ports, for tests: a [World] of readers that come
// and go, served to real clients by one of two harnesses.
//
//   - package pcsc speaks pcsc-lite's socket protocol itself: one call in TestMain, no daemon, no root,
//     microseconds a command. Real libpcsclite and real piv-go stand on the other side.
//   - package vpcd plugs cards into a real pcscd through its driver for virtual cards.
//
// The cards are package card's, the certificates on them package ca's.
//
//	world := vyubikey.New()
//	server, err := pcsc.Start(world) // in TestMain, before anything asks libpcsclite
//	…
//	alice := world.Insert(card.Config{Serial: 20000001})
//	world.Remove(alice)
package vyubikey

import (
	"fmt"
	"slices"
	"sync"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/ca"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// MaxReaders is how many readers pcsc-lite knows at once.
const MaxReaders = 16

// World is a computer's ports and what is in them. A YubiKey is a reader with a card in it, so the reader
// comes and goes with the card. World is safe for concurrent use.
type World struct {
	short, long *ca.Authority

	mu      sync.Mutex
	readers []Reader // in order of their arrival
	next    int      // serial number for a config without one
	changed chan struct{}
}

// Reader is one reader as clients see it.
type Reader struct {
	Name     string     // "Yubico YubiKey OTP+FIDO+CCID 00 00"; at most 127 bytes
	Card     *card.Card // nil: an empty reader
	Occupied bool       // another program holds the card exclusively
}

// New makes a world without readers. It has one authority of each shape, which certify the cards that
// are inserted without their own.
func New() *World {
	return &World{
		short: ca.New(ca.Short), long: ca.New(ca.Long),
		next: 20000001, changed: make(chan struct{}),
	}
}

// Authority returns the authority that certifies cards of a firmware.
func (w *World) Authority(f card.Firmware) *ca.Authority {
	if f.Shape() == ca.Long {
		return w.long
	}
	return w.short
}

// Make makes a card with the world's authority, and a serial number where config has none, and leaves it
// on the table.
func (w *World) Make(config card.Config) *card.Card {
	if config.Firmware == (card.Firmware{}) {
		config.Firmware = card.Firmware{5, 7, 4}
	}
	if config.Authority == nil {
		config.Authority = w.Authority(config.Firmware)
	}
	if config.Serial == 0 {
		w.mu.Lock()
		config.Serial = uint32(w.next)
		w.next++
		w.mu.Unlock()
	}
	return card.New(config)
}

// Insert makes a card and plugs it in.
func (w *World) Insert(config card.Config) *card.Card {
	c := w.Make(config)
	w.Plug(c)
	return c
}

// Plug puts a card into a free port, under the name that a YubiKey of its firmware has there, and returns
// the reader's name.
func (w *World) Plug(c *card.Card) string {
	prefix := "Yubico YubiKey OTP+FIDO+CCID"
	if c.Firmware()[0] < 5 {
		prefix = "Yubico Yubikey 4 OTP+U2F+CCID"
	}
	return w.PlugInto(prefix, c)
}

// PlugInto is Plug for another kind of reader, which may be empty when c is nil. As pcsc-lite does, it
// adds the lowest number that no reader has: "Name 00 00", "Name 01 00". With the seventeenth reader it
// panics: that is a mistake of the test.
func (w *World) PlugInto(prefix string, c *card.Card) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.readers) == MaxReaders {
		panic(fmt.Sprintf("pcsc-lite knows %d readers at once", MaxReaders))
	}
	if c != nil {
		c.Reset()
	}
	number := 0
	for slices.ContainsFunc(w.readers, func(r Reader) bool { return numberOf(r.Name) == fmt.Sprintf("%02X 00", number) }) {
		number++
	}
	name := fmt.Sprintf("%s %02X 00", prefix, number)
	w.readers = append(w.readers, Reader{Name: name, Card: c})
	w.announce()
	return name
}

// numberOf returns the end of a reader's name.
func numberOf(name string) string { return name[len(name)-5:] }

// Remove pulls a card out, with its reader. It may do so while a command runs.
func (w *World) Remove(c *card.Card) {
	w.change(func(r Reader) bool { return r.Card == c })
}

// RemoveReader takes a reader away, empty or not.
func (w *World) RemoveReader(name string) {
	w.change(func(r Reader) bool { return r.Name == name })
}

// Clear takes all readers away.
func (w *World) Clear() { w.change(func(Reader) bool { return true }) }

// change takes readers away.
func (w *World) change(gone func(Reader) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.readers = slices.DeleteFunc(w.readers, gone)
	w.announce()
}

// Occupy lets another program hold the card exclusively, until Vacate. A connection that stands already
// stays.
func (w *World) Occupy(c *card.Card) { w.occupy(c, true) }

// Vacate ends Occupy.
func (w *World) Vacate(c *card.Card) { w.occupy(c, false) }

func (w *World) occupy(c *card.Card, occupied bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.readers {
		if w.readers[i].Card == c {
			w.readers[i].Occupied = occupied
		}
	}
	w.announce()
}

// Readers returns the readers as they stand.
func (w *World) Readers() []Reader {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.readers)
}

// Reader returns the reader that a card is in.
func (w *World) Reader(c *card.Card) (Reader, bool) {
	for _, r := range w.Readers() {
		if r.Card == c {
			return r, true
		}
	}
	return Reader{}, false
}

// Changed returns a channel that is closed at the next change.
func (w *World) Changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

// announce closes the channel. The caller holds the lock.
func (w *World) announce() {
	close(w.changed)
	w.changed = make(chan struct{})
}
