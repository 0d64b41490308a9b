//go:build cgo && !nopiv && linux

package cli

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/vpcd"
)

// pcscdVariable makes the test binary play a test in front of a real pcscd:
// libpcsclite looks for its service once a process.
const pcscdVariable = "RUST_TUF_TEST_PCSCD"

// behindPCSCD tells whether this process has a pcscd of its own in place of
// virtual ports.
func behindPCSCD() bool { return os.Getenv(pcscdVariable) != "" }

// underPCSCD plays a test that uses portsOf once more, with a real pcscd
// between libpcsclite and the cards, and returns what it says.
func underPCSCD(t *testing.T, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a pcscd")
	}
	if err := vpcd.Missing(nil); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), ceremonyPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run", "^"+name+"$", "-test.v")
	cmd.Env = append(os.Environ(), pcscdVariable+"=yes")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+name+" ") {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// portsOf is the computer in front of which a test is played, with every card
// plugged in: a real pcscd's where behindPCSCD says so.
func portsOf(t *testing.T, world *vyubikey.World, cards ...*card.Card) sharedPorts {
	t.Helper()
	if !behindPCSCD() {
		p := &virtualPorts{world, cards}
		p.all()
		return p
	}
	daemon, err := vpcd.Start(cards...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := daemon.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("PCSCLITE_CSOCK_NAME", daemon.Socket())
	p := &daemonPorts{t, daemon, map[*card.Card]bool{}}
	for _, c := range cards {
		p.plugged[c] = true
	}
	return p
}

// sharedPorts are those of the computer that members share; each in turn plugs
// in their card.
type sharedPorts interface {
	all()              // every card is plugged in at once
	only(c *card.Card) // just this one
}

// virtualPorts answer libpcsclite themselves.
type virtualPorts struct {
	world *vyubikey.World
	cards []*card.Card
}

func (p *virtualPorts) all() {
	p.world.Clear()
	for _, c := range p.cards {
		p.world.Plug(c)
	}
}

func (p *virtualPorts) only(c *card.Card) {
	p.world.Clear()
	p.world.Plug(c)
}

// daemonPorts are those of a real pcscd.
type daemonPorts struct {
	t       *testing.T
	daemon  *vpcd.Daemon
	plugged map[*card.Card]bool
}

func (p *daemonPorts) all() {
	for c, in := range p.plugged {
		if !in {
			p.plug(c)
		}
	}
}

func (p *daemonPorts) plug(c *card.Card) {
	p.t.Helper()
	if err := p.daemon.Plug(c); err != nil {
		p.t.Fatal(err)
	}
	p.plugged[c] = true
}

func (p *daemonPorts) only(c *card.Card) {
	p.t.Helper()
	for other, in := range p.plugged {
		if in && other != c {
			p.daemon.Remove(other)
			p.plugged[other] = false
		}
	}
	if !p.plugged[c] {
		p.plug(c)
	}
}
