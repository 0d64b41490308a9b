//go:build cgo && !nopiv && linux

package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/piv"
	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// What is done with a card can end before and after each command that changes
// it or compares a secret, and after each that uses a key. Between them the card
// is only read.
var (
	changing = []string{"VERIFY", "CHANGE REFERENCE", "GENERATE", "SET MANAGEMENT KEY", "PUT DATA", "MOVE KEY"}
	using    = []string{"AUTHENTICATE", "ATTEST"}
)

// at arms a card: act is done at the n-th of those moments, and tells whether
// the card is pulled out then. The returned function tells how many there were.
func at(c *card.Card, n int, act func() bool) (moments func() int) {
	var seen atomic.Int64 // commands come from the reader's goroutine
	c.OnCommand(func(name string, ran bool) bool {
		if !slices.Contains(changing, name) && !(ran && slices.Contains(using, name)) {
			return false
		}
		return seen.Add(1) == int64(n) && act()
	})
	return func() int { c.OnCommand(nil); return int(seen.Load()) }
}

// deed is something done with a card that is interrupted.
type deed struct {
	name  string
	noGit bool // it is done where there is none
	args  []string
	setup func(t *testing.T) (*stage, *actor, *vyubikey.World, *card.Card)
	done  func(t *testing.T, s *stage, c *card.Card)
}

func interruptible() []deed {
	return []deed{
		{"enrol", false, enrolArgs, func(t *testing.T) (*stage, *actor, *vyubikey.World, *card.Card) {
			s, mallory, world := newcomerWithCard(t, "maintainer")
			return s, mallory, world, world.Insert(card.Config{Serial: 5200001})
		}, enrolled},
		{"retire", false, retireArgs, func(t *testing.T) (*stage, *actor, *vyubikey.World, *card.Card) {
			return memberWithCard(t, card.Config{}, "maintainer")
		}, retired},
		{"sign without a network", true, signBundle, func(t *testing.T) (*stage, *actor, *vyubikey.World, *card.Card) {
			s, judy, world, c := judyAtDesk(t, "judy")
			world.Plug(c)
			copyFile(t, filepath.Join(s.exported(t, secondEvent), "event"), filepath.Join(judy.clone, "event"))
			return s, judy, world, c
		}, signedAway},
	}
}

// enrolled: the key that is on the card, and no other, is proposed; it was made
// once, and nothing that the card was given before is lost.
func enrolled(t *testing.T, s *stage, c *card.Card) {
	t.Helper()
	k := proposedKey(t, s, "member/mallory")
	if pem, err := pemOf(c); err != nil || string(pem) != k.Public.PEM() {
		t.Errorf("another key is proposed than the one on the card: %v", err)
	}
	if n := c.Counters(); n.Generated != 1 {
		t.Errorf("%d keys were made: one was overwritten", n.Generated)
	}
	info := cardInfo(t, c)
	if info.PIN.Factory != piv.No || info.PUK.Factory != piv.No || info.FactoryManagementKey != piv.No {
		t.Errorf("a value of the factory is left: %+v", info)
	}
}

// retired: the key is gone, and its end is on the branch.
func retired(t *testing.T, s *stage, c *card.Card) {
	t.Helper()
	k := proposedKey(t, s, "member/mallory-retires-main")
	if k.Status != roles.StatusRetired || k.Retirement == nil {
		t.Errorf("%+v", k)
	}
	if pem, err := pemOf(c); err == nil && string(pem) == k.Public.PEM() {
		t.Error("the key is still there")
	}
}

// signedAway: one answer, which counts; nothing beside it, and the key was used
// no more often than two runs may.
func signedAway(t *testing.T, s *stage, c *card.Card) {
	t.Helper()
	stick := s.people["judy"].clone
	left, err := s.git("judy", stick, "status", "--porcelain")
	if err != nil || left != "?? event\n?? event.answer" {
		t.Errorf("left behind: %s, %v", left, err)
	}
	if branch := s.imported(t, stick); !strings.HasPrefix(branch, signsSecond+"root/judy-") {
		t.Error(branch)
	}
	if n := c.Counters(); n.Signatures < 2 || n.Signatures > 4 {
		t.Errorf("%d signatures were made", n.Signatures)
	}
}

func proposedKey(t *testing.T, s *stage, branch string) roles.MemberKey {
	t.Helper()
	repo, err := metadata.Read(s.treeOf(t, branch))
	if err != nil {
		t.Fatal(err)
	}
	members, err := repo.Members()
	if err != nil || len(members["mallory"].Keys) != 1 {
		t.Fatal(err)
	}
	return members["mallory"].Keys[0]
}

func cardInfo(t *testing.T, c *card.Card) piv.CardInfo {
	t.Helper()
	found, err := piv.FindCard(t.Context(), c.Serial())
	if err != nil {
		t.Fatal(err)
	}
	info, err := found.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// unharmed: no wrong PIN or PUK was ever sent, so nothing is locked.
func unharmed(t *testing.T, c *card.Card) {
	t.Helper()
	if n := c.Counters(); n.PINFailures+n.PUKFailures > 0 {
		t.Errorf("wrong secrets were tried: %+v", n)
	}
	if pin, puk := c.Tries(); pin != 3 || puk != 3 {
		t.Errorf("%d tries of the PIN and %d of the PUK are left", pin, puk)
	}
}

// A card that is pulled out at any moment is plugged in again, and the same
// command goes on: nothing is lost, nothing overwritten, no try spent. The
// holder knows one PIN, the new one, so a PIN that the card took although its
// answer was lost is no trap either.
func TestPulledAnywhere(t *testing.T) {
	for _, d := range interruptible() {
		t.Run(d.name, func(t *testing.T) {
			total := 0
			for n := 1; n == 1 || n <= total; n += 2 { // the kills fall on others
				s, mallory, world, c := d.setup(t)
				c.ClearLog()
				mallory.env.Terminal = &cardHolder{heard: mallory.err}
				moments := at(c, n, func() bool { return true })
				out, code := s.run(mallory, d.args...)
				if moments() < n {
					t.Fatalf("there are only %d moments", moments())
				}
				if pulled := !isPlugged(world, c); !pulled {
					t.Fatalf("moment %d: the card was not pulled out", n)
				}
				if words := mallory.err.String(); code != exit.Done && (code != exit.Card || !strings.Contains(words, fmt.Sprint("YubiKey ", c.Serial())) && !strings.Contains(words, signer.ErrRemoved.Error())) {
					t.Errorf("pulled at moment %d: exit code %d\n%s%s", n, code, out, words)
				}
				unharmed(t, c)
				world.PlugInto("Yubico YubiKey again", c)
				moments = at(c, 0, nil)
				if out, code := s.run(mallory, d.args...); code != exit.Done {
					t.Fatalf("pulled at moment %d, then run again: exit code %d\n%s%s", n, code, out, mallory.err)
				}
				if total == 0 { // the first pull changed nothing, so this was a whole run
					total = moments()
				} else {
					moments()
				}
				unharmed(t, c)
				d.done(t, s, c)
				world.Clear()
			}
			t.Logf("pulled out at every other of %d moments", total)
		})
	}
}

func isPlugged(world *vyubikey.World, c *card.Card) bool {
	_, ok := world.Reader(c)
	return ok
}

// A process that is killed at such a moment, or before or after a call of git,
// leaves everything so that the same command goes on.
func TestKilledWithACard(t *testing.T) {
	if testing.Short() {
		t.Skip("runs hundreds of processes")
	}
	for _, d := range interruptible() {
		t.Run(d.name+" at the card", func(t *testing.T) {
			killed := 0
			for n := 1; ; n += 3 {
				s, mallory, world, c := d.setup(t)
				c.ClearLog()
				cmd := s.withCard(t, mallory, world, d.args...)
				var said bytes.Buffer
				cmd.Stdout, cmd.Stderr = &said, &said
				started := make(chan *os.Process, 1)
				moments := at(c, n, func() bool {
					_ = (<-started).Kill()
					return false
				})
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				started <- cmd.Process
				err := cmd.Wait()
				if moments() < n {
					if err != nil {
						t.Fatalf("%v\n%s", err, &said)
					}
					break
				}
				killed++
				d.again(t, s, mallory, world, c, n)
			}
			t.Logf("killed at %d moments", killed)
		})
		for _, when := range []string{"before", "after"} {
			if d.noGit {
				continue
			}
			t.Run(d.name+" "+when+" a call of git", func(t *testing.T) {
				killed := 0
				for n := 1; ; n += 2 {
					s, mallory, world, c := d.setup(t)
					c.ClearLog()
					if !s.killedAtGit(t, s.withCard(t, mallory, world, d.args...), n, when) {
						break
					}
					killed++
					d.again(t, s, mallory, world, c, n)
				}
				if killed < 2 {
					t.Errorf("killed only %d times", killed)
				}
				t.Logf("killed %d times", killed)
			})
		}
	}
}

// withCard is a command in a process of its own, whose person has the card and
// answers what is asked about it.
func (s *stage) withCard(t *testing.T, a *actor, world *vyubikey.World, args ...string) *exec.Cmd {
	t.Helper()
	cmd := s.child(t, a, "", args...)
	cmd.Env = append(cmd.Env, cardsVariable+"="+rootsFile(t, world))
	return cmd
}

// again runs the command once more and asserts that it ends as if nothing had
// happened.
func (d deed) again(t *testing.T, s *stage, a *actor, world *vyubikey.World, c *card.Card, n int) {
	t.Helper()
	a.env.Terminal = &cardHolder{heard: a.err}
	if out, code := s.run(a, d.args...); code != exit.Done {
		t.Fatalf("killed at %d, then run again: exit code %d\n%s%s", n, code, out, a.err)
	}
	unharmed(t, c)
	d.done(t, s, c)
	if _, err := s.git(a.name, s.remote(), "fsck", "--strict"); err != nil {
		t.Error(err)
	}
	world.Clear()
}
