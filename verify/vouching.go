package verify

import (
	"bytes"
	"errors"
	"fmt"
)

// vouching is that a document carries the threshold that its delegator demands of a role.
type vouching struct {
	by       Delegator
	role     string
	document *Document
	record   Digest // zero if nobody keeps any
	recorded bool   // so that nobody looked
}

// unlessRecorded looks whether a document carries a threshold, unless a record says so.
func (s *Session) unlessRecorded(by Delegator, role string, d *Document, look func() error) (vouching, error) {
	v := vouching{by: by, role: role, document: d}
	if s.records != nil {
		v.record = thresholdRecord(by, role, d)
		v.recorded = s.records.has(v.record)
	}
	if !v.recorded {
		if err := look(); err != nil { // SPEC 5.4.2, 5.6.3
			return vouching{}, err
		}
	}
	return v, nil
}

// note takes note of a document that was accepted.
func (s *Session) note(v vouching) {
	if s.records == nil {
		return
	}
	if v.recorded {
		s.spared = append(s.spared, v)
	} else {
		s.news++
	}
	s.carried = append(s.carried, v.record)
}

// noteRoot is note for the root.
func (s *Session) noteRoot() {
	record := s.root.record()
	if !s.records.has(record) {
		if s.root.recheck() != nil { // a record said so that is gone by now
			return
		}
		s.news++
	}
	s.carried = append(s.carried, record)
}

// recheck verifies in full what was spared. If any of it is refused, nothing that was
// found by it is trusted any more, and no record is believed.
func (s *Session) recheck() error {
	for _, v := range s.spared {
		// SPEC 5.6.3: what nobody signed refuses nothing.
		if err := checkVouched(v.by, v.role, v.document); err != nil {
			s.forgetFound()
			return err
		}
	}
	s.spared = nil
	return nil
}

// forgetFound forgets what was found in this session, and before it.
func (s *Session) forgetFound() {
	s.records, s.spared, s.carried, s.news, s.timestampRecord = &records{}, nil, nil, 0, Digest{}
	s.targetsOf, s.trusted, s.recorded = nil, nil, false
	s.doubts++
}

// recheck verifies in full a root that was trusted by its record.
func (r *Root) recheck() error {
	if r.facts == nil || !r.facts.recorded {
		return nil
	}
	own, _ := r.facts.quorum(typeRoot)
	return own.met(r.facts.document) // SPEC 4.3: signed by its own threshold
}

// unlessForged is a refusal, if the root under which it was made is one: where nobody
// has signed that, it says so, and forgets the records. Where another process has put
// another root in its place, or this one has gone on from it, it is a refusal too.
func (c *Client) unlessForged(root *Root, refusal error) error {
	forged := root.recheck()
	if forged == nil {
		return refusal
	}
	if begun := c.begun.Load(); begun != nil && begun.facts == root.facts {
		c.begun.CompareAndSwap(begun, nil)
	}
	if kept, err := c.Store.Load(Slot{Role: typeRoot}); err == nil && !bytes.Equal(kept, root.Raw()) {
		return refusal
	}
	return errors.Join(damagedRoot(forged), c.forgetRecords())
}

func damagedRoot(err error) error {
	return fmt.Errorf("the root that is kept here is damaged (Init repairs it, when a program starts): %w", err)
}
