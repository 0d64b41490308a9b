// Package memstore keeps what a [verify.Client] trusts in memory: for one question,
// or for as long as a program runs.
//
//	client := verify.Client{Metadata: metadata, Store: new(memstore.Store)}
//
// When the store is gone, its client has forgotten what it knew. The next one begins
// with the root that it is given, and goes the whole way from there: nothing below the
// threshold and nothing expired is accepted, but an older version that has not
// expired yet is, which the client before it would have refused as a rollback. Whoever
// asks again tomorrow should keep what is trusted: verify/dirstore does.
package memstore

import (
	"bytes"
	"sync"

	"github.com/rust-lang/rust-tuf/verify"
)

// Store is a [verify.Store] in memory. The zero value is an empty one. Any number of
// goroutines may use it at once; it must not be copied.
//
// What is put in and taken out is not copied either, so nobody may change it.
type Store struct {
	mu    sync.Mutex
	slots map[verify.Slot][]byte // nil never stands here
}

var _ verify.Store = (*Store)(nil)

// Load returns the content of a slot: [verify.Store].
func (s *Store) Load(slot verify.Slot) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if content, held := s.slots[slot]; held {
		return content, nil
	}
	return nil, verify.ErrNotFound
}

// Swap compares and replaces: [verify.Store].
func (s *Store) Swap(slot verify.Slot, old, content []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if have := s.slots[slot]; (have == nil) != (old == nil) || !bytes.Equal(have, old) {
		return verify.ErrSwapped
	}
	if content == nil {
		delete(s.slots, slot)
		return nil
	}
	if s.slots == nil {
		s.slots = map[verify.Slot][]byte{}
	}
	s.slots[slot] = content
	return nil
}
