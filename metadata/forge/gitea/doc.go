// Package gitea asks the interface that Gitea and Forgejo share, version 1, for what
// package forge names. It offers [forge.Opener], [forge.Reviewer], [forge.Merger] and
// [forge.Caretaker] by package hub, which says how often is asked, whose comments are
// edited, and where requests go.
//
// Requests are made here and not by the library of Gitea's own, of which the version
// that Go 1.25 takes has one context for all requests of a client, reads answers of
// any length, and asks for the server's version before it asks anything else.
//
// # The head of a pull request
//
// A pull request of a fork is shown with the branch of the fork as it is at that
// moment, also after it was merged. What was merged is refs/pull/<number>/head, which
// is asked for then. One that was made by a push for review (AGit) belongs to no
// repository: its branch is that ref, and it counts as a fork, because everybody who
// may read can make one.
package gitea
