package verify_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// fetch stands for a download. Versions 1 and 2 of the example are signed by
// 2 of 3; version 3 waits for a second signature.
func fetch(version int64) ([]byte, error) {
	raw, err := os.ReadFile(filepath.Join("testdata", "example", fmt.Sprintf("%d.root.json", version)))
	if errors.Is(err, os.ErrNotExist) {
		return nil, verify.ErrNotFound
	}
	return raw, err
}

// A client walks from the root whose digest is built into it.
func ExampleRoot_Walk() {
	pin, err := verify.ParseDigest("959d 723a 113c 1976 2878 8ddb a612 31ab 4c07 6c43 7fd2 38fb 9a4e 4673 2966 1c4b")
	if err != nil {
		fmt.Println(err)
		return
	}
	first, err := fetch(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	root, err := verify.TrustPinnedRoot(first, pin, verify.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	newest, err := root.Walk(fetch, verify.Limits{})
	fmt.Printf("root %d is trusted\n", newest.Version())
	if err != nil {
		fmt.Println(err)
	}
	now := time.Date(2029, 6, 1, 0, 0, 0, 0, time.UTC)
	if err := newest.CheckExpiry(now); err == nil {
		fmt.Println("and valid")
	}
	// Output:
	// root 2 is trusted
	// root 3: threshold of root 2 not met: 1 of 2 signatures valid; 1 more of: bob, carol
	// and valid
}

// A person looks at a document that is still being signed.
func ExampleQuorum_Tally() {
	second, err := fetch(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	root, err := verify.TrustRoot(second, verify.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	pending, err := fetch(3)
	if err != nil {
		fmt.Println(err)
		return
	}
	document, err := verify.Read(pending, verify.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	quorum, _ := root.Quorum("root")
	tally := quorum.Tally(document)
	fmt.Println(tally)
	for _, holder := range tally.Missing {
		fmt.Println("ask", holder.Owner, "for a signature of", holder.Key.Algorithm())
	}
	// Output:
	// 1 of 2 signatures valid; 1 more of: bob, carol
	// ask carol for a signature of Ed25519
	// ask bob for a signature of Ed25519
}

var update = flag.Bool("update", false, "write the example's documents again")

// The documents of the examples are those of the fixtures.
func TestExampleDocuments(t *testing.T) {
	p := nine(t)[:3]
	for version, signers := range map[int64][]*person{1: p[:2], 2: p[1:], 3: p[:1]} {
		want := append(envelope(t, rootSigned(t, version, 2, p...), signers...), '\n')
		name := filepath.Join("testdata", "example", fmt.Sprintf("%d.root.json", version))
		if *update {
			if err := os.WriteFile(name, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the fixtures write; run this test with -update (%v)", name, err)
		}
	}
}
