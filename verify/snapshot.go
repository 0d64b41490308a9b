package verify

import "time"

// Snapshot is a trusted snapshot: which versions of all targets files belong
// together. Only a [Session] makes one; the zero Snapshot has version 0, is
// expired, and lists nothing.
type Snapshot struct {
	document *Document
}

// readSnapshot reads the document as a snapshot (SPEC 4.4). Every entry is
// checked for its form unless that is known, none is kept: one is looked up when
// it is asked for.
func (d *Document) readSnapshot() (*Snapshot, error) {
	if err := d.concerns(typeSnapshot); err != nil {
		return nil, err
	}
	if d.outline.meta.object == nil {
		return nil, d.named(within("signed", misfit("meta", "missing")))
	}
	if err := checkMeta(&d.outline.meta, d.lim.SnapshotFiles); err != nil {
		return nil, d.named(within("signed", within("meta", err)))
	}
	d.asSnapshot = Snapshot{d}
	return &d.asSnapshot, nil
}

// Document returns the document that is trusted.
func (s *Snapshot) Document() *Document { return s.document.orNone() }

// Version returns the version of the snapshot.
func (s *Snapshot) Version() int64 { return s.Document().version }

// Expires returns the instant from which on the snapshot is no longer valid.
func (s *Snapshot) Expires() time.Time { return s.Document().expires }

// File returns what the snapshot says of a role's file; false if it lists
// none.
func (s *Snapshot) File(role string) (MetaFile, bool) {
	m, ok := s.file(role)
	if !ok {
		return MetaFile{}, false
	}
	return m.read(), true
}

func (s *Snapshot) file(role string) (metaFile, bool) {
	m, ok := s.Document().outline.meta.find(role + ".json")
	return metaFile(m), ok
}
