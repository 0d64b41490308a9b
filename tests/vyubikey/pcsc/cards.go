package pcsc

import (
	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// find returns the reader of a name.
func (s *Server) find(name string) (vyubikey.Reader, bool) {
	for _, r := range s.world.Readers() {
		if r.Name == name {
			return r, true
		}
	}
	return vyubikey.Reader{}, false
}

// connect is CONNECT: an exclusive connection excludes every other one.
func (s *Server) connect(c *client, m message) Code {
	name, mode, protocols := m.text(4, readerName), m.field(132), m.field(136)
	r, ok := s.find(name)
	switch {
	case !ok:
		return UnknownReader
	case mode != shareExclusive && mode != shareShared && mode != shareDirect:
		return InvalidValue
	case r.Card == nil && mode != shareDirect:
		return NoSmartCard
	case mode != shareDirect && protocols&protocolT1 == 0:
		return ProtocolMismatch
	case r.Occupied:
		return SharingViolation
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.handles {
		if h.reader == name && h.card == r.Card && (h.exclusive || mode == shareExclusive) {
			return SharingViolation
		}
	}
	s.lastID++
	s.handles[s.lastID] = &handle{owner: c, reader: name, card: r.Card, exclusive: mode == shareExclusive}
	m.set(140, s.lastID)
	m.set(144, protocolT1)
	return Success
}

// open returns a client's handle, after making sure that its card is still there and that no other
// handle is in a transaction.
func (s *Server) open(c *client, id uint32) (*handle, Code) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.handles[id]
	if h == nil || h.owner != c {
		return nil, InvalidHandle
	}
	if !s.plugged(h) {
		return h, s.gone
	}
	for _, other := range s.handles {
		if other != h && other.locked && other.reader == h.reader && other.card == h.card {
			return h, SharingViolation
		}
	}
	return h, Success
}

// plugged tells whether a handle's card is still where it was. A card that was pulled out and put back
// is not: it has a new reader.
func (s *Server) plugged(h *handle) bool {
	r, ok := s.find(h.reader)
	return ok && r.Card == h.card
}

// withHandle runs the commands whose structure begins with a handle, but for TRANSMIT and CONTROL.
func (s *Server) withHandle(c *client, command uint32, m message) Code {
	h, rv := s.open(c, m.field(0))
	switch {
	case command == cmdDisconnect && h != nil: // also when the card is gone
		s.disconnect(m.field(0), h, m.field(4))
		return Success
	case rv != Success:
		return rv
	}
	switch command {
	case cmdReconnect:
		if m.field(12) != leaveCard {
			h.card.Reset()
		}
		m.set(16, protocolT1)
		return s.reshare(h, m.field(4))
	case cmdBegin:
		s.lock(h, true)
		return Success
	case cmdEnd:
		s.lock(h, false)
		if m.field(4) != leaveCard {
			h.card.Reset()
		}
		return Success
	case cmdStatus:
		return Success
	case cmdGetAttrib:
		return getAttribute(h, m)
	}
	return UnsupportedFeature
}

func (s *Server) lock(h *handle, locked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.locked = locked
}

// reshare is RECONNECT's change between shared and exclusive.
func (s *Server) reshare(h *handle, mode uint32) Code {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.handles {
		if mode == shareExclusive && other != h && other.reader == h.reader {
			return SharingViolation
		}
	}
	h.exclusive = mode == shareExclusive
	return Success
}

func (s *Server) disconnect(id uint32, h *handle, disposition uint32) {
	s.mu.Lock()
	delete(s.handles, id)
	s.mu.Unlock()
	if h.card != nil && (disposition == resetCard || disposition == unpowerCard) {
		h.card.Reset()
	}
}

// transmit is TRANSMIT.
func (s *Server) transmit(c *client, id uint32, sent []byte) ([]byte, Code) {
	h, rv := s.open(c, id)
	switch {
	case rv != Success:
		return nil, rv
	case h.card == nil:
		return nil, NoSmartCard
	case len(sent) < 4:
		return nil, InvalidParameter
	}
	response, err := h.card.Transmit(sent)
	if err == card.ErrPulled {
		s.world.Remove(h.card)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || !s.plugged(h) {
		return nil, s.interrupted
	}
	return response, Success
}

// getAttribute knows the answer to reset and the reader's name.
func getAttribute(h *handle, m message) Code {
	var value []byte
	switch m.field(4) {
	case attributeATR:
		if h.card == nil {
			return UnsupportedFeature
		}
		value = h.card.ATR()
	case attributeFriendlyName, attributeSystemName:
		value = append([]byte(h.reader), 0)
	default:
		return UnsupportedFeature
	}
	if m.field(8+maxAttribute) < uint32(len(value)) {
		return InsufficientBuffer
	}
	copy(m[8:], value)
	m.set(8+maxAttribute, uint32(len(value)))
	return Success
}

// cancel ends another client's wait.
func (s *Server) cancel(context uint32) Code {
	s.mu.Lock()
	var target *client
	for c := range s.clients {
		if c.context == context {
			target = c
		}
	}
	s.mu.Unlock()
	if target == nil || !target.signal(Cancelled) {
		return InvalidHandle
	}
	return Success
}

// drop ends all of a client's connections. A card that it left in a transaction is reset.
func (s *Server) drop(c *client) {
	var reset []*card.Card
	s.mu.Lock()
	for id, h := range s.handles {
		if h.owner != c {
			continue
		}
		if (h.locked || h.exclusive) && h.card != nil {
			reset = append(reset, h.card)
		}
		delete(s.handles, id)
	}
	s.mu.Unlock()
	for _, r := range reset {
		r.Reset()
	}
}

// release forgets a client that went away.
func (s *Server) release(c *client) {
	s.drop(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, c)
}
