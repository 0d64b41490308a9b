package verify_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// lostRoot is a client at root 1 of a repository whose quorum has lost its
// keys, and the root that other people made for it.
func lostRoot(t *testing.T, version int64) (r *served, c *verify.Client, store shelf, made []byte, digest verify.Digest) {
	t.Helper()
	r = serve(t)
	c, store = r.refreshed()
	r.quorum = nine(t)[5:8]
	r.signers["targets"] = r.quorum
	r.root = rootSigned(t, version, 2, r.quorum...)
	clear(r.files)
	r.putRoot(r.quorum...)
	r.bump("timestamp", "snapshot", "targets")
	made = r.files[fmt.Sprintf("%d.root.json", version)]
	return r, c, store, made, mustRead(t, made).Digest()
}

// A root is replaced by another one whose digest was entered, whatever the
// versions; every verdict under it, and under the roots that follow, says so.
func TestReplace(t *testing.T) {
	for name, version := range map[string]int64{"begins again": 1, "follows, signed by others": 2, "far ahead": 9} {
		t.Run(name, func(t *testing.T) {
			r, c, store, made, digest := lostRoot(t, version)
			before := verify.RootName{Version: 1, Digest: mustRead(t, store[verify.Slot{Role: "root"}]).Digest()}
			if version == 2 {
				_, err := refresh(c)
				refused[*verify.ThresholdError](t, err, "root 2: threshold of root 1 not met")
			}
			root, err := c.Replace(made, digest)
			if err != nil || root.Version() != version {
				t.Fatalf("%+v, %v", root, err)
			}
			want := verify.Replacement{Before: before, After: verify.RootName{Version: version, Digest: digest}}
			for range 2 {
				v, err := refresh(c)
				if err != nil {
					t.Fatal(err)
				}
				if v.Replaced == nil || *v.Replaced != want {
					t.Errorf("%+v, want %+v", v.Replaced, want)
				}
				// Another process, and another root.
				c = &verify.Client{Metadata: r, Store: store}
				r.nextRoot(func(object) {})
			}
			// The same again changes nothing.
			held := maps.Clone(store)
			newest := store[verify.Slot{Role: "root"}]
			if root, err = c.Replace(newest, mustRead(t, newest).Digest()); err != nil || *root.Replacement() != want || !maps.EqualFunc(held, store, slices.Equal) {
				t.Errorf("%+v, %v", root, err)
			}
		})
	}
}

// Nobody but the digest vouches: another root is refused, and nothing changes.
func TestReplaceRefused(t *testing.T) {
	r, c, store, made, digest := lostRoot(t, 2)
	held := maps.Clone(store)
	other := envelope(t, rootSigned(t, 2, 1, nine(t)[8]), nine(t)[8])
	_, err := c.Replace(other, digest)
	refused[*verify.PinError](t, err, "root is not the pinned one", digest.Groups(), "received on another way")
	_, err = c.Replace(envelope(t, r.root, r.quorum[0]), digest)
	refused[*verify.ThresholdError](t, err, "1 of 2")
	_, err = c.Replace(made[1:], digest)
	refused[*verify.FormatError](t, err)
	_, err = (&verify.Client{Store: shelf{}}).Replace(made, digest)
	if !errors.Is(err, verify.ErrNotFound) || !strings.Contains(err.Error(), "Init makes one") {
		t.Error(err)
	}
	if !maps.EqualFunc(held, store, slices.Equal) {
		t.Errorf("a refusal changed the store: %q", slices.Collect(maps.Keys(store)))
	}
}

// What the lost keys signed is no floor under a root with other keys, and
// stays one under a root with the same.
func TestReplaceFloors(t *testing.T) {
	for name, rotated := range map[string]bool{"other keys": true, "the same keys": false} {
		for _, version := range []int64{1, 9} {
			t.Run(fmt.Sprint(name, " in version ", version), func(t *testing.T) {
				r := serve(t)
				r.timestamp["version"], r.snapshot["version"] = 7, int64(1<<53)
				r.publish()
				c, _ := r.refreshed()
				r.root["version"] = version
				r.root["expires"] = "2031-01-01T00:00:00Z"
				if rotated {
					fresh := edPerson(t, "online-2")
					maps.Copy(r.root["keys"].(object), keyObjects(fresh))
					set(r.root, "roles.timestamp", roleObject(1, fresh, r.online))
				}
				r.putRoot(r.quorum...)
				r.timestamp["version"], r.snapshot["version"] = 2, 2
				r.publish()
				made := r.files[fmt.Sprintf("%d.root.json", version)]
				if _, err := c.Replace(made, mustRead(t, made).Digest()); err != nil {
					t.Fatal(err)
				}
				_, err := refresh(c)
				switch {
				case version == 1: // its history is gone: nobody knows which keys it had
					fallthrough
				case rotated:
					if err != nil {
						t.Error(err)
					}
				default:
					refused[*verify.VersionError](t, err, "timestamp 2 is not newer than the trusted version 7")
				}
			})
		}
	}
}

// killed is a store whose process dies before its nth change.
type killed struct {
	shelf
	left int
}

func (k *killed) Swap(slot verify.Slot, old, content []byte) error {
	if k.left--; k.left < 0 {
		return errBroken
	}
	return k.shelf.Swap(slot, old, content)
}

// A kill at any moment leaves the old root, of which nothing is said, or the
// new one, of which everything is; and the command can be given again.
func TestReplaceKilled(t *testing.T) {
	for left := 0; ; left++ {
		r, c, store, made, digest := lostRoot(t, 2)
		c.Store = &killed{store, left}
		_, err := c.Replace(made, digest)
		done := err == nil
		if !done && !errors.Is(err, errBroken) {
			t.Fatal(err)
		}
		c = &verify.Client{Metadata: r, Store: store}
		root, err := c.Replace(store[verify.Slot{Role: "root"}], mustRead(t, store[verify.Slot{Role: "root"}]).Digest())
		if err != nil || (root.Version() == 2) != (root.Replacement() != nil) {
			t.Fatalf("killed before change %d: root %d, %+v, %v", left+1, root.Version(), root.Replacement(), err)
		}
		if _, err := c.Replace(made, digest); err != nil {
			t.Fatal(err)
		}
		if v, err := refresh(c); err != nil || v.Replaced == nil || v.Replaced.Before.Version != 1 {
			t.Errorf("killed before change %d: %+v, %v", left+1, v, err)
		}
		if done {
			if left < 3 {
				t.Errorf("only %d changes", left)
			}
			return
		}
	}
}

// Who keeps roots without a Client carries the replacement along.
func TestWithReplacement(t *testing.T) {
	r, _, store, made, digest := lostRoot(t, 2)
	root, err := mustTrust(t, store[verify.Slot{Role: "root"}]).Replace(made, digest, verify.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	root = mustTrust(t, made).WithReplacement(root.Replacement())
	r.nextRoot(func(object) {})
	next, err := root.Next(mustRoot(t, r.files["3.root.json"]))
	if err != nil || next.Replacement() == nil || next.Replacement().After.Version != 2 {
		t.Errorf("%+v, %v", next, err)
	}
	if got := next.Replacement().After.String(); !strings.HasPrefix(got, "root 2, ") || !strings.Contains(got, digest.Groups()) {
		t.Error(got)
	}
}

// What a client remembers, and cannot read any more, may have been a
// replacement.
func TestDamagedMemory(t *testing.T) {
	for _, text := range []string{"", "5", "under 1", "replaced 1 2 by 3 4", "under -1 " + strings.Repeat("0", 64), "\x00"} {
		r := serve(t)
		c, store := r.refreshed()
		store[verify.Slot{}] = []byte(text)
		v, err := refresh(c)
		if err != nil || v.Replaced == nil || *v.Replaced != (verify.Replacement{}) {
			t.Errorf("%q: %+v, %v", text, v, err)
		}
	}
}

// Wherever what a client remembers is cut, whatever of it is damaged, and if it
// is gone: that a root was replaced is never forgotten, neither at once nor when
// it has been written again.
func TestCutMemory(t *testing.T) {
	t.Parallel()
	r, c, store, made, digest := lostRoot(t, 2)
	if _, err := c.Replace(made, digest); err != nil {
		t.Fatal(err)
	}
	if _, err := refresh(c); err != nil {
		t.Fatal(err)
	}
	r.bump("timestamp") // so that there is something to remember
	whole := store[verify.Slot{}]
	try := func(name string, memory []byte) {
		t.Helper()
		damaged := maps.Clone(store)
		damaged[verify.Slot{}] = memory
		if memory == nil {
			delete(damaged, verify.Slot{})
		}
		c := &verify.Client{Metadata: r, Store: damaged}
		for range 2 {
			if err := c.Init(made); err != nil {
				t.Fatal(err)
			}
			root, err := c.Root()
			if err != nil || root.Replacement() == nil {
				t.Fatalf("%s: %+v, %v", name, root.Replacement(), err)
			}
			if len(memory)%8 != 0 { // a verdict says what the root says
				return
			}
			if v, err := refresh(c); err != nil || v.Replaced == nil {
				t.Fatalf("%s: %+v, %v", name, v, err)
			}
		}
		if slices.Equal(damaged[verify.Slot{}], memory) {
			t.Errorf("%s: not written again", name)
		}
	}
	try("gone", nil)
	for n := range whole {
		try(fmt.Sprint("cut at ", n), whole[:n:n])
		try(fmt.Sprint("zeros from ", n), append(slices.Clone(whole[:n]), make([]byte, len(whole)-n)...))
		flipped := slices.Clone(whole)
		flipped[n] ^= 1 << (n % 8)
		try(fmt.Sprint("a bit of ", n), flipped)
	}
	try("twice", slices.Concat(whole, whole))
	try("more", append(slices.Clone(whole), '\n'))
}

// A client that was killed while it began has nothing to forget.
func TestInitKilled(t *testing.T) {
	r := serve(t)
	for left := range 4 {
		store := shelf{}
		_ = (&verify.Client{Store: &killed{store, left}}).Init(r.files["1.root.json"])
		c := &verify.Client{Metadata: r, Store: store}
		if err := c.Init(r.files["1.root.json"]); err != nil {
			t.Fatal(err)
		}
		if v, err := refresh(c); err != nil || v.Replaced != nil {
			t.Errorf("killed before change %d: %+v, %v", left+1, v, err)
		}
	}
}

// What a newer program remembers is neither believed nor overwritten; only what
// is whole is taken for that.
func TestMemoryOfANewerProgram(t *testing.T) {
	r := serve(t)
	c, store := r.refreshed()
	text := "format 2\nbetween\n"
	store[verify.Slot{}] = fmt.Appendf(nil, "%sdigest %s\n", text, verify.DigestOf([]byte(text)))
	held := maps.Clone(store)
	r.bump("timestamp", "snapshot")
	root, rootErr := c.Root()
	v, err := refresh(c)
	_, replaced := c.Replace(r.files["1.root.json"], mustRead(t, r.files["1.root.json"]).Digest())
	for _, err := range []error{rootErr, err, replaced} {
		e := refused[*verify.StoreFormatError](t, err, "what the store remembers is of format 2, and this program knows format 1 alone", "use a newer program, or give this one a store of its own")
		if e.Found != 2 || e.Known != 1 {
			t.Errorf("%+v", e)
		}
	}
	if root != nil || v != nil || c.Init(r.files["1.root.json"]) != nil || !maps.EqualFunc(held, store, slices.Equal) {
		t.Errorf("%v, %v, or the store has changed", root, v)
	}
	delete(store, verify.Slot{Role: "root"})
	refused[*verify.StoreFormatError](t, c.Init(r.files["1.root.json"]))
	for _, text := range []string{"format x\n", "format\n", "formats 1\n", "under 1\n", "\n", ""} {
		store = maps.Clone(held)
		store[verify.Slot{}] = fmt.Appendf(nil, "%sdigest %s\n", text, verify.DigestOf([]byte(text)))
		if v, err := refresh(&verify.Client{Metadata: r, Store: store}); err != nil || v.Replaced == nil {
			t.Errorf("%q: %+v, %v", text, v, err)
		}
	}
}

// A damaged root is made anew from the history, never from the bundled root
// alone: that would take the client back.
func TestDamagedRoot(t *testing.T) {
	for name, damage := range map[string]func(store shelf){
		"gone":      func(s shelf) { delete(s, verify.Slot{Role: "root"}) },
		"cut":       func(s shelf) { s[verify.Slot{Role: "root"}] = s[verify.Slot{Role: "root"}][:100] },
		"empty":     func(s shelf) { s[verify.Slot{Role: "root"}] = []byte{} },
		"another's": func(s shelf) { s[verify.Slot{Role: "root"}] = s[verify.Slot{Role: "targets"}] },
		"history is cut": func(s shelf) {
			s[verify.Slot{Role: "root"}], s[verify.Slot{Role: "root", Version: 3}] = []byte{}, []byte{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t)
			first := r.files["1.root.json"]
			r.nextRoot(func(object) {})
			r.nextRoot(func(object) {})
			c, store := r.clientFrom(first)
			if _, err := refresh(c); err != nil {
				t.Fatal(err)
			}
			damage(store)
			delete(r.files, "2.root.json")
			delete(r.files, "3.root.json")
			c = &verify.Client{Metadata: r, Store: store}
			if name != "gone" {
				_, err := refresh(c)
				if err == nil || !strings.Contains(err.Error(), "the root that is kept here") || !strings.Contains(err.Error(), "Init repairs it") {
					t.Error(err)
				}
			}
			if err := c.Init(first); err != nil {
				t.Fatal(err)
			}
			want := "root 3"
			if name == "history is cut" {
				want = "root 2"
			}
			if got := store.newest(t, "root"); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if _, err := refresh(c); err != nil {
				t.Error(err)
			}
		})
	}
}
