#!/usr/bin/env bash
# Makes lambda.zip the live code of the stack STACK, and changes nothing else.
# With the argument ready it says what is missing for that, and does nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/aws/aws.sh
. deploy/aws/version.sh

needs_stack
needs_architecture
sign_in
if [ "${1:-}" = ready ]; then exit; fi
echo "deploying code to the stack $STACK in $region as $identity"
status=$(stack_status "$STACK")
if [ -z "$status" ]; then fail "there is no stack $STACK in $region: make deploy STACK=$STACK makes it"; fi
upload
read_live
if ! aws lambda update-function-code --function-name "$STACK" --s3-bucket "$code_bucket" --s3-key "$code_key" \
	--architectures "$architecture" --query CodeSha256 --output text >/dev/null; then
	fail "updating the code of $STACK failed; may you lambda:UpdateFunctionCode?"
fi
publish
if [ "$version" = "$live" ]; then
	echo "$STACK: live is version $live already, with this code"
	exit
fi
go_live "$version"
tell_stack "CodeKey=$code_key" "CodeBucket=$code_bucket" "Architecture=$architecture" "LiveVersion=$version"
