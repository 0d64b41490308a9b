package pcsc

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
)

// client is one connection to the socket: one context of a program.
type client struct {
	server  *Server
	conn    net.Conn
	context uint32

	writing sync.Mutex // guards the connection's writing side and what follows
	waiting bool
}

// serve answers commands until the client goes away or breaks the protocol.
func (c *client) serve() {
	defer c.server.running.Done()
	defer c.server.release(c)
	defer c.conn.Close()
	var head [8]byte
	for {
		if _, err := io.ReadFull(c.conn, head[:]); err != nil {
			return
		}
		size, command := binary.NativeEndian.Uint32(head[:]), binary.NativeEndian.Uint32(head[4:])
		if want, ok := sizes[command]; !ok || int(size) != want {
			return
		}
		m := make(message, size)
		if _, err := io.ReadFull(c.conn, m); err != nil {
			return
		}
		if !c.answer(command, m) {
			return
		}
	}
}

// answer runs one command. It returns false when the connection has to end.
func (c *client) answer(command uint32, m message) bool {
	s := c.server
	switch command {
	case cmdVersion:
		minor := m.field(4)
		rv := Success
		if m.field(0) != 4 || minor != 4 && minor != 5 {
			m.set(0, 4)
			m.set(4, 4)
			rv = ServiceStopped
		}
		return c.reply(m, rv)
	case cmdEstablish:
		s.mu.Lock()
		s.lastID++
		c.context = s.lastID
		s.mu.Unlock()
		m.set(4, c.context)
		return c.reply(m, Success)
	case cmdRelease:
		if m.field(0) != c.context {
			return c.reply(m, InvalidHandle)
		}
		s.drop(c)
		return c.reply(m, Success)
	case cmdReadersState:
		return c.write(s.states())
	case cmdWait:
		c.writing.Lock()
		defer c.writing.Unlock()
		c.waiting = true
		_, err := c.conn.Write(s.states())
		return err == nil
	case cmdStopWaiting:
		c.signal(Success)
		return true
	case cmdReaderEvents:
		return c.write(make(message, 8))
	case cmdCancel:
		return c.reply(m, s.cancel(m.field(0)))
	case cmdConnect:
		rv := s.connect(c, m)
		return c.reply(m, rv)
	case cmdTransmit, cmdControl:
		return c.transfer(command, m)
	}
	return c.reply(m, s.withHandle(c, command, m))
}

// transfer reads the bytes that follow TRANSMIT and CONTROL and answers them.
func (c *client) transfer(command uint32, m message) bool {
	length := m.field(12) // TRANSMIT: after both protocol fields
	if command == cmdControl {
		length = m.field(8)
	}
	if length > maxTransfer {
		return false
	}
	sent := make([]byte, length)
	if _, err := io.ReadFull(c.conn, sent); err != nil {
		return false
	}
	if command == cmdControl {
		m.set(16, 0)
		return c.reply(m, UnsupportedFeature)
	}
	response, rv := c.server.transmit(c, m.field(0), sent)
	if rv == Success && len(response) > int(m.field(24)) {
		rv = InsufficientBuffer
	}
	m.set(24, uint32(len(response)))
	if !c.reply(m, rv) {
		return false
	}
	return rv != Success || c.write(response)
}

// reply sends a structure with its rv.
func (c *client) reply(m message, rv Code) bool {
	m.finish(rv)
	return c.write(m)
}

func (c *client) write(m message) bool {
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err := c.conn.Write(m)
	return err == nil
}

// signal ends a wait, if there is one, with a code: a timeout field and rv.
func (c *client) signal(rv Code) bool {
	c.writing.Lock()
	defer c.writing.Unlock()
	if !c.waiting {
		return false
	}
	c.waiting = false
	m := make(message, 8)
	m.finish(rv)
	c.conn.Write(m)
	return true
}
