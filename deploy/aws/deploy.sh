#!/usr/bin/env bash
# Deploys deploy/aws/render.yaml as the stack STACK with lambda.zip as the function's
# code, makes what changed live, and prints what a gateway has to be told.
# PARAMETERS="Name=value ..." are the template's. With the argument ready it says
# what is missing for that, and does nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/aws/aws.sh
. deploy/aws/version.sh

needs_stack
needs_architecture
sign_in
if [ "${1:-}" = ready ]; then exit; fi
echo "deploying the stack $STACK in $region as $identity"
upload
read_live
read_versions
newest=$(newest)
newest_code=$(code_of "$newest")

deploy_stack "$STACK" deploy/aws/render.yaml \
	"CodeBucket=$code_bucket" "CodeKey=$code_key" "Architecture=$architecture" "LiveVersion=$live"

read_live # a stack that is new has made the alias
publish
# Whoever rolled back did so because of the newest code: it is live again when it
# is other code, or by make deploy-code.
if [ -n "$live" ] && [ "$live" != "$newest" ] && [ "${latest%%$'\t'*}" = "$newest_code" ]; then
	echo "$STACK: live stays version $live, to which it was rolled back; make deploy-code STACK=$STACK brings back the newest"
elif [ "$version" != "$live" ]; then
	go_live "$version"
	tell_stack "LiveVersion=$version"
fi

read_outputs "$STACK"
printf '\n%s\n\n' "The stack $STACK has:"
awk -F '\t' '{ printf "  %-19s %s\n", $1, $2 }' <<<"$outputs"
printf '\n%s\n\n' "The environment of a gateway and its nginx, beside PREW_REDIS and the gateway's credentials:"
set_to() { if [ -n "$2" ]; then echo "$1=$2"; fi; }
set_to AWS_REGION "$(output Region)"
set_to PREW_FUNCTION "$(output Function)"
set_to PREW_BUCKET "$(output Bucket)"
set_to PREW_S3_REGION "$(output BucketRegion)"
set_to PREW_S3_ROLE "$(output BucketRole)"
if [ "$(output SourceBucket)" != "$(output Bucket)" ]; then set_to PREW_SOURCE_BUCKET "$(output SourceBucket)"; fi
set_to PREW_SOURCE_REGION "$(output SourceBucketRegion)"
set_to PREW_SOURCE_ROLE "$(output SourceBucketRole)"
# The usual folders go unsaid. A slash is the root of a bucket, for which the variable is empty.
folder() { case $(output "$2") in "" | "$3") ;; /) echo "$1=" ;; *) echo "$1=$(output "$2")" ;; esac; }
folder PREW_PREFIX Prefix prew/
folder PREW_SOURCE_PREFIX SourcePrefix photo/
set_to PREW_SOURCES "$(output Sources)"
if [ "$(output Access)" = private ]; then echo PREW_PRIVATE=1; fi
