package rehearsal

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/verify"
)

func stopped() time.Time { return november }

// A rotation is played from the first root on: those who signed the real root 1
// sign its parallel, the fewest sign the pending event, and every client finds
// every file.
func TestRehearsal(t *testing.T) {
	w, event := rotated(t)
	r, err := w.rehearse(event)
	if err != nil {
		t.Fatal(err)
	}
	if r.Real != realID || r.Repository == realID || len(r.Repository) != 32 || r.Name != "rehearsal-of-tuf-root" {
		t.Errorf("repository %s (%s) of %s", r.Repository, r.Name, r.Real)
	}
	signers := map[string][]string{}
	for _, p := range r.Played {
		signers[p.Role] = p.Signers
	}
	// Root needs four of the old and four of the new; four are in both.
	if want := []string{"alice", "bob", "carol", "dave"}; !slices.Equal(signers["root"], want) || !slices.Equal(signers["targets"], want) || !slices.Equal(signers["release"], want[:2]) {
		t.Errorf("signed by %v", signers)
	}
	first, err := verify.Read(r.Files["1.root.json"], verify.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(first.UnverifiedSignatures()); n != 5 {
		t.Errorf("root 1 of the past carries %d signatures, the real one carries 5", n)
	}
	if !slices.Equal(r.Targets, []string{"channels/stable.toml", "crates/root.json"}) || !slices.Equal(r.Empty, []string{"nightly"}) || r.Missing != nil {
		t.Errorf("targets %v, empty %v, missing %v", r.Targets, r.Empty, r.Missing)
	}
	clients, err := r.Clients(context.Background(), folder(r.Files), stopped)
	if err != nil {
		t.Fatal(err)
	}
	if len(clients) != 3 || clients[0].Root != 1 || clients[1].Root != 2 || !clients[2].Current || clients[2].Root != 1 {
		t.Fatalf("clients: %v", clients)
	}
	for _, c := range clients {
		if c.Reached != 2 || c.Found != 2 || c.Fetched == 0 || c.Bytes == 0 {
			t.Errorf("%+v", c)
		}
	}
	if !strings.Contains(clients[0].Changes, "heidi") || clients[1].Changes != "" {
		t.Errorf("changes %q, %q", clients[0].Changes, clients[1].Changes)
	}
}

// The parallel has the shape of the real event: the same difference, said by
// the same sentences, but for keys.
func TestSameShape(t *testing.T) {
	w, event := rotated(t)
	r, err := w.rehearse(event)
	if err != nil {
		t.Fatal(err)
	}
	repo, trusted := w.read()
	e, err := repo.Event(event)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.Played {
		if want := headline(trusted.Document(p.Role), e.Payload(p.Role).Document); p.Changes != want {
			t.Errorf("%s: rehearsed %q, real %q", p.Role, p.Changes, want)
		}
	}
	played, err := verify.Read(r.Files["2.root.json"], verify.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if real := e.Payload("root").Document; !played.Expires().Equal(real.Expires()) || played.Version() != real.Version() {
		t.Errorf("version %d until %s, want version %d until %s", played.Version(), played.Expires(), real.Version(), real.Expires())
	}
}

// The first root of all has no past, and nobody was up to date.
func TestRehearseTheFirstRoot(t *testing.T) {
	w := &real{t: t, files: map[string][]byte{}, now: november}
	w.join(seven...)
	w.declare(policy{root: seven, rootK: 4})
	r, err := w.rehearse(w.propose())
	if err != nil {
		t.Fatal(err)
	}
	clients, err := r.Clients(context.Background(), folder(r.Files), stopped)
	if err != nil || len(clients) != 1 || clients[0].Root != 1 || r.Before != nil || r.History != nil {
		t.Errorf("clients %v, before %v, history %v: %v", clients, r.Before != nil, r.History, err)
	}
}

// nightly has the machine of role nightly publish a version.
func (w *real) nightly(body map[string]any) {
	w.t.Helper()
	repo, trusted := w.read()
	s := &stage{real: repo, trusted: trusted, cast: newCast(), id: realID, now: november}
	s.cast.played[publicOf(w.t, "online/nightly").Fingerprint()] = &throwaway{publicOf(w.t, "online/nightly"), func(m []byte) ([]byte, error) { return privateOf("online/nightly").Sign(nil, m, &noHash) }}
	body["targets"] = map[string]any{"nightly/today.toml": map[string]any{"length": 3, "hashes": map[string]string{"sha256": strings.Repeat("ab", 32)}}}
	raw, err := s.machine(trusted.Targets["targets"], "nightly", 7, body)
	if err != nil {
		w.t.Fatal(err)
	}
	w.files["metadata/7.nightly.json"] = raw
}

// What a machine lists today is what it lists in the rehearsal.
func TestMachinesKeepTheirFiles(t *testing.T) {
	w := published(t)
	w.nightly(map[string]any{})
	r, err := w.rehearse(w.propose("release"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(r.Targets, "nightly/today.toml") || r.Empty != nil || r.Cut != nil {
		t.Errorf("targets %v, empty %v, cut %v", r.Targets, r.Empty, r.Cut)
	}
	clients, err := r.Clients(context.Background(), folder(r.Files), stopped)
	if err != nil {
		t.Fatal(err)
	}
	if clients[0].Found != 2 {
		t.Errorf("%+v", clients[0])
	}
}

// What a machine delegates further is left out, and said to be: by roles, and by
// hash bins. Its own files are found all the same.
func TestMachinesThatDelegate(t *testing.T) {
	key := publicOf(t, "online/mirror")
	keys := map[string]any{key.Fingerprint().String(): map[string]any{"keytype": "ed25519", "scheme": "ed25519", "keyval": map[string]string{"public": hex.EncodeToString(privateOf("online/mirror").Public().(ed25519.PublicKey))}}}
	ids := []string{key.Fingerprint().String()}
	for name, delegations := range map[string]map[string]any{
		"roles": {"keys": keys, "roles": []any{map[string]any{"name": "mirror", "keyids": ids, "threshold": 1, "terminating": false, "paths": []string{"nightly/mirror/*"}}}},
		"bins":  {"keys": keys, "succinct_roles": map[string]any{"keyids": ids, "threshold": 1, "bit_length": 4, "name_prefix": "bin"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := published(t)
			w.nightly(map[string]any{"delegations": delegations})
			r, err := w.rehearse(w.propose("release"))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(r.Cut, []string{"nightly"}) || !slices.Contains(r.Targets, "nightly/today.toml") {
				t.Errorf("cut %v, targets %v", r.Cut, r.Targets)
			}
			if clients, err := r.Clients(context.Background(), folder(r.Files), stopped); err != nil || clients[0].Found != 2 {
				t.Errorf("%v %v", clients, err)
			}
		})
	}
}

// A client that does not get through is named, with the reason, and the others
// are met all the same.
func TestClientsThatFail(t *testing.T) {
	w, event := rotated(t)
	r, err := w.rehearse(event)
	if err != nil {
		t.Fatal(err)
	}
	r.Files["2.root.json"] = r.Files["1.root.json"]
	clients, err := r.Clients(context.Background(), folder(r.Files), stopped)
	failed := expect[*FailedError](t, err, "2 of 3 clients would not get through", "a new client with root version 1", event)
	if !reflect.DeepEqual(failed.Clients, clients) || clients[1].Err != nil {
		t.Errorf("clients: %v", clients)
	}
	expect[*verify.VersionError](t, clients[0].Err)

	r, err = w.rehearse(event)
	if err != nil {
		t.Fatal(err)
	}
	r.Targets = append(r.Targets, "channels/lost.toml")
	clients, err = r.Clients(context.Background(), folder(r.Files), stopped)
	expect[*FailedError](t, err, "3 of 3", "1 of 3 files are not found", "channels/lost.toml")
	expect[*verify.NotFoundError](t, clients[0].Err)
}

// An event that is in order by itself is of no use to clients while another
// role has expired.
func TestClientsMeetAnExpiredRole(t *testing.T) {
	w := published(t)
	w.now = november.AddDate(1, 1, 0)
	r, err := w.rehearse(w.propose("root"))
	if err != nil {
		t.Fatal(err)
	}
	clients, err := r.Clients(context.Background(), folder(r.Files), stopped)
	expect[*FailedError](t, err, "3 of 3 clients would not get through")
	for _, c := range clients {
		if expired := expect[*verify.ExpiredError](t, c.Err); expired.Role != "targets" || c.Reached != 2 || c.Found != 0 {
			t.Errorf("%+v", c)
		}
	}
}

// What could never be completed is not rehearsed.
func TestRehearseOnlyWhatCouldComplete(t *testing.T) {
	w, event := rotated(t)
	w.now = december.AddDate(3, 0, 0)
	_, err := w.rehearse(event)
	expect[*metadata.InstantError](t, err, "would have expired already")

	w, event = rotated(t)
	repo, trusted := w.read()
	e, err := repo.Event(event)
	if err != nil {
		t.Fatal(err)
	}
	repo.Closed = nil // as if the log had been lost
	_, err = Run(repo, trusted, e, december)
	expect[*UnplayableError](t, err, event, "does not follow from the events in the log")
}

// An event in the place of another is played without it: that one was never
// completed, and nothing of it reaches a client.
func TestRehearseSuperseding(t *testing.T) {
	w, event := rotated(t)
	repo, trusted := w.read()
	d, err := repo.Declaration()
	if err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour)
	p, err := trusted.Propose(d, metadata.Proposition{Why: "again", Opened: w.now, Supersede: []string{event}})
	if err != nil {
		t.Fatal(err)
	}
	w.apply(p.Change)
	r, err := w.rehearse(p.Event.Name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Clients(context.Background(), folder(r.Files), stopped); err != nil {
		t.Error(err)
	}
	w.complete(p.Event.Name, "alice", "bob", "carol", "dave", "erin")
	// And what came so into the log is played as part of the past.
	w.now = w.now.Add(time.Hour)
	r, err = w.rehearse(w.propose("root"))
	if err != nil || len(r.Roots) != 3 || len(r.History) != 2 {
		t.Fatalf("%+v %v", r, err)
	}
	clients, err := r.Clients(context.Background(), folder(r.Files), stopped)
	if err != nil || len(clients) != 4 {
		t.Errorf("%v %v", clients, err)
	}
}

// Events of the past are played in an order in which each follows, whatever
// their names are.
func TestInOrder(t *testing.T) {
	closed := func(name string, payloads ...*metadata.Payload) *metadata.Event {
		return &metadata.Event{Name: name, Payloads: payloads, Closed: &metadata.Closing{Outcome: metadata.Completed}}
	}
	root := func(version int64) *metadata.Payload { return &metadata.Payload{Role: "root", Version: version} }
	of := func(role string, version int64, by string, its int64) *metadata.Payload {
		return &metadata.Payload{Role: role, Version: version, Delegator: metadata.Delegator{Role: by, Version: its}}
	}
	list := []*metadata.Event{
		closed("a", of("targets", 2, "root", 1)),
		closed("b", root(2)),
		closed("c", of("release", 2, "targets", 1)),
		closed("d", of("release", 3, "targets", 2)),
		closed("e", root(1), of("targets", 1, "root", 1), of("release", 1, "targets", 1)),
		{Name: "f", Payloads: []*metadata.Payload{root(3)}, Closed: &metadata.Closing{Outcome: metadata.Overtaken}},
	}
	ordered, err := inOrder("g", list)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range ordered {
		names = append(names, e.Name)
	}
	if got := strings.Join(names, " "); got != "e c a b d" {
		t.Errorf("played in the order %s", got)
	}
	_, err = inOrder("g", list[:4])
	expect[*UnplayableError](t, err, "event g cannot be rehearsed", "do not follow from each other")
}

func TestInterrupted(t *testing.T) {
	w, event := rotated(t)
	r, err := w.rehearse(event)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Clients(ctx, folder(r.Files), stopped); err != context.Canceled {
		t.Errorf("error %v", err)
	}
}
