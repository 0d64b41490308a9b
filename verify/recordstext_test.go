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
	whole := records{snapshot: SnapshotRecord{Content: recordNamed("s"), Under: under, MetaBytes: 4096, MetaFiles: 17}, timestamp: recordNamed("t"), met: []Digest{recordNamed(2), recordNamed(1)}}
	brief, none := whole, whole
	brief.snapshot.MetaBytes, brief.snapshot.MetaFiles = 0, 0
	none.snapshot, none.timestamp = SnapshotRecord{}, Digest{}
	for _, r := range []records{{}, whole, brief, none} {
		text := r.String()
		f.Add(text[:len(text)-len(seal(""))], uint(len(text)/2))
	}
	line, met := "snapshot "+under.Digest.String()+" under 3 "+under.Digest.String(), fmt.Sprintf("met %s\n", recordNamed(1))
	for _, text := range []string{
		"", "format 1", "format 2\nmet\n", "format 1\n\n", "format 1\n" + line, "format 1\n" + line + " meta\n", "format 1\n" + line + " meta 0 0\n",
		"format 1\n" + line + " meta 1 -1\n", "format 1\n" + line + "\n" + line + "\n", "format 1\nmet \n", "format 1\nmet " + strings.Repeat("?", 64) + "\n",
		"format 1\n" + met + met + "\n", "format 1\ntimestamp " + under.Digest.String() + "\n", "format 1\n" + strings.Repeat(met, maxMet+1),
	} {
		f.Add(text, uint(0))
	}
	f.Fuzz(func(t *testing.T, lines string, at uint) {
		sealed := seal(lines)
		r := readRecords(sealed)
		for _, record := range []Digest{{}, recordNamed(1), recordNamed(2)} {
			if r.has(record) && !slices.Contains(r.met, record) && r.timestamp != record {
				t.Errorf("%q is said to have %s", lines, record)
			}
		}
		again := readRecords(r.String())
		if again.snapshot != r.snapshot || again.timestamp != r.timestamp || !slices.Equal(again.met, r.met) {
			t.Errorf("%q is read as %+v, then as %+v", lines, r, again)
		}
		spoilt := []byte(sealed)
		spoilt[at%uint(len(spoilt))] ^= 1
		for _, text := range []string{string(spoilt), sealed[:at%uint(len(sealed))], sealed + "\n"} {
			if r := readRecords(text); !reflect.DeepEqual(r, &records{}) {
				t.Errorf("%q is taken for a whole one: %+v", text, r)
			}
		}
	})
}

// There is room for so many records; the last ones of use come first, and none stands
// twice.
func TestRecordsAreBounded(t *testing.T) {
	var all []Digest
	for i := range 3 * maxMet {
		all = append(all, recordNamed(i))
	}
	none := &records{}
	first := none.with(all[:maxMet/2])
	second := first.with(all[maxMet/4 : maxMet])
	third := second.with(append(slices.Clone(all[maxMet:maxMet+10]), all[0]))
	for name, c := range map[string]struct {
		r    *records
		want []Digest
	}{
		"none":        {none, nil},
		"some":        {first, all[:maxMet/2]},
		"some twice":  {second, append(slices.Clone(all[maxMet/4:maxMet]), all[:maxMet/4]...)},
		"new ones":    {third, slices.Concat(all[maxMet:maxMet+10], all[:1], all[maxMet/4:maxMet], all[1:maxMet/4-10])},
		"too many":    {third.with(all[2*maxMet:]), all[2*maxMet:]},
		"repeated":    {none.with([]Digest{all[0], all[0]}), all[:1]},
		"nothing new": {second.with(nil), append(slices.Clone(all[maxMet/4:maxMet]), all[:maxMet/4]...)},
	} {
		if !slices.Equal(c.r.met, c.want) {
			t.Errorf("%s: %d records, want %d", name, len(c.r.met), len(c.want))
		}
		for _, r := range []*records{c.r, readRecords(c.r.String())} {
			for _, d := range all {
				if r.has(d) != slices.Contains(c.want, d) {
					t.Errorf("%s: has %s: %v", name, d, r.has(d))
				}
			}
		}
	}
}
