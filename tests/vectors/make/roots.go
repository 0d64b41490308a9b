package main

// roots are about the walk from root to root.
func roots(b *book) {
	b.add("root-alone", "5.3", "a repository that is in order, and no newer root", func(v *vector) {
		v.begin()
		v.found()
	})
	b.add("root-walk", "5.3.2", "three newer roots, each by the threshold of both quorums, which change one member at a time", func(v *vector) {
		v.begin()
		v.may("root", 2, bob, carol, frank)
		v.nextRoot(alice, bob, frank)
		v.may("root", 2, carol, frank, mallory)
		v.nextRoot(carol, frank)
		v.nextRoot(frank, mallory)
		v.accepted(5, 4, 1, 1, 1)
	})
	b.add("root-new-quorum", "5.3.4", "a root that replaces all its keys, signed by the threshold of the old ones and of the new ones", func(v *vector) {
		v.begin()
		v.may("root", 2, dave, frank)
		v.nextRoot(alice, bob, dave, frank)
		v.accepted(5, 2, 1, 1, 1)
	})
	refusedRoots(b)
	b.add("root-expired-between", "5.3.10", "only the newest root must not have expired", func(v *vector) {
		v.begin()
		v.root.set("2026-01-01T00:00:00Z", "expires")
		v.nextRoot(alice, bob)
		v.root.set(forever, "expires")
		v.nextRoot(alice, bob)
		v.accepted(5, 3, 1, 1, 1)
	})
	b.add("root-expired-built-in", "5.3.10", "the root that the client is built with has expired, the next one has not", func(v *vector) {
		v.root.set("2026-01-01T00:00:00Z", "expires")
		v.begin()
		v.root.set(forever, "expires")
		v.nextRoot(alice, bob)
		v.accepted(5, 2, 1, 1, 1)
	})
	b.add("root-expired", "5.3.10", "the newest root has expired; it is kept all the same", func(v *vector) {
		v.seen("CVE-2015-9259 Notary")
		v.begin()
		v.root.set("2026-01-01T00:00:00Z", "expires")
		v.nextRoot(alice, bob)
		v.refused("expired", 2, 0, 0, 0)
	})
	b.add("root-no-answer", "5.3.3", "only the answer that there is no such file ends the walk", func(v *vector) {
		v.begin()
		v.Events = append(v.Events, fail("2.root.json"))
		v.refused("unavailable", 1, 0, 0, 0)
	})
	b.add("root-behind-a-gap", "5.3.3", "nothing behind the first missing version is asked for", func(v *vector) {
		v.begin()
		bump(v.root)
		v.nextRoot(alice, bob)
		v.accepted(5, 1, 1, 1, 1)
	})
	b.add("root-refused-is-forgotten", "5.3.8", "a root that was refused is not trusted by the next refresh", func(v *vector) {
		v.seen("CVE-2020-15163 python-tuf")
		v.begin()
		good := v.root.clone()
		v.may("root", 1, mallory)
		v.nextRoot(mallory)
		v.refresh(before, "refused")
		v.root = good
		v.nextRoot(alice, bob)
		v.accepted(5, 2, 1, 1, 1)
	})
	b.add("root-by-a-former-member", "5.3.4", "a key that an older root listed does not count for the next one", func(v *vector) {
		v.begin()
		v.may("root", 2, bob, carol, frank)
		v.root.del("keys", alice.id)
		v.nextRoot(alice, bob, carol)
		v.nextRoot(alice, bob)
		v.refused("threshold", 2, 0, 0, 0)
	})
	b.add("root-without-consistent-snapshots", "6.2", "without consistent snapshots only the names of roots hold a version", func(v *vector) {
		v.plain = true
		v.root.set(false, "consistent_snapshot")
		v.begin()
		v.found()
	})
}

func refusedRoots(b *book) {
	newRoot := func(name, spec, about, kind string, change func(v *vector)) {
		b.add(name, spec, about, func(v *vector) {
			v.begin()
			change(v)
			v.refused(kind, 1, 0, 0, 0)
		})
	}
	newRoot("root-by-the-new-quorum-alone", "5.3.4", "a new root without the threshold of the old one's keys", "threshold", func(v *vector) {
		v.may("root", 2, dave, frank)
		v.nextRoot(dave, frank)
	})
	newRoot("root-by-the-old-quorum-alone", "5.3.4", "a new root without the threshold of its own keys", "threshold", func(v *vector) {
		v.may("root", 2, dave, frank)
		v.nextRoot(alice, bob)
	})
	newRoot("root-one-of-each-quorum", "5.3.4", "signatures of two quorums do not add up", "threshold", func(v *vector) {
		v.may("root", 2, dave, frank)
		v.nextRoot(alice, frank)
	})
	newRoot("root-lowers-its-threshold", "5.3.4", "the old threshold holds for the root that lowers it", "threshold", func(v *vector) {
		v.may("root", 1, alice, bob, carol)
		v.nextRoot(alice)
	})
	newRoot("root-raises-its-threshold", "5.3.4", "the new threshold holds for the root that raises it", "threshold", func(v *vector) {
		v.may("root", 3, alice, bob, carol)
		v.nextRoot(alice, bob)
	})
	newRoot("root-skips-a-version", "5.3.5", "version 3 under the name of version 2", "version", func(v *vector) {
		v.seen("CVE-2025-2885 tough")
		bump(v.root, v.root)
		v.serve("2.root.json", sign(v.root, alice, bob))
	})
	newRoot("root-of-the-same-version", "5.3.5", "version 1 again under the name of version 2", "version", func(v *vector) {
		v.serve("2.root.json", sign(v.root, alice, bob))
	})
	newRoot("root-is-a-timestamp", "4.3", "another type of document in a root's place", "role", func(v *vector) {
		bump(v.timestamp)
		v.serve("2.root.json", sign(v.timestamp, alice, bob))
	})
	newRoot("root-without-a-role", "4.3", "each of the four roles must be there", "format", func(v *vector) {
		v.root.del("roles", "timestamp")
		v.nextRoot(alice, bob)
	})
	newRoot("root-with-role-null", "4.3", "null in the place of a role", "format", func(v *vector) {
		v.seen("CVE-2026-23991 go-tuf")
		v.root.set(nil, "roles", "timestamp")
		v.nextRoot(alice, bob)
	})
	newRoot("root-with-key-null", "4.3", "null in the place of a key", "format", func(v *vector) {
		v.seen("CVE-2026-23991 go-tuf")
		v.root.set(nil, "keys", erin.id)
		v.nextRoot(alice, bob)
	})
	newRoot("root-with-keyval-null", "4.3", "null in the place of a key's value", "format", func(v *vector) {
		v.seen("CVE-2026-23991 go-tuf")
		v.root.set(nil, "keys", erin.id, "keyval")
		v.nextRoot(alice, bob)
	})
	newRoot("root-with-roles-null", "4.3", "null in the place of all roles", "format", func(v *vector) {
		v.root.set(nil, "roles")
		v.nextRoot(alice, bob)
	})
	newRoot("root-signatures-null", "4.2.1", "null in the place of the signatures", "format", func(v *vector) {
		bump(v.root)
		v.serve("2.root.json", envelope(nil, compact(v.root)))
	})
	newRoot("root-signed-null", "4.2.1", "null in the place of what is signed", "format", func(v *vector) {
		v.serve("2.root.json", envelope(signatures("null", alice, bob), "null"))
	})
	b.add("root-built-in-below-its-threshold", "4.3", "the root that the client is built with lacks a signature", func(v *vector) {
		v.begin()
		v.Trusted = sign(v.root, alice)
		v.refused("threshold", 0, 0, 0, 0)
	})
}
