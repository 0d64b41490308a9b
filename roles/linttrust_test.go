package roles

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// sign adds signatures by the named members' keys to a payload.
func sign(t testing.TB, c *Charter, raw []byte, names ...string) []byte {
	t.Helper()
	sum := sha256.Sum256(read(t, raw).Signed())
	type signature struct {
		KeyID string `json:"keyid"`
		Sig   string `json:"sig"`
	}
	var sigs []signature
	for _, name := range names {
		id, err := c.KeyID.KeyID(public(p256(name)))
		if err != nil {
			t.Fatal(err)
		}
		sig, err := ecdsa.SignASN1(rand.Reader, p256(name), sum[:])
		if err != nil {
			t.Fatal(err)
		}
		sigs = append(sigs, signature{id, hex.EncodeToString(sig)})
	}
	list, err := json.Marshal(sigs)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Replace(raw, []byte(`"signatures": []`), append([]byte(`"signatures": `), list...), 1)
}

// trusted is a clean repository at version 1, signed by just enough people.
func trusted(t testing.TB) (*verify.Root, map[string]*verify.Targets) {
	t.Helper()
	d := nine().declare(t)
	signed := func(role string, names ...string) []byte {
		c, err := d.Charter(role)
		if err != nil {
			t.Fatal(err)
		}
		return sign(t, c, payload(t, c, Basis{}), names...)
	}
	root, err := verify.TrustRoot(signed(Root, "alice", "bob", "carol", "dave", "erin"), verify.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]*verify.Targets{}
	trust := func(by verify.Delegator, role string, names ...string) {
		candidate, err := read(t, signed(role, names...)).Targets(role)
		if err != nil {
			t.Fatal(err)
		}
		if targets[role], err = verify.TrustTargets(by, candidate); err != nil {
			t.Fatal(err)
		}
	}
	trust(root, Targets, "alice", "bob", "carol", "dave", "erin")
	trust(targets[Targets], "release", "judy", "mike", "olivia")
	return root, targets
}

func refusals(found []Finding) []Finding {
	return slices.DeleteFunc(found, func(f Finding) bool { return f.Severity != Refused })
}

func TestOldThreshold(t *testing.T) {
	root, targets := trusted(t)
	// Five of nine leave: four keys of root 1 are left, and it asks for five.
	leave := func(t *testing.T, gone int, how func(r *repo, name string)) []Finding {
		r := nine()
		old := []string{"erin", "frank", "grace", "heidi", "ivan"}
		for i, name := range old[:gone] {
			how(r, name)
			fresh := []string{"tina", "ursula", "victor", "wendy", "xavier"}[i]
			r.policy = strings.ReplaceAll(r.policy, `"`+name+`"`, `"`+fresh+`"`)
			r.members[fresh] = memberTOML(fresh, "company-"+fresh, "country-"+fresh, 3000+i)
		}
		return lint(t, Proposal{Declaration: r.declare(t), Trusted: root, Targets: targets, Opened: opened})
	}
	remove := func(r *repo, name string) { delete(r.members, name) }
	status := func(s string) func(*repo, string) {
		return func(r *repo, name string) {
			r.members[name] = strings.Replace(r.members[name], `"active"`, `"`+s+`"`, 1)
		}
	}
	t.Run("removed", func(t *testing.T) {
		w := want{"old-threshold", Root, Refused, []string{
			"root 1 asks for 5 keys to sign its successor, and 4 can:", "declared in no member's file:", "erin", "keep the files of those who leave, with their keys as retired",
		}}
		if found := leave(t, 5, remove); !w.in(found) {
			t.Errorf("five members removed:\n%s", show(found))
		}
	})
	t.Run("lost", func(t *testing.T) {
		w := want{"old-threshold", Root, Refused, []string{"and 4 can", "lost: "}}
		if found := leave(t, 5, status("lost")); !w.in(found) {
			t.Errorf("five keys lost:\n%s", show(found))
		}
	})
	t.Run("retired", func(t *testing.T) {
		if found := refusals(leave(t, 5, status("retired"))); len(found) > 0 {
			t.Errorf("five members replaced in good order:\n%s", show(found))
		}
	})
	t.Run("none left", func(t *testing.T) {
		found := leave(t, 4, status("lost"))
		w := want{"losses-left", Root, Warning, []string{"no loss left in root 1, which is in force: all of", "alice"}}
		if !w.in(found) || len(refusals(found)) > 0 {
			t.Errorf("four keys lost:\n%s", show(found))
		}
	})
	t.Run("not in this event", func(t *testing.T) {
		r := nine()
		for _, name := range []string{"erin", "frank", "grace", "heidi", "ivan"} {
			r.members[name] = strings.Replace(r.members[name], `kind = "piv"`, "kind = \"piv\" # edited", 1)
		}
		d := r.declare(t)
		c, err := d.Charter("release")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"erin", "frank", "grace", "heidi", "ivan"} {
			delete(d.Members, name)
		}
		found := lint(t, Proposal{Declaration: d, Charters: map[string]*Charter{"release": c}, Trusted: root, Targets: targets, Opened: opened})
		if len(refusals(found)) > 0 {
			t.Errorf("an event of release alone is held up by root:\n%s", show(found))
		}
	})
}

func TestReach(t *testing.T) {
	root, _ := trusted(t)
	r := nine().edit(t, "bob", `"active"`, `"lost"`).edit(t, "carol", `"active"`, `"retired"`)
	d := r.declare(t)
	delete(d.Members, "dave")
	q, _ := root.Quorum(Root)
	reach := d.Reach(q)
	if reach.LossesLeft() != 2 || owners(reach.Lost) != "bob" || owners(reach.Undeclared) != "dave" || len(reach.Able) != 7 || reach.Threshold != 5 || reach.Role != Root {
		t.Errorf("reach %+v, %d losses left", reach, reach.LossesLeft())
	}
	q, _ = root.Quorum(Timestamp)
	if reach := d.Reach(q); reach.LossesLeft() != 0 || owners(reach.Able) != "online/timestamp" || owners(nil) != "nobody" {
		t.Errorf("reach of timestamp %+v", reach)
	}
}

func TestResign(t *testing.T) {
	root, targets := trusted(t)
	// release 1 is signed by judy, mike and olivia; mike leaves.
	r := nine().with(t, `members = ["judy", "mike", "olivia", "peggy", "rupert"]`, `members = ["judy", "wendy", "olivia", "peggy", "rupert"]`)
	r.members["wendy"] = memberTOML("wendy", "team", "country-0", 3000)
	d := r.declare(t)
	charters := map[string]*Charter{}
	add := func(role string) {
		c, err := d.Charter(role)
		if err != nil {
			t.Fatal(err)
		}
		charters[role] = c
	}
	p := Proposal{Declaration: d, Charters: charters, Trusted: root, Targets: targets, Opened: opened}
	add(Targets)
	found := lint(t, p)
	w := want{"resign", "release", Refused, []string{"release 1 does not meet the threshold that targets sets now", "2 of 3", "sign release in this event too"}}
	if !w.in(found) {
		t.Fatalf("release is not asked for:\n%s", show(found))
	}
	add("release")
	if found = refusals(lint(t, p)); len(found) > 0 {
		t.Errorf("release is signed in the event, and yet:\n%s", show(found))
	}
}

func TestResignTargetsOfRoot(t *testing.T) {
	root, targets := trusted(t)
	r := nine().with(t, "threshold = 5\nlifetime = \"1y\"", "threshold = 6\nlifetime = \"1y\"")
	c := r.charter(t, Root)
	found := lint(t, Proposal{Declaration: r.declare(t), Charters: map[string]*Charter{Root: c}, Trusted: root, Targets: targets, Opened: opened})
	w := want{"resign", Targets, Refused, []string{"targets 1 does not meet the threshold that root sets now"}}
	if !w.in(found) {
		t.Errorf("targets is not asked for:\n%s", show(found))
	}
}

func TestResignByAMachine(t *testing.T) {
	root, targets := trusted(t)
	r := nine().with(t, public(edKey("nightly")).PEM(), public(edKey("new nightly")).PEM())
	nightly, err := nine().declare(t).Charter(Targets)
	if err != nil {
		t.Fatal(err)
	}
	// A machine's role has no charter; its document is like release's.
	c := *nightly
	c.Role, c.Roles, c.Members, c.Online, c.Devices = "nightly", nil, nil, nil, nil
	raw := payload(t, &c, Basis{})
	candidate, err := read(t, signEd(t, raw, "nightly")).Targets("nightly")
	if err != nil {
		t.Fatal(err)
	}
	if targets["nightly"], err = verify.TrustTargets(targets[Targets], candidate); err != nil {
		t.Fatal(err)
	}
	found := lint(t, Proposal{Declaration: r.declare(t), Charters: map[string]*Charter{Targets: r.charter(t, Targets)}, Trusted: root, Targets: targets, Opened: opened})
	w := want{"resign", "nightly", Warning, []string{"nightly 1 does not meet the threshold that targets sets now", "let the machine sign nightly"}}
	if !w.in(found) {
		t.Errorf("the machine is not asked:\n%s", show(found))
	}
}

// signEd signs with the key of a machine.
func signEd(t testing.TB, raw []byte, name string) []byte {
	t.Helper()
	id, err := FormSpec.KeyID(public(edKey(name)))
	if err != nil {
		t.Fatal(err)
	}
	sig, err := edKey(name).Sign(nil, read(t, raw).Signed(), crypto.Hash(0))
	if err != nil {
		t.Fatal(err)
	}
	entry := `"signatures": [{"keyid": "` + id + `", "sig": "` + hex.EncodeToString(sig) + `"}]`
	return bytes.Replace(raw, []byte(`"signatures": []`), []byte(entry), 1)
}
