// Package monitoring holds Prometheus's alerts and Grafana's dashboard for the
// gateways, as files that can be used as they are, and the means to check that every
// query in them has data.
package monitoring

import (
	_ "embed"
	"encoding/json"
)

//go:embed dashboard.json
var dashboardFile []byte

// dashboard is the part of Grafana's model ("Dashboard JSON model" in its
// documentation) that the file uses and the tests check.
type dashboard struct {
	UID           string `json:"uid"`
	Title         string `json:"title"`
	SchemaVersion int    `json:"schemaVersion"`
	Templating    struct {
		List []variable `json:"list"`
	} `json:"templating"`
	Panels []panel `json:"panels"`
}

// variable is a variable of the dashboard; queries contain it as $name.
type variable struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Query string `json:"query"`
}

type panel struct {
	ID          int     `json:"id"`
	Type        string  `json:"type"`
	Title       string  `json:"title"`
	Description string  `json:"description"`
	GridPos     gridPos `json:"gridPos"`
	Datasource  struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	} `json:"datasource"`
	FieldConfig struct {
		Defaults struct {
			Unit string `json:"unit"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
	Targets []target `json:"targets"`
}

// gridPos is a place in a grid of 24 columns.
type gridPos struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

type target struct {
	RefID        string `json:"refId"`
	LegendFormat string `json:"legendFormat"`
	Expr         string `json:"expr"`
}

func readDashboard() (d dashboard, err error) {
	err = json.Unmarshal(dashboardFile, &d)
	return d, err
}
