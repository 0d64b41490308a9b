package metadata

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// cases is how often a property is tried; its seed is fixed.
func cases(n int) int {
	if raced {
		return n / 20
	}
	return n
}

// badFiles makes signature files of which none may count.
type badFiles struct {
	rng     *rand.Rand
	w       *world
	e       *Event
	earlier *Payload // what the same keys signed before
	foreign *Payload // what they signed elsewhere
	signed  []string
	others  []string // listed, but have not signed
}

// next returns a path and a content.
func (b *badFiles) next() (string, []byte) {
	p := b.e.Payloads[b.rng.IntN(len(b.e.Payloads))]
	victim := b.others[b.rng.IntN(len(b.others))]
	f := b.w.signature(p, victim)
	path := SignaturePath(b.e.Name, p.Role, f.KeyID)
	switch b.rng.IntN(9) {
	case 0: // a copy of one that counts, under another id
		f = b.w.signature(p, b.signed[b.rng.IntN(len(b.signed))])
	case 1: // the same with the other id written into it
		f.Sig = b.w.signature(p, b.signed[b.rng.IntN(len(b.signed))]).Sig
	case 2: // a stranger's
		f = b.w.signature(p, fmt.Sprintf("stranger-%d", b.rng.IntN(3)))
		path = SignaturePath(b.e.Name, p.Role, f.KeyID)
	case 3: // a stranger's under the victim's id
		f.Sig = b.w.signature(p, "stranger-0").Sig
	case 4: // replayed from the version before
		f = b.w.signature(b.earlier, victim)
	case 5: // replayed and relabelled
		f.Sig = b.w.signature([]*Payload{b.earlier, b.foreign}[b.rng.IntN(2)], victim).Sig
	case 6: // over the other payload
		f.Sig = b.w.signature(b.e.Payloads[(slices.Index(b.e.Payloads, p)+1)%len(b.e.Payloads)], victim).Sig
	case 7: // with a bit flipped
		f.Sig[b.rng.IntN(len(f.Sig))] ^= 1 << b.rng.IntN(8)
	case 8:
		return path, b.damaged(f)
	}
	return path, f.Bytes()
}

// damaged is a good file with some bytes changed, until it is no good file.
func (b *badFiles) damaged(f *SignatureFile) []byte {
	for {
		content := f.Bytes()
		switch at := b.rng.IntN(len(content)); b.rng.IntN(4) {
		case 0:
			content = content[:at]
		case 1:
			content[at] ^= byte(1 + b.rng.IntN(255))
		case 2:
			content = slices.Insert(content, at, byte(b.rng.IntN(256)))
		case 3:
			content = slices.Delete(content, at, min(len(content), at+1+b.rng.IntN(20)))
		}
		g, err := ParseSignatureFile(content)
		if err != nil || g.Digest != f.Digest || !bytes.Equal(g.Sig, f.Sig) || g.KeyID != f.KeyID || g.Version != f.Version || g.Role != f.Role || g.Repository != f.Repository {
			return content
		} // only the time that it claims is another: that one counts
	}
}

// However many bad files there are, none raises a tally or completes an event,
// and none spoils one.
func TestBadSignaturesNeverCount(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(2026, 11))
	for _, signed := range [][]string{
		{"carol"},
		{"alice", "bob", "erin", "judy"},
		{"alice", "bob", "carol", "dave", "erin", "judy", "karl"},
	} {
		w := rotation(t)
		w.sign(rotationEvent, signed...)
		before := w.standing(rotationEvent)
		trusted := w.trusted()
		bad := &badFiles{rng: rng, w: w, e: before.Event, earlier: w.read().Closed[0].Payload("root"), foreign: otherRepository(t).event(rotationEvent).Payload("root"),
			signed: except(signed, "carol", "dave"), others: except(append(slices.Clone(afterRotation), "dave"), signed...)}
		if len(bad.signed) == 0 {
			bad.signed = signed
		}
		for i := range cases(100) {
			head := w.clone()
			added := map[string]bool{}
			for range 1 + rng.IntN(6) {
				path, content := bad.next()
				if w.files[path] == nil {
					head.files[path], added[path] = content, true
				}
			}
			r := head.read()
			e, err := r.Event(rotationEvent)
			if err != nil {
				t.Fatal(err)
			}
			after, err := trusted.In(r).Judge(e)
			if err != nil {
				t.Fatal(err)
			}
			refusals := 0
			for _, p := range after.Payloads {
				for _, f := range p.Refused {
					if !added[f.Path] {
						t.Errorf("case %d: a good signature is refused: %v", i, f)
					}
				}
				refusals += len(p.Refused)
			}
			if !slices.Equal(counts(before), counts(after)) || before.Complete() != after.Complete() || refusals != len(added) {
				t.Fatalf("case %d: %d of %d bad files are refused, and it counts\n  %q, not\n  %q\nwith %q", i, refusals, len(added), counts(after), counts(before), slices.Sorted(maps.Keys(added)))
			}
		}
	}
}

// Whoever signs in whatever order at whatever time, and whatever else lies
// about: the same valid signatures yield the same bytes.
func TestCompletionIndependentOfOrder(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(2026, 12))
	everybody := append(slices.Clone(afterRotation), "carol", "dave")
	w := rotation(t)
	e := w.event(rotationEvent)
	trusted := w.trusted()
	bad := &badFiles{rng: rng, w: w, e: e, earlier: w.read().Closed[0].Payload("root"), foreign: otherRepository(t).event(rotationEvent).Payload("root"),
		signed: []string{"stranger-1"}, others: everybody}
	reference := map[string]map[string][]byte{}
	completed := 0
	for i := range cases(60) {
		people := slices.Clone(everybody)
		rng.Shuffle(len(people), func(a, b int) { people[a], people[b] = people[b], people[a] })
		people = people[:7+rng.IntN(3)]
		head := w.clone()
		for _, name := range people {
			if rng.IntN(2) == 0 {
				if path, content := bad.next(); head.files[path] == nil {
					head.files[path] = content // a good one may take its place yet
				}
			}
			head.now = head.now.Add(time.Duration(rng.IntN(1000)) * time.Second)
			for _, p := range e.Payloads {
				f := head.signature(p, name)
				path := SignaturePath(e.Name, p.Role, f.KeyID)
				base := head.clone()
				delete(base.files, path)
				head.files[path] = f.Bytes()
				if i < cases(20)/4 {
					if v, err := Check(base.tree(), head.tree()); err != nil || (v.Machine() || v.Surplus) != v.Standing.Payload(p.Role).Signed(f.KeyID) {
						t.Fatalf("case %d: %s: %+v, %v", i, name, v, err)
					}
				}
			}
		}
		r := head.read()
		now, err := r.Event(rotationEvent)
		if err != nil {
			t.Fatal(err)
		}
		c, err := trusted.In(r).Complete(now)
		if err != nil {
			expect[*PendingError](t, err)
			continue
		}
		completed++
		slices.Sort(people)
		group := strings.Join(people, " ")
		got := map[string][]byte{}
		for _, p := range c.Published {
			got[p.Path] = p.Raw
		}
		for _, p := range c.Published {
			if want := inKeyOrder(people, p.Role); !slices.Equal(p.Signers, want) {
				t.Errorf("case %d: %s is signed by %q, not %q", i, p.Role, p.Signers, want)
			}
		}
		if reference[group] == nil {
			reference[group] = alone(t, w, people)
		}
		if !maps.EqualFunc(got, reference[group], bytes.Equal) {
			t.Fatalf("case %d: %s: other bytes than without bad files", i, group)
		}
	}
	if completed < cases(60)/4 {
		t.Errorf("only %d events completed", completed)
	}
}

// alone is what the signatures of these people publish with nothing beside
// them, made from trees that grew in another order.
func alone(t *testing.T, w *world, people []string) map[string][]byte {
	t.Helper()
	w = w.clone()
	w.sign(rotationEvent, people...)
	c, err := w.tryComplete(rotationEvent)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, p := range c.Published {
		out[p.Path] = p.Raw
	}
	return out
}

// inKeyOrder are those of the people whose signature counts for a role, in the
// order of their key ids.
func inKeyOrder(people []string, role string) []string {
	if role == "targets" { // carol and dave count under the old root alone
		people = except(people, "carol", "dave")
	}
	sorted := slices.Clone(people)
	slices.SortFunc(sorted, func(a, b string) int { return strings.Compare(keyIDOf(a), keyIDOf(b)) })
	return sorted
}

// everything is a repository with a bit of all: two roots, a delegated role,
// a superseded event with signatures and an open one.
func everything(t testing.TB) *world {
	t.Helper()
	return scene(t, "everything", func() *world {
		w := delegated(t)
		w.later()
		p, err := w.tryPropose(Proposition{Name: "first-try", Renew: []string{"root", "release"}})
		if err != nil {
			t.Fatal(err)
		}
		w.apply(p.Change)
		w.sign("first-try", "alice", "bob")
		w.supersede("first-try", "second-try", "root", "release")
		w.sign("second-try", "alice", "judy", "olivia")
		return w
	})
}

// kindOfFile sorts governed files by what they are.
func kindOfFile(path string) string {
	parts := strings.Split(path, "/")
	switch {
	case len(parts) == 1:
		return path
	case parts[0] == MembersDir, parts[0] == PublishedDir:
		return parts[0]
	}
	where := map[string]string{EventsDir: "open", LogDir: "closed"}[parts[0]]
	if parts[1] == "first-try" {
		where = "superseded"
	}
	switch {
	case parts[2] == signaturesDir, parts[2] == policyDir, parts[2] == eventFile, parts[2] == closedFile:
		return where + " " + parts[2]
	}
	return where + " payload"
}

// Of a repository that is in order no byte can be changed unnoticed. The gate
// sees everything but edits of what people declare, which are its business to
// let through; an audit, which does not know what was there before, sees all
// that follows from something else.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	w := everything(t)
	base := w.tree()
	if report := Audit(base); len(report.Problems) > 0 {
		t.Fatal(report.Problems)
	}
	rng := rand.New(rand.NewPCG(2026, 13))
	unnoticed := map[string]bool{} // by audits
	try := func(path string, at int, now byte) {
		t.Helper()
		head := w.clone()
		head.files[path] = bytes.Clone(w.files[path])
		head.files[path][at] = now
		field := fieldAt(w.files[path], at)
		if report := Audit(head.tree()); len(report.Problems) == 0 {
			unnoticed[kindOfFile(path)+": "+field] = true
		}
		v, err := Check(base, head.tree())
		if err != nil {
			t.Fatal(err)
		}
		declared := path == PolicyFile || strings.HasPrefix(path, MembersDir+"/")
		if v.Machine() || declared != (v.Kind == KindPolicy || v.Kind == KindMember) || !declared && v.Accepted() {
			t.Errorf("%s, byte %d (%s) becomes %q: the gate says %s, accepted %t", path, at, field, now, v.Kind, v.Accepted())
		}
	}
	for _, path := range slices.Sorted(maps.Keys(w.files)) {
		if !Governed(path) || raced {
			continue
		}
		at := rng.IntN(len(w.files[path]))
		try(path, at, w.files[path][at]^byte(1+rng.IntN(255)))
	}
	// What an audit cannot derive from anything else.
	replaceEnd := func(path, text string, now byte) {
		t.Helper()
		at := strings.Index(string(w.files[path]), text)
		if at < 0 {
			t.Fatalf("%s does not hold %q", path, text)
		}
		try(path, at+len(text)-1, now)
	}
	sig := func(folder, role, name string) string {
		return folder + "/" + signaturesDir + "/" + role + "/" + keyIDOf(name) + ".json"
	}
	replaceEnd(LogPath(rotationEvent, eventFile), "carol and dave", 'E')
	replaceEnd(LogPath("first-try", eventFile), "a test", 'T')
	replaceEnd(EventPath("second-try", eventFile), "a test", 'T')
	replaceEnd(sig(LogPath(rotationEvent), "root", "carol"), "2026-11-23T1", '0')
	replaceEnd(sig(LogPath("first-try"), "root", "alice"), "2026-11-25T1", '0')
	replaceEnd(sig(EventPath("second-try"), "root", "alice"), "2026-11-25T1", '0')
	replaceEnd(sig(LogPath("first-try"), "root", "alice"), `"sig": "3`, '4')
	allowed := []string{
		"open event.toml: why", "superseded event.toml: why",
		"superseded signatures: signed_at_claimed",
		"superseded signatures: sig", // discarded, and never counted again
	}
	for _, what := range allowed {
		if !unnoticed[what] {
			t.Errorf("an audit notices %s now; take it from the list", what)
		}
	}
	for what := range unnoticed {
		// The superseded event's signatures count for nothing, and the
		// declaration is anybody's proposal.
		if slices.Contains(allowed, what) || strings.HasPrefix(what, "superseded signatures: ") || strings.HasPrefix(what, PolicyFile+": ") || strings.HasPrefix(what, MembersDir+": ") {
			continue
		}
		t.Errorf("an audit does not notice a change of %s", what)
	}
}

// fieldAt is the name of the member or key whose line holds a byte.
func fieldAt(content []byte, at int) string {
	line := content[bytes.LastIndexByte(content[:at], '\n')+1:]
	if end := bytes.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	name, _, _ := strings.Cut(strings.TrimLeft(string(line), " \""), " ")
	return strings.TrimRight(name, "\":")
}

// Whoever verifies the published files with the walk alone comes to the same
// end as whoever audits.
func TestAuditAgreesWithClients(t *testing.T) {
	t.Parallel()
	w := everything(t)
	report := Audit(w.tree())
	raw, err := w.read().Published("root", 1)
	if err != nil {
		t.Fatal(err)
	}
	first, err := verify.TrustPinnedRoot(raw, w.read().Closed[0].Payload("root").Digest, verify.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	newest, err := first.Walk(func(v int64) ([]byte, error) { return w.read().Published("root", v) }, verify.DefaultLimits())
	if err != nil || newest.Digest() != report.Trusted.Root.Digest() {
		t.Errorf("%v, %v", newest, err)
	}
}
