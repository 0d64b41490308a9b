package bench_test

import (
	"crypto"
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
func compact[T metadata.Roles](b *testing.B, m *metadata.Metadata[T], q quorum, signers ...crypto.Signer) []byte {
	b.Helper()
	message, err := cjson.EncodeCanonical(m.Signed)
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range signers {
		_, id := q.key(b, s)
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

func publish(b *testing.B, q quorum, signatures, entries, bins int) published {
	b.Helper()
	expires := time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC)
	p := published{root: q.rootOver(b, 1, members, signatures)}
	targets := metadata.Targets(expires)
	targets.Signed.UnrecognizedFields = beside(metadata.TARGETS, nil)
	for i := range entries {
		sum := sha256.Sum256(fmt.Append(nil, i))
		digits := hex.EncodeToString(sum[:])
		name := fmt.Sprintf("%s/%s/crate-%d", digits[:2], digits[2:4], i)
		targets.Signed.Targets[name] = &metadata.TargetFiles{Length: int64(i) + 1, Path: name, Hashes: metadata.Hashes{"sha256": sum[:]}}
		if i == entries/2 {
			p.path = name
		}
	}
	targetsSigners := q.signers[:signatures]
	if signatures == 1 {
		targetsSigners = q.signers[snapshotSigner:][:1]
	}
	p.targets = compact(b, targets, q, targetsSigners...)
	for version := range int64(2) {
		snapshot := metadata.Snapshot(expires)
		snapshot.Signed.UnrecognizedFields = beside(metadata.SNAPSHOT, nil)
		snapshot.Signed.Version = version + 1
		for i := range bins {
			snapshot.Signed.Meta[fmt.Sprintf("bin-%04x.json", i)] = metadata.MetaFile(version + 1)
		}
		p.older, p.snapshot = p.snapshot, compact(b, snapshot, q, q.signers[snapshotSigner])
	}
	timestamp := metadata.Timestamp(expires)
	timestamp.Signed.UnrecognizedFields = beside(metadata.TIMESTAMP, nil)
	timestamp.Signed.Meta["snapshot.json"] = metadata.MetaFile(2)
	p.timestamp = compact(b, timestamp, q, q.signers[timestampSigner])
	return p
}

// BenchmarkTargets reads and verifies a targets file, and finds one target in it:
// one that an online key signs, as bins and an index are, and one by five of nine.
func BenchmarkTargets(b *testing.B) {
	for _, signatures := range []int{1, threshold} {
		for _, entries := range []int{30, 122, 1_000, 10_000} {
			benchmarkTargets(b, signatures, entries)
		}
	}
}

func benchmarkTargets(b *testing.B, signatures, entries int) {
	q := quorums(b)[0]
	p := publish(b, q, signatures, entries, 1)
	root, err := verify.TrustRoot(p.root, verify.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	theirs, err := metadata.Root().FromBytes(p.root)
	if err != nil {
		b.Fatal(err)
	}
	first := 0
	if signatures == 1 {
		first = snapshotSigner
	}
	needed := q.signedFrom(b, p.targets, first, signatures)
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
		limit: func() bool { return needed.do() == signatures },
		batch: max(1, 2_000/entries),
	}.run(b, fmt.Sprintf("%d-signatures/%d", signatures, entries))
}

// snapshots is a repository with bins whose snapshot is about to be replaced, as
// both readers know it.
type snapshots struct {
	published

	root   *verify.Root
	theirs *metadata.Metadata[metadata.RootType]

	now, before, after work // the signatures of the timestamp and of the two snapshots
}

func (q quorum) snapshots(b *testing.B, bins int) snapshots {
	b.Helper()
	s := snapshots{published: publish(b, q, threshold, 1, bins)}
	var err error
	if s.root, err = verify.TrustRoot(s.published.root, verify.Limits{}); err != nil {
		b.Fatal(err)
	}
	if s.theirs, err = metadata.Root().FromBytes(s.published.root); err != nil {
		b.Fatal(err)
	}
	s.now = q.signedFrom(b, s.timestamp, timestampSigner, 1)
	s.before, s.after = q.signedFrom(b, s.older, snapshotSigner, 1), q.signedFrom(b, s.snapshot, snapshotSigner, 1)
	return s
}

// kept is a session that has the new timestamp and the snapshot that was kept;
// nil if they were refused.
func (s snapshots) kept() *verify.Session {
	session := verify.NewSession(s.root, instant, verify.Limits{})
	if session.EndRoots() != nil {
		return nil
	}
	if _, err := session.AddTimestamp(s.timestamp); err != nil {
		return nil
	}
	if current, err := session.RestoreSnapshot(s.older, verify.SnapshotRecord{}); err != nil || current {
		return nil
	}
	return session
}

// replace accepts the next snapshot, none of whose bins may have gone back, and
// finds one bin in it.
func (s snapshots) replace(session *verify.Session) bool {
	if session == nil || session.AddSnapshot(s.snapshot) != nil {
		return false
	}
	f, ok := session.Snapshot().File("bin-0080")
	return ok && f.Version == 2
}

// read is how go-tuf accepts a snapshot; nil if it refuses.
func (s snapshots) read(raw []byte) *metadata.Metadata[metadata.SnapshotType] {
	m, err := metadata.Snapshot().FromBytes(raw)
	if err != nil || s.theirs.VerifyDelegate("snapshot", m) != nil || m.Signed.IsExpired(instant) {
		return nil
	}
	return m
}

// follows is the same as replace, of what go-tuf has read.
func follows(older, newer *metadata.Metadata[metadata.SnapshotType]) bool {
	if older == nil || newer == nil {
		return false
	}
	for name, old := range older.Signed.Meta {
		if m, ok := newer.Signed.Meta[name]; !ok || m.Version < old.Version {
			return false
		}
	}
	return newer.Signed.Meta["bin-0080.json"].Version == 2
}

// BenchmarkSnapshot accepts a snapshot in the place of an older one that is known
// already: one signature, and that none of the bins went back.
func BenchmarkSnapshot(b *testing.B) {
	q := quorums(b)[0]
	for _, bins := range []int{256, 4_096, 16_384, 65_536} {
		s := q.snapshots(b, bins)
		older := s.read(s.older)
		var ready []*verify.Session
		contest{
			before: func(calls int) {
				ready = ready[:0]
				for range calls {
					ready = append(ready, s.kept())
				}
			},
			ours: func() bool {
				last := len(ready) - 1
				session := ready[last]
				ready = ready[:last]
				return s.replace(session)
			},
			gotuf: func() bool { return follows(older, s.read(s.snapshot)) },
			limit: func() bool { return s.after.do() == 1 },
			batch: max(1, 20_000/bins),
		}.run(b, fmt.Sprintf("%d", bins))
	}
}

// BenchmarkChanged is what a client does when it starts and something has changed:
// it reads the new timestamp and the snapshot that it keeps, and accepts the next
// one. That is three signatures.
func BenchmarkChanged(b *testing.B) {
	q := quorums(b)[0]
	for _, bins := range []int{256, 4_096, 16_384, 65_536} {
		s := q.snapshots(b, bins)
		contest{
			ours: func() bool { return s.replace(s.kept()) },
			gotuf: func() bool {
				t, err := metadata.Timestamp().FromBytes(s.timestamp)
				if err != nil || s.theirs.VerifyDelegate("timestamp", t) != nil || t.Signed.IsExpired(instant) {
					return false
				}
				newer := s.read(s.snapshot)
				return follows(s.read(s.older), newer) && newer.Signed.Version == t.Signed.Meta["snapshot.json"].Version
			},
			limit: func() bool { return s.now.do()+s.before.do()+s.after.do() == 3 },
			batch: max(1, 20_000/bins),
		}.run(b, fmt.Sprintf("%d", bins))
	}
}
