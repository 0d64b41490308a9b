//go:build nopiv || (!windows && (!cgo || !(linux || darwin || freebsd || openbsd)))

package piv

// listReaders returns *NotBuiltInError: this build has no way to a card.
func listReaders() ([]string, error) { return nil, &NotBuiltInError{} }

// openApplet returns *NotBuiltInError.
func openApplet(string) (applet, error) { return nil, &NotBuiltInError{} }
