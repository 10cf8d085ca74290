package monitoring

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRulesAndTheirCases checks with promtool that Prometheus accepts the files, and
// that each alert fires in the cases of alerts_test.yaml.
func TestRulesAndTheirCases(t *testing.T) {
	for _, arguments := range [][]string{
		{"check", "rules", "alerts.yaml"},
		{"check", "config", "prometheus.yaml"},
		{"test", "rules", "alerts_test.yaml"},
	} {
		if said, err := exec.Command("promtool", arguments...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(arguments, " "), err, said)
		}
	}
}

func TestEachAlertSaysHowUrgentItIsAndWhatToLookAt(t *testing.T) {
	d, err := readDashboard()
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, p := range d.Panels {
		titles = append(titles, p.Title)
	}
	alerts, err := readAlerts()
	if err != nil {
		t.Fatal(err)
	}
	if len(alerts) == 0 {
		t.Error("no alerts")
	}
	panel := regexp.MustCompile(`"([^"]+)" on the dashboard`)
	for _, a := range alerts {
		if urgency := a.Labels["severity"]; urgency != "page" && urgency != "ticket" {
			t.Errorf("%s: severity %q, want page or ticket", a.Alert, urgency)
		}
		if a.For == "" || a.Annotations["summary"] == "" || a.Annotations["description"] == "" {
			t.Errorf("%s: want for, summary and description", a.Alert)
		}
		for _, named := range panel.FindAllStringSubmatch(a.Annotations["description"], -1) {
			if !slices.Contains(titles, named[1]) {
				t.Errorf("%s: the dashboard has no panel %q", a.Alert, named[1])
			}
		}
		if _, err := a.measured(); err != nil {
			t.Error(err)
		}
	}
}

// TestEachAlertHasItsCases looks for the name of each alert in the cases that promtool
// runs: an alert without a case could fire for anything or nothing.
func TestEachAlertHasItsCases(t *testing.T) {
	cases, err := os.ReadFile("alerts_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	alerts, err := readAlerts()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range alerts {
		if !strings.Contains(string(cases), `alertname="`+a.Alert+`"`) {
			t.Errorf("%s fires in no case of alerts_test.yaml", a.Alert)
		}
	}
}

func TestThresholdIsForAllAboveIt(t *testing.T) {
	for _, test := range []struct {
		expr, want string // want is empty if the expression is refused
	}{
		{"sum(rate(a[5m]))\n/ b\n> 0.05\n", "sum(rate(a[5m]))\n/ b"},
		{"(a or vector(0))\n< 1", "(a or vector(0))"},
		{`a{b!="c", d=~"or|and"}` + "\n> 5", `a{b!="c", d=~"or|and"}`},
		{"a or b\n> 5", ""},
		{"(a or b) and (c)\n> 5", ""},
		{"a > b\n> 5", ""},
		{"a > 5", ""},
		{"a\n> b", ""},
		{"> 5", ""},
	} {
		got, err := alert{Alert: "A", Expr: test.expr}.measured()
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%q: %q, %v, want %q", test.expr, got, err, test.want)
		}
	}
}

// TestDashboardCanBeRead checks what Grafana needs and what its readers need: each
// panel in a place of its own, with a description of what it shows.
func TestDashboardCanBeRead(t *testing.T) {
	d, err := readDashboard()
	if err != nil {
		t.Fatal(err)
	}
	if d.UID != "prew" || d.Title != "prew" || d.SchemaVersion != 39 {
		t.Errorf("dashboard %q, %q of schema %d, want prew, prew of 39 (Grafana 10.4 to 11)", d.UID, d.Title, d.SchemaVersion)
	}
	known := []string{"$__rate_interval"}
	for _, v := range d.Templating.List {
		known = append(known, "$"+v.Name)
	}
	if want := []string{"$__rate_interval", "$datasource", "$job", "$instance"}; !slices.Equal(known, want) {
		t.Errorf("variables %v, want %v", known, want)
	}
	variable := regexp.MustCompile(`\$\w+`)
	ids, titles := map[int]bool{}, map[string]bool{}
	shown := 0
	for i, p := range d.Panels {
		if p.ID <= 0 || ids[p.ID] || p.Title == "" || titles[p.Title] {
			t.Errorf("panel %d %q: want an id and a title of its own", p.ID, p.Title)
		}
		ids[p.ID], titles[p.Title] = true, true
		at := p.GridPos
		if at.X < 0 || at.Y < 0 || at.W <= 0 || at.H <= 0 || at.X+at.W > 24 {
			t.Errorf("%s: place %+v, want one within 24 columns", p.Title, at)
		}
		for _, before := range d.Panels[:i] {
			if overlap(at, before.GridPos) {
				t.Errorf("%s lies over %s", p.Title, before.Title)
			}
		}
		if p.Type == "row" {
			continue
		}
		shown++
		if p.Type != "timeseries" || p.Description == "" || p.FieldConfig.Defaults.Unit == "" || len(p.Targets) == 0 {
			t.Errorf("%s: want a timeseries with description, unit and targets", p.Title)
		}
		if p.Datasource.Type != "prometheus" || p.Datasource.UID != "${datasource}" {
			t.Errorf("%s: data from %+v, want the variable datasource", p.Title, p.Datasource)
		}
		refs := map[string]bool{}
		for _, target := range p.Targets {
			if target.RefID == "" || refs[target.RefID] || target.LegendFormat == "" {
				t.Errorf("%s: target %q: want a refId of its own and a legend", p.Title, target.RefID)
			}
			refs[target.RefID] = true
			for _, used := range variable.FindAllString(target.Expr, -1) {
				if !slices.Contains(known, used) {
					t.Errorf("%s: there is no variable %s", p.Title, used)
				}
			}
			// A reader who chooses one gateway wants to see it in every panel.
			selectors := regexp.MustCompile(`\{[^}]*\}`).FindAllString(target.Expr, -1)
			for _, s := range selectors {
				if !strings.HasPrefix(s, `{job=~"$job", instance=~"$instance"`) {
					t.Errorf("%s: %s is not of the chosen gateways", p.Title, s)
				}
			}
			if metrics := regexp.MustCompile(`\b(prew|go|process)_\w+|\bup\b`).FindAllString(target.Expr, -1); len(metrics) == 0 || len(metrics) != len(selectors) {
				t.Errorf("%s: %v, want each with the chosen gateways", p.Title, metrics)
			}
		}
	}
	if shown == 0 {
		t.Error("no panels")
	}
}

func overlap(a, b gridPos) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}
