package main

import "bytes"

// all of one folder
var below = []any{"a/*"}

// delegations are about SPEC 5.6.7: who is asked, and in which order. In most,
// the top-level targets do not list the target themselves.
func delegations(b *book) {
	search := func(name, about string, fill func(v *vector)) {
		b.add("delegation-"+name, "5.6.7", about, func(v *vector) {
			v.targets().set(obj(), "targets")
			fill(v)
		})
	}
	found := func(v *vector, content string) {
		v.begin()
		v.accepted(int64(len(content)), 1, 1, 1, 1)
	}
	search("found", "a delegated role lists the target", func(v *vector) {
		lists(v.delegate("targets", "release", false, below, frank), "release")
		found(v, "release")
	})
	search("two-levels", "a role that a delegated role delegates to lists the target", func(v *vector) {
		v.delegate("targets", "release", false, below, frank)
		lists(v.delegate("release", "stable", false, below, bob), "stable!")
		found(v, "stable!")
	})
	search("first-in-order", "the role that stands first is asked first, whatever its name", func(v *vector) {
		v.seen("CVE-2024-47534 go-tuf")
		lists(v.delegate("targets", "z", false, below, frank), "z")
		lists(v.delegate("targets", "a", false, below, frank), "a's")
		found(v, "z")
	})
	search("depth-first", "what the first role delegates to comes before the second role", func(v *vector) {
		v.delegate("targets", "b", false, below, frank)
		lists(v.delegate("targets", "c", false, below, frank), "c's own")
		lists(v.delegate("b", "d", false, below, frank), "d")
		found(v, "d")
	})
	search("nearer-first", "a role that lists the target comes before those that it delegates to", func(v *vector) {
		lists(v.delegate("targets", "b", false, below, frank), "b")
		lists(v.delegate("b", "c", false, below, frank), "c's own")
		found(v, "b")
	})
	search("terminating", "nothing is looked at behind a terminating delegation", func(v *vector) {
		v.seen("CVE-2025-2886 tough")
		v.delegate("targets", "b", true, below, frank)
		lists(v.delegate("targets", "c", false, below, frank), "c")
		v.begin()
		v.refused("target", 1, 1, 1, 1)
	})
	search("terminating-has-delegates", "what a terminating role delegates to is looked at", func(v *vector) {
		v.delegate("targets", "b", true, below, frank)
		lists(v.delegate("b", "c", false, below, frank), "c")
		found(v, "c")
	})
	search("terminating-below", "a terminating delegation ends the whole search, not one branch", func(v *vector) {
		v.delegate("targets", "b", false, below, frank)
		lists(v.delegate("targets", "c", false, below, frank), "c")
		v.delegate("b", "d", true, below, frank)
		v.begin()
		v.refused("target", 1, 1, 1, 1)
	})
	search("terminating-elsewhere", "a terminating delegation of other paths ends nothing", func(v *vector) {
		v.delegate("targets", "b", true, []any{"b/*"}, frank)
		lists(v.delegate("targets", "c", false, below, frank), "c")
		found(v, "c")
	})
	search("circle", "roles that delegate to each other are asked once", func(v *vector) {
		v.delegate("targets", "b", false, below, frank)
		v.delegate("b", "c", false, below, frank)
		v.delegate("c", "b", false, below, frank)
		v.begin()
		v.refused("target", 1, 1, 1, 1)
	})
	search("diamond", "a role that two roles delegate to", func(v *vector) {
		v.seen("issue 2977 python-tuf")
		v.delegate("targets", "b", false, below, frank)
		v.delegate("targets", "c", false, below, frank)
		v.delegate("b", "e", false, []any{"b/*"}, frank)
		lists(v.delegate("c", "e", false, below, frank), "e")
		found(v, "e")
	})
	search("not-for-this-path", "a role is not believed about paths that are not delegated to it", func(v *vector) {
		v.seen("GHSA-77hh-43cm-v8j6 python-tuf")
		lists(v.delegate("targets", "b", false, []any{"b/*"}, frank), "b")
		v.begin()
		v.refused("target", 1, 1, 1, 1)
	})
	search("narrower-below", "a delegation below does not widen the one above", func(v *vector) {
		v.delegate("targets", "b", false, []any{"b/*"}, frank)
		lists(v.delegate("b", "c", false, below, frank), "c")
		v.begin()
		v.refused("target", 1, 1, 1, 1)
	})
	for _, n := range []struct{ name, role string }{{"slash", "a/b"}, {"up", "../b"}, {"question", "b?c#d"}, {"percent", "b%2Fc"}, {"space", "b c"}, {"accent", "é"}} {
		search("name-with-"+n.name, "the name of a role is escaped in addresses and on disks", func(v *vector) {
			v.seen("CVE-2021-41131 python-tuf")
			lists(v.delegate("targets", n.role, false, below, frank), "escaped")
			found(v, "escaped")
		})
	}
	refusedRoles(b)
	brokenDelegations(b)
}

// refusedRoles are delegated roles that are refused. The refusal ends the
// search: to go on would let whoever withholds one role choose another.
func refusedRoles(b *book) {
	role := func(name, spec, about, kind string, spoil func(v *vector, d *object)) {
		b.add("delegated-"+name, spec, about, func(v *vector) {
			v.targets().set(obj(), "targets")
			d := v.delegate("targets", "release", false, below, frank)
			lists(d, "release")
			lists(v.delegate("targets", "other", false, below, frank), "other")
			v.begin()
			spoil(v, d)
			v.refused(kind, 1, 1, 1, 1)
		})
	}
	role("by-a-stranger", "5.6.3", "a delegated role that the key of a stranger signed", "threshold", func(v *vector, d *object) {
		v.serve("1.release.json", sign(d, mallory))
	})
	role("by-the-delegator", "5.6.3", "the key of the delegator is none of the delegated role", "threshold", func(v *vector, d *object) {
		v.serve("1.release.json", sign(d, dave))
	})
	role("expired", "5.6.5", "a delegated role that has expired", "expired", func(v *vector, d *object) {
		v.seen("CVE-2026-6967 tough")
		d.set("2026-11-30T00:00:00Z", "expires")
		v.serve("1.release.json", sign(d, frank))
	})
	role("of-another-version", "5.6.4", "a delegated role of another version than the snapshot lists", "version", func(v *vector, d *object) {
		d.set(2, "version")
		v.serve("1.release.json", sign(d, frank))
	})
	role("absent", "5.6.1", "a delegated role that the server has not", "missing", func(v *vector, _ *object) {
		v.Events = append(v.Events, remove("1.release.json"))
	})
	role("of-other-bytes", "5.6.2", "a delegated role that has not the promised hash", "content", func(v *vector, d *object) {
		v.seen("CVE-2026-6967 tough")
		v.promises = true
		v.publish()
		v.serve("1.release.json", bytes.Replace(sign(d, frank), []byte("2030"), []byte("2031"), 1))
	})
	role("not-in-the-snapshot", "5.6", "a delegated role that the snapshot does not list", "delegation", func(v *vector, _ *object) {
		v.snapshot.del("meta", "release.json")
		v.publishSnapshot()
	})
	role("is-a-root", "4.5", "another type of document in the place of a delegated role", "role", func(v *vector, _ *object) {
		v.serve("1.release.json", sign(v.root, frank))
	})
	b.add("delegated-below-its-threshold", "5.6.3", "a delegated role needs two keys, and one has signed", func(v *vector) {
		v.targets().set(obj(), "targets")
		lists(v.delegate("targets", "release", false, below, frank, bob), "release")
		v.targets().set(2, "delegations", "roles", "0", "threshold")
		v.role("release").signers = []key{frank}
		v.begin()
		v.refused("threshold", 1, 1, 1, 1)
	})
	b.add("delegated-keys-changed", "5.6.3", "a delegated role that is kept is held to the keys that its delegator lists now", func(v *vector) {
		v.targets().set(obj(), "targets")
		lists(v.delegate("targets", "release", false, below, frank), "release")
		v.begin()
		v.refresh(before, "accepted")
		v.targets().set(ids([]key{bob}), "delegations", "roles", "0", "keyids")
		v.targets().set(bob.listed.clone(), "delegations", "keys", bob.id)
		bump(v.timestamp, v.snapshot, v.targets())
		v.publish()
		v.refused("threshold", 1, 2, 2, 2)
	})
}

// brokenDelegations are documents whose delegations mean nothing, or two
// things.
func brokenDelegations(b *book) {
	rule := func(pairs ...any) *object {
		return obj(append([]any{"name", "release", "keyids", ids([]key{frank}), "threshold", 1}, pairs...)...)
	}
	broken := func(name, about string, rules ...any) {
		b.add("delegation-"+name, "4.5", about, func(v *vector) {
			for _, r := range rules {
				v.rule("targets", r, frank)
			}
			v.begin()
			v.refused("format", 1, 1, 1, 0)
		})
	}
	broken("null", "null in the place of a delegation", nil)
	broken("without-paths", "a delegation of nothing: neither paths nor hash prefixes", rule("terminating", false))
	broken("with-paths-and-prefixes", "a delegation with paths and hash prefixes", rule("terminating", false, "paths", below, "path_hash_prefixes", []any{"00"}))
	broken("without-terminating", "a delegation that does not say whether it is terminating", rule("paths", below))
	broken("threshold-zero", "a delegation with a threshold of 0", obj("name", "release", "keyids", []any{}, "threshold", 0, "terminating", false, "paths", below))
	broken("name-twice", "two delegations of one name", rule("terminating", false, "paths", below), rule("terminating", false, "paths", below))
	broken("named-targets", "a delegated role that is called like a top-level one", obj("name", "snapshot", "keyids", ids([]key{frank}), "threshold", 1, "terminating", false, "paths", below))
	broken("name-null", "null in the place of a name", obj("name", nil, "keyids", ids([]key{frank}), "threshold", 1, "terminating", false, "paths", below))
	broken("paths-null", "null in the place of a path", rule("terminating", false, "paths", []any{nil}))
}
