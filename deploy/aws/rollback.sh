#!/usr/bin/env bash
# Has gateways call an earlier version of the function of the stack STACK: VERSION,
# or the one before. It is in effect at once.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/aws/aws.sh
. deploy/aws/version.sh

needs_stack
if ! [[ ${VERSION:-1} =~ ^[1-9][0-9]*$ ]]; then complain "VERSION=$VERSION, expected the number of a version"; fi
sign_in
read_versions
if [ -z "$versions" ]; then fail "there is no function $STACK in $region: make deploy STACK=$STACK makes it"; fi
read_live
# Without an alias the newest has been live, if any.
to=${VERSION:-$(awk -v live="${live:-$(newest)}" '$1 < live + 0 { before = $1 } END { print before }' <<<"$versions")}
if [ -z "$to" ]; then fail "there is no version before $live of $STACK"; fi
if [ -z "$(code_of "$to")" ]; then fail "VERSION=$to, expected one of $(cut -f 1 <<<"$versions" | xargs)"; fi
if [ "$to" = "$live" ]; then fail "version $to of $STACK is live already"; fi
go_live "$to"
tell_stack "LiveVersion=$to"
