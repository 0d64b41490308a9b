package card

import "fmt"

// Status is the status word that ends a response.
type Status uint16

// Status words of the card.
const (
	OK                   Status = 0x9000
	bytesRemain          Status = 0x6100
	triesLeft            Status = 0x63c0 // low digit: tries
	wrongLength          Status = 0x6700
	securityNotSatisfied Status = 0x6982
	blocked              Status = 0x6983
	conditionsNotMet     Status = 0x6985
	wrongData            Status = 0x6a80
	notFound             Status = 0x6a82
	noSpace              Status = 0x6a84
	wrongParameters      Status = 0x6a86
	referenceNotFound    Status = 0x6a88
	unknownInstruction   Status = 0x6d00
	unknownClass         Status = 0x6e00
)

// String returns four hex digits.
func (s Status) String() string { return fmt.Sprintf("%04X", uint16(s)) }

// attempts returns the status of a wrong PIN or PUK.
func attempts(left int) Status { return triesLeft | Status(min(left, 15)) }
