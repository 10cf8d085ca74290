#!/usr/bin/env bash
# What can be said about the source without running it.
set -euo pipefail
cd "$(dirname "$0")/.."

unformatted=$(gofmt -l .)
if [ -n "$unformatted" ]; then
	printf 'not formatted, run gofmt -w on:\n%s\n' "$unformatted" >&2
	exit 1
fi
go vet ./...
.bin/staticcheck ./...
cd deploy/tools
go vet ./...
../../.bin/staticcheck ./...
