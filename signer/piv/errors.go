package piv

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// Besides these, this package answers with *signer.WrongSecretError (a wrong PIN
// or PUK, with the tries left), signer.ErrNoTouch, signer.ErrRemoved,
// signer.ErrDeclined and *signer.CancelledError.

// NotBuiltInError is a card asked for where cards cannot be used at all.
type NotBuiltInError struct{}

func (*NotBuiltInError) Error() string {
	return "this build of rust-tuf cannot use a YubiKey: PIV is not built in"
}

// Hint says how to get a build that can.
func (*NotBuiltInError) Hint() string {
	return "build it on this computer with a C compiler and CGO_ENABLED=1, without -tags nopiv (docs/yubikey.md says how on each system)"
}

// NoServiceError is a computer on which nothing speaks with smart cards.
type NoServiceError struct {
	Err error // the system's answer
}

func (e *NoServiceError) Error() string { return "the smart card service is not running" }

// Unwrap returns the system's answer.
func (e *NoServiceError) Unwrap() error { return e.Err }

// Hint is how to start it on this system.
func (e *NoServiceError) Hint() string { return serviceHint(runtime.GOOS) }

func serviceHint(system string) string {
	switch system {
	case "windows":
		return "plug in the YubiKey; if it is, start the service in an administrator's PowerShell: Start-Service SCardSvr"
	case "darwin":
		return "macOS starts it when a card is plugged in: plug in the YubiKey, or unplug it and plug it in again"
	}
	return "install pcscd (Debian, Ubuntu: apt install pcscd; Fedora: dnf install pcsc-lite pcsc-lite-ccid; " +
		"Arch: pacman -S pcsclite ccid), then run: sudo systemctl enable --now pcscd.socket; " +
		"if it runs already, it may refuse you over ssh"
}

// DeniedError is a smart card service that does not serve this person.
type DeniedError struct {
	Err error // the system's answer
}

func (e *DeniedError) Error() string { return "the smart card service refuses you access to cards" }

// Unwrap returns the system's answer.
func (e *DeniedError) Unwrap() error { return e.Err }

// Hint says whom it serves.
func (e *DeniedError) Hint() string {
	return "work at the computer itself and not over ssh, or have polkit allow you org.debian.pcsc-lite.access_pcsc and access_card"
}

// BusyError is a card that another program holds.
type BusyError struct {
	Reader string // as the system calls it
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("the card in %q is in use by another program", e.Reader)
}

// Hint names the usual ones.
func (e *BusyError) Hint() string {
	return "run gpgconf --kill scdaemon; if that does not help, close Yubico Authenticator, the browser and any other program that uses the card"
}

// NotThisCardError is a card that is not plugged in.
type NotThisCardError struct {
	Serial uint32
	Found  []uint32 // serials of the cards that are
	Unread []error  // why other cards did not tell their serial
}

func (e *NotThisCardError) Error() string {
	text := cardName(e.Serial) + " is not plugged in"
	var there []string
	for _, serial := range e.Found {
		there = append(there, cardName(serial))
	}
	switch {
	case len(there) > 0:
		text += "; plugged in: " + strings.Join(there, ", ")
	case len(e.Unread) == 0:
		text += ", nor is any other"
	}
	for _, err := range e.Unread {
		text += "; " + err.Error()
	}
	return text
}

// Unwrap returns why other cards did not tell their serial.
func (e *NotThisCardError) Unwrap() []error { return e.Unread }

// Hint says to plug it in, or to free the one that may be it.
func (e *NotThisCardError) Hint() string {
	for _, err := range e.Unread {
		if busy, ok := err.(*BusyError); ok {
			return "it may be the one in use: " + busy.Hint()
		}
	}
	return fmt.Sprintf("plug in the card that has %d printed on it", e.Serial)
}

// NotThisKeyError is a slot that does not hold the key it should.
type NotThisKeyError struct {
	Serial uint32
	Slot   Slot
	Want   verify.Digest // fingerprints: SHA-256 of the SubjectPublicKeyInfo
	Found  verify.Digest // zero: no key, or one that cannot be read
}

func (e *NotThisKeyError) Error() string {
	found := "the key " + e.Found.String()
	if e.Found.IsZero() {
		found = "no readable key"
	}
	wanted := "wanted is " + e.Want.String()
	if e.Want.IsZero() {
		wanted = "wanted is an empty slot"
	}
	return fmt.Sprintf("slot %s of %s holds %s, %s", e.Slot, cardName(e.Serial), found, wanted)
}

// Hint says that the key was replaced.
func (e *NotThisKeyError) Hint() string {
	return "the slot is not what it was or should be; see what the card holds with rust-tuf doctor"
}

// EmptyError is a slot without a key.
type EmptyError struct {
	Serial uint32
	Slot   Slot
}

func (e *EmptyError) Error() string {
	return fmt.Sprintf("slot %s of %s shows no key", e.Slot, cardName(e.Serial))
}

// Hint says how to get one.
func (e *EmptyError) Hint() string { return "make a key there with member enrol, or name another slot" }

// BlockedError is a PIN or a PUK without tries left.
type BlockedError struct {
	Serial uint32
	What   string // "PIN" or "PUK"
}

func (e *BlockedError) Error() string {
	return fmt.Sprintf("the %s of %s is blocked: no tries left", e.What, cardName(e.Serial))
}

// Hint says what is left to do.
func (e *BlockedError) Hint() string {
	if e.What == "PUK" {
		return "the PIN and the key work on; only a reset of the card, which destroys its keys, gives it a new PUK"
	}
	return "unblock it with the PUK (ykman piv access unblock-pin); a blocked PUK leaves only a reset, which destroys the key"
}

// FewerTriesError is a card with fewer tries left than its holder knew of when
// they typed their PIN or PUK. No try was spent.
type FewerTriesError struct {
	Serial      uint32
	What        string // "PIN" or "PUK"
	Shown, Left int    // Shown is negative when they did not know
}

func (e *FewerTriesError) Error() string {
	text := fmt.Sprintf("%s has %s left for its %s", cardName(e.Serial), tries(e.Left), e.What)
	if e.Shown >= 0 {
		text += fmt.Sprintf(", not %d as when you were asked", e.Shown)
	}
	return text
}

// Hint says that somebody else tries PINs too.
func (e *FewerTriesError) Hint() string {
	return "another program or a wrong " + e.What + " spent one; nothing was tried now: try again"
}

// LengthError is a PIN or a PUK that no card accepts. No try was spent.
type LengthError struct {
	What string // "PIN" or "PUK"
}

func (e *LengthError) Error() string {
	return fmt.Sprintf("a %s has %d to %d characters", e.What, minSecret, maxSecret)
}

// Hint says that nothing was tried.
func (e *LengthError) Hint() string { return "nothing was tried, and no try is lost" }

// FactoryError is a PIN or a PUK that everybody knows, because every new card
// has it. No try was spent.
type FactoryError struct {
	Serial  uint32 // the card that has it; 0: somebody typed it
	What    string // "PIN" or "PUK"
	Chosen  bool   // it was typed as a new one
	Changed bool   // it was typed, and the card tells that it has another one
}

func (e *FactoryError) Error() string {
	if e.Serial != 0 {
		return fmt.Sprintf("%s still has the %s of every new YubiKey", cardName(e.Serial), e.What)
	}
	return "this is the " + e.What + " of every new YubiKey"
}

// Hint says to choose one's own.
func (e *FactoryError) Hint() string {
	change := "ykman piv access change-" + strings.ToLower(e.What)
	switch {
	case e.Chosen:
		return "choose one of your own"
	case e.Changed:
		return "this card has another one; nothing was tried, and no try is lost"
	case e.Serial != 0:
		return "give it one of your own first: " + change
	}
	return "nothing was tried, and no try is lost; type the card's own; if it has none yet, change it first: " + change
}

// RefusedError is a new PIN or PUK that the card does not take.
type RefusedError struct {
	Serial uint32
	What   string // "PIN" or "PUK"
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s does not take this as its new %s", cardName(e.Serial), e.What)
}

// Hint says what it may want.
func (e *RefusedError) Hint() string {
	return "choose one without repeated characters and that is on no list of common ones"
}

// UnusableKeyError is a key that cannot sign here.
type UnusableKeyError struct {
	Serial uint32
	Slot   Slot
	Reason string // "it holds an Ed25519 key, …"
}

func (e *UnusableKeyError) Error() string {
	return fmt.Sprintf("slot %s of %s cannot sign: %s", e.Slot, cardName(e.Serial), e.Reason)
}

// Hint says which keys can.
func (e *UnusableKeyError) Hint() string {
	return "use a key on P-256 or P-384 with a PIN policy; member enrol makes one"
}

// NoPIVError is a card whose PIV application is missing or switched off.
type NoPIVError struct {
	Reader string // as the system calls it
}

func (e *NoPIVError) Error() string { return fmt.Sprintf("the card in %q has no PIV", e.Reader) }

// Hint says how to switch it on.
func (e *NoPIVError) Hint() string { return "switch PIV on: ykman config usb --enable PIV" }

// FirmwareError is a card too old for something.
type FirmwareError struct {
	Serial     uint32
	What       string // "attest"
	Have, Need Version
}

func (e *FirmwareError) Error() string {
	return fmt.Sprintf("%s cannot %s: its firmware is %s, that needs %s", cardName(e.Serial), e.What, e.Have, e.Need)
}

// Hint says that firmware cannot be changed.
func (e *FirmwareError) Hint() string {
	return "a YubiKey's firmware cannot be updated; take a newer card"
}

// NotGeneratedError is a slot that the card does not attest: its key was
// imported, or there is none.
type NotGeneratedError struct {
	Serial uint32
	Slot   Slot
	State  SlotState
	Origin Origin // OriginUnknown when the card does not tell
}

func (e *NotGeneratedError) Error() string {
	reason := "it is empty, or its key was imported"
	switch {
	case e.Origin == Imported:
		reason = "its key was imported, not made on the card"
	case e.State == Empty:
		reason = "it is empty"
	}
	return fmt.Sprintf("%s does not attest slot %s: %s", cardName(e.Serial), e.Slot, reason)
}

// Hint says to make a key on the card.
func (e *NotGeneratedError) Hint() string { return "make a new key on the card with member enrol" }

// ManagementKeyError is a card whose management key is neither the factory's nor
// kept on the card under its PIN.
type ManagementKeyError struct {
	Serial uint32
}

func (e *ManagementKeyError) Error() string {
	return fmt.Sprintf("the management key of %s is not known: it is neither the factory's nor kept on the card", cardName(e.Serial))
}

// Hint is how to put it under the PIN.
func (e *ManagementKeyError) Hint() string {
	return "if you have it, run: ykman piv access change-management-key --generate --protect"
}

// CardError is a card that answers something it should not.
type CardError struct {
	Card  string // "YubiKey 123", or the reader when the serial is not known
	Doing string // "reading slot 9c"
	Err   error
}

func (e *CardError) Error() string { return fmt.Sprintf("%s: %s: %v", e.Card, e.Doing, e.Err) }

// Unwrap returns what was wrong.
func (e *CardError) Unwrap() error { return e.Err }

// Hint says what often helps.
func (e *CardError) Hint() string {
	return "unplug the card, plug it in again and run the command again; rust-tuf doctor checks the card"
}

// tries returns "1 try" or "3 tries".
func tries(n int) string {
	if n == 1 {
		return "1 try"
	}
	return fmt.Sprintf("%d tries", n)
}
