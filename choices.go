package prew

// Choice is what a program has to know of a field of a preset that lets people choose its
// value: from words, within limits, or as they like. All values are as PRESET_<NAME> spells
// them.
type Choice struct {
	Field    string   `json:"field"`
	Expected string   `json:"expected"`          // for people
	Words    []string `json:"words,omitempty"`   // none: any text, or as the rest says; beside Limits: what may stand for a number
	Several  bool     `json:"several,omitempty"` // of Words, with spaces between them, or none
	Truth    bool     `json:"truth,omitempty"`   // true or false
	Colours  bool     `json:"colours,omitempty"` // #rrggbb, beside Words
	Default  string   `json:"default,omitempty"` // empty: left open

	// Limits of a number, of which people choose multiples of Step. All of them are 0 of what
	// is none.
	Least float64 `json:"least"`
	Most  float64 `json:"most"`
	Step  float64 `json:"step"`
}

// Choices lists the fields of presets in the order of Explain. Which of them take true or false,
// or colours, their own checks say.
func Choices() []Choice {
	return append(choicesOf(fields, defaults), choicesOf(servingFields, unserved)...)
}

func choicesOf[T any](fields []field[T], defaults T) (all []Choice) {
	for _, f := range fields {
		takes := func(text string) bool {
			var of T
			return f.set(&of, text)
		}
		anything := takes("anything") // as the name of a source, which is known later
		all = append(all, Choice{
			Field: f.name, Expected: f.expected, Words: f.words, Several: f.list && f.words != nil, Default: f.get(defaults),
			Truth:   !anything && takes("true") && takes("false"),
			Colours: !anything && takes("#a1b2c3"),
			Least:   f.limits.least, Most: f.limits.most, Step: f.limits.step,
		})
	}
	return all
}
