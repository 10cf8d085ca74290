package monitoring

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed alerts.yaml
var alertsFile []byte

// alert is a rule of Prometheus ("Alerting rules" in its documentation).
type alert struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func readAlerts() ([]alert, error) {
	var file struct {
		Groups []struct {
			Rules []alert `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal(alertsFile, &file); err != nil {
		return nil, err
	}
	var all []alert
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	return all, nil
}

var (
	threshold   = regexp.MustCompile(`^[<>] [0-9.]+$`)
	inBrackets  = regexp.MustCompile(`\([^()]*\)`)
	inBraces    = regexp.MustCompile(`\{[^{}]*\}`)
	looserWords = regexp.MustCompile(`\b(and|or|unless)\b|[<>=]`)
)

// measured is the part of the expression that the alert compares with its threshold:
// all lines but the last. An expression of any other form is an error.
func (a alert) measured() (string, error) {
	lines := strings.Split(strings.TrimSpace(a.Expr), "\n")
	above, last := strings.Join(lines[:len(lines)-1], "\n"), lines[len(lines)-1]
	if above == "" || !threshold.MatchString(last) {
		return "", fmt.Errorf("alert %s: last line of expr is %q, expected a threshold such as > 0.05", a.Alert, last)
	}
	// The threshold applies to all of these lines, unless an operator outside of
	// brackets binds more loosely (Prometheus, "Binary operator precedence").
	outside := above
	for inBrackets.MatchString(outside) {
		outside = inBrackets.ReplaceAllString(outside, "")
	}
	outside = inBraces.ReplaceAllString(outside, "")
	if word := looserWords.FindString(outside); word != "" {
		return "", fmt.Errorf("alert %s: %s in expr, expected it in brackets", a.Alert, word)
	}
	return above, nil
}
