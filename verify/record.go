package verify

import (
	"crypto/sha256"
	"strconv"
)

// SnapshotRecord says what was found when one snapshot was verified, so that
// whoever keeps it beside the snapshot need not find it again whenever a program
// starts: of a large snapshot that is most of the work. It says
//
//   - that the snapshot carried the threshold of one root, and
//   - unless MetaBytes is 0, that its `meta` is canonical, in order, as it was
//     received, has so many bytes, and so many entries that are all good: plain
//     names, and nothing unusual in what they say.
//
// Both follow from the bytes of the snapshot and of the root alone, and it names
// them by their digests; so it is true for good. Content is the digest of all
// else that it says too. So it is believed only once the bytes have been hashed,
// with the numbers that it gives: of other bytes, or if one digit of it is
// damaged, it says nothing, and the snapshot is read and verified as ever. All of
// a snapshot that is not an entry of `meta` is always read again, and the entry
// that is asked for is judged again.
//
// It serves a snapshot that is still current. As a floor for another one, and
// before anything is refused by it, a [Client] verifies the snapshot in full: so
// a record that lies wins its writer a detour, and never a client that is stuck.
//
// A record comes from [Session.SnapshotRecord], and is kept where the trusted
// root is kept, and where nobody else can write: who writes it vouches for the
// snapshot that it names. Never take one from a repository.
type SnapshotRecord struct {
	Content Digest   // of what is signed, of its signatures, and of the two numbers
	Under   RootName // which demanded them

	MetaBytes, MetaFiles int
}

// SnapshotRecord returns the record of the snapshot that was accepted; the zero
// record, which is of none, before there is one.
func (s *Session) SnapshotRecord() SnapshotRecord {
	if s.snapshot == nil {
		return SnapshotRecord{}
	}
	d := s.snapshot.Document()
	known := d.outline.known()
	r := SnapshotRecord{Under: s.root.name(), MetaBytes: known.size, MetaFiles: known.entries}
	r.Content = r.content(d)
	return r
}

// read reads the document, without another look at the entries of its `meta` if
// the record is of it.
func (r SnapshotRecord) read(raw []byte, lim Limits, root *Root) (*Document, error) {
	if r.MetaBytes <= 0 {
		return Read(raw, lim)
	}
	d, err := read(raw, lim, knownMeta{r.MetaBytes, r.MetaFiles})
	if err != nil {
		return Read(raw, lim) // which says what is wrong
	}
	// SPEC 5.5.3: entries that nobody looks at here are in a document that was verified, or are not trusted.
	if d.outline.meta.known && !r.covers(d, root) {
		return Read(raw, lim)
	}
	return d, nil
}

// covers tells whether the record is of this document and this very root. Other
// signatures, another root, or one byte of either: the record says nothing.
func (r SnapshotRecord) covers(d *Document, root *Root) bool {
	return r.Under == root.name() && r.Content == r.content(d)
}

// content is the SHA-256 of all that is ever read of a document, which is the
// digest of `signed`, which every verdict names anyway, and `signatures`; and of
// what the record says of `meta`, which no signatures end like. Whoever changes
// which entries are good changes that word: records that were made before say
// what was good then.
func (r SnapshotRecord) content(d *Document) Digest {
	digest := d.Digest()
	all := append(digest[:], d.outline.part(partSignatures)...)
	if r.MetaBytes > 0 {
		all = strconv.AppendInt(append(all, " meta "...), int64(r.MetaBytes), 10)
		all = strconv.AppendInt(append(all, ' '), int64(r.MetaFiles), 10)
	}
	return sha256.Sum256(all)
}
