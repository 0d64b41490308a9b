//go:build linux && cgo

package pcsc_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/go-piv/piv-go/v2/piv"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/pcsc"
)

// raw is a client that speaks the protocol without libpcsclite.
type raw struct {
	t    *testing.T
	conn net.Conn
}

func dial(t *testing.T) *raw {
	t.Helper()
	conn, err := net.Dial("unix", server.Path())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &raw{t, conn}
}

// words writes 32-bit integers as the machine does.
func words(w ...uint32) []byte {
	var b []byte
	for _, x := range w {
		b = binary.NativeEndian.AppendUint32(b, x)
	}
	return b
}

// send sends a command with its structure.
func (r *raw) send(command uint32, structure []byte) {
	r.t.Helper()
	if _, err := r.conn.Write(append(words(uint32(len(structure)), command), structure...)); err != nil {
		r.t.Fatal(err)
	}
}

// receive reads n bytes.
func (r *raw) receive(n int) []byte {
	r.t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(r.conn, b); err != nil {
		r.t.Fatal(err)
	}
	return b
}

// call sends a structure and returns the answer, of the same size, and its rv.
func (r *raw) call(command uint32, structure []byte) ([]byte, pcsc.Code) {
	r.t.Helper()
	r.send(command, structure)
	b := r.receive(len(structure))
	return b, pcsc.Code(binary.NativeEndian.Uint32(b[len(b)-4:]))
}

// ended asserts that the server hangs up.
func (r *raw) ended() {
	r.t.Helper()
	if n, err := r.conn.Read(make([]byte, 1)); n != 0 || err == nil {
		r.t.Fatal("the connection goes on")
	}
}

// Both protocol versions are spoken, others are not.
func TestVersions(t *testing.T) {
	for _, test := range []struct {
		major, minor uint32
		rv           pcsc.Code
	}{{4, 4, pcsc.Success}, {4, 5, pcsc.Success}, {4, 3, pcsc.ServiceStopped}, {4, 6, pcsc.ServiceStopped}, {5, 4, pcsc.ServiceStopped}} {
		answer, rv := dial(t).call(0x11, words(test.major, test.minor, 0))
		if rv != test.rv {
			t.Errorf("%d:%d: %s, want %s", test.major, test.minor, rv, test.rv)
		}
		if want := words(4, 4, uint32(rv)); rv != pcsc.Success && !bytes.Equal(answer, want) {
			t.Errorf("%d:%d: % x", test.major, test.minor, answer)
		}
	}
}

// A structure of the wrong size, an unknown command or too long a transmission ends the connection.
func TestBrokenMessages(t *testing.T) {
	for name, message := range map[string][]byte{
		"wrong size":      append(words(8, 0x11), words(4, 4)...),
		"unknown command": words(0, 0x20),
		"removed command": words(0, 0x03),
		"too long":        append(words(32, 0x09), words(1, 2, 8, 1<<20, 0, 0, 264, 0)...),
	} {
		r := dial(t)
		if _, err := r.conn.Write(message); err != nil {
			t.Fatal(err)
		}
		t.Log(name)
		r.ended()
	}
}

// A client that waits is told of the next change, once, after it has got all states.
func TestWait(t *testing.T) {
	r := dial(t)
	r.send(0x13, nil)
	if states := r.receive(16 * 184); !bytes.Equal(states, make([]byte, 16*184)) {
		t.Fatal("an empty world has a reader")
	}
	c := insert(t, card.Config{})
	if event := r.receive(8); !bytes.Equal(event, words(0, 0)) {
		t.Fatalf("event % x", event)
	}
	r.send(0x12, nil)
	states := r.receive(16 * 184)
	if name, _, _ := bytes.Cut(states[:128], []byte{0}); string(name) != "Yubico YubiKey OTP+FIDO+CCID 00 00" {
		t.Fatalf("name %q", name)
	}
	if bits := binary.NativeEndian.Uint32(states[132:]); bits != 0x34 {
		t.Fatalf("state %x", bits)
	}
	if n := binary.NativeEndian.Uint32(states[176:]); !bytes.Equal(states[140:140+n], c.ATR()) {
		t.Fatalf("answer to reset % x", states[140:140+n])
	}
	// Whoever does not wait any more gets no answer to stopping; whoever waits gets one.
	r.send(0x14, nil)
	r.send(0x13, nil)
	r.receive(16 * 184)
	r.send(0x14, nil)
	if answer := r.receive(8); !bytes.Equal(answer, words(0, 0)) {
		t.Fatalf("stop: % x", answer)
	}
	r.send(0x15, nil)
	r.receive(8)
}

// SCardCancel comes over another connection and names the context.
func TestCancel(t *testing.T) {
	waiting, other := dial(t), dial(t)
	established, rv := waiting.call(0x01, words(2, 0, 0))
	if rv != pcsc.Success {
		t.Fatal(rv)
	}
	context := binary.NativeEndian.Uint32(established[4:])
	if _, rv := other.call(0x0d, words(context, 0)); rv != pcsc.InvalidHandle {
		t.Fatalf("cancelling nothing: %s", rv)
	}
	waiting.send(0x13, nil)
	waiting.receive(16 * 184)
	if _, rv := other.call(0x0d, words(context, 0)); rv != pcsc.Success {
		t.Fatal(rv)
	}
	if event := waiting.receive(8); !bytes.Equal(event, words(0, uint32(pcsc.Cancelled))) {
		t.Fatalf("event % x", event)
	}
	if _, rv := other.call(0x0d, words(context+1000, 0)); rv != pcsc.InvalidHandle {
		t.Fatalf("cancelling nobody: %s", rv)
	}
}

// connect connects to a reader.
func (r *raw) connect(reader string, mode, protocols uint32) (handle uint32, rv pcsc.Code) {
	r.t.Helper()
	name := make([]byte, 128)
	copy(name, reader)
	m := append(words(0), name...)
	m = append(m, words(mode, protocols, 0, 0, 0)...)
	answer, rv := r.call(0x04, m)
	return binary.NativeEndian.Uint32(answer[140:]), rv
}

// Sharing, transactions and what a client that disappears leaves behind.
func TestSharing(t *testing.T) {
	const exclusive, shared = 1, 2
	c := insert(t, card.Config{})
	reader, _ := world.Reader(c)
	one, two := dial(t), dial(t)
	first, rv := one.connect(reader.Name, shared, 3)
	if rv != pcsc.Success {
		t.Fatal(rv)
	}
	if _, rv := two.connect(reader.Name, exclusive, 3); rv != pcsc.SharingViolation {
		t.Fatalf("exclusive beside shared: %s", rv)
	}
	if _, rv := two.connect(reader.Name, shared, 1); rv != pcsc.ProtocolMismatch {
		t.Fatalf("T=0: %s", rv)
	}
	if _, rv := two.connect(reader.Name, 7, 3); rv != pcsc.InvalidValue {
		t.Fatalf("share mode 7: %s", rv)
	}
	second, rv := two.connect(reader.Name, shared, 3)
	if rv != pcsc.Success {
		t.Fatal(rv)
	}
	if _, rv := one.call(0x07, words(first, 0)); rv != pcsc.Success {
		t.Fatal(rv)
	}
	if _, rv := two.call(0x07, words(second, 0)); rv != pcsc.SharingViolation {
		t.Fatalf("two transactions: %s", rv)
	}
	if _, rv := two.call(0x07, words(first, 0)); rv != pcsc.InvalidHandle {
		t.Fatalf("another client's handle: %s", rv)
	}
	one.transmit(first, []byte{0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 3, 8}, 2)
	one.conn.Close()
	if _, rv := two.eventually(0x07, words(second, 0)); rv != pcsc.Success {
		t.Fatalf("after the first client left: %s", rv)
	}
	if response := two.transmit(second, []byte{0, 0xfd, 0, 0, 0}, 300); !bytes.Equal(response, []byte{0x6d, 0}) {
		t.Fatalf("the card was not reset: % x", response)
	}
	if _, rv := two.call(0x05, words(second, exclusive, 3, 1, 0, 0)); rv != pcsc.Success {
		t.Fatalf("reconnect: %s", rv)
	}
	if _, rv := two.call(0x0b, words(second, 0)); rv != pcsc.Success {
		t.Fatalf("status: %s", rv)
	}
	if _, rv := two.call(0x08, words(second, 1, 0)); rv != pcsc.Success {
		t.Fatalf("end: %s", rv)
	}
	if _, rv := two.call(0x06, words(second, 1, 0)); rv != pcsc.Success {
		t.Fatalf("disconnect: %s", rv)
	}
	if _, rv := two.call(0x06, words(second, 1, 0)); rv != pcsc.InvalidHandle {
		t.Fatalf("disconnect again: %s", rv)
	}
}

// eventually repeats a call as libpcsclite does while another client holds the card.
func (r *raw) eventually(command uint32, structure []byte) ([]byte, pcsc.Code) {
	r.t.Helper()
	for {
		if answer, rv := r.call(command, structure); rv != pcsc.SharingViolation {
			return answer, rv
		}
	}
}

// transmit sends a command to a card; fits is how much the client takes.
func (r *raw) transmit(handle uint32, command []byte, fits int) []byte {
	r.t.Helper()
	r.send(0x09, words(handle, 2, 16, uint32(len(command)), 2, 16, uint32(fits), 0))
	if _, err := r.conn.Write(command); err != nil {
		r.t.Fatal(err)
	}
	head := r.receive(32)
	if rv := binary.NativeEndian.Uint32(head[28:]); rv != 0 {
		return nil
	}
	return r.receive(int(binary.NativeEndian.Uint32(head[24:])))
}

// Attributes, control codes and what does not fit.
func TestAttributes(t *testing.T) {
	c := insert(t, card.Config{})
	reader, _ := world.Reader(c)
	r := dial(t)
	handle, rv := r.connect(reader.Name, 2, 3)
	if rv != pcsc.Success {
		t.Fatal(rv)
	}
	get := func(attribute, length uint32) ([]byte, pcsc.Code) {
		m := append(words(handle, attribute), make([]byte, 264)...)
		answer, rv := r.call(0x0f, append(m, words(length, 0)...))
		return answer[8 : 8+binary.NativeEndian.Uint32(answer[272:])], rv
	}
	if value, rv := get(0x00090303, 264); rv != pcsc.Success || !bytes.Equal(value, c.ATR()) {
		t.Fatalf("answer to reset: % x, %s", value, rv)
	}
	if value, rv := get(0x7fff0003, 264); rv != pcsc.Success || string(value) != reader.Name+"\x00" {
		t.Fatalf("name: %q, %s", value, rv)
	}
	if _, rv := get(0x7fff0003, 3); rv != pcsc.InsufficientBuffer {
		t.Fatalf("name in three bytes: %s", rv)
	}
	if _, rv := get(0x00010100, 264); rv != pcsc.UnsupportedFeature {
		t.Fatalf("vendor: %s", rv)
	}
	r.send(0x0a, words(handle, 0x42000d48, 2, 264, 0, 0))
	r.conn.Write([]byte{1, 2})
	if answer := r.receive(24); pcsc.Code(binary.NativeEndian.Uint32(answer[20:])) != pcsc.UnsupportedFeature {
		t.Fatalf("control: % x", answer)
	}
	if response := r.transmit(handle, []byte{0, 0xa4, 4, 0, 5, 0xa0, 0, 0, 3, 8}, 2); response != nil {
		t.Fatalf("a response of 21 bytes went into two: % x", response)
	}
	if pcsc.NotTransacted.String() != "0x80100016" {
		t.Fatal(pcsc.NotTransacted)
	}
}

// piv-go closes a card without resetting it: whoever connects next, and does not select, finds the PIN verified.
func TestCloseLeavesThePINVerified(t *testing.T) {
	c := insert(t, card.Config{})
	reader, _ := world.Reader(c)
	yk, err := piv.Open(reader.Name)
	if err != nil {
		t.Fatal(err)
	}
	if err := yk.VerifyPIN(card.FactoryPIN); err != nil {
		t.Fatal(err)
	}
	if err := yk.Close(); err != nil {
		t.Fatal(err)
	}
	r := dial(t)
	handle, rv := r.connect(reader.Name, 2, 3)
	if rv != pcsc.Success {
		t.Fatal(rv)
	}
	if got := r.transmit(handle, []byte{0, 0x20, 0, 0x80, 0}, 300); !bytes.Equal(got, []byte{0x90, 0}) {
		t.Fatalf("asking for the PIN: % x", got)
	}
}
