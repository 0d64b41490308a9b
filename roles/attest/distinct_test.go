package attest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
	"github.com/rust-lang/rust-tuf/verify"
)

func TestDistinct(t *testing.T) {
	card := func(owner string, serial uint32, key verify.PublicKey) attest.Named {
		return attest.Named{Owner: owner, Facts: attest.Facts{Serial: serial, Key: key}}
	}
	a, b, c := proven(t).Key, proven(t).Key, proven(t).Key
	if err := attest.Distinct(nil); err != nil {
		t.Error(err)
	}
	if err := attest.Distinct([]attest.Named{card("alice", 1, a), card("bob", 2, b), card("carol", 3, c)}); err != nil {
		t.Error(err)
	}
	for _, test := range []struct {
		list []attest.Named
		want []string
	}{
		{[]attest.Named{card("alice/main", 1, a), card("bob/main", 2, b), card("carol/main", 1, c)}, []string{"alice/main and carol/main have their keys on one card, 1"}},
		{[]attest.Named{card("alice", 1, a), card("bob", 1, a)}, []string{"alice and bob have their keys on one card, 1"}},
		{[]attest.Named{card("alice", 1, a), card("bob", 2, a)}, []string{"alice and bob have the same public key " + a.Fingerprint().String()}},
		{[]attest.Named{card("alice", 1, a), card("bob", 1, b), card("carol", 1, c)}, []string{"alice and bob have their keys on one card, 1", "alice and carol have their keys on one card, 1"}},
	} {
		err := attest.Distinct(test.list)
		if err == nil || err.Error() != strings.Join(test.want, "\n") {
			t.Errorf("%v, want %q", err, test.want)
		}
	}
	err := attest.Distinct([]attest.Named{card("alice", 1, a), card("bob", 2, a), card("carol", 1, c)})
	var sameCard *attest.SameCardError
	if !errors.As(err, &sameCard) || sameCard.First != "alice" || sameCard.Second != "carol" || sameCard.Serial != 1 {
		t.Errorf("%#v", err)
	}
	refusaltest.Hints(t, sameCard, "ask alice and carol whose card 1 is; the other one enrols a card of their own")
	var sameKey *attest.SameKeyError
	if !errors.As(err, &sameKey) || sameKey.First != "alice" || sameKey.Second != "bob" || sameKey.Fingerprint != a.Fingerprint().String() {
		t.Errorf("%#v", err)
	}
	refusaltest.Hints(t, sameKey, "stop: no two cards make the same key")
}
