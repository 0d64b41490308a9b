package metadata

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// What people read about an open event: who may sign, who has, and what is
// missing by whose rule.
func TestStanding(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	w.sign(rotationEvent, "alice", "carol", "judy")
	s := w.standing(rotationEvent)
	if got := fmt.Sprint(s.Payloads[0].Payload, s.Payloads[1].Payload); got != "root version 2 targets version 2" || s.Payload("release") != nil {
		t.Errorf("payloads: %s", got)
	}
	root := s.Payload("root")
	var names []string
	for _, h := range root.Holders() {
		names = append(names, h.Owner)
	}
	if want := []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "karl"}; !slices.Equal(names, want) {
		t.Errorf("holders: %q", names)
	}
	for name, want := range map[string]bool{"alice": true, "carol": true, "judy": true, "bob": false, "mallory": false} {
		if root.Signed(keyIDOf(name)) != want {
			t.Errorf("%s signed: %t", name, !want)
		}
	}
	if _, listed := root.Holder(keyIDOf("mallory")); listed {
		t.Error("mallory may sign")
	}
	if _, listed := s.Payload("targets").Holder(keyIDOf("carol")); listed {
		t.Error("carol, who leaves, may sign what the new root judges")
	}
	want := []string{
		"root version 2, signers named in root version 1 (in force): 2 of 5 signatures valid; 3 more of: ",
		"root version 2, signers named in root version 2 (proposed here): 2 of 5 signatures valid; 3 more of: ",
		"targets version 2, signers named in root version 2 (proposed here): 2 of 5 signatures valid; 3 more of: ",
	}
	got := s.Wants()
	for i, prefix := range want {
		if len(got) != len(want) || len(got[i]) < len(prefix) || got[i][:len(prefix)] != prefix {
			t.Fatalf("wants: %q", got)
		}
	}
	for _, rule := range root.Rules { // judy is no stranger to the old rule, nor carol to the new one
		if len(rule.Tally.Unknown) > 0 {
			t.Errorf("%s: unknown %q", rule.By, rule.Tally.Unknown)
		}
	}
}

// What this project's verifier accepts is asked of go-tuf too. A repository in
// which the two differ publishes nothing.
func TestSecondOpinion(t *testing.T) {
	t.Parallel()
	w := delegated(t)
	r := w.read()
	for _, e := range r.Closed {
		for _, p := range e.Payloads {
			if err := r.secondOpinion(p.Role, p.Version, p.Delegator); err != nil {
				t.Errorf("%s: %v", p, err)
			}
		}
	}
	few := w.clone()
	for role, version := range map[string]int64{"root": 2, "targets": 3, "release": 1} {
		few.rewrite(role, version, func(s []verify.Signature) []verify.Signature { return s[:1] })
	}
	r = few.read()
	for _, tt := range []struct {
		role    string
		version int64
		by      Delegator
	}{
		{"root", 2, Delegator{}}, {"targets", 3, Delegator{"root", 2}}, {"release", 1, Delegator{"targets", 3}},
		{"release", 1, Delegator{"root", 2}}, {"root", 3, Delegator{}}, {"targets", 9, Delegator{"root", 2}}, {"targets", 3, Delegator{"root", 9}}, {"release", 1, Delegator{"targets", 9}},
	} {
		err := r.secondOpinion(tt.role, tt.version, tt.by)
		e := expect[*SecondOpinionError](t, err, fmt.Sprintf("%s version %d: go-tuf", tt.role, tt.version), "nothing is published")
		if e.Role != tt.role || e.Version != tt.version || e.Unwrap() == nil {
			t.Errorf("%+v", *e)
		}
	}
}
