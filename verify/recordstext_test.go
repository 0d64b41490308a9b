package verify

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// recordNamed is a record of something.
func recordNamed(of any) Digest { return DigestOf([]byte(fmt.Sprint(of))) }

// FuzzRecords reads records out of lines of any kind, sealed as a program would seal
// them, and with one byte changed afterwards.
func FuzzRecords(f *testing.F) {
	under := RootName{3, recordNamed("root")}
	whole := (&records{snapshot: SnapshotRecord{Content: recordNamed("s"), Under: under, MetaBytes: 4096, MetaFiles: 17}}).with([]Digest{recordNamed(1), recordNamed(2)})
	brief, none := whole, whole
	brief.snapshot.MetaBytes, brief.snapshot.MetaFiles = 0, 0
	none.snapshot = SnapshotRecord{}
	for _, r := range []records{{}, whole, brief, none} {
		text := r.String()
		f.Add(text[:len(text)-len(seal(""))], uint(len(text)/2))
	}
	line := "snapshot " + under.Digest.String() + " under 3 " + under.Digest.String()
	for _, text := range []string{
		"", "format 1", "format 2\nmet\n", "format 1\n\n", "format 1\n" + line, "format 1\n" + line + " meta\n", "format 1\n" + line + " meta 0 0\n",
		"format 1\n" + line + " meta 1 -1\n", "format 1\n" + line + "\n" + line + "\n", "format 1\nmet \n", "format 1\nmet " + strings.Repeat("?", 64) + "\n",
		"format 1\n" + metLine(recordNamed(2)) + metLine(recordNamed(1)) + "\n",
	} {
		f.Add(text, uint(0))
	}
	f.Fuzz(func(t *testing.T, lines string, at uint) {
		sealed := seal(lines)
		r := readRecords(sealed)
		for _, record := range []Digest{{}, recordNamed(1), recordNamed(2)} {
			if r.has(record) && !strings.Contains(lines, metLine(record)) {
				t.Errorf("%q is said to have %s", lines, record)
			}
		}
		if again := readRecords(r.String()); !reflect.DeepEqual(again, r) {
			t.Errorf("%q is read as %+v, then as %+v", lines, r, again)
		}
		spoilt := []byte(sealed)
		spoilt[at%uint(len(spoilt))] ^= 1
		for _, text := range []string{string(spoilt), sealed[:at%uint(len(sealed))], sealed + "\n"} {
			if r := readRecords(text); *r != (records{}) {
				t.Errorf("%q is taken for a whole one: %+v", text, r)
			}
		}
	})
}

// There is room for so many records; what was of use last comes before the rest, and
// none stands twice.
func TestRecordsAreBounded(t *testing.T) {
	var all []Digest
	for i := range 3 * maxMet {
		all = append(all, recordNamed(i))
	}
	none := &records{}
	first := none.with(all[:maxMet/2])
	second := first.with(all[maxMet/4 : maxMet])
	third := second.with(all[maxMet : maxMet+10])
	fourth := third.with(append(slices.Clone(all[2*maxMet:]), all[0]))
	for name, c := range map[string]struct {
		r       records
		n       int
		has     []Digest
		without []Digest
	}{
		"none":        {*none, 0, nil, all[:3]},
		"some":        {first, maxMet / 2, all[:maxMet/2], all[maxMet/2 : maxMet]},
		"some twice":  {second, maxMet, all[:maxMet], all[maxMet:]},
		"new ones":    {third, maxMet, all[maxMet : maxMet+10], all[maxMet+10:]},
		"too many":    {fourth, maxMet, all[2*maxMet:], all[:2*maxMet]},
		"repeated":    {none.with([]Digest{all[0], all[0]}), 1, all[:1], all[1:]},
		"nothing new": {second.with(nil), maxMet, all[:maxMet], all[maxMet:]},
	} {
		if n := strings.Count(c.r.met, "\n"); n != c.n || len(c.r.met) != n*metSize {
			t.Errorf("%s: %d records in %d bytes, want %d", name, n, len(c.r.met), c.n)
		}
		for _, d := range c.has {
			if !c.r.has(d) {
				t.Errorf("%s: %s is missing", name, d)
			}
		}
		for _, d := range c.without {
			if c.r.has(d) {
				t.Errorf("%s: %s is there", name, d)
			}
		}
	}
	if (*records)(nil).has(all[0]) {
		t.Error("no records have one")
	}
}
