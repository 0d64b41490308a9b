package trust

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/tests/refusaltest"
	"github.com/rust-lang/rust-tuf/verify"
)

func TestPin(t *testing.T) {
	h := newHome(t)
	_, err := h.Pin(repository)
	if !errors.Is(err, ErrNoPin) {
		t.Fatalf("error %v", err)
	}
	refusaltest.Says(t, err, "this machine has pinned no root yet")
	refusaltest.Hints(t, err, "rust-tuf trust init")

	raw := root(t, repository, 3, "")
	want := pinned(t, raw)
	want.Since = noon.Add(time.Millisecond).In(time.FixedZone("somewhere", 3600))
	must(t, h.Establish(want))
	got, err := h.Pin(repository)
	must(t, err)
	if got.Version != 3 || got.Digest != want.Digest || !bytes.Equal(got.Root, raw) || got.How != DigestEntered ||
		!got.Since.Equal(noon) || got.Repository != repository {
		t.Errorf("pin %+v", got)
	}
	if _, err := h.Pin(elsewhere); !errors.Is(err, ErrNoPin) {
		t.Errorf("another repository: %v", err)
	}

	newer := pinned(t, root(t, repository, 4, ""))
	err = h.Establish(newer)
	var exists *PinExistsError
	if !errors.As(err, &exists) || exists.Existing.Version != 3 {
		t.Fatalf("error %v", err)
	}
	refusaltest.Says(t, err, "this machine already trusts repository "+repository+": root version 3, digest "+want.Digest.Groups()+
		", since 2026-06-01T12:00:00Z (digest entered)")
	refusaltest.Hints(t, err, "there is nothing to do if that digest is right")
}

func TestEstablishAtOnce(t *testing.T) {
	h := newHome(t)
	var wg sync.WaitGroup
	results := make([]error, 8)
	for i := range results {
		p := pinned(t, root(t, repository, int64(i+1), ""))
		wg.Go(func() { results[i] = h.Establish(p) })
	}
	wg.Wait()
	won := 0
	for i, err := range results {
		pin, pinErr := h.Pin(repository)
		must(t, pinErr)
		var exists *PinExistsError
		switch {
		case err == nil && pin.Version == int64(i+1):
			won++
		case !errors.As(err, &exists) || exists.Existing.Version != pin.Version:
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d established the pin", won)
	}
}

func TestEstablishRefuses(t *testing.T) {
	raw := root(t, repository, 2, "")
	good := pinned(t, raw)
	for name, test := range map[string]struct {
		change func(*Pin)
		as     any
		words  string
	}{
		"other digest":     {func(p *Pin) { p.Digest = digest("x") }, new(*verify.PinError), "root is not the pinned one"},
		"other version":    {func(p *Pin) { p.Version = 3 }, nil, "the root is version 2, the pin says version 3"},
		"other repository": {func(p *Pin) { p.Repository = elsewhere }, new(*verify.RepositoryError), "is of repository " + repository + ", must be of repository " + elsewhere},
		"no root":          {func(p *Pin) { p.Root = nil }, nil, "only while root version 1 is being signed, not for version 2"},
		"no root, entered": {func(p *Pin) { p.Root, p.Version = nil, 1 }, nil, "only while root version 1 is being signed"},
		"no root, no digest": {func(p *Pin) {
			p.Root, p.Version, p.How, p.Digest = nil, 1, SignedFirstRoot, verify.Digest{}
		}, nil, "only while root version 1 is being signed"},
		"cut off":       {func(p *Pin) { p.Root = raw[:len(raw)-1] }, new(*verify.FormatError), ""},
		"never made so": {func(p *Pin) { p.How = "found" }, nil, `not by "found"`},
	} {
		t.Run(name, func(t *testing.T) {
			h, p := newHome(t), good
			test.change(&p)
			err := h.Establish(p)
			refusaltest.Says(t, err, test.words)
			if test.as != nil && !errors.As(err, test.as) {
				t.Errorf("error %T", err)
			}
			if _, err := h.Pin(repository); !errors.Is(err, ErrNoPin) {
				t.Errorf("something was pinned: %v", err)
			}
		})
	}
}

func TestAdvance(t *testing.T) {
	h := newHome(t)
	one, two, four := root(t, repository, 1, ""), root(t, repository, 2, ""), root(t, repository, 4, "")
	must(t, h.Establish(pinned(t, one)))
	must(t, h.Advance(repository, trusted(t, one).Digest(), trusted(t, two)))
	must(t, h.Advance(repository, trusted(t, two).Digest(), trusted(t, four)))
	must(t, h.Advance(repository, trusted(t, four).Digest(), trusted(t, four))) // again
	pin, err := h.Pin(repository)
	must(t, err)
	if pin.Version != 4 || !bytes.Equal(pin.Root, four) || pin.How != DigestEntered || !pin.Since.Equal(noon) {
		t.Errorf("pin %+v", pin)
	}

	at := trusted(t, four).Digest()
	for name, test := range map[string]struct {
		from  verify.Digest
		to    []byte
		as    any
		words string
	}{
		"back":     {at, two, new(*verify.VersionError), "root 2 is not newer than the trusted version 4"},
		"sideways": {at, root(t, repository, 4, "other"), new(*verify.PinError), "pinned is " + at.Groups()},
		"away":     {at, root(t, elsewhere, 5, ""), new(*verify.RepositoryError), "must be of repository " + repository},
		"from the past": {trusted(t, one).Digest(), root(t, repository, 5, ""), new(*MovedError),
			"was moved by another process to root version 4, digest " + at.String() + " (it was " + trusted(t, one).Digest().String() + ")"},
	} {
		err := h.Advance(repository, test.from, trusted(t, test.to))
		if !errors.As(err, test.as) {
			t.Errorf("%s: error %T", name, err)
		}
		refusaltest.Says(t, err, test.words)
		if now, err := h.Pin(repository); err != nil || now.Digest != at {
			t.Errorf("%s: the pin moved: %v, %v", name, now, err)
		}
	}
	refusaltest.Hints(t, h.Advance(repository, digest("x"), trusted(t, four)), "run the command again")
	if err := newHome(t).Advance(repository, at, trusted(t, four)); !errors.Is(err, ErrNoPin) {
		t.Errorf("without a pin: %v", err)
	}
}

// Another process moves the pin exactly between the look and the step.
func TestAdvanceRace(t *testing.T) {
	h := newHome(t)
	one, two, rival := root(t, repository, 1, ""), root(t, repository, 2, ""), root(t, repository, 2, "rival")
	must(t, h.Establish(pinned(t, one)))
	from := trusted(t, one).Digest()
	late := watched(t, h, func(call string) error {
		if call == "link" {
			must(t, h.Advance(repository, from, trusted(t, rival)))
		}
		return nil
	})
	err := late.Advance(repository, from, trusted(t, two))
	var moved *MovedError
	if !errors.As(err, &moved) || moved.From != from || moved.Digest != trusted(t, rival).Digest() || moved.Version != 2 {
		t.Fatalf("error %v", err)
	}
	if pin, err := h.Pin(repository); err != nil || pin.Digest != moved.Digest {
		t.Errorf("pin %v, %v", pin, err)
	}
}

// Genesis: who signs the first root trusts its digest before anybody has it
// complete, and nothing else will ever pass for it.
func TestGenesis(t *testing.T) {
	h := newHome(t)
	one := root(t, repository, 1, "")
	signed := trusted(t, one).Digest()
	must(t, h.Establish(Pin{Repository: repository, Version: 1, Digest: signed, How: SignedFirstRoot, Since: noon}))
	pin, err := h.Pin(repository)
	must(t, err)
	if pin.Root != nil || pin.Version != 1 || pin.Digest != signed {
		t.Errorf("pin %+v", pin)
	}

	var other *verify.PinError
	if err := h.Advance(repository, signed, trusted(t, root(t, repository, 1, "forged"))); !errors.As(err, &other) || other.Want != signed {
		t.Errorf("a forged first root: %v", err)
	}
	var gap *verify.VersionError
	if err := h.Advance(repository, signed, trusted(t, root(t, repository, 2, ""))); !errors.As(err, &gap) {
		t.Errorf("the second root before the first: %v", err)
	}
	must(t, h.Advance(repository, signed, trusted(t, one)))
	must(t, h.Advance(repository, signed, trusted(t, root(t, repository, 2, ""))))
	if pin, err := h.Pin(repository); err != nil || pin.Version != 2 || pin.How != SignedFirstRoot {
		t.Errorf("pin %+v, %v", pin, err)
	}
}

// A first root that is proposed anew while it is being signed moves the pin
// only if its signed bytes say so.
func TestSupersede(t *testing.T) {
	document := func(raw []byte) *verify.Document {
		d, err := verify.Read(raw, verify.DefaultLimits())
		must(t, err)
		return d
	}
	h := newHome(t)
	one := root(t, repository, 1, "")
	first := trusted(t, one).Digest()
	must(t, h.Establish(Pin{Repository: repository, Version: 1, Digest: first, How: SignedFirstRoot, Since: noon}))
	for name, test := range map[string]struct {
		to    []byte
		as    any
		words string
	}{
		"names nothing":       {root(t, repository, 1, "x"), new(*verify.PinError), "pinned is " + first.Groups()},
		"names another":       {root(t, repository, 1, "x", digest("x")), new(*verify.PinError), "pinned is " + first.Groups()},
		"another version":     {root(t, repository, 2, "x", first), new(*verify.VersionError), "root 2 does not follow the trusted version 1"},
		"another repository":  {root(t, elsewhere, 1, "x", first), new(*verify.RepositoryError), "must be of repository " + repository},
		"another role's file": {bytes.ReplaceAll(one, []byte(`"_type":"root"`), []byte(`"_type":"snapshot"`)), new(*verify.RoleError), ""},
	} {
		err := h.Supersede(repository, first, document(test.to))
		if !errors.As(err, test.as) {
			t.Errorf("%s: error %T: %v", name, err, err)
		}
		refusaltest.Says(t, err, test.words)
	}

	better := root(t, repository, 1, "better", first)
	must(t, h.Supersede(repository, first, document(better)))
	second := trusted(t, better).Digest()
	must(t, h.Supersede(repository, second, document(better))) // again
	var moved *MovedError
	if err := h.Supersede(repository, first, document(better)); !errors.As(err, &moved) || moved.Digest != second {
		t.Errorf("error %v", err)
	}
	var other *verify.PinError
	if err := h.Advance(repository, second, trusted(t, one)); !errors.As(err, &other) {
		t.Errorf("the superseded first root: %v", err)
	}
	must(t, h.Advance(repository, second, trusted(t, better)))
	var late *verify.VersionError
	if err := h.Supersede(repository, second, document(root(t, repository, 1, "late", second))); !errors.As(err, &late) {
		t.Errorf("once there is a root: %v", err)
	}
}

func TestPinsAreBounded(t *testing.T) {
	h := newHome(t)
	must(t, h.Establish(pinned(t, root(t, repository, 1, ""))))
	seq, err := h.pins(repository)
	must(t, err)
	var state *StateError
	if err := seq.create(maxPins+1, nil); !errors.As(err, &state) {
		t.Errorf("error %v", err)
	}
}

func FuzzPin(f *testing.F) {
	p := pinned(f, root(f, repository, 1, ""))
	data, err := p.encode()
	must(f, err)
	f.Add(data)
	p.Root, p.How = nil, SignedFirstRoot
	data, err = p.encode()
	must(f, err)
	f.Add(data)
	f.Add([]byte(`{"format": 1}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := decodePin(data)
		if err != nil {
			return
		}
		if again, err := p.encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("read %q\nwritten %q, %v", data, again, err)
		}
	})
}

// The pins of a home are those of its repositories, whatever else lies there.
func TestPins(t *testing.T) {
	h := newHome(t)
	if pins, err := h.Pins(); err != nil || len(pins) != 0 {
		t.Errorf("%v, %v", pins, err)
	}
	for _, id := range []string{repository, elsewhere} {
		must(t, h.Establish(pinned(t, root(t, id, 2, ""))))
	}
	for _, other := range []string{"keys", strings.Repeat("0", 32)} {
		must(t, os.Mkdir(filepath.Join(h.Dir(), other), 0o700))
	}
	pins, err := h.Pins()
	must(t, err)
	var ids []string
	for _, p := range pins {
		ids = append(ids, p.Repository)
	}
	if want := []string{repository, elsewhere}; !slices.Equal(ids, slices.Sorted(slices.Values(want))) {
		t.Errorf("pins of %q", ids)
	}
}

// A pin that waits for a root which was superseded takes the published one in
// its place, if that names it, and says that it was typed.
func TestSucceed(t *testing.T) {
	h := newHome(t)
	first := trusted(t, root(t, repository, 1, "")).Digest()
	must(t, h.Establish(Pin{Repository: repository, Version: 1, Digest: first, How: SignedFirstRoot, Since: noon}))
	later := noon.AddDate(0, 0, 1)
	for name, test := range map[string]struct {
		to    []byte
		as    any
		words string
	}{
		"names nothing":      {root(t, repository, 1, "x"), new(*verify.PinError), "pinned is " + first.Groups()},
		"names another":      {root(t, repository, 1, "x", digest("x")), new(*verify.PinError), "pinned is " + first.Groups()},
		"another version":    {root(t, repository, 2, "x", first), new(*verify.VersionError), "root 2"},
		"another repository": {root(t, elsewhere, 1, "x", first), new(*verify.RepositoryError), "must be of repository " + repository},
	} {
		err := h.Succeed(repository, first, trusted(t, test.to), later)
		if !errors.As(err, test.as) {
			t.Errorf("%s: error %T: %v", name, err, err)
		}
		refusaltest.Says(t, err, test.words)
	}
	better := trusted(t, root(t, repository, 1, "better", first))
	must(t, h.Succeed(repository, first, better, later))
	pin, err := h.Pin(repository)
	must(t, err)
	if pin.Digest != better.Digest() || pin.How != DigestEntered || !pin.Since.Equal(later) || pin.Root == nil {
		t.Errorf("%+v", pin)
	}
	var late *verify.VersionError
	if err := h.Succeed(repository, better.Digest(), trusted(t, root(t, repository, 1, "late", better.Digest())), later); !errors.As(err, &late) {
		t.Errorf("once there is a root: %v", err)
	}
}
