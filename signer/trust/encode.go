package trust

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/rust-lang/rust-tuf/verify"
)

const format = 1

// encode writes a file of this package.
func encode(file any) ([]byte, error) {
	data, err := json.MarshalIndent(file, "", "  ")
	return append(data, '\n'), err
}

// decode reads into file, a pointer, what encode wrote: the bytes must be those
// that writing the result again gives, so there is one form only, without
// unknown, duplicate or misspelt members.
func decode(data []byte, file any) error {
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return err
	}
	if version.Format > format {
		return fmt.Errorf("written by a newer rust-tuf, in format %d; this one knows %d", version.Format, format)
	}
	if err := json.Unmarshal(data, file); err != nil {
		return err
	}
	again, err := encode(file)
	if err != nil {
		return err
	}
	if !bytes.Equal(data, again) {
		return errors.New("changed since it was written")
	}
	return nil
}

// parseDigest reads 64 lower-case hex digits and nothing else.
func parseDigest(s string) (verify.Digest, error) {
	d, err := verify.ParseDigest(s)
	if err != nil {
		return d, err
	}
	if d.String() != s || d.IsZero() {
		return d, fmt.Errorf("digest %q is not 64 lower-case hex digits of a document", s)
	}
	return d, nil
}
