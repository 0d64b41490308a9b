package verify

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
)

// ContentError says that bytes are not the ones that a verified document
// promised: another length, or another hash.
type ContentError struct {
	What   string // the role or the target
	Reason string
}

func (e *ContentError) Error() string { return shownName(e.What) + ": " + e.Reason }

func lengthReason(want, found int64) string {
	if found > want {
		return fmt.Sprintf("longer than the %d bytes that are promised", want)
	}
	return fmt.Sprintf("%d bytes long, promised are %d", found, want)
}

// hasher returns the hash function of an algorithm that this client knows.
func hasher(algorithm string) hash.Hash {
	switch algorithm {
	case "sha256":
		return sha256.New()
	case "sha512":
		return sha512.New()
	}
	return nil
}

// checkContent holds bytes to the hashes that are promised of them. At least
// one of them must be of a kind that this client knows.
func checkContent(what string, hashes value, raw []byte) error {
	known := false
	for name, m := range hashes.members() {
		var got string
		switch string(name) {
		case "sha256":
			sum := sha256.Sum256(raw)
			got = hex.EncodeToString(sum[:])
		case "sha512":
			sum := sha512.Sum512(raw)
			got = hex.EncodeToString(sum[:])
		default:
			continue
		}
		known = true
		if want := m[1 : len(m)-1]; !strings.EqualFold(got, string(want)) {
			return &ContentError{What: what, Reason: fmt.Sprintf("its %s is %s, promised is %s", name, got, strings.ToLower(string(want)))}
		}
	}
	if !known { // SPEC 5.5.2, 5.6.2: a promise that cannot be checked is not kept
		return &ContentError{What: what, Reason: "none of the promised hashes is of a kind that is known here"}
	}
	return nil
}

// content checks a stream while it passes: length and hashes of a target.
type content struct {
	what   string
	length int64
	want   map[string]string
	sums   map[string]hash.Hash
}

func newContent(what string, length int64, hashes map[string]string) (*content, error) {
	c := &content{what: what, length: length, want: hashes, sums: map[string]hash.Hash{}}
	for algorithm := range hashes {
		if h := hasher(algorithm); h != nil {
			c.sums[algorithm] = h
		}
	}
	if len(c.sums) == 0 {
		return nil, &ContentError{What: what, Reason: "none of the promised hashes is of a kind that is known here"}
	}
	return c, nil
}

// copy reads src to its end and writes it to dst. It never reads more than one
// byte beyond the promised length.
func (c *content) copy(dst io.Writer, src io.Reader) error {
	writers := []io.Writer{dst}
	for _, h := range c.sums {
		writers = append(writers, h)
	}
	n, err := io.Copy(io.MultiWriter(writers...), io.LimitReader(src, c.length))
	if err != nil {
		return err
	}
	if n < c.length {
		return &ContentError{What: c.what, Reason: lengthReason(c.length, n)}
	}
	var more [1]byte
	switch n, err := io.ReadFull(src, more[:]); {
	case n > 0:
		return &ContentError{What: c.what, Reason: lengthReason(c.length, c.length+1)}
	case !errors.Is(err, io.EOF):
		return err
	}
	for algorithm, h := range c.sums {
		if got, want := hex.EncodeToString(h.Sum(nil)), c.want[algorithm]; got != want {
			return &ContentError{What: c.what, Reason: fmt.Sprintf("its %s is %s, promised is %s", algorithm, got, want)}
		}
	}
	return nil
}
