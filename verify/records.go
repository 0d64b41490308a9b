package verify

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// recordsSlot holds what was found when the kept documents were verified, so that
// the next process need not find it again. What is lost there costs time alone.
var recordsSlot = Slot{Version: 1}

// records is a text of one line for each thing, between its format and a digest
// of all that stands before it (see seal):
//
//	format 1
//	snapshot DIGEST under VERSION DIGEST meta BYTES FILES
//	met DIGEST
//	digest DIGEST
//
// What is known of no `meta` has no "meta BYTES FILES" behind it. There is a line
// "met" for each thresholdRecord, in order. The first line names what this package
// demands of a document too: whoever changes that changes the format, since records
// that were made before say what was enough then.
type records struct {
	snapshot SnapshotRecord // of the kept snapshot, or of one before it
	met      string         // the lines "met", all of one length
}

const (
	recordsFormat = 1
	metWord       = "met "
	metSize       = len(metWord) + 2*sha256.Size + len("\n")

	// maxMet is how many records are kept: those of a lookup of 500 targets in bins.
	// They take 35 kB.
	maxMet = 512
)

func metLine(r Digest) string { return metWord + r.String() + "\n" }

// thresholdRecord names the fact that a document carried the threshold that another
// one demands of a role. That follows from what is signed in the one, and from the
// role, what is signed and the signatures of the other; so it is true for good, and of
// one byte more or less it is another record.
func thresholdRecord(by Delegator, role string, d *Document) Digest {
	h := sha256.New()
	demanded, signed := by.Document().Digest(), d.Digest()
	h.Write(demanded[:])
	h.Write(signed[:])
	h.Write(append(strconv.AppendInt(nil, int64(len(role)), 10), ' '))
	h.Write([]byte(role))
	h.Write(d.outline.part(partSignatures))
	return Digest(h.Sum(nil))
}

// has tells whether a record is among these.
func (r *records) has(record Digest) bool {
	if r == nil {
		return false
	}
	line := metLine(record)
	_, found := sort.Find(r.count(), func(i int) int { return strings.Compare(line, r.met[i*metSize:][:metSize]) })
	return found
}

// with are the same records and some more, which come first where there are too many.
func (r *records) with(more []Digest) records {
	fresh := make([]string, 0, len(more))
	for _, record := range more[:min(len(more), maxMet)] {
		fresh = append(fresh, metLine(record))
	}
	slices.Sort(fresh)
	fresh = slices.Compact(fresh)
	all := slices.Clone(fresh)
	for line := range strings.Lines(r.met) {
		if _, twice := slices.BinarySearch(fresh, line); !twice && len(all) < maxMet {
			all = append(all, line)
		}
	}
	slices.Sort(all)
	return records{r.snapshot, strings.Join(all, "")}
}

// count is how many documents are recorded beside a snapshot.
func (r *records) count() int { return len(r.met) / metSize }

func (r *records) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%d\n", formatWord, recordsFormat)
	if s := r.snapshot; s != (SnapshotRecord{}) {
		fmt.Fprintf(&b, "snapshot %s under %d %s", s.Content, s.Under.Version, s.Under.Digest)
		if s.MetaBytes > 0 {
			fmt.Fprintf(&b, " meta %d %d", s.MetaBytes, s.MetaFiles)
		}
		b.WriteByte('\n')
	}
	b.WriteString(r.met)
	return seal(b.String())
}

// readRecords reads what is damaged, or of another format, as no records.
func readRecords(text string) *records {
	lines, format, ok := unseal(text)
	if !ok || format != recordsFormat {
		return &records{}
	}
	r := &records{}
	if line, rest, _ := strings.Cut(lines, "\n"); strings.HasPrefix(line, "snapshot ") {
		if r.snapshot, ok = readSnapshotRecord(strings.Fields(line)); !ok {
			return &records{}
		}
		lines = rest
	}
	for line := range strings.Lines(lines) {
		if len(line) != metSize || !strings.HasPrefix(line, metWord) {
			return &records{}
		}
	}
	r.met = lines
	return r
}

func readSnapshotRecord(words []string) (r SnapshotRecord, ok bool) {
	if len(words) != 5 && (len(words) != 8 || words[5] != "meta") || words[2] != "under" {
		return r, false
	}
	content, err := ParseDigest(words[1])
	under, ok := readName(words[3], words[4])
	r = SnapshotRecord{Content: content, Under: under}
	if len(words) == 8 {
		var bytes, files error
		r.MetaBytes, bytes = strconv.Atoi(words[6])
		r.MetaFiles, files = strconv.Atoi(words[7])
		ok = ok && bytes == nil && files == nil && r.MetaBytes > 0 && r.MetaFiles >= 0
	}
	return r, ok && err == nil
}

// record is the one of a root that carries the threshold of its own keys.
func (r *Root) record() Digest { return thresholdRecord(r, typeRoot, r.Document()) }

// trustKept is TrustRoot for the root that the store has.
func (c *Client) trustKept(raw []byte) (*Root, error) {
	return trustRoot(raw, c.Limits, nil, c.records())
}

// records loads what was found before. Nothing depends on it, so that what cannot be
// had is as good as nothing.
func (c *Client) records() *records {
	text, _ := c.Store.Load(recordsSlot)
	return readRecords(string(text))
}

// keepRecords keeps what was found in this session, if more of it is new than few. This
// process needs none of it, so that it does not matter if it cannot be kept.
func (r *Refreshed) keepRecords(few int) {
	snapshot := r.SnapshotRecord()
	if r.news <= few && snapshot == r.records.snapshot {
		return
	}
	all := r.records.with(r.met)
	all.snapshot = snapshot
	if err := r.client.put(recordsSlot, []byte(all.String())); err == nil {
		r.records, r.news = &all, 0
	}
}

// spared is a document whose signatures were not looked at, because of a record.
type spared struct {
	by       Delegator
	role     string
	document *Document
}

// vouched holds targets to what their delegator demands of a role, unless a record
// says that they were before.
func (s *Session) vouched(by Delegator, role string, d *Document) error {
	known, err := s.once(by, role, d, func() error { return checkVouched(by, role, d) })
	if known {
		s.spared = append(s.spared, spared{by, role, d})
	}
	return err
}

// metNow holds a timestamp of now to its threshold, unless a record says that it was
// met by this very one: the repository has had no other since.
func (s *Session) metNow(q *Quorum, d *Document) error {
	_, err := s.once(s.root, typeTimestamp, d, func() error { return q.met(d) })
	return err
}

// once looks whether a document meets what is demanded of it, unless that is known.
func (s *Session) once(by Delegator, role string, d *Document, look func() error) (known bool, err error) {
	if s.records == nil { // nobody keeps any
		return false, look()
	}
	record := thresholdRecord(by, role, d)
	if known = s.records.has(record); !known {
		if err := look(); err != nil { // SPEC 5.4.2, 5.6.3
			return false, err
		}
	}
	s.note(record)
	return known, nil
}

// note takes note of what was found, or was known and is still of use.
func (s *Session) note(record Digest) {
	s.met = append(s.met, record)
	if !s.records.has(record) {
		s.news++
	}
}

// recheck verifies in full what was spared. If any of it is refused, nothing that was
// found by it is trusted any more, and no record is believed.
func (s *Session) recheck() error {
	for _, d := range s.spared {
		// SPEC 5.6.3: what nobody signed refuses nothing.
		if err := checkVouched(d.by, d.role, d.document); err != nil {
			s.records, s.spared, s.met = &records{}, nil, nil
			s.targetsOf, s.trusted = nil, nil
			return err
		}
	}
	s.spared = nil
	return nil
}
