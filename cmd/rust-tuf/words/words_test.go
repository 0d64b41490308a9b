package words

import (
	"errors"
	"testing"
	"time"
)

func TestParseInstant(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"2026-11-22":                  time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
		" 2026-11-22T12:00:00Z\n":     time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
		"2026-11-22T01:00:00.5+02:00": time.Date(2026, 11, 21, 23, 0, 0, 5e8, time.UTC),
	} {
		if got, err := ParseInstant(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"nonsense":   `"nonsense" is no time; write 2026-11-22 or 2026-11-22T12:00:00Z`,
		"+30d":       `"+30d" is no time; write 2026-11-22 or 2026-11-22T12:00:00Z`,
		"2026-02-30": `"2026-02-30" is no time; write 2026-11-22 or 2026-11-22T12:00:00Z`,
		"":           `"" is no time; write 2026-11-22 or 2026-11-22T12:00:00Z`,
	} {
		got, err := ParseInstant(text)
		var no *InstantError
		if !errors.As(err, &no) || no.Text != text || err.Error() != want || !got.IsZero() {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}
