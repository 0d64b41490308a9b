package verification

import (
	"errors"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/bundle"
)

// Refusal is what a program may want to know of what was refused, beside the
// message.
type Refusal struct {
	Kind    string      `json:"kind"` // threshold, version, expired, format, limit, fork, content, target, repository, role, delegation, pin, signature, store
	Role    string      `json:"role,omitempty"`
	Version int64       `json:"version,omitempty"` // of the refused document
	Needed  *int64      `json:"needed,omitempty"`  // threshold: keys; version: what is trusted or promised; limit: at most; store: the format that is known
	Found   *int64      `json:"found,omitempty"`   // of the same kind
	Expires *time.Time  `json:"expires,omitempty"`
	Path    string      `json:"path,omitempty"`  // format: where in the document
	Proof   []ProofFile `json:"proof,omitempty"` // fork: both documents

	Of     string   `json:"of,omitempty"`      // content: the role or the target; target: its path; format: "bundle" if it is none; signature: the key id
	Asked  []string `json:"asked,omitempty"`   // target: the roles, in the order in which they were asked
	By     string   `json:"by,omitempty"`      // delegation: which role does not delegate
	MustBe string   `json:"must_be,omitempty"` // repository: its id; role: its name; pin: a digest
	Is     string   `json:"is,omitempty"`      // the same, as it was found
}

// RefusalOf says in numbers and names what an error says in words. It is nil for
// what was not judged and refused, but could not be had: a file, an address.
func RefusalOf(err error) *Refusal {
	var threshold *verify.ThresholdError
	var version *verify.VersionError
	var expired *verify.ExpiredError
	var format *verify.FormatError
	var limit *verify.LimitError
	var fork *verify.ForkError
	switch {
	case errors.As(err, &fork):
		r := &Refusal{Kind: "fork", Role: fork.Role, Version: fork.Version}
		var proof *forkProof
		if errors.As(err, &proof) {
			r.Proof = proof.files
		}
		return r
	case errors.As(err, &expired):
		return &Refusal{Kind: "expired", Role: expired.Role, Version: expired.Version, Expires: &expired.Expires}
	case errors.As(err, &threshold):
		return (&Refusal{Kind: "threshold", Role: threshold.Role, Version: threshold.Version}).of(int64(threshold.Threshold), int64(len(threshold.Valid)))
	case errors.As(err, &version):
		return (&Refusal{Kind: "version", Role: version.Role, Version: version.Found}).of(version.Trusted, version.Found)
	case errors.As(err, &format):
		return &Refusal{Kind: "format", Role: format.Role, Version: format.Version, Path: format.Path}
	case errors.As(err, &limit):
		return (&Refusal{Kind: "limit"}).of(limit.Limit, limit.Found)
	}
	return refusalByName(err)
}

// refusalByName is RefusalOf where names are at odds, and not numbers.
func refusalByName(err error) *Refusal {
	var content *verify.ContentError
	var target *verify.NotFoundError
	var repository *verify.RepositoryError
	var role *verify.RoleError
	var delegation *verify.DelegationError
	var pin *verify.PinError
	var signature *verify.SignatureError
	var store *verify.StoreFormatError
	var noBundle *bundle.FormatError
	switch {
	case errors.As(err, &content):
		return &Refusal{Kind: "content", Of: content.What}
	case errors.As(err, &target):
		return &Refusal{Kind: "target", Of: target.Path, Asked: target.Asked}
	case errors.As(err, &repository):
		return &Refusal{Kind: "repository", Role: repository.Role, Version: repository.Version, MustBe: repository.Want, Is: repository.Found}
	case errors.As(err, &role):
		return &Refusal{Kind: "role", MustBe: role.Want, Is: role.Found}
	case errors.As(err, &delegation):
		return &Refusal{Kind: "delegation", Role: delegation.Role, By: delegation.By}
	case errors.As(err, &pin):
		return &Refusal{Kind: "pin", MustBe: pin.Want.String(), Is: pin.Found.String()}
	case errors.As(err, &signature):
		return &Refusal{Kind: "signature", Role: signature.Role, Version: signature.Version, Of: signature.KeyID}
	case errors.As(err, &store):
		return (&Refusal{Kind: "store"}).of(store.Known, store.Found)
	case errors.As(err, &noBundle):
		return &Refusal{Kind: "format", Of: "bundle"}
	}
	return nil
}

func (r *Refusal) of(needed, found int64) *Refusal {
	r.Needed, r.Found = &needed, &found
	return r
}
