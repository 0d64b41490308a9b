package pcsc

import "fmt"

// Code is a PC/SC error code.
type Code uint32

// Codes that the server answers with.
const (
	Success            Code = 0
	Cancelled          Code = 0x80100002
	InvalidHandle      Code = 0x80100003
	InvalidParameter   Code = 0x80100004
	InsufficientBuffer Code = 0x80100008
	UnknownReader      Code = 0x80100009
	SharingViolation   Code = 0x8010000b
	NoSmartCard        Code = 0x8010000c
	ProtocolMismatch   Code = 0x8010000f
	InvalidValue       Code = 0x80100011
	NotTransacted      Code = 0x80100016
	ReaderUnavailable  Code = 0x80100017
	ServiceStopped     Code = 0x8010001e
	UnsupportedFeature Code = 0x8010001f
	RemovedCard        Code = 0x80100069
)

// String returns the code as clients print it.
func (c Code) String() string { return fmt.Sprintf("0x%08X", uint32(c)) }
