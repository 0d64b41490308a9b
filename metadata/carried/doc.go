// Package carried is what goes by hand to a computer without a network, and
// what comes back: a [Bundle] with everything by which one event is judged, and
// an [Answer] with the signatures that were made there.
//
// A bundle holds every governed file of one commit of the repository, and no
// other file. It is no proof and no second form of the repository: its [Bundle.Tree] is
// read by metadata.Read and judged from the reader's own pinned root, by the
// code that judges a commit. So nothing in it has to be believed, whoever
// carries it; what it cannot show is whether the repository has moved since.
// (A file of `git bundle` would bring the whole history along, and the reader's
// verdict would rest on what git makes of it. verify/bundle is another thing:
// it holds what clients fetch, which is less than what a signer looks at.)
//
// # The file
//
// Lines of text and, between them, the files as they are, byte for byte:
//
//	rust-tuf signing bundle v1
//	event 2026-12-22-root-v2
//	commit 5f0c19b0e6b3a6d9f2f3b77f2d5a3c4e8d9f0a1b
//	made 2026-12-22T12:00:00Z
//	file 4711 events/2026-12-22-root-v2/2.root.json
//	{"signed": …
//	file 8001 metadata/1.root.json
//	{"signed": …
//	sha256 <64 hexadecimal digits>
//
// The number is the file's length in bytes; after the last of them comes one
// newline that is not the file's. Paths ascend, byte by byte, so none stands
// there twice, and each is a plain relative path. The last line is the SHA-256
// of everything before it: it finds what a bad disk or a mail program did, and
// proves nothing about whoever made the file. Each content has exactly one
// spelling.
//
// An answer has no lines but the first one, "rust-tuf signing answer v1",
// between it and the last one only files, and of these only signature files,
// each at the path at which it belongs in the repository.
package carried
