#!/usr/bin/env bash
# Puts lambda.zip on AWS as the code of the function FUNCTION, one that no stack of
# ours has made, waits until it is in place, and publishes it as a version. ARCH is
# that of the zip. With the argument ready it says what is missing for that, and does
# nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/aws/aws.sh
. deploy/aws/version.sh

if [ -z "${FUNCTION:-}" ]; then complain "which function? make deploy FUNCTION=name"; fi
if [ -n "${STACK:-}" ]; then complain "STACK=$STACK or FUNCTION=${FUNCTION:-}? expected one of them"; fi
needs_architecture
sign_in
if [ "${1:-}" = ready ]; then exit; fi
echo "deploying to $FUNCTION in $region as $identity"
if [ ! -f lambda.zip ]; then fail "lambda.zip is missing: make lambda.zip"; fi

if ! aws lambda update-function-code --function-name "$FUNCTION" --zip-file fileb://lambda.zip \
	--architectures "$architecture" --query CodeSha256 --output text; then
	fail "updating the code of $FUNCTION failed; does it exist, with the runtime provided.al2023, and may you lambda:UpdateFunctionCode?"
fi
await_code "$FUNCTION"
publish_version "$FUNCTION"
echo "$FUNCTION is at version $version"
