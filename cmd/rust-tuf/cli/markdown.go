package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
)

// gateReport is what the gate says about a pull request, for the page of the
// pull request: Markdown, in which no text out of the repository can be more
// than text.
type gateReport struct {
	gate    *gateResult
	reviews []*payloadReview
	wanted  []wantedEntry
	dates   []momentEntry // the deadlines of the versions that the event is about
	logins  map[string]string
}

// gateReportOf adds to a verdict what people want to see beside it: the whole
// difference, whose card is still needed, and until when. Neither tree is read
// where none came of the pull request.
func (w *workspace) gateReportOf(ctx context.Context, v *metadata.Verdict, before, after metadata.Tree) (*gateReport, error) {
	out := &gateReport{gate: gateOf(v)}
	if v.Standing == nil && v.Completion == nil {
		return out, nil
	}
	base, err := metadata.Read(before, w.judgedNow()...)
	if err != nil {
		return nil, err
	}
	trusted, err := base.TrustedByItself()
	if err != nil {
		return nil, err
	}
	standing := v.Standing
	if v.Completion != nil {
		standing = v.Completion.Standing
	}
	if standing == nil { // the event is only closed
		return out, nil
	}
	head, err := metadata.Read(after, w.judgedNow()...)
	if err != nil && v.Completion == nil {
		return nil, err
	}
	if v.Completion == nil {
		trusted = trusted.In(head)
	}
	for _, p := range standing.Payloads {
		review, err := reviewOf(trusted, standing.Event, p)
		if err != nil {
			return nil, err
		}
		out.reviews = append(out.reviews, review)
	}
	d, err := base.Declaration()
	if v.Completion == nil {
		d, err = head.Declaration()
	}
	if err != nil { // a report without logins and cards is better than none
		d = &roles.Declaration{Policy: &roles.Policy{}}
	}
	out.logins = loginsOf(d)
	if v.Completion != nil {
		if head == nil || !v.Accepted() {
			return out, nil
		}
		if trusted, err = head.TrustedByItself(); err != nil {
			return nil, err
		}
	} else {
		out.wanted = wantedOf(standing.Wanted(d))
	}
	for _, m := range momentEntries(trusted.Schedule(d)) {
		if m.Role != "" && standing.Payload(m.Role) != nil {
			out.dates = append(out.dates, m)
		}
	}
	return out, nil
}

func loginsOf(d *roles.Declaration) map[string]string {
	out := map[string]string{}
	for name, m := range d.Members {
		out[name] = m.Login
	}
	return out
}

func (r *gateReport) text(w *words.Lines) { w.Add(r.file()) }

// file is the report; as a file it goes out byte by byte.
func (r *gateReport) file() string {
	var b strings.Builder
	g := r.gate
	title := "Nothing speaks against merging this"
	switch {
	case !g.Accepted:
		title = "Do not merge this"
	case g.Blocks > 0:
		title = "No event can be proposed from this"
	}
	fmt.Fprintf(&b, "### %s\n\nThis pull request %s.\n\n**%s:** %s.\n", title, escapeMarkdown(g.what()), g.nextLabel(), withCommands(g.Next))
	for _, name := range g.TestRoots {
		fmt.Fprintf(&b, "\n**This is a rehearsal:** judged with %s in place of Yubico's roots.\n", escapeMarkdown(name))
	}
	if g.Signer != "" {
		fmt.Fprintf(&b, "\nThe signature is by %s, with %s, over %s version %d, and it is valid.\n", escapeMarkdown(g.Signer), escapeMarkdown(g.Device), escapeMarkdown(g.Role), g.Version)
	}
	list(&b, "Refused, because", g.Refusals)
	for _, d := range g.Discards {
		r.discarded(&b, d)
	}
	if g.showsEdits() {
		fmt.Fprintf(&b, "\n#### What it changes\n\n%s", fenced(strings.Join(g.Edits.Lines(), "\n")+"\n"))
	}
	r.rules(&b)
	if metadata.Kind(g.Kind) == metadata.KindRepair {
		list(&b, "Files that it removes", g.fileLines())
	}
	list(&b, "Files that no rule is about, so read them yourself", g.freeLines())
	for _, h := range g.Handovers {
		var text words.Lines
		h.text(&text)
		fmt.Fprintf(&b, "\n#### A root of another repository\n\n%s", fenced(text.String()))
	}
	r.published(&b)
	if g.Standing != nil {
		r.event(&b)
	}
	r.ending(&b)
	return b.String()
}

// rules are what the rules for a quorum say, each with the reason of the
// exception that allows it.
func (r *gateReport) rules(b *strings.Builder) {
	title := "What the rules for a quorum say"
	if r.gate.Blocks > 0 {
		title = "What the rules for a quorum would say of an event that is proposed from it"
	}
	var findings []string
	for _, f := range r.gate.findings() {
		line := f.label() + ": " + f.Text
		if reason := f.reason(); reason != "" {
			line += " (" + reason + ")"
		}
		findings = append(findings, line)
	}
	list(b, title, findings)
}

// discarded are the people to be told that their signatures count no more.
func (r *gateReport) discarded(b *strings.Builder, d discardedEvent) {
	fmt.Fprintf(b, "\n**%s**\n", escapeMarkdown(d.sentence()))
	for _, name := range d.Signers {
		fmt.Fprintf(b, "- %s\n", r.person(name))
	}
}

// person is a member with their login. It mentions nobody: a report comes with
// every push.
func (r *gateReport) person(name string) string {
	if login := r.logins[name]; login != "" {
		return escapeMarkdown(name) + " (`" + login + "` at the forge)"
	}
	return escapeMarkdown(name)
}

func list(b *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n", title)
	for _, line := range lines {
		fmt.Fprintf(b, "- %s\n", withCommands(line))
	}
}

// published is what a completion publishes, or why it publishes nothing.
func (r *gateReport) published(b *strings.Builder) {
	g := r.gate
	if g.Overtaken != "" {
		fmt.Fprintf(b, "\nNothing is published. Why the event can never be completed: %s\n", withCommands(g.Overtaken))
	}
	if len(g.Published) == 0 {
		return
	}
	if len(r.reviews) > 0 {
		fmt.Fprintf(b, "\n#### What event %s publishes\n\nWhy: %s\n", escapeMarkdown(r.reviews[0].Event), escapeMarkdown(r.reviews[0].Why))
	}
	for i, p := range g.Published {
		fmt.Fprintf(b, "\n**%s version %d**, file `%s`, signed by %s. Digest of the exact bytes that were signed:\n\n", escapeMarkdown(p.Role), p.Version, p.Path, escapeMarkdown(words.Join(p.Signers)))
		writeFencedDigest(b, p.SHA256)
		if i < len(r.reviews) {
			writeRules(b, r.reviews[i].Rules)
		}
	}
}

func writeFencedDigest(b *strings.Builder, digest string) {
	b.WriteString("```\n")
	words.WriteDigest(b, digest)
	b.WriteString("```\n")
}

// writeRules are the thresholds that a version must meet, the old one and the new
// one side by side.
func writeRules(b *strings.Builder, rules []ruleReview) {
	b.WriteString("\n| who decides | signed | missing |\n|---|---|---|\n")
	for _, rule := range rules {
		missing := "nobody"
		if n := rule.Threshold - len(rule.Signed); n > 0 {
			missing = fmt.Sprintf("%d more of: %s", n, escapeMarkdown(strings.Join(rule.Missing, ", ")))
		}
		signed := "0"
		if n := len(rule.Signed); n > 0 {
			signed = fmt.Sprintf("%d: %s", n, escapeMarkdown(strings.Join(rule.Signed, ", ")))
		}
		fmt.Fprintf(b, "| %s, %d needed | %s | %s |\n", escapeMarkdown(rule.By), rule.Threshold, signed, missing)
	}
}

// event is how far the event is, after the merge.
func (r *gateReport) event(b *strings.Builder) {
	s := r.gate.Standing
	fmt.Fprintf(b, "\n#### Event %s, after the merge\n\nWhy: %s\n", escapeMarkdown(s.Event), escapeMarkdown(s.Why))
	for _, p := range s.Payloads {
		fmt.Fprintf(b, "\n**%s version %d**, digest of the exact bytes to be signed:\n\n", escapeMarkdown(p.Role), p.Version)
		writeFencedDigest(b, p.Digest)
		writeRules(b, p.Rules)
	}
	r.people(b)
}

// ending is what comes last, whether the event opens, goes on or ends: the dates
// and the whole difference.
func (r *gateReport) ending(b *strings.Builder) {
	if len(r.dates) > 0 {
		title := "Dates of the version that is replaced"
		if len(r.gate.Published) > 0 {
			title = "Dates of what is published"
		}
		fmt.Fprintf(b, "\n%s:\n", title)
		for _, m := range r.dates {
			fmt.Fprintf(b, "- %s: %s\n", m.At.Format(time.DateOnly), escapeMarkdown(m.Text))
		}
	}
	for _, review := range r.reviews {
		var text words.Lines
		review.text(&text)
		folded(b, fmt.Sprintf("All changes of %s version %d", review.Role, review.Version), text.String())
	}
	if e := r.gate.Edits; e != nil && len(e.Changes) > 0 && !r.gate.showsEdits() {
		folded(b, "All edits of the policy and of members' files", strings.Join(e.Lines(), "\n")+"\n")
	}
}

func folded(b *strings.Builder, title, text string) {
	fmt.Fprintf(b, "\n<details><summary>%s</summary>\n\n%s\n</details>\n", escapeMarkdown(title), fenced(text))
}

// people are those who are still needed, with the card to take and the command
// to type.
func (r *gateReport) people(b *strings.Builder) {
	named := map[string]bool{}
	for _, wanted := range r.wanted {
		for _, h := range wanted.Of {
			if named[h.KeyID] {
				continue
			}
			if len(named) == 0 {
				b.WriteString("\n| who can still sign | with | command |\n|---|---|---|\n")
			}
			named[h.KeyID] = true
			with := "the key called " + h.Label
			if h.Serial != 0 {
				with = fmt.Sprintf("YubiKey %d", h.Serial)
			}
			fmt.Fprintf(b, "| %s | %s | `rust-tuf sign %s` |\n", r.person(h.Member), escapeMarkdown(with), r.gate.Standing.Event)
		}
	}
}
