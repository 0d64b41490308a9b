package verify

import (
	"bytes"
	"errors"
	"slices"
	"time"
)

// Names of document types, and of the four top-level roles (SPEC 4.3).
const (
	typeRoot      = "root"
	typeTargets   = "targets"
	typeSnapshot  = "snapshot"
	typeTimestamp = "timestamp"
)

// Document is a well-formed envelope: strict JSON with `signatures` and
// `signed`, and in `signed` the members that every type has (SPEC 4.2, 4.3).
// Nobody has checked a signature. [Read] makes one; the zero Document says
// nothing, has version 0, and is of no type. Documents never change and may be shared
// between goroutines, provided that nobody writes to the slices they were
// read from or return.
type Document struct {
	raw        []byte
	message    *message // the canonical form of signed
	outline    outline
	lim        Limits
	typ        string
	version    int64
	expires    time.Time
	extension  extension
	signatures []signature
	found      *findings // about each of these

	// The document as what it turned out to be: here, so that it takes no memory of its own.
	asTimestamp Timestamp
	asSnapshot  Snapshot
}

// Read reads an envelope with all checks of the first step: strict JSON (see
// [Canonical]), one of the four types, a `spec_version` with major number 1,
// a `version` above zero, an `expires` that names one instant, well-formed
// signatures none of whose key ids stands twice, and a well-formed
// [Extension] if there is one. Unknown members are covered by the signatures
// and otherwise ignored; those beside `signed` are ignored altogether.
//
// A signature whose `sig` is empty or not hex stays in the list and verifies
// with no key: real documents have them.
//
// raw is kept, not copied; the caller must not change it afterwards. Errors
// are a [*FormatError] or a [*LimitError].
func Read(raw []byte, lim Limits) (*Document, error) {
	return read(raw, lim, knownMeta{})
}

func read(raw []byte, lim Limits, known knownMeta) (*Document, error) {
	lim = lim.orDefault()
	if err := checkSize("document", raw, lim.bytesFor("")); err != nil {
		return nil, err
	}
	room := &struct { // one allocation
		document Document
		message  message
		few      [5]signature
		findings findings
		found    [5]finding
	}{}
	d := &room.document
	d.raw, d.lim, d.message, d.signatures = raw, lim, &room.message, room.few[:0]
	d.found = &room.findings
	d.found.list = room.found[:0]
	if err := d.outline.read(raw, lim.Depth, known); err != nil {
		return nil, err
	}
	if err := d.readEnvelope(); err != nil {
		return nil, d.named(err)
	}
	if err := checkSize(d.typ, raw, lim.bytesFor(d.typ)); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Document) readEnvelope() error {
	if err := d.outline.canonical.object(); err != nil {
		return err
	}
	signed := d.outline.part(partSigned)
	if signed == nil {
		return misfit("signed", "missing")
	}
	if err := signed.object(); err != nil {
		return within("signed", err)
	}
	d.message.bytes = signed
	if err := d.readSigned(); err != nil {
		return within("signed", err)
	}
	signatures := d.outline.part(partSignatures)
	if signatures == nil {
		return misfit("signatures", "missing")
	}
	return within("signatures", d.readSignatures(signatures))
}

// readSigned reads the members that every type has (SPEC 4.3 to 4.6).
func (d *Document) readSigned() error {
	for _, f := range []struct {
		name string
		v    value
		read func(*Document, value) error
	}{
		{"_type", d.outline.part(partType), (*Document).readType},
		{"version", d.outline.part(partVersion), (*Document).readVersion},
		{"spec_version", d.outline.part(partSpec), (*Document).readSpec},
		{"expires", d.outline.part(partExpires), (*Document).readExpires},
	} {
		if f.v == nil {
			return misfit(f.name, "missing")
		}
		if err := f.read(d, f.v); err != nil {
			return within(f.name, err)
		}
	}
	v := d.outline.part(partExtension)
	if v == nil {
		return nil
	}
	said, err := readExtension(v, d.lim.Keys)
	if err != nil {
		return within(ExtensionName, err)
	}
	d.extension = said
	return nil
}

func (d *Document) readType(v value) error {
	inside, err := v.inside()
	if err != nil {
		return err
	}
	for _, typ := range topLevel {
		if string(inside) == typ {
			d.typ = typ
			return nil
		}
	}
	return misfit("", "must be root, targets, snapshot or timestamp, found %s", shown(plain(inside)))
}

func (d *Document) readVersion(v value) error {
	n, err := v.integer()
	if err != nil {
		return err
	}
	// SPEC 4.3: an integer that is greater than 0.
	if n < 1 {
		return misfit("", "must be above zero, found %d", n)
	}
	d.version = n
	return nil
}

func (d *Document) readSpec(v value) error {
	inside, err := v.inside()
	if err != nil {
		return err
	}
	return checkSpecVersion(inside)
}

func (d *Document) readExpires(v value) error {
	inside, err := v.inside()
	if err != nil {
		return err
	}
	d.expires, err = parseExpires(inside)
	return err
}

// orNone is a document that says nothing where there is none.
func (d *Document) orNone() *Document {
	if d == nil || d.message == nil {
		return &Document{message: newMessage(nil)}
	}
	return d
}

// Raw returns the bytes that the document was read from, nil if
// [Document.WithSignatures] made it. They must not be changed.
func (d *Document) Raw() []byte { return d.orNone().raw }

// Signed returns the canonical form of `signed`: what signatures cover. It
// must not be changed.
func (d *Document) Signed() []byte { return d.orNone().message.bytes }

// Digest returns the SHA-256 of [Document.Signed].
func (d *Document) Digest() Digest { return d.orNone().message.digest() }

// Type returns `_type`: "root", "targets", "snapshot" or "timestamp".
func (d *Document) Type() string { return d.orNone().typ }

// Version returns `version`; it is at least 1, and 0 for the zero Document alone.
func (d *Document) Version() int64 { return d.orNone().version }

// Expires returns `expires` in UTC. The document is valid strictly before.
func (d *Document) Expires() time.Time { return d.orNone().expires }

// SpecVersion returns `spec_version`, for instance "1.0.31".
func (d *Document) SpecVersion() string {
	v := d.orNone().outline.part(partSpec)
	if v == nil {
		return ""
	}
	spec, _ := v.text()
	return spec
}

// UnverifiedSignatures returns a copy of the signatures as listed. Sig is nil
// where the document has an empty string or something that is not hex.
func (d *Document) UnverifiedSignatures() []Signature {
	d = d.orNone()
	list := make([]Signature, len(d.signatures))
	for i, s := range d.signatures {
		list[i] = Signature{s.KeyID, bytes.Clone(s.Sig)}
	}
	return list
}

// Extension returns a copy of the member x-rust-tuf, if there is one.
func (d *Document) Extension() (Extension, bool) {
	if d = d.orNone(); !d.extension.exists() {
		return Extension{}, false
	}
	return d.extension.read(), true
}

// role is what errors call the document: the role that it says it is for, or
// its type.
func (d *Document) role() string {
	if d.extension.exists() {
		return d.extension.role.string()
	}
	return d.typ
}

// repository is the repository that the document says it is of, "" if none.
func (d *Document) repository() string { return d.extension.repository.string() }

// named completes a [*FormatError] with what is known of the document.
func (d *Document) named(err error) error {
	var f *FormatError
	if errors.As(err, &f) && f.Role == "" {
		f.Role, f.Version = d.role(), d.version
	}
	return err
}

// checkExpiry implements every CheckExpiry (SPEC 5.3.10: the expiration must
// be higher than the fixed update start time).
func (d *Document) checkExpiry(role string, at time.Time) error {
	// SPEC 4.3, 5.3.10: expired at this very instant is expired.
	if at.Before(d.expires) {
		return nil
	}
	return &ExpiredError{Role: role, Version: d.version, Expires: d.expires, At: at}
}

// isTopLevel reports whether a role is one of the four of SPEC 2.1.
func isTopLevel(role string) bool {
	return slices.Contains([]string{typeRoot, typeTargets, typeSnapshot, typeTimestamp}, role)
}
