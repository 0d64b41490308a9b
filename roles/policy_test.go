package roles

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestPolicy(t *testing.T) {
	p := nine().declare(t).Policy
	if p.Name != "tuf-root" || p.Repository != repositoryID || p.KeyID != FormSpec || !p.ConsistentSnapshot {
		t.Errorf("head: %+v", p)
	}
	if got := strings.Join(p.RoleNames(), " "); got != "root targets snapshot timestamp release nightly" {
		t.Errorf("roles in the order of the file: %s", got)
	}
	release := p.Roles["release"]
	if release.Threshold != 3 || release.Delegator != Targets || !release.Terminating || release.Lifetime.String() != "1y" || len(release.Paths) != 2 {
		t.Errorf("release: %+v", release)
	}
	if p.Roles["nightly"].Terminating || p.Online["nightly"].Public.Algorithm() != "Ed25519" {
		t.Errorf("nightly: %+v", p.Roles["nightly"])
	}
}

func TestDevices(t *testing.T) {
	if got := nine().declare(t).Policy.Devices; !reflect.DeepEqual(got, DefaultDevices()) {
		t.Errorf("without a section: %+v", got)
	}
	r := nine().with(t, "[roles.root]", "[devices]\nslots = [\"9d\", \"9a\"]\npin = \"once\"\n[roles.root]")
	want := Devices{MinFirmware: "5.7.0", Slots: []string{"9d", "9a"}, PIN: PolicyOnce, Touch: PolicyAlways}
	if got := r.declare(t).Policy.Devices; !reflect.DeepEqual(got, want) {
		t.Errorf("what the section does not say: %+v, want %+v", got, want)
	}
	r = nine().with(t, "[roles.root]", "[devices]\nmin-firmware = \"5.2.255\"\ntouch = \"cached\"\nfips = true\n[roles.root]")
	want = Devices{MinFirmware: "5.2.255", Slots: []string{"9c"}, PIN: PolicyAlways, Touch: PolicyCached, FIPS: true}
	if got := r.declare(t).Policy.Devices; !reflect.DeepEqual(got, want) {
		t.Errorf("what the section does not say: %+v, want %+v", got, want)
	}
}

// TestPolicyRefuses makes one edit after another to a good policy and checks
// where and in which words it is refused.
func TestPolicyRefuses(t *testing.T) {
	const members = `"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"]
threshold = 5
lifetime = "2y"`
	hash := strings.Repeat("ab", 32)
	for name, test := range map[string]struct {
		old, new string
		path     string
		line     int // 0: not checked
		words    string
	}{
		"no toml":                     {`format = 1`, `format = = 1`, "", 1, ""},
		"cut short":                   {`keyid = "spec"`, `keyid = "spec`, "", 4, ""},
		"a key twice":                 {`keyid = "spec"`, "keyid = \"spec\"\nkeyid = \"spec\"", "", 5, "keyid"},
		"a table twice":               {"[roles.snapshot]", "[roles.root]\n[roles.snapshot]", "", 0, "root"},
		"a table twice, quoted":       {"[roles.snapshot]", "[roles.\"root\"]\nthreshold = 1\n[roles.snapshot]", "", 0, "root"},
		"unknown key":                 {`keyid = "spec"`, `keyids = "spec"`, "keyids", 4, `unknown key "keyids"; did you mean "keyid"?`},
		"unknown key, no neighbour":   {`keyid = "spec"`, `colour = "red"`, "colour", 4, `unknown key "colour"; it is one of consistent-snapshot, devices, exception, forge, format`},
		"a key in another case":       {members, members + "\nThreshold = 1", "roles.root.Threshold", 12, `unknown key "Threshold"; did you mean "threshold"?`},
		"unknown key in a role":       {members, members + "\ntreshold = 1", "roles.root.treshold", 12, `did you mean "threshold"?`},
		"unknown dotted key":          {members, members + "\nlint.max = 1", "roles.root.lint", 12, `unknown key "lint"`},
		"unknown key, inline table":   {`keyid = "spec"`, `lint = { max = 1 }`, "lint.max", 4, `unknown key "max"`},
		"unknown key in a list":       {"length = 123", "length = 123\nsha26 = \"\"", "target[0].sha26", 0, `did you mean "sha256"?`},
		"unknown key, list of tables": {`keyid = "spec"`, `exception = [{rule = "spares", rôle = "root"}]`, "", 4, ""},
		"a key below a value":         {`keyid = "spec"`, `keyid.form = "spec"`, "keyid.form", 4, "a plain value stands here; it has no keys"},
		"wrong type":                  {"threshold = 3", `threshold = "3"`, "roles.release.threshold", 32, ""},
		"a fraction":                  {"threshold = 3", `threshold = 3.0`, "roles.release.threshold", 32, ""},
		"too large a number":          {"threshold = 3", `threshold = 99999999999999999999`, "", 32, ""},
		"format":                      {`format = 1`, `format = 2`, "format", 1, "reads format 1, the file says 2"},
		"no format":                   {`format = 1`, ``, "format", 0, "reads format 1, the file says 0"},
		"devices, firmware":           {"[roles.root]", "[devices]\nmin-firmware = \"5.7\"\n[roles.root]", "devices.min-firmware", 8, `firmware "5.7" is not three numbers such as 5.7.4`},
		"devices, firmware, zeros":    {"[roles.root]", "[devices]\nmin-firmware = \"5.07.0\"\n[roles.root]", "devices.min-firmware", 8, `firmware "5.07.0" is not three numbers`},
		"devices, firmware, too high": {"[roles.root]", "[devices]\nmin-firmware = \"5.256.0\"\n[roles.root]", "devices.min-firmware", 8, `firmware "5.256.0" is not three numbers`},
		"devices, firmware, a number": {"[roles.root]", "[devices]\nmin-firmware = 5.7\n[roles.root]", "devices.min-firmware", 8, ""},
		"devices, no slot":            {"[roles.root]", "[devices]\nslots = []\n[roles.root]", "devices.slots", 8, `name the slots that a key may live in; usual is ["9c"]`},
		"devices, attestation slot":   {"[roles.root]", "[devices]\nslots = [\"9a\", \"f9\"]\n[roles.root]", "devices.slots[1]", 8, `"f9" is no slot for a signing key`},
		"devices, a slot twice":       {"[roles.root]", "[devices]\nslots = [\"9a\", \"9a\"]\n[roles.root]", "devices.slots[1]", 8, "9a is listed twice"},
		"devices, no PIN":             {"[roles.root]", "[devices]\npin = \"never\"\n[roles.root]", "devices.pin", 8, `unknown word "never"; it is one of always, once`},
		"devices, no touch":           {"[roles.root]", "[devices]\ntouch = \"never\"\n[roles.root]", "devices.touch", 8, `unknown word "never"; it is one of always, cached`},
		"devices, PIN cached":         {"[roles.root]", "[devices]\npin = \"cached\"\n[roles.root]", "devices.pin", 8, `unknown word "cached"`},
		"devices, test roots":         {"[roles.root]", "[devices]\ntest-roots = \"x\"\n[roles.root]", "devices.test-roots", 8, `unknown key "test-roots"; it is one of fips, min-firmware, pin, slots, touch`},
		"devices as a value":          {`keyid = "spec"`, `devices = true`, "devices", 4, ""},
		"name":                        {`name = "tuf-root"`, `name = "TUF root"`, "name", 2, `name "TUF root": write 1 to 63 of a-z`},
		"no name":                     {`name = "tuf-root"`, ``, "name", 0, "name is missing"},
		"repository too short":        {repositoryID, "0123", "repository", 3, "write the 32 lower-case hex digits"},
		"repository in capitals":      {repositoryID, strings.ToUpper(repositoryID), "repository", 3, "lower-case"},
		"keyid":                       {`keyid = "spec"`, `keyid = "sha256"`, "keyid", 4, `unknown form "sha256"; it is one of spec, spki`},
		"unknown reader":              {`"tuf-js"`, `"tufjs"`, "readers[3]", 5, `unknown reader "tufjs"; did you mean "tuf-js"?`},
		"a reader twice":              {`"tuf-js"`, `"tough"`, "readers[4]", 5, "tough is listed twice"},
		"no readers":                  {`readers = ["rust-tuf", "go-tuf", "python-tuf", "tuf-js", "tough"]`, ``, "readers", 0, "name the clients"},
		"lint bound 0":                {"[roles.root]", "[lint]\nmax-country = 0\n[roles.root]", "lint.max-country", 8, "0 is not between 1 and 100"},
		"lint bound negative":         {"[roles.root]", "[lint]\nmin-spares = -1\n[roles.root]", "lint.min-spares", 8, "-1 is not between 0 and 100"},
		"lint lifetime":               {"[roles.root]", "[lint]\nmax-root-lifetime = \"9\"\n[roles.root]", "lint.max-root-lifetime", 8, "write a number and one of y, w, d, h"},
		"exception without reason":    {"[roles.root]", "[[exception]]\nrule = \"spares\"\nrole = \"root\"\n[roles.root]", "exception[0].reason", 7, "reason is missing"},
		"exception, blank reason":     {"[roles.root]", "[[exception]]\nrule = \"spares\"\nrole = \"root\"\nreason = \"  \"\n[roles.root]", "exception[0].reason", 10, "reason is missing"},
		"exception, hidden text":      {"[roles.root]", "[[exception]]\nrule = \"spares\"\nrole = \"root\"\nreason = \"a\\u202Eb\"\n[roles.root]", "exception[0].reason", 10, "holds the character U+202E, which does not print"},
		"exception, two lines":        {"[roles.root]", "[[exception]]\nrule = \"spares\"\nrole = \"root\"\nreason = \"a\\nb\"\n[roles.root]", "exception[0].reason", 10, "U+000A"},
		"exception, long reason":      {"[roles.root]", "[[exception]]\nrule = \"spares\"\nrole = \"root\"\nreason = \"" + strings.Repeat("a", 501) + "\"\n[roles.root]", "exception[0].reason", 10, "501 bytes, at most 500"},
		"exception for no role":       {"[roles.root]", "[[exception]]\nrule = \"spares\"\nrole = \"rout\"\nreason = \"so\"\n[roles.root]", "exception[0].role", 9, `no role "rout" is declared; did you mean "root"?`},
		"exception for no member":     {"[roles.root]", "[[exception]]\nrule = \"spares\"\nrole = \"root\"\nreason = \"so\"\nmember = \"Alice\"\n[roles.root]", "exception[0].member", 11, `member "Alice": write 1 to 63 of a-z`},
		"exception for no card":       {"[roles.root]", "[[exception]]\nrule = \"spares\"\nrole = \"root\"\nreason = \"so\"\nserial = -1\n[roles.root]", "exception[0].serial", 11, "-1 is no serial number of a card"},
		"exception for one twice":     {"[roles.root]", strings.Repeat("[[exception]]\nrule = \"spares\"\nrole = \"root\"\nmember = \"alice\"\nserial = 7\nreason = \"so\"\n", 2) + "[roles.root]", "exception[1]", 13, "a second exception from spares for root (only for YubiKey 7 of alice)"},
		"exception twice":             {"[roles.root]", strings.Repeat("[[exception]]\nrule = \"spares\"\nrole = \"root\"\nreason = \"so\"\n", 2) + "[roles.root]", "exception[1]", 11, "a second exception from spares for root"},
		"role name":                   {"[roles.nightly]", "[roles.Nightly]", "roles.Nightly", 0, `role "Nightly": write 1 to 63 of a-z`},
		"role named like a device":    {"[roles.nightly]", "[roles.nul]", "roles.nul", 0, "windows keeps this name"},
		"role name with a path":       {"[roles.nightly]", "[roles.\"../root\"]", `roles."../root"`, 0, `role "../root": write`},
		"schedule of no role":         {"[roles.root]", "[schedule.rout]\nopens = \"9d\"\n[roles.root]", "schedule.rout", 7, `no role "rout" is declared; did you mean "root"?`},
		"schedule of a machine":       {"[roles.root]", "[schedule.timestamp]\nopens = \"9d\"\n[roles.root]", "schedule.timestamp", 7, "timestamp is signed by a machine"},
		"schedule before it is made":  {"[roles.root]", "[schedule.root]\nopens = \"2y\"\n[roles.root]", "schedule.root.opens", 8, "2y before the expiry of root is before it is made: its lifetime is 2y"},
		"schedule, alert too early":   {"[roles.root]", "[schedule.root]\nopens = \"9d\"\nalert = \"2w\"\n[roles.root]", "schedule.root.alert", 9, "the alert comes after signing opens: less than 9d before expiry, not 2w"},
		"schedule, no lifetime":       {"[roles.root]", "[schedule.root]\nopens = \"soon\"\n[roles.root]", "schedule.root.opens", 8, "write a number and one of y, w, d, h"},
		"schedule, unknown key":       {"[roles.root]", "[schedule.root]\nopen = \"9d\"\n[roles.root]", "schedule.root.open", 8, `did you mean "opens"?`},
		"forge, unknown kind":         {"[roles.root]", "[forge]\nkind = \"gitlub\"\n[roles.root]", "forge.kind", 8, `unknown kind "gitlub"; did you mean "github"?`},
		"forge, an address":           {"[roles.root]", "[forge]\napi = \"https://forge.example.org\"\n[roles.root]", "forge.api", 8, `unknown key "api"`},
		"no snapshot":                 {"[roles.snapshot]", "[roles.snapshots]", "roles.snapshot", 0, "a root names root, targets, snapshot and timestamp"},
		"threshold 0":                 {members, strings.Replace(members, "5", "0", 1), "roles.root.threshold", 10, "the threshold is 0; it is at least 1"},
		"threshold negative":          {members, strings.Replace(members, "5", "-5", 1), "roles.root.threshold", 10, "the threshold is -5; it is at least 1"},
		"threshold absent":            {"threshold = 3\n", "", "roles.release.threshold", 29, "the threshold is 0; it is at least 1"},
		"threshold above n":           {members, strings.Replace(members, "5", "10", 1), "roles.root.threshold", 10, "the threshold is 10, but the role has 9 keys"},
		"no keys":                     {`online = ["snapshot"]`, `online = []`, "roles.snapshot", 19, "the role has no keys"},
		"too many keys":               {`online = ["snapshot"]`, `online = [` + strings.Repeat(`"snapshot", `, 101) + `]`, "roles.snapshot", 0, "the role has 101 keys, at most 100"},
		"lifetime absent":             {"threshold = 3\nlifetime = \"1y\"", "threshold = 3", "roles.release.lifetime", 29, "the lifetime is missing"},
		"lifetime":                    {`lifetime = "2y"`, `lifetime = "2 years"`, "roles.root.lifetime", 11, `lifetime "2 years": write a number and one of y, w, d, h`},
		"a member twice":              {`"bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"]` + "\nthreshold = 5\nlifetime = \"2y\"", `"alice", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"]` + "\nthreshold = 5\nlifetime = \"2y\"", "roles.root.members[1]", 9, "alice is listed twice"},
		"a member with a path":        {`"rupert"]`, `"../rupert"]`, "roles.release.members[4]", 31, `member "..": write`},
		"a member in capitals":        {`"rupert"]`, `"Rupert"]`, "roles.release.members[4]", 31, `member "Rupert"`},
		"an empty label":              {`"rupert"]`, `"rupert/"]`, "roles.release.members[4]", 31, "key label is missing"},
		"two slashes":                 {`"rupert"]`, `"rupert/a/b"]`, "roles.release.members[4]", 31, `key label "a/b"`},
		"an unknown machine":          {`online = ["snapshot"]`, `online = ["snapshott"]`, "roles.snapshot.online[0]", 20, `no online key "snapshott" is declared; add a section [online.snapshott]`},
		"a machine twice":             {`online = ["snapshot"]`, `online = ["snapshot", "snapshot"]`, "roles.snapshot.online[1]", 20, "snapshot is listed twice"},
		"people at the timestamp":     {`online = ["timestamp"]`, "members = [\"alice\"]\nonline = [\"timestamp\"]", "roles.timestamp.members", 25, "timestamp is signed by a machine at any hour; members cannot sign it"},
		"a quorum of machines":        {`online = ["timestamp"]`, "quorum = true\nonline = [\"timestamp\"]", "roles.timestamp.quorum", 25, "no member signs timestamp, so it has no spread to check"},
		"root with a delegator":       {"[roles.root]\n", "[roles.root]\ndelegator = \"targets\"\n", "roles.root.delegator", 8, "root is a top-level role; only delegated roles have this key"},
		"root with paths":             {"[roles.root]\n", "[roles.root]\npaths = []\n", "roles.root.paths", 8, "root is a top-level role"},
		"targets terminating":         {"[roles.targets]\n", "[roles.targets]\nterminating = false\n", "roles.targets.terminating", 14, "targets is a top-level role"},
		"no delegator":                {"delegator = \"targets\"\nmembers", "members", "roles.release.delegator", 29, "the delegator is missing"},
		"an unknown delegator":        {"delegator = \"targets\"\nmembers", "delegator = \"target\"\nmembers", "roles.release.delegator", 30, `no role "target" is declared; did you mean "targets"?`},
		"root as delegator":           {"delegator = \"targets\"\nmembers", "delegator = \"root\"\nmembers", "roles.release.delegator", 30, "root delegates no target paths"},
		"its own delegator":           {"delegator = \"targets\"\nmembers", "delegator = \"release\"\nmembers", "roles.release.delegator", 30, "following delegators from release never reaches targets"},
		"delegators in a circle":      {"delegator = \"targets\"\nonline", "delegator = \"release\"\nonline", "", 0, ""},
		"no paths":                    {"paths = [\"nightly/*\"]\n", "", "roles.nightly.paths", 37, "the paths are missing; name the patterns that nightly may list"},
		"a path twice":                {`"rustup/?.toml"`, `"channels/*"`, "roles.release.paths[1]", 34, "channels/* is listed twice"},
		"a pattern of brackets":       {`"rustup/?.toml"`, `"rustup/[a].toml"`, "roles.release.paths[1]", 34, `'[' is not read alike everywhere`},
		"no public key":               {"[online.nightly]\npublic = \"\"\"\n" + public(edKey("nightly")).PEM() + `"""`, "[online.nightly]", "online.nightly.public", 0, "the public key is missing"},
		"no pem":                      {public(edKey("nightly")).PEM(), "nightly", "online.nightly.public", 0, "not a PEM block"},
		"target of no role":           {`role = "release"`, `role = "releases"`, "target[0].role", 45, `no role "releases" is declared; did you mean "release"?`},
		"target of root":              {`role = "release"`, `role = "root"`, "target[0].role", 45, "root lists no files"},
		"target of a machine":         {`role = "release"`, `role = "nightly"`, "target[0].role", 45, "nightly is signed by a machine, which lists its own files"},
		"target that nobody finds":    {`path = "channels/stable.toml"`, `path = "dist/stable.toml"`, "target[0].path", 46, "no pattern in roles.release.paths matches dist/stable.toml, so no client would find it"},
		"target with a wildcard":      {`path = "channels/stable.toml"`, `path = "channels/*.toml"`, "target[0].path", 46, `'*' has a meaning in patterns; name the file`},
		"target of negative length":   {"length = 123", "length = -1", "target[0].length", 47, "-1 is not between 0 and 2^53-1"},
		"target beyond 2^53":          {"length = 123", "length = 9007199254740992", "target[0].length", 47, "not between 0 and 2^53-1"},
		"target with a short hash":    {hash, "abcd", "target[0].sha256", 48, "write 64 lower-case hex digits"},
		"target with a capital hash":  {hash, strings.ToUpper(hash), "target[0].sha256", 48, "lower-case"},
		"root of a bad name":          {"length = 123", "root-of = \"../crates\"\nlength = 123", "target[0].root-of", 47, "write 1 to 63 of a-z, 0-9 and -"},
		"target twice":                {"[[target]]", "[[target]]\nrole = \"release\"\npath = \"channels/stable.toml\"\nsha256 = \"" + hash + "\"\n[[target]]", "target[1]", 48, "release lists channels/stable.toml twice"},
	} {
		t.Run(name, func(t *testing.T) {
			text := nine().with(t, test.old, test.new).policy
			if name == "delegators in a circle" {
				text = strings.Replace(text, "delegator = \"targets\"\nmembers", "delegator = \"nightly\"\nmembers", 1)
				test.path, test.words = "roles.release.delegator", "following delegators from release never reaches targets"
			}
			p, err := ParsePolicy("dir/rust-tuf.toml", []byte(text))
			if p != nil {
				t.Error("a policy comes with the error")
			}
			e := findSyntaxError(t, err, test.path)
			if e.File != "dir/rust-tuf.toml" || test.path != "" && e.Path != test.path || !strings.Contains(e.Reason, test.words) {
				t.Errorf("refused with %q\nwant %s: %s", err, test.path, test.words)
			}
			if test.line > 0 && (e.Line != test.line || e.Column < 1) {
				t.Errorf("at line %d, column %d; want line %d: %v", e.Line, e.Column, test.line, e)
			}
			if test.line > 0 && !strings.HasPrefix(e.Error(), fmt.Sprintf("dir/rust-tuf.toml:%d:%d: ", e.Line, e.Column)) {
				t.Errorf("the message begins otherwise: %v", e)
			}
		})
	}
}

// findSyntaxError is the one with a path, of several that are joined; without
// a path it is the first.
func findSyntaxError(t *testing.T, err error, path string) *SyntaxError {
	t.Helper()
	first := wantError[*SyntaxError](t, err)
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, each := range joined.Unwrap() {
			var e *SyntaxError
			if errors.As(each, &e) && e.Path == path {
				return e
			}
		}
	}
	return first
}

func TestPolicyIsBounded(t *testing.T) {
	big := nine().policy + "# " + strings.Repeat("x", PolicyBytes)
	_, err := ParsePolicy("rust-tuf.toml", []byte(big))
	wantError[*SyntaxError](t, err, "rust-tuf.toml: the file has", "at most 524288")

	deep := nine().with(t, `keyid = "spec"`, "keyid = "+strings.Repeat("[", 100_000)).policy
	_, err = ParsePolicy("rust-tuf.toml", []byte(deep))
	wantError[*SyntaxError](t, err)

	many := nine()
	for i := range maxRoles {
		many.policy += fmt.Sprintf("[roles.r%d]\ndelegator = \"targets\"\nonline = [\"nightly\"]\nthreshold = 1\nlifetime = \"1d\"\npaths = [\"p/*\"]\n", i)
	}
	_, err = ParsePolicy("rust-tuf.toml", []byte(many.policy))
	wantError[*SyntaxError](t, err, "42 roles, at most 36")
}

// TestPolicyManyFaults: each bound is checked before what it bounds is looked
// at, and a message stays readable.
func TestPolicyManyFaults(t *testing.T) {
	repeat := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	good := nine().policy
	for name, test := range map[string]struct{ text, words string }{
		"a long key":      {strings.Repeat("a", 500_000) + " = 1\n" + good, "unknown key \"" + strings.Repeat("a", 64) + "…\""},
		"many roles":      {good + repeat("[roles.r%d]\n", 20_000), "20006 roles, at most 36"},
		"many machines":   {good + repeat("[online.k%d]\n", 20_000), "20003 online keys, at most 100"},
		"many exceptions": {good + repeat("[[exception]]\nrule = \"r%d\"\n", 15_000), "15000 exceptions, at most 100"},
		"many files":      {good + repeat("[[target]]\npath = \"p%d\"\n", 15_000), "15001 files, at most 4096"},
		"many members":    {strings.Replace(good, `"rupert"]`, repeat(`"m%d", `, 50_000)+`"rupert"]`, 1), "the role has 50005 keys, at most 100"},
		"many paths":      {strings.Replace(good, `"nightly/*"`, repeat(`"p%d", `, 50_000), 1), "50000 patterns, at most 100"},
		"many readers":    {strings.Replace(good, `"tough"]`, repeat(`"r%d", `, 50_000)+`"tough"]`, 1), "and 49980 faults more"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParsePolicy("rust-tuf.toml", []byte(test.text))
			wantError[*SyntaxError](t, err, test.words)
			if n := len(err.Error()); n > 10_000 {
				t.Errorf("a message of %d bytes", n)
			}
		})
	}
}

func TestPolicyNamesEveryFault(t *testing.T) {
	text := nine().with(t, `format = 1`, `format = 7`).with(t, "length = 123", "length = -1").policy
	_, err := ParsePolicy("rust-tuf.toml", []byte(text))
	wantError[*SyntaxError](t, err, "the file says 7", "target[0].length")
	if got := strings.Count(err.Error(), "rust-tuf.toml:"); got != 2 {
		t.Errorf("%d faults named, want 2: %v", got, err)
	}
}

func TestDefaults(t *testing.T) {
	text := nine().with(t, "keyid = \"spec\"\n", "consistent-snapshot = false\n").policy
	p, err := ParsePolicy("rust-tuf.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if p.KeyID != FormSpec || p.ConsistentSnapshot {
		t.Errorf("keyid %q, consistent-snapshot %v", p.KeyID, p.ConsistentSnapshot)
	}
}

// TestTargetThroughTwoDelegations: a client follows a path only where every
// delegation on the way covers it.
func TestTargetThroughTwoDelegations(t *testing.T) {
	r := nine()
	r.policy += `
[roles.beta]
delegator = "release"
members = ["alice"]
threshold = 1
lifetime = "1y"
paths = ["*/beta.toml"]
[[target]]
role = "beta"
path = "other/beta.toml"
sha256 = "` + strings.Repeat("0", 64) + `"
`
	_, err := ParsePolicy("rust-tuf.toml", []byte(r.policy))
	wantError[*SyntaxError](t, err, "no pattern in roles.release.paths matches other/beta.toml")
	r.with(t, "other/beta.toml", "channels/beta.toml")
	d := r.declare(t)
	if got := strings.Join(d.PeopleRoles(), " "); got != "root targets release beta" {
		t.Errorf("people sign %s", got)
	}
	for role, by := range map[string]string{"beta": "release", "release": Targets, "nightly": Targets, Targets: Root, Root: Root, Timestamp: Root, "none": ""} {
		if d.Delegator(role) != by {
			t.Errorf("%s is named by %q, want %q", role, d.Delegator(role), by)
		}
	}
}

func TestPeopleRolesPutsDelegatorsFirst(t *testing.T) {
	r := nine()
	// beta stands before the role that names it.
	r.with(t, "[roles.root]", "[roles.beta]\ndelegator = \"gamma\"\nmembers = [\"alice\"]\nthreshold = 1\nlifetime = \"1y\"\npaths = [\"channels/*\"]\n[roles.gamma]\ndelegator = \"nightly\"\nmembers = [\"alice\"]\nthreshold = 1\nlifetime = \"1y\"\npaths = [\"channels/*\"]\n[roles.root]")
	got := r.declare(t).PeopleRoles()
	if !slices.Equal(got, []string{Root, Targets, "release", "gamma", "beta"}) {
		t.Errorf("people sign %v", got)
	}
}
