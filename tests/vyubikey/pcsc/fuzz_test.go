//go:build linux && cgo

package pcsc_test

import (
	"io"
	"net"
	"testing"
)

// Whatever a client sends, the server neither breaks nor stops serving others.
func FuzzMessages(f *testing.F) {
	f.Add(append(words(12, 0x11), words(4, 4, 0)...))
	f.Add(append(words(12, 0x01), words(2, 0, 0)...))
	f.Add(append(words(8, 0x07), words(1, 0)...))
	f.Add(append(words(32, 0x09), words(1, 2, 8, 1, 0, 0, 264, 0, 1)...))
	f.Add(words(0, 0x13))
	f.Fuzz(func(t *testing.T, message []byte) {
		conn, err := net.Dial("unix", server.Path())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write(message); err != nil {
			return // it hung up in the middle, which is an answer
		}
		conn.(*net.UnixConn).CloseWrite()
		io.Copy(io.Discard, conn)
		if _, rv := dial(t).call(0x11, words(4, 4, 0)); rv != 0 {
			t.Fatal(rv)
		}
	})
}
