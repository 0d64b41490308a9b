package git

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// Push moves a branch of a remote to c, if it is at expect: an empty expect
// means that the branch must not exist yet. When the branch is at c already,
// as after an interrupted push, that is success. A configured remote is pushed
// to at its first pushurl, or else its first url. Options go along with the push
// to a remote that takes them; they are about what the remote does with the branch,
// and none goes along when the branch is at c already.
//
// Errors: *MovedError when the branch is elsewhere, *RewindError when c is not
// built on expect, *RemoteError when the remote refuses or cannot be reached,
// *NameError.
func (r *Repo) Push(ctx context.Context, remote string, c Commit, branch string, expect Commit, options ...string) error {
	if err := checkOptions(options); err != nil {
		return err
	}
	if err := r.checkPush(ctx, remote, c, branch, expect); err != nil {
		return err
	}
	p := r.pushTo(remote, c, "refs/heads/"+branch, expect)
	p.options(options)
	for try := 1; ; try++ {
		failed := p.send(ctx)
		if failed == nil || ctx.Err() != nil {
			return failed
		}
		// What the remote says is not parsed: where the branch is now decides.
		now, err := p.look(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			return err
		case err != nil:
			return failed
		case now == c:
			return nil
		case now != expect:
			return &MovedError{Remote: withoutSecret(remote), Branch: branch, Want: expect, Found: now}
		case try == tries || !lost(failed):
			return failed
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

func (r *Repo) checkPush(ctx context.Context, remote string, c Commit, branch string, expect Commit) error {
	if err := checkRemote(remote); err != nil {
		return err
	}
	if err := checkBranch(branch); err != nil {
		return err
	}
	if err := r.format.checkCommit(c); err != nil {
		return err
	}
	if expect == "" {
		return nil
	}
	forward, err := r.IsAncestor(ctx, expect, c)
	if err == nil && !forward {
		err = &RewindError{Branch: branch, From: expect, To: c}
	}
	return err
}

// pushTo is a push to a remote, as it is configured.
func (r *Repo) pushTo(remote string, c Commit, ref string, expect Commit) *push {
	p := &push{repo: r, to: address{name: remote, url: remote}, commit: c, ref: ref, expect: expect}
	if config, ok := r.remotes[remote]; ok {
		p.use(config)
	}
	return p
}

// push is one push to one ref.
type push struct {
	repo   *Repo
	to     address
	flags  []string
	commit Commit
	ref    string
	expect Commit
}

// use takes the address and the settings of a configured remote. Pushing to
// its name would also move the clone's remote-tracking branch.
func (p *push) use(config remoteConfig) {
	p.to.url = config.url
	if config.pushURL != "" {
		p.to.url = config.pushURL
	}
	if config.receivePack != "" {
		p.flags = append(p.flags, "--receive-pack="+config.receivePack)
	}
	if config.proxy != "" {
		p.to.set = append(p.to.set, "http.proxy="+config.proxy)
	}
}

// options go along with the push.
func (p *push) options(list []string) {
	for _, o := range list {
		p.flags = append(p.flags, "--push-option="+o)
	}
}

// checkOptions refuses what git cannot send as one option of a push.
func checkOptions(list []string) error {
	for _, o := range list {
		if o == "" || strings.ContainsAny(o, "\x00\n\r") {
			return &NameError{Kind: "push option", Name: o, Reason: "is empty or has more than one line"}
		}
	}
	return nil
}

func (p *push) send(ctx context.Context) error {
	if err := checkRemote(p.to.url); err != nil {
		return err
	}
	_, err := p.repo.run(ctx, p.command())
	return p.failure(err)
}

// command is the run of git that pushes, with further flags.
func (p *push) command(flags ...string) command {
	args := slices.Concat([]string{"push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no",
		"--force-with-lease=" + p.ref + ":" + string(p.expect)}, p.flags, flags, []string{"--", p.to.url, string(p.commit) + ":" + p.ref})
	return command{args: args, set: slices.Clone(p.to.set), dir: p.repo.checkout, asks: true}
}

// failure gives a failed push the name of its remote.
func (p *push) failure(err error) error {
	var failed *CommandError
	if errors.As(err, &failed) {
		// The reason for a refused ref is on standard output.
		failed.Output = clean(failed.Output + "\n" + string(failed.stdout))
	}
	return remoteFailure(p.to.name, "push", err)
}

// look asks the remote where the branch is; empty when it is not there.
func (p *push) look(ctx context.Context) (Commit, error) {
	refs, err := p.repo.offers(ctx, p.to, p.ref)
	for _, ref := range refs {
		if ref.name == p.ref { // the pattern fits longer names as well
			return Commit(ref.id), err
		}
	}
	return "", err
}
