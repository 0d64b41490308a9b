package verify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// written notes what is put into which slot.
type written struct {
	shelf
	slots *[]verify.Slot
}

func (w written) Swap(slot verify.Slot, old, content []byte) error {
	*w.slots = append(*w.slots, slot)
	return w.shelf.Swap(slot, old, content)
}

// A new client writes what has to survive a power failure once each, and in the order
// in which one thing rests on the other.
func TestBegin(t *testing.T) {
	r := serve(t)
	var durable, others []verify.Slot
	var all []verify.Slot
	c := &verify.Client{Metadata: r, Store: written{shelf{}, &all}}
	if err := c.Init(r.files["1.root.json"]); err != nil {
		t.Fatal(err)
	}
	if _, err := refresh(c); err != nil {
		t.Fatal(err)
	}
	for _, slot := range all {
		if slot.Durable() {
			durable = append(durable, slot)
		} else {
			others = append(others, slot)
		}
	}
	if want := []verify.Slot{{}, {Role: "root", Version: 1}, {Role: "root"}, {Role: "timestamp"}, {Role: "snapshot"}}; !slices.Equal(durable, want) {
		t.Errorf("%+v", durable)
	}
	if want := []verify.Slot{recordsSlot, {Role: "targets"}, recordsSlot}; !slices.Equal(others, want) {
		t.Errorf("%+v", others)
	}
}

// besides does something once, when a slot is loaded.
type besides struct {
	shelf
	slot verify.Slot
	do   func()
}

func (b *besides) Load(slot verify.Slot) ([]byte, error) {
	raw, err := b.shelf.Load(slot)
	if slot == b.slot && b.do != nil {
		do := b.do
		b.do = nil
		do()
	}
	return raw, err
}

// A client that begins while another process accepts a timestamp, under a root that this
// one does not know yet, says nothing of under which.
func TestBeginBesideAnother(t *testing.T) {
	r := serve(t)
	first := r.files["1.root.json"]
	r.nextRoot(func(object) {})
	store := shelf{}
	other := &verify.Client{Metadata: r, Store: store}
	c := &verify.Client{Metadata: r, Store: &besides{store, verify.Slot{Role: "snapshot"}, func() {
		if err := other.Init(first); err != nil {
			t.Error(err)
		}
		if _, err := refresh(other); err != nil {
			t.Error(err)
		}
	}}}
	if err := c.Init(first); err != nil {
		t.Fatal(err)
	}
	if memory := string(store[verify.Slot{}]); !strings.Contains(memory, "\nunder 2 ") {
		t.Errorf("remembers %q", memory)
	}
}

// A client that has lost its root, and what it remembers, but not the timestamp and the
// snapshot, begins with the root that it was built with. Under which root these two were
// accepted is not known then, least of all that it was this one: they stay floors,
// though their keys are not those of the first root (SPEC 5.3.11).
func TestBeginForgetsNoFloor(t *testing.T) {
	for _, lost := range [][]verify.Slot{
		{{Role: "root"}, {}, {Role: "root", Version: 1}, {Role: "root", Version: 2}},
		{{Role: "root"}, {}},
		{{Role: "root"}, {Role: "root", Version: 1}, {Role: "root", Version: 2}},
		{{Role: "root"}, {}, {Role: "root", Version: 1}, {Role: "root", Version: 2}, {Role: "snapshot"}},
		{{Role: "root"}, {}, {Role: "root", Version: 1}, {Role: "root", Version: 2}, {Role: "timestamp"}},
	} {
		t.Run(fmt.Sprint(lost), func(t *testing.T) {
			r := serve(t)
			c, store := r.client()
			first := r.files["1.root.json"]
			r.nextRoot(func(root object) {
				r.online = edPerson(t, "online-2")
				root["keys"].(object)[r.online.id] = keyObjects(r.online)[r.online.id]
				set(root, "roles.timestamp", roleObject(1, r.online))
				set(root, "roles.snapshot", roleObject(1, r.online))
			})
			r.publish()
			old, oldSnapshot := r.files["timestamp.json"], r.files["1.snapshot.json"]
			r.bump("timestamp", "snapshot")
			if _, err := refresh(c); err != nil {
				t.Fatal(err)
			}
			for _, slot := range lost {
				delete(store, slot)
			}
			r.files["timestamp.json"], r.files["1.snapshot.json"] = old, oldSnapshot
			c = &verify.Client{Metadata: r, Store: store}
			if err := c.Init(first); err != nil {
				t.Fatal(err)
			}
			_, err := refresh(c)
			role := "timestamp"
			if slices.Contains(lost, verify.Slot{Role: role}) {
				role = "snapshot"
			}
			refused[*verify.VersionError](t, err, role)
		})
	}
}
