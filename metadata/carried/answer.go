package carried

import (
	"fmt"
	"maps"
	"slices"

	"github.com/rust-lang/rust-tuf/metadata"
)

const answerWord = "answer"

// Signature is one file of an answer. It is well formed and lies where it says
// that it belongs; whether it counts, the event decides that it is for.
type Signature struct {
	Path string // in the repository
	Raw  []byte
	*metadata.SignatureFile
}

// PlaceError is a signature that lies in an answer where another one belongs.
type PlaceError struct {
	Want string // where it belongs, by what it says of itself
}

func (e *PlaceError) Error() string {
	return fmt.Sprintf("the signature in it belongs at %s; import the answer as `rust-tuf sign --bundle` wrote it", e.Want)
}

// EncodeAnswer writes an answer of these signature files. The same files give
// the same bytes, in whatever order they come.
func EncodeAnswer(files []*metadata.SignatureFile) []byte {
	at := map[string][]byte{}
	for _, f := range files {
		at[metadata.SignaturePath(f.Event, f.Role, f.KeyID)] = f.Bytes()
	}
	return encode(answerWord, nil, at)
}

// ReadAnswer reads what EncodeAnswer writes, and nothing else: at least one
// signature, and no file that is none. Errors are a *FormatError, a
// *verify.LimitError, and a *metadata.FileError for a file that is no signature
// or lies elsewhere than where it says.
func ReadAnswer(raw []byte) ([]Signature, error) {
	lines, files, err := decode(answerWord, raw, MaxAnswerBytes)
	if err != nil {
		return nil, err
	}
	if len(lines) > 0 || len(files) == 0 {
		return nil, &FormatError{answerWord, 0, "it holds files of signatures, at least one, and nothing else"}
	}
	var found []Signature
	for _, p := range slices.Sorted(maps.Keys(files)) {
		f, err := metadata.ParseSignatureFile(files[p])
		if err != nil {
			return nil, &metadata.FileError{Path: p, Err: err}
		}
		if want := metadata.SignaturePath(f.Event, f.Role, f.KeyID); p != want {
			return nil, &metadata.FileError{Path: p, Err: &PlaceError{want}}
		}
		found = append(found, Signature{Path: p, Raw: files[p], SignatureFile: f})
	}
	return found, nil
}
