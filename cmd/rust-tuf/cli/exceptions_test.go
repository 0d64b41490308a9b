//go:build cgo && !nopiv && linux

package cli

import (
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// An old card that the policy excuses for somebody else, or for another card,
// is refused before anything on it changes; one that is meant is taken, and the
// doctor agrees.
func TestExceptionForOneCard(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	bound := func(lines string) string {
		text := ""
		for _, rule := range []string{"device-policy", "advisory"} {
			text += "[[exception]]\nrule = \"" + rule + "\"\nrole = \"root\"\n" + lines + "reason = \"a new card is on its way\"\n\n"
		}
		return text + "[devices]"
	}
	c := world.Insert(card.Config{Serial: 5200001, Firmware: card.Firmware{5, 4, 3}})
	// Nor does it help that the policy allows the firmware, where nothing excuses
	// what its maker says of it.
	s.policySays(t, "[devices]", "[devices]\nmin-firmware = \"5.4.0\"")
	mallory.answers(t)
	s.exits(t, mallory, exit.Rejected, enrolArgs, "YubiKey 5200001 cannot hold a member's key: keys on firmware 5.4.3 can be copied in a laboratory (YSA-2024-03), which firmware 5.7.0 mends")
	untouched(t, c)
	s.policySays(t, "[devices]\nmin-firmware = \"5.4.0\"", "[devices]")
	before := "[devices]"
	for _, lines := range []string{"member = \"judy\"\n", "serial = 5200002\n", "member = \"mallory\"\nserial = 5200002\n"} {
		s.policySays(t, before, bound(lines))
		before = bound(lines)
		mallory.answers(t)
		s.exits(t, mallory, exit.Rejected, enrolArgs, "its firmware is 5.4.3, the policy demands 5.7.0 or newer")
		untouched(t, c)
	}
	s.policySays(t, before, bound("member = \"mallory\"\nserial = 5200001\n"))
	shown := mallory.answers(t, fresh...)
	s.exits(t, mallory, exit.Done, enrolArgs, "firmware 5.4.3")
	if !strings.Contains(shown.String(), "Warning: mallory/main: ") {
		t.Errorf("shown: %s", shown)
	}
	s.maintainer.env.Attestation = mallory.env.Attestation
	// The doctor knows whose the key is once it is merged.
	out, _ := s.run(mallory, "doctor")
	if !strings.Contains(out, "wrong: YubiKey 5200001, slot 9c: ") {
		t.Errorf("a stranger's card:\n%s", out)
	}
	if err := s.merge("member/mallory"); err != nil {
		t.Fatal(err)
	}
	out, _ = s.run(mallory, "doctor")
	if strings.Contains(out, "wrong: YubiKey 5200001, slot 9c") || !strings.Contains(out, "ok: YubiKey 5200001, slot 9c: it meets what the policy demands of cards") {
		t.Errorf("mallory's card:\n%s", out)
	}
}

// A key that falls short is refused before the card's factory values are
// exchanged for it.
func TestEnrolExistingIsJudgedFirst(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	c := world.Insert(card.Config{Serial: 5200001})
	c.Generate(card.Signature, card.P256, card.PINOnce, card.TouchNever)
	c.ClearLog()
	mallory.answers(t)
	s.unchanged(t, func() {
		s.exits(t, mallory, exit.Rejected, append(enrolArgs[:len(enrolArgs):len(enrolArgs)], "--existing"),
			"has the touch policy never, the policy allows always", `[[exception]] rule = "device-policy", role = "…", member = "mallory", serial = 5200001, reason = "…"`)
	})
	untouched(t, c)
}
