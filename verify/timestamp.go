package verify

import "time"

// snapshotFile is the one entry of a timestamp's `meta` (SPEC 4.6).
const snapshotFile = "snapshot.json"

// Timestamp is a trusted timestamp: which snapshot is the newest. Only a
// [Session] makes one; the zero Timestamp has version 0, is expired, and
// promises version 0 of a snapshot, which is none.
type Timestamp struct {
	document *Document
}

// readTimestamp reads the document as a timestamp (SPEC 4.6). Entries beside
// the one for snapshot.json mean nothing.
func (d *Document) readTimestamp() (*Timestamp, error) {
	if err := d.concerns(typeTimestamp); err != nil {
		return nil, err
	}
	if d.outline.meta.object == nil {
		return nil, d.named(within("signed", misfit("meta", "missing")))
	}
	if err := checkMeta(&d.outline.meta, d.lim.SnapshotFiles); err != nil {
		return nil, d.named(within("signed", within("meta", err)))
	}
	if _, ok := d.outline.meta.find(snapshotFile); !ok {
		return nil, d.named(within("signed", within("meta", misfit(snapshotFile, "missing"))))
	}
	d.asTimestamp = Timestamp{d}
	return &d.asTimestamp, nil
}

// concerns refuses a document of another type, or one that says that it is for
// another role.
func (d *Document) concerns(role string) error {
	if d.typ != role {
		return &RoleError{Want: role, Found: d.typ}
	}
	if !d.extension.isFor(role) {
		return &RoleError{Want: role, Found: d.role()}
	}
	return nil
}

// Document returns the document that is trusted.
func (t *Timestamp) Document() *Document { return t.document.orNone() }

// Version returns the version of the timestamp.
func (t *Timestamp) Version() int64 { return t.Document().version }

// Expires returns the instant from which on the timestamp is no longer valid.
func (t *Timestamp) Expires() time.Time { return t.Document().expires }

// Snapshot returns what the timestamp says of the newest snapshot.
func (t *Timestamp) Snapshot() MetaFile { return t.promised().read() }

func (t *Timestamp) promised() metaFile {
	entry, ok := t.Document().outline.meta.find(snapshotFile)
	if !ok {
		return metaFile("{}")
	}
	return metaFile(entry)
}
