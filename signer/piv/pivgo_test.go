//go:build !nopiv && (windows || (cgo && (linux || darwin || freebsd || openbsd)))

package piv

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/piv/internal/pcsc"
	"github.com/rust-lang/rust-tuf/tests/importtest"
)

// No other package of the module, whatever the build, has piv-go in it.
func TestOnlyImporterOfPIVGo(t *testing.T) {
	for _, tags := range []string{"", "nopiv"} {
		out, err := exec.Command("go", "list", "-e", "-tags", tags, "-f", `{{.ImportPath}}: {{join .Imports " "}}`, importtest.Module+"/...").CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		var importers []string
		for line := range strings.Lines(string(out)) {
			pkg, imports, _ := strings.Cut(strings.TrimSpace(line), ": ")
			if strings.Contains(imports, "go-piv/") {
				importers = append(importers, strings.TrimPrefix(pkg, importtest.Module+"/"))
			}
		}
		if want := []string{"signer/piv"}; tags == "" && !slices.Equal(importers, want) || tags == "nopiv" && len(importers) > 0 {
			t.Errorf("with tags %q piv-go is imported by %q", tags, importers)
		}
	}
}

// The words by which PC/SC's codes are known are still piv-go's.
func TestCodes(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/go-piv/piv-go/v2/piv").Output()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "pcsc_errors.go"))
	if err != nil {
		t.Fatal(err)
	}
	theirs := make(map[string]pcsc.Code)
	for _, m := range regexp.MustCompile(`(0x[0-9A-F]{8}): +(".*"),`).FindAllStringSubmatch(string(source), -1) {
		code, err := strconv.ParseUint(m[1], 0, 32)
		if err != nil {
			t.Fatal(err)
		}
		words, err := strconv.Unquote(m[2])
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := theirs[words]; twice {
			t.Logf("two codes say %q", words)
		}
		theirs[words] = pcsc.Code(code)
	}
	for words, code := range codes {
		if theirs[words] != code {
			t.Errorf("%q is %08x, not %08x", words, theirs[words], code)
		}
	}
}

// What each code means, whoever tells it.
func TestMeaning(t *testing.T) {
	for code, want := range map[pcsc.Code]error{
		pcsc.NoService: &NoServiceError{}, pcsc.ServiceStopped: &NoServiceError{}, pcsc.HungUp: &NoServiceError{}, pcsc.SecurityViolation: &DeniedError{},
		pcsc.SharingViolation: &BusyError{}, pcsc.RemovedCard: signer.ErrRemoved, pcsc.NoCard: signer.ErrRemoved,
		pcsc.UnknownReader: signer.ErrRemoved, pcsc.ReaderUnavailable: signer.ErrRemoved, pcsc.NotTransacted: signer.ErrRemoved,
		pcsc.CommunicationLost: signer.ErrRemoved, pcsc.InvalidHandle: signer.ErrRemoved, pcsc.InvalidValue: signer.ErrRemoved,
		pcsc.ResetCard: &CardError{}, pcsc.Code(0x80100066): &CardError{},
	} {
		told := []error{&pcsc.Error{Call: "SCardConnect", Code: code}}
		for words, named := range codes {
			if named == code {
				told = append(told, fmt.Errorf("transmitting request: %w", errors.New(words)))
			}
		}
		for _, err := range told {
			got := explain("YubiKey 5", "reader", "signing", fmt.Errorf("command failed: %w", err))
			if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", want) {
				t.Errorf("%08x, %v: %#v", uint32(code), err, got)
			}
			if busy, ok := got.(*BusyError); ok && busy.Reader != "reader" {
				t.Errorf("busy is %q", busy.Reader)
			}
		}
	}
	if explain("", "", "", nil) != nil {
		t.Error("no error is an error")
	}
}
