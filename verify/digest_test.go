package verify_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

func TestDigest(t *testing.T) {
	const hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	d := verify.DigestOf([]byte("abc"))
	if d != sha256.Sum256([]byte("abc")) || d.String() != hex {
		t.Errorf("DigestOf: %s", d)
	}
	groups := d.Groups()
	if groups != "ba78 16bf 8f01 cfea 4141 40de 5dae 2223 b003 61a3 9617 7a9c b410 ff61 f200 15ad" {
		t.Errorf("Groups: %s", groups)
	}
	if d.IsZero() || !(verify.Digest{}).IsZero() {
		t.Error("IsZero")
	}
	for _, s := range []string{
		hex, strings.ToUpper(hex), groups, " " + groups + "\r\n",
		strings.ReplaceAll(groups, " ", ":"), strings.ReplaceAll(groups, " ", "-"), strings.ReplaceAll(groups, " ", "\n\t"),
	} {
		if got, err := verify.ParseDigest(s); err != nil || got != d {
			t.Errorf("ParseDigest(%q): %v %v", s, got, err)
		}
	}
	for s, words := range map[string]string{
		"":                      "found 0",
		hex[1:]:                 "found 63",
		hex + "0":               "found more",
		hex[:63] + "g":          `found "g" at byte 63`,
		"0x" + hex:              `found "x" at byte 1`,
		strings.Repeat("é", 64): "at byte 0",
	} {
		if got, err := verify.ParseDigest(s); err == nil || !strings.Contains(err.Error(), words) || !got.IsZero() {
			t.Errorf("ParseDigest(%q): %v %v", s, got, err)
		}
	}
}

func FuzzParseDigest(f *testing.F) {
	f.Add(verify.DigestOf(nil).Groups())
	f.Add("zz")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := verify.ParseDigest(s)
		if err != nil {
			return
		}
		for _, form := range []string{d.String(), d.Groups()} {
			if again, err := verify.ParseDigest(form); err != nil || again != d {
				t.Errorf("%q: %v %v", form, again, err)
			}
		}
	})
}
