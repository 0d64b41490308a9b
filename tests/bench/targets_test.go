package bench_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/secure-systems-lab/go-securesystemslib/cjson"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// instant is when the benchmarks judge; their documents are valid until 2035.
var instant = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

// compact signs a document and writes it as publishers of large files do:
// without white space, which is canonical as it stands.
func compact[T metadata.Roles](b *testing.B, m *metadata.Metadata[T], q quorum, keys int) []byte {
	b.Helper()
	message, err := cjson.EncodeCanonical(m.Signed)
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range q.signers[:keys] {
		key, err := metadata.KeyFromPublicKey(s.Public())
		if err != nil {
			b.Fatal(err)
		}
		id, err := key.ID()
		if err != nil {
			b.Fatal(err)
		}
		m.Signatures = append(m.Signatures, metadata.Signature{KeyID: id, Signature: sign(b, s, message)})
	}
	raw, err := m.ToBytes(false)
	if err != nil {
		b.Fatal(err)
	}
	return raw
}

// published is a repository with one large file in it.
type published struct {
	root, timestamp, older, snapshot, targets []byte

	path string // of one target
}

func publish(b *testing.B, q quorum, entries, bins int) published {
	b.Helper()
	expires := time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC)
	p := published{root: q.root(b, 1, members)}
	targets := metadata.Targets(expires)
	for i := range entries {
		sum := sha256.Sum256(fmt.Append(nil, i))
		digits := hex.EncodeToString(sum[:])
		name := fmt.Sprintf("%s/%s/crate-%d", digits[:2], digits[2:4], i)
		targets.Signed.Targets[name] = &metadata.TargetFiles{Length: int64(i) + 1, Path: name, Hashes: metadata.Hashes{"sha256": sum[:]}}
		if i == entries/2 {
			p.path = name
		}
	}
	p.targets = compact(b, targets, q, threshold)
	for version := range int64(2) {
		snapshot := metadata.Snapshot(expires)
		snapshot.Signed.Version = version + 1
		for i := range bins {
			snapshot.Signed.Meta[fmt.Sprintf("bin-%04x.json", i)] = metadata.MetaFile(version + 1)
		}
		p.older, p.snapshot = p.snapshot, compact(b, snapshot, q, 1)
	}
	timestamp := metadata.Timestamp(expires)
	timestamp.Signed.Meta["snapshot.json"] = metadata.MetaFile(2)
	p.timestamp = compact(b, timestamp, q, 1)
	return p
}

// BenchmarkTargets reads and verifies a targets file by five of nine, and
// finds one target in it.
func BenchmarkTargets(b *testing.B) {
	q := quorums(b)[0]
	for _, entries := range []int{30, 122, 1_000, 10_000} {
		p := publish(b, q, entries, 1)
		root, err := verify.TrustRoot(p.root, verify.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		theirs, err := metadata.Root().FromBytes(p.root)
		if err != nil {
			b.Fatal(err)
		}
		needed := q.signedFrom(b, p.targets, 0, threshold)
		contest{
			ours: func() bool {
				d, err := verify.Read(p.targets, verify.Limits{})
				if err != nil {
					return false
				}
				candidate, err := d.Targets("targets")
				if err != nil {
					return false
				}
				t, err := verify.TrustTargets(root, candidate)
				if err != nil || t.CheckExpiry(instant) != nil {
					return false
				}
				entry, ok := t.Entry(p.path)
				return ok && entry.Length == int64(entries/2)+1
			},
			gotuf: func() bool {
				t, err := metadata.Targets().FromBytes(p.targets)
				if err != nil || theirs.VerifyDelegate("targets", t) != nil || t.Signed.IsExpired(instant) {
					return false
				}
				entry := t.Signed.Targets[p.path]
				return entry != nil && entry.Length == int64(entries/2)+1
			},
			limit: func() bool { return needed.do() == threshold },
			batch: max(1, 2_000/entries),
		}.run(b, fmt.Sprintf("%d", entries))
	}
}

// BenchmarkSnapshot is what a client does when something has changed: it reads
// the new timestamp and the snapshot that it keeps, accepts the next one in its
// place, and finds one bin in it. That is three signatures, and that none of
// the bins went back.
func BenchmarkSnapshot(b *testing.B) {
	q := quorums(b)[0]
	for _, bins := range []int{256, 4_096, 16_384, 65_536} {
		p := publish(b, q, 1, bins)
		root, err := verify.TrustRoot(p.root, verify.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		theirs, err := metadata.Root().FromBytes(p.root)
		if err != nil {
			b.Fatal(err)
		}
		read := func(raw []byte) *metadata.Metadata[metadata.SnapshotType] {
			s, err := metadata.Snapshot().FromBytes(raw)
			if err != nil || theirs.VerifyDelegate("snapshot", s) != nil {
				return nil
			}
			return s
		}
		now, before, after := q.signedFrom(b, p.timestamp, 0, 1), q.signedFrom(b, p.older, 0, 1), q.signedFrom(b, p.snapshot, 0, 1)
		contest{
			ours: func() bool {
				s := verify.NewSession(root, instant, verify.Limits{})
				if s.EndRoots() != nil {
					return false
				}
				if _, err := s.AddTimestamp(p.timestamp); err != nil {
					return false
				}
				if current, err := s.RestoreSnapshot(p.older, verify.SnapshotRecord{}); err != nil || current {
					return false
				}
				if s.AddSnapshot(p.snapshot) != nil {
					return false
				}
				f, ok := s.Snapshot().File("bin-0080")
				return ok && f.Version == 2
			},
			gotuf: func() bool {
				t, err := metadata.Timestamp().FromBytes(p.timestamp)
				if err != nil || theirs.VerifyDelegate("timestamp", t) != nil || t.Signed.IsExpired(instant) {
					return false
				}
				older, newer := read(p.older), read(p.snapshot)
				if older == nil || newer == nil || newer.Signed.IsExpired(instant) || newer.Signed.Version != t.Signed.Meta["snapshot.json"].Version {
					return false
				}
				for name, old := range older.Signed.Meta {
					if m, ok := newer.Signed.Meta[name]; !ok || m.Version < old.Version {
						return false
					}
				}
				return newer.Signed.Meta["bin-0080.json"].Version == 2
			},
			limit: func() bool { return now.do()+before.do()+after.do() == 3 },
			batch: max(1, 20_000/bins),
		}.run(b, fmt.Sprintf("%d", bins))
	}
}
