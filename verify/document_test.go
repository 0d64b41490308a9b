package verify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

func TestRead(t *testing.T) {
	people := nine(t)[:2]
	signed := rootSigned(t, 3, 2, people...)
	signed["x-unknown"] = object{"kept": []any{1, "two", nil}}
	message := canonical(t, signed)
	sigs := signatures(t, message, people...)
	raw := marshal(t, object{"signed": signed, "signatures": sigs, "comment": "outside of what is signed"})

	d := mustRead(t, raw)
	if !bytes.Equal(d.Raw(), raw) || !bytes.Equal(d.Signed(), message) || d.Digest() != verify.DigestOf(message) {
		t.Error("bytes differ")
	}
	if d.Type() != "root" || d.Version() != 3 || d.SpecVersion() != "1.0.31" || !d.Expires().Equal(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("read %s %d %s %s", d.Type(), d.Version(), d.SpecVersion(), d.Expires())
	}
	list := d.UnverifiedSignatures()
	if len(list) != 2 || list[0].KeyID != people[0].id || people[0].public.Verify(d.Signed(), list[0].Sig) != nil {
		t.Errorf("signatures: %v", list)
	}
	list[0].Sig[0] ^= 1
	list[1].KeyID = "changed"
	if again := d.UnverifiedSignatures(); people[0].public.Verify(d.Signed(), again[0].Sig) != nil || again[1].KeyID != people[1].id {
		t.Error("the document can be changed through the copy")
	}
	for _, typ := range []string{"targets", "snapshot", "timestamp"} {
		signed := object{"_type": typ, "spec_version": "1.0", "version": 1, "expires": "2030-01-01T00:00:00Z"}
		if d := mustRead(t, envelope(t, signed)); d.Type() != typ || len(d.UnverifiedSignatures()) != 0 {
			t.Errorf("%s: %s", typ, d.Type())
		}
	}
}

// A document that is canonical as received is neither copied nor encoded
// again: its signed bytes are those that came.
func TestReadDoesNotCopy(t *testing.T) {
	raw := canonical(t, object{"signatures": []any{}, "signed": targetsSigned("targets", 1)})
	d := mustRead(t, raw)
	at := bytes.Index(raw, []byte(`"signed":`)) + len(`"signed":`)
	if &d.Signed()[0] != &raw[at] {
		t.Error("signed bytes were copied")
	}
}

func TestReadRefuses(t *testing.T) {
	alice := edPerson(t, "alice")
	for _, c := range []struct {
		path  string
		value any
		want  string
	}{
		{"_type", gone, "signed._type: missing"},
		{"_type", nil, "signed._type: must be a string, found null"},
		{"_type", "Root", `signed._type: must be root, targets, snapshot or timestamp, found "Root"`},
		{"_type", "mirrors", `found "mirrors"`},
		{"_type", "\x1b[2J", `found "\x1b[2J"`},
		{"version", gone, "root: signed.version: missing"},
		{"version", 0, "root: signed.version: must be above zero, found 0"},
		{"version", -1, "must be above zero, found -1"},
		{"version", "1", "signed.version: must be an integer, found a string"},
		{"version", true, "must be an integer, found a boolean"},
		{"version", json.Number("1.5"), "number that is not written as an integer"},
		{"spec_version", gone, "root 3: signed.spec_version: missing"},
		{"spec_version", 1, "signed.spec_version: must be a string, found an integer"},
		{"spec_version", "", "must be of the form 1.0.0"},
		{"spec_version", "1", "must be of the form 1.0.0"},
		{"spec_version", "1.", "must be of the form 1.0.0"},
		{"spec_version", "1.0.0.0", "must be of the form 1.0.0"},
		{"spec_version", "1.x", "must be of the form 1.0.0"},
		{"spec_version", "v1.0", "must be of the form 1.0.0"},
		{"spec_version", "2.0.0", `specification "2.0.0" is not supported; this client reads version 1`},
		{"spec_version", "0.9", "is not supported"},
		{"spec_version", "10.0", "is not supported"},
		{"expires", gone, "signed.expires: missing"},
		{"expires", 1893456000, "signed.expires: must be a string, found an integer"},
		{"expires", "soon", `signed.expires: must be of the form YYYY-MM-DDTHH:MM:SSZ, found "soon"`},
		{"x-rust-tuf", []any{}, "signed.x-rust-tuf: must be an object, found an array"},
	} {
		signed := set(rootSigned(t, 3, 1, alice), c.path, c.value)
		raw := marshal(t, object{"signed": signed, "signatures": []any{}})
		_, err := verify.Read(raw, verify.Limits{})
		refused[*verify.FormatError](t, err, c.want)
	}
}

func TestReadRefusesEnvelopes(t *testing.T) {
	const signed = `"signed":{"_type":"root","version":1,"spec_version":"1.0","expires":"2030-01-01T00:00:00Z"}`
	for _, c := range []struct{ raw, want string }{
		{``, "byte 0: ends where a value should stand"},
		{`[]`, "must be an object, found an array"},
		{`null`, "must be an object, found null"},
		{`{}`, "signed: missing"},
		{`{"signatures":[]}`, "signed: missing"},
		{`{"signed":null,"signatures":[]}`, "signed: must be an object, found null"},
		{`{"signed":[],"signatures":[]}`, "signed: must be an object, found an array"},
		{`{` + signed + `}`, "root 1: signatures: missing"},
		{`{"signatures":{},` + signed + `}`, "root 1: signatures: must be an array, found an object"},
		{`{"signatures":null,` + signed + `}`, "signatures: must be an array, found null"},
		{`{"signatures":[null],` + signed + `}`, "signatures[0]: must be an object, found null"},
		{`{"signatures":[{}],` + signed + `}`, "signatures[0].keyid: missing"},
		{`{"signatures":[{"keyid":"a"}],` + signed + `}`, "signatures[0].sig: missing"},
		{`{"signatures":[{"keyid":1,"sig":""}],` + signed + `}`, "signatures[0].keyid: must be a string, found an integer"},
		{`{"signatures":[{"keyid":"a","sig":null}],` + signed + `}`, "signatures[0].sig: must be a string, found null"},
		// SPEC 4.2.1: a key id twice refuses the document, whatever the
		// signatures are worth.
		{`{"signatures":[{"keyid":"a","sig":"00"},{"keyid":"b","sig":""},{"keyid":"a","sig":""}],` + signed + `}`, "root 1: signatures: key id a stands twice"},
		{`{"signatures":[],"signatures":[],` + signed + `}`, `member "signatures" stands twice`},
		{`{"signatures":[],` + signed + `,` + signed + `}`, `member "signed" stands twice`},
		{`{"signatures":[],` + strings.Replace(signed, `"version":1`, `"version":1,"version":2`, 1) + `}`, `member "version" stands twice`},
		{`{"signatures":[],` + signed + `}x`, "data after the end"},
		{`{"signatures":[],"comment":1.5,` + signed + `}`, "not written as an integer"},
	} {
		_, err := verify.Read([]byte(c.raw), verify.Limits{})
		refused[*verify.FormatError](t, err, c.want)
	}
}

// Members that differ in case only are different members; a decoder that
// folds case takes the wrong one.
func TestReadDoesNotFoldCase(t *testing.T) {
	signed := rootSigned(t, 3, 1, edPerson(t, "alice"))
	signed["Version"], signed["VERSION"], signed["_Type"] = 9, 8, "targets"
	d := mustRead(t, marshal(t, object{"signed": signed, "Signed": nil, "signatures": []any{}, "Signatures": 1}))
	if d.Version() != 3 || d.Type() != "root" {
		t.Errorf("read %s %d", d.Type(), d.Version())
	}
}

// Every prefix of a document is refused, none crashes.
func TestReadTruncated(t *testing.T) {
	alice := edPerson(t, "alice")
	raw := bytes.TrimSpace(envelope(t, rootSigned(t, 1, 1, alice), alice))
	for n := range raw {
		if _, err := verify.Read(raw[:n], verify.Limits{}); err == nil {
			t.Fatalf("%d of %d bytes are read", n, len(raw))
		}
	}
}

// Signatures that no key can have made are kept as such: real documents hold
// empty strings.
func TestReadKeepsBadSignatures(t *testing.T) {
	const raw = `{"signatures":[{"keyid":"a","sig":""},{"keyid":"b","sig":"xy"},{"keyid":"c","sig":"abc"},{"keyid":"d","sig":"AB"},{"keyid":"","sig":"00","x":1}],
		"signed":{"_type":"root","version":1,"spec_version":"1.0","expires":"2030-01-01T00:00:00Z"}}`
	got := fmt.Sprint(mustRead(t, []byte(raw)).UnverifiedSignatures())
	if want := `[{a []} {b []} {c []} {d [171]} { [0]}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestReadLimits(t *testing.T) {
	alice := edPerson(t, "alice")
	signed := rootSigned(t, 1, 1, alice)
	raw := envelope(t, signed, alice)
	size := int64(len(raw))

	if _, err := verify.Read(raw, verify.Limits{RootBytes: size, TargetsBytes: 1, SnapshotBytes: 1, TimestampBytes: 1}); err != nil {
		t.Error(err)
	}
	_, err := verify.Read(raw, verify.Limits{RootBytes: size - 1})
	l := refused[*verify.LimitError](t, err, fmt.Sprintf("bytes of root: %d, above the limit of %d", size, size-1))
	if l.What != "bytes of root" || l.Limit != size-1 || l.Found != size {
		t.Errorf("%+v", l)
	}
	// Above every bound the bytes are not even scanned.
	_, err = verify.Read(bytes.Repeat([]byte("x"), 9<<20), verify.Limits{})
	refused[*verify.LimitError](t, err, "bytes of document: 9437184, above the limit of 8388608")
	for typ, limit := range map[string]verify.Limits{
		"targets": {TargetsBytes: 50}, "snapshot": {SnapshotBytes: 50}, "timestamp": {TimestampBytes: 50},
	} {
		other := object{"_type": typ, "spec_version": "1.0", "version": 1, "expires": "2030-01-01T00:00:00Z"}
		_, err := verify.Read(envelope(t, other), limit)
		refused[*verify.LimitError](t, err, "bytes of "+typ, "above the limit of 50")
	}

	// 10,000 junk signatures are counted, not verified.
	var junk []any
	for i := range 10_000 {
		junk = append(junk, object{"keyid": fmt.Sprint(i), "sig": "00"})
	}
	_, err = verify.Read(marshal(t, object{"signed": signed, "signatures": junk}), verify.Limits{RootBytes: 1 << 20})
	refused[*verify.LimitError](t, err, "signatures: 10000, above the limit of 256")
}

// Nothing is unlimited: zero and below mean the default.
func TestLimitsDefault(t *testing.T) {
	deep := []byte(strings.Repeat("[", 1000))
	for _, lim := range []verify.Limits{{}, {Depth: -1}, verify.DefaultLimits()} {
		_, err := verify.Read(deep, lim)
		refused[*verify.LimitError](t, err, "nesting: 33")
	}
	_, err := verify.Read(bytes.Repeat([]byte(" "), 9<<20), verify.Limits{RootBytes: -5, TargetsBytes: -1})
	refused[*verify.LimitError](t, err, "bytes of document")
}

func TestWithSignatures(t *testing.T) {
	people := nine(t)[:3]
	d := mustRead(t, envelope(t, rootSigned(t, 1, 2, people...), people[0]))
	mine := verify.Signature{KeyID: people[1].id, Sig: people[1].sign(t, d.Signed())}
	other, err := d.WithSignatures([]verify.Signature{mine, {KeyID: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	mine.Sig[0] ^= 1
	list := other.UnverifiedSignatures()
	if other.Raw() != nil || other.Digest() != d.Digest() || len(list) != 2 || list[1].KeyID != "x" || list[1].Sig != nil ||
		people[1].public.Verify(other.Signed(), list[0].Sig) != nil {
		t.Errorf("signatures: %v", list)
	}
	if len(d.UnverifiedSignatures()) != 1 || d.Raw() == nil {
		t.Error("the first document changed")
	}
	_, err = d.WithSignatures([]verify.Signature{mine, mine})
	refused[*verify.FormatError](t, err, "root 1: signatures: key id "+people[1].id+" stands twice")
	_, err = d.WithSignatures(make([]verify.Signature, 257))
	refused[*verify.LimitError](t, err, "signatures: 257, above the limit of 256")
}

func TestExpiresForms(t *testing.T) {
	read := func(expires string) (*verify.Document, error) {
		signed := set(targetsSigned("targets", 1), "expires", expires)
		return verify.Read(marshal(t, object{"signed": signed, "signatures": []any{}}), verify.Limits{})
	}
	for in, want := range map[string]string{
		"2030-01-02T03:04:05Z":            "2030-01-02T03:04:05Z",
		"2030-01-02T03:04:05.000Z":        "2030-01-02T03:04:05Z",
		"2022-05-11T19:09:02.663975009Z":  "2022-05-11T19:09:02.663975009Z",
		"2021-12-18T13:28:12.99008-06:00": "2021-12-18T19:28:12.99008Z",
		"2030-01-02T00:30:00+01:00":       "2030-01-01T23:30:00Z",
		"2028-02-29T00:00:00Z":            "2028-02-29T00:00:00Z",
		"9999-12-31T23:59:59Z":            "9999-12-31T23:59:59Z",
		"0001-01-01T00:00:00Z":            "0001-01-01T00:00:00Z",
	} {
		d, err := read(in)
		if err != nil || d.Expires().Format(time.RFC3339Nano) != want || d.Expires().Location() != time.UTC {
			t.Errorf("%s: %v %v, want %s", in, d, err, want)
		}
	}
	for _, in := range []string{
		"", "Z", "2030-01-02", "2030-01-02T03:04:05", "2030-01-02T03:04Z", "2030-01-02 03:04:05Z", "2030-01-02t03:04:05z",
		"2030-01-02T03:04:05z", "2030-01-02T03:04:05.Z", "2030-01-02T03:04:05,000Z", "2030-01-02T03:04:05.0000000000Z",
		"2030-01-02T03:04:05UTC", "2030-01-02T03:04:05+0100", "2030-01-02T03:04:05+1:00", "2030-01-02T03:04:05+24:00",
		"2030-1-02T03:04:05Z", "02030-01-02T03:04:05Z", "+2030-01-02T03:04:05Z", "-030-01-02T03:04:05Z",
		"2030-13-02T03:04:05Z", "2030-00-02T03:04:05Z", "2030-02-30T03:04:05Z", "2029-02-29T00:00:00Z",
		"2030-01-02T24:00:00Z", "2030-01-02T03:60:05Z", "2030-12-31T23:59:60Z", "2030-01-02T03:04:05ZZ", " 2030-01-02T03:04:05Z",
		"٢٠٣٠-01-02T03:04:05Z",
	} {
		_, err := read(in)
		refused[*verify.FormatError](t, err, "targets 1: signed.expires: must be of the form YYYY-MM-DDTHH:MM:SSZ")
	}
}

func TestExtension(t *testing.T) {
	digest := verify.DigestOf([]byte("policy"))
	signed := set(targetsSigned("release", 1), "x-rust-tuf", object{
		"format": 1, "repository": "r", "role": "release", "owners": object{"id": "alice"},
		"lifetimes": object{"release": "1y"}, "policy": digest.String(), "supersedes": []any{digest.String()},
		"future": object{"unknown": true},
	})
	d := mustRead(t, envelope(t, signed))
	e, ok := d.Extension()
	if !ok || e.Repository != "r" || e.Role != "release" || e.Owners["id"] != "alice" || e.Lifetimes["release"] != "1y" ||
		e.Policy != digest || len(e.Supersedes) != 1 || e.Supersedes[0] != digest {
		t.Errorf("%+v", e)
	}
	e.Owners["id"], e.Supersedes[0], e.Lifetimes["release"] = "mallory", verify.Digest{}, "9y"
	if e, _ := d.Extension(); e.Owners["id"] != "alice" || e.Supersedes[0] != digest || e.Lifetimes["release"] != "1y" {
		t.Error("the document can be changed through the copy")
	}
	if _, ok := mustRead(t, envelope(t, set(signed, "x-rust-tuf", gone))).Extension(); ok {
		t.Error("an extension where none is")
	}
}

func TestExtensionRefuses(t *testing.T) {
	for _, c := range []struct {
		path  string
		value any
		want  string
	}{
		{"format", gone, "format: must be 1, found 0"},
		{"format", 2, "format: must be 1, found 2; a newer client may be needed"},
		{"format", "1", "format: must be an integer, found a string"},
		{"repository", gone, "repository: missing or empty"},
		{"repository", "", "repository: missing or empty"},
		{"repository", 7, "repository: must be a string"},
		{"role", gone, "role: missing or empty"},
		{"role", "", "role: missing or empty"},
		{"role", nil, "role: must be a string, found null"},
		{"owners", []any{}, "owners: must be an object"},
		{"owners", object{"k": 1}, "owners.k: must be a string"},
		{"lifetimes", nil, "lifetimes: must be an object"},
		{"lifetimes", object{"root": 2}, "lifetimes.root: must be a string"},
		{"policy", "abc", `policy: must be 64 lower-case hex digits, found "abc"`},
		{"policy", strings.Repeat("AB", 32), "policy: must be 64 lower-case hex digits"},
		{"policy", 1, "policy: must be a string"},
		{"supersedes", object{}, "supersedes: must be an array"},
		{"supersedes", []any{strings.Repeat("ab", 32), "x"}, "supersedes[1]: must be 64 lower-case hex digits"},
		{"supersedes", []any{nil}, "supersedes[0]: must be a string, found null"},
	} {
		signed := set(targetsSigned("targets", 1), "x-rust-tuf."+c.path, c.value)
		_, err := verify.Read(marshal(t, object{"signed": signed, "signatures": []any{}}), verify.Limits{})
		refused[*verify.FormatError](t, err, "targets 1: signed.x-rust-tuf."+c.want)
	}
	many := set(targetsSigned("targets", 1), "x-rust-tuf.owners", object{"k": "alice", "l": "alice", "m": "bob"})
	raw := marshal(t, object{"signed": many, "signatures": []any{}})
	if _, err := verify.Read(raw, verify.Limits{Keys: 3}); err != nil {
		t.Error(err)
	}
	_, err := verify.Read(raw, verify.Limits{Keys: 2})
	refused[*verify.LimitError](t, err, "owners: 3, above the limit of 2")
}

func FuzzRead(f *testing.F) {
	alice := edPerson(f, "alice")
	f.Add(envelope(f, rootSigned(f, 1, 1, alice), alice))
	f.Add(envelope(f, targetsSigned("targets", 1), alice))
	f.Add([]byte(`{"signatures":[{"keyid":"a","sig":""}],"signed":{"_type":"timestamp","version":1,"spec_version":"1.0","expires":"2030-01-01T00:00:00.5Z","meta":null}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := verify.Read(raw, verify.Limits{})
		if err != nil {
			return
		}
		var envelope, signed map[string]json.RawMessage
		if err := json.Unmarshal(raw, &envelope); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(envelope["signed"], &signed); err != nil {
			t.Fatal(err)
		}
		var typ string
		var version int64
		if json.Unmarshal(signed["_type"], &typ) != nil || json.Unmarshal(signed["version"], &version) != nil ||
			typ != d.Type() || version != d.Version() || version < 1 {
			t.Errorf("read %s %d, want %s %d", d.Type(), d.Version(), typ, version)
		}
	})
}
