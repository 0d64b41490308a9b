package roles

import (
	"strings"
	"testing"
	"time"
)

func TestLifetime(t *testing.T) {
	at := func(s string) time.Time {
		parsed, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	for _, test := range []struct{ life, from, to string }{
		{"2y", "2027-03-01T09:30:00Z", "2029-03-01T09:30:00Z"},
		{"1y", "2028-02-29T00:00:00Z", "2029-03-01T00:00:00Z"},
		{"4y", "2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"},
		{"1w", "2027-03-01T09:30:00Z", "2027-03-08T09:30:00Z"},
		{"30d", "2027-03-01T09:30:00Z", "2027-03-31T09:30:00Z"},
		{"24h", "2027-03-01T09:30:00Z", "2027-03-02T09:30:00Z"},
		{"1d", "2027-03-28T01:30:00+01:00", "2027-03-29T00:30:00Z"},
		{"12h", "2027-03-01T09:30:00.999Z", "2027-03-01T21:30:00Z"},
	} {
		l, err := ParseLifetime(test.life)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.From(at(test.from)); !got.Equal(at(test.to)) || got.Location() != time.UTC {
			t.Errorf("%s from %s is %s, want %s", test.life, test.from, got, test.to)
		}
		if l.String() != test.life || l.IsZero() {
			t.Errorf("%s is written %s", test.life, l)
		}
	}
	for s, words := range map[string]string{
		"":                      "write a number and one of y, w, d, h",
		"y":                     "write a number",
		"1":                     "write a number",
		"0y":                    "write a number",
		"01y":                   "write a number",
		"-1y":                   "write a number",
		"+1y":                   "write a number",
		"1.5y":                  "write a number",
		"1Y":                    "write a number",
		"1m":                    "write a number",
		"1y6d":                  "write a number",
		" 1y":                   "write a number",
		"1 y":                   "write a number",
		"１y":                    "write a number",
		"101y":                  "at most 100 years",
		"99999999999999999999h": "at most 100 years",
	} {
		l, err := ParseLifetime(s)
		if err == nil || !strings.Contains(err.Error(), words) || !l.IsZero() {
			t.Errorf("%q: %v, %v; want %q", s, l, err, words)
		}
	}
	if _, err := (Lifetime{}).MarshalText(); err == nil || (Lifetime{}).String() != "" || !(Lifetime{}).From(opened).Equal(opened) {
		t.Error("the zero lifetime is one")
	}
	if _, err := (PublicKey{}).MarshalText(); err == nil || err.Error() != "no public key" {
		t.Errorf("the zero key is one: %v", err)
	}
}
