#!/usr/bin/env bash
# Puts lambda.zip on AWS as the code of the function FUNCTION, waits until it is
# in place, and publishes it as a version. ARCH is that of the zip.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
	echo "deploy: $1" >&2
	exit 1
}

if [ -z "${FUNCTION:-}" ]; then fail "which function? make deploy FUNCTION=name"; fi
case ${ARCH:-arm64} in
arm64) architecture=arm64 ;;
amd64) architecture=x86_64 ;; # Lambda's name for it
*) fail "ARCH=$ARCH, expected arm64 or amd64" ;;
esac
if ! command -v aws >/dev/null; then
	fail "aws is missing: install the AWS CLI, https://aws.amazon.com/cli/"
fi
if ! answer=$(aws sts get-caller-identity --query Arn --output text 2>&1); then
	echo "$answer" >&2
	fail "no working AWS credentials: run aws configure, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
fi
echo "deploying to $FUNCTION as $answer"
if [ ! -f lambda.zip ]; then fail "lambda.zip is missing: make lambda.zip"; fi

if ! aws lambda update-function-code --function-name "$FUNCTION" --zip-file fileb://lambda.zip \
	--architectures "$architecture" --query CodeSha256 --output text; then
	fail "updating the code of $FUNCTION failed; does it exist, with the runtime provided.al2023, and may you lambda:UpdateFunctionCode?"
fi
if ! aws lambda wait function-updated-v2 --function-name "$FUNCTION"; then
	fail "$FUNCTION has its new code but does not become active: aws lambda get-function --function-name $FUNCTION says why"
fi
if ! version=$(aws lambda publish-version --function-name "$FUNCTION" --query Version --output text); then
	fail "$FUNCTION has its new code but publishing a version failed; may you lambda:PublishVersion?"
fi
echo "$FUNCTION is at version $version"
