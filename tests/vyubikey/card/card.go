package card

import (
	"errors"
	"sync"
	"time"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/ca"
)

// ErrPulled is what Transmit answers when the card left its port during the command.
var ErrPulled = errors.New("the card was pulled out during the command")

// Card is one YubiKey. It is safe for concurrent use; commands run one after the other.
type Card struct {
	config Config

	running sync.Mutex // held while a command runs, so that touch may wait; guards what follows
	applet  applet
	chained []byte // data of a chained command's parts
	rest    []byte // response not yet fetched
	pin     secret
	puk     secret
	manager manager
	keys    map[Slot]*key
	objects map[int][]byte
	device  *ca.Device // made when first needed
	touched time.Duration
	warm    bool // touched is of a touch, not just zero

	record record // has its own lock, so that tests may look while the card waits for a touch
}

// applet is an application of a YubiKey.
type applet int

const (
	none applet = iota
	pivApplet
	otpApplet
	managementApplet
)

// New makes a YubiKey fresh from the factory.
func New(config Config) *Card {
	if config.Firmware == (Firmware{}) {
		config.Firmware = Firmware{5, 7, 4}
	}
	if config.FormFactor == 0 {
		config.FormFactor = USBCKeychain
	}
	c := &Card{config: config}
	c.record.touch = config.Touch
	c.wipe()
	return c
}

// wipe puts everything but the attestation key back to the factory's state.
func (c *Card) wipe() {
	c.pin = secret{value: pad(FactoryPIN), tries: 3, left: 3}
	c.puk = secret{value: pad(FactoryPUK), tries: 3, left: 3}
	c.manager = manager{algorithm: c.factoryAlgorithm(), key: FactoryManagementKey()}
	c.keys = make(map[Slot]*key)
	c.objects = make(map[int][]byte)
}

// Serial returns the number printed on the case.
func (c *Card) Serial() uint32 { return c.config.Serial }

// Firmware returns the card's version.
func (c *Card) Firmware() Firmware { return c.config.Firmware }

// ATR returns the answer to reset.
func (c *Card) ATR() []byte {
	if c.config.Firmware[0] < 5 {
		return append([]byte{0x3b, 0xf8, 0x13, 0, 0, 0x81, 0x31, 0xfe, 0x15, 0x59}, "ubikey4\xd4"...)
	}
	return append([]byte{0x3b, 0xfd, 0x13, 0, 0, 0x81, 0x31, 0xfe, 0x15, 0x80, 0x73, 0xc0, 0x21, 0xc0, 0x57, 0x59},
		"ubiKey\x40"...)
}

// Reset is what a card does when it gets power: it forgets what was selected and authenticated.
func (c *Card) Reset() {
	c.running.Lock()
	defer c.running.Unlock()
	c.reset()
}

func (c *Card) reset() {
	c.applet, c.chained, c.rest = none, nil, nil
	c.forget()
}

// forget drops what the PIV application took as authenticated.
func (c *Card) forget() {
	c.pin.verified, c.pin.fresh = false, false
	c.manager.authenticated, c.manager.witness, c.manager.challenge = false, nil, nil
}

// Transmit runs one command and returns the response with its status word. The only error is
// ErrPulled.
func (c *Card) Transmit(b []byte) ([]byte, error) {
	c.running.Lock()
	defer c.running.Unlock()
	cla, cmd, ok := parse(b)
	if !ok {
		return c.answer(b, command{}, nil, wrongLength), nil
	}
	switch {
	case cla&^0x10 != 0:
		return c.answer(b, cmd, nil, unknownClass), nil
	case len(c.chained)+len(cmd.data) > maxCommand:
		c.chained = nil
		return c.answer(b, cmd, nil, wrongLength), nil
	case cla == 0x10:
		c.chained = append(c.chained, cmd.data...)
		return c.answer(b, cmd, nil, OK), nil
	case cmd.ins == 0xc0 && c.rest != nil:
		return c.answer(b, cmd, c.rest, OK), nil
	}
	cmd.data = append(c.chained, cmd.data...)
	c.chained, c.rest = nil, nil
	var response []byte
	var status Status
	err := c.record.disturb(cmd, false)
	if err == nil {
		response, status, err = c.run(cmd)
	}
	if err == nil {
		err = c.record.disturb(cmd, true)
	}
	if err != nil {
		c.record.add(b, cmd, 0)
		c.reset()
		return nil, err
	}
	return c.answer(b, cmd, response, status), nil
}

// answer cuts a response to what the client takes at once and keeps the rest for GET RESPONSE.
func (c *Card) answer(raw []byte, cmd command, response []byte, status Status) []byte {
	c.rest = nil
	if limit := orAll(cmd.le, 256); len(response) > limit {
		c.rest = response[limit:]
		response = response[:limit:limit]
		status = bytesRemain
		if n := len(c.rest); n < 256 {
			status |= Status(n)
		}
	}
	c.record.add(raw, cmd, status)
	return append(response[:len(response):len(response)], byte(status>>8), byte(status))
}

// run hands a whole command to the selected application.
func (c *Card) run(cmd command) ([]byte, Status, error) {
	if cmd.ins == 0xa4 {
		response, status := c.selectApplet(cmd)
		return response, status, nil
	}
	switch c.applet {
	case pivApplet:
		return c.piv(cmd)
	case otpApplet:
		response, status := c.otp(cmd)
		return response, status, nil
	case managementApplet:
		response, status := c.management(cmd)
		return response, status, nil
	}
	return nil, unknownInstruction, nil
}

// piv runs a command of the PIV application.
func (c *Card) piv(cmd command) (response []byte, status Status, err error) {
	if c.config.StrictFreshness && cmd.ins != 0x87 && cmd.ins != 0x20 {
		c.pin.fresh = false
	}
	v := c.config.Firmware
	switch {
	case cmd.ins == 0x20:
		return nil, c.verify(cmd), nil
	case cmd.ins == 0x24:
		return nil, c.changeReference(cmd), nil
	case cmd.ins == 0x2c:
		return nil, c.resetRetry(cmd), nil
	case cmd.ins == 0x47:
		response, status = c.generate(cmd)
	case cmd.ins == 0x87 && cmd.p2 == 0x9b:
		response, status = c.authenticateManager(cmd)
	case cmd.ins == 0x87:
		return c.authenticate(cmd)
	case cmd.ins == 0xcb:
		response, status = c.getData(cmd)
	case cmd.ins == 0xdb:
		return nil, c.putData(cmd), nil
	case cmd.ins == 0xf6 && v.AtLeast(5, 7, 0):
		return nil, c.moveKey(cmd), nil
	case cmd.ins == 0xf7 && v.AtLeast(5, 3, 0):
		response, status = c.metadata(cmd)
	case cmd.ins == 0xf8 && v.AtLeast(5, 0, 0):
		return c.serialBytes(), OK, nil
	case cmd.ins == 0xf9 && v.AtLeast(4, 3, 0):
		response, status = c.attest(cmd)
	case cmd.ins == 0xfa:
		return nil, c.setRetries(cmd), nil
	case cmd.ins == 0xfb:
		return nil, c.resetApplication(), nil
	case cmd.ins == 0xfd:
		return v[:], OK, nil
	case cmd.ins == 0xfe:
		return nil, c.importKey(cmd), nil
	case cmd.ins == 0xff:
		return nil, c.setManagementKey(cmd), nil
	default:
		return nil, unknownInstruction, nil
	}
	return response, status, nil
}

// resetApplication wipes the application, which takes a PIN and a PUK that are both blocked.
func (c *Card) resetApplication() Status {
	if c.pin.left > 0 || c.puk.left > 0 {
		return conditionsNotMet
	}
	c.wipe()
	c.record.count(func(n *Counters) { n.Resets++ })
	return OK
}
