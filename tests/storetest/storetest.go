// Package storetest is what every [verify.Store] must do, wherever it keeps things.
// Only tests import it.
package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// Slots are of every kind, also such whose names would lead elsewhere as paths.
var Slots = []verify.Slot{{}, {Version: 1}, {Role: "root"}, {Role: "root", Version: 1}, {Role: "timestamp"}, {Role: "a/../b"}, {Role: "a/../b", Version: 1 << 62}, {Role: strings.Repeat("long", 100)}}

// Check holds an empty store to the contract. open opens the same one each time, as
// another process would.
func Check(t *testing.T, open func(t testing.TB) verify.Store) {
	t.Helper()
	s := open(t)
	for i, slot := range Slots {
		first, second := []byte{byte(i), 0, '\r', '\n', 0xff}, []byte{}
		for _, step := range []struct {
			old, content []byte
			kept         []byte // afterwards
		}{
			{nil, nil, nil},
			{second, first, nil}, // empty content is not the same as none
			{nil, first, first},
			{nil, second, first},
			{second, second, first},
			{first, second, second},
			{nil, first, second},
			{second, second, second},
			{second, first, first},
			{second, nil, first},
			{nil, nil, first},
			{first, nil, nil},
			{nil, first, first},
		} {
			before, err := open(t).Load(slot)
			if err != nil && !errors.Is(err, verify.ErrNotFound) {
				t.Fatal(err)
			}
			fits := same(before, step.old)
			if err := s.Swap(slot, step.old, step.content); fits != (err == nil) || !fits && !errors.Is(err, verify.ErrSwapped) {
				t.Errorf("%+v: %q to %q, where %q was: %v", slot, step.old, step.content, before, err)
			}
			after, err := open(t).Load(slot)
			if !same(after, step.kept) || (after == nil) != errors.Is(err, verify.ErrNotFound) || after != nil && err != nil {
				t.Errorf("%+v: %q, %v; want %q", slot, after, err, step.kept)
			}
		}
	}
	count(t, open)
}

func same(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

// count has several change a slot at once: each sees what the others did, whatever
// else they meet.
func count(t *testing.T, open func(t testing.TB) verify.Store) {
	t.Helper()
	const workers, steps = 4, 25
	slot := verify.Slot{Role: "snapshot"}
	var running sync.WaitGroup
	for range workers {
		s := open(t)
		running.Go(func() {
			for range steps {
				for swapped := false; !swapped; {
					old, err := s.Load(slot)
					if err == nil || errors.Is(err, verify.ErrNotFound) {
						n, _ := strconv.Atoi(string(old))
						err = s.Swap(slot, old, fmt.Append(nil, n+1))
					}
					if err != nil && !errors.Is(err, verify.ErrSwapped) {
						t.Error(err)
						return
					}
					swapped = err == nil
				}
			}
		})
	}
	running.Wait()
	if content, err := open(t).Load(slot); string(content) != strconv.Itoa(workers*steps) {
		t.Errorf("%q, %v, want %d", content, err, workers*steps)
	}
}
