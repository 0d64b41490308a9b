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

// memory is a text of one line for each thing, between its format and a digest
// of all that stands before it (see seal):
//
//	format 1
//	under VERSION DIGEST
//	replaced VERSION DIGEST by VERSION DIGEST
//	replacing VERSION DIGEST by VERSION DIGEST
//	digest DIGEST
type memory struct {
	under     RootName     // under which the kept timestamp and snapshot were accepted
	replaced  *Replacement // that was done
	replacing *Replacement // that was begun: by somebody who is at it, or was killed
}

func (m memory) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%d\n", formatWord, memoryFormat)
	if m.under.Version > 0 {
		fmt.Fprintf(&b, "under %d %s\n", m.under.Version, m.under.Digest)
	}
	for _, line := range []struct {
		word string
		r    *Replacement
	}{{"replaced", m.replaced}, {"replacing", m.replacing}} {
		if r := line.r; r != nil {
			fmt.Fprintf(&b, "%s %d %s by %d %s\n", line.word, r.Before.Version, r.Before.Digest, r.After.Version, r.After.Digest)
		}
	}
	return seal(b.String())
}

// of is what a root rests on. One that was begun counts as soon as the root is
// not the one before it any more: saying too much for once is better than
// saying too little for ever.
func (m memory) of(root RootName) *Replacement {
	if m.replacing != nil && m.replacing.Before != root {
		return m.replacing
	}
	return m.replaced
}

// damagedMemory may have held a replacement, of which nothing is known any more.
func damagedMemory() memory { return memory{replaced: &Replacement{}} }

// readMemory finds what is damaged to be a damagedMemory. It fails for what a
// newer program has written, which is whole: a [*StoreFormatError].
func readMemory(text string) (memory, error) {
	lines, format, ok := unseal(text)
	if !ok {
		return damagedMemory(), nil
	}
	if format != memoryFormat {
		return memory{}, &StoreFormatError{Found: format, Known: memoryFormat}
	}
	var m memory
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		var ok bool
		switch {
		case len(words) == 3 && words[0] == "under":
			m.under, ok = readName(words[1], words[2])
		case len(words) == 6 && words[0] == "replaced" && words[3] == "by":
			m.replaced, ok = readReplacement(words)
		case len(words) == 6 && words[0] == "replacing" && words[3] == "by":
			m.replacing, ok = readReplacement(words)
		}
		if !ok {
			return damagedMemory(), nil
		}
	}
	return m, nil
}

func readReplacement(words []string) (*Replacement, bool) {
	before, first := readName(words[1], words[2])
	after, ok := readName(words[4], words[5])
	return &Replacement{before, after}, first && ok
}

func readName(version, digest string) (RootName, bool) {
	v, err := strconv.ParseInt(version, 10, 64)
	if err != nil || v < 0 {
		return RootName{}, false
	}
	d, err := ParseDigest(digest)
	return RootName{v, d}, err == nil
}

// remembered loads the memory of a client, and the text that it is. Init makes
// it before the root: beside a root, one that is absent was lost.
func (c *Client) remembered() (m memory, text []byte, err error) {
	text, err = c.Store.Load(memorySlot)
	if err == nil {
		m, err = readMemory(string(text))
		return m, text, err
	}
	if !errors.Is(err, ErrNotFound) {
		return memory{}, nil, err
	}
	_, err = c.Store.Load(Slot{Role: typeRoot})
	switch {
	case err == nil:
		return damagedMemory(), nil, nil
	case errors.Is(err, ErrNotFound):
		return memory{}, nil, nil
	}
	return memory{}, nil, err
}

// remember changes what is remembered, and nothing of what another process has
// changed meanwhile.
func (c *Client) remember(change func(m *memory) error) error {
	for try := 1; ; try++ {
		m, old, err := c.remembered()
		if err != nil {
			return err
		}
		if err := change(&m); err != nil {
			return err
		}
		text := []byte(m.String())
		if bytes.Equal(text, old) {
			return nil
		}
		if err := c.Store.Swap(memorySlot, old, text); !errors.Is(err, ErrSwapped) || try == swapTries {
			return err
		}
	}
}

// swapTries is how often something is tried that another process keeps changing.
// Each time somebody else has come further, so all of them come to an end.
const swapTries = 100
