package roles

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// An object is a JSON object that a test may edit.
type object = map[string]any

// readSigned makes a document of a signed value.
func readSigned(t testing.TB, signed any) *verify.Document {
	t.Helper()
	raw, err := json.Marshal(object{"signed": signed, "signatures": []any{}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := verify.Read(raw, verify.DefaultLimits())
	if err != nil {
		t.Fatalf("read: %v\n%s", err, raw)
	}
	return d
}

// signedObject is the signed value of a document, to be edited.
func signedObject(t testing.TB, d *verify.Document) object {
	t.Helper()
	return objectOf(t, signedText(t, d))
}

// edited is a document with an edit of its signed value.
func edited(t testing.TB, d *verify.Document, edit func(signed object)) *verify.Document {
	t.Helper()
	signed := signedObject(t, d)
	edit(signed)
	return readSigned(t, signed)
}

// in follows names down through objects.
func in(o object, names ...string) object {
	for _, name := range names {
		o = o[name].(object)
	}
	return o
}

func payloadOf(t testing.TB, c *Charter, base *verify.Document, at time.Time) *verify.Document {
	t.Helper()
	raw, err := c.Payload(Basis{Base: base, Opened: at})
	if err != nil {
		t.Fatal(err)
	}
	d, err := verify.Read(raw, verify.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// rotated is the nine's repository after bob and carol made way for karl and
// niaj, and after dave got another card.
func rotated(t testing.TB) *repo {
	r := nine()
	const people = `members = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"]`
	r.policy = strings.ReplaceAll(r.policy, people,
		`members = ["alice", "dave", "erin", "frank", "grace", "heidi", "ivan", "karl", "niaj"]`)
	r.policy = strings.Replace(r.policy, `lifetime = "1y"`, `lifetime = "2y"`, 1)
	r.policy += "\n[lint]\nmax-country = 4\n\n[[exception]]\nrule = \"affiliation\"\nrole = \"root\"\nreason = \"until the événement ends\"\n"
	r.members["karl"] = memberTOML("karl", "company-1", "country-0", 1010)
	r.members["niaj"] = memberTOML("niaj", "company-2", "country-0", 1011)
	r.edit(t, "dave", public(p256("dave")).PEM(), public(p384("dave")).PEM())
	r.edit(t, "dave", "serial = 1003", "serial = 1103")
	delete(r.members, "bob")
	delete(r.members, "carol")
	return r
}

// pairOf is a role's document before and after a change of policy.
func pairOf(t testing.TB, role string, old, new *repo) (before, after *verify.Document) {
	t.Helper()
	before = payloadOf(t, old.charter(t, role), nil, opened)
	return before, payloadOf(t, new.charter(t, role), before, opened.AddDate(1, 10, 3))
}

// redelegated changes the roles that targets delegates to.
func redelegated(t testing.TB) *repo {
	r := nine()
	r.with(t, `members = ["judy", "mike", "olivia", "peggy", "rupert"]`+"\nthreshold = 3", `members = ["judy", "mike", "olivia", "peggy"]`+"\nthreshold = 2")
	r.with(t, `paths = ["channels/*", "rustup/?.toml"]`, `paths = ["channels/*", "rustup/*"]`)
	r.with(t, "[roles.nightly]", "[roles.beta]\ndelegator = \"targets\"\nmembers = [\"judy\", \"rupert\"]\nthreshold = 1\nlifetime = \"30d\"\npaths = [\"beta/*\"]\n\n[roles.nightly]")
	r.policy += "\n[[target]]\nrole = \"targets\"\npath = \"crates/root.json\"\nlength = 12345\nsha256 = \"" + strings.Repeat("0123456789abcdef", 4) + "\"\n"
	return r
}

// looser demands less of cards, and brings cards that make use of it: alice's
// is replaced by one without evidence, bob's by a file.
func looser(t testing.TB) *repo {
	r := nine().with(t, "[roles.root]", "[devices]\nmin-firmware = \"5.4.0\"\nslots = [\"9c\", \"9a\"]\npin = \"once\"\ntouch = \"cached\"\nfips = true\n[roles.root]")
	r.edit(t, "alice", "serial = 1000", "serial = 1100")
	r.files[[2]string{"alice", SlotFile}], r.files[[2]string{"alice", DeviceFile}] = "", ""
	r.edit(t, "bob", "kind = \"piv\"\nserial = 1001\nslot = \"9c\"", `kind = "software"`)
	r.cards["carol"] = card{serial: 1002, slot: "9c", key: public(p256("carol")), firmware: [3]byte{5, 4, 3}, pin: 2, touch: 3}
	bind(t, r, "advisory", "member = \"carol\"\nserial = 1002\n", "her new card is on its way")
	bind(t, r, "software-key", "member = \"bob\"\n", "his card broke")
	bind(t, r, "device-policy", "serial = 1002\n", "her new card is on its way")
	return bind(t, r, "spares", "", "a member is being sought")
}

func goldenDifference(t *testing.T, name string, d Difference) {
	t.Helper()
	var text bytes.Buffer
	if err := d.Write(&text); err != nil {
		t.Fatal(err)
	}
	data, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for file, got := range map[string][]byte{name + ".txt": text.Bytes(), name + ".json": append(data, '\n')} {
		path := filepath.Join("testdata", "diff", file)
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v; run go test -update", err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs; run go test -update and read the change\ngot:\n%s", path, got)
		}
	}
}

func TestDiffGolden(t *testing.T) {
	oldRoot, newRoot := pairOf(t, Root, nine(), rotated(t))
	oldTargets, newTargets := pairOf(t, Targets, nine(), redelegated(t))
	hidden := edited(t, newRoot, func(signed object) {
		in(signed, "roles", "root")["emergency"] = []any{"\u202eyrollam", 1}
	})
	for name, d := range map[string]Difference{
		"root-first":      Diff(nil, oldRoot),
		"root-rotation":   Diff(oldRoot, newRoot),
		"root-hidden":     Diff(oldRoot, hidden),
		"root-same":       Diff(oldRoot, oldRoot),
		"targets-first":   Diff(nil, oldTargets),
		"targets-change":  Diff(oldTargets, newTargets),
		"charter-first":   DiffCharters(nil, nine().charter(t, Root)),
		"charter-root":    DiffCharters(nine().charter(t, Root), rotated(t).charter(t, Root)),
		"charter-targets": DiffCharters(nine().charter(t, Targets), redelegated(t).charter(t, Targets)),
		"charter-devices": DiffCharters(nine().charter(t, Root), looser(t).charter(t, Root)),
		"release-files":   Diff(pairOf(t, "release", nine(), nine().with(t, "length = 123", "length = 1234"))),
	} {
		t.Run(name, func(t *testing.T) { goldenDifference(t, name, d) })
	}
}
