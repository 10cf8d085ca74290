package flight

import (
	"strings"
	"testing"
)

// TestPasswordIsNoPartOfAMistake is about passwords that are not escaped: the
// parser's error would quote each of them, whole or in part.
func TestPasswordIsNoPartOfAMistake(t *testing.T) {
	for _, url := range []string{
		"redis://:open%sesame@redis.test:6379",
		"rediss://prew:open/sesame@redis.test:6379",
		"redis://:1/sesame@redis.test:6379",
		"http://:sesame@redis.test",
	} {
		if _, err := dial(url); err == nil || strings.Contains(err.Error(), "open") || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
