package importer

import (
	"errors"
	"strings"
)

var errJSON = errors.New("no JSON object")

// members calls visit for each member of a JSON object (RFC 8259, section 4), with its name as
// it is spelt and where its value lies in text, until visit returns false. It reads no more
// of a value than where it ends, so a text that it takes may still be no JSON.
func members(text string, visit func(name string, start, end int) bool) error {
	at := space(text, 0)
	if at == len(text) || text[at] != '{' {
		return errJSON
	}
	if at = space(text, at+1); at < len(text) && text[at] == '}' {
		return ended(text, at+1)
	}
	for {
		nameStart := at
		at = skipString(text, at)
		if at < 0 {
			return errJSON
		}
		name := text[nameStart+1 : at-1]
		if at = space(text, at); at == len(text) || text[at] != ':' {
			return errJSON
		}
		start := space(text, at+1)
		end := skipValue(text, start)
		if end < 0 {
			return errJSON
		}
		if !visit(name, start, end) {
			return nil
		}
		if at = space(text, end); at == len(text) {
			return errJSON
		}
		switch text[at] {
		case ',':
			at = space(text, at+1)
		case '}':
			return ended(text, at+1)
		default:
			return errJSON
		}
	}
}

func ended(text string, at int) error {
	if space(text, at) != len(text) {
		return errJSON
	}
	return nil
}

func space(text string, at int) int {
	for at < len(text) && strings.IndexByte(" \t\r\n", text[at]) >= 0 {
		at++
	}
	return at
}

// skipString returns where the string that begins at a place ends, or -1 if there is none.
func skipString(text string, at int) int {
	if at >= len(text) || text[at] != '"' {
		return -1
	}
	for at++; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return -1
}

// skipValue returns where the value that begins at a place ends, or -1 if there is none.
func skipValue(text string, at int) int {
	if at >= len(text) {
		return -1
	}
	switch text[at] {
	case '"':
		return skipString(text, at)
	case '{', '[':
		depth := 0
		for at < len(text) {
			switch text[at] {
			case '"':
				if at = skipString(text, at); at < 0 {
					return -1
				}
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return at + 1
				}
			}
			at++
		}
		return -1
	}
	start := at
	for at < len(text) && strings.IndexByte(",}] \t\r\n", text[at]) < 0 {
		at++
	}
	if at == start {
		return -1
	}
	return at
}
