package verification

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// Where names are at odds, a program need not read a sentence for them.
func TestRefusalByName(t *testing.T) {
	t.Parallel()
	digest, err := verify.ParseDigest("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
	if err != nil {
		t.Fatal(err)
	}
	for want, err := range map[string]error{
		`{"kind":"content","of":"a"}`:                                                                &verify.ContentError{What: "a", Reason: "longer"},
		`{"kind":"target","of":"a\n","asked":["targets","b"]}`:                                       &verify.NotFoundError{Path: "a\n", Asked: []string{"targets", "b"}},
		`{"kind":"repository","role":"root","version":2,"must_be":"r","is":"s"}`:                     &verify.RepositoryError{Role: "root", Version: 2, Want: "r", Found: "s"},
		`{"kind":"role","must_be":"a","is":"b"}`:                                                     &verify.RoleError{Want: "a", Found: "b"},
		`{"kind":"delegation","role":"a","by":"targets"}`:                                            &verify.DelegationError{Role: "a", By: "targets"},
		`{"kind":"pin","must_be":"` + digest.String() + `","is":"` + verify.Digest{}.String() + `"}`: &verify.PinError{Want: digest},
		`null`: verify.ErrNotFound,
	} {
		got, jerr := json.Marshal(RefusalOf(fmt.Errorf("somewhere: %w", err)))
		if jerr != nil || string(got) != want {
			t.Errorf("%s, %v, want %s", got, jerr, want)
		}
	}
}
