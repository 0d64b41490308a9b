package main

// bindings are about the member x-rust-tuf, which binds a document to one
// repository and one role. Clients that do not know it accept them all.
func bindings(b *book) {
	bound := func(repository, role string) *object { return obj("format", 1, "repository", repository, "role", role) }
	const ours, theirs = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
	binding := func(name, about, kind string, trusts [4]int64, change func(v *vector)) {
		b.add("x-rust-tuf-"+name, "x-rust-tuf", about, func(v *vector) {
			v.root.set(bound(ours, "root"), "x-rust-tuf")
			v.timestamp.set(bound(ours, "timestamp"), "x-rust-tuf")
			v.snapshot.set(bound(ours, "snapshot"), "x-rust-tuf")
			v.targets().set(bound(ours, "targets"), "x-rust-tuf")
			change(v)
			v.begin()
			if kind == "" {
				v.found()
			} else {
				v.refused(kind, trusts[0], trusts[1], trusts[2], trusts[3])
			}
		})
	}
	binding("in-order", "all documents name the same repository and their own role", "", [4]int64{}, func(*vector) {})
	binding("other-repository", "targets of another repository, signed by the same key", "repository", [4]int64{1, 1, 1, 0}, func(v *vector) {
		v.targets().set(bound(theirs, "targets"), "x-rust-tuf")
	})
	binding("no-repository", "targets that name no repository, where the root names one", "repository", [4]int64{1, 1, 1, 0}, func(v *vector) {
		v.targets().del("x-rust-tuf")
	})
	binding("other-role", "targets that are meant for another role, signed by the same key", "role", [4]int64{1, 1, 1, 0}, func(v *vector) {
		v.targets().set(bound(ours, "release"), "x-rust-tuf")
	})
	binding("other-timestamp", "a timestamp of another repository, signed by the same key", "repository", [4]int64{1, 0, 0, 0}, func(v *vector) {
		v.timestamp.set(bound(theirs, "timestamp"), "x-rust-tuf")
	})
	b.add("x-rust-tuf-other-root", "x-rust-tuf", "a newer root of another repository, signed by the same keys", func(v *vector) {
		v.root.set(bound(ours, "root"), "x-rust-tuf")
		v.timestamp.set(bound(ours, "timestamp"), "x-rust-tuf")
		v.snapshot.set(bound(ours, "snapshot"), "x-rust-tuf")
		v.targets().set(bound(ours, "targets"), "x-rust-tuf")
		v.begin()
		v.root.set(bound(theirs, "root"), "x-rust-tuf")
		v.nextRoot(alice, bob)
		v.refused("repository", 1, 0, 0, 0)
	})
}
