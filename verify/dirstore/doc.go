// Package dirstore keeps what a [verify.Client] trusts in a folder, and gets
// the files of a repository from one.
//
//	store, err := dirstore.Open(filepath.Join(home, "trust"), dirstore.Options{})
//	if err != nil { … }
//	defer store.Close()
//	client := verify.Client{Metadata: metadata, Store: store}
//
// # The folder of a Store
//
//	root.json, timestamp.json, snapshot.json, targets.json
//	state/pack-0 … 15         the newest trusted documents of delegated roles
//	state/N.root.json         every root that was trusted on the way
//	state/floors              what else the client remembers
//	state/records             what it has found out about documents that are kept
//	state/lock                held while something is replaced
//	state/new                 the next content; a leftover of a kill means nothing
//
// Documents are kept byte for byte. Those of delegated roles are put one behind the
// other in a few files, each below a line with [FileName] of its role, its length in
// bytes, and its CRC-32C: a client of hash bins may keep hundreds, and hundreds of new
// files take long. With Options.Separate each has a file NAME.json beside root.json
// instead, where NAME is FileName of the role. What stands in a name of a repository
// never becomes a path. Nothing else is to be put into the folder.
//
// The folder belongs to one user, mode 0700, and so do its files, mode 0600.
// One that others can write to is refused, for nobody knows what they wrote: a
// [*PermissionError]. If it is still empty it is made private instead. Symbolic
// links in it, and whatever else is no plain file, are a [*KindError].
//
// # How it moves forward
//
// [Store.Swap] compares and replaces under a lock that ends with the process,
// however that ends: flock, or LockFileEx on Windows. Content goes to a new
// file, which is synced, renamed, and whose folder is synced, so that a kill or
// a power failure leaves the old content or the new one. Expected system calls
// on Unix:
//
//	openat(state/lock), flock(LOCK_EX)
//	openat(NAME.json), read             compared with the old content
//	openat(state/new, O_RDWR|O_CREAT|O_EXCL, 0600), write, fsync, close
//	renameat(state/new, NAME.json)
//	openat(.), fsync, close
//	close(state/lock)
//
// A state/new that a killed process has left is unlinked first. A document of a
// delegated role is put behind the others:
//
//	openat(state/lock), flock(LOCK_EX)
//	openat(state/pack-N), pread         compared with the old content
//	pwrite                              behind the last whole entry
//	close(state/lock)
//
// When more than half of a pack does not count any more, it is written anew, to
// state/new, which is renamed. A kill leaves whole entries and perhaps the beginning of
// one; then too the next writer writes it anew.
//
// Targets, of the top level and delegated, and state/records are not synced: a kill
// leaves the old one or the new one too, but a power failure may leave half of one,
// which is fetched or found out again. For hundreds of bins syncing each would be most
// of the work.
//
// The store judges nothing of what it keeps. The client reads each document again
// when it loads it, and replaces what is damaged. It verifies the signatures again
// too, but where state/records says that these very ones were verified before. So
// whoever can write to the folder can choose what is trusted: it rests on the
// permissions above.
//
// # An air-gapped mirror
//
// [Mirror] is a [verify.Fetcher] over a folder that somebody copied from a
// server. No name, and no symbolic link, leads out of it.
package dirstore
