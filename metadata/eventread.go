package metadata

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// reader reads the events of one tree.
type reader struct {
	tree     Tree
	known    map[string]*Event         // by folder: what other trees held in the same files
	charters map[string]*roles.Charter // by content: many events share one
}

// events reads the folders of events, ordered by name.
func (r *reader) events(folders map[string][]Entry, closed bool) ([]*Event, error) {
	top := EventsDir
	if closed {
		top = LogDir
	}
	events := make([]*Event, 0, len(folders))
	for _, name := range slices.Sorted(maps.Keys(folders)) {
		if e := r.known[path.Join(top, name)]; e != nil {
			events = append(events, e)
			continue
		}
		e, err := r.event(name, folders[name], closed)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// charter reads a frozen policy, which must have the digest of its name and be
// spelled as it was written.
func (r *reader) charter(raw []byte, want verify.Digest) (*roles.Charter, error) {
	c := r.charters[string(raw)]
	if c == nil {
		var err error
		if c, err = roles.ReadCharter(raw); err != nil {
			return nil, err
		}
	}
	canonical, err := verify.Canonical(raw, limits())
	if err != nil {
		return nil, err
	}
	if got := verify.DigestOf(canonical); got != want {
		return nil, fmt.Errorf("the frozen policy has digest %s, not the one of its name: somebody edited it", short(got))
	}
	if r.charters[string(raw)] == nil {
		if !bytes.Equal(raw, c.JSON()) {
			return nil, errors.New("is not spelled as `rust-tuf propose` writes it; a frozen policy is never edited by hand")
		}
		r.charters[string(raw)] = c
	}
	return c, nil
}

// readEvent reads every file of one event folder. A file that does not belong
// there is refused: whoever reviews the folder in a pull request sees all
// that counts.
func (r *reader) event(name string, files []Entry, closed bool) (*Event, error) {
	root := EventPath(name)
	if closed {
		root = LogPath(name)
	}
	data, err := r.tree.Read(path.Join(root, eventFile))
	if err != nil {
		return nil, &TreeError{Path: path.Join(root, eventFile), Reason: "is missing; the folder is no event"}
	}
	e, err := parseEventFile(name, data)
	if err != nil {
		return nil, &FileError{Path: path.Join(root, eventFile), Err: err}
	}
	if closed {
		if e.Closed, err = readClosing(r.tree, root); err != nil {
			return nil, err
		}
	}
	expected := map[string]bool{path.Join(root, eventFile): true, path.Join(root, closedFile): closed, path.Join(root, transcriptFile): closed}
	for _, p := range e.Payloads {
		p.event = name
		if err := r.payload(e, p, root, expected); err != nil {
			return nil, err
		}
	}
	for _, f := range files {
		if expected[f.Path] {
			continue
		}
		rel := strings.TrimPrefix(f.Path, root+"/")
		if err := r.signature(e, f, rel); err != nil {
			return nil, err
		}
	}
	for _, p := range e.Payloads {
		sort.Slice(p.Files, func(i, j int) bool { return p.Files[i].KeyID < p.Files[j].KeyID })
	}
	return e, nil
}

func (r *reader) payload(e *Event, p *Payload, root string, expected map[string]bool) error {
	docPath := path.Join(root, documentName(p.Role, p.Version))
	policyPath := path.Join(root, policyDir, p.Policy.String()+".json")
	expected[docPath], expected[policyPath] = true, true
	raw, err := r.tree.Read(docPath)
	if err != nil {
		return &TreeError{Path: docPath, Reason: "is missing; event.toml names it"}
	}
	if p.Document, err = verify.Read(raw, limits()); err != nil {
		return &FileError{Path: docPath, Err: err}
	}
	if got := p.Document.Digest(); got != p.Digest {
		return &PayloadError{Event: e.Name, Role: p.Role, Version: p.Version,
			Reason: fmt.Sprintf("has digest %s, but event.toml froze %s: somebody edited it", short(got), short(p.Digest))}
	}
	if len(p.Document.UnverifiedSignatures()) != 0 {
		return &FileError{Path: docPath, Err: errors.New("holds signatures; a payload has none, each signature is a file of its own")}
	}
	raw, err = r.tree.Read(policyPath)
	if err != nil {
		return &TreeError{Path: policyPath, Reason: "is missing; event.toml names it"}
	}
	if p.Charter, err = r.charter(raw, p.Policy); err != nil {
		return &FileError{Path: policyPath, Err: err}
	}
	return nil
}

func (r *reader) signature(e *Event, f Entry, rel string) error {
	parts := strings.Split(rel, "/")
	if len(parts) != 3 || parts[0] != signaturesDir || !strings.HasSuffix(parts[2], ".json") {
		return &TreeError{Path: f.Path, Reason: "does not belong into an event"}
	}
	p := e.Payload(parts[1])
	keyID := strings.TrimSuffix(parts[2], ".json")
	if p == nil || !isHex64(keyID) {
		return &TreeError{Path: f.Path, Reason: "does not belong into this event: a signature is signatures/<role of a payload>/<key id>.json"}
	}
	refuse := func(err error) {
		p.Refused = append(p.Refused, &SignatureFileError{Path: f.Path, Event: e.Name, Role: p.Role, Version: p.Version, KeyID: keyID, Err: err})
	}
	switch n := len(p.Files) + len(p.Refused); {
	case n == maxSignaturesPerPayload: // said once, and not read: nor is any further one
		refuse(&verify.LimitError{What: "signature files of " + p.String(), Limit: maxSignaturesPerPayload, Found: maxSignaturesPerPayload + 1})
		return nil
	case n > maxSignaturesPerPayload:
		return nil
	}
	if f.Size > maxSignatureFileBytes {
		refuse(&verify.LimitError{What: "signature file, bytes", Limit: maxSignatureFileBytes, Found: f.Size})
		return nil
	}
	data, err := r.tree.Read(f.Path)
	if err != nil {
		return &FileError{Path: f.Path, Err: err}
	}
	s, err := ParseSignatureFile(data)
	if err == nil {
		err = s.matches(e.Name, p, keyID)
	}
	if err != nil {
		refuse(err)
		return nil
	}
	p.Files = append(p.Files, s)
	return nil
}

// matches tells whether the file says it was made for payload p and lies
// under its own key id.
func (f *SignatureFile) matches(event string, p *Payload, keyID string) error {
	switch {
	case f.KeyID != keyID:
		return &MismatchError{What: "key id", Want: shortID(keyID), Got: shortID(f.KeyID)}
	case f.Repository != p.Charter.Repository:
		return &MismatchError{What: "repository", Want: p.Charter.Repository, Got: f.Repository}
	case f.Role != p.Role:
		return &MismatchError{What: "role", Want: p.Role, Got: f.Role}
	case f.Version != p.Version:
		return &MismatchError{What: "version", Want: strconv.FormatInt(p.Version, 10), Got: strconv.FormatInt(f.Version, 10)}
	case f.Digest != p.Digest:
		return &MismatchError{What: "digest", Want: short(p.Digest), Got: short(f.Digest)}
	case f.Event != event:
		return &MismatchError{What: "event", Want: event, Got: f.Event}
	}
	return nil
}

func readClosing(tree Tree, root string) (*Closing, error) {
	p := path.Join(root, closedFile)
	data, err := tree.Read(p)
	if err != nil {
		return nil, &TreeError{Path: p, Reason: "is missing; a closed event says how it ended"}
	}
	c, err := parseClosing(data)
	if err != nil {
		return nil, &FileError{Path: p, Err: err}
	}
	return c, nil
}

// parseClosing reads closed.toml, which has one spelling.
func parseClosing(data []byte) (*Closing, error) {
	var t closedTOML
	if err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(&t); err != nil {
		return nil, tomlError(err)
	}
	c := &Closing{Outcome: Outcome(t.Outcome), By: t.By}
	again, err := c.bytes()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, data) || t.Format != 1 || (c.Outcome != Completed && c.Outcome != Superseded && c.Outcome != Overtaken) || (c.Outcome == Superseded) != isName(c.By) || c.Outcome != Superseded && c.By != "" {
		return nil, errors.New("is not spelled as rust-tuf writes it")
	}
	return c, nil
}
