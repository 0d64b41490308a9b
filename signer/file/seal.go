package file

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/rust-lang/rust-tuf/signer"
)

const privateBlock = "PRIVATE KEY" // PKCS#8, RFC 5208

// seal encrypts the PKCS#8 PEM form of private to passphrase.
func seal(private crypto.Signer, passphrase []byte, workFactor int) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	defer clear(der)
	text := pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: der})
	defer clear(text)

	recipient, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return nil, err
	}
	recipient.SetWorkFactor(workFactor)
	var sealed bytes.Buffer
	armored := armor.NewWriter(&sealed)
	plain, err := age.Encrypt(armored, recipient)
	if err != nil {
		return nil, err
	}
	if _, err := plain.Write(text); err != nil {
		return nil, err
	}
	if err := errors.Join(plain.Close(), armored.Close()); err != nil {
		return nil, err
	}
	return sealed.Bytes(), nil
}

// unseal decrypts what seal made. The error is *signer.WrongSecretError or
// *FormatError, which carries path.
//
// age checks the header first and each chunk as it is read, so a changed file
// is refused; a change within the part that holds the file's own key cannot be
// told apart from a wrong passphrase.
func unseal(path string, sealed, passphrase []byte) (crypto.Signer, error) {
	wrong := &signer.WrongSecretError{What: "passphrase", Left: -1}
	if len(passphrase) == 0 {
		return nil, wrong
	}
	identity, err := age.NewScryptIdentity(string(passphrase))
	if err != nil {
		return nil, err
	}
	identity.SetMaxWorkFactor(maxWorkFactor)
	plain, err := age.Decrypt(armor.NewReader(bytes.NewReader(sealed)), identity)
	if errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, wrong
	}
	if err != nil {
		return nil, &FormatError{path, "not an age file that can be opened", err}
	}
	text := bytes.NewBuffer(make([]byte, 0, maxKeyFile)) // more than fits into a key file: it never grows, so no copy is left
	defer func() { clear(text.Bytes()[:text.Cap()]) }()
	if _, err := text.ReadFrom(plain); err != nil {
		return nil, &FormatError{path, "the encrypted part is damaged", err}
	}
	return parsePrivate(path, text.Bytes())
}

// parsePrivate reads one PKCS#8 PEM block and nothing else.
func parsePrivate(path string, text []byte) (crypto.Signer, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != privateBlock || len(block.Headers) > 0 || len(bytes.TrimSpace(rest)) > 0 ||
		!bytes.HasPrefix(text, []byte("-----BEGIN ")) {
		return nil, &FormatError{Path: path, Reason: "what is encrypted is not one PEM block " + privateBlock}
	}
	defer clear(block.Bytes)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, &FormatError{path, "what is encrypted is not a PKCS#8 private key", err}
	}
	private, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, &FormatError{Path: path, Reason: "the encrypted key cannot sign"}
	}
	return private, nil
}
