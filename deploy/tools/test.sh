#!/usr/bin/env bash
# Runs every test and counts them. A part of the stack that was left out is a
# failure: only tests of the corpus, TestCorpus..., may skip, where that folder
# is absent. CORPUS names it, from the root of the checkout.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Tests run in the folders of their packages.
corpus=${CORPUS:-}
case $corpus in "" | /*) ;; *) export CORPUS=$PWD/$corpus ;; esac

# chaos takes longer than any other, and waits for nearly all of that time: it is the
# first, and leaves the processors to as many others as there would be without it.
processors=$(getconf _NPROCESSORS_ONLN)
# The longest package takes five minutes alone on two slow processors: Go's limit of ten is
# too near for a machine that has other work.
limit=-timeout=40m
results=.bin/test.json
status=0
.bin/gotestsum --format pkgname --jsonfile "$results" -- -count=1 $limit -p $((processors + 1)) ./prewmanager/chaos ./... || status=$?

# Those of the tools' module that need no browser.
of_tools=.bin/test-tools.json
(cd deploy/tools && ../../.bin/gotestsum --format pkgname --jsonfile "../../$of_tools" -- -count=1 ./cloudfront ./viewer) || status=$?

# ended <how>: the tests that ended so, "package test", one a line.
ended() {
	sed -n 's/.*"Action":"'"$1"'","Package":"\([^"]*\)","Test":"\([^"]*\)".*/\1 \2/p' "$results" "$of_tools"
}
left_out=$(ended skip | grep -v ' TestCorpus' || true)
if [ -n "$left_out" ]; then
	printf 'These were skipped, and only TestCorpus... may be:\n%s\n' "$left_out" >&2
	status=1
fi
counts="$(ended pass | wc -l) passed, $(ended fail | wc -l) failed, $(ended skip | wc -l) skipped"
echo "$counts"
if ! ended skip | grep ' TestCorpus' >/dev/null; then exit "$status"; fi
skipped="tests of the corpus"
if [ -n "$left_out" ]; then skipped+=", and those named above"; fi
if [ -z "$corpus" ]; then
	echo "$counts: $skipped, as CORPUS is empty (CORPUS=dir names its folder)"
elif [ ! -d "$corpus" ]; then
	echo "$counts: $skipped, as there is no folder $corpus (CORPUS=dir names another)"
fi
exit "$status"
