package bench_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/secure-systems-lab/go-securesystemslib/cjson"
)

// object is a JSON object in the making.
type object = map[string]any

// write signs a document by some members and writes it compactly.
func (q quorum) write(b *testing.B, path string, signed object, signers int) {
	b.Helper()
	message, err := cjson.EncodeCanonical(signed)
	if err != nil {
		b.Fatal(err)
	}
	list := []any{}
	for i, s := range q.signers[:signers] {
		list = append(list, object{"keyid": fmt.Sprint("key-", i), "sig": hex.EncodeToString(sign(b, s, message))})
	}
	raw, err := json.Marshal(object{"signatures": list, "signed": signed})
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		b.Fatal(err)
	}
}

func (q quorum) keys(b *testing.B, n int) (keys object, ids []any) {
	b.Helper()
	keys = object{}
	for i, s := range q.signers[:n] {
		public, err := verify.NewPublicKey(s.Public())
		if err != nil {
			b.Fatal(err)
		}
		id, text := fmt.Sprint("key-", i), public.PEM()
		if public.KeyType() == "ed25519" {
			spki := public.SPKI()
			text = hex.EncodeToString(spki[len(spki)-32:])
		}
		keys[id] = object{"keytype": public.KeyType(), "scheme": public.Scheme(), "keyval": object{"public": text}}
		ids = append(ids, id)
	}
	return keys, ids
}

// binned is a repository of an index in hash bins, in a folder.
type binned struct {
	folder string
	root   string
	paths  []string // that are listed, each with its place as its length
}

const (
	indexed = 200_000 // index files, spread over the bins
	wanted  = 500     // of these are there to be found
)

// bin writes a repository whose snapshot lists 2^bits bins, each with a number
// of other entries. Of the bins it writes those that the wanted paths need.
func (q quorum) bin(b *testing.B, bits, others int) binned {
	b.Helper()
	r := binned{folder: b.TempDir()}
	file := func(name string) string { return filepath.Join(r.folder, name) }
	header := func(typ string, members object) object {
		members["_type"], members["version"], members["spec_version"], members["expires"] = typ, 1, "1.0.31", "2035-01-01T00:00:00Z"
		return members
	}
	keys, ids := q.keys(b, members)
	role := func(n, threshold int) object { return object{"keyids": ids[:n], "threshold": threshold} }
	r.root = file("1.root.json")
	q.write(b, r.root, header("root", object{"consistent_snapshot": true, "keys": keys, "roles": object{
		"root": role(members, threshold), "targets": role(members, threshold), "snapshot": role(1, 1), "timestamp": role(1, 1)}}), members)
	rule := role(1, 1)
	rule["bit_length"], rule["name_prefix"] = bits, "bin"
	q.write(b, file("1.targets.json"), header("targets", object{"targets": object{}, "delegations": object{"keys": keys, "succinct_roles": rule}}), threshold)

	names := verify.SuccinctRoles{NamePrefix: "bin", BitLength: bits}
	bins := map[string]object{}
	for i := range wanted {
		path := fmt.Sprintf("ab/cd/crate-%d", i)
		r.paths = append(r.paths, path)
		bin := names.Bin(path)
		if bins[bin] == nil {
			bins[bin] = object{}
			for j := range others {
				entry(bins[bin], fmt.Sprintf("ef/gh/other-%d", j), 1)
			}
		}
		entry(bins[bin], path, i+1)
	}
	for name, entries := range bins {
		q.write(b, file("1."+name+".json"), header("targets", object{"targets": entries}), 1)
	}
	meta := object{"targets.json": object{"version": 1}}
	for i := range 1 << bits {
		meta[fmt.Sprintf("bin-%0*x.json", (bits+3)/4, i)] = object{"version": 1}
	}
	q.write(b, file("1.snapshot.json"), header("snapshot", object{"meta": meta}), 1)
	q.write(b, file("timestamp.json"), header("timestamp", object{"meta": object{"snapshot.json": object{"version": 1}}}), 1)
	return r
}

func entry(targets object, path string, length int) {
	sum := sha256.Sum256([]byte(path))
	targets[path] = object{"length": length, "hashes": object{"sha256": hex.EncodeToString(sum[:])}}
}

// used is what launch says of a process.
type used struct {
	Elapsed, Processor time.Duration
	Peak               int64
	Output             string
	Exit               int
}

// programs builds the programs that are timed.
func programs(b *testing.B) (start func(program string, args ...string) used) {
	b.Helper()
	dir := b.TempDir()
	build := func(variable string, packages ...string) {
		c := exec.Command("go", append([]string{"build", "-o", dir + string(filepath.Separator)}, packages...)...)
		c.Env = append(os.Environ(), variable)
		if out, err := c.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
	build("CGO_ENABLED=0", "./bare", "./launch", "./lookup", "../../cmd/rust-tuf-verify")
	build("CGO_ENABLED=1", "../../cmd/rust-tuf") // it speaks to cards
	return func(program string, args ...string) used {
		out, err := exec.Command(filepath.Join(dir, "launch"), append([]string{filepath.Join(dir, program)}, args...)...).Output()
		if err != nil {
			b.Fatal(err)
		}
		var u used
		if err := json.Unmarshal(out, &u); err != nil {
			b.Fatal(err)
		}
		if u.Exit != 0 {
			b.Fatalf("%s %q: exit code %d", program, args, u.Exit)
		}
		return u
	}
}

// processes is how often each process is run.
const processes = 20

// BenchmarkProcess runs whole processes: from nothing to a verdict. Each has to
// give the right one.
func BenchmarkProcess(b *testing.B) {
	start := programs(b)
	ed, p256 := quorums(b)[0], quorums(b)[1]
	few, many, manyP256 := ed.bin(b, 12, indexed>>12), ed.bin(b, 16, indexed>>16), p256.bin(b, 16, indexed>>16)
	store := func() string { return filepath.Join(b.TempDir(), "store") }
	warm := func(r binned, n int) string {
		s := store()
		start("lookup", r.root, r.folder, s, strings.Join(r.paths[:n], ","))
		return s
	}
	fewWarm, fewWarm500, manyWarm, manyWarmP256 := warm(few, 1), warm(few, wanted), warm(many, 1), warm(manyP256, 1)
	find := func(r binned, n int, store func() string) func(b *testing.B) used {
		return func(b *testing.B) used {
			u := start("lookup", r.root, r.folder, store(), strings.Join(r.paths[:n], ","))
			if want := strconv.Itoa(n * (n + 1) / 2); strings.TrimSpace(u.Output) != want {
				b.Fatalf("found %q, want %s", u.Output, want)
			}
			return u
		}
	}
	walk := func(program string, verbs ...string) func(b *testing.B) used {
		return func(b *testing.B) used {
			u := start(program, append(verbs, "--trusted", few.root, "--metadata", few.folder)...)
			if !strings.Contains(u.Output, "ok: root version 1 is trusted") {
				b.Fatalf("%q", u.Output)
			}
			return u
		}
	}
	for _, p := range []struct {
		name string
		run  func(b *testing.B) used
	}{
		{"bare", func(*testing.B) used { return start("bare") }},
		{"one-root/rust-tuf-verify", walk("rust-tuf-verify", "root")},
		{"one-root/rust-tuf", walk("rust-tuf", "verify", "root")},
		{"4096-bins/1-cold", find(few, 1, store)},
		{"4096-bins/1-warm", find(few, 1, func() string { return fewWarm })},
		{"4096-bins/500-cold", find(few, wanted, store)},
		{"4096-bins/500-warm", find(few, wanted, func() string { return fewWarm500 })},
		{"65536-bins/1-cold", find(many, 1, store)},
		{"65536-bins/1-warm", find(many, 1, func() string { return manyWarm })},
		{"65536-bins/1-warm-P-256", find(manyP256, 1, func() string { return manyWarmP256 })},
	} {
		b.Run(p.name, func(b *testing.B) {
			var elapsed, processor []float64
			var peak int64
			for range max(b.N, processes) {
				u := p.run(b)
				elapsed = append(elapsed, u.Elapsed.Seconds()*1e3)
				processor = append(processor, u.Processor.Seconds()*1e3)
				peak = max(peak, u.Peak)
			}
			slices.Sort(elapsed)
			slices.Sort(processor)
			b.ReportMetric(elapsed[0], "ms-least")
			b.ReportMetric(elapsed[len(elapsed)/2], "ms-median")
			b.ReportMetric(processor[0], "cpu-ms-least")
			b.ReportMetric(processor[len(processor)/2], "cpu-ms-median")
			b.ReportMetric(float64(peak)/1e6, "MB-peak")
			b.ReportMetric(0, "ns/op") // of no meaning here
		})
	}
}
