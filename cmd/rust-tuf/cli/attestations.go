package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/spf13/cobra"
)

// maxAttestationFiles bounds the files that are read in one folder:
// rust-lang/team has two for each of its members' cards.
const maxAttestationFiles = 5000

func (c *command) attestationsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "attestations FOLDER",
		Short: "tell what attestations that are kept elsewhere prove, and what they fall short of",
		Long: `attestations reads a folder of certificates that YubiKeys made, as rust-lang/team
keeps them (hardware-keys/SERIAL/attestation-9a.pem and f9-intermediate.pem) or
Sigstore's root-signing does, verifies each, and compares it with what the policy
demands of members' cards. It needs no card and no network. Outside a clone of a
metadata repository, and without a policy in it, the usual demands apply.

A key that is good enough is enrolled by its holder, with the card:
rust-tuf member enrol NAME --existing`,
		Args: frame.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.runAttestations(cmd.Context(), args[0]) },
	}
}

type attestationsResult struct {
	Policy       string              `json:"policy,omitempty"` // commit whose policy is applied; none: the usual demands
	Attestations []attestationResult `json:"attestations"`
	TestRoots    []string            `json:"test_roots,omitempty"`
}

// attestationResult is one key. It is good enough when nothing is in Short and
// there is no Error.
type attestationResult struct {
	Path  string   `json:"path"`
	Card  string   `json:"card,omitempty"`  // what it attests, in one line
	Short []string `json:"short"`           // what it falls short of
	Error string   `json:"error,omitempty"` // why it proves nothing
}

func (a attestationResult) ok() bool { return a.Error == "" && len(a.Short) == 0 }

func (r *attestationsResult) text(w *words.Lines) {
	writeTestRoots(w, r.TestRoots)
	if r.Policy == "" {
		w.Printf("There is no policy here, so the usual demands apply.\n")
	}
	for _, a := range r.Attestations {
		switch {
		case a.Error != "":
			w.Printf("wrong: %s proves nothing: %s\n", a.Path, a.Error)
			continue
		case len(a.Short) > 0:
			w.Printf("falls short: %s: %s\n", a.Path, a.Card)
		default:
			w.Printf("ok: %s: %s\n", a.Path, a.Card)
		}
		for _, s := range a.Short {
			w.Printf("    %s\n", s)
		}
	}
}

func (c *command) runAttestations(ctx context.Context, folder string) error {
	files, err := certificatesIn(c.path(folder))
	if err != nil {
		return err
	}
	proof := c.env.Attestation
	if proof == nil {
		if proof, err = attest.Yubico(); err != nil {
			return err
		}
	}
	out := &attestationsResult{Attestations: []attestationResult{}, TestRoots: proof.TestRoots()}
	known := &declared{terms: &roles.Terms{KeyID: roles.FormSpec, Devices: roles.DefaultDevices()}, proof: proof}
	if here := c.declaredHere(ctx); here != nil {
		known, out.Policy = here, here.at
	}
	found, err := attest.FindAll(files)
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			path, reason, _ := strings.Cut(strings.TrimSpace(line), ": ")
			out.Attestations = append(out.Attestations, attestationResult{Path: path, Short: []string{}, Error: reason})
		}
	}
	for _, f := range found {
		out.Attestations = append(out.Attestations, c.inspected(f, known))
	}
	if len(out.Attestations) == 0 {
		return rejected(fmt.Errorf("%s holds no attestation: looked for SERIAL/attestation-SLOT.pem beside SERIAL/%s", folder, attest.DeviceFile))
	}
	if err := c.show(out); err != nil {
		return err
	}
	bad := 0
	for _, a := range out.Attestations {
		if !a.ok() {
			bad++
		}
	}
	if bad > 0 {
		return rejected(fmt.Errorf("%d of %s %s not what is demanded of a member's card", bad, words.Counted(len(out.Attestations), "attestation"), isAre(bad)))
	}
	return nil
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// declared is what a repository says about cards.
type declared struct {
	at      string // the commit
	terms   *roles.Terms
	proof   *attest.Verifier // which knows the repository's intermediates
	members map[string]*roles.Member
}

// declaredHere is what the commit at HEAD says; nil where there is no policy.
func (c *command) declaredHere(ctx context.Context) *declared {
	w, err := c.openClone(ctx)
	if err != nil {
		return nil
	}
	head, err := w.git.Resolve(ctx, "HEAD")
	if err != nil {
		return nil
	}
	repo, err := w.read(ctx, head)
	if err != nil {
		return nil
	}
	raw, err := repo.Tree().Read(metadata.PolicyFile)
	if err != nil {
		return nil
	}
	terms, err := roles.ParseTerms(metadata.PolicyFile, raw)
	if err != nil {
		return nil
	}
	verifier, err := repo.Verifier()
	if err != nil {
		return nil
	}
	members, err := repo.Members()
	if err != nil {
		return nil
	}
	return &declared{string(head), terms, verifier, members}
}

// inspected is what one attestation proves.
func (c *command) inspected(f attest.Files, known *declared) attestationResult {
	out := attestationResult{Path: f.SlotPath, Short: []string{}}
	a, err := f.Parse()
	if err != nil {
		out.Error = err.Error()
		return out
	}
	facts, err := known.proof.Verify(a, c.env.Now().UTC())
	switch {
	case err != nil:
		out.Error = err.Error()
		return out
	case facts.Serial != f.Serial:
		out.Error = fmt.Sprintf("it is kept as card %d's, and attests card %d", f.Serial, facts.Serial)
		return out
	case f.Slot != 0 && facts.Slot != f.Slot:
		out.Error = fmt.Sprintf("it is kept as slot %s's, and attests slot %s", f.Slot, facts.Slot)
		return out
	}
	out.Card = facts.String()
	for _, short := range known.shortcomings(facts, roles.Evidence{Slot: string(a.SlotPEM()), Device: string(a.DevicePEM())}) {
		out.Short = append(out.Short, short.Text)
	}
	return out
}

// shortcomings compares a key that a card attests with [devices] of the policy,
// by the rules of the gate: as if its holder sent it.
func (d *declared) shortcomings(facts attest.Facts, evidence roles.Evidence) []roles.Finding {
	holder := d.holder(facts.Key)
	m := &roles.Member{Format: 1, Name: holder, Login: holder, Keys: []roles.MemberKey{{Label: "main", Public: roles.PublicKey{PublicKey: facts.Key},
		Kind: roles.KindPIV, Serial: int64(facts.Serial), Slot: facts.Slot.String(), Status: roles.StatusActive, Evidence: evidence}}}
	var short []roles.Finding
	for _, f := range d.terms.Judge(map[string]*roles.Member{holder: m}, []string{holder}, d.proof) {
		if f.Rule != "possession" && f.Severity == roles.Refused {
			f.Text = strings.TrimPrefix(f.Text, holder+"/main: ")
			short = append(short, f)
		}
	}
	return short
}

// holder is the member who is declared with a key, whose exceptions hold; "you"
// for a key that nobody is declared with.
func (d *declared) holder(key verify.PublicKey) string {
	for _, name := range slices.Sorted(maps.Keys(d.members)) {
		for _, k := range d.members[name].Keys {
			if k.Public.Equal(key) {
				return name
			}
		}
	}
	return "you"
}

// certificatesIn reads the small files with certificates below a folder, by
// their paths with forward slashes. Links are not followed.
func certificatesIn(folder string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == ".git":
			return fs.SkipDir
		case !entry.Type().IsRegular() || filepath.Ext(path) != ".pem":
			return nil
		case len(files) == maxAttestationFiles:
			return fmt.Errorf("%s holds more than %d files with certificates; name a folder within it", folder, maxAttestationFiles)
		}
		text, err := frame.ReadBounded(path, roles.EvidenceBytes)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		// A folder that is one card's is called by the card's number.
		files[filepath.ToSlash(filepath.Join(filepath.Base(folder), rel))] = text
		return nil
	})
	if errors.Is(err, os.ErrNotExist) {
		return nil, usage(err)
	}
	return files, err
}
