package verify

import "bytes"

// outline is where the parts of a document stand in its canonical form.
type outline struct {
	canonical  value // of the whole document
	asReceived bool  // it is a part of what was received, where nothing had to change
	at         [partCount]struct{ start, end int }

	targets, meta listing
}

// part is a member of the envelope, or of `signed`, that this package looks at.
type part int

const (
	partNone part = iota

	partSignatures
	partSigned

	partType
	partVersion
	partSpec
	partExpires
	partExtension
	partKeys
	partRoles
	partConsistentSnapshot
	partTargets
	partDelegations
	partMeta

	partCount
)

// part returns a part, nil if it is absent.
func (o *outline) part(p part) value {
	at := o.at[p]
	if at.end == 0 {
		return nil
	}
	return o.canonical[at.start:at.end:at.end]
}

// read checks a document as [Canonical] does, and finds its parts in the same
// pass. Only if the envelope, `signed`, `targets` or `meta` have members out of
// order, it takes a second pass over what has been put into order. Of a `meta`
// that is known it looks at the two ends alone.
func (o *outline) read(raw []byte, depth int, known knownMeta) error {
	c := newCanonicaliser(raw, depth)
	c.outline, c.known = o, known
	if err := c.whole(); err != nil {
		return err
	}
	asReceived := c.out == nil
	if c.moved {
		c = newCanonicaliser(c.result(), depth)
		*o, c.outline, c.raw = outline{}, o, true
		if err := c.whole(); err != nil {
			return err
		}
	}
	o.canonical, o.asReceived = c.result(), asReceived
	o.targets.object, o.meta.object = o.part(partTargets), o.part(partMeta)
	return nil
}

// objectKind tells the objects in which parts are looked for from all others.
type objectKind int

const (
	anyObject objectKind = iota
	envelopeObject
	signedObject
	listingObject // targets or meta
)

// part returns the part that is the member of a name.
func (k objectKind) part(name []byte) part {
	switch k {
	case envelopeObject:
		switch string(name) {
		case "signatures":
			return partSignatures
		case "signed":
			return partSigned
		}
	case signedObject:
		switch string(name) {
		case "_type":
			return partType
		case "version":
			return partVersion
		case "spec_version":
			return partSpec
		case "expires":
			return partExpires
		case ExtensionName:
			return partExtension
		case "keys":
			return partKeys
		case "roles":
			return partRoles
		case "consistent_snapshot":
			return partConsistentSnapshot
		case "targets":
			return partTargets
		case "delegations":
			return partDelegations
		case "meta":
			return partMeta
		}
	}
	return partNone
}

// member scans the value of a member.
func (c *canonicaliser) member(of objectKind, n memberName) error {
	switch of {
	case envelopeObject, signedObject:
		if p := of.part(c.span(n)); p != partNone {
			return c.part(p)
		}
	case listingObject:
		return c.entry(n)
	}
	return c.value()
}

// part scans a part and takes note of where it stands.
func (c *canonicaliser) part(p part) error {
	first, start := c.peek(), c.position()
	kind := anyObject
	switch p {
	case partSigned:
		kind = signedObject
	case partTargets:
		kind, c.listing, c.listed = listingObject, &c.outline.targets, start
	case partMeta:
		kind, c.listing, c.listed = listingObject, &c.outline.meta, start
	}
	var err error
	switch {
	case p == partMeta && c.passKnown():
	case first == '{':
		err = c.object(kind)
	default:
		err = c.value()
	}
	c.outline.at[p].start, c.outline.at[p].end = start, c.position()
	return err
}

// entry scans the value of a member of a listing.
func (c *canonicaliser) entry(n memberName) error {
	c.listing.add(n.start - 1 - c.listed)
	if c.peek() == '{' && c.depth >= usualDepth {
		if u := readUsual(c.src[c.i:]); u.size > 0 {
			c.listing.saw(u)
			if name := c.span(n); plainRun(name) < len(name) {
				c.listing.strange++
			}
			c.i += u.size
			return nil
		}
	}
	c.listing.strange++
	return c.value()
}

// usualEntries goes past entries of a listing for as long as nothing about
// them needs another look: they are usual, their plain names are in order, and
// they stand close together. It returns the name of the last one, and leaves
// at least one entry to the general way. Large listings are hardly anything
// else.
func (c *canonicaliser) usualEntries(last memberName) memberName {
	if last.escaped || c.depth < usualDepth {
		return last
	}
	before := c.span(last)
	for c.i < len(c.src) && c.src[c.i] == '"' {
		here, entry := readUsualMember(c.src[c.i:])
		behind := c.i + len(`"":`) + len(here) + entry.size
		if entry.size == 0 || bytes.Compare(before, here) >= 0 || behind == len(c.src) || c.src[behind] != ',' {
			break
		}
		c.listing.add(c.position() - c.listed)
		c.listing.saw(entry)
		start := c.position() + 1
		last = memberName{at: c.i, start: start, end: start + len(here)}
		before, c.i = here, behind+1
	}
	return last
}
