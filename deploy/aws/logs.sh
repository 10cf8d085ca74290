#!/usr/bin/env bash
# Follows the log of the stack STACK, from SINCE ago on (10m, 2h, 1d).
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/aws/aws.sh

needs_stack
sign_in
case $(aws --version 2>&1) in
*aws-cli/1.*) fail "following a log needs version 2 of the AWS CLI: https://aws.amazon.com/cli/" ;;
esac
read_outputs "$STACK"
exec aws logs tail "$(output LogGroup)" --follow --since "${SINCE:-10m}"
