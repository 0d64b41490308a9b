package roles

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/secure-systems-lab/go-securesystemslib/cjson"
)

func TestCharterRoundTrip(t *testing.T) {
	d := nine().declare(t)
	for _, role := range d.PeopleRoles() {
		c, err := d.Charter(role)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadCharter(c.JSON())
		if err != nil {
			t.Fatalf("%s: %v", role, err)
		}
		if again.Digest() != c.Digest() || !bytes.Equal(again.JSON(), c.JSON()) {
			t.Errorf("%s changed on the way", role)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, c.JSON()); err != nil {
			t.Fatal(err)
		}
		if again, err = ReadCharter(compact.Bytes()); err != nil || again.Digest() != c.Digest() {
			t.Errorf("%s without white space: %v", role, err)
		}
		if !bytes.HasSuffix(c.JSON(), []byte("}\n")) {
			t.Errorf("%s does not end with a newline", role)
		}
		var v any
		if err := json.Unmarshal(c.JSON(), &v); err != nil {
			t.Fatal(err)
		}
		canonical, err := cjson.EncodeCanonical(v)
		if err != nil || verify.DigestOf(canonical) != c.Digest() {
			t.Errorf("%s: another implementation's digest differs (%v)", role, err)
		}
	}
}

// TestCharterConcernsItsRole: an edit changes the digests of the roles it
// decides, and of no others.
func TestCharterConcernsItsRole(t *testing.T) {
	digests := func(r *repo) map[string]verify.Digest {
		d := r.declare(t)
		out := map[string]verify.Digest{}
		for _, role := range d.PeopleRoles() {
			c, err := d.Charter(role)
			if err != nil {
				t.Fatal(err)
			}
			out[role] = c.Digest()
		}
		return out
	}
	before := digests(nine())
	second := "\n[[key]]\nlabel = \"card2\"\npublic = \"\"\"\n" + public(p256("card2")).PEM() + "\"\"\"\nkind = \"piv\"\nserial = 7\nslot = \"9c\"\nstatus = \"retired\"\n"
	exception := func(role string) string {
		return "[[exception]]\nrule = \"spares\"\nrole = \"" + role + "\"\nreason = \"so\"\n[roles.root]"
	}
	for name, test := range map[string]struct {
		edit    func(r *repo)
		changes []string
	}{
		"a comment":                 {func(r *repo) { r.policy = "# hello\n" + r.policy }, nil},
		"members in another order":  {func(r *repo) { r.with(t, `"judy", "mike"`, `"mike", "judy"`) }, nil},
		"readers in another order":  {func(r *repo) { r.with(t, `"rust-tuf", "go-tuf"`, `"go-tuf", "rust-tuf"`) }, nil},
		"a member by label":         {func(r *repo) { r.with(t, `"judy"`, `"judy/main"`) }, nil},
		"a member nobody uses":      {func(r *repo) { r.members["wendy"] = memberTOML("wendy", "a", "b", 1) }, nil},
		"an unused key of a member": {func(r *repo) { r.members["judy"] += second }, nil},
		"an unused machine": {func(r *repo) {
			r.policy += "[online.spare]\npublic = \"\"\"\n" + public(edKey("spare")).PEM() + "\"\"\"\n"
		}, nil},
		"white space in a key": {func(r *repo) { r.edit(t, "judy", `"""`+"\nkind", "\n\"\"\"\nkind") }, nil},
		"role sections reordered across delegators": {func(r *repo) {
			r.with(t, "[roles.snapshot]\nonline = [\"snapshot\"]\nthreshold = 1\nlifetime = \"7d\"\n", "")
			r.policy += "[roles.snapshot]\nonline = [\"snapshot\"]\nthreshold = 1\nlifetime = \"7d\"\n"
		}, nil},

		"the label":            {func(r *repo) { r.with(t, `"tuf-root"`, `"tuf-crates"`) }, []string{Root, Targets, "release"}},
		"the repository":       {func(r *repo) { r.with(t, repositoryID, strings.Repeat("1", 32)) }, []string{Root, Targets, "release"}},
		"key ids":              {func(r *repo) { r.with(t, `keyid = "spec"`, `keyid = "spki"`) }, []string{Root, Targets, "release"}},
		"a reader":             {func(r *repo) { r.with(t, `, "tough"`, ``) }, []string{Root, Targets, "release"}},
		"a bound":              {func(r *repo) { r.with(t, "[roles.root]", "[lint]\nmin-spares = 3\n[roles.root]") }, []string{Root, Targets, "release"}},
		"consistent snapshots": {func(r *repo) { r.with(t, `keyid = "spec"`, "keyid = \"spec\"\nconsistent-snapshot = false") }, []string{Root}},
		"root's lifetime":      {func(r *repo) { r.with(t, `"2y"`, `"3y"`) }, []string{Root}},
		"targets' lifetime":    {func(r *repo) { r.with(t, "threshold = 5\nlifetime = \"1y\"", "threshold = 5\nlifetime = \"2w\"") }, []string{Root, Targets}},
		"targets' threshold":   {func(r *repo) { r.with(t, "threshold = 5\nlifetime = \"1y\"", "threshold = 6\nlifetime = \"1y\"") }, []string{Root}},
		"timestamp's lifetime": {func(r *repo) { r.with(t, `"24h"`, `"23h"`) }, []string{Root}},
		"timestamp's key":      {func(r *repo) { r.with(t, public(edKey("timestamp")).PEM(), public(edKey("t2")).PEM()) }, []string{Root}},
		"nightly's key":        {func(r *repo) { r.with(t, public(edKey("nightly")).PEM(), public(edKey("n2")).PEM()) }, []string{Targets}},
		"release's threshold":  {func(r *repo) { r.with(t, "threshold = 3", "threshold = 4") }, []string{Targets}},
		"release's lifetime":   {func(r *repo) { r.with(t, "threshold = 3\nlifetime = \"1y\"", "threshold = 3\nlifetime = \"2y\"") }, []string{Targets, "release"}},
		"release's paths":      {func(r *repo) { r.with(t, `"rustup/?.toml"`, `"rustup/*.toml"`) }, []string{Targets}},
		"release terminating":  {func(r *repo) { r.with(t, "terminating = true", "terminating = false") }, []string{Targets}},
		"release a quorum":     {func(r *repo) { r.with(t, "terminating = true", "terminating = true\nquorum = true") }, []string{Targets}},
		"release's members":    {func(r *repo) { r.with(t, `"rupert"]`, `"alice"]`) }, []string{Targets}},
		"release's file":       {func(r *repo) { r.with(t, "length = 123", "length = 124") }, []string{"release"}},
		"release and nightly swapped": {func(r *repo) {
			i, j := strings.Index(r.policy, "[roles.release]"), strings.Index(r.policy, "[roles.nightly]")
			k := strings.Index(r.policy, "[[target]]")
			r.policy = r.policy[:i] + r.policy[j:k] + r.policy[i:j] + r.policy[k:]
		}, []string{Targets}},
		"judy's login":       {func(r *repo) { r.edit(t, "judy", "judy-at-forge", "judy2") }, []string{Targets}},
		"judy's country":     {func(r *repo) { r.edit(t, "judy", "country-1", "country-2") }, []string{Targets}},
		"judy's affiliation": {func(r *repo) { r.edit(t, "judy", "team", "other-team") }, []string{Targets}},
		"judy's key":         {func(r *repo) { r.edit(t, "judy", public(p256("judy")).PEM(), public(p256("judy2")).PEM()) }, []string{Targets}},
		"judy's card":        {func(r *repo) { r.edit(t, "judy", "serial = 2000", "serial = 2009") }, []string{Targets}},
		"judy's slot":        {func(r *repo) { r.edit(t, "judy", "9c", "9a") }, []string{Targets}},
		"judy's key in software": {func(r *repo) {
			r.edit(t, "judy", "kind = \"piv\"\nserial = 2000\nslot = \"9c\"", "kind = \"software\"")
		}, []string{Targets}},
		"judy's label":        {func(r *repo) { r.edit(t, "judy", `"main"`, `"first"`) }, []string{Targets}},
		"judy's attestation":  {func(r *repo) { r.cards["judy"] = card{serial: 2000, slot: "9c", key: public(p256("judy")), touch: 3} }, []string{Targets}},
		"judy's device":       {func(r *repo) { r.files[[2]string{"judy", DeviceFile}] = pemOf(testRoot()) }, []string{Targets}},
		"no attestation":      {func(r *repo) { r.files[[2]string{"judy", SlotFile}] = "" }, []string{Targets}},
		"judy's possession":   {func(r *repo) { r.edit(t, "judy", `"active"`, "\"active\"\npossession = \"ab\"") }, []string{Targets}},
		"the oldest firmware": {func(r *repo) { r.with(t, "[roles.root]", "[devices]\nmin-firmware = \"5.7.1\"\n[roles.root]") }, []string{Root, Targets}},
		"the usual firmware":  {func(r *repo) { r.with(t, "[roles.root]", "[devices]\nmin-firmware = \"5.7.0\"\n[roles.root]") }, nil},
		"slots in another order": {func(r *repo) {
			r.with(t, "[roles.root]", "[devices]\nslots = [\"9c\"]\n[roles.root]")
		}, nil},
		"alice's country":       {func(r *repo) { r.edit(t, "alice", "country-0", "country-9") }, []string{Root}},
		"exception for root":    {func(r *repo) { r.with(t, "[roles.root]", exception(Root)) }, []string{Root}},
		"exception for targets": {func(r *repo) { r.with(t, "[roles.root]", exception(Targets)) }, []string{Root, Targets}},
		"exception for release": {func(r *repo) { r.with(t, "[roles.root]", exception("release")) }, []string{Targets, "release"}},
		"exception for nightly": {func(r *repo) { r.with(t, "[roles.root]", exception("nightly")) }, []string{Targets}},
	} {
		t.Run(name, func(t *testing.T) {
			r := nine()
			test.edit(r)
			var changed []string
			for role, digest := range digests(r) {
				if digest != before[role] {
					changed = append(changed, role)
				}
			}
			slices.Sort(changed)
			slices.Sort(test.changes)
			if !slices.Equal(changed, test.changes) {
				t.Errorf("the edit changed the charters of %v, want %v", changed, test.changes)
			}
		})
	}
}

func TestHolders(t *testing.T) {
	r := nine()
	c := r.charter(t, Targets)
	holders := c.Holders("release")
	if len(holders) != 5 || holders[0].Member != "judy" || holders[0].Label != "main" || holders[0].Serial != 2000 || holders[0].Kind != KindPIV || holders[0].Online {
		t.Errorf("release: %+v", holders)
	}
	if holders[0].String() != "judy/main" || holders[0].Owner() != "judy" || len(holders[0].KeyID) != 64 {
		t.Errorf("%s, owner %s, key id %s", holders[0], holders[0].Owner(), holders[0].KeyID)
	}
	holders = c.Holders("nightly")
	if len(holders) != 1 || !holders[0].Online || holders[0].String() != "online/nightly" || holders[0].Owner() != "online/nightly" {
		t.Errorf("nightly: %+v", holders)
	}
	if c.Holders("root") != nil {
		t.Error("the charter of targets names root")
	}
}

func TestReadCharterRefuses(t *testing.T) {
	good := string(nine().charter(t, Targets).JSON())
	for name, test := range map[string]struct{ old, new, words string }{
		"no json":                    {`{`, `[`, ""},
		"a member twice":             {`"format": 1,`, `"format": 1, "format": 1,`, "format"},
		"an unknown member":          {`"format": 1,`, `"format": 1, "extra": 1,`, `unknown field "extra"`},
		"a member in capitals":       {`"format": 1,`, `"Format": 1,`, "not written as a charter is"},
		"a missing member":           {`"online": [],`, ``, "not written as a charter is"},
		"null":                       {`"online": [],`, `"online": null,`, "not written as a charter is"},
		"an exception for no member": {`"exceptions": []`, `"exceptions": [{"rule": "advisory", "role": "release", "member": "Judy", "reason": "so"}]`, `exceptions[0]: member "Judy"`},
		"an exception for no card":   {`"exceptions": []`, `"exceptions": [{"rule": "advisory", "role": "release", "serial": -1, "reason": "so"}]`, "exceptions[0]: -1 is no serial number"},
		"an exception for card 0":    {`"exceptions": []`, `"exceptions": [{"rule": "advisory", "role": "release", "serial": 0, "reason": "so"}]`, "not written as a charter is"},
		"an exception for nobody":    {`"exceptions": []`, `"exceptions": [{"rule": "advisory", "role": "release", "member": "", "reason": "so"}]`, "not written as a charter is"},
		"exceptions out of order":    {`"exceptions": []`, `"exceptions": [{"rule": "advisory", "role": "release", "serial": 7, "reason": "so"}, {"rule": "advisory", "role": "release", "member": "judy", "reason": "so"}]`, "exceptions: \"advisory release serial 7\" and \"advisory release member judy\" are out of order or the same"},
		"null at the end":            {`"exceptions": []`, `"exceptions": null`, "not written as a charter is"},
		"a fraction":                 {`"format": 1,`, `"format": 1.0,`, ""},
		"format":                     {`"format": 1,`, `"format": 2,`, "format: this version reads format 1, the charter says 2"},
		"repository":                 {repositoryID, "0011", `"0011" is no repository id`},
		"name":                       {`"tuf-root"`, `"TUF"`, `name "TUF"`},
		"keyid":                      {`"keyid": "spec"`, `"keyid": "sha"`, `unknown form "sha"`},
		"reader":                     {`"tuf-js"`, `"tufjs"`, `unknown reader "tufjs"`},
		"readers unsorted":           {"\"go-tuf\",\n    \"python-tuf\"", "\"python-tuf\",\n    \"go-tuf\"", "readers: \"python-tuf\" and \"go-tuf\" are out of order or the same"},
		"a reader twice":             {"\"go-tuf\",", "\"go-tuf\", \"go-tuf\",", "out of order or the same"},
		"timestamp":                  {`"role": "targets"`, `"role": "timestamp"`, "timestamp is signed by a machine and has no charter"},
		"root of another shape":      {`"role": "targets"`, `"role": "root"`, "a root has it, other roles do not"},
		"lifetime":                   {"\"lifetime\": \"1y\",\n  \"roles\"", "\"lifetime\": \"0y\",\n  \"roles\"", `lifetime "0y"`},
		"threshold 0":                {`"threshold": 3`, `"threshold": 0`, "roles[0]: the threshold is 0 of 5 keys"},
		"threshold above n":          {`"threshold": 3`, `"threshold": 6`, "the threshold is 6 of 5 keys"},
		"a key of nobody":            {"\"judy/main\",", "\"jude/main\",", "roles[0]: the key jude/main is not among the members"},
		"a machine of nobody":        {"\"online\": [\n        \"nightly\"\n      ]", "\"online\": [\n        \"nightl\"\n      ]", "the key nightl is not among the online keys"},
		"a key without use":          {"\"judy/main\",\n", "", "no role uses the key main"},
		"a name with a path":         {`"name": "tuf-root"`, `"name": "../root"`, `name "../root"`},
		"a login":                    {"judy-at-forge", "judy at forge", "is no login"},
		"a kind":                     {"\"kind\": \"piv\",\n          \"serial\": 2000", "\"kind\": \"disk\",\n          \"serial\": 2000", "of no known kind, or its serial or slot does not fit"},
		"a serial":                   {`"serial": 2000`, `"serial": -1`, "of no known kind"},
		"a top-level role":           {`"name": "nightly",` + "\n      \"quorum\"", `"name": "root",` + "\n      \"quorum\"", "root cannot be delegated"},
		"a path":                     {`"nightly/*"`, `"../*"`, "begins with a dot"},
		"a role twice":               {`"name": "nightly",` + "\n      \"quorum\"", `"name": "release",` + "\n      \"quorum\"", "release is named twice"},
		"a long pem":                 {"-----BEGIN PUBLIC", "junk -----BEGIN PUBLIC", "PEM"},
		"firmware":                   {`"5.7.0"`, `"5.7"`, `devices.min-firmware: firmware "5.7" is not three numbers`},
		"no slots":                   {"\"slots\": [\n      \"9c\"\n    ]", `"slots": null`, "name the slots that a key may live in"},
		"slots out of order":         {"\"slots\": [\n      \"9c\"\n    ]", `"slots": ["9c", "9a"]`, "slots of devices"},
		"a demand in between":        {`"pin": "always"`, `"pin": "sometimes"`, `devices.pin: unknown word "sometimes"`},
		"a demand too few":           {"\"touch\": \"always\",\n    \"fips\": false", `"touch": "always"`, "not written as a charter is"},
		"a demand too many":          {`"fips": false`, `"fips": false, "roots": []`, `unknown field "roots"`},
		"devices null":               {"\"devices\": {\n    \"min-firmware\": \"5.7.0\",\n    \"slots\": [\n      \"9c\"\n    ],\n    \"pin\": \"always\",\n    \"touch\": \"always\",\n    \"fips\": false\n  }", `"devices": null`, "not written as a charter is"},
		"an empty signature":         {`"possession": "`, `"possession": "", "was": "`, ""},
		"no signature":               {`"possession": "`, `"possession": "x`, "the possession of the key main is no signature in lower-case hex"},
		"empty attestation":          {`"attestation": {`, `"attestation": {}, "was": {`, ""},
		"no certificate":             {`"slot": "-----BEGIN CERTIFICATE`, `"slot": "-----BEGIN CERTIFICAT`, "the attestation of the key main is no certificate in PEM, or is spelled otherwise"},
		"a spelling of its own":      {`-----END CERTIFICATE-----\n"`, `-----END CERTIFICATE-----"`, "or is spelled otherwise"},
		"a third certificate":        {`"attestation": {`, `"attestation": {"root": "",`, `unknown field "root"`},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(good, test.old) {
				t.Fatalf("the charter has no %q:\n%s", test.old, good)
			}
			c, err := ReadCharter([]byte(strings.Replace(good, test.old, test.new, 1)))
			if c != nil {
				t.Error("a charter comes with the error")
			}
			wantError[*SyntaxError](t, err, "charter: ", test.words)
		})
	}
	_, err := ReadCharter(append([]byte(good), make([]byte, CharterBytes)...))
	wantError[*SyntaxError](t, err, "at most 4194304")
	_, err = ReadCharter([]byte(strings.Repeat("[", 1000)))
	wantError[*SyntaxError](t, err, "charter: ")

	release := string(nine().charter(t, "release").JSON())
	for old, words := range map[string]string{
		"channels/stable.toml": "begins with a dot",
		`"length": 123`:        "the length or the hash is out of bounds",
	} {
		with := map[string]string{"channels/stable.toml": "../x", `"length": 123`: `"length": 9007199254740992`}[old]
		_, err := ReadCharter([]byte(strings.Replace(release, old, with, 1)))
		wantError[*SyntaxError](t, err, "targets[0]", words)
	}
	root := string(nine().charter(t, Root).JSON())
	_, err = ReadCharter([]byte(strings.Replace(root, `"name": "snapshot"`, `"name": "snapshots"`, 1)))
	wantError[*SyntaxError](t, err, "a root names root, targets, snapshot, timestamp")
}

// TestReadCharterRefusesProofsOutOfPlace: what proves where a key lives stands
// beside keys on cards, and nowhere else.
func TestReadCharterRefusesProofsOutOfPlace(t *testing.T) {
	software := nine().charter(t, Root)
	for i := range software.Members {
		k := &software.Members[i].Keys[0]
		k.Kind, k.Serial, k.Slot, k.Attestation = KindSoftware, 0, "", nil
	}
	_, err := ReadCharter(software.JSON())
	wantError[*SyntaxError](t, err, "charter: devices: no key of this charter is on a card")

	software.Devices = nil
	if _, err := ReadCharter(software.JSON()); err != nil {
		t.Errorf("keys in files, with possession proven: %v", err)
	}
	software.Members[3].Keys[0].Attestation = nine().charter(t, Root).Members[3].Keys[0].Attestation
	_, err = ReadCharter(software.JSON())
	wantError[*SyntaxError](t, err, "charter: members[3]: the key main has an attestation and is on no card")

	software.Members[3].Keys[0].Attestation = &Evidence{}
	_, err = ReadCharter(software.JSON())
	wantError[*SyntaxError](t, err, "charter: members[3]: ", "is on no card")
	card := nine().charter(t, Root)
	card.Members[3].Keys[0].Attestation = &Evidence{}
	_, err = ReadCharter(card.JSON())
	wantError[*SyntaxError](t, err, "charter: members[3]: the attestation of the key main is empty")
}

// TestReadCharterFromBefore: a charter that was made before there was
// evidence is read as it was, and keeps the digest that documents name.
func TestReadCharterFromBefore(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "root-before-devices.charter.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := ReadCharter(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(c.JSON(), raw) || c.Digest().String() != "3ec777d6df8a66586cd863ba045b30ec14f9e1fa444a98ae97c4299a3b00017c" {
		t.Errorf("digest %s\n%s", c.Digest(), c.JSON())
	}
}

// TestSoftwareKeysKnowNoDevices: where no key is on a card, the charter does
// not know of cards, and its digest is what it always was.
func TestSoftwareKeysKnowNoDevices(t *testing.T) {
	r := software(t, nine())
	r.with(t, "[roles.root]", "[devices]\nmin-firmware = \"5.7.1\"\n[roles.root]")
	c := r.charter(t, Root)
	for i := range c.Members {
		c.Members[i].Keys[0].Possession = ""
	}
	for _, word := range []string{"devices", "possession", "attestation", "firmware"} {
		if strings.Contains(string(c.JSON()), word) {
			t.Errorf("the charter says %q:\n%s", word, c.JSON())
		}
	}
	if got := c.Digest().String(); got != "41d78ac9fca62a1a8ab46e8929982cb375abfb3f936e3ecaee32ce14927cfeaf" {
		t.Errorf("the digest is %s", got)
	}
}

func TestCharterByHandIsRefused(t *testing.T) {
	c := &Charter{Role: Root}
	_, err := c.Payload(Basis{Opened: opened})
	wantError[*SyntaxError](t, err, "charter: format")
	if (&Charter{Lint: Bounds{MaxRootLifetime: &Lifetime{}}}).JSON() != nil || !(&Charter{}).Digest().IsZero() {
		t.Error("a charter without lifetime has a file or a digest")
	}
}
