//go:build cgo && !nopiv && linux

package cli

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/signer/piv"
	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

var (
	retireArgs = []string{"member", "retire", "mallory"}
	leaving    = []reply{serialBack, askPIN, askPIN}
)

// memberWithCard is mallory, who is a member with a key on a card, at a
// repository in which nobody has signed anything. Who else is there is as for play.
func memberWithCard(t *testing.T, config card.Config, people ...string) (*stage, *actor, *vyubikey.World, *card.Card) {
	t.Helper()
	s, mallory, world := newcomerWithCard(t, people...)
	s.maintainer.env.Attestation = mallory.env.Attestation
	config.Serial = 5200001
	c := world.Insert(config)
	mallory.answers(t, fresh...)
	s.exits(t, mallory, exit.Done, enrolArgs)
	if err := s.merge("member/mallory"); err != nil {
		t.Fatal(err)
	}
	c.ClearLog()
	return s, mallory, world, c
}

// From the decision to leave to the pull request, word for word.
func TestRetire(t *testing.T) {
	s, mallory, world, c := memberWithCard(t, card.Config{StrictFreshness: true})
	shown := mallory.answers(t, leaving...)
	out := s.exits(t, mallory, exit.Done, retireArgs)
	s.golden(t, "retire.golden", shown.String()+"--- standard output ---\n"+out)
	spent(t, c, 3, 1)
	if c.PublicKey(card.Signature) != nil {
		t.Error("the key is still there")
	}
	verdict, err := s.gateOn(t, "member/mallory-retires-main")
	if err != nil || !verdict.Accepted || verdict.Machine {
		t.Fatalf("%+v, %v", verdict, err)
	}
	if !slices.ContainsFunc(verdict.Findings, func(f findingResult) bool {
		return f.Rule == "retirement" && f.Severity == "note" && strings.HasPrefix(f.Text, "mallory said with the key main itself that it is retired and overwritten in slot 9c of card 5200001; that it is gone is their word")
	}) {
		t.Errorf("%+v", verdict.Findings)
	}
	// Again: the card is not asked for anything, and nothing is pushed.
	mallory.answers(t)
	s.unchanged(t, func() {
		s.exits(t, mallory, exit.Done, retireArgs, "The key main of mallory is no longer in slot 9c of YubiKey 5200001: an earlier run destroyed it.")
	})
	untouched(t, c)
	if err := s.merge("member/mallory-retires-main"); err != nil {
		t.Fatal(err)
	}
	s.exits(t, s.maintainer, exit.Done, []string{"check"}, "note: mallory said with the key main itself", "rust-tuf.toml cannot be proposed yet (")
	s.unchanged(t, func() {
		for _, args := range [][]string{retireArgs, append(retireArgs, "--label", "main")} {
			s.exits(t, mallory, exit.Rejected, args, "the end of the key main of mallory is recorded already, in members/mallory/retired-main.toml, and YubiKey 5200001 no longer holds it", "nothing is left to do")
		}
		world.Clear()
		s.exits(t, mallory, exit.Rejected, retireArgs, "whether YubiKey 5200001 still holds it cannot be seen: YubiKey 5200001 is not plugged in", "if you have the card, plug it in and run the command again")
	})
}

// With --json one object; an old card overwrites, which is told.
func TestRetireJSON(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	s.maintainer.env.Attestation = mallory.env.Attestation
	s.policySays(t, "[devices]", "[[exception]]\nrule = \"advisory\"\nrole = \"root\"\nreason = \"new cards are on their way\"\n\n[devices]\nmin-firmware = \"5.4.0\"")
	c := world.Insert(card.Config{Serial: 5200001, Firmware: card.Firmware{5, 4, 3}})
	mallory.answers(t, fresh...)
	s.exits(t, mallory, exit.Done, enrolArgs)
	if err := s.merge("member/mallory"); err != nil {
		t.Fatal(err)
	}
	before, _ := pemOf(c)
	mallory.answers(t, leaving...)
	got := &retireResult{}
	oneObject(t, s.exits(t, mallory, exit.Done, append(retireArgs, "--json")), got)
	if got.Way != roles.WayOverwritten || !got.OnCard || !got.Copyable || got.Again || got.Serial != 5200001 || len(got.Paths) != 2 || len(got.TestRoots) != 2 || got.Pull == "" {
		t.Errorf("%+v", got)
	}
	if after, _ := pemOf(c); string(after) == string(before) {
		t.Error("the key is still there")
	}
}

// Who is counted on stays: a trusted version, an open event and the declared
// policy each keep a key alive.
func TestAListedKeyIsNeverDestroyed(t *testing.T) {
	s, mallory, _, c := memberWithCard(t, card.Config{})
	m := s.maintainer
	quorum := append(slices.Clone(demoQuorum[:8]), "mallory")
	policy, err := s.demoPolicy(quorum, quorum, false)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(by string) {
		t.Helper()
		mallory.answers(t)
		s.unchanged(t, func() {
			s.exits(t, mallory, exit.Rejected, retireArgs, "the key main of mallory is still listed by "+by+"; it is not destroyed", "first the role goes on without it")
			// Nor does a new key take its place in the slot.
			s.exits(t, mallory, exit.Rejected, []string{"member", "enrol", "mallory", "--label", "second", "--replaces", "main"},
				"slot 9c of YubiKey 5200001 holds a key that is still listed by "+by+"; it is never overwritten", "enrol another YubiKey, or wait")
		})
		untouched(t, c)
	}
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	if err := s.edit(m, "policy", map[string]string{metadata.PolicyFile: policy}); err != nil {
		t.Fatal(err)
	}
	if err := s.pushMerged(); err != nil {
		t.Fatal(err)
	}
	refused("rust-tuf.toml, in root")
	event, err := s.declare("the first root", policy+"\n")
	if err != nil {
		t.Fatal(err)
	}
	refused("the open event " + event + ", in root")
	// Software keys sign under test roots as well: the event lists a card.
	for _, name := range demoQuorum[:5] {
		s.people[name].env.Attestation = m.env.Attestation
	}
	if err := s.sign(event, demoQuorum[:5]...); err != nil {
		t.Fatal(err)
	}
	if _, err := s.complete(event); err != nil {
		t.Fatal(err)
	}
	refused("the trusted version of root and targets")
}

// What is refused, and what goes wrong at the card: by its words, with nothing
// pushed and nothing destroyed.
func TestRetireRefuses(t *testing.T) {
	for _, test := range []struct {
		name   string
		set    func(world *vyubikey.World, c *card.Card)
		args   []string
		script []reply
		code   int
		words  []string
	}{
		{"a stranger", nil, []string{"member", "retire", "zed"}, nil, exit.Rejected, []string{"main has no member zed"}},
		{"no such label", nil, append(retireArgs, "--label", "other"), nil, exit.Usage, []string{"mallory has no key with the label other"}},
		{"a software key", nil, []string{"member", "retire", "alice", "--label", "main"}, nil, exit.Rejected, []string{"the key main of alice is a file: delete it and every copy of it"}},
		{"no key on a card", nil, []string{"member", "retire", "alice"}, nil, exit.Rejected, []string{"alice has no key on a card that could be retired"}},
		{"a no", nil, retireArgs, []reply{{"To agree, type the card's serial number", "yes"}}, exit.Other, []string{`what was typed is not the serial number of YubiKey 5200001; nothing was changed on it`}},
		{"a wrong PIN", nil, retireArgs, []reply{serialBack, {"PIN of YubiKey 5200001, 3 tries left", "999999"}, giveUp}, exit.Card, []string{"wrong PIN", "2 tries left"}},
		{"the last try, kept", func(_ *vyubikey.World, c *card.Card) { c.Set(card.State{PINTries: 1}) }, retireArgs,
			[]reply{serialBack, {"1 try left for its PIN", "no"}}, exit.Other, []string{"declined"}},
		{"no touch", func(_ *vyubikey.World, c *card.Card) { c.OnTouch(card.Always(card.Ignored)) }, retireArgs, append(slices.Clone(leaving), giveUp), exit.Card, []string{"the card was not touched in time"}},
		{"another key", func(_ *vyubikey.World, c *card.Card) {
			c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
		}, retireArgs, nil, exit.Card, []string{"the key main of mallory is gone already: slot 9c of YubiKey 5200001 holds another key, and no other slot shows it; so it cannot sign that it is retired, and nothing was changed", `set its status to "lost" in members/mallory/member.toml`}},
		{"a card that was reset", func(_ *vyubikey.World, c *card.Card) { reset(t, c) }, retireArgs, nil, exit.Card, []string{"the key main of mallory is gone already: slot 9c of YubiKey 5200001 is empty, and no other slot shows it; so it cannot sign that it is retired, and nothing was changed", `set its status to "lost" in members/mallory/member.toml, in a pull request, so that no role can name it any more`}},
		{"another card", func(world *vyubikey.World, c *card.Card) {
			world.Clear()
			world.Insert(card.Config{Serial: 5200009})
		}, retireArgs, nil, exit.Card, []string{"YubiKey 5200001 is not plugged in; plugged in: YubiKey 5200009", "if you no longer have it, the key cannot be destroyed: set its status to \"lost\""}},
		{"no card", func(world *vyubikey.World, _ *card.Card) { world.Clear() }, retireArgs, nil, exit.Card, []string{"YubiKey 5200001 is not plugged in"}},
		{"a busy card", func(world *vyubikey.World, c *card.Card) { world.Occupy(c) }, retireArgs, nil, exit.Card, []string{"gpgconf --kill scdaemon"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, mallory, world, c := memberWithCard(t, card.Config{})
			before, err := pemOf(c)
			if err != nil {
				t.Fatal(err)
			}
			if test.set != nil {
				test.set(world, c)
				before, _ = pemOf(c)
			}
			mallory.answers(t, test.script...)
			s.unchanged(t, func() {
				if out := s.exits(t, mallory, test.code, test.args, test.words...); out != "" {
					t.Errorf("standard output: %s", out)
				}
			})
			if after, _ := pemOf(c); string(after) != string(before) {
				t.Error("the key was destroyed")
			}
		})
	}
}

// reset is what ykman's reset does.
func reset(t *testing.T, c *card.Card) {
	t.Helper()
	found, err := piv.FindCard(t.Context(), c.Serial())
	if err == nil {
		err = found.Reset(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A key that its holder destroyed with another tool, after they declared it
// retired: there is nothing left to do, and that is said.
func TestRetireWhatIsGone(t *testing.T) {
	s, mallory, _, c := memberWithCard(t, card.Config{})
	path := metadata.MemberPath("mallory")
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(s.maintainer.clone, path))
	if err != nil {
		t.Fatal(err)
	}
	text, err = withStatus(path, text, "main", roles.StatusRetired)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.edit(s.maintainer, "mallory leaves", map[string]string{path: string(text)}); err != nil {
		t.Fatal(err)
	}
	if err := s.pushMerged(); err != nil {
		t.Fatal(err)
	}
	reset(t, c)
	mallory.answers(t)
	s.unchanged(t, func() {
		s.exits(t, mallory, exit.Card, retireArgs, "the key main of mallory is gone already: slot 9c of YubiKey 5200001 is empty, and no other slot shows it; ",
			"hint: nothing is left to do: members/mallory/member.toml declares it retired, so no role can name it")
	})
}

// pulledBeforeWipe is a card that is pulled out after the key's end was pushed,
// and before it is destroyed; then it is plugged in again.
func pulledBeforeWipe(t *testing.T, s *stage, mallory *actor, world *vyubikey.World, c *card.Card) {
	t.Helper()
	c.OnCommand(func(name string, ran bool) bool { return name == "GENERATE" && !ran })
	mallory.answers(t, leaving...)
	s.exits(t, mallory, exit.Card, retireArgs, "branch member/mallory-retires-main says that the key is destroyed, but it is still in slot 9c of YubiKey 5200001: ",
		"run the command again, which goes on with the card, before anybody merges the branch")
	c.OnCommand(nil)
	world.PlugInto("Yubico YubiKey again", c)
}

// A key that was moved to another slot is found there and destroyed, also after
// its end was announced: what is called gone is on the card nowhere.
func TestRetireFindsAMovedKey(t *testing.T) {
	for _, test := range []struct {
		name   string
		before func(t *testing.T, s *stage, mallory *actor, world *vyubikey.World, c *card.Card)
		script []reply
	}{
		{"in order", func(*testing.T, *stage, *actor, *vyubikey.World, *card.Card) {}, leaving},
		{"after an interrupted run", pulledBeforeWipe, []reply{serialBack, askPIN}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, mallory, world, c := memberWithCard(t, card.Config{})
			test.before(t, s, mallory, world, c)
			c.Move(card.Signature, card.Authentication)
			shown := mallory.answers(t, test.script...)
			s.exits(t, mallory, exit.Done, retireArgs, "The key main of mallory is deleted from slot 9a of YubiKey 5200001.")
			for _, want := range []string{"The key is declared in slot 9c; this card holds it in slot 9a.\n", "  2. THE KEY IN SLOT 9a IS DESTROYED for good: "} {
				if !strings.Contains(shown.String(), want) {
					t.Errorf("not said: %q\n%s", want, shown)
				}
			}
			if c.PublicKey(card.Authentication) != nil {
				t.Error("the key is still there")
			}
			if verdict, err := s.gateOn(t, "member/mallory-retires-main"); err != nil || !verdict.Accepted {
				t.Errorf("%+v, %v", verdict, err)
			}
		})
	}
}

// A card that overwrites the key and then fails to delete: what is shown is what
// was done, and what was signed before stays true.
func TestRetireOverwritesAndCannotDelete(t *testing.T) {
	s, mallory, _, c := memberWithCard(t, card.Config{})
	before, err := pemOf(c)
	if err != nil {
		t.Fatal(err)
	}
	c.OnCommand(func(name string, ran bool) bool { return name == "MOVE KEY" && !ran })
	shown := mallory.answers(t, leaving...)
	got := &retireResult{}
	oneObject(t, s.exits(t, mallory, exit.Done, append(slices.Clone(retireArgs), "--json")), got)
	if got.Way != roles.WayOverwritten || !strings.Contains(shown.String(), "Warning: the key is overwritten, but slot 9c could not be emptied: ") {
		t.Errorf("way %s; shown: %s", got.Way, shown)
	}
	if after, _ := pemOf(c); len(after) == 0 || string(after) == string(before) {
		t.Errorf("the slot holds %q", after)
	}
	repo, err := metadata.Read(s.treeOf(t, "member/mallory-retires-main"))
	if err != nil {
		t.Fatal(err)
	}
	members, err := repo.Members()
	if err != nil {
		t.Fatal(err)
	}
	if k, _ := members["mallory"].Key("main"); k.Retirement == nil || k.Retirement.Way != roles.WayOverwritten {
		t.Errorf("recorded: %+v", k.Retirement)
	}
	var text words.Lines
	got.text(&text)
	if want := "The key main of mallory is overwritten in slot 9c of YubiKey 5200001, with a new key that nobody lists.\n"; !strings.Contains(text.String(), want) {
		t.Errorf("not said: %q\n%s", want, text.String())
	}
}

// Where the key was announced as gone and is still there, that is said, and the
// next run goes on with what was pushed.
func TestRetireHalfDone(t *testing.T) {
	s, mallory, world, c := memberWithCard(t, card.Config{})
	pulledBeforeWipe(t, s, mallory, world, c)
	spent(t, c, 3, 1)
	shown := mallory.answers(t, serialBack, askPIN)
	s.unchanged(t, func() {
		s.exits(t, mallory, exit.Done, retireArgs, "The key main of mallory is deleted from slot 9c of YubiKey 5200001.")
	})
	if !strings.Contains(shown.String(), "nothing is signed: an earlier run pushed to branch member/mallory-retires-main") {
		t.Errorf("shown: %s", shown)
	}
	spent(t, c, 2, 0)
	if c.PublicKey(card.Signature) != nil {
		t.Error("the key is still there")
	}
}

// The same when the branch was merged meanwhile: the key is still destroyed, and
// there is nothing to push.
func TestRetireHalfDoneAndMerged(t *testing.T) {
	s, mallory, world, c := memberWithCard(t, card.Config{})
	pulledBeforeWipe(t, s, mallory, world, c)
	if err := s.merge("member/mallory-retires-main"); err != nil {
		t.Fatal(err)
	}
	s.unchanged(t, func() {
		mallory.answers(t, serialBack, reply{"PIN of YubiKey 5200001, 3 tries left", "999999"}, giveUp)
		s.exits(t, mallory, exit.Card, retireArgs, "members/mallory/retired-main.toml says that the key is destroyed, but it is still in slot 9c of YubiKey 5200001: ",
			"run the command again, which goes on with the card\n")
		shown := mallory.answers(t, serialBack, reply{"PIN of YubiKey 5200001, 2 tries left", cardPIN})
		s.exits(t, mallory, exit.Done, append(slices.Clone(retireArgs), "--label", "main"), "The key main of mallory is deleted from slot 9c of YubiKey 5200001.",
			"Nothing is left to do: its end was merged before, in members/mallory/member.toml and members/mallory/retired-main.toml.")
		if !strings.Contains(shown.String(), "nothing is signed: that the key in slot 9c is retired was merged before, in members/mallory/retired-main.toml") {
			t.Errorf("shown: %s", shown)
		}
	})
	if c.PublicKey(card.Signature) != nil {
		t.Error("the key is still there")
	}
}

// A card whose management key is the member's own, and not under the PIN: the end
// of a key that cannot be destroyed is not announced.
func TestRetireSaysNothingThatItCannotDo(t *testing.T) {
	s, mallory, world := newcomerWithCard(t)
	s.maintainer.env.Attestation = mallory.env.Attestation
	c := world.Insert(card.Config{Serial: 5200001})
	own := []byte("somebody's own 24 bytes.")
	c.Set(card.State{PIN: cardPIN, PUK: cardPUK, ManagementAlgorithm: card.AES192, ManagementKey: own})
	c.Generate(card.Signature, card.P256, card.PINAlways, card.TouchAlways)
	mallory.answers(t, askPIN)
	s.exits(t, mallory, exit.Done, append(slices.Clone(enrolArgs), "--existing"))
	if err := s.merge("member/mallory"); err != nil {
		t.Fatal(err)
	}
	c.ClearLog()
	mallory.answers(t, leaving[:2]...)
	s.unchanged(t, func() {
		s.exits(t, mallory, exit.Card, retireArgs, "the key main of mallory cannot be destroyed: the management key of YubiKey 5200001 is not known", "nothing was signed or pushed",
			"ykman piv access change-management-key --generate --protect, and run this again; if it is lost, set the key's status to \"retired\"")
	})
	spent(t, c, 1, 0)
	c.Set(card.State{ManagementAlgorithm: card.AES192, ManagementKey: card.FactoryManagementKey()})
	mallory.answers(t, leaving...)
	s.exits(t, mallory, exit.Done, retireArgs, "The key main of mallory is deleted from slot 9c of YubiKey 5200001.")
}

// A key that nothing attests may have copies, and retiring it says so.
func TestRetireWithoutAttestation(t *testing.T) {
	s, mallory, _, _ := memberWithCard(t, card.Config{})
	mallory.env.Attestation = nil // Yubico's roots do not know this card
	mallory.answers(t, leaving...)
	s.exits(t, mallory, exit.Done, retireArgs, "Nothing proves that the card made the key, so there may be copies elsewhere: destroy them too.")
}

// The errors can be told apart by type.
func TestRetireErrorTypes(t *testing.T) {
	inner := &DifferentError{"PIN"}
	var err error = &UnwipedError{"branch member/mallory-retires-main", false, 5200001, 0x9c, inner}
	if !errors.Is(err, inner) || exitCode(err) != exit.Card || !strings.HasPrefix(err.(hinted).Hint(), inner.Hint()+"; then run the command again") {
		t.Error(err, exitCode(err))
	}
	err = rejected(&StillListedError{"mallory", "main", "rust-tuf.toml, in root"})
	if !is[*StillListedError](err) || exitCode(err) != exit.Rejected {
		t.Error(err)
	}
	err = &UnmanagedError{"mallory", "main", &piv.ManagementKeyError{Serial: 5200001}}
	if !is[*piv.ManagementKeyError](err) || exitCode(err) != exit.Card {
		t.Error(err, exitCode(err))
	}
	err = rejected(&RecordedError{"mallory", "main", 5200001, inner})
	if !is[*RecordedError](err) || !errors.Is(err, inner) || exitCode(err) != exit.Rejected {
		t.Error(err, exitCode(err))
	}
	err = &KeyGoneError{"mallory", "main", 5200001, 0x9c, piv.Empty, roles.StatusActive}
	if !strings.Contains(err.Error(), "slot 9c of YubiKey 5200001 is empty") || exitCode(err) != exit.Card {
		t.Error(err)
	}
}
