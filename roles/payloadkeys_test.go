package roles

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// TestEveryAlgorithmIsVerifiedByBoth: a payload with keys of each kind, signed
// by each of them, meets its threshold in verify and in go-tuf.
func TestEveryAlgorithmIsVerifiedByBoth(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]crypto.Signer{"alice": p256("alice"), "bob": p384("bob"), "carol": edKey("carol"), "dave": rsaKey}
	for _, form := range []string{"spec", "spki"} {
		t.Run(form, func(t *testing.T) {
			r := nine().with(t, `keyid = "spec"`, `keyid = "`+form+`"`)
			for name, key := range keys {
				r.edit(t, name, public(p256(name)).PEM(), public(key).PEM())
			}
			r.with(t, "members = [\"alice\", \"bob\", \"carol\", \"dave\", \"erin\", \"frank\", \"grace\", \"heidi\", \"ivan\"]\nthreshold = 5\nlifetime = \"2y\"", "members = [\"alice\", \"bob\", \"carol\", \"dave\"]\nthreshold = 4\nlifetime = \"2y\"")
			c := r.charter(t, Root)
			raw := payload(t, c, Basis{})
			raw = signAll(t, c, raw, keys)

			d := read(t, raw)
			root, err := d.Root()
			if err != nil {
				t.Fatal(err)
			}
			q, _ := root.UnverifiedQuorum(Root)
			if tally := q.Tally(d); !tally.Met() || len(tally.Valid) != 4 {
				t.Errorf("verify: %s", tally)
			}
			theirs, err := (&metadata.Metadata[metadata.RootType]{}).FromBytes(raw)
			if err != nil {
				t.Fatal(err)
			}
			if err := theirs.VerifyDelegate(Root, theirs); err != nil {
				t.Errorf("go-tuf: %v", err)
			}
		})
	}
}

func signAll(t *testing.T, c *Charter, raw []byte, keys map[string]crypto.Signer) []byte {
	t.Helper()
	message := read(t, raw).Signed()
	sum256, sum384 := sha256.Sum256(message), sha512.Sum384(message)
	var sigs []map[string]string
	for _, h := range c.Holders(Root) {
		var sig []byte
		var err error
		switch key := keys[h.Member]; h.Key.Scheme() {
		case "ed25519":
			sig, err = key.Sign(nil, message, crypto.Hash(0))
		case "ecdsa-sha2-nistp384":
			sig, err = key.Sign(rand.Reader, sum384[:], crypto.SHA384)
		case "rsassa-pss-sha256":
			sig, err = key.Sign(rand.Reader, sum256[:], &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256})
		default:
			sig, err = key.Sign(rand.Reader, sum256[:], crypto.SHA256)
		}
		if err != nil {
			t.Fatal(err)
		}
		sigs = append(sigs, map[string]string{"keyid": h.KeyID, "sig": hex.EncodeToString(sig)})
	}
	list, err := json.Marshal(sigs)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Replace(raw, []byte(`"signatures": []`), append([]byte(`"signatures": `), list...), 1)
}
