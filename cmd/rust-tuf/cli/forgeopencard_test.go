//go:build cgo && !nopiv && linux

package cli

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// A member's card is proposed when it is set up, and its key's end when it is true.
func TestEnrolAndRetireOpenPullRequests(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	s.maintainer.env.Attestation = mallory.env.Attestation
	s.appears(t, mallory, "origin", "https://github.com/mallory/tuf-root")
	api := &opener{}
	mallory.env.Forges = api.of(forge.Address{Host: "github.com", Path: "mallory/tuf-root"})
	world.Insert(card.Config{Serial: 5200001})
	mallory.answers(t, fresh...)
	s.exits(t, mallory, exit.Done, enrolArgs, "A pull request is open. Next: read the fingerprint to whoever reviews it, on a call:\n    https://github.com/rust-lang/tuf-root/pull/7\n")
	if err := s.merge("member/mallory"); err != nil {
		t.Fatal(err)
	}
	mallory.answers(t, leaving...)
	s.exits(t, mallory, exit.Done, retireArgs, "A pull request is open:\n    https://github.com/rust-lang/tuf-root/pull/7\n")
	var titles []string
	for _, p := range api.asked {
		titles = append(titles, p.Title)
	}
	if got := strings.Join(titles, ", "); got != "member: enrol mallory, member: retire mallory/main" {
		t.Errorf("asked for: %s", got)
	}
}
