package verify_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// metLine is how the records of a client say that a document carried the threshold
// that another one demands of a role, made by hand.
func metLine(t testing.TB, by []byte, role string, document []byte) string {
	t.Helper()
	signatures := signaturesOf(t, document)
	demanded, signed := mustRead(t, by).Digest(), mustRead(t, document).Digest()
	word := "met"
	if role == "timestamp" {
		word = role
	}
	return fmt.Sprintf("%s %x\n", word, sha256.Sum256(slices.Concat(demanded[:], signed[:], fmt.Appendf(nil, "%d %s", len(role), role), signatures)))
}

// delegated is a repository in which nightly, signed by dave, lists one target, and a
// client that has looked that up.
func delegated(t *testing.T) (*served, *verify.Client, shelf) {
	r := serve(t)
	dave := edPerson(t, "dave")
	delegating(r.targets["targets"], "nightly", 1, dave)
	entry := object{"length": 5, "hashes": object{"sha256": strings.Repeat("ab", 32)}}
	r.targets["nightly"], r.signers["nightly"] = set(targetsSigned("nightly", 1), "targets", object{"channels/nightly.toml": entry}), []*person{dave}
	r.publish()
	c, store := r.client()
	if _, err := lookup(c, "channels/nightly.toml"); err != nil {
		t.Fatal(err)
	}
	return r, c, store
}

// What a client kept, and who vouches for it.
func keptDocuments(r *served) map[string][2]string {
	return map[string][2]string{
		"root":      {"1.root.json", "1.root.json"},
		"timestamp": {"timestamp.json", "1.root.json"},
		"targets":   {"1.targets.json", "1.root.json"},
		"nightly":   {"1.nightly.json", "1.targets.json"},
	}
}

// recordsOf are the lines of what a client has found that is at hand of a repository.
func recordsOf(r *served) []string {
	var lines []string
	for role, files := range keptDocuments(r) {
		lines = append(lines, metLine(r.t, r.files[files[1]], role, r.files[files[0]]))
	}
	slices.Sort(lines)
	return lines
}

// A client keeps a record of each document that it verified.
func TestRecords(t *testing.T) {
	r, _, store := delegated(t)
	want := memoryOf(inOrder(append(recordsOf(r), line(recordOf(t, r.files["1.snapshot.json"], r.files["1.root.json"])))...)...)
	if got := store[recordsSlot]; !bytes.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// A record spares the signatures of one document for one role of one delegator. All
// that is kept has lost a signature here, which shows whether anybody looked: what was
// looked at is fetched again, but for the root, from which there is no other way.
func TestRecordsSpareSignatures(t *testing.T) {
	for role, files := range keptDocuments(nil) {
		t.Run(role, func(t *testing.T) {
			r, _, store := delegated(t)
			good, by := r.files[files[0]], r.files[files[1]]
			bad := spoiledAll(t, good)
			right := metLine(t, by, role, bad)
			others := slices.DeleteFunc(recordsOf(r), func(l string) bool { return l == metLine(t, by, role, good) })
			others = append(others, line(recordOf(t, r.files["1.snapshot.json"], r.files["1.root.json"])))
			for name, c := range map[string]struct {
				records []byte
				looked  bool
			}{
				"as recorded":       {memoryOf(inOrder(append(others, right)...)...), false},
				"the good one":      {memoryOf(inOrder(append(others, metLine(t, by, role, good))...)...), true},
				"of another role":   {memoryOf(inOrder(append(others, metLine(t, by, role+"1", bad))...)...), true},
				"by another":        {memoryOf(inOrder(append(others, metLine(t, r.files["1.snapshot.json"], role, bad))...)...), true},
				"none":              {nil, true},
				"damaged":           {append(memoryOf(inOrder(append(others, right)...)...), 'x'), true},
				"cut":               {memoryOf(strings.TrimSuffix(right, "\n")), true},
				"another word":      {memoryOf("not" + right[3:]), true},
				"twice one line":    {memoryOf(strings.TrimSuffix(right, "\n") + " " + right), true},
				"damage beside it":  {memoryOf(right, "?\n"), true},
				"of another format": {memoryFormat2(right), true},
			} {
				t.Run(name, func(t *testing.T) {
					store, served := maps.Clone(store), *r
					store[verify.Slot{Role: role}], store[recordsSlot] = bad, c.records
					if c.records == nil {
						delete(store, recordsSlot)
					}
					if role == "timestamp" { // what the repository has is what is kept
						served.files = maps.Clone(r.files)
						served.files["timestamp.json"] = bad
					}
					client := &verify.Client{Metadata: &served, Store: store}
					if role == "root" {
						_, err := client.Root()
						if c.looked {
							refused[*verify.ThresholdError](t, err, "root")
						} else if err != nil {
							t.Error(err)
						}
						return
					}
					served.asked = nil
					_, err := lookup(client, "channels/nightly.toml")
					switch {
					case role == "timestamp" && c.looked:
						refused[*verify.ThresholdError](t, err, "timestamp")
						return
					case err != nil:
						t.Fatal(err)
					}
					if fetched := slices.Contains(served.asked, files[0]) && role != "timestamp"; fetched != c.looked {
						t.Errorf("asked for %q", served.asked)
					}
					if kept := store[verify.Slot{Role: role}]; bytes.Equal(kept, good) != c.looked {
						t.Error("what is kept is not the expected one")
					}
				})
			}
		})
	}
}

// spoiledAll is a document none of whose signatures is the one that was made.
func spoiledAll(t *testing.T, raw []byte) []byte {
	t.Helper()
	first := regexp.MustCompile(`("sig": *")(.)`)
	raw = first.ReplaceAllFunc(raw, func(m []byte) []byte {
		m = bytes.Clone(m)
		if last := len(m) - 1; m[last] == '0' {
			m[last] = '1'
		} else {
			m[last] = '0'
		}
		return m
	})
	mustRead(t, raw)
	return raw
}

// inOrder are lines as records have them: the snapshot and the timestamp before the others.
func inOrder(lines ...string) []string {
	lines = slices.Clone(lines)
	slices.SortFunc(lines, func(a, b string) int {
		if a[0] != b[0] {
			return strings.IndexByte("stm", a[0]) - strings.IndexByte("stm", b[0])
		}
		return strings.Compare(a, b)
	})
	return lines
}

// memoryFormat2 are lines that a newer program has written.
func memoryFormat2(lines ...string) []byte {
	text := "format 2\n" + strings.Join(lines, "")
	return fmt.Appendf(nil, "%sdigest %x\n", text, sha256.Sum256([]byte(text)))
}

// A record is no secret: whoever can write to the store can make one, for targets that
// nobody signed. Nothing is refused by such targets: the client verifies what it kept,
// finds that it is none, and fetches another one, within the same run.
func TestForgedTargetsAreRepaired(t *testing.T) {
	for name, forge := range map[string]func(r *served) (role string, raw []byte){
		"targets that delegate nothing": func(r *served) (string, []byte) { return "targets", unsigned(t, targetsSigned("targets", 1)) },
		"targets that delegate to nobody": func(r *served) (string, []byte) {
			signed := targetsSigned("targets", 1)
			delegating(signed, "gone", 1, edPerson(t, "erin"))
			return "targets", unsigned(t, signed)
		},
		"targets that delegate to others": func(r *served) (string, []byte) {
			signed := targetsSigned("targets", 1)
			delegating(signed, "nightly", 1, edPerson(t, "erin"))
			return "targets", unsigned(t, signed)
		},
		"a bin that lists nothing": func(r *served) (string, []byte) { return "nightly", unsigned(t, targetsSigned("nightly", 1)) },
	} {
		for _, parallel := range []int{0, 4} {
			t.Run(fmt.Sprint(name, parallel), func(t *testing.T) {
				r, _, store := delegated(t)
				role, raw := forge(r)
				by := r.files[keptDocuments(r)[role][1]]
				store[verify.Slot{Role: role}] = raw
				store[recordsSlot] = memoryOf(inOrder(metLine(t, by, role, raw), line(recordOf(t, r.files["1.snapshot.json"], r.files["1.root.json"])))...)
				c := &verify.Client{Metadata: &scales{next: r}, Store: store, Parallel: parallel}
				for range 2 {
					v, err := lookup(c, "channels/nightly.toml")
					if err != nil || v.Role() != "nightly" {
						t.Fatalf("%+v, %v", v, err)
					}
				}
				if !bytes.Equal(store[verify.Slot{Role: role}], r.files["1."+role+".json"]) {
					t.Error("the forged document is kept")
				}
				if strings.Contains(string(store[recordsSlot]), metLine(t, by, role, raw)) {
					t.Error("the forged record is kept")
				}
			})
		}
	}
}

// unsigned is a document without a signature.
func unsigned(t *testing.T, signed object) []byte {
	t.Helper()
	raw, err := json.Marshal(object{"signatures": []any{}, "signed": signed})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// What is refused under records that are right stays refused, and nobody asks for
// anything again.
func TestRefusedUnderRecords(t *testing.T) {
	r, c, _ := delegated(t)
	for range 2 {
		r.asked = nil
		_, err := lookup(c, "channels/none.toml")
		refused[*verify.NotFoundError](t, err, "channels/none.toml")
		if want := []string{"2.root.json", "timestamp.json"}; !slices.Equal(r.asked, want) {
			t.Errorf("asked for %q", r.asked)
		}
	}
}

// A floor was always verified: a timestamp that nobody signed holds none back, whatever
// a record says of it.
func TestForgedTimestampIsNoFloor(t *testing.T) {
	r, c, store := delegated(t)
	raw := unsigned(t, object{"_type": "timestamp", "spec_version": "1.0.31", "version": int64(1) << 50, "expires": "2030-01-01T00:00:00Z",
		"x-rust-tuf": extension("timestamp"),
		"meta":       object{"snapshot.json": object{"version": int64(1) << 50}}})
	store[verify.Slot{Role: "timestamp"}] = raw
	store[recordsSlot] = memoryOf(metLine(t, r.files["1.root.json"], "timestamp", raw))
	if _, err := lookup(c, "channels/nightly.toml"); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(store[verify.Slot{Role: "timestamp"}], r.files["timestamp.json"]) {
		t.Error("the forged timestamp is kept")
	}
}

// What is refused leaves no record: a mirror that serves it again is refused again.
func TestRefusedLeavesNoRecord(t *testing.T) {
	for role, files := range map[string][2]string{"nightly": {"2.nightly.json", "2.targets.json"}, "targets": {"2.targets.json", "1.root.json"}, "timestamp": {"timestamp.json", "1.root.json"}} {
		t.Run(role, func(t *testing.T) {
			r, _, store := delegated(t)
			r.bump("timestamp", "snapshot", "targets", "nightly")
			r.files[files[0]] = spoiledAll(t, r.files[files[0]])
			for range 2 {
				c := &verify.Client{Metadata: r, Store: store}
				refreshed, err := c.Refresh(t.Context(), now)
				for range 2 {
					if err == nil {
						_, err = refreshed.Verdicts(t.Context(), "channels/nightly.toml")
					}
					refused[*verify.ThresholdError](t, err, role)
				}
			}
			if strings.Contains(string(store[recordsSlot]), metLine(t, r.files[files[1]], role, r.files[files[0]])) {
				t.Error("it is recorded")
			}
		})
	}
}

// A root that nobody signed, vouched for by a record that somebody made: the refusal
// under it says that it is damaged, and the next start repairs it.
func TestForgedRootIsRepaired(t *testing.T) {
	r, _, store := delegated(t)
	good := r.files["1.root.json"]
	mallory := edPerson(t, "mallory")
	for name, edit := range map[string]func(signed object){
		"another timestamp key": func(signed object) { set(signed, "roles.timestamp", roleObject(1, mallory)) },
		"other targets keys":    func(signed object) { set(signed, "roles.targets", roleObject(1, mallory)) },
		"expired":               func(signed object) { signed["expires"] = "2020-01-01T00:00:00Z" },
	} {
		t.Run(name, func(t *testing.T) {
			var parts struct{ Signed object }
			if err := json.Unmarshal(good, &parts); err != nil {
				t.Fatal(err)
			}
			parts.Signed["keys"].(object)[mallory.id] = keyObjects(mallory)[mallory.id]
			edit(parts.Signed)
			raw := unsigned(t, parts.Signed)
			store := maps.Clone(store)
			store[verify.Slot{Role: "root"}], store[recordsSlot] = raw, memoryOf(metLine(t, raw, "root", raw))
			c := &verify.Client{Metadata: r, Store: store}
			if err := c.Init(good); err != nil {
				t.Fatal(err)
			}
			_, err := lookup(c, "channels/nightly.toml")
			refused[*verify.ThresholdError](t, err, "root", "Init repairs it")
			_, err = c.Refresh(t.Context(), now) // nor does this very client believe it any more
			refused[*verify.ThresholdError](t, err, "root", "Init repairs it")
			c = &verify.Client{Metadata: r, Store: store}
			if err := c.Init(good); err != nil {
				t.Fatal(err)
			}
			if v, err := lookup(c, "channels/nightly.toml"); err != nil || v.Role() != "nightly" {
				t.Errorf("%+v, %v", v, err)
			}
		})
	}
}

// What was found by targets that turn out to be none is not said, however late that
// comes out: when another target is refused.
func TestForgedTargetsBeforeARefusal(t *testing.T) {
	for _, parallel := range []int{0, 4} {
		r, _, store := delegated(t)
		signed := targetsSigned("targets", 1)
		entry := object{"length": 5, "hashes": object{"sha256": strings.Repeat("ab", 32)}}
		raw := unsigned(t, set(signed, "targets", object{"evil": entry}))
		store[verify.Slot{Role: "targets"}] = raw
		store[recordsSlot] = memoryOf(inOrder(metLine(t, r.files["1.root.json"], "targets", raw), line(recordOf(t, r.files["1.snapshot.json"], r.files["1.root.json"])))...)
		refreshed, err := (&verify.Client{Metadata: &scales{next: r}, Store: store, Parallel: parallel}).Refresh(t.Context(), now)
		if err != nil {
			t.Fatal(err)
		}
		verdicts, err := refreshed.Verdicts(t.Context(), "evil", "channels/nightly.toml")
		refused[*verify.NotFoundError](t, err, "evil")
		if verdicts[0] != nil || verdicts[1] == nil {
			t.Errorf("parallel %d: %+v", parallel, verdicts)
		}
	}
}

// forgedRoot is a repository, and a store whose root nobody signed, but a record vouches
// for it.
func forgedRoot(t *testing.T, edit func(signed object)) (r *served, raw []byte, store shelf) {
	r, _, store = delegated(t)
	var parts struct{ Signed object }
	if err := json.Unmarshal(r.files["1.root.json"], &parts); err != nil {
		t.Fatal(err)
	}
	edit(parts.Signed)
	raw = unsigned(t, parts.Signed)
	store[verify.Slot{Role: "root"}], store[recordsSlot] = raw, memoryOf(metLine(t, raw, "root", raw))
	return r, raw, store
}

// later is an edit of a root that changes nobody's keys.
func later(signed object) { signed["expires"] = "2031-01-01T00:00:00Z" }

// A root that turns out to be none takes with it what was found under it.
func TestForgedRootBeforeARefusal(t *testing.T) {
	for _, parallel := range []int{0, 4} {
		r, _, store := forgedRoot(t, later)
		refreshed, err := (&verify.Client{Metadata: &scales{next: r}, Store: store, Parallel: parallel}).Refresh(t.Context(), now)
		if err != nil {
			t.Fatal(err)
		}
		verdicts, err := refreshed.Verdicts(t.Context(), "channels/nightly.toml", "channels/none.toml", "channels/nightly.toml")
		refused[*verify.ThresholdError](t, err, "root", "Init repairs it")
		if slices.ContainsFunc(verdicts, func(v *verify.Verdict) bool { return v != nil }) {
			t.Errorf("parallel %d: %+v", parallel, verdicts)
		}
	}
}

// Another client that began with the same forged root does not vouch for it again.
func TestForgedRootIsNotRecordedAgain(t *testing.T) {
	r, raw, store := forgedRoot(t, later)
	one, other := &verify.Client{Metadata: r, Store: store}, &verify.Client{Metadata: r, Store: store}
	for _, c := range []*verify.Client{one, other} {
		if err := c.Init(r.files["1.root.json"]); err != nil {
			t.Fatal(err)
		}
	}
	_, err := lookup(one, "channels/none.toml")
	refused[*verify.ThresholdError](t, err, "root", "Init repairs it")
	if _, err := other.Refresh(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(store[recordsSlot]), metLine(t, raw, "root", raw)) {
		t.Errorf("it is recorded:\n%s", store[recordsSlot])
	}
}

// What another process has repaired meanwhile is not said to be damaged.
func TestForgedRootRepairedMeanwhile(t *testing.T) {
	r, _, store := forgedRoot(t, later)
	good := r.files["1.root.json"]
	c := &verify.Client{Store: store}
	if err := c.Init(good); err != nil {
		t.Fatal(err)
	}
	c.Metadata = during{r, "2.root.json", func() {
		delete(store, recordsSlot)
		if err := (&verify.Client{Store: store}).Init(good); err != nil {
			t.Error(err)
		}
	}}
	v, err := lookup(c, "channels/nightly.toml")
	if err != nil || v.Chain[0].Digest != mustRead(t, good).Digest() {
		t.Errorf("%+v, %v", v, err)
	}
}

// A target by itself is recorded however many timestamps there were, and what is of use
// in each run is never forgotten.
func TestRecordsOfOneTargetAtATime(t *testing.T) {
	r, _, store := delegated(t)
	for n := range 40 {
		roles := []string{"timestamp"}
		if n%4 == 0 {
			roles = append(roles, "snapshot", "targets", "nightly")
		}
		r.bump(roles...)
		c := &verify.Client{Metadata: r, Store: store}
		if _, err := lookup(c, "channels/nightly.toml"); err != nil {
			t.Fatal(err)
		}
		version := number(r.targets["targets"]["version"])
		targets := fmt.Sprintf("%d.targets.json", version)
		for role, by := range map[string]string{"targets": "1.root.json", "nightly": targets, "timestamp": "1.root.json"} {
			file := map[string]string{"targets": targets, "nightly": fmt.Sprintf("%d.nightly.json", version), "timestamp": "timestamp.json"}[role]
			if !strings.Contains(string(store[recordsSlot]), metLine(t, r.files[by], role, r.files[file])) {
				t.Fatalf("run %d: %s is not recorded:\n%s", n, role, store[recordsSlot])
			}
		}
	}
}

// Many targets, one after the other, do not write as many records.
func TestRecordsAreNotWrittenForEach(t *testing.T) {
	r := serve(t)
	dave := edPerson(t, "dave")
	var roles []any
	for i := range 100 {
		role := fmt.Sprint("role-", i)
		entry := object{"length": 5, "hashes": object{"sha256": strings.Repeat("ab", 32)}}
		r.targets[role], r.signers[role] = set(targetsSigned(role, 1), "targets", object{role: entry}), []*person{dave}
		roles = append(roles, object{"name": role, "keyids": []any{dave.id}, "threshold": 1, "terminating": true, "paths": []any{role}})
	}
	set(r.targets["targets"], "delegations", object{"keys": keyObjects(dave), "roles": roles})
	r.publish()
	c, store := r.client()
	var all []verify.Slot
	c.Store = written{store, &all}
	refreshed, err := c.Refresh(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if _, err := refreshed.Target(t.Context(), fmt.Sprint("role-", i)); err != nil {
			t.Fatal(err)
		}
	}
	n := len(slices.DeleteFunc(all, func(s verify.Slot) bool { return s != recordsSlot }))
	if held := strings.Count(string(store[recordsSlot]), "met "); n > 40 || held < 90 {
		t.Errorf("%d records were written %d times", held, n)
	}
}

// One new document is recorded also behind many that were recorded before.
func TestOneOfManyIsRecorded(t *testing.T) {
	r := serve(t)
	dave := edPerson(t, "dave")
	var roles []any
	for i := range 12 {
		role := fmt.Sprint("role-", i)
		r.targets[role], r.signers[role] = targetsSigned(role, 1), []*person{dave}
		roles = append(roles, object{"name": role, "keyids": []any{dave.id}, "threshold": 1, "terminating": false, "paths": []any{"*"}})
	}
	set(r.targets["targets"], "delegations", object{"keys": keyObjects(dave), "roles": roles})
	entry := object{"length": 5, "hashes": object{"sha256": strings.Repeat("ab", 32)}}
	set(r.targets["role-11"], "targets", object{"last": entry})
	r.publish()
	c, store := r.client()
	for range 2 {
		if _, err := lookup(c, "last"); err != nil {
			t.Fatal(err)
		}
		if want := metLine(t, r.files["1.targets.json"], "role-11", r.files[fmt.Sprintf("%d.role-11.json", number(r.targets["role-11"]["version"]))]); !strings.Contains(string(store[recordsSlot]), want) {
			t.Errorf("not recorded:\n%s", store[recordsSlot])
		}
		r.bump("timestamp", "snapshot", "role-11")
	}
}

// Nor is it proof of a fork, where the repository serves it too.
func TestForgedTimestampIsNoProof(t *testing.T) {
	r, c, store := delegated(t)
	raw := unsigned(t, object{"_type": "timestamp", "spec_version": "1.0.31", "version": 1, "expires": "2029-01-01T00:00:00Z",
		"x-rust-tuf": extension("timestamp"),
		"meta":       object{"snapshot.json": object{"version": 1}}})
	r.files["timestamp.json"] = raw
	store[recordsSlot] = memoryOf(metLine(t, r.files["1.root.json"], "timestamp", raw))
	_, err := c.Refresh(t.Context(), now)
	refused[*verify.ThresholdError](t, err, "timestamp")
	var fork *verify.ForkError
	if errors.As(err, &fork) {
		t.Error(err)
	}
}

// Records are for who keeps them: a session by itself looks at every signature, however
// often it met them.
func TestRecordsCannotBeWritten(t *testing.T) {
	r, _, store := delegated(t)
	delete(store, recordsSlot)
	c := &verify.Client{Metadata: r, Store: full{store, recordsSlot}}
	for range 2 {
		if _, err := lookup(c, "channels/nightly.toml"); err != nil {
			t.Error(err)
		}
	}
	store[verify.Slot{Role: "nightly"}] = spoiled(t, store[verify.Slot{Role: "nightly"}])
	r.asked = nil
	if _, err := lookup(c, "channels/nightly.toml"); err != nil || !slices.Contains(r.asked, "1.nightly.json") {
		t.Errorf("%v, asked for %q", err, r.asked)
	}
}

// The next run changes nothing where nothing changed, and forgets nothing of what others
// have found.
func TestRecordsAreKept(t *testing.T) {
	r, c, store := delegated(t)
	before := store[recordsSlot]
	c.Store = &killed{store, 0} // writes nothing
	if _, err := lookup(c, "channels/nightly.toml"); err != nil {
		t.Error(err)
	}
	c.Store = store
	if _, err := lookup(c, "channels/stable.toml"); err != nil || !bytes.Equal(store[recordsSlot], before) {
		t.Errorf("%v, %s", err, store[recordsSlot])
	}
	r.bump("timestamp")
	if _, err := refresh(c); err != nil {
		t.Error(err)
	}
	for _, kept := range recordsOf(r) {
		if !strings.Contains(string(store[recordsSlot]), kept) {
			t.Errorf("%q is forgotten:\n%s", kept, store[recordsSlot])
		}
	}
}
