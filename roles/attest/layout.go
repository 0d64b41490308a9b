package attest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// DeviceFile is the name of the file with the device certificate, in the
// folder named by the card's serial number. It is the same that
// rust-lang/team uses under hardware-keys/.
const DeviceFile = "f9-intermediate.pem"

// SlotFile is the name of the file with a slot certificate, beside
// [DeviceFile]: "attestation-9c.pem".
func SlotFile(s Slot) string { return "attestation-" + s.String() + ".pem" }

// Files is an attestation as it lies in a folder, before anybody read it.
type Files struct {
	// Serial is the card's serial number as the folder or the names claim it.
	Serial uint32
	// Slot is the slot as the name claims it; 0 where names do not say it.
	Slot Slot
	// SlotPath and DevicePath are where the two certificates lie.
	SlotPath, DevicePath string
	SlotPEM, DevicePEM   []byte
}

// Parse is [Parse] of the two files.
func (f Files) Parse() (*Attestation, error) { return Parse(f.SlotPEM, f.DevicePEM) }

// LayoutError is a folder of attestations that cannot be read as one.
type LayoutError struct {
	Path   string
	Reason string
}

func (e *LayoutError) Error() string { return e.Path + ": " + e.Reason }

// Hint says how such a folder looks.
func (e *LayoutError) Hint() string {
	return "keep in one folder, named by the card's serial number, " + SlotFile(Slot9C) + " and " + DeviceFile
}

// NoFilesError is a card of which nothing is kept.
type NoFilesError struct{ Serial uint32 }

func (e *NoFilesError) Error() string {
	return fmt.Sprintf("no attestation of card %d is kept", e.Serial)
}

// Hint is the way to make one.
func (e *NoFilesError) Hint() string {
	return fmt.Sprintf("in a folder named %d: ykman piv keys attest 9c %s; ykman piv certificates export f9 %s", e.Serial, SlotFile(Slot9C), DeviceFile)
}

// Find returns the attestations of one card among files, given by path with
// forward slashes. It knows three ways to keep them, side by side in one
// folder; files of other names are left alone:
//
//	hardware-keys/36011225/attestation-9a.pem       rust-lang/team
//	hardware-keys/36011225/f9-intermediate.pem      f9-intermediates.pem as well
//	36011225_attestation-9a.pem                     the same without a folder of its own
//	36011225_f9-intermediates.pem
//	keys/10550341/10550341_key_cert.pem             Sigstore's root-signing
//	keys/10550341/10550341_device_cert.pem
//
// The result is sorted by SlotPath. The error is *[NoFilesError], or
// *[LayoutError] for each fault of this card's files.
func Find(files map[string][]byte, serial uint32) ([]Files, error) {
	found, err := pair(files, func(s uint32) bool { return s == serial })
	if err == nil && len(found) == 0 {
		return nil, &NoFilesError{serial}
	}
	return found, err
}

// FindAll returns the attestations of all cards, as [Find] does. A card whose
// files are at fault does not hide the others: they are returned beside the
// errors.
func FindAll(files map[string][]byte) ([]Files, error) {
	return pair(files, func(uint32) bool { return true })
}

// folder is where the certificates of one card lie together.
type folder struct {
	dir    string
	serial uint32
}

// pair puts each slot certificate together with the device certificate beside
// it.
func pair(files map[string][]byte, wanted func(serial uint32) bool) ([]Files, error) {
	slots, devices := map[folder][]fileName{}, map[folder][]fileName{}
	faulty := map[folder]bool{}
	var errs []error
	for _, at := range slices.Sorted(maps.Keys(files)) {
		name, ok := readName(at)
		if !ok || !wanted(name.serial) && (name.folder == 0 || !wanted(name.folder)) {
			continue
		}
		in := folder{path.Dir(at), name.serial}
		switch {
		case name.fault != "":
			errs = append(errs, &LayoutError{at, name.fault})
			faulty[in] = true
		case name.device:
			devices[in] = append(devices[in], name)
		default:
			slots[in] = append(slots[in], name)
		}
	}
	var found []Files
	for in, list := range slots {
		d := devices[in]
		if len(d) == 0 {
			errs = append(errs, &LayoutError{list[0].path, "no device certificate lies beside it"})
			continue
		}
		differs := func(n fileName) bool { return !bytes.Equal(files[n.path], files[d[0].path]) }
		if i := slices.IndexFunc(d, differs); i > 0 {
			errs = append(errs, &LayoutError{d[i].path, "a second device certificate beside " + d[0].path + ", and they differ"})
			continue
		}
		for _, s := range list {
			found = append(found, Files{s.serial, s.slot, s.path, d[0].path, files[s.path], files[d[0].path]})
		}
	}
	for in, list := range devices {
		if len(slots[in]) == 0 && !faulty[in] {
			errs = append(errs, &LayoutError{list[0].path, "no slot certificate lies beside it"})
		}
	}
	slices.SortFunc(found, func(a, b Files) int { return strings.Compare(a.SlotPath, b.SlotPath) })
	slices.SortFunc(errs, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return found, errors.Join(errs...)
}

// fileName is what a file's name says.
type fileName struct {
	path   string
	serial uint32
	folder uint32 // serial number that names the folder, or 0
	device bool
	slot   Slot
	fault  string // why it cannot be used
}

// readName reports what the name of a file says, false when it is none of
// ours.
func readName(at string) (fileName, bool) {
	base := path.Base(at)
	inside, inFolder := parseSerial(path.Base(path.Dir(at)))
	f := fileName{path: at, serial: inside, folder: inside}
	if prefix, rest, ok := strings.Cut(base, "_"); ok {
		if serial, ok := parseSerial(prefix); ok {
			base, f.serial = rest, serial
			if inFolder && serial != inside {
				f.fault = fmt.Sprintf("the folder is of card %d, the file of card %d", inside, serial)
			}
			inFolder = true
		}
	}
	if !inFolder {
		return f, false
	}
	switch base {
	case "f9-intermediate.pem", "f9-intermediates.pem", "device_cert.pem":
		f.device = true
		return f, true
	case "key_cert.pem":
		return f, true
	}
	text, ok := strings.CutPrefix(base, "attestation-")
	if !ok {
		return f, false
	}
	text, ok = strings.CutSuffix(text, ".pem")
	if !ok {
		return f, false
	}
	slot, err := ParseSlot(text)
	if err != nil {
		f.fault = "its name has no slot: " + err.Error()
	}
	f.slot = slot
	return f, true
}

// parseSerial reads a serial number as people write it: decimal, without
// leading zeros.
func parseSerial(text string) (uint32, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err == nil && n > 0 && strconv.FormatUint(n, 10) == text
}
