// Package bundle makes one file of what a client has to fetch for some
// targets, and reads it where there is no network: roots, timestamp, snapshot,
// and each targets document on the way to them.
//
//	made, _, err := bundle.Make(ctx, fetcher, root, now, bundle.Limits{}, "channels/stable.toml") // here
//	if err != nil { … }
//	err = os.WriteFile("stable.bundle", made.Encode(), 0o644)
//
//	offline, err := bundle.Read(raw, bundle.Limits{}) // there
//	if err != nil { … }
//	client := &verify.Client{Metadata: offline, Store: store} // and then as ever
//
// Nothing in a bundle is trusted: it goes through the same client workflow as
// what a server answers, from a root that the reader has already. How fresh a
// bundle is, its timestamp says: a [verify.Verdict] holds until its Expires,
// and whoever has to judge a bundle after that gives an earlier instant, which
// the verdict shows. That nothing newer exists no file can prove.
//
// # The file
//
// A text of PEM blocks (RFC 7468), in any order, one for each file:
//
//	# lines like this are for people
//	-----BEGIN TUF METADATA-----
//	Name: 2.root.json
//
//	eyJzaWduZWQiOnsiX3R5cGUi…
//	-----END TUF METADATA-----
//
// Name is what a [verify.Fetcher] is asked for. It is the only header, no name
// stands there twice, at least one of them is that of a root, and nothing but
// white space and lines that begin with "#" stands outside of the blocks. Line
// ends may be CRLF. The oldest root is the one from which the bundle was made:
// readers begin with it, or with one just before it or newer.
package bundle
