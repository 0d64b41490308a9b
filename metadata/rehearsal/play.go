package rehearsal

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// tool is what signs in a rehearsal, as its statements say.
const tool = "rust-tuf rehearsal, with throw-away keys"

// stage is the parallel repository while it is being played.
type stage struct {
	real    *metadata.Repository
	trusted *metadata.Trusted // of the real one
	cast    *cast
	id      string
	files   map[string][]byte
	now     time.Time
}

// played is one event that was completed on the stage.
type played struct {
	name      string // of the repository
	published []Played
}

// choice names the holders that sign a payload. real is the payload's parallel.
type choice func(real *metadata.Payload, p *metadata.PayloadStanding) ([]verify.Holder, error)

func (s *stage) read() (*metadata.Repository, *metadata.Trusted, error) {
	repo, err := metadata.Read(metadata.MapTree(s.files), metadata.Rehearsing())
	if err != nil {
		return nil, nil, err
	}
	trusted, err := repo.TrustedByItself()
	return repo, trusted, err
}

func (s *stage) apply(c metadata.Change) {
	for _, p := range c.Delete {
		delete(s.files, p)
	}
	maps.Copy(s.files, c.Put)
}

// play opens the parallel of an event, has it signed, and completes it, by the
// same code as the real one.
func (s *stage) play(real *metadata.Event, who choice) (*played, error) {
	_, trusted, err := s.read()
	if err != nil {
		return nil, err
	}
	before := map[string]*verify.Document{}
	event := &metadata.Event{Name: real.Name, Why: "rehearsal of the event " + real.Name, Opened: real.Opened}
	for _, p := range real.Payloads {
		made, err := s.parallel(trusted, real, p)
		if err != nil {
			return nil, err
		}
		event.Payloads = append(event.Payloads, made)
		before[p.Role] = trusted.Document(p.Role)
	}
	files, err := event.OpeningFiles()
	if err != nil {
		return nil, err
	}
	s.apply(metadata.Change{Put: files})
	if err := s.gather(real, who); err != nil {
		return nil, err
	}
	repo, trusted, err := s.read()
	if err != nil {
		return nil, err
	}
	if event, err = repo.Event(real.Name); err != nil {
		return nil, err
	}
	done, err := trusted.Complete(event)
	if err != nil {
		return nil, err
	}
	s.apply(done.Change)
	out := &played{name: event.Payloads[0].Charter.Name}
	for _, p := range done.Published {
		out.published = append(out.published, Played{Role: p.Role, Version: p.Version, Bytes: len(p.Raw),
			Signers: slices.Sorted(slices.Values(p.Signers)), Changes: headline(before[p.Role], event.Payload(p.Role).Document)})
	}
	return out, nil
}

// parallel makes the payload of the same shape as a real one.
func (s *stage) parallel(trusted *metadata.Trusted, event *metadata.Event, p *metadata.Payload) (*metadata.Payload, error) {
	s.cast.know(p.Charter)
	charter, err := p.Charter.Rehearse(s.id, s.cast.standIn)
	if err != nil {
		return nil, &UnplayableError{Event: event.Name, Reason: err.Error()}
	}
	base, err := trusted.Base(p.Role)
	if err != nil {
		return nil, err
	}
	raw, err := charter.Payload(roles.Basis{Base: base, Opened: event.Opened})
	if err != nil {
		return nil, err
	}
	doc, err := verify.Read(raw, verify.DefaultLimits())
	if err != nil {
		return nil, err
	}
	made := &metadata.Payload{Role: p.Role, Version: doc.Version(), Digest: doc.Digest(), Delegator: p.Delegator, Policy: charter.Digest(), Document: doc, Charter: charter}
	if base != nil {
		made.Base = base.Digest()
	}
	if made.Version != p.Version {
		return nil, &UnplayableError{Event: event.Name, Reason: p.String() + " does not follow from the events in the log: they end elsewhere"}
	}
	return made, nil
}

// gather brings the signatures on an event's parallel, each as its file.
func (s *stage) gather(real *metadata.Event, who choice) error {
	repo, trusted, err := s.read()
	if err != nil {
		return err
	}
	event, err := repo.Event(real.Name)
	if err != nil {
		return err
	}
	standing, err := trusted.Judge(event)
	if err != nil {
		return err
	}
	for _, p := range standing.Payloads {
		signers, err := who(real.Payload(p.Role), p)
		if err != nil {
			return err
		}
		for _, h := range signers {
			device, known := p.Device(h)
			if !known {
				device.Kind = roles.KindSoftware
			}
			f := &metadata.SignatureFile{Repository: s.id, Event: event.Name, Role: p.Role, Version: p.Version, Digest: p.Digest,
				KeyID: h.KeyID, Device: device, Began: real.Opened, SignedAt: real.Opened, Tool: tool}
			if f.Sig, err = s.cast.signWith(h.Key, p.Document.Signed()); err != nil {
				return err
			}
			if f.StatementSig, err = s.cast.signWith(h.Key, f.StatementMessage()); err != nil {
				return err
			}
			s.files[metadata.SignaturePath(event.Name, p.Role, h.KeyID)] = f.Bytes()
		}
	}
	return nil
}

// whoSigned plays those who signed the real version.
func (s *stage) whoSigned(real *metadata.Payload, p *metadata.PayloadStanding) ([]verify.Holder, error) {
	raw, err := s.real.Published(real.Role, real.Version)
	if err != nil {
		return nil, err
	}
	doc, err := verify.Read(raw, verify.DefaultLimits())
	if err != nil {
		return nil, err
	}
	signed := map[verify.Digest]bool{}
	for _, sig := range doc.UnverifiedSignatures() {
		if key := s.cast.standIns[s.cast.ids[sig.KeyID]]; key != nil {
			signed[key.public.Fingerprint()] = true
		}
	}
	return slices.DeleteFunc(p.Holders(), func(h verify.Holder) bool { return !signed[h.Key.Fingerprint()] }), nil
}

// fewest chooses holders until every rule is met, and no more: those first who
// count under most rules.
func fewest(_ *metadata.Payload, p *metadata.PayloadStanding) ([]verify.Holder, error) {
	needs := make([]int, len(p.Rules))
	lists := make([]map[verify.Digest]bool, len(p.Rules))
	for i, r := range p.Rules {
		needs[i], lists[i] = r.Quorum.Threshold(), map[verify.Digest]bool{}
		for _, h := range r.Quorum.Keys() {
			lists[i][h.Key.Fingerprint()] = true
		}
	}
	under := func(h verify.Holder) (n int) {
		for _, list := range lists {
			if list[h.Key.Fingerprint()] {
				n++
			}
		}
		return n
	}
	holders := p.Holders()
	slices.SortStableFunc(holders, func(a, b verify.Holder) int { return cmp.Compare(under(b), under(a)) })
	var chosen []verify.Holder
	for _, h := range holders {
		needed := false
		for i := range needs {
			needed = needed || needs[i] > 0 && lists[i][h.Key.Fingerprint()]
		}
		if !needed {
			continue
		}
		chosen = append(chosen, h)
		for i := range needs {
			if lists[i][h.Key.Fingerprint()] {
				needs[i]--
			}
		}
	}
	return chosen, nil
}

func documentName(role string, version int64) string {
	return strconv.FormatInt(version, 10) + "." + verify.EscapeRole(role) + ".json"
}
