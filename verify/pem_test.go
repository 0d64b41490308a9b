package verify_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// A root as one block of text is the same root, and nothing else passes for it.
func TestRootPEM(t *testing.T) {
	people := nine(t)
	raw := envelope(t, rootSigned(t, 1, 5, people...), people[:5]...)
	root := mustTrust(t, raw)
	text := root.PEM()
	if !bytes.HasPrefix(text, []byte("-----BEGIN TUF ROOT-----\n")) || !bytes.HasSuffix(text, []byte("-----END TUF ROOT-----\n")) {
		t.Errorf("%s", text)
	}
	again := mustTrust(t, append([]byte("\n  "), text...))
	if again.Digest() != root.Digest() || !bytes.Equal(again.Raw(), raw) {
		t.Error("it is another root")
	}
	if _, err := verify.TrustPinnedRoot(text, root.Digest(), verify.Limits{}); err != nil {
		t.Error(err)
	}
	s := string(text)
	for name, test := range map[string]struct{ text, word string }{
		"cut":             {s[:len(s)/2], "is cut or damaged"},
		"another type":    {strings.ReplaceAll(s, "END TUF ROOT", "END TUF ROOF"), "is cut or damaged"},
		"with headers":    {strings.Replace(s, "-----\n", "-----\nVersion: 1\n\n", 1), "has headers"},
		"twice":           {s + s, "something stands behind the PEM block"},
		"words behind it": {s + "-- alice", "something stands behind the PEM block"},
		"not a root":      {strings.Replace(s, "\new", "\nww", 1), "byte"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := verify.TrustRoot([]byte(test.text), verify.Limits{})
			refused[*verify.FormatError](t, err, test.word)
		})
	}
	_, err := verify.TrustRoot(append(bytes.Clone(text), bytes.Repeat([]byte("\n"), 1<<20)...), verify.Limits{})
	refused[*verify.LimitError](t, err, "root in PEM")
}

// FuzzRootPEM: no text makes it panic, and what is trusted is written and read
// again as the same.
func FuzzRootPEM(f *testing.F) {
	people := nine(f)
	raw := envelope(f, rootSigned(f, 1, 1, people...), people[0])
	f.Add(mustTrust(f, raw).PEM())
	f.Add([]byte("-----BEGIN TUF ROOT-----\n-----END TUF ROOT-----"))
	f.Fuzz(func(t *testing.T, text []byte) {
		root, err := verify.TrustRoot(text, verify.Limits{})
		if err != nil {
			return
		}
		again, err := verify.TrustRoot(root.PEM(), verify.Limits{})
		if err != nil || again.Digest() != root.Digest() {
			t.Error(err)
		}
	})
}
