// Package httpfetch gets the files of a repository over HTTP, for
// [verify.Client]. Nothing that a server does is trusted: what is wrong, the
// signatures and hashes tell. This package sees to it that a server can waste
// neither time nor memory without bound, cannot send the client elsewhere, and
// cannot pass a failure off as an answer.
//
//	metadata, err := httpfetch.New("https://example.org/metadata/", httpfetch.Options{})
//	if err != nil { … }
//	client := verify.Client{Metadata: metadata, Store: store}
//
// # What it does
//
//   - One GET for each file, in HTTP/1.1, on connections that are kept for the
//     next. No probing, no HEAD, no retry of an answer.
//   - The address of a file is the base address and the name, joined as text:
//     what is percent-encoded in either goes to the server as it is written.
//   - Every wait has an end ([Options]): for the connection, for the header,
//     for the next byte, and on average over the whole file.
//   - 404, and nothing else, is [verify.ErrNotFound]. Any other status but 200
//     is a [*StatusError] too, and no answer.
//   - Redirects are followed within the origin: the same scheme, host and port.
//     Others are a [*RedirectError].
//   - A file shorter or longer than its Content-Length is a [*LengthError], one
//     above [Options].Size a [*verify.LimitError], and one in an encoding, which
//     is never asked for, an [*EncodingError]. What is
//     behind the announced length and arrives only after the file was delivered
//     is thrown away with the connection.
//
// It has a client and a transport of its own. It reads no environment, keeps no
// cookies, and writes to no log. A user name and password in the base address
// are sent to the server, and appear in no error; nor does a query that a
// redirect adds.
package httpfetch
