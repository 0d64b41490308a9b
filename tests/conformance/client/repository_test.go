package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/cjson"
)

// object is a JSON object in the making.
type object = map[string]any

// key signs for one role.
type key struct {
	kind, scheme, public string
	sign                 func(message []byte) ([]byte, error)
	other                string // an id of its own, for one key under several
}

func (k key) object() object {
	return object{"keytype": k.kind, "scheme": k.scheme, "keyval": object{"public": k.public}}
}

func (k key) id() string {
	if k.other != "" {
		return k.other
	}
	sum := sha256.Sum256([]byte(k.public))
	return hex.EncodeToString(sum[:])
}

func ed25519Key(name string) key {
	seed := sha256.Sum256([]byte(name))
	private := ed25519.NewKeyFromSeed(seed[:])
	public := hex.EncodeToString(private.Public().(ed25519.PublicKey))
	return key{kind: "ed25519", scheme: "ed25519", public: public, sign: func(message []byte) ([]byte, error) { return ed25519.Sign(private, message), nil }}
}

func pemKey(t *testing.T, kind, scheme string, signer crypto.Signer, opts crypto.SignerOpts) key {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(signer.Public())
	must(t, err)
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	return key{kind: kind, scheme: scheme, public: public, sign: func(message []byte) ([]byte, error) {
		sum := sha256.Sum256(message)
		return signer.Sign(rand.Reader, sum[:], opts)
	}}
}

func p256Key(t *testing.T) key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return pemKey(t, "ecdsa", "ecdsa-sha2-nistp256", private, crypto.SHA256)
}

func rsaKey(t *testing.T) key {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 3072)
	must(t, err)
	return pemKey(t, "rsa", "rsassa-pss-sha256", private, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256})
}

// repository is a server with one, and what it was asked for.
type repository struct {
	t         *testing.T
	url       string
	keys      map[string]key  // by role
	rules     map[string]rule // for roles that have more than one key
	hashes    bool            // whether files are promised with length and hash
	root      object
	timestamp object
	snapshot  object
	targets   map[string]object

	mu    sync.Mutex
	files map[string][]byte // by what stands in the request
	asked []string
}

func expires(in time.Duration) string { return time.Now().Add(in).UTC().Format(time.RFC3339) }

// signed is what a document of every type begins with.
func signed(typ string) object {
	return object{"_type": typ, "spec_version": "1.0.31", "version": 1, "expires": expires(30 * 24 * time.Hour)}
}

// serve starts a repository with one target, and publishes it.
func serve(t *testing.T) *repository {
	t.Helper()
	r := &repository{t: t, keys: map[string]key{}, rules: map[string]rule{}, files: map[string][]byte{}, root: signed("root"), timestamp: signed("timestamp"), snapshot: signed("snapshot"), targets: map[string]object{"targets": signed("targets")}}
	r.root["consistent_snapshot"] = true
	for _, role := range []string{"root", "timestamp", "snapshot", "targets"} {
		r.keys[role] = ed25519Key(role)
	}
	r.targets["targets"]["targets"] = object{}
	r.add("targets", "stable.toml", "stable")
	r.publishRoot()
	r.publish()
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL + "/a%2Fb/"
	return r
}

func (r *repository) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := request.RequestURI[len("/a%2Fb/"):]
	r.asked = append(r.asked, name)
	if request.Method != http.MethodGet {
		r.t.Errorf("%s %s", request.Method, name)
	}
	raw, ok := r.files[name]
	if !ok {
		http.NotFound(w, request)
		return
	}
	_, _ = w.Write(raw)
}

// requests returns what was asked for since the last call.
func (r *repository) requests() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := r.asked
	r.asked = nil
	return asked
}

func (r *repository) put(name string, raw []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.files[name] = raw
}

func (r *repository) drop(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.files, name)
}

// rule is who must sign a role, and who does.
type rule struct {
	threshold int
	keys      []key
	signers   []key
}

// rule is that of a role; one key and a threshold of one where none was set.
func (r *repository) rule(role string) rule {
	if found, ok := r.rules[role]; ok {
		return found
	}
	one := []key{r.keys[role]}
	return rule{1, one, one}
}

// promise is what is said of a file elsewhere.
func (r *repository) promise(document object, raw []byte) object {
	promise := object{"version": document["version"]}
	if r.hashes {
		sum := sha256.Sum256(raw)
		promise["length"], promise["hashes"] = len(raw), object{"sha256": hex.EncodeToString(sum[:])}
	}
	return promise
}

// envelope signs a document with the keys of its role.
func (r *repository) envelope(role string, document object) []byte {
	r.t.Helper()
	message, err := cjson.EncodeCanonical(document)
	must(r.t, err)
	signatures := []any{}
	for _, k := range r.rule(role).signers {
		sig, err := k.sign(message)
		must(r.t, err)
		signatures = append(signatures, object{"keyid": k.id(), "sig": hex.EncodeToString(sig)})
	}
	raw, err := json.MarshalIndent(object{"signed": document, "signatures": signatures}, "", "  ")
	must(r.t, err)
	return append(raw, '\n')
}

func (r *repository) publishRoot() {
	r.t.Helper()
	keys, roles := object{}, object{}
	for _, role := range []string{"root", "timestamp", "snapshot", "targets"} {
		rule, ids := r.rule(role), []any{}
		for _, k := range rule.keys {
			keys[k.id()] = k.object()
			ids = append(ids, k.id())
		}
		roles[role] = object{"keyids": ids, "threshold": rule.threshold}
	}
	r.root["keys"], r.root["roles"] = keys, roles
	r.put(fmt.Sprintf("metadata/%d.root.json", r.root["version"]), r.envelope("root", r.root))
}

// publish publishes everything but the root. encode is how a role stands in an
// address; it is this test's own.
func (r *repository) publish() {
	r.t.Helper()
	meta := object{}
	for _, role := range slices.Sorted(maps.Keys(r.targets)) {
		document := r.targets[role]
		raw := r.envelope(role, document)
		meta[role+".json"] = r.promise(document, raw)
		r.put(fmt.Sprintf("metadata/%d.%s.json", document["version"], encode(role)), raw)
	}
	r.snapshot["meta"] = meta
	r.publishSnapshot()
}

// publishSnapshot publishes the snapshot as it is, and a timestamp for it.
func (r *repository) publishSnapshot() {
	r.t.Helper()
	raw := r.envelope("snapshot", r.snapshot)
	r.put(fmt.Sprintf("metadata/%d.snapshot.json", r.snapshot["version"]), raw)
	r.timestamp["meta"] = object{"snapshot.json": r.promise(r.snapshot, raw)}
	r.publishTimestamp()
}

func (r *repository) publishTimestamp() {
	r.t.Helper()
	r.put("metadata/timestamp.json", r.envelope("timestamp", r.timestamp))
}

func encode(role string) string {
	switch role {
	case "?":
		return "%3F"
	case "#":
		return "%23"
	case "..":
		return "%2E%2E"
	case "/delegatedrole":
		return "%2Fdelegatedrole"
	case "../delegatedrole":
		return "..%2Fdelegatedrole"
	case "a/b":
		return "a%2Fb"
	}
	return role
}

// bump raises the versions of timestamp, snapshot and some targets, and
// publishes.
func (r *repository) bump(roles ...string) {
	r.t.Helper()
	documents := []object{r.timestamp, r.snapshot}
	for _, role := range roles {
		documents = append(documents, r.targets[role])
	}
	for _, document := range documents {
		document["version"] = document["version"].(int) + 1
	}
	r.publish()
}

// add lists a target and serves it; both its names are those of the path.
func (r *repository) add(role, path, content string) (served string) {
	r.t.Helper()
	sum := sha256.Sum256([]byte(content))
	digits := hex.EncodeToString(sum[:])
	r.targets[role]["targets"].(object)[path] = object{"length": len(content), "hashes": object{"sha256": digits}}
	served = "targets/" + digits + "." + path
	r.put(served, []byte(content))
	return served
}

// delegate delegates paths to a role, and makes it if there is none.
func (r *repository) delegate(by, role string, terminating bool, paths ...string) {
	r.t.Helper()
	if r.targets[role] == nil {
		r.keys[role], r.targets[role] = ed25519Key(role), signed("targets")
		r.targets[role]["targets"] = object{}
	}
	d, ok := r.targets[by]["delegations"].(object)
	if !ok {
		d = object{"keys": object{}, "roles": []any{}}
		r.targets[by]["delegations"] = d
	}
	d["keys"].(object)[r.keys[role].id()] = r.keys[role].object()
	d["roles"] = append(d["roles"].([]any), object{"name": role, "keyids": []any{r.keys[role].id()}, "threshold": 1, "terminating": terminating, "paths": paths})
}
