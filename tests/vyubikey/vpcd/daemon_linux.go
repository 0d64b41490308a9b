package vpcd

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

const (
	firstPort = 0x8c7b // the driver's own; free, as nobody else is in the network namespace
	maxCards  = 16     // readers that pcscd knows
	patience  = 20 * time.Second
)

// enter prepares the mount namespace and turns into pcscd: $1 becomes /run/pcscd, $2 is pcscd, $3 its
// configuration, and what follows its further options.
const enter = `set -e
mount -t tmpfs tmpfs /run
mkdir /run/pcscd
mount --bind "$1" /run/pcscd
pcscd=$2 configuration=$3
shift 3
exec "$pcscd" --foreground --info --config "$configuration" "$@"`

// Daemon is a pcscd with cards in it. Remove and Plug are for one goroutine at a time.
type Daemon struct {
	dir    string
	cmd    *exec.Cmd
	exited chan struct{}
	log    *log
	cables []*cable
}

// Start starts a pcscd of its own, plugs the cards in and returns when pcscd has powered all of them up. Name its
// Socket to clients. At most sixteen cards.
func Start(cards ...*card.Card) (*Daemon, error) {
	if len(cards) > maxCards {
		return nil, fmt.Errorf("%d cards: pcscd knows %d readers", len(cards), maxCards)
	}
	if err := Missing(nil); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "vpcd")
	if err != nil {
		return nil, err
	}
	d := &Daemon{dir: dir, exited: make(chan struct{})}
	if err := d.start(len(cards)); err != nil {
		d.Stop()
		return nil, fmt.Errorf("%w; pcscd said:\n%s", err, d.log)
	}
	for i, c := range cards {
		k, err := plug(d.cmd.Process.Pid, c, d.reader(i), firstPort+i)
		if err != nil {
			d.Stop()
			return nil, fmt.Errorf("card %d: %w", i+1, err)
		}
		d.cables = append(d.cables, k)
	}
	for i, k := range d.cables {
		if err := d.await(k); err != nil {
			d.Stop()
			return nil, fmt.Errorf("card %d: %w", i+1, err)
		}
	}
	return d, nil
}

// await waits until pcscd has powered a card up.
func (d *Daemon) await(k *cable) error {
	select {
	case <-k.ready:
		return nil
	case <-k.done:
		return fmt.Errorf("pcscd dropped it; it said:\n%s", d.log)
	case <-time.After(patience):
		return fmt.Errorf("pcscd did not power it up within %s; it said:\n%s", patience, d.log)
	}
}

// Plug puts a card that left back into its reader and returns when pcscd has noted it.
func (d *Daemon) Plug(c *card.Card) error {
	for i, k := range d.cables {
		if k.card != c {
			continue
		}
		<-k.done
		k, err := plug(d.cmd.Process.Pid, c, k.reader, firstPort+i)
		if err != nil {
			return err
		}
		d.cables[i] = k
		return d.await(k)
	}
	return fmt.Errorf("card %d was never in this pcscd", c.Serial())
}

// reader returns the name of the reader for card i.
func (d *Daemon) reader(i int) string {
	return fmt.Sprintf("Yubico YubiKey OTP+FIDO+CCID %d 00 %02d", i/2, i%2)
}

// start writes the configuration and starts pcscd, up to its "daemon ready".
func (d *Daemon) start(cards int) error {
	run, configuration := filepath.Join(d.dir, "run"), filepath.Join(d.dir, "reader.conf.d")
	if err := os.Mkdir(run, 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(configuration, 0o755); err != nil {
		return err
	}
	library, err := os.ReadFile(driver)
	if err != nil {
		return err
	}
	var sections bytes.Buffer
	for i := range (cards + 1) / 2 {
		name := filepath.Join(d.dir, fmt.Sprintf("vpcd-%d.so", i))
		if err := os.WriteFile(name, library, 0o755); err != nil {
			return err
		}
		port := firstPort + 2*i
		fmt.Fprintf(&sections, "FRIENDLYNAME \"Yubico YubiKey OTP+FIDO+CCID %d\"\nDEVICENAME /dev/null:0x%X\nLIBPATH %s\nCHANNELID 0x%X\n\n",
			i, port, name, port)
	}
	if err := os.WriteFile(filepath.Join(configuration, "yubikeys"), sections.Bytes(), 0o644); err != nil {
		return err
	}
	pcscd, err := find("pcscd")
	if err != nil {
		return err
	}
	arguments := []string{"--mount", "--net", "sh", "-c", enter, "sh", run, pcscd, configuration}
	if help, _ := exec.Command(pcscd, "--help").CombinedOutput(); bytes.Contains(help, []byte("--disable-polkit")) {
		arguments = append(arguments, "--disable-polkit") // newer ones ask it, and it is not there
	}
	return d.launch(exec.Command("unshare", arguments...))
}

// launch starts the process, which ends with this one, and waits for pcscd to be ready.
func (d *Daemon) launch(cmd *exec.Cmd) error {
	output, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = cmd.Stdout
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	d.cmd, d.log = cmd, &log{ready: make(chan struct{})}
	go func() {
		d.log.read(output)
		cmd.Wait()
		close(d.exited)
	}()
	select {
	case <-d.log.ready:
		return nil
	case <-d.exited:
		return fmt.Errorf("pcscd ended: %s", cmd.ProcessState)
	case <-time.After(patience):
		return fmt.Errorf("pcscd was not ready within %s", patience)
	}
}

// Socket returns what clients need as PCSCLITE_CSOCK_NAME.
func (d *Daemon) Socket() string { return filepath.Join(d.dir, "run", "pcscd.comm") }

// Reader returns the name of the reader that a card is, or was, in.
func (d *Daemon) Reader(c *card.Card) string {
	for _, k := range d.cables {
		if k.card == c {
			return k.reader
		}
	}
	return ""
}

// Remove takes a card out; its reader stays, empty. pcscd notices within 400 ms, or at the next command.
func (d *Daemon) Remove(c *card.Card) {
	for _, k := range d.cables {
		if k.card == c {
			k.conn.Close()
			<-k.done
		}
	}
}

// Log returns what pcscd said up to now.
func (d *Daemon) Log() string { return d.log.String() }

// Stop ends pcscd and removes its files.
func (d *Daemon) Stop() error {
	if d.cmd != nil {
		d.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-d.exited:
		case <-time.After(patience):
			d.cmd.Process.Kill()
			<-d.exited
		}
	}
	for _, k := range d.cables {
		k.conn.Close()
		<-k.done
	}
	return os.RemoveAll(d.dir)
}

// log keeps what pcscd writes.
type log struct {
	ready chan struct{} // closed at "daemon ready"

	mu   sync.Mutex
	text strings.Builder
}

func (l *log) read(r io.Reader) {
	started := false
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		l.mu.Lock()
		l.text.WriteString(lines.Text() + "\n")
		l.mu.Unlock()
		if !started && strings.HasSuffix(lines.Text(), "daemon ready.") {
			started = true
			close(l.ready)
		}
	}
}

// String returns everything. A nil log has nothing.
func (l *log) String() string {
	if l == nil {
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
