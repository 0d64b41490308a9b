// Package hub does what package forge names, at any forge that has an API: it offers
// [forge.Opener], [forge.Reviewer], [forge.Merger] and [forge.Caretaker] on top of an
// [API], which is one request of a forge each. Packages github and gitea are such.
//
// # Asking again
//
// Each operation is a step that looks first and acts only on what is missing. A step
// whose answer was lost, late, cut off, or a failure of the server is taken again, all
// of it, so what a lost answer has made is found. How often, and for how long, is in
// limits.go; whatever is left is an error of package forge.
//
// # Its own comments
//
// A report is found again by a hidden marker on the first line and by its author:
// anybody may write a comment with the same marker, and nobody else's is ever edited.
//
// # Where requests go
//
// All requests of a client that [NewHTTP] makes go to one origin, which follows from
// the remote. What points elsewhere is refused before a connection is made, and so is
// a redirect that would turn one request into another.
package hub
