package verification

import (
	"errors"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// Refusal is what a program may want to know of a document that was
// refused, beside the message.
type Refusal struct {
	Kind    string      `json:"kind"` // threshold, version, expired, format, limit, fork
	Role    string      `json:"role,omitempty"`
	Version int64       `json:"version,omitempty"` // of the refused document
	Needed  *int64      `json:"needed,omitempty"`  // threshold: keys; version: what is trusted or promised; limit: at most
	Found   *int64      `json:"found,omitempty"`   // of the same kind
	Expires *time.Time  `json:"expires,omitempty"`
	Path    string      `json:"path,omitempty"`  // format: where in the document
	Proof   []ProofFile `json:"proof,omitempty"` // fork: both documents
}

// RefusalOf says in numbers what an error says in words, nil where it has none.
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
	return nil
}

func (r *Refusal) of(needed, found int64) *Refusal {
	r.Needed, r.Found = &needed, &found
	return r
}
