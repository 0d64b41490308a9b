package card

import "bytes"

// secret is a PIN or PUK.
type secret struct {
	value       []byte // 8 bytes, padded with FF
	tries, left int
	verified    bool // since SELECT; of the PIN only
	fresh       bool // since the last private-key operation; of the PIN only
}

// pad fills a PIN up to eight bytes.
func pad(pin string) []byte {
	return append([]byte(pin), bytes.Repeat([]byte{0xff}, 8-len(pin))...)
}

// wellFormed tells whether a new PIN or PUK has 6 to 8 bytes and then only FF.
func wellFormed(b []byte) bool {
	if len(b) != 8 {
		return false
	}
	value := bytes.TrimRight(b, "\xff")
	return len(value) >= 6 && !bytes.Contains(value, []byte{0xff})
}

// check compares. A failure costs a try; success gives all of them back.
func (s *secret) check(value []byte) Status {
	if s.left == 0 {
		return blocked
	}
	if !bytes.Equal(s.value, value) {
		s.left--
		s.verified, s.fresh = false, false
		return attempts(s.left)
	}
	s.left = s.tries
	return OK
}

// checkPIN and checkPUK compare and count.
func (c *Card) checkPIN(value []byte) Status {
	status := c.pin.check(value)
	c.record.count(func(n *Counters) {
		n.PINAttempts++
		if status != OK {
			n.PINFailures++
		}
	})
	return status
}

func (c *Card) checkPUK(value []byte) Status {
	status := c.puk.check(value)
	c.record.count(func(n *Counters) {
		n.PUKAttempts++
		if status != OK {
			n.PUKFailures++
		}
	})
	return status
}

// verify is VERIFY.
func (c *Card) verify(cmd command) Status {
	switch {
	case cmd.p2 != 0x80:
		return referenceNotFound
	case cmd.p1 == 0xff && len(cmd.data) == 0:
		c.pin.verified, c.pin.fresh = false, false
		return OK
	case cmd.p1 != 0:
		return wrongParameters
	case len(cmd.data) == 0:
		switch {
		case c.pin.verified:
			return OK
		case c.pin.left == 0:
			return blocked
		}
		return attempts(c.pin.left)
	case len(cmd.data) != 8:
		return wrongData
	}
	status := c.checkPIN(cmd.data)
	c.pin.verified, c.pin.fresh = status == OK, status == OK
	return status
}

// changeReference is CHANGE REFERENCE DATA, of PIN or PUK.
func (c *Card) changeReference(cmd command) Status {
	target, check := &c.pin, c.checkPIN
	if cmd.p2 == 0x81 {
		target, check = &c.puk, c.checkPUK
	} else if cmd.p2 != 0x80 {
		return referenceNotFound
	}
	if len(cmd.data) != 16 || !wellFormed(cmd.data[8:]) {
		return wrongData
	}
	if next := bytes.TrimRight(cmd.data[8:], "\xff"); c.config.Demanding && bytes.Count(next, next[:1]) == len(next) {
		return conditionsNotMet
	}
	if status := check(cmd.data[:8]); status != OK {
		return status
	}
	target.value = bytes.Clone(cmd.data[8:])
	return OK
}

// resetRetry is RESET RETRY COUNTER: the PUK sets a new PIN.
func (c *Card) resetRetry(cmd command) Status {
	if cmd.p2 != 0x80 {
		return referenceNotFound
	}
	if len(cmd.data) != 16 || !wellFormed(cmd.data[8:]) {
		return wrongData
	}
	if status := c.checkPUK(cmd.data[:8]); status != OK {
		return status
	}
	c.pin.value, c.pin.left = bytes.Clone(cmd.data[8:]), c.pin.tries
	return OK
}

// setRetries is SET PIN RETRIES, which takes management key and PIN, and puts PIN and PUK back to the
// factory's.
func (c *Card) setRetries(cmd command) Status {
	if !c.manager.authenticated || !c.pin.verified {
		return securityNotSatisfied
	}
	if cmd.p1 == 0 || cmd.p2 == 0 {
		return wrongParameters
	}
	c.pin = secret{value: pad(FactoryPIN), tries: int(cmd.p1), left: int(cmd.p1)}
	c.puk = secret{value: pad(FactoryPUK), tries: int(cmd.p2), left: int(cmd.p2)}
	return OK
}
