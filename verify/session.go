package verify

import (
	"fmt"
	"time"
)

// Session is one refresh of a client (SPEC 5.1 to 5.6), without the fetching
// and keeping: bytes go in, in the order of the specification, and what was
// accepted is trusted from then on. The instant is fixed when it begins.
//
// The order is: [Session.AddRoot] for each newer root, [Session.EndRoots],
// [Session.RestoreTimestamp] with what was trusted before,
// [Session.AddTimestamp], [Session.RestoreSnapshot], [Session.AddSnapshot] if
// that was not current, and then [Session.Resolve] for any number of paths. A
// call out of order is an [*OrderError]. A refusal changes nothing: the session
// still trusts what it trusted before.
//
// A Session is for one goroutine.
type Session struct {
	at        time.Time
	lim       Limits
	root      *Root
	rootsEnd  bool
	timestamp *Timestamp
	fresh     bool      // a timestamp was accepted in this session
	older     *Snapshot // trusted before: no version may go below it
	snapshot  *Snapshot
	targetsOf map[string]*UnverifiedTargets // by role: read, and of the version that the snapshot promises
	trusted   map[trustKey]*Targets
	kept      map[string][]byte // by role: trusted before, and not what the snapshot promises
	fork      *ForkError
	recorded  bool // the snapshot was restored with a record: not all of it was looked at

	records         *records   // of what was verified before, nil if nobody keeps any
	spared          []vouching // for which no signature was looked at, because of them
	carried         []Digest   // the records of what was accepted, but for the timestamp's
	news            int        // how many of these are new, and were not kept yet
	written         int        // how many were new, and were kept
	doubts          int        // how often something that was believed turned out to be none
	timestampRecord Digest
}

// trustKey is a role as somebody vouches for it: who is trusted by one
// delegator is not by another.
type trustKey struct {
	role string
	by   *targetsFacts // nil for the root
}

func trustedBy(role string, by Delegator) trustKey {
	key := trustKey{role: role}
	if t, ok := by.(*Targets); ok {
		key.by = t.facts
	}
	return key
}

// NewSession begins a refresh at one instant, with the newest root that the
// client trusts.
func NewSession(root *Root, at time.Time, lim Limits) *Session {
	return &Session{root: root.orNone(), at: at, lim: lim.orDefault()}
}

// OrderError is a call that came before what it builds on, or after it.
type OrderError struct {
	Call, Needs string
}

func (e *OrderError) Error() string {
	return fmt.Sprintf("%s was called out of order: %s", e.Call, e.Needs)
}

// Root returns the newest root that is trusted.
func (s *Session) Root() *Root { return s.root.orNone() }

// Timestamp returns the newest timestamp that is trusted, nil if none is.
func (s *Session) Timestamp() *Timestamp { return s.timestamp }

// Snapshot returns the snapshot that the timestamp promises, nil before it was
// accepted.
func (s *Session) Snapshot() *Snapshot { return s.snapshot }

// At returns the instant at which everything is judged.
func (s *Session) At() time.Time { return s.at }

// Fork returns the proof that a role signed two documents of one version, nil
// if none was seen. It is no refusal: the timestamp that was trusted first
// stays, as SPEC 5.4.3 wants it; of a snapshot or targets the one that is
// promised now is trusted. The next session, which knows only that one, does
// not see the fork any more, so both files should be kept in a safe place.
func (s *Session) Fork() *ForkError { return s.fork }

// AddRoot accepts the version that follows the trusted root, or refuses it as
// [Root.Next] does. Whoever calls it keeps the accepted bytes durably before
// asking for the version after it (SPEC 5.3.8).
func (s *Session) AddRoot(raw []byte) error {
	if s.rootsEnd {
		return &OrderError{"AddRoot", "the roots have ended already"}
	}
	candidate, err := readUnverifiedRoot(raw, s.lim, s.Root().facts)
	if err != nil {
		return err
	}
	newer, err := s.Root().Next(candidate)
	if err != nil {
		return err
	}
	s.root = newer
	return nil
}

// EndRoots ends the walk at the newest root that exists and holds it to the
// instant (SPEC 5.3.10). An expired one is an [*ExpiredError].
func (s *Session) EndRoots() error {
	s.rootsEnd = true
	if err := s.Root().CheckExpiry(s.at); err != nil { // SPEC 5.3.10
		return err
	}
	return nil
}

// RotatedSince tells whether the keys or the threshold of timestamp or
// snapshot are others than in an older root. What these roles signed under it
// is then no longer a floor for anything: that is how a repository recovers
// from versions that a thief made too high (SPEC 5.3.11). Both go, whichever
// of the two was rotated.
func (s *Session) RotatedSince(older *Root) bool {
	for _, role := range []string{typeTimestamp, typeSnapshot} {
		then, _ := older.orNone().Quorum(role)
		now, _ := s.Root().Quorum(role)
		if then == nil || now == nil || !then.same(now) { // SPEC 5.3.11
			return true
		}
	}
	return false
}

// same reports whether the same public keys must sign to the same threshold.
func (q *Quorum) same(o *Quorum) bool {
	mine, others := q.Keys(), o.Keys()
	if q.threshold != o.threshold || len(mine) != len(others) {
		return false
	}
	known := make(map[Digest]bool, len(mine))
	for _, h := range mine {
		known[h.Key.Fingerprint()] = true
	}
	for _, h := range others {
		if !known[h.Key.Fingerprint()] {
			return false
		}
	}
	return true
}

// quorumOf is who signs a role of the root, once the roots have ended.
func (s *Session) quorumOf(role, call string) (*Quorum, error) {
	if !s.rootsEnd {
		return nil, &OrderError{call, "EndRoots comes first"}
	}
	q, ok := s.Root().Quorum(role)
	if !ok {
		return nil, &DelegationError{Role: role, By: s.Root().delegator().String()}
	}
	return q, nil
}

// read reads a document for a role of the root, and holds it to its repository. It
// returns who must sign it too; whether they have is not looked at yet.
func (s *Session) read(role, call string, raw []byte, record SnapshotRecord) (*Document, *Quorum, error) {
	q, err := s.quorumOf(role, call)
	if err != nil {
		return nil, nil, err
	}
	if err := checkSize(role, raw, s.lim.bytesFor(role)); err != nil {
		return nil, nil, err
	}
	d, err := record.read(raw, s.lim, s.root)
	if err != nil {
		return nil, nil, err
	}
	if err := d.concerns(role); err != nil { // SPEC 4.4, 4.6: the type of its role
		return nil, nil, err
	}
	if err := checkRepository(s.root.Document().extension.repository, role, d); err != nil { // x-rust-tuf: one repository
		return nil, nil, err
	}
	return d, q, nil
}

// RestoreTimestamp takes the timestamp that was trusted before, as a floor
// that no newer one may go below. Its expiry means nothing here: an expired
// one still says which versions have been seen. When it is refused nothing is
// lost but the floor; fetch a new one. Errors are those of [Read], a
// [*RoleError], [*RepositoryError] or [*ThresholdError], and an [*OrderError].
func (s *Session) RestoreTimestamp(raw []byte) error {
	if s.timestamp != nil {
		return &OrderError{"RestoreTimestamp", "there is a timestamp already"}
	}
	d, q, err := s.read(typeTimestamp, "RestoreTimestamp", raw, SnapshotRecord{})
	if err != nil {
		return err
	}
	if err := q.met(d); err != nil { // SPEC 5.4.3: a floor was verified
		return err
	}
	s.timestamp, err = d.readTimestamp()
	return err
}

// AddTimestamp judges the repository's timestamp (SPEC 5.4). newer tells
// whether it was accepted in the place of the one before, and is to be kept;
// one of the same version is not, and ends quietly. Errors are those of
// reading, a [*ThresholdError], a [*VersionError] for a timestamp or a snapshot
// that would go back, and an [*ExpiredError].
func (s *Session) AddTimestamp(raw []byte) (newer bool, err error) {
	if s.snapshot != nil || s.older != nil {
		return false, &OrderError{"AddTimestamp", "a snapshot has been judged by the timestamp already"}
	}
	d, q, err := s.read(typeTimestamp, "AddTimestamp", raw, SnapshotRecord{})
	if err != nil {
		return false, err
	}
	v, err := s.unlessRecorded(s.root, typeTimestamp, d, func() error { return q.met(d) })
	if err != nil {
		return false, err
	}
	t, err := d.readTimestamp()
	if err != nil {
		return false, err
	}
	if trusted := s.timestamp; trusted != nil {
		// SPEC 5.4.3.1: the version must not go back.
		if t.Version() < trusted.Version() {
			return false, &VersionError{Role: typeTimestamp, Trusted: trusted.Version(), Found: t.Version()}
		}
		if t.Version() == trusted.Version() {
			// SPEC 5.4.2: a proof rests on no record.
			if err := q.met(d); err != nil {
				return false, err
			}
			s.compare(trusted.Document(), d)
			return false, s.acceptTimestamp(trusted)
		}
		// SPEC 5.4.3.2: nor that of the snapshot.
		if found, least := t.promised().version(), trusted.promised().version(); found < least {
			return false, &VersionError{Role: typeSnapshot, Trusted: least, Found: found}
		}
	}
	if err := s.acceptTimestamp(t); err != nil {
		return false, err
	}
	s.timestampRecord = v.record
	return true, nil
}

// acceptTimestamp holds a timestamp to the instant (SPEC 5.4.4) before it is
// trusted.
func (s *Session) acceptTimestamp(t *Timestamp) error {
	if err := t.Document().checkExpiry(typeTimestamp, s.at); err != nil { // SPEC 5.4.4
		return err
	}
	s.timestamp, s.fresh = t, true
	return nil
}

// compare keeps two different documents of one version as proof.
func (s *Session) compare(trusted, found *Document) {
	if s.fork == nil && trusted.Digest() != found.Digest() {
		s.fork = &ForkError{Role: trusted.typ, Version: trusted.version, Trusted: trusted.raw, Found: found.raw}
	}
}

// RestoreSnapshot takes the snapshot that was trusted before. current tells
// whether it is the very one that the timestamp promises, so that none has to
// be fetched; else it is a floor that no newer one may go below. When it is
// refused nothing is lost but the floor.
//
// record, if it is of these bytes and of the root that is trusted now, spares a
// current one its signatures, and another look at the entries of `meta` unless
// MetaBytes is 0. A floor is always verified in full, and so is all with the
// zero record.
//
// Errors are those of [Session.AddSnapshot], but for the [*ContentError] and
// those of versions and expiry, which only make it a floor.
func (s *Session) RestoreSnapshot(raw []byte, record SnapshotRecord) (current bool, err error) {
	if !s.fresh || s.snapshot != nil {
		return false, &OrderError{"RestoreSnapshot", "it comes after AddTimestamp, and once"}
	}
	kept, err := s.keptSnapshot(raw, record)
	if err != nil {
		return false, err
	}
	promised := s.timestamp.promised()
	if kept.Version() == promised.version() && promised.check(typeSnapshot, raw) == nil && kept.document.checkExpiry(typeSnapshot, s.at) == nil {
		s.snapshot, s.recorded = kept, record != SnapshotRecord{}
		return true, nil
	}
	if record != (SnapshotRecord{}) { // SPEC 5.5.5: what others are refused by, and what proves a fork, is verified
		if kept, err = s.keptSnapshot(raw, SnapshotRecord{}); err != nil {
			return false, err
		}
	}
	s.older = kept
	return false, nil
}

// keptSnapshot verifies a snapshot that was trusted before, but for what the
// record spares.
func (s *Session) keptSnapshot(raw []byte, record SnapshotRecord) (*Snapshot, error) {
	d, q, err := s.read(typeSnapshot, "RestoreSnapshot", raw, record)
	if err != nil {
		return nil, err
	}
	if !record.covers(d, s.root) {
		if err := q.met(d); err != nil { // SPEC 5.5.3
			return nil, err
		}
	}
	return d.readSnapshot()
}

// reread verifies in full the snapshot that was restored with a record. One that
// is refused is not trusted any more, nor is anything that was found by it.
func (s *Session) reread() error {
	if !s.recorded {
		return nil
	}
	s.recorded = false
	snapshot, err := s.keptSnapshot(s.snapshot.document.raw, SnapshotRecord{})
	if err != nil {
		s.snapshot, s.targetsOf, s.trusted = nil, nil, nil
		s.doubts++
		return err
	}
	s.snapshot = snapshot
	return nil
}

// AddSnapshot judges the snapshot that the timestamp promises (SPEC 5.5).
// Errors are those of reading, a [*ContentError] for other bytes than the
// promised ones, a [*ThresholdError], a [*VersionError] for another version
// than the promised one or for a role that would go back, and an
// [*ExpiredError].
func (s *Session) AddSnapshot(raw []byte) error {
	if !s.fresh || s.snapshot != nil {
		return &OrderError{"AddSnapshot", "it comes after AddTimestamp, and once"}
	}
	promised := s.timestamp.promised()
	// SPEC 5.5.2: length and hashes, before anything else is believed.
	if err := promised.check(typeSnapshot, raw); err != nil {
		return err
	}
	d, q, err := s.read(typeSnapshot, "AddSnapshot", raw, SnapshotRecord{})
	if err != nil {
		return err
	}
	if err := q.met(d); err != nil { // SPEC 5.5.3
		return err
	}
	snapshot, err := d.readSnapshot()
	if err != nil {
		return err
	}
	// SPEC 5.5.4.
	if snapshot.Version() != promised.version() {
		return &VersionError{Role: typeSnapshot, Trusted: promised.version(), Found: snapshot.Version(), promised: true}
	}
	if s.older != nil {
		if snapshot.Version() < s.older.Version() { // SPEC 5.5.5: the snapshot itself
			return &VersionError{Role: typeSnapshot, Trusted: s.older.Version(), Found: snapshot.Version()}
		}
		if snapshot.Version() == s.older.Version() {
			s.compare(s.older.Document(), d)
		}
		// SPEC 5.5.5.
		if err := checkNotOlder(&s.older.document.outline.meta, &d.outline.meta); err != nil {
			return err
		}
	}
	// SPEC 5.5.6.
	if err := d.checkExpiry(typeSnapshot, s.at); err != nil {
		return err
	}
	s.snapshot = snapshot
	return nil
}
