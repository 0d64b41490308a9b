package metadata

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// closedEvents checks that each published version that people signed is what
// one event in the log yields, and that every event in the log ended as it
// says.
func (rep *Report) closedEvents(repo *Repository) {
	made := map[string]string{} // event by the path that it published
	for _, e := range repo.Closed {
		rep.problem(repo.checkTestRoots(e))
		if _, err := repo.tree.Read(LogPath(e.Name, transcriptFile)); err == nil && e.Closed.Outcome != Completed {
			rep.problem(&TreeError{Path: LogPath(e.Name, transcriptFile), Reason: "is there, though nothing came of the event"})
		}
		switch e.Closed.Outcome {
		case Superseded:
			rep.problem(repo.checkReplaced(e))
			continue
		case Overtaken:
			rep.problem(repo.checkOvertaken(e))
			continue
		}
		for _, p := range e.Payloads {
			path := PublishedPath(p.Role, p.Version)
			if other, twice := made[path]; twice {
				rep.problem(&TreeError{Path: LogPath(e.Name), Reason: fmt.Sprintf("says that it made %s, and so does %s", path, LogPath(other))})
				continue
			}
			made[path] = e.Name
			rep.problem(repo.checkLogged(e, p))
		}
		if len(rep.Problems) == 0 { // it says nothing new about a broken event
			rep.transcript(repo, e)
		}
	}
	if len(made) > 0 {
		rep.proven("%s is what the log of its event yields", eachOf(len(made), "published version"))
	}
	rep.problem(repo.checkNewest())
	rep.unlogged(repo, made)
}

// checkNewest holds the file that every completion changes to the log.
func (r *Repository) checkNewest() error {
	raw, err := r.tree.Read(NewestFile)
	if errors.Is(err, fs.ErrNotExist) && !slices.ContainsFunc(r.Closed, func(e *Event) bool { return e.Closed.Outcome == Completed }) {
		return nil
	}
	if err != nil {
		return &TreeError{Path: NewestFile, Reason: "is missing; it names the event that was completed last"}
	}
	e := findEvent(r.Closed, strings.TrimSuffix(string(raw), "\n"))
	if e == nil || e.Closed.Outcome != Completed || string(raw) != e.Name+"\n" {
		return &TreeError{Path: NewestFile, Reason: "names no event that the log holds as completed"}
	}
	return nil
}

// checkOvertaken checks an event that the log calls overtaken.
func (r *Repository) checkOvertaken(e *Event) error {
	if !r.overtaken(e) {
		return &TreeError{Path: LogPath(e.Name, closedFile), Reason: "says that the event was overtaken, but no published version did that"}
	}
	for _, p := range e.Payloads {
		if err := r.derive(e, p); err != nil {
			return err
		}
	}
	return nil
}

func (rep *Report) problem(err error) {
	if err != nil {
		rep.Problems = append(rep.Problems, err)
	}
}

// unlogged finds published files that nobody is known to have signed, or to
// fetch.
func (rep *Report) unlogged(repo *Repository, made map[string]string) {
	named, people := repo.namedRoles()
	for _, role := range slices.Sorted(maps.Keys(repo.versions)) {
		for _, v := range repo.versions[role] {
			path := PublishedPath(role, v)
			switch {
			case made[path] != "":
			case !named[role]:
				rep.problem(&TreeError{Path: path, Reason: "no root and no delegation ever named this role, so no client fetches it; remove the file"})
			case people[role]:
				rep.problem(&TreeError{Path: path, Reason: "no closed event in the log made it"})
			}
		}
	}
}

// namedRoles are the roles that some policy in the log names, and those among
// them that people sign.
func (r *Repository) namedRoles() (named, people map[string]bool) {
	named, people = map[string]bool{roleRoot: true}, map[string]bool{roleRoot: true}
	for _, e := range r.Closed {
		if e.Closed.Outcome != Completed {
			continue
		}
		for _, p := range e.Payloads {
			for _, role := range p.Charter.Roles {
				named[role.Name] = true
				people[role.Name] = people[role.Name] || len(role.Members) > 0
			}
		}
	}
	return named, people
}

// derive makes the payload of a closed event again, from its frozen policy
// and the version before it.
func (r *Repository) derive(e *Event, p *Payload) error {
	fail := func(format string, args ...any) error {
		return &HistoryError{Role: p.Role, Version: p.Version, Err: fmt.Errorf("event "+e.Name+" "+format, args...)}
	}
	var base *verify.Document
	if p.Version > 1 {
		raw, err := r.Published(p.Role, p.Version-1)
		if err != nil {
			return fail("cannot be derived again: %w", err)
		}
		if base, err = verify.Read(raw, limits()); err != nil {
			return &FileError{Path: PublishedPath(p.Role, p.Version-1), Err: err}
		}
		if base.Digest() != p.Base {
			return fail("builds on %s, but version %d is %s", short(p.Base), base.Version(), short(base.Digest()))
		}
	}
	yields, err := p.Charter.Payload(roles.Basis{Base: base, Opened: e.Opened, Supersedes: p.Supersedes})
	if err != nil {
		return fail("cannot be derived again: %w", err)
	}
	if !bytes.Equal(yields, p.Document.Raw()) {
		return fail("has a payload that is not what its frozen policy yields")
	}
	return nil
}

// checkLogged derives a published version again from its closed event: the
// frozen policy and the base yield the payload, and the payload with those
// logged signatures that count yields the file.
func (r *Repository) checkLogged(e *Event, p *Payload) error {
	path := PublishedPath(p.Role, p.Version)
	fail := func(format string, args ...any) error {
		return &HistoryError{Role: p.Role, Version: p.Version, Err: fmt.Errorf("event "+e.Name+" "+format, args...)}
	}
	raw, err := r.Published(p.Role, p.Version)
	if err != nil {
		return fail("is closed as completed, but the version is not there: %w", err)
	}
	published, err := verify.Read(raw, limits())
	if err != nil {
		return &FileError{Path: path, Err: err}
	}
	if err := r.derive(e, p); err != nil {
		return err
	}
	if published.Digest() != p.Digest {
		return fail("had another document signed: its digest is %s, not %s", short(p.Digest), short(published.Digest()))
	}
	rules, err := r.rulesThen(p)
	if err != nil {
		return fail("cannot be derived again: %w", err)
	}
	standing, err := count(e, p, rules)
	if err != nil {
		return err
	}
	if !standing.Met() {
		return fail("completed without its signatures: %s", standing.wants()[0])
	}
	again, err := standing.publish()
	if err != nil {
		return err
	}
	if bytes.Equal(again.Raw, raw) {
		return nil
	}
	if extra := without(keyIDs(published.UnverifiedSignatures()), standing.counted()); len(extra) > 0 {
		return fail("does not hold the signature by key %s that the published document carries", shortID(extra[0]))
	}
	if missing := without(standing.counted(), keyIDs(published.UnverifiedSignatures())); len(missing) > 0 {
		return fail("holds the signature by key %s that the published document lacks", shortID(missing[0]))
	}
	return &FileError{Path: path, Err: errors.New("differs from what its event yields in signatures or spelling; published files are never edited")}
}

// rulesThen are the rules that a published version had to meet.
func (r *Repository) rulesThen(p *Payload) ([]Rule, error) {
	by := p.Delegator
	var rules []Rule
	if p.Role == roleRoot {
		own, err := p.Document.Root()
		if err != nil {
			return nil, err
		}
		q, _ := own.UnverifiedQuorum(roleRoot)
		rules = append(rules, Rule{By: p.String(), Quorum: q, of: Delegator{roleRoot, p.Version}, devices: p.Charter.Holders(p.Role)})
		if by = (Delegator{Role: roleRoot, Version: p.Version - 1}); by.Version == 0 {
			return rules, nil
		}
	}
	raw, err := r.Published(by.Role, by.Version)
	if err != nil {
		return nil, err
	}
	d, err := verify.Read(raw, limits())
	if err != nil {
		return nil, err
	}
	delegator, err := readCandidate(by.Role, d)
	if err != nil {
		return nil, err
	}
	q, ok := delegator.UnverifiedQuorum(p.Role)
	if !ok {
		return nil, &verify.DelegationError{Role: p.Role, By: fmt.Sprintf("%s %d", by.Role, by.Version)}
	}
	return append(rules, Rule{By: fmt.Sprintf("%s version %d", by.Role, by.Version), Quorum: q, of: by, devices: r.devices(d, p.Role)}), nil
}

// checkReplaced checks an event that the log calls superseded.
func (r *Repository) checkReplaced(e *Event) error {
	by := findEvent(r.Open, e.Closed.By)
	if by == nil {
		by = findEvent(r.Closed, e.Closed.By)
	}
	path := LogPath(e.Name, closedFile)
	switch {
	case by == nil:
		return &TreeError{Path: path, Reason: fmt.Sprintf("says that event %s superseded it, but there is no such event", e.Closed.By)}
	case !supersedesOneOf(by, e) && !r.overtaken(e):
		return &TreeError{Path: path, Reason: fmt.Sprintf("says that event %s superseded it, but that event makes no version in its place", e.Closed.By)}
	}
	for _, p := range e.Payloads {
		if err := r.derive(e, p); err != nil {
			return err
		}
	}
	return nil
}

// overtaken tells whether an event can never be completed, because of what is
// published: another event made a version that it wants to make, or a newer
// version of a role that it names as the one that decides who signs. What is
// published stays, so an event that is overtaken once is so for good.
func (r *Repository) overtaken(e *Event) bool {
	return slices.ContainsFunc(e.Payloads, func(p *Payload) bool {
		by := p.Delegator
		return r.Newest(p.Role) >= p.Version || by.Role != "" && e.Payload(by.Role) == nil && r.Newest(by.Role) > by.Version
	})
}

func keyIDs(sigs []verify.Signature) []string {
	var ids []string
	for _, s := range sigs {
		ids = append(ids, s.KeyID)
	}
	return ids
}

// without are the elements of list that are not in gone.
func without(list, gone []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(gone, s) })
}
