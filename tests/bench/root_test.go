package bench_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/secure-systems-lab/go-securesystemslib/cjson"
	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"
)

const (
	members   = 9
	threshold = 5
	versions  = 100
)

// quorum is nine people, and behind them two machines, with keys of one kind.
type quorum struct {
	name    string
	signers []crypto.Signer
}

// The machines among the signers.
const (
	snapshotSigner = members + iota
	timestampSigner
	signers
)

func quorums(b *testing.B) []quorum {
	b.Helper()
	ed, p256 := quorum{name: "Ed25519"}, quorum{name: "P-256"}
	for i := range signers {
		seed := sha256.Sum256([]byte{byte(i)})
		ed.signers = append(ed.signers, ed25519.NewKeyFromSeed(seed[:]))
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
		if err != nil {
			b.Fatal(err)
		}
		p256.signers = append(p256.signers, key)
	}
	return []quorum{ed, p256}
}

// root writes one version as rust-tuf does: indented, with two online keys and with
// what rust-tuf says beside, and signed by some of the members, not always the same
// ones first.
func (q quorum) root(b *testing.B, version int64, signatures int) []byte {
	b.Helper()
	return q.rootOver(b, version, signatures, threshold)
}

// rootOver is root, where so many must sign the targets: five of nine, or one
// online key, that of the snapshot.
func (q quorum) rootOver(b *testing.B, version int64, signatures, targets int) []byte {
	b.Helper()
	m := metadata.Root(time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC))
	m.Signed.Version = version
	owners := object{}
	for i, s := range q.signers {
		key, id := q.key(b, s)
		roles, owner := []string{metadata.ROOT, metadata.TARGETS}, fmt.Sprint("member-", i)
		switch i {
		case snapshotSigner:
			roles, owner = []string{metadata.SNAPSHOT}, "online/snapshot"
		case timestampSigner:
			roles, owner = []string{metadata.TIMESTAMP}, "online/timestamp"
		}
		for _, role := range roles {
			if role == metadata.TARGETS && targets == 1 {
				continue
			}
			if err := m.Signed.AddKey(key, role); err != nil {
				b.Fatal(err)
			}
		}
		if i == snapshotSigner && targets == 1 {
			if err := m.Signed.AddKey(key, metadata.TARGETS); err != nil {
				b.Fatal(err)
			}
		}
		owners[id] = owner
	}
	m.Signed.Roles[metadata.ROOT].Threshold = threshold
	m.Signed.Roles[metadata.TARGETS].Threshold = targets
	m.Signed.UnrecognizedFields = beside(metadata.ROOT, object{
		"policy": strings.Repeat("3e", 32), "owners": owners,
		"lifetimes": object{"root": "2y", "targets": "1y", "snapshot": "7d", "timestamp": "1d"},
	})
	message, err := cjson.EncodeCanonical(m.Signed)
	if err != nil {
		b.Fatal(err)
	}
	for i := range signatures {
		s := q.signers[(int(version)+i)%members]
		_, id := q.key(b, s)
		m.Signatures = append(m.Signatures, metadata.Signature{KeyID: id, Signature: sign(b, s, message)})
	}
	raw, err := m.ToBytes(true)
	if err != nil {
		b.Fatal(err)
	}
	return raw
}

// beside is what rust-tuf says in every document, and what else it says in one.
func beside(role string, more object) object {
	said := object{"format": 1, "role": role, "repository": strings.Repeat("2f", 16)}
	maps.Copy(said, more)
	return object{"x-rust-tuf": said}
}

func (q quorum) key(b *testing.B, s crypto.Signer) (key *metadata.Key, id string) {
	b.Helper()
	key, err := metadata.KeyFromPublicKey(s.Public())
	if err != nil {
		b.Fatal(err)
	}
	if id, err = key.ID(); err != nil {
		b.Fatal(err)
	}
	return key, id
}

func sign(b *testing.B, s crypto.Signer, message []byte) []byte {
	b.Helper()
	opts := crypto.Hash(0)
	if _, ok := s.(*ecdsa.PrivateKey); ok {
		sum := sha256.Sum256(message)
		message, opts = sum[:], crypto.SHA256
	}
	sig, err := s.Sign(rand.Reader, message, opts)
	if err != nil {
		b.Fatal(err)
	}
	return sig
}

// work is what no verifier can do without, for one document.
type work struct {
	raw, message []byte
	keys         []crypto.PublicKey
	sigs         [][]byte
}

func (q quorum) work(b *testing.B, raw []byte) work {
	b.Helper()
	return q.signedFrom(b, raw, -1, threshold)
}

// signedFrom is work for the first n signatures of a document. They are by the
// members in order, from the given one on, or, where it is negative, from the
// one with which root signs this version; or by one machine.
func (q quorum) signedFrom(b *testing.B, raw []byte, from, n int) work {
	b.Helper()
	d, err := verify.Read(raw, verify.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	if from < 0 {
		from = int(d.Version()) % members
	}
	w := work{raw: raw, message: d.Signed()}
	for i, s := range d.UnverifiedSignatures()[:n] {
		w.sigs = append(w.sigs, s.Sig)
		signer := from + i
		if from < members {
			signer %= members
		}
		w.keys = append(w.keys, q.signers[signer].Public())
	}
	return w
}

// do returns how many signatures are good.
func (w work) do() (good int) {
	sum := sha256.Sum256(w.message)
	for i, k := range w.keys {
		ok := false
		switch k := k.(type) {
		case ed25519.PublicKey:
			ok = ed25519.Verify(k, w.message, w.sigs[i])
		case *ecdsa.PublicKey:
			ok = ecdsa.VerifyASN1(k, sum[:], w.sigs[i])
		}
		if ok {
			good++
		}
	}
	return good
}

// BenchmarkRoot reads one 5-of-9 root and verifies it. A published root has
// every signature that came in time: nine at the most, five at the least.
func BenchmarkRoot(b *testing.B) {
	for _, q := range quorums(b) {
		for _, signatures := range []int{members, threshold} {
			raw := q.root(b, 1, signatures)
			needed := q.work(b, raw)
			contest{
				ours: func() bool {
					root, err := verify.TrustRoot(raw, verify.Limits{})
					return err == nil && root.Version() == 1
				},
				gotuf: func() bool {
					trusted, err := trustedmetadata.New(raw)
					return err == nil && trusted.Root.Signed.Version == 1
				},
				limit: func() bool { return needed.do() == threshold },
				batch: 100,
			}.run(b, fmt.Sprintf("%s/%d-signatures", q.name, signatures))
		}
	}
}

// BenchmarkChain walks from version 1 to version 100. All nine have signed
// each; old and new quorum are the same people, so five verifications a
// version are needed.
func BenchmarkChain(b *testing.B) {
	for _, q := range quorums(b) {
		chain := make([][]byte, versions)
		needed := make([]work, versions)
		for i := range chain {
			chain[i] = q.root(b, int64(i)+1, members)
			needed[i] = q.work(b, chain[i])
		}
		fetch := func(version int64) ([]byte, error) {
			if version > versions {
				return nil, fmt.Errorf("root %d: %w", version, verify.ErrNotFound)
			}
			return chain[version-1], nil
		}
		contest{
			ours: func() bool {
				root, err := verify.TrustRoot(chain[0], verify.Limits{})
				if err != nil {
					return false
				}
				newest, err := root.Walk(fetch, verify.Limits{})
				return err == nil && newest.Version() == versions
			},
			gotuf: func() bool {
				trusted, err := trustedmetadata.New(chain[0])
				if err != nil {
					return false
				}
				for _, raw := range chain[1:] {
					if _, err := trusted.UpdateRoot(raw); err != nil {
						return false
					}
				}
				return trusted.Root.Signed.Version == versions
			},
			limit: func() bool {
				good := 0
				for _, w := range needed {
					good += w.do()
				}
				return good == versions*threshold
			},
			batch: 4,
		}.run(b, q.name)
	}
}
