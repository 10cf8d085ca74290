#!/usr/bin/env bash
# Runs every test and counts them. A part of the stack that was left out is a
# failure: only tests of the corpus, TestCorpus..., may skip, where that folder
# is absent.
set -euo pipefail
cd "$(dirname "$0")/../.."

results=.bin/test.json
status=0
.bin/gotestsum --format pkgname --jsonfile "$results" -- -count=1 ./... || status=$?

# ended <how>: the tests that ended so, "package test", one a line.
ended() {
	sed -n 's/.*"Action":"'"$1"'","Package":"\([^"]*\)","Test":"\([^"]*\)".*/\1 \2/p' "$results"
}
left_out=$(ended skip | grep -v ' TestCorpus' || true)
if [ -n "$left_out" ]; then
	printf 'These were skipped, and only TestCorpus... may be:\n%s\n' "$left_out" >&2
	status=1
fi
echo "$(ended pass | wc -l) passed, $(ended fail | wc -l) failed, $(ended skip | wc -l) skipped"
exit "$status"
