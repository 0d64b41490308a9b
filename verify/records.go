package verify

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
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
//	timestamp DIGEST
//	met DIGEST
//	digest DIGEST
//
// What is known of no `meta` has no "meta BYTES FILES" behind it. There is a line
// "met" for each thresholdRecord but that of the timestamp, the last one of use first.
// The first line names what this package demands of a document too: whoever changes
// that changes the format, since records that were made before say what was enough then.
type records struct {
	snapshot  SnapshotRecord // of the kept snapshot, or of one before it
	timestamp Digest         // the record of the kept one, or of one before it
	met       []Digest
	known     map[Digest]bool // those of met, when somebody has asked
}

const (
	recordsFormat = 1

	// maxMet is how many documents are remembered: those of a lookup of 500 targets in
	// bins. They take 35 kB, which are read whenever a program starts.
	maxMet = 512
)

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
	if r.known == nil {
		r.known = make(map[Digest]bool, len(r.met))
		for _, m := range r.met {
			r.known[m] = true
		}
	}
	return r.known[record] || record == r.timestamp && !record.IsZero()
}

// with are the same records behind some others, as many as there is room for.
func (r *records) with(first []Digest) *records {
	all := &records{snapshot: r.snapshot, timestamp: r.timestamp, known: map[Digest]bool{}}
	for _, list := range [][]Digest{first, r.met} {
		for _, record := range list {
			if !all.known[record] && len(all.met) < maxMet {
				all.met, all.known[record] = append(all.met, record), true
			}
		}
	}
	return all
}

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
	if !r.timestamp.IsZero() {
		fmt.Fprintf(&b, "timestamp %s\n", r.timestamp)
	}
	for _, record := range r.met {
		fmt.Fprintf(&b, "met %s\n", record)
	}
	return seal(b.String())
}

// readRecords reads what is damaged, or of another format, as no records.
func readRecords(text string) *records {
	lines, format, ok := unseal(text)
	if !ok || format != recordsFormat {
		return &records{}
	}
	r := &records{}
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		var err error
		switch {
		case !strings.HasSuffix(line, "\n"):
			ok = false
		case len(words) >= 5 && words[0] == "snapshot" && words[2] == "under" && r.snapshot == SnapshotRecord{}:
			r.snapshot, ok = readSnapshotRecord(words)
		case len(words) == 2 && words[0] == "timestamp":
			r.timestamp, err = ParseDigest(words[1])
		case len(words) == 2 && words[0] == "met" && len(r.met) < maxMet:
			var record Digest
			record, err = ParseDigest(words[1])
			r.met = append(r.met, record)
		default:
			ok = false
		}
		if !ok || err != nil {
			return &records{}
		}
	}
	return r
}

func readSnapshotRecord(words []string) (r SnapshotRecord, ok bool) {
	if len(words) != 5 && (len(words) != 8 || words[5] != "meta") {
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

// forgetRecords forgets them all, where one of them lies.
func (c *Client) forgetRecords() error { return c.put(recordsSlot, []byte((&records{}).String())) }

// keepRecords keeps what was found in this session, if more of it is new than few. This
// process needs none of it, so that it does not matter if it cannot be kept.
func (r *Refreshed) keepRecords(few int) {
	snapshot, timestamp := r.SnapshotRecord(), r.timestampRecord
	if timestamp.IsZero() { // none was new
		timestamp = r.records.timestamp
	}
	if r.news <= few && snapshot == r.records.snapshot && timestamp == r.records.timestamp {
		return
	}
	// In an order that does not depend on what came first.
	slices.SortFunc(r.carried, func(a, b Digest) int { return bytes.Compare(a[:], b[:]) })
	all := r.records.with(r.carried)
	all.snapshot, all.timestamp = snapshot, timestamp
	if err := r.client.put(recordsSlot, []byte(all.String())); err == nil {
		r.records, r.written, r.news = all, r.written+r.news, 0
	}
}
