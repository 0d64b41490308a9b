package attest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
)

// files makes a tree whose files hold their own paths, or what follows "=".
func files(paths ...string) map[string][]byte {
	tree := map[string][]byte{}
	for _, p := range paths {
		at, content, ok := strings.Cut(p, "=")
		if !ok {
			content = at
		}
		tree[at] = []byte(content)
	}
	return tree
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string][]byte
		want  []string // slot path, device path, slot
	}{
		{"rust-lang/team", files("hardware-keys/7/attestation-9a.pem", "hardware-keys/7/attestation-9c.pem", "hardware-keys/7/f9-intermediate.pem", "hardware-keys/7/README.md", "hardware-keys/8/attestation-9a.pem"), []string{
			"hardware-keys/7/attestation-9a.pem hardware-keys/7/f9-intermediate.pem 9a",
			"hardware-keys/7/attestation-9c.pem hardware-keys/7/f9-intermediate.pem 9c",
		}},
		{"its first file", files("hardware-keys/7/attestation-9a.pem", "hardware-keys/7/f9-intermediates.pem"), []string{"hardware-keys/7/attestation-9a.pem hardware-keys/7/f9-intermediates.pem 9a"}},
		{"both names, one certificate", files("7/attestation-9a.pem", "7/f9-intermediates.pem=x", "7/f9-intermediate.pem=x"), []string{"7/attestation-9a.pem 7/f9-intermediate.pem 9a"}},
		{"without folders", files("7_attestation-9a.pem", "7_f9-intermediates.pem", "8_attestation-9a.pem", "8_f9-intermediates.pem"), []string{"7_attestation-9a.pem 7_f9-intermediates.pem 9a"}},
		{"Sigstore", files("keys/7/7_key_cert.pem", "keys/7/7_device_cert.pem", "keys/7/7_pubkey.pem"), []string{"keys/7/7_key_cert.pem keys/7/7_device_cert.pem 00"}},
		{"ours", files("members/alice/member.toml", "members/alice/7/attestation-9c.pem", "members/alice/7/"+attest.DeviceFile), []string{"members/alice/7/attestation-9c.pem members/alice/7/f9-intermediate.pem 9c"}},
		{"one card, two members", files("members/alice/7/attestation-9c.pem", "members/alice/7/f9-intermediate.pem", "members/bob/7/attestation-9c.pem", "members/bob/7/f9-intermediate.pem"), []string{
			"members/alice/7/attestation-9c.pem members/alice/7/f9-intermediate.pem 9c",
			"members/bob/7/attestation-9c.pem members/bob/7/f9-intermediate.pem 9c",
		}},
	} {
		found, err := attest.Find(c.files, 7)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for _, f := range found {
			if f.Serial != 7 || string(f.SlotPEM) != string(c.files[f.SlotPath]) || string(f.DevicePEM) != string(c.files[f.DevicePath]) {
				t.Errorf("%s: %+v", c.name, f)
			}
			got = append(got, f.SlotPath+" "+f.DevicePath+" "+f.Slot.String())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if name := attest.SlotFile(attest.Slot9C); name != "attestation-9c.pem" {
		t.Error(name)
	}
}

func TestFindRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string][]byte
		want  []string // the errors' words
	}{
		{"no device certificate", files("k/7/attestation-9a.pem"), []string{"k/7/attestation-9a.pem: no device certificate lies beside it"}},
		{"it lies elsewhere", files("k/7/attestation-9a.pem", "k/f9-intermediate.pem", "k/8/f9-intermediate.pem"), []string{"k/7/attestation-9a.pem: no device certificate lies beside it"}},
		{"no slot certificate", files("k/7/f9-intermediate.pem"), []string{"k/7/f9-intermediate.pem: no slot certificate lies beside it"}},
		{"two device certificates", files("k/7/attestation-9a.pem", "k/7/f9-intermediate.pem=x", "k/7/f9-intermediates.pem=x", "k/7/7_device_cert.pem=y"), []string{"k/7/f9-intermediate.pem: a second device certificate beside k/7/7_device_cert.pem, and they differ"}},
		{"no slot", files("k/7/attestation-.pem", "k/7/f9-intermediate.pem"), []string{`k/7/attestation-.pem: its name has no slot: "" is no PIV slot that holds a key: 9a, 9c, 9d, 9e or 82 to 95`}},
		{"upper case", files("k/7/attestation-9C.pem", "k/7/f9-intermediate.pem"), []string{`k/7/attestation-9C.pem: its name has no slot: "9C" is no PIV slot`}},
		{"two cards in a folder", files("k/7/8_attestation-9a.pem", "k/7/f9-intermediate.pem"), []string{
			"k/7/8_attestation-9a.pem: the folder is of card 7, the file of card 8", "k/7/f9-intermediate.pem: no slot certificate lies beside it",
		}},
	} {
		found, err := attest.Find(c.files, 7)
		var e *attest.LayoutError
		if len(found) > 0 || !errors.As(err, &e) {
			t.Errorf("%s: %v %v", c.name, found, err)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != len(c.want) {
			t.Errorf("%s: %q", c.name, lines)
		}
		for i, line := range lines {
			if i < len(c.want) && !strings.HasPrefix(line, c.want[i]) {
				t.Errorf("%s: %s, want %s", c.name, line, c.want[i])
			}
		}
		refusaltest.Hints(t, e, "keep in one folder, named by the card's serial number, attestation-9c.pem and f9-intermediate.pem")
	}
	for name, tree := range map[string]map[string][]byte{
		"nothing":         nil,
		"another card":    files("k/8/attestation-9a.pem"),
		"no serial":       files("k/alice/attestation-9a.pem", "k/alice/f9-intermediate.pem", "attestation-9a.pem", "f9-intermediate.pem"),
		"leading zero":    files("k/07/attestation-9a.pem", "k/07/f9-intermediate.pem"),
		"too large":       files("k/4294967303/attestation-9a.pem", "k/4294967303/f9-intermediate.pem"),
		"other names":     files("k/7/attestation-9a.der", "k/7/SlotF9Intermediate.pem", "k/7/x_attestation-9a.pem"),
		"a folder deeper": files("k/7/old/attestation-9a.pem", "k/7/old/f9-intermediate.pem"),
	} {
		_, err := attest.Find(tree, 7)
		var e *attest.NoFilesError
		if !errors.As(err, &e) || e.Serial != 7 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		refusaltest.Says(t, err, "no attestation of card 7 is kept")
		refusaltest.Hints(t, err, "in a folder named 7: ykman piv keys attest 9c attestation-9c.pem; ykman piv certificates export f9 f9-intermediate.pem")
	}
}

func TestFindAll(t *testing.T) {
	found, err := attest.FindAll(files("m/alice/7/attestation-9c.pem", "m/alice/7/f9-intermediate.pem", "m/bob/8/attestation-9c.pem", "m/carol/9/attestation-9c.pem", "m/carol/9/f9-intermediate.pem"))
	if len(found) != 2 || found[0].Serial != 7 || found[1].Serial != 9 {
		t.Errorf("%+v", found)
	}
	refusaltest.Says(t, err, "m/bob/8/attestation-9c.pem: no device certificate lies beside it")
	if found, err := attest.FindAll(nil); err != nil || len(found) != 0 {
		t.Error(found, err)
	}
}

// The files that people published, as they lie in one folder, are found and
// verified, and are of the cards that their names say.
func TestFindRealPairs(t *testing.T) {
	tree := map[string][]byte{}
	for _, p := range pairs {
		tree["attestations/"+p.slot] = shared(t, p.slot)
		tree["attestations/"+p.device] = shared(t, p.device)
	}
	found, err := attest.FindAll(tree)
	if err != nil || len(found) != len(pairs) {
		t.Fatalf("%d, %v", len(found), err)
	}
	for _, f := range found {
		a, err := f.Parse()
		if err != nil {
			t.Fatal(err)
		}
		facts, err := yubico(t).Verify(a, at)
		if err != nil || facts.Serial != f.Serial || f.Slot != 0 && facts.Slot != f.Slot {
			t.Errorf("%s: %v %v", f.SlotPath, facts, err)
		}
	}
	for path := range tree {
		tree[path] = tree["attestations/"+pairs[0].device]
	}
	found, err = attest.Find(tree, 36011225)
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if a, err := found[0].Parse(); err == nil {
		_, err = yubico(t).Verify(a, at)
		certificateError(t, err, attest.SlotCertificate, "is a device certificate")
	}
}
