package verify_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/rust-lang/rust-tuf/verify"
)

// A target is what its verdict says, to the byte.
func TestCopy(t *testing.T) {
	const text = "manifest of the stable channel"
	short, long := sha256.Sum256([]byte(text)), sha512.Sum512([]byte(text))
	good := map[string]string{"sha256": hex.EncodeToString(short[:]), "sha512": hex.EncodeToString(long[:]), "blake3": "?"}
	for name, test := range map[string]struct {
		src    io.Reader
		length int64
		hashes map[string]string
		want   func(testing.TB, error)
	}{
		"as promised":       {strings.NewReader(text), 30, good, nil},
		"byte by byte":      {iotest.OneByteReader(strings.NewReader(text)), 30, good, nil},
		"too short":         {strings.NewReader(text[:29]), 30, good, wants[*verify.ContentError]("stable.toml: 29 bytes long, promised are 30")},
		"too long":          {strings.NewReader(text + "!"), 30, good, wants[*verify.ContentError]("longer than the 30 bytes that are promised")},
		"endless":           {io.MultiReader(strings.NewReader(text), endless{}), 30, good, wants[*verify.ContentError]("longer than the 30 bytes")},
		"another":           {strings.NewReader(strings.ToUpper(text)), 30, good, wants[*verify.ContentError]("stable.toml: its sha", "promised is")},
		"one hash wrong":    {strings.NewReader(text), 30, map[string]string{"sha256": good["sha256"], "sha512": strings.Repeat("0", 128)}, wants[*verify.ContentError]("its sha512")},
		"no hash at all":    {strings.NewReader(text), 30, nil, wants[*verify.ContentError]("none of the promised hashes")},
		"no hash we know":   {strings.NewReader(text), 30, map[string]string{"blake3": "?"}, wants[*verify.ContentError]("none of the promised hashes")},
		"a broken source":   {iotest.ErrReader(errBroken), 30, good, isBroken},
		"broken at the end": {io.MultiReader(strings.NewReader(text), iotest.ErrReader(errBroken)), 30, good, isBroken},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			v := &verify.Verdict{Path: "stable.toml", Length: test.length, Hashes: test.hashes}
			err := v.Copy(&out, test.src)
			if test.want == nil {
				if err != nil || out.String() != text {
					t.Errorf("%q, %v", &out, err)
				}
				return
			}
			if err == nil {
				t.Fatal("no error")
			}
			test.want(t, err)
			if out.Len() > 30 {
				t.Errorf("%d bytes were written", out.Len())
			}
		})
	}
}

func isBroken(t testing.TB, err error) {
	t.Helper()
	if !errors.Is(err, errBroken) {
		t.Error(err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
