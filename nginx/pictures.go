package nginx

import (
	"bytes"
	"fmt"
	"strings"
)

// pictures returns the text of pictures.conf: the pictures of nginx's own failures as
// variables, $not_found_png and $error_png, or both empty where there shall be none. A
// file could not be opened when nginx has no descriptors left, which is one of these
// failures. The block geo takes a value as it is, where map would read "$" as a
// variable; it also limits a value to 4 KB (NGX_CONF_BUFFER).
func (s Site) pictures() ([]byte, error) {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	var conf bytes.Buffer
	for _, picture := range []struct{ variable, file string }{{"not_found_png", "not-found.png"}, {"error_png", "error.png"}} {
		data, err := static.ReadFile("pictures/" + picture.file)
		if err != nil {
			return nil, err
		}
		if s.NoErrorPictures {
			data = nil
		}
		fmt.Fprintf(&conf, "geo $%s { default \"%s\"; }\n", picture.variable, escape.Replace(string(data)))
	}
	return conf.Bytes(), nil
}
