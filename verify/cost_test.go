package verify_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// allocations of one call, in bytes.
func allocations(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// list writes n items, parted by commas.
func list(n int, item func(i int) string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(item(i))
	}
	return b.String()
}

// Before a signature is looked at, a document costs a bounded multiple of its
// size in memory, whatever it is made of; so nobody without a key makes a client
// use more. Documents of about one megabyte, each the worst in one way.
func TestReadCosts(t *testing.T) {
	const expires = `"expires":"2030-01-01T00:00:00Z","spec_version":"1.0.0","version":1`
	targets := func(body string) string {
		return `{"signatures":[],"signed":{"_type":"targets",` + expires + `,` + body + `}}`
	}
	for name, raw := range map[string]string{
		"targets":      targets(`"targets":{` + list(16000, func(i int) string { return fmt.Sprintf(`"t%d":{"hashes":{"sha256":"00"},"length":1}`, i) }) + `}`),
		"short names":  targets(`"targets":{},"x":{` + list(90000, func(i int) string { return fmt.Sprintf(`"%05d":0`, i) }) + `}`),
		"turned round": targets(`"targets":{},"x":{` + list(90000, func(i int) string { return fmt.Sprintf(`"%05d":0`, 90000-i) }) + `}`),
		"empty arrays": targets(`"targets":{},"x":[` + list(300000, func(int) string { return `[]` }) + `]`),
		"escapes":      targets(`"targets":{},"x":"` + strings.Repeat(`\u0041`, 160000) + `"`),
		"owners":       targets(`"targets":{},"x-rust-tuf":{"format":1,"repository":"r","role":"targets","owners":{` + list(70000, func(i int) string { return fmt.Sprintf(`"%05d":"a"`, i) }) + `}}`),
		"superseded":   targets(`"targets":{},"x-rust-tuf":{"format":1,"repository":"r","role":"targets","supersedes":[` + list(15000, func(int) string { return `"` + strings.Repeat("0", 64) + `"` }) + `]}`),
		"delegations": targets(`"delegations":{"keys":{},"roles":[` + list(14000, func(i int) string {
			return fmt.Sprintf(`{"keyids":[],"name":"%d","paths":[],"terminating":true,"threshold":1}`, i)
		}) + `]},"targets":{}`),
		"patterns":          targets(`"delegations":{"keys":{},"roles":[{"keyids":[],"name":"a","paths":[` + list(300000, func(int) string { return `""` }) + `],"terminating":true,"threshold":1}]},"targets":{}`),
		"too many keys":     targets(`"delegations":{"keys":{` + list(16000, func(i int) string { return fmt.Sprintf(`"%05d":{"keytype":"","keyval":{},"scheme":""}`, i) }) + `},"roles":[]},"targets":{}`),
		"too many key ids":  targets(`"delegations":{"keys":{},"roles":[{"keyids":[` + list(100000, func(i int) string { return fmt.Sprintf(`"%05d"`, i) }) + `],"name":"a","paths":[],"terminating":true,"threshold":1}]},"targets":{}`),
		"too many sigs":     `{"signatures":[` + list(30000, func(i int) string { return fmt.Sprintf(`{"keyid":"%05d","sig":"00"}`, i) }) + `],"signed":{"_type":"targets",` + expires + `,"targets":{}}}`,
		"one long string":   targets(`"targets":{},"x":"` + strings.Repeat("a", 1000000) + `"`),
		"one long key id":   `{"signatures":[{"keyid":"` + strings.Repeat("a", 1000000) + `","sig":"00"}],"signed":{"_type":"targets",` + expires + `,"targets":{}}}`,
		"one long sig":      `{"signatures":[{"keyid":"a","sig":"` + strings.Repeat("0", 1000000) + `"}],"signed":{"_type":"targets",` + expires + `,"targets":{}}}`,
		"not even a start":  strings.Repeat("[", 1000000),
		"names that are it": targets(`"targets":{},"` + strings.Repeat("a", 500000) + `":1,"` + strings.Repeat("a", 500000) + `":1`),
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			used := allocations(func() {
				var d *verify.Document
				if d, err = verify.Read([]byte(raw), verify.Limits{}); err == nil {
					_, err = d.Targets("targets")
				}
			})
			// All that is ever allocated, most of which is garbage soon.
			if used > uint64(48*len(raw)) {
				t.Errorf("%d bytes take %d, %.1f times as much; %.200v", len(raw), used, float64(used)/float64(len(raw)), err)
			}
		})
	}
}

// A mirror without any key makes a client read junk in place of targets: their
// delegations are looked at when somebody has signed them, not before.
func TestUnsignedDelegationsCostNothing(t *testing.T) {
	r := serve(t)
	c, _ := r.client()
	roles := list(1000, func(i int) string {
		return fmt.Sprintf(`{"keyids":[],"name":"%d","paths":[`+list(1000, func(int) string { return `""` })+`],"terminating":true,"threshold":1}`, i)
	})
	raw := []byte(`{"signatures":[],"signed":{"_type":"targets","delegations":{"keys":{},"roles":[` + roles + `]},"expires":"2030-01-01T00:00:00Z","spec_version":"1.0.31","targets":{},"version":1,"x-rust-tuf":{"format":1,"repository":"` + repository + `","role":"targets"}}}`)
	r.files["1.targets.json"] = raw
	var err error
	used := allocations(func() { _, err = refresh(c) })
	refused[*verify.ThresholdError](t, err, "threshold of root 1 not met", "0 of 3")
	if used > uint64(12*len(raw)) { // what it takes to receive and scan them
		t.Errorf("%d bytes take %d, %.1f times as much", len(raw), used, float64(used)/float64(len(raw)))
	}
}

// Each lookup compares its path with every pattern, so their number is bounded
// over all roles of a document, as that of the prefixes is.
func TestPatternLimit(t *testing.T) {
	read := func(lim verify.Limits, member string, counts ...int) error {
		signed := targetsSigned("targets", 1)
		for i, n := range counts {
			name := fmt.Sprint("role", i)
			delegating(signed, name, 1, edPerson(t, "dave"))
			role := set(signed["delegations"].(object)["roles"].([]any)[i].(object), "paths", gone)
			entries := make([]any, n)
			for i := range entries {
				entries[i] = "0a"
			}
			role[member] = entries
		}
		d, err := verify.Read(envelope(t, signed), lim)
		if err != nil {
			t.Fatal(err)
		}
		_, err = d.Targets("targets")
		return err
	}
	for _, member := range []string{"paths", "path_hash_prefixes"} {
		if err := read(verify.Limits{Patterns: 5}, member, 2, 3); err != nil {
			t.Errorf("%s, as many as there may be: %v", member, err)
		}
		e := refused[*verify.LimitError](t, read(verify.Limits{Patterns: 5}, member, 3, 3), "patterns and prefixes of delegated roles: 6, above the limit of 5")
		if e.Limit != 5 || e.Found != 6 {
			t.Errorf("%+v", e)
		}
		if err := read(verify.Limits{}, member, 40000, 25536); err != nil {
			t.Errorf("%s, as many as there may be by default: %v", member, err)
		}
		refused[*verify.LimitError](t, read(verify.Limits{}, member, 40000, 25537), "above the limit of 65536")
	}
}
