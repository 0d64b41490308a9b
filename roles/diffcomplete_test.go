package roles

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rust-lang/rust-tuf/verify"
)

// leavesOf flattens JSON into pointers and values by means of its own, so that
// the claim of completeness does not rest on the code that makes it.
func leavesOf(t testing.TB, text []byte) map[string]string {
	t.Helper()
	leaves := make(map[string]string)
	if text == nil {
		return leaves
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		t.Fatal(err)
	}
	var walk func(v any, at string)
	walk = func(v any, at string) {
		switch v := v.(type) {
		case map[string]any:
			if len(v) == 0 {
				leaves[at] = "{}"
			}
			for name, member := range v {
				name = strings.ReplaceAll(name, "~", "~0")
				walk(member, at+"/"+strings.ReplaceAll(name, "/", "~1"))
			}
		case []any:
			if len(v) == 0 {
				leaves[at] = "[]"
			}
			for i, item := range v {
				walk(item, at+"/"+strconv.Itoa(i))
			}
		default:
			raw, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			leaves[at] = string(raw)
		}
	}
	walk(v, "")
	return leaves
}

// changedPointers are the pointers whose values differ.
func changedPointers(old, new map[string]string) []string {
	changed := make(map[string]bool)
	for p, v := range old {
		if w, ok := new[p]; !ok || v != w {
			changed[p] = true
		}
	}
	for p := range new {
		if _, ok := old[p]; !ok {
			changed[p] = true
		}
	}
	return slices.Sorted(maps.Keys(changed))
}

// checkComplete holds a difference to its promise: every pointer that differs
// belongs to a change, every raw change shows what the documents hold, every
// line can be printed.
func checkComplete(t testing.TB, d Difference, old, new []byte) {
	t.Helper()
	was, is := leavesOf(t, old), leavesOf(t, new)
	changed := changedPointers(was, is)
	explained := make(map[string]bool)
	for _, c := range d.Changes {
		for _, p := range c.Paths {
			explained[p] = true
		}
		if c.Kind == Unexplained {
			first, last := c.Paths[0], c.Paths[len(c.Paths)-1]
			checkRaw(t, c.Old, was, first)
			checkRaw(t, c.New, is, last)
		} else if c.Old != "" || c.New != "" {
			t.Errorf("%q has raw values and is of kind %s", c.Text, c.Kind)
		}
	}
	for _, p := range changed {
		if !explained[p] {
			t.Errorf("%q changes from %s to %s and no change claims it\n%s", p, was[p], is[p], strings.Join(d.Lines(), "\n"))
		}
	}
	checkPrintable(t, d)
}

func checkRaw(t testing.TB, shown string, leaves map[string]string, at string) {
	t.Helper()
	if shown == "" {
		return
	}
	var a, b any
	if json.Unmarshal([]byte(shown), &a) != nil || json.Unmarshal([]byte(leaves[at]), &b) != nil || fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("%q: shown raw as %s, is %s", at, shown, leaves[at])
	}
}

func checkPrintable(t testing.TB, d Difference) {
	t.Helper()
	for _, line := range d.Lines() {
		for _, r := range line {
			latin := unicode.IsLetter(r) && unicode.Is(unicode.Latin, r)
			if r == utf8.RuneError || (r < ' ' || r > '~') && r != '…' && r != '→' && !latin {
				t.Errorf("%q holds %U", line, r)
			}
		}
	}
	data, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range data {
		if b < ' ' || b > '~' {
			t.Fatalf("JSON holds byte %#x: %s", b, data)
		}
	}
	var back Difference
	if err := json.Unmarshal(data, &back); err != nil || back.Headline != d.Headline || len(back.Changes) != len(d.Changes) {
		t.Errorf("JSON does not read back: %v", err)
	}
}

// signedText is the signed value of a document as it was received.
func signedText(t testing.TB, d *verify.Document) []byte {
	t.Helper()
	if d == nil {
		return nil
	}
	var envelope struct {
		Signed json.RawMessage `json:"signed"`
	}
	if err := json.Unmarshal(d.Raw(), &envelope); err != nil {
		t.Fatal(err)
	}
	return envelope.Signed
}

// shows reports whether a value can be found in the text of a difference.
func shows(text string, v any) bool {
	var forms []string
	switch v := v.(type) {
	case nil:
		forms = []string{"null"}
	case bool:
		forms = []string{strconv.FormatBool(v), "yes", "terminating"}
	case json.Number:
		forms = []string{v.String()}
	case object:
		forms = []string{"{}", "empty object"}
	case []any:
		forms = []string{"[]", "empty list", "none", "0 keys"}
	case string:
		forms = []string{shownName(v), shownProse(v), shownRaw(canonicalString(v))}
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			forms = append(forms, moment(at))
		}
	}
	return slices.ContainsFunc(forms, func(form string) bool { return strings.Contains(text, form) })
}

// about is the text of the changes that explain a pointer.
func about(d Difference, at string) string {
	var text strings.Builder
	for _, c := range d.Changes {
		if slices.Contains(c.Paths, at) {
			text.WriteString(c.Text + "\n" + strings.Join(c.Details, "\n") + "\n")
		}
	}
	return text.String()
}

// onlyOlder is a pair in which the new version changes nothing but what must.
func onlyOlder(t testing.TB, d *verify.Document) object {
	signed := signedObject(t, d)
	signed["version"] = json.Number("2")
	return signed
}

// TestDiffOfRandomMutations changes one value of a document at random: no
// mutation may go unseen, wherever it is.
func TestDiffOfRandomMutations(t *testing.T) {
	root, _ := pairOf(t, Root, nine(), rotated(t))
	targets, _ := pairOf(t, Targets, redelegated(t), nine())
	release, _ := pairOf(t, "release", nine(), nine())
	random := rand.New(rand.NewPCG(20, 27))
	for _, base := range []*verify.Document{root, targets, release} {
		for range 80 {
			changed := onlyOlder(t, base)
			at, now, added := mutate(random, changed)
			text, err := json.Marshal(changed)
			if err != nil {
				t.Fatal(err)
			}
			d := diffOfText(t, signedText(t, base), text)
			checkComplete(t, d, signedText(t, base), text)
			if len(changedPointers(leavesOf(t, signedText(t, base)), leavesOf(t, text))) == 0 {
				continue
			}
			if len(d.Changes) == 0 {
				t.Errorf("%s: the difference is empty", at)
			}
			if added && !shows(about(d, at), now) && leavesOf(t, text)[at] != leavesOf(t, signedText(t, base))[at] {
				t.Errorf("%s: the new value %v is not shown\n%s", at, now, strings.Join(d.Lines(), "\n"))
			}
		}
	}
}

// TestDiffOfManyMutations compares documents that both went through several
// changes, so that sentences meet what they were not made for.
func TestDiffOfManyMutations(t *testing.T) {
	oldRoot, newRoot := pairOf(t, Root, nine(), rotated(t))
	oldTargets, newTargets := pairOf(t, Targets, nine(), redelegated(t))
	random := rand.New(rand.NewPCG(31, 41))
	mutated := func(d *verify.Document) []byte {
		signed := signedObject(t, d)
		for range random.IntN(6) {
			mutate(random, signed)
		}
		text, err := json.Marshal(signed)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for range 80 {
		for _, pair := range [][2]*verify.Document{{oldRoot, newRoot}, {oldTargets, newTargets}, {newTargets, oldTargets}} {
			old, new := mutated(pair[0]), mutated(pair[1])
			checkComplete(t, diffOfText(t, old, new), old, new)
		}
	}
}

// TestDiffTellsDocumentsApart changes one value of the new document: the text
// that is read must change with it, or it left something unsaid. Members of the
// document as it stands change places and spellings too, which is where words
// most easily say the same of two documents.
func TestDiffTellsDocumentsApart(t *testing.T) {
	oldRoot, newRoot := pairOf(t, Root, nine(), rotated(t))
	oldTargets, newTargets := pairOf(t, Targets, nine(), redelegated(t))
	_, release := pairOf(t, "release", nine(), nine())
	random := rand.New(rand.NewPCG(27, 18))
	type pair struct {
		old, new []byte
		diff     func(t testing.TB, old, new []byte) Difference
	}
	var pairs []pair
	for _, p := range [][2]*verify.Document{
		{oldRoot, newRoot}, {nil, newRoot}, {oldRoot, oldRoot},
		{oldTargets, newTargets}, {newTargets, oldTargets}, {nil, newTargets}, {nil, release},
	} {
		pairs = append(pairs, pair{signedText(t, p[0]), signedText(t, p[1]), diffOfText})
	}
	oldCharter, newCharter := nine().charter(t, Root).JSON(), rotated(t).charter(t, Root).JSON()
	pairs = append(pairs, pair{oldCharter, newCharter, diffOfCharterText}, pair{nil, newCharter, diffOfCharterText},
		pair{oldCharter, looser(t).charter(t, Root).JSON(), diffOfCharterText})
	for _, p := range pairs {
		told := strings.Join(p.diff(t, p.old, p.new).Lines(), "\n")
		for range 30 {
			value := objectOf(t, p.new)
			at := ""
			if random.IntN(2) == 0 {
				at, _, _ = mutate(random, value)
			} else {
				at = rearrange(random, value)
			}
			text, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			if len(changedPointers(leavesOf(t, p.new), leavesOf(t, text))) == 0 {
				continue
			}
			d := p.diff(t, p.old, text)
			checkComplete(t, d, p.old, text)
			if strings.Join(d.Lines(), "\n") == told {
				t.Errorf("%s: changed, and the text is the same\n%s", at, text)
			}
		}
	}
}

func diffOfCharterText(t testing.TB, old, new []byte) Difference {
	t.Helper()
	return diffCharters(canonicalNode(t, old), canonicalNode(t, new))
}

// objectOf reads an object to be edited.
func objectOf(t testing.TB, text []byte) object {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var o object
	if err := decoder.Decode(&o); err != nil {
		t.Fatal(err)
	}
	return o
}

// diffOfText compares signed values, also such as no reader accepts.
func diffOfText(t testing.TB, old, new []byte) Difference {
	t.Helper()
	x := newComparison(canonicalNode(t, old), canonicalNode(t, new))
	x.explain()
	d := Difference{Role: shownName(x.roleName()), Changes: x.changes(), Outcomes: []string{}}
	d.Headline = x.headline(d)
	return d
}

func canonicalNode(t testing.TB, text []byte) *jsonNode {
	t.Helper()
	if text == nil {
		return nil
	}
	canonical, err := verify.Canonical(text, verify.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	node, err := readCanonical(canonical)
	if err != nil {
		t.Fatal(err)
	}
	return node
}

// TestDiffWithoutOneSentence leaves out each sentence in turn: what only it
// explained must come out raw, so that no explanation is there for show.
func TestDiffWithoutOneSentence(t *testing.T) {
	oldRoot, newRoot := pairOf(t, Root, nine(), rotated(t))
	oldTargets, newTargets := pairOf(t, Targets, nine(), redelegated(t))
	for _, pair := range [][2]*verify.Document{{oldRoot, newRoot}, {nil, oldRoot}, {oldTargets, newTargets}, {nil, newTargets}} {
		x := newComparison(signedValue(pair[0]), signedValue(pair[1]))
		x.explain()
		all := x.changes()
		for i, left := range x.said {
			rest := slices.Delete(slices.Clone(x.said), i, i+1)
			d := Difference{Changes: inOrder(x.ledger.settle(rest)), Outcomes: []string{}}
			checkComplete(t, d, signedText(t, pair[0]), signedText(t, pair[1]))
			if raw := len(d.Unexplained()); raw == 0 && said(all, left.Text) {
				t.Errorf("without %q nothing is raw: it explains nothing of its own", left.Text)
			}
		}
	}
}

// said reports whether a sentence is among changes and explains something.
func said(changes []Change, text string) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Text == text && len(c.Paths) > 0 })
}

func TestDiffOfWholeDocuments(t *testing.T) {
	oldRoot, newRoot := pairOf(t, Root, nine(), rotated(t))
	oldTargets, newTargets := pairOf(t, Targets, nine(), redelegated(t))
	release, _ := pairOf(t, "release", nine(), nine())
	all := []*verify.Document{nil, oldRoot, newRoot, oldTargets, newTargets, release}
	for _, old := range all {
		for _, new := range all {
			d := Diff(old, new)
			checkComplete(t, d, signedText(t, old), signedText(t, new))
			if same := old == new; same != (len(d.Changes) == 0) {
				t.Errorf("%s: %d changes", d.Headline, len(d.Changes))
			}
		}
	}
}

func TestDiffChartersComplete(t *testing.T) {
	all := []*Charter{
		nil, nine().charter(t, Root), rotated(t).charter(t, Root), nine().charter(t, Targets),
		redelegated(t).charter(t, Targets), nine().charter(t, "release"), looser(t).charter(t, Root),
	}
	text := func(c *Charter) []byte {
		if c == nil {
			return nil
		}
		return c.JSON()
	}
	random := rand.New(rand.NewPCG(19, 28))
	for _, old := range all {
		for _, new := range all {
			d := DiffCharters(old, new)
			checkComplete(t, d, text(old), text(new))
			if raw := d.Unexplained(); len(raw) > 0 {
				t.Errorf("%s is not explained", raw[0].Text)
			}
		}
		if old == nil {
			continue
		}
		for range 80 {
			changed := objectOf(t, old.JSON())
			at, now, added := mutate(random, changed)
			after, err := json.Marshal(changed)
			if err != nil {
				t.Fatal(err)
			}
			d := diffOfCharterText(t, old.JSON(), after)
			checkComplete(t, d, old.JSON(), after)
			if added && !shows(about(d, at), now) && leavesOf(t, after)[at] != leavesOf(t, old.JSON())[at] {
				t.Errorf("%s: the new value %v is not shown\n%s", at, now, strings.Join(d.Lines(), "\n"))
			}
		}
	}
}
