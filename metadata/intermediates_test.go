package metadata

import (
	"slices"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/ca"
)

// What a card's certificates lead over stays as long as the repository: whoever
// takes it away makes unproven what was proven, in members/ and in log/ alike.
func TestGateKeepsIntermediates(t *testing.T) {
	t.Parallel()
	v, _, between := young(t)
	foreign, err := ca.New(ca.Long).Intermediates()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, policy{root: nine, rootThreshold: 5}, nine...)
	w.options = []Option{Attestation(v)}
	w.enrol(cardKey{name: "zed", serial: 20000077})
	w.files[IntermediatesPath] = []byte(ca.PEM(between...))
	if rep := Audit(w.tree(), w.options...); len(rep.Problems) > 0 {
		t.Fatal(rep.Problems)
	}
	edit := func(text string) *world {
		head := w.clone()
		head.files[IntermediatesPath] = []byte(text)
		return head
	}
	const stays = ", over which the proofs of keys may lead, those in the log too; certificates are added to this file and stay in it"

	gone := w.clone()
	delete(gone.files, IntermediatesPath)
	gate(t, w, gone, KindPolicy, refused[*FrozenError]("the pull request deletes members/intermediates.pem: it leaves out the certificate of \"Yubico Attestation Intermediate B 1\"", stays))
	gate(t, w, edit(ca.PEM(between[:1]...)), KindPolicy, refused[*FrozenError]("the pull request changes members/intermediates.pem: it leaves out the certificate of \"Yubico ", stays))
	// Another certificate of the same name is not that one.
	gate(t, w, edit(ca.PEM(foreign...)), KindPolicy, refused[*FrozenError](stays))
	// Nor in the shade of an event.
	gone.propose("the next root")
	gate(t, w, gone, KindProposal, refused[*FrozenError]("the pull request deletes members/intermediates.pem: "))

	turned := slices.Clone(between)
	slices.Reverse(turned)
	gate(t, w, edit(ca.PEM(append(turned, foreign...)...)), KindPolicy, nil)
	// A file that nobody can read proves nothing, and may be put right.
	broken := edit("no PEM")
	gate(t, broken, w, KindPolicy, nil)
	gate(t, broken, gone, KindProposal, nil)
}
