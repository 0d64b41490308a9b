package verification

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/bundle"
	"github.com/rust-lang/rust-tuf/verify/dirstore"
	"github.com/rust-lang/rust-tuf/verify/httpfetch"
)

// A program need not read a sentence. Every exported error type of the client's
// packages is here; null is what was not judged, but did not work.
func TestRefusalOfEveryError(t *testing.T) {
	t.Parallel()
	const digits = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	digest, err := verify.ParseDigest(digits)
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		err  error
		want string
	}{
		"verify.ContentError":     {&verify.ContentError{What: "a", Reason: "longer"}, `{"kind":"content","of":"a"}`},
		"verify.DelegationError":  {&verify.DelegationError{Role: "a", By: "targets"}, `{"kind":"delegation","role":"a","by":"targets"}`},
		"verify.ExpiredError":     {&verify.ExpiredError{Role: "root", Version: 2, Expires: noon}, `{"kind":"expired","role":"root","version":2,"expires":"2026-11-22T12:00:00Z"}`},
		"verify.ForkError":        {&verify.ForkError{Role: "a", Version: 2}, `{"kind":"fork","role":"a","version":2}`},
		"verify.FormatError":      {&verify.FormatError{Role: "a", Version: 2, Path: "signed"}, `{"kind":"format","role":"a","version":2,"path":"signed"}`},
		"verify.LimitError":       {&verify.LimitError{What: "bytes", Limit: 1, Found: 2}, `{"kind":"limit","needed":1,"found":2}`},
		"verify.NotFoundError":    {&verify.NotFoundError{Path: "a\n", Asked: []string{"targets", "b"}}, `{"kind":"target","of":"a\n","asked":["targets","b"]}`},
		"verify.PinError":         {&verify.PinError{Want: digest}, `{"kind":"pin","must_be":"` + digits + `","is":"` + strings.Repeat("0", 64) + `"}`},
		"verify.RepositoryError":  {&verify.RepositoryError{Role: "root", Version: 2, Want: "r", Found: "s"}, `{"kind":"repository","role":"root","version":2,"must_be":"r","is":"s"}`},
		"verify.RoleError":        {&verify.RoleError{Want: "a", Found: "b"}, `{"kind":"role","must_be":"a","is":"b"}`},
		"verify.SignatureError":   {&verify.SignatureError{Role: "a", Version: 2, KeyID: "0123"}, `{"kind":"signature","role":"a","version":2,"of":"0123"}`},
		"verify.StoreFormatError": {&verify.StoreFormatError{Found: 2, Known: 1}, `{"kind":"store","needed":1,"found":2}`},
		"verify.ThresholdError":   {&verify.ThresholdError{Tally: verify.Tally{Role: "a", Version: 2, Threshold: 3}}, `{"kind":"threshold","role":"a","version":2,"needed":3,"found":0}`},
		"verify.VersionError":     {&verify.VersionError{Role: "a", Trusted: 3, Found: 2}, `{"kind":"version","role":"a","version":2,"needed":3,"found":2}`},
		"bundle.FormatError":      {&bundle.FormatError{}, `{"kind":"format","of":"bundle"}`},

		"verify.OrderError":        {&verify.OrderError{}, `null`}, // a defect of the program that calls
		"bundle.MissingError":      {&bundle.MissingError{}, `null`},
		"dirstore.KindError":       {&dirstore.KindError{}, `null`},
		"dirstore.LockedError":     {&dirstore.LockedError{}, `null`},
		"dirstore.NameError":       {&dirstore.NameError{}, `null`},
		"dirstore.PermissionError": {&dirstore.PermissionError{}, `null`},
		"httpfetch.AddressError":   {&httpfetch.AddressError{}, `null`},
		"httpfetch.EncodingError":  {&httpfetch.EncodingError{}, `null`},
		"httpfetch.LengthError":    {&httpfetch.LengthError{}, `null`},
		"httpfetch.NameError":      {&httpfetch.NameError{}, `null`},
		"httpfetch.RedirectError":  {&httpfetch.RedirectError{}, `null`},
		"httpfetch.StatusError":    {&httpfetch.StatusError{Code: 404}, `null`}, // that a server has no file says nothing of a target
		"httpfetch.TimeoutError":   {&httpfetch.TimeoutError{}, `null`},
	}
	page, err := os.ReadFile("../../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range cases {
		got, err := json.Marshal(RefusalOf(fmt.Errorf("somewhere: %w", test.err)))
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %s, %v, want %s", name, got, err, test.want)
		}
		if r := RefusalOf(test.err); r != nil && !strings.Contains(string(page), "\n| `"+r.Kind+"` | ") {
			t.Errorf("docs/architecture.md does not list the kind %q", r.Kind)
		}
		if made := strings.TrimPrefix(fmt.Sprintf("%T", test.err), "*"); made != name {
			t.Errorf("%s stands for %s", made, name)
		}
	}
	if listed, declared := slices.Sorted(maps.Keys(cases)), errorTypes(t, "verify", "verify/bundle", "verify/dirstore", "verify/httpfetch", "verify/memstore"); !slices.Equal(listed, declared) {
		t.Errorf("the packages declare\n%s\nand here are\n%s", declared, listed)
	}
}

// errorTypes are the exported error types that some packages declare, sorted.
func errorTypes(t *testing.T, packages ...string) (names []string) {
	t.Helper()
	for _, p := range packages {
		files, err := filepath.Glob(filepath.Join("../../..", p, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", p, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range parsed.Decls {
				if name := receiver(d, "Error"); ast.IsExported(name) {
					names = append(names, parsed.Name.Name+"."+name)
				}
			}
		}
	}
	slices.Sort(names)
	return names
}

// receiver is the type that a declaration gives a method of that name, "" if it
// is none.
func receiver(d ast.Decl, method string) string {
	f, ok := d.(*ast.FuncDecl)
	if !ok || f.Recv == nil || f.Name.Name != method {
		return ""
	}
	of := f.Recv.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}
