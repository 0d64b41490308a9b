package verify_test

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// quorumOf returns the root quorum of a root that nobody signed.
func quorumOf(t testing.TB, signed object) *verify.Quorum {
	t.Helper()
	q, _ := mustRoot(t, envelope(t, signed)).UnverifiedQuorum("root")
	return q
}

// holders lists who stands where in a tally.
func holders(list []verify.Holder) string {
	var names []string
	for _, h := range list {
		names = append(names, h.Owner)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func sig(t testing.TB, p *person, message []byte) verify.Signature {
	return verify.Signature{KeyID: p.id, Sig: p.sign(t, message)}
}

func with(t testing.TB, d *verify.Document, sigs ...verify.Signature) *verify.Document {
	t.Helper()
	d, err := d.WithSignatures(sigs)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTally(t *testing.T) {
	p := nine(t)[:6]
	alice, bob, carol, dave, erin, frank := p[0], p[1], p[2], p[3], p[4], p[5]
	mallory := edPerson(t, "mallory")
	bobAgain := bob.as("second-id-of-bob")
	signed := rootSigned(t, 3, 3, append(slices.Clone(p), bobAgain)...)
	set(signed, "x-rust-tuf.owners."+bobAgain.id, "bob")
	q := quorumOf(t, signed)
	d := mustRead(t, envelope(t, signed))
	message := d.Signed()

	tally := q.Tally(with(t, d,
		sig(t, alice, message),
		sig(t, bob, message),
		sig(t, bobAgain, message),
		sig(t, mallory, message),
		sig(t, carol, append([]byte(" "), message...)), // other bytes
		verify.Signature{KeyID: dave.id, Sig: sig(t, erin, message).Sig},
		verify.Signature{KeyID: frank.id},
	))
	if tally.Role != "root" || tally.Version != 3 || tally.Threshold != 3 || tally.Met() {
		t.Errorf("%+v", tally)
	}
	if got := holders(tally.Valid); got != "alice bob" {
		t.Errorf("valid: %s", got)
	}
	if got := holders(tally.Missing); got != "carol dave erin frank" {
		t.Errorf("missing: %s", got)
	}
	if got := holders(tally.Duplicate); got != "bob" || tally.Duplicate[0].KeyID != bobAgain.id {
		t.Errorf("duplicate: %s", got)
	}
	if len(tally.Unknown) != 1 || tally.Unknown[0] != mallory.id {
		t.Errorf("unknown: %v", tally.Unknown)
	}
	var rejected []string
	for _, r := range tally.Rejected {
		rejected = append(rejected, r.Owner+": "+r.Reason.Error())
	}
	if got := strings.Join(rejected, "; "); got != "carol: signature does not match these bytes and this key; "+
		"dave: signature does not match these bytes and this key; frank: signature is empty" {
		t.Errorf("rejected: %s", got)
	}
	s := tally.String()
	for _, w := range []string{
		"2 of 3 signatures valid; 1 more of: ", "; rejected: carol (signature does not match these bytes and this key), dave (",
		"frank (signature is empty); unknown: key " + mallory.id[:12] + "…; counted once: bob",
	} {
		if !strings.Contains(s, w) {
			t.Errorf("%q does not say %q", s, w)
		}
	}
	if !q.Tally(with(t, d, sig(t, alice, message), sig(t, bobAgain, message), sig(t, erin, message))).Met() {
		t.Error("three keys do not meet a threshold of three")
	}
	if (verify.Tally{}).Met() || (verify.Tally{Threshold: -1, Valid: make([]verify.Holder, 1)}).Met() {
		t.Error("a tally without a threshold is met")
	}
}

// One key counts once, whatever ids, encodings and keytype spellings list it.
func TestOneKeyCountsOnce(t *testing.T) {
	alice, bob := p256Person(t, "alice"), p256Person(t, "bob")
	second, third, fourth := alice.as("0-first"), alice.as("zz-last"), alice.as("spelled")
	signed := rootSigned(t, 1, 2, alice, second, third, fourth, bob)
	set(signed, "keys."+third.id+".keyval.public", "\n"+strings.ReplaceAll(alice.public.PEM(), "\n", "\r\n")+"\n")
	set(signed, "keys."+fourth.id+".keytype", "ecdsa-sha2-nistp256")
	q := quorumOf(t, signed)
	if q.Listed() != 5 || len(q.Keys()) != 2 || q.Keys()[0].KeyID != "0-first" {
		t.Errorf("listed %d, keys %v", q.Listed(), q.Keys())
	}
	raw := envelope(t, signed, third, alice, fourth, second)
	tally := q.Tally(mustRead(t, raw))
	if tally.Met() || len(tally.Valid) != 1 || len(tally.Duplicate) != 3 || len(tally.Missing) != 1 || tally.Valid[0].KeyID != third.id {
		t.Errorf("tally: %s", tally)
	}
	_, err := verify.TrustRoot(raw, verify.Limits{})
	refused[*verify.ThresholdError](t, err, "1 of 2 signatures valid; 1 more of: bob", "counted once: alice, alice, alice")
	mustTrust(t, envelope(t, signed, second, bob))

	// A bad signature under one id does not spoil a good one under another.
	d := mustRead(t, envelope(t, signed))
	tally = q.Tally(with(t, d, verify.Signature{KeyID: alice.id, Sig: []byte{1}}, sig(t, second, d.Signed()), sig(t, bob, d.Signed())))
	if !tally.Met() || len(tally.Rejected) != 1 {
		t.Errorf("tally: %s", tally)
	}
}

func TestNeverMet(t *testing.T) {
	p := nine(t)[:5]
	signed := rootSigned(t, 1, 6, p...)
	tally := quorumOf(t, signed).Tally(mustRead(t, envelope(t, signed, p...)))
	if got, want := tally.String(), "5 of 6 signatures valid; can never be met: threshold 6, 5 keys"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	_, err := verify.TrustRoot(envelope(t, signed, p...), verify.Limits{})
	refused[*verify.ThresholdError](t, err, "can never be met: threshold 6, 5 keys")
}

func TestTallyOfKeysThatCannotBeUsed(t *testing.T) {
	alice, bob, carol := edPerson(t, "alice"), edPerson(t, "bob"), edPerson(t, "carol")
	signed := rootSigned(t, 1, 1, alice, bob, carol)
	set(signed, "keys."+bob.id, gone)
	set(signed, "keys."+carol.id+".scheme", "ml-dsa-65")
	tally := quorumOf(t, signed).Tally(mustRead(t, envelope(t, signed, bob, carol)))
	if len(tally.Rejected) != 2 || holders(tally.Missing) != "alice" {
		t.Fatalf("tally: %s", tally)
	}
	for i, want := range []string{"its key id is listed, but the key itself is missing", `its key cannot be used: keytype "ed25519" and scheme "ml-dsa-65" do not fit a key Ed25519`} {
		if r := tally.Rejected[i]; r.Reason.Error() != want || r.Key.Algorithm() != "no key" {
			t.Errorf("rejected: %v, want %s", r.Reason, want)
		}
	}
}

// A signature counts for one repository and one role.
func TestSignaturesDoNotCountElsewhere(t *testing.T) {
	alice := edPerson(t, "alice")
	targets := delegating(targetsSigned("targets", 1), "release", 1, alice)
	release, _ := mustTargets(t, "targets", envelope(t, targets)).UnverifiedQuorum("release")
	root := quorumOf(t, rootSigned(t, 1, 1, alice))
	for _, c := range []struct {
		name   string
		q      *verify.Quorum
		signed object
		want   string
	}{
		{"another repository", root, set(rootSigned(t, 2, 1, alice), "x-rust-tuf.repository", "other"), "root 2: is of repository other"},
		{"no repository", root, set(rootSigned(t, 2, 1, alice), "x-rust-tuf", gone), "root 2: names no repository"},
		{"targets for root", root, targetsSigned("targets", 1), "document of role targets where one of role root is needed"},
		{"a root that says targets", root, set(rootSigned(t, 2, 1, alice), "x-rust-tuf.role", "targets"), "document of role targets where one of role root"},
		{"targets for release", release, targetsSigned("targets", 2), "document of role targets where one of role release is needed"},
		{"nightly for release", release, targetsSigned("nightly", 2), "document of role nightly where one of role release is needed"},
		{"root for release", release, rootSigned(t, 2, 1, alice), "document of role root where one of role release is needed"},
	} {
		d := mustRead(t, envelope(t, c.signed, alice))
		tally := c.q.Tally(d)
		if tally.Met() || len(tally.Valid) != 0 || len(tally.Rejected) != 1 || !strings.Contains(tally.Rejected[0].Reason.Error(), c.want) {
			t.Errorf("%s: %s", c.name, tally)
		}
		_, err := c.q.Check(d, sig(t, alice, d.Signed()))
		refused[*verify.SignatureError](t, err, c.want)
		if strings.Contains(c.want, "repository") {
			refused[*verify.RepositoryError](t, err)
		} else {
			refused[*verify.RoleError](t, err)
		}
	}
	// Without the extension the type still tells roots and targets apart.
	bare := quorumOf(t, set(rootSigned(t, 1, 1, alice), "x-rust-tuf", gone))
	d := mustRead(t, envelope(t, set(targetsSigned("targets", 1), "x-rust-tuf", gone), alice))
	if tally := bare.Tally(d); len(tally.Valid) != 0 || !strings.Contains(tally.String(), "document of role targets where one of role root is needed") {
		t.Error(tally)
	}
	if d := mustRead(t, envelope(t, targetsSigned("release", 2), alice)); !release.Tally(d).Met() {
		t.Error(release.Tally(d))
	}
}

func TestCheck(t *testing.T) {
	alice, mallory := edPerson(t, "alice"), edPerson(t, "mallory")
	signed := rootSigned(t, 4, 1, alice)
	q := quorumOf(t, signed)
	d := mustRead(t, envelope(t, signed))
	h, err := q.Check(d, sig(t, alice, d.Signed()))
	if err != nil || h.Owner != "alice" || h.KeyID != alice.id || !h.Key.Equal(alice.public) {
		t.Errorf("%+v: %v", h, err)
	}
	_, err = q.Check(d, sig(t, mallory, d.Signed()))
	e := refused[*verify.SignatureError](t, err, "root 4: signature by key "+mallory.id+": its key is not listed for this role")
	if e.Role != "root" || e.Version != 4 || e.KeyID != mallory.id || e.Owner != "" {
		t.Errorf("%+v", e)
	}
	_, err = q.Check(d, verify.Signature{KeyID: alice.id})
	refused[*verify.SignatureError](t, err, "root 4: signature by alice, key "+alice.id+": signature is empty")
	stale := mustRead(t, envelope(t, rootSigned(t, 3, 1, alice)))
	_, err = q.Check(d, sig(t, alice, stale.Signed()))
	e = refused[*verify.SignatureError](t, err, "signature by alice", "signature does not match these bytes and this key")
	if e.Owner != "alice" || e.Reason != "signature does not match these bytes and this key" {
		t.Errorf("%+v", e)
	}
}

// Names out of a document cannot write on a terminal.
func TestMessagesQuoteNames(t *testing.T) {
	alice := edPerson(t, "alice")
	signed := rootSigned(t, 1, 1, alice)
	set(signed, "x-rust-tuf.owners."+alice.id, "\x1b[31malice\n\u202e")
	d := mustRead(t, envelope(t, signed))
	s := quorumOf(t, signed).Tally(with(t, d, verify.Signature{KeyID: strings.Repeat("k\x07", 200)})).String()
	want := `0 of 1 signatures valid; 1 more of: "\x1b[31malice\n\u202e"; unknown: key "` + strings.Repeat(`k\a`, 40) + `"…`
	if s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	// A list is cut before it fills the screen.
	var junk []verify.Signature
	for i := range 256 {
		junk = append(junk, verify.Signature{KeyID: fmt.Sprint(i), Sig: []byte{1}})
	}
	tally := quorumOf(t, signed).Tally(with(t, d, junk...))
	if s := tally.String(); len(tally.Unknown) != 256 || !strings.HasSuffix(s, ", key 15 and 240 more") {
		t.Errorf("%d unknown: %s", len(tally.Unknown), s)
	}
}

// No duplicate, unknown or wrong signature ever raises a tally, and no order
// changes it.
func TestNoiseNeverRaisesATally(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	p := nine(t)[:5]
	var listed []*person
	for _, q := range p {
		listed = append(listed, q, q.as("second "+q.name))
	}
	strangers := []*person{edPerson(t, "mallory"), edPerson(t, "trent")}
	for round := range 200 {
		signed := rootSigned(t, 1, 1+random.IntN(6), listed...)
		q := quorumOf(t, signed)
		d := mustRead(t, envelope(t, signed))
		honest := map[string]bool{}
		var sigs []verify.Signature
		for _, l := range listed {
			switch random.IntN(4) {
			case 0:
				sigs = append(sigs, sig(t, l, d.Signed()))
				honest[l.name] = true
			case 1:
				s := sig(t, l, d.Signed())
				s.Sig[random.IntN(len(s.Sig))] ^= 1 << random.IntN(8)
				sigs = append(sigs, s)
			case 2:
				sigs = append(sigs, sig(t, l, []byte("something else")))
			}
		}
		for _, s := range strangers {
			if random.IntN(2) == 0 {
				sigs = append(sigs, sig(t, s, d.Signed()))
			}
		}
		random.Shuffle(len(sigs), func(i, j int) { sigs[i], sigs[j] = sigs[j], sigs[i] })
		tally := q.Tally(with(t, d, sigs...))
		if len(tally.Valid) != len(honest) || tally.Met() != (len(honest) >= tally.Threshold) {
			t.Fatalf("round %d: %d honest signers: %s", round, len(honest), tally)
		}
		for _, h := range tally.Valid {
			if !honest[h.Owner] && !honest[strings.TrimPrefix(h.Owner, "second ")] {
				t.Fatalf("round %d: %s did not sign", round, h.Owner)
			}
		}
		if len(tally.Valid)+len(tally.Missing) != 5 || len(tally.Valid)+len(tally.Rejected)+len(tally.Unknown)+len(tally.Duplicate) != len(sigs) {
			t.Fatalf("round %d: somebody is lost: %s", round, tally)
		}
		// Who accepts decides as who counts.
		var list []any
		for _, s := range sigs {
			list = append(list, object{"keyid": s.KeyID, "sig": hex.EncodeToString(s.Sig)})
		}
		_, err := verify.TrustRoot(marshal(t, object{"signed": signed, "signatures": list}), verify.Limits{})
		if (err == nil) != tally.Met() {
			t.Fatalf("round %d: %v, %s", round, err, tally)
		}
	}
}
