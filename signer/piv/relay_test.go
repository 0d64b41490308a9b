//go:build linux && cgo && !nopiv

package piv

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
)

// relay stands between libpcsclite and the reader service, and does something
// right before the n-th command that is sent to any card.
type relay struct {
	listener net.Listener

	mu     sync.Mutex
	left   int // commands until then; 0: never
	act    func()
	last   string // "SELECT" when that was the command, else its number
	silent bool   // it hangs up on everybody
}

// hangUp makes the service hang up on everybody.
func (r *relay) hangUp(silent bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.silent = silent
}

// at arms the relay; with n 0 it disarms it.
func (r *relay) at(n int, act func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left, r.act = n, act
}

// command is called before each command.
func (r *relay) command(sent []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left == 0 {
		return
	}
	if r.left--; r.left == 0 {
		r.act()
		r.last = fmt.Sprintf("%02X", sent[1])
		if sent[1] == insSelect {
			r.last = "SELECT"
		}
	}
}

// up listens where libpcsclite, told so by TestMain, looks for the service.
func (r *relay) up() error {
	listener, err := net.Listen("unix", server.Path()+"2")
	if err != nil {
		return err
	}
	r.listener = listener
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go r.serve(client)
		}
	}()
	return os.Setenv("PCSCLITE_CSOCK_NAME", listener.Addr().String())
}

// down is a service that nobody started.
func (r *relay) down() { r.listener.Close() }

// serve passes on one client's messages: a size and a command, four bytes each,
// then that many bytes, then for TRANSMIT what is sent to the card.
func (r *relay) serve(client net.Conn) {
	defer client.Close()
	r.mu.Lock()
	silent := r.silent
	r.mu.Unlock()
	if silent {
		_ = client.(*net.UnixConn).CloseWrite()
		_, _ = io.Copy(io.Discard, client)
		return
	}
	service, err := net.Dial("unix", server.Path())
	if err != nil {
		return
	}
	defer service.Close()
	go func() {
		defer client.Close()
		_, _ = io.Copy(client, service) // ends with either of them
	}()
	const transmit = 9
	for {
		head := make([]byte, 8)
		if _, err := io.ReadFull(client, head); err != nil {
			return
		}
		body := make([]byte, binary.NativeEndian.Uint32(head))
		if _, err := io.ReadFull(client, body); err != nil {
			return
		}
		if binary.NativeEndian.Uint32(head[4:]) == transmit {
			sent := make([]byte, binary.NativeEndian.Uint32(body[12:]))
			if _, err := io.ReadFull(client, sent); err != nil {
				return
			}
			body = append(body, sent...)
			r.command(sent)
		}
		if _, err := service.Write(append(head, body...)); err != nil {
			return
		}
	}
}
