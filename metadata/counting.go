package metadata

import (
	"path"
	"slices"

	"github.com/rust-lang/rust-tuf/verify"
)

// count lets every rule count the same signatures, of files whose statements
// hold.
func count(e *Event, p *Payload, rules []Rule) (*PayloadStanding, error) {
	s := &PayloadStanding{Payload: p, Rules: rules}
	for _, f := range p.Refused {
		named := *f
		if h, listed := s.Holder(f.KeyID); listed {
			named.Owner = h.Owner
		}
		s.Refused = append(s.Refused, &named)
	}
	unstated := map[string]error{}
	var sigs, all []verify.Signature
	for _, f := range p.Files {
		sig := verify.Signature{KeyID: f.KeyID, Sig: f.Sig}
		all = append(all, sig)
		if err := s.checkStatement(f); err != nil {
			unstated[f.KeyID] = err
			continue
		}
		sigs = append(sigs, sig)
	}
	signed, err := p.Document.WithSignatures(sigs)
	if err != nil {
		return nil, &FileError{Path: path.Join(e.folder(), signaturesDir, p.Role), Err: err}
	}
	counted := map[string]bool{}
	for i := range s.Rules {
		s.Rules[i].Tally = s.Rules[i].Quorum.Tally(signed)
		for _, h := range s.Rules[i].Tally.Valid {
			counted[h.KeyID] = true
		}
	}
	for i := range s.Rules {
		// Who signs under the old root alone is no stranger to the new one.
		s.Rules[i].Tally.Unknown = slices.DeleteFunc(s.Rules[i].Tally.Unknown, func(id string) bool { return counted[id] })
	}
	whole, err := p.Document.WithSignatures(all)
	if err != nil {
		return nil, &FileError{Path: path.Join(e.folder(), signaturesDir, p.Role), Err: err}
	}
	for _, f := range p.Files {
		if !counted[f.KeyID] {
			s.Refused = append(s.Refused, s.refusal(whole, f, unstated[f.KeyID]))
		}
	}
	return s, nil
}

// checkStatement holds a file's statement to the rules that list its key. A key
// that none of them lists counts for nothing anyway.
func (s *PayloadStanding) checkStatement(f *SignatureFile) error {
	for _, r := range s.Rules {
		h, listed := r.Quorum.Holder(f.KeyID)
		if !listed {
			continue
		}
		if err := f.checkStatement(h, r.devices); err != nil {
			return err
		}
	}
	return nil
}

// refusal says why a well-formed signature file counts under no rule: because
// of its signature, or else because of its statement.
func (s *PayloadStanding) refusal(d *verify.Document, f *SignatureFile, unstated error) *SignatureFileError {
	out := &SignatureFileError{Path: SignaturePath(s.event, s.Role, f.KeyID), Event: s.event, Role: s.Role, Version: s.Version, KeyID: f.KeyID}
	for _, rule := range s.Rules {
		h, err := rule.Quorum.Check(d, verify.Signature{KeyID: f.KeyID, Sig: f.Sig})
		if out.Err == nil || h.Owner != "" {
			out.Owner, out.Err = h.Owner, err
		}
	}
	if out.Err == nil {
		out.Err = unstated
	}
	if out.Err == nil {
		out.Err = &verify.SignatureError{Role: s.Role, Version: s.Version, KeyID: f.KeyID, Owner: out.Owner,
			Reason: "the same key signed already under another id"}
	}
	return out
}
