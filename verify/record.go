package verify

import "crypto/sha256"

// SnapshotRecord says that one snapshot carried the threshold of one root. It
// is true for good, so that whoever keeps it beside the snapshot need not
// verify the same signatures whenever a program starts: of a large snapshot
// that is most of the work.
//
// A record comes from [Session.SnapshotRecord], and is kept where the trusted
// root is kept, and where nobody else can write: who writes it vouches for the
// snapshot that it names. Never take one from a repository.
type SnapshotRecord struct {
	Content Digest   // of what is signed and of its signatures
	Under   RootName // which demanded them
}

// SnapshotRecord returns the record of the snapshot that was accepted; the zero
// record, which is of none, before there is one.
func (s *Session) SnapshotRecord() SnapshotRecord {
	if s.snapshot == nil {
		return SnapshotRecord{}
	}
	return SnapshotRecord{s.snapshot.Document().content(), s.root.name()}
}

// covers tells whether the record is of this document and this very root. Other
// signatures, another root, or one byte of either: the record says nothing.
func (r SnapshotRecord) covers(d *Document, root *Root) bool {
	return r.Under == root.name() && r.Content == d.content()
}

// content is the SHA-256 of all that is ever read of a document: of the digest
// of `signed`, which every verdict names anyway, and of `signatures`.
func (d *Document) content() Digest {
	digest := d.Digest()
	return sha256.Sum256(append(digest[:], d.outline.part(partSignatures)...))
}
