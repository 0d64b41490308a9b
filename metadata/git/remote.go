package git

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
)

// Wherever this package takes a remote, it is the name of a configured one, a
// URL, or a path, which is relative to the top of the checkout (to the
// repository itself if it is bare).

// remoteConfig is what the configuration says about one remote.
type remoteConfig struct {
	url, pushURL, receivePack, proxy string
}

// Remotes lists the configured remotes, sorted by name.
func (r *Repo) Remotes() []string { return slices.Sorted(maps.Keys(r.remotes)) }

// RemoteURL returns the address that git fetches a configured remote from, as
// it was written: before the user's rewriting of URLs, without a password.
// Errors: *NameError when no such remote is configured.
func (r *Repo) RemoteURL(name string) (string, error) {
	if err := checkRemote(name); err != nil {
		return "", err
	}
	remote, ok := r.remotes[name]
	if !ok {
		return "", &NameError{Kind: "remote", Name: withoutSecret(name), Reason: "is not configured in this clone (`git remote -v` lists those that are)"}
	}
	return withoutSecret(remote.url), nil
}

// addRemote takes in one setting of a remote: the name and what is set, and
// its value. Of several addresses, git uses the first.
func addRemote(all map[string]remoteConfig, key, value string) {
	dot := strings.LastIndexByte(key, '.')
	if dot < 1 {
		return
	}
	remote := all[key[:dot]]
	switch key[dot+1:] {
	case "url":
		if remote.url == "" {
			remote.url = value
		}
	case "pushurl":
		if remote.pushURL == "" {
			remote.pushURL = value
		}
	case "receivepack":
		remote.receivePack = value
	case "proxy":
		remote.proxy = value
	default:
		return
	}
	all[key[:dot]] = remote
}

// DefaultBranch asks a remote for its default branch. Errors: *BranchError,
// *RemoteError, *NameError.
func (r *Repo) DefaultBranch(ctx context.Context, remote string) (string, error) {
	out, err := r.lsRemote(ctx, address{name: remote, url: remote}, "--symref", "--", "HEAD")
	if err != nil {
		return "", err
	}
	branch, ok := parseHead(string(out))
	if !ok {
		return "", &BranchError{Remote: withoutSecret(remote)}
	}
	return branch, checkBranch(branch)
}

// parseHead finds the branch that HEAD stands for in what ls-remote printed.
// The remote chose the words.
func parseHead(out string) (branch string, ok bool) {
	for line := range strings.Lines(out) {
		target, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		branch, symbolic := strings.CutPrefix(target, "ref: refs/heads/")
		if symbolic && name == "HEAD" {
			return branch, true
		}
	}
	return "", false
}

// address is how a remote is reached.
type address struct {
	name string   // as the caller names it, for messages
	url  string   // or a path, or the name of a configured remote
	set  []string // configuration for this remote alone
}

// offer is a ref as a remote names it.
type offer struct {
	name string
	id   string
}

// offers lists the refs of a remote that fit one of the patterns.
func (r *Repo) offers(ctx context.Context, a address, patterns ...string) ([]offer, error) {
	out, err := r.lsRemote(ctx, a, append([]string{"--"}, patterns...)...)
	if err != nil {
		return nil, err
	}
	refs := r.format.parseOffers(string(out), r.limits.refs+1)
	if len(refs) > r.limits.refs {
		return nil, &LimitError{What: "branches and pull requests of " + withoutSecret(a.name), Limit: int64(r.limits.refs), Found: int64(len(refs))}
	}
	return refs, nil
}

// parseOffers reads what ls-remote printed, up to so many refs. The remote
// chose the names; what has no object id is no ref.
func (f format) parseOffers(out string, most int) []offer {
	var refs []offer
	for line := range strings.Lines(out) {
		id, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok || !f.isID(id) {
			continue
		}
		if len(refs) == most {
			break
		}
		refs = append(refs, offer{name, id})
	}
	return refs
}

// lsRemote runs git ls-remote; in args, the address follows "--".
func (r *Repo) lsRemote(ctx context.Context, a address, args ...string) ([]byte, error) {
	if err := checkRemote(a.url); err != nil {
		return nil, err
	}
	args = slices.Insert(args, slices.Index(args, "--")+1, a.url)
	out, err := r.run(ctx, command{args: append([]string{"ls-remote", "--quiet"}, args...), set: a.set, dir: r.checkout, asks: true})
	return out, remoteFailure(a.name, "ls-remote", err)
}

// remoteFailure gives a failed command the name of the remote it was about.
func remoteFailure(remote, action string, err error) error {
	var failed *CommandError
	if !errors.As(err, &failed) {
		return err
	}
	return &RemoteError{Remote: withoutSecret(remote), Action: action, Output: failed.Output, err: failed.err}
}
