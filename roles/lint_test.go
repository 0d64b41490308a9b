package roles

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// want is a finding that a test expects; words are all in its text.
type want struct {
	rule, role string
	severity   Severity
	words      []string
}

func (w want) in(found []Finding) bool {
	return slices.ContainsFunc(found, func(f Finding) bool {
		if f.Rule != w.rule || f.Role != w.role || f.Severity != w.severity {
			return false
		}
		for _, word := range w.words {
			if !strings.Contains(f.Text, word) && !strings.Contains(f.Next, word) {
				return false
			}
		}
		return true
	})
}

func show(found []Finding) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%s %s %s: %s | next: %s | %s\n", f.Severity, f.Rule, f.Role, f.Text, f.Next, f.Reason)
	}
	return b.String()
}

func TestCleanDeclaration(t *testing.T) {
	found := lint(t, Proposal{Declaration: nine().declare(t), Opened: opened})
	if len(found) != 1 || found[0].Rule != "losses-left" || found[0].Severity != Note {
		t.Fatalf("a clean declaration has findings:\n%s", show(found))
	}
	if found[0].Text != "up to 4 keys of root may be lost; with one more, nobody can change root any more" {
		t.Errorf("losses left: %q", found[0].Text)
	}
}

func TestRules(t *testing.T) {
	rootMembers := `members = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"]
threshold = 5
lifetime = "2y"`
	root := func(members string, threshold int) func(testing.TB, *repo) {
		return func(t testing.TB, r *repo) {
			r.with(t, rootMembers, fmt.Sprintf("members = [%s]\nthreshold = %d\nlifetime = \"2y\"", members, threshold))
		}
	}
	policy := func(old, new string) func(testing.TB, *repo) {
		return func(t testing.TB, r *repo) { r.with(t, old, new) }
	}
	member := func(name, old, new string) func(testing.TB, *repo) {
		return func(t testing.TB, r *repo) { r.edit(t, name, old, new) }
	}
	release := `members = ["judy", "mike", "olivia", "peggy", "rupert"]
threshold = 3`
	key := func(name string) string { return public(p256(name)).PEM() }

	for name, test := range map[string]struct {
		edits []func(testing.TB, *repo)
		wants []want
		// beside are other rules that refuse the same edit.
		beside string
	}{
		"a role names nobody's key": {
			edits: []func(testing.TB, *repo){policy(`"rupert"]`, `"ruprt"]`)},
			wants: []want{{"declaration", Targets, Refused, []string{"rust-tuf.toml:31:47:", "roles.release.members[4]", "no member ruprt; did you mean rupert?"}}},
		},
		"affiliation": {
			edits: []func(testing.TB, *repo){member("bob", `"company-1"`, `"company-0"`)},
			wants: []want{
				{"affiliation", Root, Refused, []string{"4 members of root share the affiliation company-0, at most 3 may: alice, bob, dave, grace", "replace 1 of them, or set [lint] max-affiliation"}},
				{"affiliation", Targets, Refused, []string{"4 members of targets"}},
			},
		},
		"affiliation bound raised": {
			edits: []func(testing.TB, *repo){member("bob", `"company-1"`, `"company-0"`), policy("[roles.root]", "[lint]\nmax-affiliation = 4\n[roles.root]")},
			wants: []want{{"affiliation", Root, Warning, []string{"allows 4 members of one affiliation in root; the usual bound is 3 (threshold 5 less 2)"}}},
		},
		"country": {
			edits: []func(testing.TB, *repo){member("dave", `"country-1"`, `"country-1", "country-0"`)},
			wants: []want{{"country", Root, Refused, []string{"4 members of root share the country country-0, at most 3 may: alice, bob, carol, dave"}}},
		},
		"country bound raised": {
			edits: []func(testing.TB, *repo){policy("[roles.root]", "[lint]\nmax-country = 9\n[roles.root]")},
			wants: []want{{"country", Targets, Warning, []string{"allows 9 members of one country in targets"}}},
		},
		"no country declared": {
			edits: []func(testing.TB, *repo){member("dave", `countries = ["country-1"]`, `countries = []`)},
			wants: []want{{"country", Root, Warning, []string{"dave declares no country", "members/dave/member.toml"}}},
		},
		"one person, two keys": {
			edits: []func(testing.TB, *repo){
				root(`"alice/main", "alice/other", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"`, 5),
				policy(`members = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"]`, `members = ["alice/main", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"]`),
				func(t testing.TB, r *repo) {
					r.members["alice"] += "\n[[key]]\nlabel = \"other\"\npublic = \"\"\"\n" + key("other") + "\"\"\"\nkind = \"piv\"\nserial = 9\nslot = \"9c\"\nstatus = \"active\"\n"
				},
			},
			wants: []want{{"distinct-people", Root, Refused, []string{"alice has 2 keys in root: alice/main, alice/other", "leave one of them"}}},
		},
		"one person, two members": {
			edits: []func(testing.TB, *repo){member("bob", `"bob-at-forge"`, `"Alice-at-forge"`)},
			wants: []want{{"distinct-people", Root, Refused, []string{"alice and bob in root have the same login Alice-at-forge, so they are one person"}}},
		},
		"no spare keys": {
			edits: []func(testing.TB, *repo){root(`"alice", "bob", "carol", "dave", "erin", "frank"`, 5)},
			wants: []want{{"spares", Root, Refused, []string{"root has 6 keys for a threshold of 5, so 1 to spare; at least 2 are wanted", "add 1 member, rather than lowering the threshold", `[[exception]] rule = "spares", role = "root"`}}},
		},
		"fewer spares asked for": {
			edits: []func(testing.TB, *repo){policy("[roles.root]", "[lint]\nmin-spares = 1\n[roles.root]")},
			wants: []want{{"spares", "release", Warning, []string{"asks for 1 spare keys; the usual number is 2"}}},
		},
		"two groups can sign root": {
			edits:  []func(testing.TB, *repo){root(`"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"`, 4)},
			wants:  []want{{"majority", Root, Refused, []string{"root is signed by 4 of 8 keys, so two groups without a common member can sign two different versions", "raise the threshold to 5 or more"}}},
			beside: "affiliation country",
		},
		"two groups can sign release": {
			edits: []func(testing.TB, *repo){policy(release, strings.Replace(release, "3", "2", 1))},
			wants: []want{{"majority", "release", Warning, []string{"release is signed by 2 of 5 keys"}}},
		},
		"a machine in root": {
			edits:  []func(testing.TB, *repo){policy("[roles.root]\n", "[roles.root]\nonline = [\"snapshot\"]\n")},
			wants:  []want{{"online-root", Root, Refused, []string{"root has the online keys snapshot; only people sign it", "remove roles.root.online"}}},
			beside: "majority",
		},
		"a machine among people": {
			edits:  []func(testing.TB, *repo){policy("delegator = \"targets\"\nmembers", "delegator = \"targets\"\nonline = [\"nightly\"]\nmembers")},
			wants:  []want{{"online-among-people", "release", Refused, []string{"release counts the online keys nightly beside its members, so 2 people are enough"}}},
			beside: "delegated-twice",
		},
		"a machine names people": {
			edits: []func(testing.TB, *repo){policy(`delegator = "targets"`+"\nmembers", `delegator = "nightly"`+"\nmembers"), policy("[[target]]", "[lint]\n"), policy("role = \"release\"\npath = \"channels/stable.toml\"\nlength = 123\nsha256 = \""+strings.Repeat("ab", 32)+"\"", "")},
			wants: []want{{"delegator-online", "release", Refused, []string{"release is signed by people, but nightly, which names its keys, is signed by a machine"}}},
		},
		"two members, one key": {
			edits:  []func(testing.TB, *repo){member("bob", key("bob"), key("alice"))},
			beside: "possession",
			wants:  []want{{"key-twice", Root, Refused, []string{"alice/main (members/alice/member.toml) and bob/main (members/bob/member.toml) declare the same public key", "ask both whose key it is"}}},
		},
		"a member and a machine, one key": {
			edits:  []func(testing.TB, *repo){member("judy", key("judy"), public(edKey("nightly")).PEM())},
			wants:  []want{{"key-twice", "release", Refused, []string{"judy/main (members/judy/member.toml) and online/nightly (rust-tuf.toml) declare the same public key"}}},
			beside: "delegated-twice card-algorithm possession",
		},
		"two labels, one key, one lost": {
			edits: []func(testing.TB, *repo){func(t testing.TB, r *repo) {
				r.members["alice"] += "\n[[key]]\nlabel = \"again\"\npublic = \"\"\"\n" + key("alice") + "\"\"\"\nkind = \"software\"\nstatus = \"lost\"\n"
			}},
			wants: []want{{"key-twice", Root, Refused, []string{"alice/main", "alice/again", "(members/alice/member.toml)"}}},
		},
		"one key in two delegated roles": {
			edits: []func(testing.TB, *repo){policy("[roles.nightly]", "[roles.beta]\ndelegator = \"release\"\nmembers = [\"judy\", \"alice\", \"bob\"]\nthreshold = 1\nlifetime = \"1y\"\npaths = [\"channels/beta\"]\n[roles.nightly]")},
			wants: []want{{"delegated-twice", "beta", Refused, []string{"the key judy/main signs two delegated roles, release and beta", "give judy another key", `role = "beta"`}}},
		},
		"a reader cannot use P-384": {
			edits: []func(testing.TB, *repo){member("erin", key("erin"), public(p384("erin")).PEM())},
			wants: []want{
				{"readers", Root, Refused, []string{"tough cannot use the ECDSA P-384 key of erin/main in root: it knows no such scheme and refuses the whole document", "take tough from the readers"}},
				{"readers", Root, Refused, []string{"tuf-js cannot use the ECDSA P-384 key of erin/main in root"}},
			},
		},
		"a reader refuses the key ids": {
			edits: []func(testing.TB, *repo){policy(`keyid = "spec"`, `keyid = "spki"`)},
			wants: []want{{"readers", Root, Refused, []string{`tough cannot read root with key ids of the form "spki": it recomputes key ids`}}},
		},
		"ed25519 on a card": {
			edits: []func(testing.TB, *repo){member("erin", key("erin"), public(edKey("erin")).PEM())},
			wants: []want{{"card-algorithm", Root, Refused, []string{"the key erin/main is Ed25519 on card 1004"}}},
		},
		"a key in a file": {
			edits: []func(testing.TB, *repo){member("erin", "kind = \"piv\"\nserial = 1004\nslot = \"9c\"", `kind = "software"`)},
			wants: []want{
				{"software-key", Root, Refused, []string{"1 of 9 keys of root lie in files, not on cards: erin/main", `[[exception]] rule = "software-key", role = "root"`}},
				{"software-key", Targets, Refused, []string{"keys of targets"}},
			},
		},
		"most keys of release in files": {
			edits: []func(testing.TB, *repo){
				member("judy", "kind = \"piv\"\nserial = 2000\nslot = \"9c\"", `kind = "software"`),
				member("mike", "kind = \"piv\"\nserial = 2001\nslot = \"9c\"", `kind = "software"`),
				member("olivia", "kind = \"piv\"\nserial = 2002\nslot = \"9c\"", `kind = "software"`),
			},
			wants: []want{{"software-key", "release", Refused, []string{"3 of 5 keys of release lie in files, not on cards: judy/main, mike/main, olivia/main", `[[exception]] rule = "software-key", role = "release"`}}},
		},
		"root lives too long": {
			edits: []func(testing.TB, *repo){policy(`lifetime = "2y"`, `lifetime = "8y"`)},
			wants: []want{{"lifetime", Root, Refused, []string{"the lifetime of root is 8y, at most 7y is allowed", "max-root-lifetime"}}},
		},
		"targets lives too long": {
			edits: []func(testing.TB, *repo){policy("threshold = 5\nlifetime = \"1y\"", "threshold = 5\nlifetime = \"4y\"")},
			wants: []want{{"lifetime", Targets, Refused, []string{"the lifetime of targets is 4y, at most 3y is allowed", "max-people-lifetime"}}},
		},
		"timestamp lives too long": {
			edits: []func(testing.TB, *repo){policy(`lifetime = "24h"`, `lifetime = "31d"`)},
			wants: []want{{"lifetime", Timestamp, Refused, []string{"the lifetime of timestamp is 31d, at most 30d is allowed", "max-online-lifetime"}}},
		},
		"release is too short": {
			edits: []func(testing.TB, *repo){policy("threshold = 3\nlifetime = \"1y\"", "threshold = 3\nlifetime = \"4w\"")},
			wants: []want{{"lifetime", "release", Refused, []string{"the lifetime of release is 4w, at least 30d is wanted for a role that people sign"}}},
		},
		"lifetime bounds loosened": {
			edits: []func(testing.TB, *repo){policy("[roles.root]", "[lint]\nmax-root-lifetime = \"9y\"\nmin-people-lifetime = \"1d\"\n[roles.root]")},
			wants: []want{
				{"lifetime", Root, Warning, []string{"sets max-root-lifetime to 9y, which concerns root; the usual bound is 7y"}},
				{"lifetime", "release", Warning, []string{"sets min-people-lifetime to 1d"}},
			},
		},
		"no loss left": {
			edits: []func(testing.TB, *repo){policy(release, strings.Replace(release, "3", "5", 1)), policy("[roles.root]", "[lint]\nmin-spares = 0\n[roles.root]")},
			wants: []want{{"losses-left", "release", Warning, []string{"no loss left: with one more key lost, nobody can sign release any more"}}},
		},
		"an exception from no rule": {
			edits: []func(testing.TB, *repo){policy("[roles.root]", "[[exception]]\nrule = \"softwarekey\"\nrole = \"root\"\nreason = \"rehearsal\"\n[roles.root]")},
			wants: []want{{"exception", Root, Refused, []string{`the exception for root names no rule: "softwarekey"; did you mean "software-key"?`}}},
		},
		"an exception that is not allowed": {
			edits: []func(testing.TB, *repo){policy("[roles.root]", "[[exception]]\nrule = \"majority\"\nrole = \"root\"\nreason = \"we like it so\"\n[roles.root]")},
			wants: []want{{"exception", Root, Refused, []string{"the rule majority allows no exception, for root: when twice the threshold"}}},
		},
		"an exception where a bound belongs": {
			edits: []func(testing.TB, *repo){policy("[roles.root]", "[[exception]]\nrule = \"country\"\nrole = \"root\"\nreason = \"we like it so\"\n[roles.root]")},
			wants: []want{{"exception", Root, Refused, []string{"the rule country allows no exception", "bounds can be set in [lint]: max-country"}}},
		},
		"an exception that nothing needs": {
			edits: []func(testing.TB, *repo){policy("[roles.root]", "[[exception]]\nrule = \"software-key\"\nrole = \"root\"\nreason = \"rehearsal\"\n[roles.root]")},
			wants: []want{{"exception", Root, Warning, []string{"nothing in root needs the exception from software-key (rehearsal)"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := nine()
			for _, edit := range test.edits {
				edit(t, r)
			}
			found := lint(t, Proposal{Declaration: r.declare(t), Opened: opened})
			allowed := map[string]bool{"losses-left": true}
			for _, w := range test.wants {
				allowed[w.rule] = true
				if !w.in(found) {
					t.Errorf("no %s finding of %s for %q with %q in:\n%s", w.severity, w.rule, w.role, w.words, show(found))
				}
			}
			for _, f := range found {
				if f.Why == "" || f.Severity == Refused && f.Next == "" {
					t.Errorf("%s for %s does not say why and what next", f.Rule, f.Role)
				}
				if f.Severity == Refused && !allowed[f.Rule] && !strings.Contains(test.beside, f.Rule) {
					t.Errorf("a rule that was not meant fires: %s", show([]Finding{f}))
				}
			}
		})
	}
}

func TestEveryRuleIsDescribed(t *testing.T) {
	ids := map[string]bool{}
	for _, r := range Rules() {
		if r.ID == "" || r.Reason == "" || r.Scope == "" || ids[r.ID] {
			t.Errorf("rule %+v", r)
		}
		ids[r.ID] = true
		if strings.HasSuffix(r.Reason, ".") || strings.ToLower(r.Reason[:1]) != r.Reason[:1] {
			t.Errorf("%s: the reason %q ends a sentence of its own", r.ID, r.Reason)
		}
	}
	for _, id := range []string{"majority", "online-root", "old-threshold", "distinct-people", "key-twice", "attestation", "possession", "serial-twice"} {
		if r, ok := findRule(id); !ok || r.Excusable {
			t.Errorf("%s can be excused", id)
		}
	}
	excusable, gate := map[string]bool{}, map[string]bool{}
	for _, r := range Rules() {
		if r.Excusable {
			excusable[r.ID] = true
		}
		if r.Gate {
			gate[r.ID] = true
		}
	}
	if got := slices.Sorted(maps.Keys(gate)); !slices.Equal(got, []string{"advisory", "attestation", "card-algorithm", "device-policy", "key-twice", "possession", "retirement", "serial-twice", "software-key"}) {
		t.Errorf("an edit of a member's file is refused at once by %v", got)
	}
	if got := slices.Sorted(maps.Keys(excusable)); !slices.Equal(got, []string{"advisory", "card-algorithm", "delegated-twice", "device-policy", "lifetime", "online-among-people", "software-key", "spares"}) {
		t.Errorf("excusable are %v", got)
	}
}
