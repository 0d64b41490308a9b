package metadata

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// Transcript is the record of a completed event: what was signed, by whom, on
// which devices, when it began and ended, and which keys came and went. It is a
// pure function of the event and of what it builds on, stands beside the event
// in the log, and an audit makes it again. Every time in it is somebody's claim.
type Transcript struct {
	Format     string              `json:"format"`
	Repository string              `json:"repository"`
	Event      string              `json:"event"`
	Why        string              `json:"why"`
	Began      time.Time           `json:"opened_claimed"`
	Ended      time.Time           `json:"last_signed_claimed"`
	Payloads   []TranscriptPayload `json:"payloads"`
}

// TranscriptPayload is one version that the event made.
type TranscriptPayload struct {
	Role       string                `json:"role"`
	Version    int64                 `json:"version"`
	SHA256     string                `json:"sha256"` // of the bytes that were signed
	Expires    time.Time             `json:"expires"`
	Keys       []TranscriptKey       `json:"keys"`
	Signatures []TranscriptSignature `json:"signatures"`
}

// TranscriptKey is a key that came, went, or is listed for other roles than in
// the version before.
type TranscriptKey struct {
	Change string            `json:"change"` // made, revoked, changed
	KeyID  string            `json:"keyid"`
	Owner  string            `json:"owner"`
	Roles  []string          `json:"roles"` // that list it; for a revoked key, that listed it
	Device *TranscriptDevice `json:"device,omitempty"`
}

// TranscriptSignature is one signature that counted.
type TranscriptSignature struct {
	KeyID     string           `json:"keyid"`
	Owner     string           `json:"owner"`
	CountsFor []string         `json:"counts_for"` // the versions whose rules it helped to meet
	Device    TranscriptDevice `json:"device"`
	Began     time.Time        `json:"began_claimed"`
	SignedAt  time.Time        `json:"signed_at_claimed"`
	Tool      string           `json:"tool"`
}

// TranscriptDevice is where a key lives, as the policy lists it, with the
// SHA-256 of the two files that prove it.
type TranscriptDevice struct {
	Kind         string `json:"kind"`
	Serial       int64  `json:"serial,omitempty"`
	Slot         string `json:"slot,omitempty"`
	SlotSHA256   string `json:"slot_pem_sha256,omitempty"`
	DeviceSHA256 string `json:"device_pem_sha256,omitempty"`
}

const transcriptFormat = "rust-tuf transcript v1"

func (t *Transcript) bytes() ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(t)
	return out.Bytes(), err
}

// Transcript reads the record of a completed event, as it stands in the log.
// What it says is worth what an audit finds.
func (r *Repository) Transcript(e *Event) (*Transcript, error) {
	if e.Closed == nil || e.Closed.Outcome != Completed {
		return nil, fmt.Errorf("event %s was not completed; only a completed event has a transcript", e.Name)
	}
	raw, err := r.tree.Read(LogPath(e.Name, transcriptFile))
	if err != nil {
		return nil, &TreeError{Path: LogPath(e.Name, transcriptFile), Reason: "is missing; a completed event has one"}
	}
	t := &Transcript{}
	if err := json.Unmarshal(raw, t); err != nil {
		return nil, &FileError{Path: LogPath(e.Name, transcriptFile), Err: err}
	}
	return t, nil
}

// transcript makes the record of an event whose payloads have all been counted.
func (r *Repository) transcript(e *Event, payloads []*PayloadStanding) (*Transcript, error) {
	t := &Transcript{Format: transcriptFormat, Event: e.Name, Why: e.Why, Began: e.Opened.UTC()}
	for _, p := range payloads {
		t.Repository = p.Charter.Repository
		keys, err := r.keyChanges(p.Payload)
		if err != nil {
			return nil, err
		}
		entry := TranscriptPayload{Role: p.Role, Version: p.Version, SHA256: p.Digest.String(), Expires: p.Document.Expires().UTC(), Keys: keys, Signatures: []TranscriptSignature{}}
		for _, f := range p.Files { // ordered by key id
			if !p.Signed(f.KeyID) {
				continue
			}
			entry.Signatures = append(entry.Signatures, p.transcribe(f))
			if f.SignedAt.After(t.Ended) {
				t.Ended = f.SignedAt.UTC()
			}
		}
		slices.SortStableFunc(entry.Signatures, func(a, b TranscriptSignature) int { return strings.Compare(a.Owner, b.Owner) })
		t.Payloads = append(t.Payloads, entry)
	}
	slices.SortFunc(t.Payloads, func(a, b TranscriptPayload) int { return strings.Compare(a.Role, b.Role) })
	return t, nil
}

// transcribe is the record of one signature that counted.
func (s *PayloadStanding) transcribe(f *SignatureFile) TranscriptSignature {
	out := TranscriptSignature{KeyID: f.KeyID, CountsFor: []string{}, Began: f.Began.UTC(), SignedAt: f.SignedAt.UTC(), Tool: f.Tool,
		Device: TranscriptDevice{Kind: string(f.Device.Kind), Serial: f.Device.Serial, Slot: f.Device.Slot}}
	for _, rule := range s.Rules {
		i := slices.IndexFunc(rule.Tally.Valid, func(h verify.Holder) bool { return h.KeyID == f.KeyID })
		if i < 0 {
			continue
		}
		h := rule.Tally.Valid[i]
		out.Owner = h.Owner
		out.CountsFor = append(out.CountsFor, fmt.Sprintf("%s version %d", rule.of.Role, rule.of.Version))
		for _, d := range rule.devices {
			if d.Key.Equal(h.Key) {
				out.Device = deviceOf(d)
			}
		}
	}
	slices.Sort(out.CountsFor)
	return out
}

func deviceOf(h roles.Holder) TranscriptDevice {
	out := TranscriptDevice{Kind: string(h.Kind), Serial: h.Serial, Slot: h.Slot}
	if h.Evidence.Slot != "" {
		out.SlotSHA256 = verify.DigestOf([]byte(h.Evidence.Slot)).String()
	}
	if h.Evidence.Device != "" {
		out.DeviceSHA256 = verify.DigestOf([]byte(h.Evidence.Device)).String()
	}
	return out
}

// listed is a key as one version of a role lists it.
type listed struct {
	roles.Holder
	roles []string
}

// keyChanges compares the keys that a payload lists with those of the version
// before it.
func (r *Repository) keyChanges(p *Payload) ([]TranscriptKey, error) {
	now := keysOf(p.Charter)
	then := map[string]*listed{}
	if p.Version > 1 {
		raw, err := r.Published(p.Role, p.Version-1)
		if err != nil {
			return nil, err
		}
		base, err := verify.Read(raw, limits())
		if err != nil {
			return nil, &FileError{Path: PublishedPath(p.Role, p.Version-1), Err: err}
		}
		if policy, err := r.policyInForce(base); err != nil {
			return nil, err
		} else if policy != nil {
			then = keysOf(policy)
		}
	}
	out := []TranscriptKey{}
	add := func(change string, k *listed) {
		entry := TranscriptKey{Change: change, KeyID: k.KeyID, Owner: k.Owner(), Roles: k.roles}
		if !k.Online {
			d := deviceOf(k.Holder)
			entry.Device = &d
		}
		out = append(out, entry)
	}
	for _, id := range slices.Sorted(maps.Keys(now)) {
		switch before := then[id]; {
		case before == nil:
			add("made", now[id])
		case !slices.Equal(before.roles, now[id].roles):
			add("changed", now[id])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(then)) {
		if now[id] == nil {
			add("revoked", then[id])
		}
	}
	slices.SortStableFunc(out, func(a, b TranscriptKey) int {
		return cmp.Or(strings.Compare(a.Owner, b.Owner), strings.Compare(a.Change, b.Change))
	})
	return out, nil
}

// keysOf are the keys that a policy's documents list, with the roles that do.
func keysOf(c *roles.Charter) map[string]*listed {
	out := map[string]*listed{}
	for _, role := range c.Roles {
		for _, h := range c.Holders(role.Name) {
			if out[h.KeyID] == nil {
				out[h.KeyID] = &listed{Holder: h}
			}
			out[h.KeyID].roles = append(out[h.KeyID].roles, role.Name)
		}
	}
	for _, k := range out {
		slices.Sort(k.roles)
	}
	return out
}

// transcript makes the record of a closed event again, and holds the one in the
// log to it.
func (rep *Report) transcript(r *Repository, e *Event) {
	if err := r.checkTranscript(e); err != nil {
		rep.problem(err)
		return
	}
	t, err := r.Transcript(e)
	if err != nil {
		rep.problem(err)
		return
	}
	rep.Transcripts = append(rep.Transcripts, t)
	slices.SortStableFunc(rep.Transcripts, func(a, b *Transcript) int { return a.Began.Compare(b.Began) })
}

func (r *Repository) checkTranscript(e *Event) error {
	var payloads []*PayloadStanding
	for _, p := range inDelegationOrder(e.Payloads) {
		rules, err := r.rulesThen(p)
		if err != nil {
			return &HistoryError{Role: p.Role, Version: p.Version, Err: err}
		}
		counted, err := count(e, p, rules)
		if err != nil {
			return err
		}
		payloads = append(payloads, counted)
	}
	t, err := r.transcript(e, payloads)
	if err != nil {
		return err
	}
	want, err := t.bytes()
	if err != nil {
		return err
	}
	have, err := r.tree.Read(LogPath(e.Name, transcriptFile))
	if err != nil {
		return &TreeError{Path: LogPath(e.Name, transcriptFile), Reason: "is missing; a completed event has one"}
	}
	if !bytes.Equal(have, want) {
		return &FileError{Path: LogPath(e.Name, transcriptFile), Err: errors.New("is not what the event yields; nobody edits a transcript")}
	}
	return nil
}
