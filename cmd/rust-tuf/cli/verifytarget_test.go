package cli

import (
	"crypto/ed25519"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/secure-systems-lab/go-securesystemslib/cjson"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

const manifest = "manifest of the stable channel\n"

// publishTarget writes a repository with one target, made and signed by go-tuf:
// what any publisher may serve.
func publishTarget(t *testing.T, folder string, versions int64) {
	t.Helper()
	expires := dawn.AddDate(1, 0, 0)
	private, key := publisher(t)
	sum := sha256.Sum256([]byte(manifest))
	targets, snapshot, timestamp := metadata.Targets(expires), metadata.Snapshot(expires), metadata.Timestamp(expires)
	targets.Signed.Targets["channels/stable.toml"] = &metadata.TargetFiles{Length: int64(len(manifest)), Hashes: metadata.Hashes{"sha256": sum[:]}}
	targets.Signed.Version, snapshot.Signed.Version, timestamp.Signed.Version = versions, versions, versions
	snapshot.Signed.Meta["targets.json"] = metadata.MetaFile(versions)
	timestamp.Signed.Meta["snapshot.json"] = metadata.MetaFile(versions)
	v := string(rune('0' + versions))
	writeRoot(t, filepath.Join(folder, "1.root.json"), 1, key, private)
	writeSigned(t, filepath.Join(folder, v+".targets.json"), targets, private)
	writeSigned(t, filepath.Join(folder, v+".snapshot.json"), snapshot, private)
	writeSigned(t, filepath.Join(folder, "timestamp.json"), timestamp, private)
}

func publisher(t *testing.T) (ed25519.PrivateKey, *metadata.Key) {
	t.Helper()
	seed := sha256.Sum256([]byte("one key for every role"))
	private := ed25519.NewKeyFromSeed(seed[:])
	key, err := metadata.KeyFromPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	return private, key
}

// writeRoot writes a root with one key for every role.
func writeRoot(t *testing.T, name string, version int64, key *metadata.Key, private ed25519.PrivateKey) {
	t.Helper()
	root := metadata.Root(dawn.AddDate(1, 0, 0))
	root.Signed.Version = version
	for _, role := range metadata.TOP_LEVEL_ROLE_NAMES {
		if err := root.Signed.AddKey(key, role); err != nil {
			t.Fatal(err)
		}
	}
	writeSigned(t, name, root, private)
}

func writeSigned[T metadata.Roles](t *testing.T, name string, m *metadata.Metadata[T], private ed25519.PrivateKey) {
	t.Helper()
	key, err := metadata.KeyFromPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	id, err := key.ID()
	if err != nil {
		t.Fatal(err)
	}
	message, err := cjson.EncodeCanonical(m.Signed)
	if err != nil {
		t.Fatal(err)
	}
	m.Signatures = []metadata.Signature{{KeyID: id, Signature: ed25519.Sign(private, message)}}
	if err := m.ToFile(name, true); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyTarget(t *testing.T) {
	t.Parallel()
	s := newStage(t.TempDir())
	a := s.actor("alice")
	if err := os.MkdirAll(a.clone, 0o700); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(s.dir, "metadata")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	publishTarget(t, folder, 2)
	root := filepath.Join(folder, "1.root.json")
	good, bad := filepath.Join(s.dir, "good.toml"), filepath.Join(s.dir, "bad.toml")
	for name, text := range map[string]string{good: manifest, bad: strings.ToUpper(manifest)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := func(more ...string) []string {
		return append([]string{"verify", "target", "channels/stable.toml", "--trusted", root, "--metadata", folder}, more...)
	}
	s.golden(t, "verify-target.golden", s.exits(t, a, exit.Done, args("--file", good)))

	// The same over HTTP, from a root as one PEM block, with a store.
	server := httptest.NewServer(http.FileServer(http.Dir(folder)))
	defer server.Close()
	raw, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := verify.TrustRoot(raw, verify.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	block := filepath.Join(s.dir, "root.pem")
	if err := os.WriteFile(block, trusted.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	store := filepath.Join(s.dir, "trusted")
	online := []string{"verify", "target", "channels/stable.toml", "--trusted", block, "--metadata", server.URL, "--store", store}
	s.exits(t, a, exit.Done, online)
	// With the store nothing goes back; without one, nothing is known.
	publishTarget(t, folder, 1)
	s.exits(t, a, exit.Rollback, online, "timestamp 1 is not newer than the trusted version 2")
	s.exits(t, a, exit.Done, args())

	for name, test := range map[string]struct {
		args  []string
		code  int
		words []string
	}{
		"another file":     {args("--file", bad), exit.Hash, []string{"its sha256 is", "promised is"}},
		"no such file":     {args("--file", bad+"x"), exit.Other, []string{"no such file"}},
		"later":            {args("--at", "2028-01-01"), exit.Expired, []string{"expired at 2027-11-22"}},
		"nobody vouches":   {[]string{"verify", "target", "channels/nightly.toml", "--trusted", root, "--metadata", folder}, exit.Unknown, []string{"no role vouches for channels/nightly.toml; asked: targets"}},
		"no root":          {[]string{"verify", "target", "x", "--metadata", folder}, exit.Usage, []string{"two are needed"}},
		"no target":        {[]string{"verify", "target", "--trusted", root, "--metadata", folder}, exit.Usage, nil},
		"another's folder": {[]string{"verify", "target", "x", "--trusted", root, "--metadata", s.dir}, exit.Other, []string{"timestamp.json"}},
		"nobody listens":   {[]string{"verify", "target", "x", "--trusted", root, "--metadata", "http://127.0.0.1:1"}, exit.Other, nil},
		"not a root":       {[]string{"verify", "target", "x", "--trusted", good, "--metadata", folder}, exit.Format, []string{"the trusted root"}},
		"a time no time":   {args("--at", "soon"), exit.Usage, []string{`"soon" is no time`}},
	} {
		t.Run(name, func(t *testing.T) {
			s.exits(t, a, test.code, test.args, test.words...)
		})
	}
}
