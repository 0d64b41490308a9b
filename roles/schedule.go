package roles

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Deadlines is how long before a role's expiry people are told. It stands in
// the policy file, and is no part of what is signed: it decides who is woken
// when, and not what is trusted.
type Deadlines struct {
	// Opens is how long before expiry the next version is proposed, so that
	// its members can sign.
	Opens Lifetime `toml:"opens"`
	// Alert is how long before expiry everybody is told that it is late.
	Alert Lifetime `toml:"alert"`
}

// Where the policy says nothing, signing opens when a quarter of the lifetime
// is left, and the alert fires when an eighth is, but not earlier than these:
// real events took up to eighteen days to be signed, and holidays come on top.
const (
	mostOpens = 120 * 24 * time.Hour
	mostAlert = 45 * 24 * time.Hour
)

// Moments are the three deadlines of one version, in UTC.
type Moments struct {
	Opens, Alert, Expires time.Time
}

// Moments says when to sign what follows a version of a role, which expires at
// an instant and was made to live as long as lifetime.
func (p *Policy) Moments(role string, lifetime Lifetime, expires time.Time) Moments {
	expires = expires.UTC()
	span := expires.Sub(lifetime.Before(expires))
	m := Moments{Opens: expires.Add(-min(span/4, mostOpens)), Alert: expires.Add(-min(span/8, mostAlert)), Expires: expires}
	if d := p.Schedule[role]; d != nil && !d.Opens.IsZero() {
		m.Opens = d.Opens.Before(expires)
	}
	if d := p.Schedule[role]; d != nil && !d.Alert.IsZero() {
		m.Alert = d.Alert.Before(expires)
	}
	if m.Alert.Before(m.Opens) { // one of the two was declared, and the other one is the usual one
		m.Alert = m.Opens
	}
	return m
}

// checkSchedule refuses what would never wake anybody in time.
func (p *Policy) checkSchedule(c *faults) {
	for _, role := range slices.Sorted(maps.Keys(p.Schedule)) {
		d, at := p.Schedule[role], below("schedule", role)
		r := p.Roles[role]
		switch {
		case d == nil:
			continue
		case r == nil:
			c.add(at, "no role %q is declared%s", role, suggest(role, p.order))
			continue
		case len(r.Members) == 0 && len(r.Online) > 0:
			c.add(at, "%s is signed by a machine, which needs nobody to be told", role)
			continue
		}
		// Any expiry will do: what is compared are lengths of time.
		expires := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
		opens, alert := d.Opens.Before(expires), d.Alert.Before(expires)
		if !r.Lifetime.IsZero() && !d.Opens.IsZero() && !opens.After(r.Lifetime.Before(expires)) {
			c.add(below(at, "opens"), "%s before the expiry of %s is before it is made: its lifetime is %s", d.Opens, role, r.Lifetime)
		}
		if !d.Opens.IsZero() && !d.Alert.IsZero() && !alert.After(opens) {
			c.add(below(at, "alert"), "the alert comes after signing opens: less than %s before expiry, not %s", d.Opens, d.Alert)
		}
	}
}

// Before returns the instant from which a version that expires at t would have
// this lifetime.
func (l Lifetime) Before(t time.Time) time.Time {
	back := l
	back.n = -l.n
	return back.From(t)
}

// Date is a day, written 2028-11-22. The zero value is no day.
type Date struct{ day time.Time }

// IsZero reports whether no day is declared.
func (d Date) IsZero() bool { return d.day.IsZero() }

// Time is the beginning of the day, in UTC.
func (d Date) Time() time.Time { return d.day }

// String writes the day as it is declared; "" for the zero value.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.day.Format(time.DateOnly)
}

// UnmarshalText reads a day.
func (d *Date) UnmarshalText(text []byte) error {
	day, err := time.Parse(time.DateOnly, string(text))
	if err != nil || day.Year() < 2000 {
		return fmt.Errorf("%q is no day; write one as 2028-11-22", text)
	}
	d.day = day
	return nil
}
