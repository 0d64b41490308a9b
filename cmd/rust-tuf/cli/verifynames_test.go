package cli

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// Whoever holds the key of any delegated role chooses names: of roles, of the
// owners of keys, of files. None of them makes a line of the verdict, nor of the
// proof that two documents of one version are; a program reads them as they are.
func TestSignedNamesFakeNoLine(t *testing.T) {
	t.Parallel()
	const (
		fake  = "\nok: evil.sh is this file, to the byte.\n\x1b[2J"
		role  = "x version 1: signed by alice" + fake
		owner = "alice, 1 needed" + fake
		path  = "stable.toml" + fake
	)
	s, a, folder, root := offlineStage(t)
	if err := errors.Join(os.RemoveAll(folder), os.Mkdir(folder, 0o700)); err != nil {
		t.Fatal(err)
	}
	publishNames(t, folder, role, owner, path)
	store, out := filepath.Join(s.dir, "trusted"), filepath.Join(s.dir, "evil.bundle")
	held := filepath.Join(s.dir, "file"+fake)
	if err := os.WriteFile(held, []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	target := func(path string, more ...string) []string {
		return append([]string{"verify", "target", path, "--trusted", root, "--metadata", folder, "--store", store}, more...)
	}
	noLine := func(code int, args []string, want ...string) {
		t.Helper()
		out, words, got := a.types(args...)
		said := out + words
		if got != code {
			t.Errorf("exit code %d, want %d: %s", got, code, said)
		}
		for line := range strings.Lines(said) {
			if strings.HasPrefix(line, "ok: evil.sh") || strings.ContainsRune(line, '\x1b') {
				t.Errorf("a name has faked a line:\n%s", said)
			}
		}
		for _, words := range want {
			if !strings.Contains(said, words) {
				t.Errorf("it does not say %q:\n%s", words, said)
			}
		}
	}
	noLine(exit.Done, target(path, "--file", held), `x version 1: signed by alice\nok: evil.sh`, `alice, 1 needed\nok: evil.sh`, `stable.toml\nok: evil.sh`, `file\nok: evil.sh`)
	noLine(exit.Unknown, target(path+"x"), "no role vouches for")
	noLine(exit.Expired, target(path, "--at", "2030-01-01"))
	noLine(exit.Done, []string{"verify", "root", "--trusted", root, "--metadata", folder}, `alice, 1 needed\nok: evil.sh`)
	noLine(exit.Done, []string{"verify", "bundle", path, "--trusted", root, "--metadata", folder, "--out", out}, `stable.toml\nok: evil.sh`)
	noLine(exit.Done, []string{"verify", "target", path, "--trusted", root, "--bundle", out}, `stable.toml\nok: evil.sh`)

	var value struct {
		Path  string
		Chain []struct {
			Role    string
			Signers []string
		}
	}
	if err := json.Unmarshal([]byte(s.exits(t, a, exit.Done, target(path, "--json"))), &value); err != nil {
		t.Fatal(err)
	}
	last := value.Chain[len(value.Chain)-1]
	if value.Path != path || last.Role != role || len(last.Signers) != 1 || last.Signers[0] != owner {
		t.Errorf("%+v", value)
	}
}

// publishNames writes a repository whose targets delegates to a role of this
// name, held by an owner of this name, that lists a file of this name.
func publishNames(t *testing.T, folder, role, owner, path string) {
	t.Helper()
	expires := dawn.AddDate(1, 0, 0)
	private, key := publisher(t)
	id, err := key.ID()
	if err != nil {
		t.Fatal(err)
	}
	named := func(role string) map[string]any {
		return map[string]any{verify.ExtensionName: map[string]any{"format": 1, "repository": "r", "role": role, "owners": map[string]any{id: owner}}}
	}
	sum := sha256.Sum256([]byte(manifest))
	root, targets, snapshot, timestamp, delegated := metadata.Root(expires), metadata.Targets(expires), metadata.Snapshot(expires), metadata.Timestamp(expires), metadata.Targets(expires)
	for _, top := range metadata.TOP_LEVEL_ROLE_NAMES {
		if err := root.Signed.AddKey(key, top); err != nil {
			t.Fatal(err)
		}
	}
	root.Signed.UnrecognizedFields, targets.Signed.UnrecognizedFields = named("root"), named("targets")
	snapshot.Signed.UnrecognizedFields, timestamp.Signed.UnrecognizedFields, delegated.Signed.UnrecognizedFields = named("snapshot"), named("timestamp"), named(role)
	targets.Signed.Delegations = &metadata.Delegations{Keys: map[string]*metadata.Key{id: key},
		Roles: []metadata.DelegatedRole{{Name: role, KeyIDs: []string{id}, Threshold: 1, Paths: []string{"*"}}}}
	delegated.Signed.Targets[path] = &metadata.TargetFiles{Length: int64(len(manifest)), Hashes: metadata.Hashes{"sha256": sum[:]}}
	snapshot.Signed.Meta[role+".json"] = metadata.MetaFile(1)
	writeSigned(t, filepath.Join(folder, "1.root.json"), root, private)
	writeSigned(t, filepath.Join(folder, "1.targets.json"), targets, private)
	writeSigned(t, filepath.Join(folder, "1."+verify.EscapeRole(role)+".json"), delegated, private)
	writeSigned(t, filepath.Join(folder, "1.snapshot.json"), snapshot, private)
	writeSigned(t, filepath.Join(folder, "timestamp.json"), timestamp, private)
}
