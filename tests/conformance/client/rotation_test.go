package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// parseRule reads "2/123 by 12": two of the keys 1, 2 and 3 must sign, and 1
// and 2 do.
func parseRule(t *testing.T, text string) rule {
	t.Helper()
	rights, signers, ok := strings.Cut(text, " by ")
	threshold, keys, ok2 := strings.Cut(rights, "/")
	n, err := strconv.Atoi(threshold)
	if !ok || !ok2 || err != nil {
		t.Fatalf("%q is no rule", text)
	}
	r := rule{threshold: n}
	for _, k := range keys {
		r.keys = append(r.keys, ed25519Key("key "+string(k)))
	}
	for _, k := range signers {
		r.signers = append(r.signers, ed25519Key("key "+string(k)))
	}
	return r
}

// kept is what stands in DIR for a role.
func (c *client) kept(role string) []byte {
	c.t.Helper()
	raw, err := os.ReadFile(filepath.Join(c.dir, role+".json"))
	must(c.t, err)
	return raw
}

// Sequences of roots: the client is built with the first. The last one that
// follows is what it keeps, byte for byte.
func TestRootRotations(t *testing.T) {
	for name, test := range map[string]struct {
		roots   []string
		refused string // what is said of the last; "" if it follows
	}{
		"one key takes the place of another":    {[]string{"1/1 by 1", "1/2 by 21", "1/2 by 2"}, ""},
		"signatures that nobody asked for":      {[]string{"1/1 by 314", "1/2 by 3214", "1/2 by 324"}, ""},
		"each time others of five":              {[]string{"3/01234 by 024", "3/01234 by 041", "3/01234 by 013", "3/01234 by 234"}, ""},
		"one of five is replaced":               {[]string{"3/01234 by 024", "3/01345 by 041"}, ""},
		"one of five is replaced, and signs":    {[]string{"3/01234 by 024", "3/01345 by 0245", "3/01345 by 045"}, ""},
		"all five are replaced":                 {[]string{"3/01234 by 024", "3/56789 by 024567", "3/56789 by 567"}, ""},
		"the threshold is raised":               {[]string{"1/123 by 1", "2/123 by 12"}, ""},
		"the threshold is lowered":              {[]string{"2/123 by 12", "1/123 by 12", "1/123 by 1"}, ""},
		"a second key, and both must sign":      {[]string{"1/1 by 1", "2/12 by 12"}, ""},
		"the old key did not sign":              {[]string{"1/1 by 1", "1/2 by 234"}, "root 2: threshold of root 1 not met: 0 of 1"},
		"the new key did not sign":              {[]string{"1/1 by 1", "1/2 by 134"}, "root 2: threshold of root 2 not met: 0 of 1"},
		"one of five is replaced, new too few":  {[]string{"3/01234 by 024", "3/01345 by 024"}, "root 2: threshold of root 2 not met: 2 of 3"},
		"one of five is replaced, old too few":  {[]string{"3/01234 by 024", "3/01345 by 045"}, "root 2: threshold of root 1 not met: 2 of 3"},
		"the raised threshold is not met":       {[]string{"1/123 by 1", "2/123 by 2"}, "root 2: threshold of root 2 not met: 1 of 2"},
		"the lowered threshold holds too early": {[]string{"2/123 by 12", "1/123 by 1"}, "root 2: threshold of root 1 not met: 1 of 2"},
		"refused after two that follow":         {[]string{"1/1 by 1", "1/1 by 1", "1/2 by 12", "1/3 by 13"}, "root 4: threshold of root 3 not met: 0 of 1"},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t)
			for i, text := range test.roots {
				r.root["version"], r.rules["root"] = i+1, parseRule(t, text)
				r.publishRoot()
			}
			c := r.fresh()
			newest := len(test.roots)
			ok, stderr := c.refresh()
			if test.refused == "" {
				c.ok(ok, stderr)
			} else {
				c.fails(test.refused, ok, stderr)
				newest--
			}
			if !bytes.Equal(c.kept("root"), r.files[fmt.Sprintf("metadata/%d.root.json", newest)]) {
				t.Errorf("root %d is not what is kept", newest)
			}
		})
	}
}

// New keys for each of the other roles, in a new root.
func TestKeyRotations(t *testing.T) {
	for name, test := range map[string]struct {
		rule string
		ok   bool
	}{
		"another key":                       {"1/2 by 2", true},
		"signatures that nobody asked for":  {"1/1 by 314", true},
		"the new key did not sign":          {"1/2 by 134", false},
		"one of three is nobody":            {"3/01345 by 024", false},
		"two of three":                      {"3/01345 by 04", false},
		"the first three":                   {"3/01234 by 012", true},
		"the last three, in another order":  {"3/01234 by 432", true},
		"every other one":                   {"3/01234 by 024", true},
		"all five":                          {"3/01234 by 01234", true},
		"more than there are keys":          {"3/12 by 12", false},
		"five of five, and somebody beside": {"5/01234 by 012345", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t)
			c := r.fresh()
			c.ok(c.refresh())
			for i, role := range []string{"timestamp", "snapshot", "targets"} {
				r.rules[role] = parseRule(t, test.rule)
				r.root["version"] = i + 2
				r.publishRoot()
				r.bump("targets")
				ok, stderr := c.refresh()
				if !test.ok {
					c.fails(role+" 2: threshold of root "+strconv.Itoa(i+2)+" not met", ok, stderr)
					delete(r.rules, role)
					r.timestamp["version"], r.snapshot["version"], r.targets["targets"]["version"] = 1, 1, 1
					continue
				}
				c.ok(ok, stderr)
				name := fmt.Sprintf("metadata/%d.%s.json", i+2, role)
				if role == "timestamp" {
					name = "metadata/timestamp.json"
				}
				if !bytes.Equal(c.kept(role), r.files[name]) {
					t.Errorf("%s is not what is kept", name)
				}
			}
		})
	}
}

// A role that is not signed as its root says: what came before it is kept, and
// it is not.
func TestUnsigned(t *testing.T) {
	for role, test := range map[string]struct {
		words  string
		trusts []string
	}{
		"root":      {"root 2: threshold of root 1 not met", []string{"root 1"}},
		"timestamp": {"timestamp 1: threshold of root 1 not met", []string{"root 1"}},
		"snapshot":  {"snapshot 1: threshold of root 1 not met", []string{"root 1", "timestamp 1"}},
		"targets":   {"targets 1: threshold of root 1 not met", []string{"root 1", "timestamp 1", "snapshot 1"}},
	} {
		t.Run(role, func(t *testing.T) {
			r := serve(t)
			c := r.fresh()
			r.rules[role] = rule{1, []key{r.keys[role]}, nil}
			if role == "root" {
				r.root["version"] = 2
				r.publishRoot()
			}
			r.publish()
			ok, stderr := c.refresh()
			c.fails(test.words, ok, stderr)
			c.trusts(test.trusts...)
		})
	}
}

// One key stands in root under many ids, and signs under each: it counts once. A
// key id that stands twice among the signatures refuses the document, whether the
// threshold is met without it or not.
func TestOneKeyManyTimes(t *testing.T) {
	r := serve(t)
	c := r.fresh()
	one := r.keys["snapshot"]
	many := rule{threshold: 6}
	for i := range 10 {
		many.keys = append(many.keys, key{one.kind, one.scheme, one.public, one.sign, strconv.Itoa(i)})
	}
	many.signers = many.keys
	r.rules["snapshot"] = many
	r.root["version"] = 2
	r.publishRoot()
	r.bump()
	ok, stderr := c.refresh()
	c.fails("snapshot 2: threshold of root 2 not met: 1 of 6", ok, stderr)
	c.trusts("root 2", "timestamp 2")

	for _, threshold := range []int{1, 2} {
		r.rules["snapshot"] = rule{threshold, []key{one, r.keys["root"]}, []key{one, r.keys["root"], one}}
		r.root["version"] = r.root["version"].(int) + 1
		r.publishRoot()
		r.bump()
		ok, stderr = c.refresh()
		c.fails("stands twice", ok, stderr)
	}
}

// What no one has defined is covered by the signatures, and otherwise ignored;
// a threshold above the keys is no fault of the root that has it.
func TestUnknownMembers(t *testing.T) {
	r := serve(t)
	c := r.fresh()
	r.root["version"], r.root["x-note"] = 2, object{"a": []any{nil, 1}}
	r.publishRoot()
	for _, k := range r.root["keys"].(object) {
		k.(object)["keyid_hash_algorithms"] = []any{"md5"}
		k.(object)["keyval"].(object)["private"] = ""
	}
	r.root["roles"].(object)["targets"].(object)["x-note"] = "ours"
	r.put("metadata/2.root.json", r.envelope("root", r.root))
	r.targets["targets"]["x-note"] = "ours"
	r.bump("targets")
	c.ok(c.refresh())
	c.trusts("root 2", "timestamp 2", "snapshot 2", "targets 2")

	r.rules["snapshot"] = rule{3, []key{r.keys["snapshot"]}, []key{r.keys["snapshot"]}}
	r.root["version"] = 3
	r.publishRoot()
	r.bump()
	ok, stderr := c.refresh()
	c.fails("can never be met: threshold 3, 1 keys", ok, stderr)
	if !strings.Contains(string(c.kept("root")), `"version": 3`) {
		t.Error("the root that demands it is not kept")
	}
}
