package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/verification"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// The members that verify gives to programs, with refusals, are kept in
// testdata/verify-json.golden.
func TestVerifyJSON(t *testing.T) {
	t.Parallel()
	s, a, folder, root := offlineStage(t)
	store, out := filepath.Join(s.dir, "trusted"), filepath.Join(s.dir, "stable.bundle")
	other := filepath.Join(s.dir, "other.json")
	made := anotherRoot(t, other, 7)
	target := []string{"verify", "target", "channels/stable.toml", "--metadata", folder, "--json", "--trusted"}
	fields := shapes{}
	see := func(verb string, code int, args ...string) (value map[string]any) {
		t.Helper()
		oneObject(t, s.exits(t, a, code, args), &value)
		flatten(verb+":", "", value, fields)
		return value
	}
	see("verify target", exit.Done, append(target, root, "--store", store)...)
	see("verify bundle", exit.Done, "verify", "bundle", "channels/stable.toml", "--trusted", root, "--metadata", folder, "--out", out, "--json")
	offline := see("verify target from a bundle", exit.Done, "verify", "target", "channels/stable.toml", "--trusted", root, "--bundle", out, "--json")
	if asOf, ok := offline["as_of"].(map[string]any); !ok || asOf["timestamp_version"] != 2.0 || asOf["timestamp_expires"] != "2027-11-22T12:00:00Z" {
		t.Error(offline)
	}
	a.answers(t, reply{"Digest of the root to trust instead", made.Groups()}, reply{"Trust it because of the digest?", "yes"})
	see("verify replace-root", exit.Done, "verify", "replace-root", "--root", other, "--store", store, "--json")
	see("verify target after a replacement", exit.Done, append(target, root, "--store", store)...)

	third := filepath.Join(s.dir, "third.json")
	anotherRoot(t, third, 9)
	see("verify target from another root", exit.Done, append(target, third, "--store", store)...)

	nobody := see("target", exit.Unknown, append([]string{"verify", "target", "channels/none"}, append(target[3:], root)...)...)["refusal"].(map[string]any)
	if asked, ok := nobody["asked"].([]any); nobody["kind"] != "target" || nobody["of"] != "channels/none" || !ok || len(asked) != 1 || asked[0] != "targets" {
		t.Error(nobody)
	}
	content := see("content", exit.Hash, append(target, root, "--file", root)...)["refusal"].(map[string]any)
	if content["kind"] != "content" || content["of"] != "channels/stable.toml" {
		t.Error(content)
	}
	expired := see("expired", exit.Expired, append(target, root, "--at", "2028-01-01")...)["refusal"].(map[string]any)
	if expired["kind"] != "expired" || expired["role"] != "root" || expired["version"] != 1.0 || expired["expires"] != "2027-11-22T12:00:00Z" {
		t.Error(expired)
	}
	publishTarget(t, folder, 1)
	rollback := see("rollback", exit.Rollback, append(target, root, "--store", store)...)["refusal"].(map[string]any)
	if rollback["kind"] != "version" || rollback["role"] != "timestamp" || rollback["needed"] != 2.0 || rollback["found"] != 1.0 {
		t.Error(rollback)
	}
	unsigned := metadata.Timestamp(dawn.AddDate(1, 0, 0))
	unsigned.Signed.Version = 3
	if err := unsigned.ToFile(filepath.Join(folder, "timestamp.json"), true); err != nil {
		t.Fatal(err)
	}
	threshold := see("threshold", exit.Threshold, append(target, root)...)["refusal"].(map[string]any)
	if threshold["kind"] != "threshold" || threshold["role"] != "timestamp" || threshold["version"] != 3.0 || threshold["needed"] != 1.0 || threshold["found"] != 0.0 {
		t.Error(threshold)
	}
	if err := os.WriteFile(filepath.Join(folder, "timestamp.json"), []byte(`{"signatures":[],"signed":{"_type":7}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	format := see("format", exit.Format, append(target, root)...)["refusal"].(map[string]any)
	if format["kind"] != "format" || format["path"] != "signed._type" {
		t.Error(format)
	}
	if err := os.WriteFile(filepath.Join(folder, "timestamp.json"), make([]byte, 100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	limit := see("limit", exit.Format, append(target, root)...)["refusal"].(map[string]any)
	if limit["kind"] != "limit" || limit["needed"] != 65536.0 || limit["found"] != 65537.0 {
		t.Error(limit)
	}
	if err := os.WriteFile(out, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := see("no bundle", exit.Format, "verify", "target", "channels/stable.toml", "--trusted", root, "--bundle", out, "--json")["refusal"].(map[string]any)
	if damaged["kind"] != "format" || damaged["of"] != "bundle" {
		t.Error(damaged)
	}
	fields.golden(t, "verify-json.golden")
}

// Where a role has signed two documents of one version, the store goes on with
// one of them: both are written beside it, and their digests are in the JSON.
func TestVerifyKeepsTheProofOfAFork(t *testing.T) {
	t.Parallel()
	s, a, folder, root := offlineStage(t)
	store := filepath.Join(s.dir, "trusted")
	args := []string{"verify", "target", "channels/stable.toml", "--trusted", root, "--metadata", folder, "--store", store}
	s.exits(t, a, exit.Done, args)
	first, err := os.ReadFile(filepath.Join(folder, "timestamp.json"))
	if err != nil {
		t.Fatal(err)
	}
	private, _ := publisher(t)
	timestamp := metadata.Timestamp(dawn.AddDate(2, 0, 0))
	timestamp.Signed.Version = 2
	timestamp.Signed.Meta["snapshot.json"] = metadata.MetaFile(2)
	writeSigned(t, filepath.Join(folder, "timestamp.json"), timestamp, private)
	second, err := os.ReadFile(filepath.Join(folder, "timestamp.json"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time both are there already
		var value struct {
			Error   string
			Code    int
			Refusal verification.Refusal
		}
		oneObject(t, s.exits(t, a, exit.Rejected, append(args, "--json"), "timestamp 2 was signed twice", "keep both files as proof", store+"-proof"), &value)
		if value.Code != exit.Rejected || value.Refusal.Kind != "fork" || value.Refusal.Role != "timestamp" || value.Refusal.Version != 2 || len(value.Refusal.Proof) != 2 {
			t.Fatalf("%+v", value)
		}
		for i, want := range [][]byte{first, second} {
			proof := value.Refusal.Proof[i]
			have, err := os.ReadFile(proof.File)
			sum := sha256.Sum256(want)
			if err != nil || string(have) != string(want) || proof.SHA256 != hex.EncodeToString(sum[:]) || filepath.Dir(proof.File) != store+"-proof" {
				t.Errorf("%+v %v", proof, err)
			}
		}
	}
	// Another refusal beside it hides nothing, and is said too.
	if err := os.RemoveAll(store + "-proof"); err != nil {
		t.Fatal(err)
	}
	none := append([]string{"verify", "target", "channels/none"}, args[3:]...)
	s.exits(t, a, exit.Rejected, none, "no role vouches for channels/none", "timestamp 2 was signed twice", store+"-proof")
	if entries, err := os.ReadDir(store + "-proof"); err != nil || len(entries) != 2 {
		t.Error(entries, err)
	}
	if err := errors.Join(os.RemoveAll(store+"-proof"), os.WriteFile(store+"-proof", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	s.exits(t, a, exit.Rejected, args, "timestamp 2 was signed twice", "they could not be kept")
}

// A store that trusts a root already is not told another one by --trusted, and
// says so, whatever comes of it.
func TestVerifySaysWhichRootItUsed(t *testing.T) {
	t.Parallel()
	s, a, folder, root := offlineStage(t)
	store, other := filepath.Join(s.dir, "trusted"), filepath.Join(s.dir, "other.json")
	anotherRoot(t, other, 7)
	args := func(trusted string, more ...string) []string {
		return append([]string{"verify", "target", "channels/stable.toml", "--trusted", trusted, "--metadata", folder, "--store", store}, more...)
	}
	for range 2 {
		if out := s.exits(t, a, exit.Done, args(root)); strings.Contains(out, "note:") {
			t.Error(out)
		}
	}
	s.exits(t, a, exit.Done, args(other), "note: the store trusts root version 1 already; all of this starts there, and "+other+" was not used.")
	var value map[string]any
	oneObject(t, s.exits(t, a, exit.Done, args(other, "--json")), &value)
	if value["store_root_version"] != 1.0 {
		t.Error(value)
	}
	s.exits(t, a, exit.Expired, args(other, "--at", "2028-01-01"), "judged from root version 1, which the store trusts, and not from "+other)
	if err := os.WriteFile(other, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.exits(t, a, exit.Format, args(other), "the trusted root")
}
