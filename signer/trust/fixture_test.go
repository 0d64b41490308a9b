package trust

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crypto/ed25519"

	"github.com/rust-lang/rust-tuf/signer/internal/durable"
	"github.com/rust-lang/rust-tuf/signer/signertest"
	"github.com/rust-lang/rust-tuf/verify"
)

const (
	repository = "0123456789abcdef0123456789abcdef"
	elsewhere  = "fedcba9876543210fedcba9876543210"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// root makes a root of a repository, signed by its one key. Salt makes another
// document of the same version; supersedes goes into its signed bytes.
func root(t testing.TB, repository string, version int64, salt string, supersedes ...verify.Digest) []byte {
	t.Helper()
	key := signertest.Ed25519("alice")
	public := key.Public().(ed25519.PublicKey)
	const id = "5ab2"
	role := map[string]any{"keyids": []string{id}, "threshold": 1}
	extension := map[string]any{"format": 1, "repository": repository, "role": "root"}
	for _, d := range supersedes {
		list, _ := extension["supersedes"].([]string)
		extension["supersedes"] = append(list, d.String())
	}
	signed := marshal(t, map[string]any{
		"_type": "root", "spec_version": "1.0.34", "version": version, "expires": "2030-01-01T00:00:00Z",
		"consistent_snapshot": true,
		"keys": map[string]any{id: map[string]any{
			"keytype": "ed25519", "scheme": "ed25519", "keyval": map[string]any{"public": hex.EncodeToString(public)},
		}},
		"roles":      map[string]any{"root": role, "targets": role, "snapshot": role, "timestamp": role},
		"x-rust-tuf": extension,
		"salt":       salt,
	})
	canonical, err := verify.Canonical(signed, verify.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	sig := hex.EncodeToString(signertest.Sign(t, key, canonical))
	return marshal(t, map[string]any{
		"signed":     json.RawMessage(signed),
		"signatures": []any{map[string]any{"keyid": id, "sig": sig}},
	})
}

func marshal(t testing.TB, value any) []byte {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func trusted(t testing.TB, raw []byte) *verify.Root {
	t.Helper()
	r, err := verify.TrustRoot(raw, verify.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// pinned is a pin to a root whose digest was entered.
func pinned(t testing.TB, raw []byte) Pin {
	t.Helper()
	r := trusted(t, raw)
	return Pin{Repository: r.Repository(), Version: r.Version(), Digest: r.Digest(), Root: raw, How: DigestEntered, Since: noon}
}

func newHome(t *testing.T) *Home {
	t.Helper()
	h, err := Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// watched is a second look at the same home, whose disk calls before first.
func watched(t *testing.T, h *Home, before func(call string) error) *Home {
	t.Helper()
	return &Home{dir: h.dir, disk: durable.Disk{Before: before}}
}

func ledgerOf(t testing.TB, h *Home) *Ledger {
	t.Helper()
	l, err := h.Ledger(repository)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// digest is the digest of a document that goes by name.
func digest(name string) verify.Digest { return verify.DigestOf([]byte(name)) }

// entry is a signature of root version 2 by the key "5ab2" on the document that
// goes by name.
func entry(name string, supersedes ...string) Entry {
	e := Entry{Role: "root", Version: 2, Digest: digest(name), KeyID: "5ab2", At: noon}
	for _, s := range supersedes {
		e.Supersedes = append(e.Supersedes, digest(s))
	}
	return e
}

// summary is a ledger in short: the name of each entry's document out of names,
// its key, and whether it has its file.
func summary(entries []Entry, names ...string) string {
	var words []string
	for _, e := range entries {
		name := "?"
		for _, n := range names {
			if e.Digest == digest(n) {
				name = n
			}
		}
		word := fmt.Sprintf("%s by %s", name, e.KeyID)
		if e.File != nil {
			word += " signed"
		}
		if e.Recovered {
			word += " recovered"
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
