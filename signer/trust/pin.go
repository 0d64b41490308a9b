package trust

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// How a machine came to trust a repository.
const (
	// DigestEntered: the root's digest, received on another way, was typed in.
	DigestEntered = "digest entered"

	// SignedFirstRoot: the first root was signed on this machine.
	SignedFirstRoot = "signed root version 1"
)

// Pin is the newest root that this machine trusts.
type Pin struct {
	Repository string        // 32 lower-case hex digits
	Version    int64         // of the root
	Digest     verify.Digest // of the root's `signed`
	Root       []byte        // the root as received; nil while root version 1 is being signed
	How        string        // DigestEntered or SignedFirstRoot
	Since      time.Time     // of the first pin, to the second
}

// pinFile is a Pin on the disk.
type pinFile struct {
	Format     int    `json:"format"`
	Repository string `json:"repository"`
	Version    int64  `json:"version"`
	Digest     string `json:"digest"`
	Root       []byte `json:"root,omitempty"`
	How        string `json:"how"`
	Since      string `json:"since"`
}

// encode returns the file of a pin that decodePin reads back.
func (p Pin) encode() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return encode(pinFile{format, p.Repository, p.Version, p.Digest.String(), p.Root, p.How, instant(p.Since)})
}

func decodePin(data []byte) (Pin, error) {
	var f pinFile
	if err := decode(data, &f); err != nil {
		return Pin{}, err
	}
	p := Pin{Repository: f.Repository, Version: f.Version, Root: f.Root, How: f.How}
	var err error
	if p.Digest, err = parseDigest(f.Digest); err != nil {
		return Pin{}, err
	}
	if p.Since, err = parseInstant(f.Since); err != nil {
		return Pin{}, err
	}
	return p, p.check()
}

// check makes sure that the pin is what it says: its root, if it has one yet,
// has its digest, its version and its repository, and the signatures of its own
// threshold.
func (p Pin) check() error {
	if !repositoryPattern.MatchString(p.Repository) {
		return fmt.Errorf("repository id %q is not 32 lower-case hex digits", p.Repository)
	}
	if p.How != DigestEntered && p.How != SignedFirstRoot {
		return fmt.Errorf("a pin is made by %q or %q, not by %q", DigestEntered, SignedFirstRoot, p.How)
	}
	if _, err := parseInstant(instant(p.Since)); err != nil {
		return err
	}
	if len(p.Root) == 0 {
		if p.Version != 1 || p.How != SignedFirstRoot || p.Digest.IsZero() {
			return fmt.Errorf("a pin without its root is possible only while root version 1 is being signed, not for version %d", p.Version)
		}
		return nil
	}
	root, err := verify.TrustPinnedRoot(p.Root, p.Digest, limits())
	if err != nil {
		return err
	}
	if root.Version() != p.Version {
		return fmt.Errorf("the root is version %d, the pin says version %d", root.Version(), p.Version)
	}
	return sameRepository(p.Repository, root)
}

func sameRepository(repository string, root *verify.Root) error {
	if found := root.Repository(); found != repository {
		return &verify.RepositoryError{Role: "root", Version: root.Version(), Want: repository, Found: found}
	}
	return nil
}

// Pin returns the newest pin of a repository: ErrNoPin if there is none,
// *StateError if it is not as it was written. Its root is verified again, with
// its digest and its own threshold.
func (h *Home) Pin(repository string) (*Pin, error) {
	_, pin, _, err := h.newest(repository)
	return pin, err
}

// newest returns the sequence of pins, the newest one, and its number.
func (h *Home) newest(repository string) (sequence, *Pin, int, error) {
	seq, err := h.pins(repository)
	if err != nil {
		return seq, nil, 0, err
	}
	all, err := seq.read()
	if err != nil {
		return seq, nil, 0, err
	}
	if len(all) == 0 {
		return seq, nil, 0, ErrNoPin
	}
	n := len(all)
	pin, err := decodePin(all[n-1])
	if err == nil && pin.Repository != repository {
		err = fmt.Errorf("it belongs to repository %s", pin.Repository)
	}
	if err != nil {
		return seq, nil, 0, &StateError{seq.path(n), "not a pin", err}
	}
	return seq, &pin, n, nil
}

func (h *Home) pins(repository string) (sequence, error) {
	dir, err := h.folder(repository, "pin")
	return sequence{disk: h.disk, dir: dir, size: maxPinFile, most: maxPins}, err
}

// Establish makes the first pin of a repository. Of several processes one
// succeeds; the others, and everybody later, get *PinExistsError. A root that
// does not have the pin's digest, version and repository is refused with
// verify's errors. p.Since is kept to the second.
func (h *Home) Establish(p Pin) error {
	data, err := p.encode()
	if err != nil {
		return err
	}
	seq, err := h.pins(p.Repository)
	if err != nil {
		return err
	}
	err = seq.create(1, data)
	if errors.Is(err, fs.ErrExist) {
		existing, err := h.Pin(p.Repository)
		if err != nil {
			return err
		}
		return errors.Join(&PinExistsError{Existing: *existing}, seq.sync())
	}
	return err
}

// Advance moves the pin from the root with digest from to a newer one, which
// was reached from it by verify.Root.Walk, or, if the pin has no root yet, to
// the completed root version 1 of the digest that was signed. A root that is
// the pin's already changes nothing.
//
// The pin never moves back and never sideways: *verify.VersionError for a lower
// version, *verify.PinError for another root of the same one,
// *verify.RepositoryError for another repository's. If another process moved
// the pin meanwhile, the error is *MovedError and the pin is theirs.
func (h *Home) Advance(repository string, from verify.Digest, to *verify.Root) error {
	if err := sameRepository(repository, to); err != nil {
		return err
	}
	return h.move(repository, from, func(pin Pin) (Pin, bool, error) {
		switch {
		case to.Version() < pin.Version, pin.Root == nil && to.Version() != pin.Version:
			return pin, false, &verify.VersionError{Role: "root", Trusted: pin.Version, Found: to.Version()}
		case to.Version() == pin.Version && to.Digest() != pin.Digest:
			return pin, false, &verify.PinError{Want: pin.Digest, Found: to.Digest()}
		case to.Version() == pin.Version && pin.Root != nil:
			return pin, false, nil
		}
		pin.Version, pin.Digest, pin.Root = to.Version(), to.Digest(), to.Raw()
		return pin, true, nil
	})
}

// Supersede moves the pin of a repository whose root version 1 is still being
// signed from one document to another that names it, in its signed bytes, as
// superseded. Who holds the key must have agreed to it, as to any second
// document for one version. Other documents are refused: *verify.PinError if it
// does not name the pinned digest, *verify.RoleError, *verify.VersionError,
// *verify.RepositoryError; so is every one once the pin has its root.
func (h *Home) Supersede(repository string, from verify.Digest, to *verify.Document) error {
	root, err := to.Root()
	if err != nil {
		return err
	}
	extension, _ := root.Extension()
	if extension.Repository != repository {
		return &verify.RepositoryError{Role: "root", Version: root.Version(), Want: repository, Found: extension.Repository}
	}
	return h.move(repository, from, func(pin Pin) (Pin, bool, error) {
		switch {
		case pin.Root != nil || root.Version() != 1:
			return pin, false, &verify.VersionError{Role: "root", Trusted: pin.Version, Found: root.Version()}
		case root.Digest() == pin.Digest:
			return pin, false, nil
		case !slices.Contains(extension.Supersedes, pin.Digest):
			return pin, false, &verify.PinError{Want: pin.Digest, Found: root.Digest()}
		}
		pin.Digest = root.Digest()
		return pin, true, nil
	})
}

// Succeed moves the pin of a repository whose root version 1 this machine
// signed, and that was superseded before it was published, to the root version
// 1 that was published in its place. A person has typed its digest, so that is
// how the pin was made from now on. The root's signed bytes must name the pinned
// digest as superseded: *verify.PinError if they do not, and *verify.VersionError
// for another version, or if the pin has its root already.
func (h *Home) Succeed(repository string, from verify.Digest, to *verify.Root, since time.Time) error {
	if err := sameRepository(repository, to); err != nil {
		return err
	}
	extension, _ := to.Document().Extension()
	return h.move(repository, from, func(pin Pin) (Pin, bool, error) {
		switch {
		case pin.Root != nil || to.Version() != 1:
			return pin, false, &verify.VersionError{Role: "root", Trusted: pin.Version, Found: to.Version()}
		case !slices.Contains(extension.Supersedes, pin.Digest):
			return pin, false, &verify.PinError{Want: pin.Digest, Found: to.Digest()}
		}
		pin.Digest, pin.Root, pin.How, pin.Since = to.Digest(), to.Raw(), DigestEntered, since
		return pin, true, nil
	})
}

// move is the compare-and-swap: it creates the pin that next makes of the
// newest one, if that is still the one with digest from when it is created.
func (h *Home) move(repository string, from verify.Digest, next func(Pin) (Pin, bool, error)) error {
	seq, pin, n, err := h.newest(repository)
	if err != nil {
		return err
	}
	if pin.Digest != from {
		return &MovedError{repository, from, pin.Version, pin.Digest}
	}
	moved, changed, err := next(*pin)
	if err != nil {
		return err
	}
	if !changed {
		return seq.sync()
	}
	data, err := moved.encode()
	if err != nil {
		return err
	}
	err = seq.create(n+1, data)
	if errors.Is(err, fs.ErrExist) {
		if pin, err = h.Pin(repository); err != nil {
			return err
		}
		return &MovedError{repository, from, pin.Version, pin.Digest}
	}
	return err
}
