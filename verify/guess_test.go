package verify_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// watched stands in front of a server and takes note of what becomes of each
// answer.
type watched struct {
	next       verify.Fetcher
	mu         sync.Mutex
	asked      map[string]int             // how often
	read       map[string]int             // bytes
	open, most int                        // files that were asked for, and that nobody has closed yet
	asker      map[string]context.Context // of each file, as who asked first
}

func watch(next verify.Fetcher) *watched {
	return &watched{next: next, asked: map[string]int{}, read: map[string]int{}, asker: map[string]context.Context{}}
}

func (w *watched) Fetch(ctx context.Context, name string) (io.ReadCloser, error) {
	w.mu.Lock()
	w.asked[name]++
	if w.asker[name] == nil {
		w.asker[name] = ctx
	}
	w.open++
	w.most = max(w.most, w.open)
	w.mu.Unlock()
	body, err := w.next.Fetch(ctx, name)
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.open--
		return nil, err
	}
	return &watchedBody{body, w, name}, nil
}

type watchedBody struct {
	io.ReadCloser
	w    *watched
	name string
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	b.w.read[b.name] += n
	return n, err
}

func (b *watchedBody) Close() error {
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	b.w.open--
	return b.ReadCloser.Close()
}

// find looks some paths up and says of each what was found, and of all why not.
func find(t *testing.T, c *verify.Client, paths ...string) string {
	t.Helper()
	repository, err := c.Refresh(context.Background(), now)
	if err != nil {
		t.Fatal(err)
	}
	verdicts, err := repository.Verdicts(context.Background(), paths...)
	var b strings.Builder
	for _, v := range verdicts {
		if v == nil {
			b.WriteString("nothing\n")
			continue
		}
		fmt.Fprint(&b, v.Path, " ", v.Length, v.Hashes, v.Expires, v.Fork != nil)
		for _, by := range v.Chain {
			fmt.Fprint(&b, " ", by.Role, by.Version, by.Digest, by.Threshold)
		}
		b.WriteByte('\n')
	}
	fmt.Fprint(&b, err)
	return b.String()
}

func rule(r *rounds) object {
	return r.targets["targets"]["delegations"].(object)["succinct_roles"].(object)
}

// everything has the targets and all of the bins change.
func everything(r *rounds, bins []string) {
	r.bump(append(slices.Clone(bins), "timestamp", "snapshot", "targets")...)
}

// moveBins makes new bins beside the old ones, which change too.
func moveBins(r *rounds, bins []string) {
	for _, bin := range bins {
		fresh := strings.Replace(bin, "bin", rule(r)["name_prefix"].(string), 1)
		fresh = fresh[:len(fresh)-2+int(number(rule(r)["bit_length"]))/4]
		if r.targets[fresh] == nil {
			r.targets[fresh], r.signers[fresh] = set(targetsSigned(fresh, 1), "targets", object{}), r.signers[bin]
		}
		maps.Copy(r.targets[fresh]["targets"].(object), r.targets[bin]["targets"].(object))
	}
	everything(r, bins)
}

// A guesser is a client that knows targets in eight bins before something changes.
type guesser struct {
	change func(r *rounds, store shelf, bins []string)
	vain   int // files that it asks for in vain; 8 are the bins that it expects
}

// early is how much is read of a file that nobody has needed yet.
const early = 32 << 10

// A guesser finds what a client finds that asks for one file after the other, and
// keeps the same. It asks for no file twice that is as long as bins are, and reads
// no more of any in vain.
func (g guesser) test(t *testing.T) {
	r, paths, bins := crates(t, 8)
	if len(bins) != 8 {
		t.Fatalf("bins %q", bins)
	}
	c, store := r.client()
	c.Metadata = r.served
	find(t, c, paths...)
	g.change(r, store, bins)
	paths = append(paths, "channels/stable.toml", "crates/none")
	found, left, servers := map[int]string{}, map[int]shelf{}, map[int]*watched{}
	for _, parallel := range []int{1, 2, 100} {
		left[parallel], servers[parallel] = maps.Clone(store), watch(&scales{next: r.served})
		found[parallel] = find(t, &verify.Client{Metadata: servers[parallel], Store: left[parallel], Parallel: parallel}, paths...)
		if servers[parallel].open != 0 {
			t.Errorf("parallel %d: %d answers are left open", parallel, servers[parallel].open)
		}
		if found[parallel] != found[1] {
			t.Errorf("parallel %d: found %s\nwant %s", parallel, found[parallel], found[1])
		}
		if !maps.EqualFunc(left[parallel], left[1], bytes.Equal) {
			t.Errorf("parallel %d: something else is kept", parallel)
		}
	}
	vain := 0
	for name, n := range servers[100].asked {
		switch {
		case n == 2 && len(r.files[name]) > early: // once early, and once as it was needed
		case n != 1 && name != "timestamp.json": // which is asked for beside each root
			t.Errorf("%s was asked for %d times", name, n)
		case servers[1].asked[name] == 0:
			vain++
			if n := servers[100].read[name]; n > early+1 {
				t.Errorf("%s: %d bytes were read", name, n)
			}
		}
	}
	for name := range servers[1].asked {
		if servers[100].asked[name] == 0 {
			t.Errorf("%s was not asked for", name)
		}
	}
	if vain != g.vain {
		t.Errorf("asked for %d files in vain, want %d: %v", vain, g.vain, servers[100].asked)
	}
}

// Where delegations lead is said by the new documents, whatever the kept ones make
// a client expect.
func TestGuessDecidesNothing(t *testing.T) {
	for name, g := range map[string]guesser{
		"nothing":          {func(*rounds, shelf, []string) {}, 0},
		"targets":          {func(r *rounds, _ shelf, _ []string) { r.bump("timestamp", "snapshot", "targets") }, 0},
		"some bins":        {func(r *rounds, _ shelf, bins []string) { r.bump(append(bins[:3:3], "timestamp", "snapshot")...) }, 0},
		"targets and bins": {func(r *rounds, _ shelf, bins []string) { everything(r, bins) }, 0},
		"with hashes":      {func(r *rounds, _ shelf, bins []string) { r.hashes = true; everything(r, bins) }, 0},
		"signed twice": {func(r *rounds, _ shelf, bins []string) {
			r.hashes = true
			set(r.targets["targets"], "expires", "2029-01-01T00:00:00Z")
			r.bump("timestamp", "snapshot")
			r.bump(bins...)
		}, 0},
		"other names": {func(r *rounds, _ shelf, bins []string) { rule(r)["name_prefix"] = "box"; moveBins(r, bins) }, 8},
		"fewer bins":  {func(r *rounds, _ shelf, bins []string) { rule(r)["bit_length"] = 4; moveBins(r, bins) }, 8},
		"no delegations": {func(r *rounds, _ shelf, bins []string) {
			delete(r.targets["targets"], "delegations")
			everything(r, bins)
		}, 8},
		"all in targets": {func(r *rounds, _ shelf, bins []string) {
			for _, bin := range bins {
				maps.Copy(r.targets["targets"]["targets"].(object), r.targets[bin]["targets"].(object))
			}
			everything(r, bins)
		}, 8},
		"other keys": {func(r *rounds, _ shelf, bins []string) {
			judy := edPerson(t, "judy")
			rule(r)["keyids"] = []any{judy.id}
			r.targets["targets"]["delegations"].(object)["keys"] = keyObjects(judy)
			for _, bin := range bins[1:] {
				r.signers[bin] = []*person{judy}
			}
			everything(r, bins)
		}, 0},
		"targets under other keys": {func(r *rounds, _ shelf, bins []string) {
			grace := edPerson(t, "grace")
			r.nextRoot(func(s object) {
				maps.Copy(s["keys"].(object), keyObjects(grace))
				set(s, "roles.targets", roleObject(1, grace))
			})
			r.signers["targets"] = []*person{grace}
			everything(r, bins)
		}, 0},
	} {
		t.Run(name, g.test)
	}
}

// A file that was expected and cannot be had, or is none, is refused if it is
// needed, and else nobody gets to know it.
func TestGuessOfSpoiltFiles(t *testing.T) {
	spoilt := func(spoil func(r *rounds, name string)) func(*rounds, shelf, []string) {
		return func(r *rounds, _ shelf, bins []string) {
			everything(r, bins)
			spoil(r, "2."+bins[1]+".json")
		}
	}
	for name, g := range map[string]guesser{
		"other names, not had": {func(r *rounds, _ shelf, bins []string) {
			rule(r)["name_prefix"] = "box"
			moveBins(r, bins)
			for i, bin := range bins {
				switch name := "2." + bin + ".json"; i % 3 {
				case 0:
					delete(r.files, name)
				case 1:
					r.fails[name] = errBroken
				default:
					r.files[name] = bytes.Repeat([]byte("a"), 9<<20)
				}
			}
		}, 8},
		"a bin is gone":          {spoilt(func(r *rounds, name string) { delete(r.files, name) }), 0},
		"a bin is not to be had": {spoilt(func(r *rounds, name string) { r.fails[name] = errBroken }), 0},
		"a bin is junk":          {spoilt(func(r *rounds, name string) { r.files[name] = []byte("junk") }), 0},
		"a bin is too large":     {spoilt(func(r *rounds, name string) { r.files[name] = bytes.Repeat([]byte("a"), 9<<20) }), 0},
		"a bin is the old one":   {spoilt(func(r *rounds, name string) { r.files[name] = r.files["1"+name[1:]] }), 0},
		"targets are junk": {func(r *rounds, _ shelf, bins []string) {
			everything(r, bins)
			r.files["2.targets.json"] = []byte("junk")
		}, 8},
		"targets by a stranger": {func(r *rounds, _ shelf, bins []string) {
			everything(r, bins)
			r.files["2.targets.json"] = envelope(t, r.targets["targets"], edPerson(t, "mallory"))
		}, 8},
	} {
		t.Run(name, g.test)
	}
}

// What has got into a store does not choose what is asked for, unless those have
// signed it who are trusted now; and it is in nobody's way.
func TestGuessFromADamagedStore(t *testing.T) {
	kept := func(raw func(r *rounds) []byte) func(*rounds, shelf, []string) {
		return func(r *rounds, store shelf, bins []string) {
			store[verify.Slot{Role: "targets"}] = raw(r)
			everything(r, bins)
		}
	}
	// elsewhere are targets that delegate all to a role with which the new ones have nothing to do.
	elsewhere := func(r *rounds, signers ...*person) []byte {
		r.targets["elsewhere"], r.signers["elsewhere"] = targetsSigned("elsewhere", 1), r.quorum
		signed := delegating(targetsSigned("targets", 1), "elsewhere", 1, r.quorum...)
		return envelope(t, set(signed, "delegations.roles.0.paths", []any{"crates/*"}), signers...)
	}
	for name, g := range map[string]guesser{
		"kept targets are gone": {func(r *rounds, store shelf, bins []string) {
			delete(store, verify.Slot{Role: "targets"})
			everything(r, bins)
		}, 0},
		"kept targets are empty":  {kept(func(*rounds) []byte { return []byte{} }), 0},
		"kept targets are cut":    {kept(func(r *rounds) []byte { return r.files["1.targets.json"][:900] }), 0},
		"kept targets are a root": {kept(func(r *rounds) []byte { return r.files["1.root.json"] }), 0},
		"kept targets without targets": {kept(func(r *rounds) []byte {
			return envelope(t, set(targetsSigned("targets", 1), "targets", 5), r.quorum...)
		}), 0},
		"kept targets of a stranger": {kept(func(r *rounds) []byte { return elsewhere(r, edPerson(t, "mallory")) }), 0},
		"kept targets of a thief":    {kept(func(r *rounds) []byte { return elsewhere(r, r.quorum...) }), 1},
		"kept targets too large":     {kept(func(*rounds) []byte { return bytes.Repeat([]byte("["), 9<<20) }), 0},
		"kept targets delegate to roles that are not there": {kept(func(r *rounds) []byte {
			signed := targetsSigned("targets", 1)
			delegating(signed, "ghost", 1, edPerson(t, "dave"))
			set(signed, "delegations.roles.0.paths", []any{"crates/*"})
			return envelope(t, signed, r.quorum...)
		}), 0},
		"kept bins are damaged": {func(r *rounds, store shelf, bins []string) {
			store[verify.Slot{Role: bins[0]}] = []byte("{")
			delete(store, verify.Slot{Role: bins[1]})
			r.bump("timestamp", "snapshot", "targets")
		}, 0},
	} {
		t.Run(name, g.test)
	}
}

// Who asks for one file after the other asks for none that nobody needs yet.
func TestNoGuessWithoutParallel(t *testing.T) {
	for _, parallel := range []int{0, 1} {
		r, paths, bins := crates(t, 3)
		c, _ := r.client()
		c.Metadata, c.Parallel = r.served, parallel
		find(t, c, paths...)
		r.bump(append(slices.Clone(bins), "timestamp", "snapshot", "targets")...)
		w := watch(r.served)
		c.Metadata, r.asked = w, nil
		repository, err := c.Refresh(t.Context(), now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := repository.Target(t.Context(), paths[0]); err != nil {
			t.Error(err)
		}
		if len(r.asked) != 5 || r.asked[3] != "2.targets.json" || w.most != 1 {
			t.Errorf("parallel %d: at most %d at once: %q", parallel, w.most, r.asked)
		}
	}
}
