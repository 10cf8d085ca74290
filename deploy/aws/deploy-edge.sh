#!/usr/bin/env bash
# Puts CloudFront, a website or an HTTP API in front of the stack STACK, as the stack
# STACK-edge: deploys deploy/aws/edge.yaml with lambda.zip, the viewer function that
# prewnginx writes, and the PRESET_<NAME> variables that both go by, and prints the URL.
# PARAMETERS="Name=value ..." are the template's. With the argument ready it says what
# is missing for that, and does nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/aws/aws.sh
. deploy/aws/version.sh

needs_stack
needs_architecture
for variable in ${!PRESET_@}; do
	if [[ ${!variable} == *[[:cntrl:]]* ]]; then complain "$variable: expected one line"; fi
done
sign_in
edge=$STACK-edge
# CloudFront takes 64 characters for a name (CreateFunction, "Name"; OriginAccessControlConfig,
# "Name"), which is unique in an account over all regions.
longest=$edge-$region-url
if [ ${#longest} -gt 64 ]; then fail "STACK=$STACK, expected up to $((64 - ${#longest} + ${#STACK})) characters in $region: CloudFront has names of 64"; fi
read_outputs "$STACK"
read_parameters "$STACK"
beside=$parameters parameters=
if [ -n "$(stack_status "$edge")" ]; then read_parameters "$edge"; fi

# value <name> <lines>: of a line "name, tab, value", as read_parameters has them.
value() { awk -F '\t' -v name="$1" '$1 == name { print $2 }' <<<"$2"; }

# setting <name> <otherwise>: what edge.yaml will have as this parameter.
setting() {
	local all given had
	read -rd '' -a all <<<"${PARAMETERS:-}" || true
	for given in ${all[@]+"${all[@]}"}; do
		case $given in "$1="*) echo "${given#*=}" && return ;; esac
	done
	had=$(value "$1" "$parameters")
	echo "${had:-$2}"
}
front=$(setting Front cloudfront)
photos=$(setting PhotoAccess open)
if [ "$front" = website ] && ! grep -q $'^WebsiteTo\t' <<<"$beside"; then
	fail "the stack $STACK is of a time before websites: make deploy STACK=$STACK first"
fi
if [ "${1:-}" = ready ]; then exit; fi
echo "deploying the stack $edge in $region as $identity"
upload

# A slash is the root of a bucket.
folder() { case $(output "$1") in /) ;; *) output "$1" ;; esac; }
bucket=$(output Bucket) prefix=$(folder Prefix) sources=$(output SourceBucket) source_prefix=$(folder SourcePrefix)
made=yes made_sources=yes
if [ "$(value Bucket "$beside")" ]; then made=no; fi
if [ "$sources" = "$bucket" ]; then
	made_sources=$made
elif [ "$(value SourceBucket "$beside")" ]; then
	made_sources=no
fi
given=("CodeBucket=$code_bucket" "CodeKey=$code_key" "Architecture=$architecture"
	"MadeBucket=$made" "MadeSourceBucket=$made_sources" "Prefix=$prefix" "SourcePrefix=$source_prefix")
for name in MemorySize HEIC; do # a stack that was made before HEIC was read has no such parameter
	if [ -n "$(value "$name" "$beside")" ]; then given+=("$name=$(value "$name" "$beside")"); fi
done
for name in Bucket SourceBucket Access BucketRegion BucketRole SourceBucketRegion SourceBucketRole Sources SourceBuckets SourceRoles Website; do
	given+=("$name=$(output "$name")")
done

# Whoever sees a preview asks CloudFront by the rules that the function answers by.
mkdir -p .bin
viewer=.bin/viewer.js
rm -f "$viewer"
if [ "$front" = cloudfront ] && ! env PREW_BUCKET="$bucket" PREW_PREFIX="$prefix" PREW_SOURCE_BUCKET="$sources" PREW_SOURCE_PREFIX="$source_prefix" \
	PREW_SOURCES="$(output Sources)" PREW_PHOTO_ACCESS="$photos" PREW_PRIVATE=1 PREW_TOKEN_COOKIE=prew \
	.bin/prewnginx cloudfront >"$viewer"; then
	fail "the presets make no function for CloudFront, see above"
fi

# write_template prints edge.yaml with what deploy-edge puts into it, and without its
# comments: CloudFormation takes 51,200 bytes.
write_template() {
	local line variable value skipped=
	while IFS= read -r line; do
		case $line in
		*"// deploy-edge.sh puts what prewnginx cloudfront prints here.")
			if [ -f "$viewer" ]; then
				sed 's/^./        &/' "$viewer"
				skipped=yes
				continue
			fi
			;;
		*"# deploy-edge.sh puts PRESET_<NAME> here.")
			for variable in ${!PRESET_@}; do
				value=${!variable//\\/\\\\}
				echo "          $variable: \"${value//\"/\\\"}\""
			done
			;;
		esac
		case $skipped:$line in
		"yes:        "*) continue ;; # the rest of what the viewer function takes the place of
		*) skipped= ;;
		esac
		if [[ ! $line =~ ^\ *# ]]; then printf '%s\n' "$line"; fi
	done <deploy/aws/edge.yaml
}
template=.bin/edge.yaml
write_template >"$template"
size=$(($(wc -c <"$template")))
if [ "$size" -gt 51200 ]; then fail "edge.yaml has $size bytes with the presets, and CloudFormation takes 51,200: fewer aliases or PRESET_<NAME> variables"; fi
deploy_stack "$edge" "$template" "${given[@]}"

# The website of the bucket is of the stack that has the bucket.
read_outputs "$edge"
host=$(output FunctionHost)
if [ "$host" != "$(value WebsiteTo "$beside")" ] && ! update_parameters "$STACK" "WebsiteTo=$host"; then
	echo "$answer" >&2
	fail "the bucket's website could not be told of the function; may you cloudformation:UpdateStack and s3:PutBucketWebsite?"
fi

# Of a bucket that somebody else has made the policy is theirs.
partition=${identity#arn:}
partition=${partition%%:*}
statement() { # <bucket> <folder>...
	local folder resources=
	for folder in "${@:2}"; do resources+="${resources:+, }\"arn:$partition:s3:::$1/$folder*\""; done
	printf '\n%s\n\n' "The distribution may not read the bucket $1 until its policy has this statement:"
	printf '{"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject", "Resource": [%s], "Condition": {"StringEquals": {"AWS:SourceArn": "arn:%s:cloudfront::%s:distribution/%s"}}}\n' \
		"$resources" "$partition" "$account" "$distribution"
}
distribution=$(output Distribution)
if [ "$distribution" ]; then
	folders=("$prefix")
	if [ "$photos" = open ]; then
		if [ "$sources" = "$bucket" ]; then
			folders+=("$source_prefix")
		elif [ "$made_sources" = no ]; then
			statement "$sources" "$source_prefix"
		fi
	fi
	if [ "$made" = no ]; then statement "$bucket" "${folders[@]}"; fi
	printf '\n%s\n' "The distribution is $distribution, which takes some minutes to be everywhere."
fi
if [ "$(output Target)" ]; then echo "A name of your own points at $(output Target)."; fi
printf '%s: %s\n\n' "$edge" "$(output Url)"
echo "A first preview:"
echo "  aws s3 cp cat.jpg s3://$sources/$source_prefix && curl -L -o thumb.jpg $(output Url)/prew/thumb/cat.jpg"
