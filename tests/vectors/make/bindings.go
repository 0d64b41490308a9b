package main

const (
	ours   = "0123456789abcdef0123456789abcdef"
	theirs = "fedcba9876543210fedcba9876543210"
)

func bound(repository, role string) *object {
	return obj("format", 1, "repository", repository, "role", role)
}

// bindings are about the member x-rust-tuf, which binds a document to one
// repository and one role. Clients that do not know it accept them all.
func bindings(b *book) {
	binding := func(name, about string, fill func(v *vector)) {
		b.add("x-rust-tuf-"+name, "x-rust-tuf", about, func(v *vector) {
			v.root.set(bound(ours, "root"), "x-rust-tuf")
			v.timestamp.set(bound(ours, "timestamp"), "x-rust-tuf")
			v.snapshot.set(bound(ours, "snapshot"), "x-rust-tuf")
			v.targets().set(bound(ours, "targets"), "x-rust-tuf")
			fill(v)
		})
	}
	binding("in-order", "all documents name the same repository and their own role", func(v *vector) {
		v.begin()
		v.found()
	})
	binding("other-repository", "targets of another repository, signed by the same key", func(v *vector) {
		v.targets().set(bound(theirs, "targets"), "x-rust-tuf")
		v.begin()
		v.refused("repository", 1, 1, 1, 0)
	})
	binding("no-repository", "targets that name no repository, where the root names one", func(v *vector) {
		v.targets().del("x-rust-tuf")
		v.begin()
		v.refused("repository", 1, 1, 1, 0)
	})
	binding("other-role", "targets that are meant for another role, signed by the same key", func(v *vector) {
		v.targets().set(bound(ours, "release"), "x-rust-tuf")
		v.begin()
		v.refused("role", 1, 1, 1, 0)
	})
	binding("other-timestamp", "a timestamp of another repository, signed by the same key", func(v *vector) {
		v.timestamp.set(bound(theirs, "timestamp"), "x-rust-tuf")
		v.begin()
		v.refused("repository", 1, 0, 0, 0)
	})
	binding("other-root", "a newer root of another repository, signed by the same keys", func(v *vector) {
		v.begin()
		v.root.set(bound(theirs, "root"), "x-rust-tuf")
		v.nextRoot(alice, bob)
		v.refused("repository", 1, 0, 0, 0)
	})
}
