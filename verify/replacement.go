package verify

import "fmt"

// RootName names one root.
type RootName struct {
	Version int64
	Digest  Digest
}

func (n RootName) String() string { return fmt.Sprintf("root %d, %s", n.Version, n.Digest.Groups()) }

// Replacement says that a trusted root was not reached from the one before it:
// somebody entered a digest. It is the way out when a repository has lost its
// root, and when a program is older than every root that it can still get.
// Whatever is believed under such a root rests on whoever entered the digest,
// so it goes along with each root that follows, and every [Verdict] has it.
type Replacement struct {
	Before RootName // that was trusted until then; zero where that is not known any more
	After  RootName // whose digest was entered
}

// Replace trusts a root whose digest somebody has entered, in the place of r:
// without the threshold of r, whatever its version is. Another digest is a
// [*PinError]. The digest has to come from people, by a way that is neither the
// repository nor the file itself.
func (r *Root) Replace(raw []byte, digest Digest, lim Limits) (*Root, error) {
	root, err := TrustPinnedRoot(raw, digest, lim)
	if err != nil {
		return nil, err
	}
	if root.Digest() == r.Digest() {
		return r, nil
	}
	return root.WithReplacement(&Replacement{Before: r.name(), After: root.name()}), nil
}

// Replacement returns what the root rests on besides its chain, nil for
// nothing.
func (r *Root) Replacement() *Replacement { return r.replaced }

// WithReplacement returns the same root, resting on a replacement. It is for
// who keeps roots in another way than a [Client] does, and has to keep this
// with them.
func (r *Root) WithReplacement(by *Replacement) *Root { return &Root{r.facts, by} }

func (r *Root) name() RootName { return RootName{r.Version(), r.Digest()} }
