package gitea

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/metadata/forge/hub"
)

// Client asks one repository. It is safe for use by several goroutines.
type Client struct{ *hub.Hub }

// Options are what a client may be told.
type Options = hub.Options

// needs are the scopes of a token, as both forges name them.
var needs = hub.Needs{
	Open: "write:repository", List: "read:repository", Report: "write:issue and read:user", Judge: "write:repository",
	Merge: "write:repository", Close: "write:repository", Raise: "write:issue and read:user",
}

// New makes a client for a repository. Nothing is asked yet. The last two parts of
// its path are the owner and the repository: a forge may stand below a path. Errors:
// *hub.AddressError.
func New(a forge.Address, t forge.Token, o Options) (*Client, error) {
	parts := strings.Split(a.Path, "/")
	if len(parts) < 2 || !hub.IsName(parts[len(parts)-1]) || !hub.IsName(parts[len(parts)-2]) || a.Host == "" {
		return nil, &hub.AddressError{Address: a.String(), Forge: "Gitea", Reason: "it ends in owner/repository"}
	}
	if o.API == "" {
		o.API = strings.Join(append([]string{a.Pages()}, parts[:len(parts)-2]...), "/") + InterfacePath
	}
	base, ok := hub.Base(o.API)
	if !ok {
		return nil, &hub.AddressError{Address: a.String(), Forge: "Gitea", Reason: "a token is sent over https only"}
	}
	r := &repository{base: base, owner: parts[len(parts)-2], name: parts[len(parts)-1], http: hub.NewHTTP(base, t, "application/json", o.Timeout)}
	pages := strings.TrimSuffix(strings.TrimSuffix(base.String(), "/"), InterfacePath)
	return &Client{hub.New(r, hub.Config{
		Where: a.String(), Token: t, Obtain: "docs/forges.md says which token is needed, and where it is looked for", Needs: needs,
		Page: func(number int) string { return fmt.Sprintf("%s/%s/%s/pulls/%d", pages, r.owner, r.name, number) }, Options: o,
	})}, nil
}

// InterfacePath is where the interface is, below the pages.
const InterfacePath = "/api/v1"

// repository is what package hub asks for.
type repository struct {
	base        *url.URL
	owner, name string
	http        *http.Client
}

var _ hub.API = (*repository)(nil)

// perPage is the most that both forges give in one page, unless they are told
// otherwise.
const perPage = 50

// fields is the body of a request.
type fields map[string]any

// ask makes a request below the repository and reads the answer into out, which may
// be nil.
func (r *repository) ask(ctx context.Context, method, path string, in fields, out any) error {
	_, err := r.send(ctx, method, "repos/"+r.owner+"/"+r.name+path, nil, in, out)
	return err
}

// list reads a page of a list, and returns the number of the next one.
func (r *repository) list(ctx context.Context, path string, filter url.Values, page int, out any) (int, error) {
	filter.Set("limit", strconv.Itoa(perPage))
	filter.Set("page", strconv.Itoa(page))
	header, err := r.send(ctx, http.MethodGet, "repos/"+r.owner+"/"+r.name+path, filter, nil, out)
	return nextPage(header), err
}

func (r *repository) send(ctx context.Context, method, path string, query url.Values, in fields, out any) (http.Header, error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	at := *r.base
	at.Path, at.RawQuery = at.Path+path, query.Encode()
	q, err := http.NewRequestWithContext(ctx, method, at.String(), body)
	if err != nil {
		return nil, err
	}
	q.Header.Set("User-Agent", "rust-tuf")
	if in != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	resp, err := r.http.Do(q)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK, http.StatusCreated, http.StatusNoContent:
		return resp.Header, read(resp.Body, out)
	}
	if resp.StatusCode < http.StatusMultipleChoices {
		return nil, hub.ErrIncomplete // taken, and not done yet
	}
	refused := &hub.Refusal{Status: resp.StatusCode, Header: resp.Header}
	refused.Words, refused.Err = words(resp.Body)
	return nil, refused
}

// read reads one value. An answer that ends before it is one that was cut off.
func read(body io.Reader, out any) error {
	if out == nil {
		_, err := io.Copy(io.Discard, body)
		return err
	}
	err := json.NewDecoder(body).Decode(out)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// words are what a forge says about a refusal; what is no answer of one says nothing.
func words(body io.Reader) (string, error) {
	var said struct {
		Message string   `json:"message"`
		Errors  []string `json:"errors"`
	}
	text, err := io.ReadAll(body)
	if json.Unmarshal(text, &said) != nil {
		return "", err
	}
	return strings.Join(append([]string{said.Message}, said.Errors...), "; "), err
}

// nextForm is the link to the next page of a list.
var nextForm = regexp.MustCompile(`<[^<>]*[?&]page=(\d{1,9})(?:&[^<>]*)?>; *rel="next"`)

// nextPage is the number of the page that an answer links to; 0 after the last. Where
// the link points to is not looked at.
func nextPage(h http.Header) int {
	found := nextForm.FindStringSubmatch(h.Get("Link"))
	if found == nil {
		return 0
	}
	page, _ := strconv.Atoi(found[1])
	return page
}
