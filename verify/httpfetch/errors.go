package httpfetch

import (
	"fmt"
	"net/http"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// AddressError says that nothing can be fetched from an address. It does not
// quote it, for there may be a password in it.
type AddressError struct {
	Reason string
}

func (e *AddressError) Error() string { return "the repository's address " + e.Reason }

// NameError says that the name of a file would not go to the server as it is
// written, or would lead elsewhere.
type NameError struct {
	Name, Reason string
}

func (e *NameError) Error() string { return fmt.Sprintf("%.80q %s", e.Name, e.Reason) }

// StatusError is an answer that has no file. It Is [verify.ErrNotFound] if the
// status is 404: the server says that there is none. No other status says so.
type StatusError struct {
	URL  string // without user name, password and query
	Code int
}

func (e *StatusError) Error() string {
	text := http.StatusText(e.Code)
	if text == "" {
		text = "unknown status"
	}
	hint := ""
	switch {
	case e.Code == http.StatusNotFound:
	case e.Code == http.StatusTooManyRequests || e.Code >= 500:
		hint = "; try again later"
	case e.Code == http.StatusUnauthorized || e.Code == http.StatusForbidden || e.Code == http.StatusProxyAuthRequired:
		hint = "; the server does not let this client read"
	}
	return fmt.Sprintf("%s: the server answers %d %s%s", e.URL, e.Code, text, hint)
}

// Is makes a 404 one for [errors.Is] with [verify.ErrNotFound].
func (e *StatusError) Is(target error) bool {
	return target == verify.ErrNotFound && e.Code == http.StatusNotFound
}

// RedirectError is a redirect that is not followed.
type RedirectError struct {
	URL, To string // To is the origin, or the address where one redirect too many leads
	tooMany bool
}

func (e *RedirectError) Error() string {
	if e.tooMany {
		return fmt.Sprintf("%s: more than %d redirects, the last to %s", e.URL, maxRedirects, e.To)
	}
	return fmt.Sprintf("%s: the server redirects to %s, which is another origin; if that is meant, configure its address", e.URL, e.To)
}

// TimeoutError says that the server took too long.
type TimeoutError struct {
	URL    string
	Reason string
	After  time.Duration // spent waiting for the server
	Read   int64         // bytes of the file that had arrived
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("%s: %s; gave up after %s and %d bytes", e.URL, e.Reason, e.After.Round(time.Millisecond), e.Read)
}

// Timeout makes the error one for os.IsTimeout and net.Error.
func (e *TimeoutError) Timeout() bool { return true }

// LengthError is a file shorter or longer than the server announced.
type LengthError struct {
	URL       string
	Announced int64 // -1 when the length is not announced, and the end was missing
	Found     int64 // a lower bound if it is above Announced
}

func (e *LengthError) Error() string {
	switch {
	case e.Announced < 0:
		return fmt.Sprintf("%s: cut off after %d bytes", e.URL, e.Found)
	case e.Found > e.Announced:
		return fmt.Sprintf("%s: longer than the %d bytes that the server announced", e.URL, e.Announced)
	}
	return fmt.Sprintf("%s: cut off after %d of %d bytes", e.URL, e.Found, e.Announced)
}

// EncodingError is a file that is sent in an encoding, such as gzip, though
// none was asked for.
type EncodingError struct {
	URL, Encoding string
}

func (e *EncodingError) Error() string {
	return fmt.Sprintf("%s: sent in the encoding %.40q, though none was asked for; the server must send the file as it is", e.URL, e.Encoding)
}
