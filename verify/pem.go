package verify

import (
	"bytes"
	"encoding/pem"
)

// pemRoot is the type of the PEM block that holds a root: one file, one block,
// as people paste it and as programs bundle it.
const pemRoot = "TUF ROOT"

var pemBegin = []byte("-----BEGIN " + pemRoot + "-----")

// unwrapRoot returns the root that a PEM block holds, and anything else as it
// is. A block has no headers, and nothing but white space stands after it.
func unwrapRoot(raw []byte, lim Limits) ([]byte, error) {
	text := bytes.TrimLeft(raw, " \t\r\n")
	if !bytes.HasPrefix(text, pemBegin) {
		return raw, nil
	}
	// Base64 takes four bytes for three, and a line end for each 64.
	if err := checkSize(typeRoot+" in PEM", raw, lim.RootBytes/2*3); err != nil {
		return nil, err
	}
	block, rest := pem.Decode(text)
	switch {
	case block == nil || block.Type != pemRoot:
		return nil, &FormatError{Role: typeRoot, Offset: 0, Reason: "the PEM block " + pemRoot + " is cut or damaged"}
	case len(block.Headers) > 0:
		return nil, &FormatError{Role: typeRoot, Offset: 0, Reason: "the PEM block " + pemRoot + " has headers; it has none"}
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, &FormatError{Role: typeRoot, Offset: len(raw) - len(rest), Reason: "something stands behind the PEM block " + pemRoot}
	}
	return block.Bytes, nil
}

// PEM returns the root as a PEM block TUF ROOT, which every function that
// trusts a root takes in place of the document.
func (r *Root) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: pemRoot, Bytes: r.Raw()})
}
