package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vectors"
	"github.com/rust-lang/rust-tuf/verify"
)

// hostile is a server that gives the same few files for whatever is asked, by
// their role, and counts.
type hostile struct {
	roots, timestamp, snapshot, targets, delegated []byte
	asked                                          int
	sent                                           int64
}

func (h *hostile) Fetch(_ context.Context, name string) (io.ReadCloser, error) {
	name, err := url.PathUnescape(name)
	if err != nil {
		return nil, err
	}
	h.asked++
	var content []byte
	switch role := strings.TrimSuffix(strings.TrimLeft(name, "0123456789."), ".json"); role {
	case "root":
		if !strings.HasPrefix(name, "2.") {
			return nil, errMissing
		}
		content = h.roots
	case "timestamp":
		content = h.timestamp
	case "snapshot":
		content = h.snapshot
	case "targets":
		content = h.targets
	default:
		content = h.delegated
	}
	if content == nil {
		return nil, errMissing
	}
	h.sent += int64(len(content))
	return io.NopCloser(bytes.NewReader(content)), nil
}

// allocated is how many bytes this process has ever allocated.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// FuzzSession gives a client other bytes for some of its steps, as a script says;
// what is still an envelope is signed again, so that it gets past the signatures.
// Nothing panics, nothing goes on for ever, and what is allocated is bounded by
// what was sent. What is accepted once is accepted again from the store, with the
// same verdict; also when the script has damaged what is kept.
func FuzzSession(f *testing.F) {
	var bases []*vectors.Vector
	for _, v := range all(f) {
		f.Add(uint16(len(bases)), []byte(nil))
		f.Add(uint16(len(bases)), []byte{byte(len(bases)), 0, byte(3 * len(bases)), byte(len(bases) / 50), byte(len(bases))})
		f.Add(uint16(len(bases)), []byte{byte(len(bases)), 1, byte(5 * len(bases)), byte(len(bases) / 50), byte(len(bases))})
		bases = append(bases, v)
	}
	f.Fuzz(func(t *testing.T, base uint16, script []byte) {
		v := bases[int(base)%len(bases)]
		h := lastServed(v)
		h.play(script[:min(len(script), 40)])
		h.signAgain(v.Trusted)
		c := &verify.Client{Metadata: h, Store: shelf{}}
		before := allocated()
		h.sent = int64(len(v.Trusted))
		first, err := session(t, c, v.Trusted, v.Target)
		// Each file is read, made canonical and kept, and keys are parsed: a
		// multiple of what was sent, and what a client needs without any.
		if used, limit := allocated()-before, uint64(64*h.sent)+1<<20; used > limit {
			t.Errorf("%d bytes sent, %d allocated, more than %d", h.sent, used, limit)
		}
		if h.asked > verify.DefaultLimits().Visits+4 {
			t.Errorf("%d files were asked for", h.asked)
		}
		if err != nil {
			return
		}
		again, err := session(t, c, v.Trusted, v.Target)
		if err != nil || again.Length != first.Length || len(again.Chain) != len(first.Chain) {
			t.Errorf("accepted once, and then %+v: %v", again, err)
		}
		damage(c.Store.(shelf), script)
		again, err = session(t, c, v.Trusted, v.Target)
		if err != nil || again.Length != first.Length || len(again.Chain) != len(first.Chain) {
			t.Errorf("accepted once, and with a damaged store %+v: %v", again, err)
		}
	})
}

// pieces are what a script puts into a file.
var pieces = []string{"", "null", "{}", "[]", `"`, "{", "[[[[[[[[", ",", ":", "\\u0000", "\xff", "\x00", "-0", "1e9", "9223372036854775807", `"version":9,`, `"_type":"root",`, `"a":{"version":1},`, `"x":null,`, " \n\t"}

// play changes the files: five numbers say which, whether a place of the
// document or a run of bytes is changed, and how.
func (h *hostile) play(script []byte) {
	files := h.all()
	for ; len(script) >= 5; script = script[5:] {
		file := files[int(script[0])%len(files)]
		if script[1]%2 == 0 {
			d, err := decode(*file)
			if err != nil {
				continue
			}
			mutate(d, script[2:5])
			if raw, err := json.Marshal(d); err == nil {
				*file = raw
			}
			continue
		}
		at := len(*file) * int(script[2]) / 256
		end := min(len(*file), at+int(script[3])%16)
		*file = slices.Concat((*file)[:at], []byte(pieces[int(script[4])%len(pieces)]), (*file)[end:])
	}
}

// damage changes what a store keeps: four numbers say what, where a run of bytes
// is taken out, and what stands there then; or that it is gone.
func damage(store shelf, script []byte) {
	slots := slices.SortedFunc(maps.Keys(store), func(a, b verify.Slot) int {
		return cmp.Or(strings.Compare(a.Role, b.Role), cmp.Compare(a.Version, b.Version))
	})
	for ; len(script) >= 4; script = script[4:] {
		slot := slots[int(script[0])%len(slots)]
		kept := store[slot]
		at := len(kept) * int(script[1]) / 256
		end := min(len(kept), at+int(script[2])%16)
		store[slot] = slices.Concat(kept[:at], []byte(pieces[int(script[3])%len(pieces)]), kept[end:])
		if script[2] == 255 {
			delete(store, slot)
			slots = slices.DeleteFunc(slots, func(s verify.Slot) bool { return s == slot })
		}
		if len(slots) == 0 {
			return
		}
	}
}

func (h *hostile) all() []*[]byte {
	return []*[]byte{&h.roots, &h.timestamp, &h.snapshot, &h.targets, &h.delegated}
}

// session is one run of a client.
func session(t *testing.T, c *verify.Client, trusted []byte, path string) (*verify.Verdict, error) {
	t.Helper()
	if err := c.Init(trusted); err != nil {
		return nil, err
	}
	r, err := c.Refresh(t.Context(), instantOfVectors)
	if err != nil {
		return nil, err
	}
	v, err := r.Target(t.Context(), path)
	if err == nil && (v == nil || v.Path != path || len(v.Chain) < 4 || !instantOfVectors.Before(v.Expires)) {
		t.Errorf("an empty verdict: %+v", v)
	}
	if err != nil && err.Error() == "" {
		t.Error("a refusal that says nothing")
	}
	return v, err
}

// lastServed is what the server of a vector has in the end.
func lastServed(v *vectors.Vector) *hostile {
	h := &hostile{}
	for _, e := range v.Events {
		switch role := strings.TrimSuffix(strings.TrimLeft(e.Serve, "0123456789."), ".json"); {
		case e.Serve == "":
		case role == "root" && strings.HasPrefix(e.Serve, "2."):
			h.roots = e.Content
		case role == "timestamp":
			h.timestamp = e.Content
		case role == "snapshot":
			h.snapshot = e.Content
		case role == "targets":
			h.targets = e.Content
		case role != "root":
			h.delegated = e.Content
		}
	}
	return h
}

// signAgain signs each file that is an envelope with the keys that it names.
func (h *hostile) signAgain(trusted []byte) {
	files := map[string][]byte{"trusted": trusted}
	for i, file := range h.all() {
		files[fmt.Sprint(i)] = *file
	}
	keys := owned(files)
	for _, file := range h.all() {
		d, err := decode(*file)
		if err != nil {
			continue
		}
		before, err := json.Marshal(d)
		if err != nil {
			continue
		}
		if after, err := resign(d, keys); err == nil && !slices.Equal(before, after) {
			*file = after
		}
	}
}
