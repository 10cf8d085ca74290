package prew_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"prew"
)

func TestChoicesSayWhatEachFieldTakes(t *testing.T) {
	for field, want := range map[string]string{
		"width":       `"words":null,"least":1,"most":8192,"step":1,"default":""`,
		"fit":         `"words":["contain","cover","fill","pad"],"least":0,"most":0,"step":0,"default":"contain"`,
		"quality":     `"words":["auto"],"least":1,"most":100,"step":1,"default":"80"`,
		"likeness":    `"words":null,"least":0.85,"most":0.995,"step":0.005,"default":""`,
		"oversample":  `"words":null,"least":1,"most":8,"step":0.05,"default":"1.15"`,
		"brightness":  `"words":null,"least":-100,"most":100,"step":1,"default":""`,
		"progressive": `"words":null,"least":0,"most":0,"step":0,"default":"false" truth`,
		"background":  `"words":["blur"],"least":0,"most":0,"step":0,"default":"#ffffff" colours`,
		"tone":        `"words":["none","grey","sepia"],"least":0,"most":0,"step":0,"default":"" colours`,
		"formats":     `"words":["jpeg","png","webp","avif"],"least":0,"most":0,"step":0,"default":"" several`,
		"source":      `"words":null,"least":0,"most":0,"step":0,"default":""`,
		"aliases":     `"words":null,"least":0,"most":0,"step":0,"default":""`,
	} {
		i := slices.IndexFunc(prew.Choices(), func(c prew.Choice) bool { return c.Field == field })
		if i < 0 {
			t.Errorf("no choice of %s", field)
			continue
		}
		c := prew.Choices()[i]
		words, err := json.Marshal(c.Words)
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprintf(`"words":%s,"least":%v,"most":%v,"step":%v,"default":%q`, words, c.Least, c.Most, c.Step, c.Default)
		for _, is := range []struct {
			so   bool
			word string
		}{{c.Truth, " truth"}, {c.Colours, " colours"}, {c.Several, " several"}} {
			if is.so {
				got += is.word
			}
		}
		if got != want {
			t.Errorf("%s: %s\nwant %s", field, got, want)
		}
	}
}

// TestEveryChoiceIsTaken has each word and limit of each field set, and a step beyond refused.
func TestEveryChoiceIsTaken(t *testing.T) {
	set := func(field, text string) error {
		_, err := prew.LoadPresets("p", []byte("card: {width: 9, height: 9}"), []string{"PRESET_CARD=" + field + "=" + text})
		return err
	}
	for _, c := range prew.Choices() {
		taken, refused := slices.Clone(c.Words), []string{}
		if c.Step != 0 {
			taken = append(taken, fmt.Sprint(c.Least), fmt.Sprint(c.Most), fmt.Sprint(min(c.Least+10*c.Step, c.Most)))
			refused = append(refused, fmt.Sprint(c.Least-c.Step), fmt.Sprint(c.Most+c.Step))
		}
		if c.Colours {
			taken = append(taken, "#0a1B2c")
		}
		if c.Truth {
			taken = append(taken, "true", "false")
		}
		if c.Words != nil || c.Colours || c.Truth {
			refused = append(refused, "no-such-word")
		}
		if c.Step == 0 && c.Words == nil && set(c.Field, "1") == nil && set(c.Field, "no-such-number") != nil {
			t.Errorf("%s takes numbers, and its row in the table says no limits", c.Field)
		}
		for _, text := range taken {
			if err := set(c.Field, text); err != nil && strings.Contains(err.Error(), fmt.Sprintf("%s: %q, expected %s", c.Field, text, c.Expected)) {
				t.Errorf("%s=%s: %v", c.Field, text, err)
			}
		}
		for _, text := range refused {
			if set(c.Field, text) == nil {
				t.Errorf("%s=%s is taken, expected %s", c.Field, text, c.Expected)
			}
		}
	}
}
