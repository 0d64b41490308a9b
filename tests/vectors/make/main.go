// Make writes the test vectors of the folder ../data. It knows no TUF client:
// its JSON, its canonical form, its keys and its repository are its own, over
// the cryptography of the standard library. The same bytes come out each time.
//
//	go run ./tests/vectors/make
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/tests/vectors"
)

func main() {
	if err := write(filepath.Join("tests", "vectors", "data")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// write puts all vectors in a folder, in the place of those that are there.
func write(dir string) error {
	old, err := filepath.Glob(filepath.Join(dir, "*.vector"))
	if err != nil {
		return err
	}
	for _, f := range old {
		if err := os.Remove(f); err != nil {
			return err
		}
	}
	for _, v := range all() {
		if err := os.WriteFile(filepath.Join(dir, v.Name+".vector"), v.Format(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// book collects vectors.
type book struct{ vectors []*vectors.Vector }

func all() []*vectors.Vector {
	b := &book{}
	for _, chapter := range []func(*book){
		roots, thresholds, keys, spellings, fields, timestamps, snapshots, targets, delegations, paths, bins, bindings,
	} {
		chapter(b)
	}
	return b.vectors
}

// add adds a vector. What it says of itself is one sentence, without a full
// stop.
func (b *book) add(name, spec, about string, fill func(v *vector)) {
	v := &vector{newRepository(), &vectors.Vector{Name: name, About: about, Spec: spec, Target: target, At: instant(now)}}
	fill(v)
	if v.Trusts == "" || len(v.Trusted) == 0 || strings.HasSuffix(about, ".") {
		panic(name + ": not complete")
	}
	for _, other := range b.vectors {
		if other.Name == name {
			panic(name + ": there is one already")
		}
	}
	b.vectors = append(b.vectors, v.Vector)
}

func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	must(err)
	return t
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
