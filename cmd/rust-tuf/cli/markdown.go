package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/terminal"
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
	dates   []momentEntry // the deadlines of the versions that are replaced
}

// gateReportOf adds to a verdict what people want to see beside it: the whole
// difference, whose card is still needed, and until when.
func (w *workspace) gateReportOf(ctx context.Context, v *metadata.Verdict, before, after metadata.Tree) (*gateReport, error) {
	out := &gateReport{gate: gateOf(v)}
	if v.Standing == nil {
		return out, nil
	}
	base, err := metadata.Read(before, w.judgedNow()...)
	if err != nil {
		return nil, err
	}
	head, err := metadata.Read(after, w.judgedNow()...)
	if err != nil {
		return nil, err
	}
	trusted, err := base.TrustedByItself()
	if err != nil {
		return nil, err
	}
	trusted = trusted.In(head)
	for _, p := range v.Standing.Payloads {
		review, err := reviewOf(trusted, v.Standing.Event, p)
		if err != nil {
			return nil, err
		}
		out.reviews = append(out.reviews, review)
	}
	d, err := head.Declaration()
	if err != nil { // a report without logins and cards is better than none
		d = &roles.Declaration{Policy: &roles.Policy{}}
	}
	out.wanted = wantedOf(v.Standing.Wanted(d))
	for _, m := range momentEntries(trusted.Schedule(d)) {
		if m.Role != "" && v.Standing.Payload(m.Role) != nil {
			out.dates = append(out.dates, m)
		}
	}
	return out, nil
}

func (r *gateReport) text(w io.Writer) { fmt.Fprint(w, r.file()) }

// file is the report; as a file it goes out byte by byte.
func (r *gateReport) file() string {
	var b strings.Builder
	g := r.gate
	kind := metadata.Kind(g.Kind)
	fmt.Fprintf(&b, "### %s\n\n", map[bool]string{true: "Nothing speaks against merging this", false: "Do not merge this"}[g.Accepted])
	fmt.Fprintf(&b, "This pull request %s. **%s**\n", kindWords[kind], whoActs(g))
	for _, name := range g.TestRoots {
		fmt.Fprintf(&b, "\n**This is a rehearsal:** judged with %s in place of Yubico's roots.\n", escapeMarkdown(name))
	}
	if g.Signer != "" {
		fmt.Fprintf(&b, "\nThe signature is by %s, with %s, over %s version %d, and it is valid.\n", escapeMarkdown(g.Signer), escapeMarkdown(g.Device), escapeMarkdown(g.Role), g.Version)
	}
	list(&b, "Refused, because", g.Refusals)
	var findings []string
	for _, f := range g.Findings {
		findings = append(findings, f.Severity+": "+f.Text)
	}
	list(&b, "What the rules for a quorum say", findings)
	list(&b, "Files that no rule protects: read them yourself", g.Free)
	if g.Standing != nil {
		r.event(&b)
	}
	return b.String()
}

// whoActs is the verdict in one sentence.
func whoActs(g *gateResult) string {
	switch {
	case !g.Accepted:
		return "Its author has to change it."
	case g.Machine:
		return "A machine may merge it."
	}
	return "A person decides."
}

func list(b *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n", title)
	for _, line := range lines {
		fmt.Fprintf(b, "- %s\n", escapeMarkdown(line))
	}
}

// event is how far the event is, after the merge.
func (r *gateReport) event(b *strings.Builder) {
	s := r.gate.Standing
	fmt.Fprintf(b, "\n#### Event %s, after the merge\n\nWhy: %s\n", escapeMarkdown(s.Event), escapeMarkdown(s.Why))
	for _, p := range s.Payloads {
		fmt.Fprintf(b, "\n**%s version %d**, digest of the exact bytes:\n\n```\n", escapeMarkdown(p.Role), p.Version)
		words.WriteDigest(b, p.Digest)
		b.WriteString("```\n\n| rule | signed | missing |\n|---|---|---|\n")
		for _, rule := range p.Rules {
			missing := "none"
			if n := rule.Threshold - len(rule.Signed); n > 0 {
				missing = fmt.Sprintf("%d more of: %s", n, escapeMarkdown(strings.Join(rule.Missing, ", ")))
			}
			fmt.Fprintf(b, "| %s, %d needed | %d: %s | %s |\n", escapeMarkdown(rule.By), rule.Threshold, len(rule.Signed), escapeMarkdown(strings.Join(rule.Signed, ", ")), missing)
		}
	}
	r.people(b)
	if len(r.dates) > 0 {
		b.WriteString("\nDates:\n")
		for _, m := range r.dates {
			fmt.Fprintf(b, "- %s: %s\n", m.At.Format(time.DateOnly), escapeMarkdown(m.Text))
		}
	}
	for _, review := range r.reviews {
		var text strings.Builder
		review.text(&text)
		fmt.Fprintf(b, "\n<details><summary>All changes of %s version %d</summary>\n\n%s\n</details>\n", escapeMarkdown(review.Role), review.Version, fenced(text.String()))
	}
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
				b.WriteString("\n| who can still sign | with | types |\n|---|---|---|\n")
			}
			named[h.KeyID] = true
			who, with := escapeMarkdown(h.Member), "the key called "+h.Label
			if h.Login != "" {
				who += " (`" + h.Login + "` at the forge)" // no mention: a report comes with every signature
			}
			if h.Serial != 0 {
				with = fmt.Sprintf("YubiKey %d", h.Serial)
			}
			fmt.Fprintf(b, "| %s | %s | `rust-tuf sign %s` |\n", who, escapeMarkdown(with), r.gate.Standing.Event)
		}
	}
}

// maxFenced bounds the difference that a report shows: forges cut a comment at
// 64 kB. Whoever signs sees all of it.
const maxFenced = 16 << 10

// fenced is a text between fences that are longer than any in it.
func fenced(text string) string {
	if len(text) > maxFenced {
		text = text[:maxFenced] + "\n… cut here; `rust-tuf review` shows all of it\n"
	}
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	var b strings.Builder
	b.WriteString(fence + "\n")
	for line := range strings.Lines(text) {
		b.WriteString(terminal.Printable(strings.TrimSuffix(line, "\n")) + "\n")
	}
	return b.String() + fence + "\n"
}

// escapeMarkdown makes a text say what it says and do nothing: no markup, no
// mention of anybody, no link, no line of its own.
func escapeMarkdown(text string) string {
	var b strings.Builder
	for _, c := range terminal.Printable(text) {
		switch {
		case c == '@':
			b.WriteString("@\u200b") // no mention
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '&':
			b.WriteString("&amp;")
		case strings.ContainsRune("\\`*_{}[]()#+!|~:$", c):
			b.WriteByte('\\')
			b.WriteRune(c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
