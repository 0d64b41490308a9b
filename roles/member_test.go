package roles

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestMember(t *testing.T) {
	m := nine().declare(t).Members["alice"]
	key, ok := m.Key("main")
	if m.Name != "alice" || m.Login != "alice-at-forge" || !ok || key.Serial != 1000 || key.Slot != "9c" || !key.Public.Equal(public(p256("alice"))) {
		t.Errorf("member %+v", m)
	}
	if _, ok := m.Key("other"); ok {
		t.Error("a key that is not there was found")
	}
}

func TestMemberRefuses(t *testing.T) {
	second := "\n[[key]]\nlabel = \"main\"\npublic = \"\"\"\n" + public(edKey("x")).PEM() + "\"\"\"\nkind = \"software\"\nstatus = \"lost\"\n"
	for name, test := range map[string]struct {
		old, new string
		path     string
		line     int
		words    string
	}{
		"unknown key":          {`login =`, `logn =`, "logn", 3, `unknown key "logn"; did you mean "login"?`},
		"a key in capitals":    {`login =`, "login = \"a\"\nLOGIN =", "LOGIN", 4, `did you mean "login"?`},
		"unknown key of a key": {`serial = 1000`, "serial = 1000\npin = 123456", "key[0].pin", 17, `unknown key "pin"; it is one of kind, label, possession, public, serial, slot, status`},
		"no list of keys":      {`[[key]]`, `[key]`, "key", 7, "there may be several of these: write [[key]]"},
		"an inline key":        {`[[key]]`, "key = {}\n[[key]]", "key", 7, "write [[key]]"},
		"a dotted key":         {`format = 1`, "key.label = 1\nformat = 1", "key.label", 1, "a list stands here"},
		"a word for a list":    {`affiliations = ["company-0"]`, `affiliations = "company-0"`, "affiliations", 4, ""},
		"a list for a word":    {`login = "alice-at-forge"`, `login = ["alice-at-forge"]`, "login", 3, ""},
		"format":               {`format = 1`, `format = 2`, "format", 1, "the file says 2"},
		"another's name":       {`name = "alice"`, `name = "bob"`, "name", 2, `"bob" is in the folder "alice"; a member's file stands in the folder of that name`},
		"a path as name":       {`name = "alice"`, `name = "../alice"`, "name", 2, `name "../alice": write`},
		"no login":             {`login = "alice-at-forge"`, ``, "login", 0, `"" is no login of a forge`},
		"a login with a space": {`alice-at-forge`, `alice at forge`, "login", 3, "is no login of a forge"},
		"country in capitals":  {`"country-0"`, `"DE"`, "countries[0]", 5, `country "DE": write 1 to 63 of a-z, 0-9 and -; labels are only compared, so a pseudonym will do`},
		"a country twice":      {`"country-0"`, `"de", "de"`, "countries[1]", 5, "de is listed twice"},
		"too many labels":      {`"company-0"`, strings.Repeat(`"a", `, 11), "affiliations", 4, "11 labels, at most 10"},
		"no label":             {"label = \"main\"\n", "", "key[0].label", 7, "label is missing"},
		"a label twice":        {`status = "active"`, `status = "active"` + second, "key[1].label", 0, `a second key with the label "main"`},
		"no public key":        {"public = \"\"\"\n" + public(p256("alice")).PEM() + `"""`, "", "key[0].public", 7, "the public key is missing"},
		"a private key":        {public(p256("alice")).PEM(), strings.ReplaceAll(public(p256("alice")).PEM(), "PUBLIC", "PRIVATE"), "key[0].public", 9, "not a PEM block of type PUBLIC KEY"},
		"unknown kind":         {`kind = "piv"`, `kind = "yubikey"`, "key[0].kind", 15, `unknown kind "yubikey"; it is one of software, piv`},
		"no serial":            {"serial = 1000\n", "", "key[0].serial", 7, "0 is no serial number of a card"},
		"a large serial":       {"serial = 1000\n", "serial = 4294967296\n", "key[0].serial", 16, "4294967296 is no serial number"},
		"no slot":              {"slot = \"9c\"\n", "", "key[0].slot", 7, `"" is no slot for a signing key; usual is "9c"`},
		"the attestation slot": {`"9c"`, `"f9"`, "key[0].slot", 17, `"f9" is no slot`},
		"a file with a serial": {`kind = "piv"`, `kind = "software"`, "key[0]", 7, "a software key has no serial and no slot"},
		"unknown status":       {`"active"`, `"stolen"`, "key[0].status", 18, `unknown status "stolen"; it is one of active, lost, retired`},
		"no status":            {`status = "active"`, ``, "key[0].status", 7, `unknown status ""`},
	} {
		t.Run(name, func(t *testing.T) {
			text := nine().edit(t, "alice", test.old, test.new).members["alice"]
			_, err := ParseMember("members/alice/member.toml", []byte(text))
			e := findSyntaxError(t, err, test.path)
			if e.File != "members/alice/member.toml" || test.path != "" && e.Path != test.path || !strings.Contains(e.Reason, test.words) {
				t.Errorf("refused with %q\nwant %s: %s", err, test.path, test.words)
			}
			if test.line > 0 && e.Line != test.line {
				t.Errorf("at line %d, want %d: %v", e.Line, test.line, e)
			}
		})
	}
	_, err := ParseMember("members/alice/member.toml", []byte(strings.Repeat("#\n", MemberBytes)))
	wantError[*SyntaxError](t, err, "members/alice/member.toml: the file has 131072 bytes, at most 65536")

	many := nine().members["alice"]
	for i := range maxMemberKeys {
		many += strings.Replace(second, `"main"`, fmt.Sprintf(`"k%d"`, i), 1)
	}
	_, err = ParseMember("members/alice/member.toml", []byte(many))
	wantError[*SyntaxError](t, err, "21 keys, at most 20")
}

func TestMemberFileWithoutFolder(t *testing.T) {
	text := nine().members["alice"]
	for _, file := range []string{"member.toml", "alice.toml", "somewhere/alice.toml"} {
		if _, err := ParseMember(file, []byte(text)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestMemberTOML(t *testing.T) {
	m := &Member{Format: 1, Name: "alice", Login: "Alice.A_b", Affiliations: []string{"acme", "team"}, Countries: []string{}, Keys: []MemberKey{
		{Label: "main", Public: PublicKey{public(p256("alice"))}, Kind: KindPIV, Serial: 123, Slot: "9c", Status: StatusActive},
		{Label: "old", Public: PublicKey{public(edKey("alice"))}, Kind: KindSoftware, Status: StatusRetired},
	}}
	again, err := ParseMember("members/alice/member.toml", m.TOML())
	if err != nil {
		t.Fatalf("%v in\n%s", err, m.TOML())
	}
	if string(again.TOML()) != string(m.TOML()) || again.Name != m.Name || again.Login != m.Login || !reflect.DeepEqual(again.Affiliations, m.Affiliations) || len(again.Keys) != 2 {
		t.Errorf("%+v became %+v", m, again)
	}
	for i, k := range m.Keys {
		a := again.Keys[i]
		if !a.Public.Equal(k.Public.PublicKey) || a.Label != k.Label || a.Kind != k.Kind || a.Serial != k.Serial || a.Slot != k.Slot || a.Status != k.Status {
			t.Errorf("key %+v became %+v", k, a)
		}
	}
}

// TestMemberTOMLCannotBeBrokenOut: what no member may be called is refused by
// the reader and does not become another key of the file.
func TestMemberTOMLCannotBeBrokenOut(t *testing.T) {
	m := &Member{Format: 1, Name: "alice\"\nname = \"bob", Login: "a\\b\u202e", Keys: []MemberKey{{Label: "main", Public: PublicKey{public(p256("alice"))}, Kind: KindSoftware, Status: StatusActive}}}
	_, err := ParseMember("members/alice/member.toml", m.TOML())
	e := findSyntaxError(t, err, "name")
	if e.Path != "name" || !strings.Contains(e.Reason, `"alice\"\nname = \"bob"`) {
		t.Errorf("%v", err)
	}
}

func TestDeclare(t *testing.T) {
	d := nine().declare(t)
	alice, bob := d.Members["alice"], d.Members["bob"]
	made, err := Declare(d.Policy, alice, bob)
	if err != nil || len(made.Members) != 2 {
		t.Fatalf("%v", err)
	}
	_, err = Declare(d.Policy, alice, bob, alice)
	wantError[*SyntaxError](t, err, "members/alice/member.toml", "alice is the name of the member in members/alice/member.toml too")
	if err := d.Check(); err != nil {
		t.Errorf("a clean declaration: %v", err)
	}
	err = made.Check()
	wantError[*ReferenceError](t, err, "roles.root.members[2]", "there is no member carol", "add members/carol/member.toml", "roles.release.members[4]")
}

func TestReferences(t *testing.T) {
	second := func(label, status string) func(*repo) {
		return func(r *repo) {
			r.members["judy"] += "\n[[key]]\nlabel = \"" + label + "\"\npublic = \"\"\"\n" + public(p256(label)).PEM() + "\"\"\"\nkind = \"software\"\nstatus = \"" + status + "\"\n"
		}
	}
	refer := func(as string) func(*repo) {
		return func(r *repo) { r.policy = strings.Replace(r.policy, `"judy"`, `"`+as+`"`, 1) }
	}
	status := func(s string) func(*repo) {
		return func(r *repo) { r.members["judy"] = strings.Replace(r.members["judy"], `"active"`, `"`+s+`"`, 1) }
	}
	for name, test := range map[string]struct {
		edits []func(*repo)
		words string // of the error; empty for none
	}{
		"by name":              {nil, ""},
		"by label":             {[]func(*repo){refer("judy/main")}, ""},
		"the one active key":   {[]func(*repo){second("old", "lost")}, ""},
		"one of two":           {[]func(*repo){second("card2", "active"), refer("judy/card2")}, ""},
		"either of two":        {[]func(*repo){second("card2", "active")}, "judy has 2 active keys; name one: judy/main, judy/card2"},
		"a label that is none": {[]func(*repo){refer("judy/card2")}, "judy has no key card2; active are: main"},
		"a lost key":           {[]func(*repo){status("lost"), refer("judy/main")}, "the key main of judy is lost; a role names active keys only"},
		"a retired key":        {[]func(*repo){status("retired"), refer("judy/main")}, "the key main of judy is retired"},
		"no active key":        {[]func(*repo){status("lost")}, "judy has no active key; add one to members/judy/member.toml or replace judy in the role"},
		"nobody":               {[]func(*repo){refer("jude")}, "there is no member jude; did you mean judy?"},
		"one key by two names": {[]func(*repo){func(r *repo) { r.policy = strings.Replace(r.policy, `"judy", "mike"`, `"judy", "judy/main"`, 1) }}, "judy/main is the key judy/main, which the role names already"},
	} {
		t.Run(name, func(t *testing.T) {
			r := nine()
			for _, edit := range test.edits {
				edit(r)
			}
			_, err := r.declare(t).Charter(Targets)
			if test.words == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			e := wantError[*ReferenceError](t, err, "rust-tuf.toml:31:", "roles.release.members[", test.words)
			if e.Role != "release" || e.Member == "" || e.File != "rust-tuf.toml" {
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestCharterOfNoRole(t *testing.T) {
	d := nine().declare(t)
	_, err := d.Charter("releases")
	wantError[*RoleError](t, err, `role releases: no such role is declared; did you mean "release"?`)
	_, err = d.Charter(Timestamp)
	e := wantError[*RoleError](t, err, "role timestamp: a machine signs this role")
	if e.Role != Timestamp || errors.Unwrap(err) != nil {
		t.Errorf("%+v", e)
	}
}
