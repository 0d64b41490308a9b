package bench_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/memstore"
)

// served is a repository in memory.
type served map[string][]byte

func (s served) Fetch(_ context.Context, name string) (io.ReadCloser, error) {
	if raw, ok := s[name]; ok {
		return io.NopCloser(bytes.NewReader(raw)), nil
	}
	return nil, verify.ErrNotFound
}

func serve(b *testing.B, folder string) served {
	b.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		b.Fatal(err)
	}
	s := served{}
	for _, f := range files {
		if s[f.Name()], err = os.ReadFile(filepath.Join(folder, f.Name())); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

// BenchmarkLookup finds targets one by one after a refresh, each in a bin of its
// own that has to be read and verified: what one costs must not depend on how
// many bins, and so targets, there are beside it. It tells the least of several
// rounds, in processor time.
func BenchmarkLookup(b *testing.B) {
	q := quorums(b)[0]
	for _, bits := range []int{8, 12, 16} {
		r := q.bin(b, bits, 50)
		repository, paths := serve(b, r.folder), apart(r.paths)
		b.Run(fmt.Sprintf("%d-bins", 1<<bits), func(b *testing.B) {
			var least time.Duration
			for range max(b.N, rounds) {
				client := &verify.Client{Metadata: repository, Store: new(memstore.Store)}
				if err := client.Init(repository["1.root.json"]); err != nil {
					b.Fatal(err)
				}
				refreshed, err := client.Refresh(context.Background(), instant)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := refreshed.TopLevel(context.Background()); err != nil {
					b.Fatal(err)
				}
				begin := processorTime(b)
				for _, i := range paths {
					v, err := refreshed.Target(context.Background(), r.paths[i])
					if err != nil || v.Length != int64(i)+1 {
						b.Fatal(v, err)
					}
				}
				if d := processorTime(b) - begin; least == 0 || d < least {
					least = d
				}
			}
			b.ReportMetric(least.Seconds()*1e6/float64(len(paths)), "µs/target")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// apart picks a hundred paths of which no two share a bin, were there only 256.
func apart(paths []string) (picked []int) {
	bins, seen := verify.SuccinctRoles{NamePrefix: "bin", BitLength: 8}, map[string]bool{}
	for i, path := range paths {
		if bin := bins.Bin(path); !seen[bin] && len(picked) < 100 {
			seen[bin] = true
			picked = append(picked, i)
		}
	}
	return picked
}

// repeated is as many bytes as are asked for, made of one block.
type repeated struct{ block []byte }

func (r repeated) Read(p []byte) (int, error) { return copy(p, r.block), nil }

// BenchmarkContent holds a target of 1 GB to its verdict while it streams, and
// hashes as much beside it.
func BenchmarkContent(b *testing.B) {
	const size = 1 << 30
	block := bytes.Repeat([]byte("rust"), 8<<10)
	h := sha256.New()
	if _, err := io.CopyN(h, repeated{block}, size); err != nil {
		b.Fatal(err)
	}
	digits := hex.EncodeToString(h.Sum(nil))
	v := &verify.Verdict{Path: "large", Length: size, Hashes: map[string]string{"sha256": digits}}
	ways := map[string]func() error{
		"ours": func() error { return v.Copy(io.Discard, io.LimitReader(repeated{block}, size)) },
		"limit": func() error {
			h := sha256.New()
			if _, err := io.CopyN(h, repeated{block}, size); err != nil || hex.EncodeToString(h.Sum(nil)) != digits {
				return errors.New("another hash")
			}
			return nil
		},
	}
	for _, name := range []string{"ours", "limit"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(size)
			for b.Loop() {
				if err := ways[name](); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("ratio", func(b *testing.B) {
		least := map[string]time.Duration{}
		for range max(b.N, 3) {
			for name, do := range ways {
				begin := processorTime(b)
				if err := do(); err != nil {
					b.Fatal(err)
				}
				if d := processorTime(b) - begin; least[name] == 0 || d < least[name] {
					least[name] = d
				}
			}
		}
		b.ReportMetric(float64(least["ours"])/float64(least["limit"]), "ours/limit")
		b.ReportMetric(0, "ns/op")
	})
}

// BenchmarkLarge is what needs its bounds raised, or nearly does: a million
// targets in one document, which is refused by default, and a walk over a
// thousand roots.
func BenchmarkLarge(b *testing.B) {
	q := quorums(b)[0]
	b.Run("1000000-targets", func(b *testing.B) {
		root, err := verify.TrustRoot(q.root(b, 1, members), verify.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		raw, path := q.million(b)
		if _, err := verify.Read(raw, verify.Limits{}); !errors.As(err, new(*verify.LimitError)) {
			b.Fatal(err)
		}
		b.ReportAllocs()
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			d, err := verify.Read(raw, verify.Limits{TargetsBytes: 1 << 30})
			if err != nil {
				b.Fatal(err)
			}
			candidate, err := d.Targets("targets")
			if err != nil {
				b.Fatal(err)
			}
			t, err := verify.TrustTargets(root, candidate)
			if err != nil {
				b.Fatal(err)
			}
			if e, ok := t.Entry(path); !ok || e.Length != 777_777 {
				b.Fatal(e)
			}
		}
	})
	b.Run("1000-roots", func(b *testing.B) {
		chain := make([][]byte, 1000)
		for i := range chain {
			chain[i] = q.root(b, int64(i)+1, threshold)
		}
		first, err := verify.TrustRoot(chain[0], verify.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		fetch := func(version int64) ([]byte, error) {
			if version > int64(len(chain)) {
				return nil, verify.ErrNotFound
			}
			return chain[version-1], nil
		}
		b.ReportAllocs()
		for b.Loop() {
			newest, err := first.Walk(fetch, verify.Limits{})
			if err != nil || newest.Version() != 1000 {
				b.Fatal(err)
			}
		}
	})
}

// million is a canonical document with a million targets, and one of them.
func (q quorum) million(b *testing.B) (raw []byte, path string) {
	b.Helper()
	var signed bytes.Buffer
	signed.WriteString(`{"_type":"targets","expires":"2035-01-01T00:00:00Z","spec_version":"1.0.31","targets":{`)
	for i := range 1_000_000 {
		if i > 0 {
			signed.WriteByte(',')
		}
		fmt.Fprintf(&signed, `"ab/cd/crate-%07d":{"hashes":{"sha256":"%064x"},"length":%d}`, i, i, i)
	}
	signed.WriteString(`},"version":1}`)
	d, err := verify.Read(q.root(b, 1, threshold), verify.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	var list bytes.Buffer
	for i, s := range d.UnverifiedSignatures() { // their key ids, in the order of the members from the second on
		if i > 0 {
			list.WriteByte(',')
		}
		fmt.Fprintf(&list, `{"keyid":%q,"sig":"%x"}`, s.KeyID, sign(b, q.signers[(1+i)%members], signed.Bytes()))
	}
	return fmt.Appendf(nil, `{"signatures":[%s],"signed":%s}`, list.Bytes(), signed.Bytes()), "ab/cd/crate-0777777"
}
