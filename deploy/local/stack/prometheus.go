package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"prew/deploy/local/process"
)

// Prometheus is a running Prometheus that scrapes gateways and nginx.
type Prometheus struct {
	*process.Process
	URL string // http://host:port
}

// StartPrometheus starts Prometheus on a free port, with its data and its log in
// <dir>/prometheus, and waits until it answers. At the interval every it scrapes
// /metrics at the targets of each job, each host:port, and evaluates the rules of a
// file. The first scrapes come some seconds later.
func StartPrometheus(dir, rules string, every time.Duration, jobs map[string][]string) (*Prometheus, error) {
	server, err := exec.LookPath("prometheus")
	if err != nil {
		return nil, fmt.Errorf("%w: run deploy/tools/install.sh prometheus", err)
	}
	dir, err = filepath.Abs(filepath.Join(dir, "prometheus"))
	if err != nil {
		return nil, err
	}
	addr, err := FreeAddr()
	if err != nil {
		return nil, err
	}
	var scraped []any
	for job, targets := range jobs {
		scraped = append(scraped, map[string]any{"job_name": job, "static_configs": []any{map[string]any{"targets": targets}}})
	}
	// JSON is YAML too.
	config, err := json.Marshal(map[string]any{
		"global":         map[string]any{"scrape_interval": every.String(), "scrape_timeout": every.String(), "evaluation_interval": every.String()},
		"rule_files":     []string{rules},
		"scrape_configs": scraped,
	})
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "prometheus.yaml")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return nil, err
	}
	p, err := start(dir, process.Command{
		Name: "prometheus",
		Path: server,
		Args: []string{"--config.file=" + file, "--storage.tsdb.path=" + filepath.Join(dir, "data"), "--web.listen-address=" + addr, "--log.level=warn"},
		Ready: func(ctx context.Context) error {
			return Answers(ctx, "http://"+addr+"/-/ready", func(status int) bool { return status == http.StatusOK })
		},
	})
	if err != nil {
		return nil, err
	}
	return &Prometheus{p, "http://" + addr}, nil
}

// Series is one series of a query's result: its labels, and its values in the order
// of their times.
type Series struct {
	Labels map[string]string
	Values []float64
}

// Range evaluates a query at every step between two times.
func (p *Prometheus) Range(ctx context.Context, query string, from, to time.Time, step time.Duration) ([]Series, error) {
	var data struct {
		Result []struct {
			Metric map[string]string
			Values [][2]any // seconds, and the value as text (Prometheus, "HTTP API", range vectors)
		}
	}
	seconds := func(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }
	err := p.ask(ctx, "query_range", url.Values{
		"query": {query}, "start": {seconds(from)}, "end": {seconds(to)}, "step": {strconv.FormatFloat(step.Seconds(), 'f', 3, 64)},
	}, &data)
	if err != nil {
		return nil, err
	}
	all := make([]Series, len(data.Result))
	for i, result := range data.Result {
		all[i].Labels = result.Metric
		for _, sample := range result.Values {
			text, _ := sample[1].(string)
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, fmt.Errorf("prometheus: value of %s: %w", query, err)
			}
			all[i].Values = append(all[i].Values, value)
		}
	}
	return all, nil
}

// LabelValues lists the values of a label in the series that match.
func (p *Prometheus) LabelValues(ctx context.Context, label, match string) (values []string, err error) {
	err = p.ask(ctx, "label/"+label+"/values", url.Values{"match[]": {match}}, &values)
	return values, err
}

// Alert is an alert that is pending or fires.
type Alert struct {
	Name        string
	Firing      bool
	For         time.Duration // how long it is pending
	Labels      map[string]string
	Annotations map[string]string
}

// Alerts lists the alerts that are pending or fire now.
func (p *Prometheus) Alerts(ctx context.Context) (all []Alert, err error) {
	var data struct {
		Groups []struct {
			Rules []struct {
				Name     string
				Duration float64 // seconds (Prometheus, "HTTP API", rules)
				Alerts   []struct {
					State               string
					Labels, Annotations map[string]string
				}
			}
		}
	}
	if err := p.ask(ctx, "rules", url.Values{"type": {"alert"}}, &data); err != nil {
		return nil, err
	}
	for _, group := range data.Groups {
		for _, rule := range group.Rules {
			for _, alert := range rule.Alerts {
				all = append(all, Alert{rule.Name, alert.State == "firing", time.Duration(rule.Duration * float64(time.Second)), alert.Labels, alert.Annotations})
			}
		}
	}
	return all, nil
}

// ask calls the HTTP API and decodes the data of its answer.
func (p *Prometheus) ask(ctx context.Context, path string, parameters url.Values, data any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/api/v1/"+path+"?"+parameters.Encode(), nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer := struct {
		Status, Error string
		Data          any
	}{Data: data}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return fmt.Errorf("prometheus: %s: %s: %w", path, response.Status, err)
	}
	if answer.Status != "success" {
		return fmt.Errorf("prometheus: %s: %s", path, answer.Error)
	}
	return nil
}
