package card

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Counters tell what was done with a card since it was made, or since ClearLog.
type Counters struct {
	// Comparisons with the PIN, by VERIFY or CHANGE REFERENCE; asking for the tries left is none.
	PINAttempts, PINFailures int
	// Comparisons with the PUK, by RESET RETRY or CHANGE REFERENCE.
	PUKAttempts, PUKFailures int
	// Proofs of the management key.
	ManagementAttempts, ManagementFailures int
	// Private-key operations that were done.
	Signatures int
	// Touches that were asked for, and those of them that never came.
	Touches, TouchTimeouts int
	// Commands that did what they say.
	Generated, Imported, Attested, Resets int
}

// Exchange is one command of the log. Secrets do not stand in it.
type Exchange struct {
	Name    string // "VERIFY"
	Command string // hex of CLA INS P1 P2, and the data or "<8 bytes masked>"
	Status  Status // 0: pulled out
}

// String returns "VERIFY 00200080 <8 bytes masked> → 63C2".
func (e Exchange) String() string { return fmt.Sprintf("%s %s → %s", e.Name, e.Command, e.Status) }

// record is what tests may read and change while a command runs.
type record struct {
	mu       sync.Mutex
	counters Counters
	log      []Exchange
	touch    func() Touch
	elapsed  time.Duration

	onCommand func(name string, ran bool) (pull bool)
}

// Counters returns what was counted up to now.
func (c *Card) Counters() Counters {
	c.record.mu.Lock()
	defer c.record.mu.Unlock()
	return c.record.counters
}

// Log returns the commands up to now, the oldest first.
func (c *Card) Log() []Exchange {
	c.record.mu.Lock()
	defer c.record.mu.Unlock()
	return slices.Clone(c.record.log)
}

// ClearLog empties log and counters, before the part of a test that is asked about. The card itself does not
// notice.
func (c *Card) ClearLog() {
	c.record.mu.Lock()
	defer c.record.mu.Unlock()
	c.record.counters, c.record.log = Counters{}, nil
}

// OnTouch sets what the person does from now on while the card blinks; nil: touch it.
func (c *Card) OnTouch(touch func() Touch) {
	c.record.mu.Lock()
	defer c.record.mu.Unlock()
	c.record.touch = touch
}

// OnCommand sets what happens around commands from now on; nil: nothing. disturb is called with the command's
// name, as in the log, before the card runs it, and once more after it ran and before its answer leaves. When
// it returns true, the card is pulled out at that moment.
func (c *Card) OnCommand(disturb func(name string, ran bool) (pull bool)) {
	c.record.mu.Lock()
	defer c.record.mu.Unlock()
	c.record.onCommand = disturb
}

// disturb returns ErrPulled when somebody pulls the card out now.
func (r *record) disturb(cmd command, ran bool) error {
	r.mu.Lock()
	f := r.onCommand
	r.mu.Unlock()
	if f != nil && f(names[cmd.ins], ran) {
		return ErrPulled
	}
	return nil
}

// Advance moves the card's own time, which ends cached touches.
func (c *Card) Advance(d time.Duration) {
	c.record.mu.Lock()
	defer c.record.mu.Unlock()
	c.record.elapsed += d
}

// Elapsed returns the card's own time: what touches that never came cost, and Advance.
func (c *Card) Elapsed() time.Duration { return c.record.now() }

func (r *record) now() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.elapsed
}

func (r *record) count(change func(*Counters)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.counters)
}

// ask waits for the person.
func (r *record) ask() Touch {
	r.mu.Lock()
	touch := r.touch
	r.counters.Touches++
	r.mu.Unlock()
	answer := Touched
	if touch != nil {
		answer = touch()
	}
	if answer == Ignored {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.counters.TouchTimeouts++
		r.elapsed += TouchTimeout
	}
	return answer
}

// names are the instructions that the log knows; those of other applications have their own numbers.
var names = map[byte]string{
	0x01: "OTP", 0x1d: "READ CONFIG", 0x20: "VERIFY", 0x24: "CHANGE REFERENCE", 0x2c: "RESET RETRY",
	0x47: "GENERATE", 0x87: "AUTHENTICATE", 0xa4: "SELECT", 0xc0: "GET RESPONSE", 0xcb: "GET DATA",
	0xdb: "PUT DATA", 0xf6: "MOVE KEY", 0xf7: "METADATA", 0xf8: "SERIAL", 0xf9: "ATTEST", 0xfa: "SET RETRIES",
	0xfb: "RESET", 0xfd: "VERSION", 0xfe: "IMPORT", 0xff: "SET MANAGEMENT KEY",
}

func (r *record) add(raw []byte, cmd command, status Status) {
	e := Exchange{Name: names[cmd.ins], Command: masked(raw), Status: status}
	if e.Name == "" {
		e.Name = "UNKNOWN"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, e)
}

// masked writes a command without what it may hold of secrets: PINs, keys, what proves a management
// key, and the content of objects, of which one keeps a management key.
func masked(raw []byte) string {
	if len(raw) < 4 {
		return hex.EncodeToString(raw)
	}
	head := strings.ToUpper(hex.EncodeToString(raw[:4]))
	if len(raw) < 6 {
		return head
	}
	data := raw[5:]
	switch ins := raw[1]; {
	case ins == 0x20 || ins == 0x24 || ins == 0x2c || ins == 0xfe || ins == 0xff || ins == 0xdb,
		ins == 0x87 && raw[3] == 0x9b:
		return fmt.Sprintf("%s <%d bytes masked>", head, len(data))
	}
	return head + " " + strings.ToUpper(hex.EncodeToString(data))
}
