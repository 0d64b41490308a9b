package main

import (
	"encoding/hex"
	"strings"

	"github.com/rust-lang/rust-tuf/tests/vectors"
)

func fail(name string) vectors.Event { return vectors.Event{Fail: name} }

// thresholds are about what counts, and how often. Each changes root 2.
func thresholds(b *book) {
	next := func(name, about, kind, seen string, change func(v *vector)) {
		b.add("threshold-"+name, "4.2.1, 5.3.4", about, func(v *vector) {
			v.seen(seen)
			v.begin()
			bump(v.root)
			change(v)
			if kind == "" {
				v.accepted(5, 2, 1, 1, 1)
			} else {
				v.refused(kind, 1, 0, 0, 0)
			}
		})
	}
	put := func(v *vector, signatures []any) { v.serve("2.root.json", envelope(signatures, compact(v.root))) }

	again := alice.as("another-id-of-the-same-key")
	next("one-key-two-ids", "a key that is listed under two ids counts once", "threshold", "GHSA-3633-5h82-39pq go-tuf", func(v *vector) {
		v.may("root", 2, alice, again)
		put(v, signatures(canonical(v.root), alice, bob, again))
	})
	p256 := p256Key("paul")
	spelledOld := p256.with("ecdsa-sha2-nistp256", "keytype")
	next("one-key-two-keytypes", "a key that is listed with two spellings of its type counts once", "threshold", "", func(v *vector) {
		v.may("root", 2, p256, spelledOld)
		put(v, signatures(canonical(v.root), alice, bob, p256, spelledOld))
	})
	longer := p256.with(p256.public()+"\n", "keyval", "public")
	next("one-key-two-encodings", "a key that is listed in two encodings counts once", "threshold", "issue 733 go-tuf", func(v *vector) {
		v.may("root", 2, p256, longer)
		put(v, signatures(canonical(v.root), alice, bob, p256, longer))
	})
	upper := alice.with(strings.ToUpper(alice.public()), "keyval", "public")
	next("one-key-two-cases", "a key that is listed in small and in capital hex digits counts once", "threshold", "", func(v *vector) {
		v.may("root", 2, alice, upper)
		put(v, signatures(canonical(v.root), alice, bob, upper))
	})
	next("one-signature-twice", "a signature that is repeated", "format", "CVE-2020-6174 python-tuf, CVE-2020-15093 and CVE-2026-6966 tough", func(v *vector) {
		put(v, signatures(canonical(v.root), alice, alice))
	})
	next("met-and-one-signature-twice", "a key id stands twice, and the threshold is met without it", "format", "", func(v *vector) {
		put(v, signatures(canonical(v.root), alice, bob, bob))
	})
	next("key-id-listed-twice", "a role lists one key id twice", "threshold", "", func(v *vector) {
		v.may("root", 2, alice, alice)
		put(v, signatures(canonical(v.root), alice, bob))
	})
	for _, t := range []struct {
		name, about, kind string
		threshold         any
	}{
		{"zero", "a threshold of 0 would switch verification off", "format", 0},
		{"negative", "a threshold below 0", "format", -1},
		{"text", "a threshold that is a string", "format", "2"},
		{"fraction", "a threshold that is no integer", "format", raw("2.5")},
		{"huge", "a threshold beyond 64 bits", "format", raw("18446744073709551617")},
		{"above-the-keys", "a threshold above the number of keys is never met", "threshold", 4},
	} {
		next(t.name, t.about, t.kind, map[string]string{"zero": "CVE-2026-23992 go-tuf"}[t.name], func(v *vector) {
			v.root.set(t.threshold, "roles", "root", "threshold")
			put(v, signatures(canonical(v.root), alice, bob, carol))
		})
	}
	next("absent", "a role without a threshold", "format", "", func(v *vector) {
		v.root.del("roles", "root", "threshold")
		put(v, signatures(canonical(v.root), alice, bob))
	})
	next("stranger-beside", "a signature by a key that nobody lists is ignored", "", "", func(v *vector) {
		put(v, signatures(canonical(v.root), mallory, alice, bob))
	})
	next("bad-beside", "a bad signature beside enough good ones", "", "", func(v *vector) {
		put(v, append(signatures("something else", carol), signatures(canonical(v.root), alice, bob)...))
	})
	next("empty-beside", "an empty signature beside enough good ones, as real repositories have it", "", "", func(v *vector) {
		put(v, append([]any{obj("keyid", carol.id, "sig", "")}, signatures(canonical(v.root), alice, bob)...))
	})
	next("bad-instead", "a bad signature counts for nothing", "threshold", "", func(v *vector) {
		put(v, append(signatures("something else", bob), signatures(canonical(v.root), alice)...))
	})
	next("empty-instead", "an empty signature counts for nothing", "threshold", "", func(v *vector) {
		put(v, append([]any{obj("keyid", bob.id, "sig", "")}, signatures(canonical(v.root), alice)...))
	})
	next("relabelled", "a signature under the id of another key counts for nothing", "threshold", "", func(v *vector) {
		put(v, signatures(canonical(v.root), alice, alice.as(bob.id)))
	})
	next("algorithm-in-the-signature", "nothing in a signature chooses how it is checked", "threshold", "CVE-2015-9258 Notary", func(v *vector) {
		none := obj("keyid", bob.id, "sig", "00", "method", "none", "scheme", "none", "keytype", "none")
		put(v, append(signatures(canonical(v.root), alice), none))
	})
	next("capital-signature", "hex digits of a signature may be capitals", "", "", func(v *vector) {
		list := signatures(canonical(v.root), alice, bob)
		for i, k := range []key{alice, bob} {
			list[i].(*object).set(strings.ToUpper(hex.EncodeToString(k.sign(canonical(v.root)))), "sig")
		}
		put(v, list)
	})
}
