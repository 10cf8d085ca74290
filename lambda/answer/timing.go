package answer

import (
	"fmt"
	"strings"

	"prew"
)

// Stage is a step of a render with its duration in milliseconds.
type Stage struct {
	Name string
	MS   float64
}

// Stages are the steps of a render in their order.
type Stages []Stage

// StagesOf are the steps of the function that it has reached: the mean of a step must not
// have the zeros of those that were not.
func StagesOf(t prew.Timing) (reached Stages) {
	for _, s := range (Stages{{"fetch", t.Fetch}, {"render", t.Render}, {"store", t.Store}}) {
		if s.MS > 0 {
			reached = append(reached, s)
		}
	}
	return reached
}

// String returns the stages as a Server-Timing header (W3C Server Timing, section 2).
func (s Stages) String() string {
	parts := make([]string, len(s))
	for i, stage := range s {
		parts[i] = fmt.Sprintf("%s;dur=%.1f", stage.Name, stage.MS)
	}
	return strings.Join(parts, ", ")
}
