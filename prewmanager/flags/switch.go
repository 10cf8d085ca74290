package flags

import (
	"fmt"
	"strings"
)

// Switch is a flag with the values on and off, which kong's own bool does not accept.
type Switch bool

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Switch) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case "on", "1", "true", "yes":
		*s = true
	case "off", "0", "false", "no":
		*s = false
	default:
		return fmt.Errorf("%q, expected on or off", text)
	}
	return nil
}
