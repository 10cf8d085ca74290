#!/usr/bin/env bash
# What can be said about the source without running it.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Not what lies below .bin/: the container images there have a Go of their own.
unformatted=$(find . -path './.*' -prune -o -name '*.go' -exec gofmt -l {} +)
if [ -n "$unformatted" ]; then
	printf 'not formatted, run gofmt -w on:\n%s\n' "$unformatted" >&2
	exit 1
fi
# With the tags of the tests that have a target of their own in the Makefile.
go vet -tags aws,images ./...
.bin/staticcheck -tags aws,images ./...
cd deploy/tools
go vet ./...
../../.bin/staticcheck ./...
