package vpcd

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// Control messages.
const (
	powerOff = 0
	powerOn  = 1
	reset    = 2
	getATR   = 4
)

// cable connects one card with the driver.
type cable struct {
	card   *card.Card
	reader string
	conn   net.Conn
	ready  chan struct{} // closed when pcscd has seen the card in full
	done   chan struct{} // closed when the cable is out
}

// plug connects a card with the driver that listens on a port in the network namespace of a process.
func plug(pid int, c *card.Card, reader string, port int) (*cable, error) {
	conn, err := dialWithin(pid, port)
	if err != nil {
		return nil, err
	}
	c.Reset()
	k := &cable{card: c, reader: reader, conn: conn, ready: make(chan struct{}), done: make(chan struct{})}
	go k.carry()
	return k, nil
}

// carry moves messages until the connection ends, or the card is pulled out in the middle of a command.
func (k *cable) carry() {
	defer close(k.done)
	defer k.conn.Close()
	file, err := k.conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return
	}
	looks := 0 // requests for the answer to reset
	for {
		message, err := k.read(file)
		if err != nil {
			return
		}
		if len(message) != 1 {
			response, err := k.card.Transmit(message)
			if err != nil || k.write(response) != nil {
				return
			}
			continue
		}
		switch message[0] {
		case powerOff, powerOn, reset:
			k.card.Reset()
		case getATR:
			if k.write(k.card.ATR()) != nil {
				return
			}
			// The first is a look whether there is a card, the second belongs to powering it up. At the
			// third, a look again, pcscd has noted the card.
			if looks++; looks == 3 {
				close(k.ready)
			}
		}
	}
}

// acknowledger is a socket whose options can be set.
type acknowledger interface{ Control(func(fd uintptr)) error }

func (k *cable) read(file acknowledger) ([]byte, error) {
	head := make([]byte, 2)
	if err := k.fill(file, head); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(head))
	return message, k.fill(file, message)
}

// fill reads, after asking for the acknowledgement of what comes to be sent at once. The system forgets
// this wish, so that it is said before each read.
func (k *cable) fill(file acknowledger, b []byte) error {
	file.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1) })
	_, err := io.ReadFull(k.conn, b)
	return err
}

func (k *cable) write(response []byte) error {
	_, err := k.conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(response))), response...))
	return err
}

// dialWithin connects to a port of the loopback device in another process' network namespace, and turns that
// device on first. A thread enters the namespace for that; if it cannot come back, it ends.
func dialWithin(pid, port int) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
	}
	results := make(chan result)
	go func() {
		runtime.LockOSThread()
		conn, err, back := dialOnThread(pid, port)
		if back {
			runtime.UnlockOSThread()
		}
		results <- result{conn, err}
	}()
	r := <-results
	return r.conn, r.err
}

func dialOnThread(pid, port int) (conn net.Conn, err error, back bool) {
	home, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
	if err != nil {
		return nil, err, true
	}
	defer home.Close()
	there, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
	if err != nil {
		return nil, err, true
	}
	defer there.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("entering pcscd's network: %w", err), true
	}
	conn, err = dialHere(port)
	return conn, err, unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil
}

// dialHere makes the socket on the calling thread.
func dialHere(port int) (net.Conn, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	socket := os.NewFile(uintptr(fd), "cable")
	defer socket.Close() // FileConn makes its own
	loopback, err := unix.NewIfreq("lo")
	if err != nil {
		return nil, err
	}
	loopback.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, loopback); err != nil {
		return nil, fmt.Errorf("turning loopback on: %w", err)
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return nil, fmt.Errorf("connecting to the driver on port %d: %w", port, err)
	}
	return net.FileConn(socket)
}
