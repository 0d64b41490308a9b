package attest_test

import (
	"fmt"
	"log"
	"os"
	"time"

	"github.com/rust-lang/rust-tuf/roles/attest"
)

// The key that a member declares is on the card, in the slot and under the
// rules that the policy demands, or each finding says what is not.
func Example() {
	files := map[string][]byte{}
	for _, path := range []string{"hardware-keys/36011225/attestation-9c.pem", "hardware-keys/36011225/f9-intermediate.pem"} {
		b, err := os.ReadFile(path)
		if err != nil {
			log.Fatal(err)
		}
		files[path] = b
	}
	kept, err := attest.Find(files, 36011225)
	if err != nil {
		log.Fatal(err)
	}
	a, err := kept[0].Parse()
	if err != nil {
		log.Fatal(err)
	}
	yubico, err := attest.Yubico()
	if err != nil {
		log.Fatal(err)
	}
	opened := time.Date(2026, time.June, 1, 12, 0, 0, 0, time.UTC) // when the key was brought in
	facts, err := yubico.Verify(a, opened)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(facts)
	policy := attest.Policy{MinFirmware: attest.Version{Major: 5, Minor: 7, Patch: 4}}
	for _, f := range policy.Findings(facts, facts.Declared()) {
		fmt.Printf("%s (%s): %s\n  why: %s\n  next: %s\n", f.Severity, f.Rule, f.Text, f.Why, f.Next)
	}
}
