package flags

import (
	"os"
	"testing"

	"github.com/alecthomas/kong"
)

func TestSwitch(t *testing.T) {
	for _, test := range []struct {
		text   string
		on, ok bool
	}{
		{"on", true, true}, {"1", true, true}, {"TRUE", true, true}, {"yes", true, true},
		{"off", false, true}, {"0", false, true}, {"false", false, true}, {"No", false, true},
		{"maybe", false, false}, {"", false, false},
	} {
		var s Switch
		if err := s.UnmarshalText([]byte(test.text)); bool(s) != test.on || (err == nil) != test.ok {
			t.Errorf("%q: %v, %v", test.text, s, err)
		}
	}
}

// TestEveryUnreadableValueIsNamed also checks that kong finds no mistake afterwards.
func TestEveryUnreadableValueIsNamed(t *testing.T) {
	var line struct {
		Serve struct {
			Number   int
			Pictures Switch `default:"on"`
			Empty    int    `default:"7"`
			Text     string
			Root     *string
			NotSet   *string
		} `cmd:""`
	}
	parser := kong.Must(&line, kong.DefaultEnvars("FLAGSTEST"))
	for name, value := range map[string]string{"NUMBER": "x", "PICTURES": "maybe", "EMPTY": "", "TEXT": "t", "ROOT": ""} {
		t.Setenv("FLAGSTEST_"+name, value)
	}
	const want = "the configuration has mistakes\n" +
		"  FLAGSTEST_NUMBER: --number: expected a valid 64 bit int but got \"x\"\n" +
		"  FLAGSTEST_PICTURES: --pictures: \"maybe\", expected on or off"
	if got := Unreadable(parser.Model).Error(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if _, ok := os.LookupEnv("FLAGSTEST_TEXT"); !ok {
		t.Error("a value that can be read is taken out")
	}
	if _, err := parser.Parse([]string{"serve"}); err != nil || line.Serve.Empty != 7 || !line.Serve.Pictures || line.Serve.Text != "t" || line.Serve.NotSet != nil || line.Serve.Root == nil || *line.Serve.Root != "" {
		t.Errorf("%+v, %v", line.Serve, err)
	}
	if one := Unreadable(parser.Model); len(one) != 0 {
		t.Errorf("again: %v", one)
	}
}
