//go:build !nopiv && (windows || (cgo && (linux || darwin || freebsd || openbsd)))

package piv

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/go-piv/piv-go/v2/piv"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/piv/internal/pcsc"
)

// listReaders returns the names of all readers.
func listReaders() ([]string, error) {
	names, err := piv.Cards()
	if err != nil {
		return nil, explain("the smart card service", "", "listing the readers", err)
	}
	return names, nil
}

// yubikey is an applet through piv-go.
type yubikey struct {
	card     *piv.YubiKey
	reader   string
	number   uint32 // serial
	version  Version
	told     probed
	verified bool // it may remember a PIN or a management key
}

var _ applet = (*yubikey)(nil)

// openApplet holds the card in reader alone.
func openApplet(reader string) (applet, error) {
	told, err := probe(reader)
	if err != nil {
		return nil, explain(reader, reader, "asking the card whether it has PIV", err)
	}
	card, err := piv.Open(reader)
	if err != nil {
		return nil, explain(reader, reader, "opening the card", err)
	}
	serial, err := card.Serial()
	if err != nil {
		_ = card.Close() // the first error is the one to tell
		return nil, explain(reader, reader, "reading the serial", err)
	}
	if told.serial != serial { // of firmware 4, or another card by now
		told = probed{pin: untold, puk: untold}
	}
	v := card.Version()
	return &yubikey{card: card, reader: reader, number: serial, version: Version(v), told: told}, nil
}

func (y *yubikey) serial() uint32    { return y.number }
func (y *yubikey) firmware() Version { return y.version }

// close has the card forget what it verified, so that the next program that
// opens it is asked, and lets go of it.
func (y *yubikey) close() {
	if y.card == nil {
		return
	}
	if y.verified {
		y.forget()
	}
	_ = y.card.Close() // what was done stays done, and there is nothing left to do
	y.card = nil
}

// forget selects another application and then PIV again.
func (y *yubikey) forget() {
	if y.version.Major < 5 {
		_, _ = y.card.Serial()
	} else {
		_, _ = y.card.FormFactor()
	}
	y.verified = false
}

func (y *yubikey) form() FormFactor {
	form, err := y.card.FormFactor()
	if err != nil {
		return 0
	}
	return FormFactor(form)
}

func (y *yubikey) counters() (pin, puk Counter, err error) {
	pin, puk = y.told.pin, y.told.puk
	pin.Left, err = y.card.Retries()
	var refusal statusWord
	if err != nil && !errors.As(err, &refusal) && strings.HasPrefix(err.Error(), "expected error code") {
		y.forget() // it has verified its PIN for somebody, and then does not count
		pin.Left, err = y.card.Retries()
	}
	if err != nil {
		return untold, untold, y.explain("reading the tries left", err)
	}
	return pin, puk, nil
}

func (y *yubikey) verify(pin []byte) error {
	y.verified = true
	return y.secret("PIN", "verifying the PIN", y.card.VerifyPIN(string(pin)))
}

func (y *yubikey) changePIN(old, new []byte) error {
	y.verified = true
	return y.change("PIN", y.card.SetPIN(string(old), string(new)))
}

func (y *yubikey) changePUK(old, new []byte) error {
	return y.change("PUK", y.card.SetPUK(string(old), string(new)))
}

// reset tries again when piv-go happens to block the PIN or the PUK with a
// number so small that the card does not take it for one: one in five hundred.
func (y *yubikey) reset() error {
	y.verified = true
	var err error
	for range 3 {
		if err = y.card.Reset(); statusOf(err) != wrongData {
			break
		}
	}
	return y.explain("resetting PIV", err)
}

// sign signs with a PIN that was verified by itself, so that what the card
// refuses here was not the PIN.
func (y *yubikey) sign(s Slot, public crypto.PublicKey, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	key, err := y.card.PrivateKey(slotOf(s), public, piv.KeyAuth{PINPolicy: piv.PINPolicyNever})
	if err != nil {
		return nil, y.explain("using slot "+s.String(), err)
	}
	private, ok := key.(crypto.Signer)
	if !ok {
		return nil, y.explain("using slot "+s.String(), fmt.Errorf("a %T does not sign", key))
	}
	signature, err := private.Sign(rand.Reader, digest, opts)
	if statusOf(err) == notSatisfied {
		return nil, signer.ErrNoTouch
	}
	return signature, y.explain("signing with slot "+s.String(), err)
}

func (y *yubikey) attest(s Slot) (*x509.Certificate, error) {
	if !y.version.AtLeast(attests) {
		return nil, &FirmwareError{y.number, "attest", y.version, attests}
	}
	certificate, err := y.card.Attest(slotOf(s))
	if errors.Is(err, piv.ErrNotFound) {
		return nil, &NotGeneratedError{Serial: y.number, Slot: s, State: Hidden}
	}
	return certificate, y.explain("attesting slot "+s.String(), err)
}

func (y *yubikey) device() (*x509.Certificate, error) {
	certificate, err := y.card.AttestationCertificate()
	return certificate, y.explain("reading the device certificate", err)
}

func (y *yubikey) generate(management []byte, s Slot, a Algorithm, p PINPolicy, t TouchPolicy) (crypto.PublicKey, error) {
	y.verified = true
	algorithm := map[Algorithm]piv.Algorithm{P256: piv.AlgorithmEC256, P384: piv.AlgorithmEC384}[a]
	public, err := y.card.GenerateKey(management, slotOf(s), piv.Key{
		Algorithm: algorithm, PINPolicy: piv.PINPolicy(p), TouchPolicy: piv.TouchPolicy(t),
	})
	return public, y.explain("generating a key in slot "+s.String(), err)
}

// erase closes the card, because piv-go cannot delete, and does it with plain
// commands.
func (y *yubikey) erase(management []byte, s Slot) error {
	y.close()
	err := pcsc.Exchange(y.reader, func(transmit pcsc.Transmit) error {
		return erase(transmit, y, management, s)
	})
	return y.explain("deleting what is in slot "+s.String(), err)
}

func (y *yubikey) store(management []byte, s Slot, certificate *x509.Certificate) error {
	y.verified = true
	return y.explain("storing a certificate in slot "+s.String(), y.card.SetCertificate(management, slotOf(s), certificate))
}

// statusWord is how piv-go tells a card's own refusals.
type statusWord interface{ Status() uint16 }

// statusOf returns the card's status word in err, 0 if there is none.
func statusOf(err error) pcsc.Status {
	var refusal statusWord
	if errors.As(err, &refusal) {
		return pcsc.Status(refusal.Status())
	}
	return 0
}

// change is secret for a command that takes a new PIN or PUK too.
func (y *yubikey) change(what string, err error) error {
	if status := statusOf(err); status == notMet || status == wrongData {
		return &RefusedError{y.number, what}
	}
	return y.secret(what, "changing the "+what, err)
}

// secret is explain for a command that takes a PIN or a PUK.
func (y *yubikey) secret(what, doing string, err error) error {
	var wrong piv.AuthErr
	switch {
	case statusOf(err) == blocked:
		return &BlockedError{y.number, what}
	case errors.As(err, &wrong) && wrong.Retries == 0 && what == "PUK":
		return &BlockedError{y.number, what}
	case errors.As(err, &wrong):
		return &signer.WrongSecretError{What: what, Left: wrong.Retries}
	}
	return y.explain(doing, err)
}

// explain is what this package says about an error of piv-go's while this card
// was doing something; nil for nil.
func (y *yubikey) explain(doing string, err error) error {
	return explain(cardName(y.number), y.reader, doing, err)
}

func explain(card, reader, doing string, err error) error {
	if err == nil {
		return nil
	}
	var noPIV *NoPIVError
	if errors.As(err, &noPIV) {
		return err
	}
	if told := meaning(codeOf(err), reader, err); told != nil {
		return told
	}
	return &CardError{card, doing, err}
}

// codeOf returns PC/SC's code in err, 0 if there is none. piv-go tells it in
// words only, as the last ones of its text.
func codeOf(err error) pcsc.Code {
	var own *pcsc.Error
	if errors.As(err, &own) {
		return own.Code
	}
	for words, code := range codes {
		if strings.HasSuffix(err.Error(), words) {
			return code
		}
	}
	return 0
}

// codes are the codes that matter here, by piv-go's words for them.
var codes = map[string]pcsc.Code{
	"the supplied handle was invalid":                                                   pcsc.InvalidHandle,
	"one or more of the supplied parameters values could not be properly interpreted":   pcsc.InvalidValue,
	"the specified reader name is not recognized":                                       pcsc.UnknownReader,
	"the smart card cannot be accessed because of other connections outstanding":        pcsc.SharingViolation,
	"the operation requires a Smart Card, but no Smart Card is currently in the device": pcsc.NoCard,
	"an internal communications error has been detected":                                pcsc.HungUp,
	"an attempt was made to end a non-existent transaction":                             pcsc.NotTransacted,
	"the specified reader is not currently available for use":                           pcsc.ReaderUnavailable,
	"the Smart card resource manager is not running":                                    pcsc.NoService,
	"the Smart card resource manager has shut down":                                     pcsc.ServiceStopped,
	"a communications error with the smart card has been detected. More..":              pcsc.CommunicationLost,
	"the smart card has been reset, so any shared state information is invalid":         pcsc.ResetCard,
	"the smart card has been removed, so further communication is not possible":         pcsc.RemovedCard,
	"access was denied because of a security violation":                                 pcsc.SecurityViolation,
}
