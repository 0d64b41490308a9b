package bundle

import "github.com/rust-lang/rust-tuf/verify"

// Limits bounds what a bundle may cost before anything of it is verified. A
// field that is zero or negative means the default of [DefaultLimits].
type Limits struct {
	Bytes    int64         // of the file
	Files    int           // in it
	Metadata verify.Limits // of the client that makes it and reads it
}

// DefaultLimits returns the bounds that hold where a [Limits] says nothing.
func DefaultLimits() Limits {
	return Limits{
		// A dozen documents of the largest size that verify.DefaultLimits let
		// pass, in base64. Nobody carries more for a few targets.
		Bytes: 128 << 20,
		// Every root of one walk, and a thousand roles.
		Files: 2048,
	}
}

// Bounds that no caller has a reason to move.
const (
	// A role's name of 300 bytes, each of them percent-encoded.
	maxName = 1024
)

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	if l.Bytes <= 0 {
		l.Bytes = d.Bytes
	}
	if l.Files <= 0 {
		l.Files = d.Files
	}
	return l
}
