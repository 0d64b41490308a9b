package metadata

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// Completion is an event made final: the versions that it publishes and the
// change to the tree that does it.
type Completion struct {
	Event     *Event
	Standing  *Standing // nil for an event that was overtaken
	Published []Published
	Overtaken *StaleError // why it can never be completed and only closes; nil for one that publishes
	Change    Change
}

// Published is one version that a completion publishes.
type Published struct {
	Role    string
	Version int64
	Path    string
	Raw     []byte   // the signed document, exactly as clients fetch it
	Signers []string // owners whose signatures it carries, ordered by key id
}

// Complete makes an event final. It is a pure function of the tree: it takes
// every valid signature that is present, ordered by key id, and reads no
// clock, so anyone gets the same bytes from the same tree. All payloads are
// published or none; if a threshold is not met, the error is a *PendingError.
//
// An event that was overtaken by what is published, so that it can never be
// completed, is closed: it moves into the log and publishes nothing.
//
// Before it returns, the result is read back as a client would read it: by
// this project's verifier from every historical root, and by go-tuf, which
// shares no code with it (*SecondOpinionError).
func (t *Trusted) Complete(e *Event) (*Completion, error) {
	standing, err := t.Judge(e)
	var stale *StaleError
	if errors.As(err, &stale) && t.repo.overtaken(e) {
		c := &Completion{Event: e, Overtaken: stale, Change: Change{Put: map[string][]byte{}}}
		return c, moveToLog(t.repo.tree, e, &Closing{Outcome: Overtaken}, &c.Change)
	}
	if err != nil {
		return nil, err
	}
	if !standing.Complete() {
		return nil, &PendingError{Standing: standing}
	}
	c := &Completion{Event: e, Standing: standing, Change: Change{Put: map[string][]byte{NewestFile: []byte(e.Name + "\n")}}}
	for _, p := range standing.Payloads {
		pub, err := p.publish()
		if err != nil {
			return nil, err
		}
		if _, err := t.repo.Published(p.Role, p.Version); err == nil {
			return nil, &TreeError{Path: pub.Path, Reason: "is published already; a published version never changes"}
		}
		c.Published = append(c.Published, *pub)
		c.Change.Put[pub.Path] = pub.Raw
	}
	transcript, err := t.repo.transcript(e, standing.Payloads)
	if err != nil {
		return nil, err
	}
	if c.Change.Put[LogPath(e.Name, transcriptFile)], err = transcript.bytes(); err != nil {
		return nil, err
	}
	closing := &Closing{Outcome: Completed}
	if err := moveToLog(t.repo.tree, e, closing, &c.Change); err != nil {
		return nil, err
	}
	return c, t.proveCompletion(c)
}

// publish writes the final document: the payload's signed value, untouched,
// with the signatures that count under at least one rule.
func (s *PayloadStanding) publish() (*Published, error) {
	pub := &Published{Role: s.Role, Version: s.Version, Path: PublishedPath(s.Role, s.Version)}
	var sigs []verify.Signature
	for _, f := range s.Files { // ordered by key id
		if s.Signed(f.KeyID) {
			h, _ := s.Holder(f.KeyID)
			sigs = append(sigs, verify.Signature{KeyID: f.KeyID, Sig: f.Sig})
			pub.Signers = append(pub.Signers, h.Owner)
		}
	}
	raw, err := assemble(s.Document.Raw(), sigs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Payload, err)
	}
	pub.Raw = raw
	again, err := verify.Read(raw, limits())
	if err != nil {
		return nil, &FileError{Path: pub.Path, Err: err}
	}
	if again.Digest() != s.Digest {
		return nil, &PayloadError{Event: s.event, Role: s.Role, Version: s.Version, Reason: "changed while its signatures were put in"}
	}
	return pub, nil
}

type envelopeJSON struct {
	Signatures []signatureEntryJSON `json:"signatures"`
	Signed     json.RawMessage      `json:"signed"`
}

type signatureEntryJSON struct {
	KeyID string `json:"keyid"`
	Sig   string `json:"sig"`
}

// assemble puts signatures into a document, as indented JSON.
func assemble(payload []byte, sigs []verify.Signature) ([]byte, error) {
	var env envelopeJSON
	if err := json.Unmarshal(payload, &env); err != nil {
		return nil, err
	}
	env.Signatures = []signatureEntryJSON{}
	for _, s := range sigs {
		env.Signatures = append(env.Signatures, signatureEntryJSON{KeyID: s.KeyID, Sig: hex.EncodeToString(s.Sig)})
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(env); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// moveToLog adds to ch what moves an event's folder into the log.
func moveToLog(tree Tree, e *Event, closing *Closing, ch *Change) error {
	closed, err := closing.bytes()
	if err != nil {
		return err
	}
	from := EventPath(e.Name) + "/"
	for _, f := range tree.Entries() {
		rel, inside := strings.CutPrefix(f.Path, from)
		if !inside {
			continue
		}
		data, err := tree.Read(f.Path)
		if err != nil {
			return &FileError{Path: f.Path, Err: err}
		}
		ch.Put[LogPath(e.Name, rel)] = data
		ch.Delete = append(ch.Delete, f.Path)
	}
	ch.Put[path.Join(LogPath(e.Name), closedFile)] = closed
	return nil
}

// proveCompletion reads the repository as it will be and walks it from every
// root that was ever published: each old client must reach the newest one.
func (t *Trusted) proveCompletion(c *Completion) error {
	after, err := t.repo.after(c.Change)
	if err != nil {
		return err
	}
	trusted, err := after.ReachNewest()
	if err != nil {
		return err
	}
	for _, p := range c.Published {
		if d := trusted.Document(p.Role); d == nil || d.Digest() != c.Event.Payload(p.Role).Digest {
			return &HistoryError{Role: p.Role, Version: p.Version, Err: errors.New("no client would find it: the trusted delegations do not lead to it")}
		}
		if err := after.secondOpinion(p.Role, p.Version, c.Event.Payload(p.Role).Delegator); err != nil {
			return err
		}
	}
	return nil
}
