package memstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/memstore"
)

// A slot changes only for whoever knows what it holds; empty content is not the same
// as none; no slot is another one.
func TestSwap(t *testing.T) {
	slots := []verify.Slot{{}, {Role: "root"}, {Role: "root", Version: 1}, {Role: "timestamp"}, {Role: "a/../b"}, {Role: "a/../b", Version: 1 << 62}}
	var s memstore.Store
	for i, slot := range slots {
		first, second := []byte{byte(i)}, []byte{}
		for _, step := range []struct {
			old, content []byte
			kept         []byte
			ok           bool
		}{
			{nil, nil, nil, true},
			{second, first, nil, false},
			{nil, first, first, true},
			{nil, second, first, false},
			{second, second, first, false},
			{first, second, second, true},
			{nil, first, second, false},
			{second, second, second, true},
			{second, first, first, true},
			{second, nil, first, false},
			{nil, nil, first, false},
			{first, nil, nil, true},
			{nil, first, first, true},
		} {
			if err := s.Swap(slot, step.old, step.content); step.ok != (err == nil) || !step.ok && !errors.Is(err, verify.ErrSwapped) {
				t.Errorf("%+v: %q to %q: %v", slot, step.old, step.content, err)
			}
			content, err := s.Load(slot)
			if (step.kept == nil) != errors.Is(err, verify.ErrNotFound) || !bytes.Equal(content, step.kept) || (content == nil) != (step.kept == nil) {
				t.Errorf("%+v: %q, %v; want %q", slot, content, err, step.kept)
			}
		}
	}
}

// Of several who change a slot at once, each sees what the others did.
func TestSwapAtOnce(t *testing.T) {
	const workers, steps = 4, 100
	var s memstore.Store
	var running sync.WaitGroup
	slot := verify.Slot{Role: "timestamp"}
	for range workers {
		running.Go(func() {
			for range steps {
				for {
					old, _ := s.Load(slot)
					n, _ := strconv.Atoi(string(old))
					if s.Swap(slot, old, fmt.Append(nil, n+1)) == nil {
						break
					}
				}
			}
		})
	}
	running.Wait()
	if content, err := s.Load(slot); string(content) != fmt.Sprint(workers*steps) {
		t.Errorf("%q, %v", content, err)
	}
}

func TestImports(t *testing.T) {
	importtest.Check(t, []string{"verify"}, "net", "net/http", "os", "log", "syscall", "time")
}
