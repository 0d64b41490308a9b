package metadata

import (
	"testing"
)

// What a key said of its own end is never taken back: neither by an edit nor
// beside a proposal.
func TestGateKeepsRetirements(t *testing.T) {
	t.Parallel()
	w := onCards(t)
	zed := w.clone()
	zed.enrol(cardKey{name: "zed", serial: 20000077})
	gone := zed.clone()
	gone.retire("zed", 20000077, "zed")
	path := RetirementPath("zed", "main")

	back := gone.clone()
	delete(back.files, path)
	back.files[MemberPath("zed")] = zed.files[MemberPath("zed")]
	kept := refused[*FrozenError]("the pull request deletes " + path + ": it is what the holder of zed/main said with the key itself before destroying it; that is kept")
	gate(t, gone, back, KindMember, kept)
	back.propose("with a key that is gone")
	gate(t, gone, back, KindProposal, kept)

	back = gone.clone() // all of zed
	for p := range zed.files {
		if _, before := w.files[p]; !before {
			delete(back.files, p)
		}
	}
	delete(back.files, path)
	gate(t, gone, back, KindMember, kept)

	back = gone.clone() // the file stays, the key comes back
	back.files[MemberPath("zed")] = zed.files[MemberPath("zed")]
	gate(t, gone, back, KindMember, refused[*RefusedError]("it says that the key is destroyed, but its status is active"))

	back = gone.clone()
	back.files[path] = append(back.files[path], "# not quite\n"...)
	gate(t, gone, back, KindMember, refused[*FrozenError]("the pull request changes "+path+": "))

	// What was merged although it proves nothing can be taken back.
	forged := zed.clone()
	forged.retire("zed", 20000077, "mallory")
	gate(t, forged, zed, KindMember, nil)
}

// A key that an open event lists is counted on when that is signed: its end
// comes after the event's.
func TestGateKeepsWhatAnOpenEventLists(t *testing.T) {
	t.Parallel()
	w := onCards(t)
	w.enrol(cardKey{name: "zed", serial: 20000077})
	e := w.propose("the first root")
	head := w.clone()
	head.declare(policy{root: append(except(nine, "ivan"), "zed"), rootThreshold: 5})
	gate(t, w, head, KindPolicy, nil)
	after := head.clone()
	after.retire("ivan", 20000009, "ivan")
	counted := refused[*CountedOnError](RetirementPath("ivan", "main")+" says that the key is destroyed, but the open event "+e.Name+" lists it in root",
		"that can be said when no version and no open event lists it")
	gate(t, w, after, KindPolicy, counted)
	gate(t, head, after, KindMember, counted)

	// Where both were merged at once, the record can be taken back.
	gate(t, after, head, KindMember, nil)
	// The event that takes the place of that one may come with the record.
	after = head.clone()
	after.retire("ivan", 20000009, "ivan")
	after.supersede(e.Name, "better")
	gate(t, head, after, KindProposal, nil)
}

// A policy that cannot be proposed changes nothing about who is counted on.
func TestGateKeepsWhatIsTrustedBesideAnUnreadyPolicy(t *testing.T) {
	t.Parallel()
	w := onCards(t)
	e := w.propose("the first root")
	w.sign(e.Name, nine[:5]...)
	w.complete(e.Name)
	w.declare(policy{root: append(except(nine, "ivan"), "zed"), rootThreshold: 5}) // who has sent no key
	head := w.clone()
	head.retire("ivan", 20000009, "ivan")
	gate(t, w, head, KindMember, refused[*CountedOnError]("the trusted versions of root, targets list it"))
}
