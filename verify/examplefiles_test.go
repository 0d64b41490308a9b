package verify_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// manifest and index are the targets of the examples.
const (
	manifestPath = "channels/current/channel-rust-stable.toml"
	manifest     = "manifest-version = \"2\"\ndate = \"2026-11-26\"\n"
	indexPath    = "crates/ti/ny/tinytop"
	index        = `{"name":"tinytop","vers":"0.1.0","deps":[],"cksum":"5e1f1d6dd5e0a7ee5d2de0a4ac18f52e6fa4e5ebb0d49c0c3c3bb8b04a2ce46b","features":{},"yanked":false}` + "\n"
)

// put lists a target in a role, and serves it.
func (r *served) put(role, path, content string) {
	sum := sha256.Sum256([]byte(content))
	digits := hex.EncodeToString(sum[:])
	r.targets[role]["targets"].(object)[path] = object{"length": len(content), "hashes": object{"sha256": digits}}
	dir, base := filepath.Split(path)
	r.files["../targets/"+dir+digits+"."+base] = []byte(content)
}

// rustupExample is a repository with a manifest in a delegated role, and a
// second root.
func rustupExample(t *testing.T) *served {
	r := serve(t)
	r.targets["targets"]["targets"] = object{}
	r.delegate("targets", "channels-current", true, []string{"channels/current/*"}, edPerson(t, "release"))
	r.put("channels-current", manifestPath, manifest)
	r.timestamp["expires"] = "2026-12-02T00:00:00Z"
	r.nextRoot(func(object) {})
	r.publish()
	return r
}

// cargoExample is a repository with the index file of a crate, in one of 256
// bins.
func cargoExample(t *testing.T) *served {
	r := serve(t)
	bins := edPerson(t, "bins")
	rule := roleObject(1, bins)
	rule["bit_length"], rule["name_prefix"] = 8, "bin"
	r.targets["targets"] = targetsSigned("targets", 1)
	r.targets["targets"]["targets"] = object{}
	r.targets["targets"]["delegations"] = object{"keys": keyObjects(bins), "succinct_roles": rule}
	succinct := verify.SuccinctRoles{NamePrefix: "bin", BitLength: 8}
	for _, path := range []string{indexPath, "crates/ab/se/absent"} {
		bin := succinct.Bin(path)
		r.targets[bin], r.signers[bin] = targetsSigned(bin, 1), []*person{bins}
		r.targets[bin]["targets"] = object{}
	}
	r.put(succinct.Bin(indexPath), indexPath, index)
	r.publish()
	return r
}

// The folders of the examples are what the fixtures write.
func TestExampleRepositories(t *testing.T) {
	for name, r := range map[string]*served{"rustup": rustupExample(t), "cargo": cargoExample(t)} {
		dir := filepath.Join("testdata", name)
		if *update {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			for file, content := range r.files {
				path := filepath.Join(dir, "metadata", file)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, content, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		found := 0
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				found++
			}
			return err
		})
		if err != nil || found != len(r.files) {
			t.Errorf("%s has %d files, want %d (%v); run this test with -update", dir, found, len(r.files), err)
		}
		for file, want := range r.files {
			if got, err := os.ReadFile(filepath.Join(dir, "metadata", file)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s in %s is not what the fixtures write; run this test with -update (%v)", file, dir, err)
			}
		}
	}
}
