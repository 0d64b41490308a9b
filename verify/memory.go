package verify

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// memorySlot holds what a client remembers besides documents. No role has an
// empty name.
var memorySlot = Slot{}

// memory is a text of one line for each thing:
//
//	under VERSION DIGEST
//	verified DIGEST under VERSION DIGEST
//	replaced VERSION DIGEST by VERSION DIGEST
type memory struct {
	under    RootName       // under which the kept timestamp and snapshot were accepted
	verified SnapshotRecord // of the kept snapshot, or of one before it
	replaced *Replacement
}

func (m memory) String() string {
	var b strings.Builder
	if m.under.Version > 0 {
		fmt.Fprintf(&b, "under %d %s\n", m.under.Version, m.under.Digest)
	}
	if v := m.verified; v != (SnapshotRecord{}) {
		fmt.Fprintf(&b, "verified %s under %d %s\n", v.Content, v.Under.Version, v.Under.Digest)
	}
	if m.replaced != nil {
		fmt.Fprintf(&b, "replaced %d %s by %d %s\n", m.replaced.Before.Version, m.replaced.Before.Digest, m.replaced.After.Version, m.replaced.After.Digest)
	}
	return b.String()
}

// readMemory never fails: a damaged memory may have held a replacement, so it
// is one of which nothing is known; and nothing was verified.
func readMemory(text string) memory {
	var m memory
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		var ok bool
		switch {
		case len(words) == 3 && words[0] == "under":
			m.under, ok = readName(words[1], words[2])
		case len(words) == 5 && words[0] == "verified" && words[2] == "under":
			var err error
			m.verified.Content, err = ParseDigest(words[1])
			m.verified.Under, ok = readName(words[3], words[4])
			ok = ok && err == nil
		case len(words) == 6 && words[0] == "replaced" && words[3] == "by":
			r := &Replacement{}
			var first bool
			r.Before, first = readName(words[1], words[2])
			r.After, ok = readName(words[4], words[5])
			m.replaced, ok = r, ok && first
		}
		if !ok {
			return memory{replaced: &Replacement{}}
		}
	}
	return m
}

func readName(version, digest string) (RootName, bool) {
	v, err := strconv.ParseInt(version, 10, 64)
	if err != nil || v < 0 {
		return RootName{}, false
	}
	d, err := ParseDigest(digest)
	return RootName{v, d}, err == nil
}

// remembered loads the memory of a client.
func (c *Client) remembered() (memory, error) {
	text, err := c.Store.Load(memorySlot)
	if errors.Is(err, ErrNotFound) {
		return memory{}, nil
	}
	return readMemory(string(text)), err
}

// remember changes one thing in the memory of a client, as it is by now: what
// another process has remembered in the meantime stays.
func (c *Client) remember(change func(*memory)) error {
	old, err := c.Store.Load(memorySlot)
	if errors.Is(err, ErrNotFound) {
		old, err = nil, nil
	}
	if err != nil {
		return err
	}
	m := readMemory(string(old))
	change(&m)
	text := []byte(m.String())
	if len(text) == 0 {
		text = nil
	}
	if bytes.Equal(old, text) && (old == nil) == (text == nil) {
		return nil
	}
	return c.Store.Swap(memorySlot, old, text)
}
