// Package forge is what this project asks of the place where pull requests are
// opened and merged: GitHub, GitLab, Gitea, Forgejo, or a plain git remote.
//
// Nothing here decides who signed or what may be merged; that is judged from git
// objects alone. A forge carries requests and shows answers, and is believed about
// neither: a pull request that it lists is fetched and judged, and what it merged
// is judged again.
//
// # Two ways to a pull request
//
// Without an API, and so without a token, a [Route] says how a branch becomes a
// pull request: by options of the push itself (GitLab), by pushing to a ref that
// stands for one (Gitea, Forgejo), by a page to open (GitHub), or by asking whoever
// maintains the remote. A route is computed from addresses and reaches nothing.
//
// With an API, a client offers as many of the small interfaces [Opener],
// [Reviewer], [Merger] and [Caretaker] as its forge has. Packages github and gitea offer
// all, by package hub.
// Each call may be made again after a kill or a lost answer: it finds what an
// earlier one has made and makes no second.
//
// # Tokens
//
// A [Token] comes from the environment or from the forge's own tool and from nowhere
// else. It cannot be printed, and a client sends it to one origin only, which follows
// from the remote that the person configured, never from a file of the repository.
package forge
