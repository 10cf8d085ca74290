# The versions of a function, and of a stack's its alias live, the version that
# gateways call; sourced after aws.sh. A stack's function is named as the stack.

# upload puts lambda.zip where the stack takes code from, and sets code_bucket and
# code_key. The bucket is one for all stacks of an account and region. It is made
# where it is missing, and its owner looked at each time: its name can be guessed,
# and whoever had it first could give the function other code.
upload() {
	if [ ! -f lambda.zip ]; then fail "lambda.zip is missing: make lambda.zip"; fi
	code_bucket=prew-code-$account-$region
	code_key=lambda/$(digest lambda.zip).zip
	local where=()
	if ! ask aws s3api head-bucket --bucket "$code_bucket" --expected-bucket-owner "$account"; then
		if [[ $answer != *"(404)"* ]]; then
			echo "$answer" >&2
			fail "the bucket for code, $code_bucket, can't be used; is it another account's, or may you not s3:ListBucket?"
		fi
		where=(--bucket "$code_bucket")
		# S3 refuses this one region's name (CreateBucket, "LocationConstraint").
		if [ "$region" != us-east-1 ]; then where+=(--create-bucket-configuration "LocationConstraint=$region"); fi
		echo "making the bucket $code_bucket for code"
		if ! aws s3api create-bucket "${where[@]}" >/dev/null ||
			! aws s3api put-public-access-block --bucket "$code_bucket" --expected-bucket-owner "$account" \
				--public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true; then
			fail "making the bucket $code_bucket failed; may you s3:CreateBucket and s3:PutBucketPublicAccessBlock?"
		fi
	fi
	if ! aws s3api head-object --bucket "$code_bucket" --key "$code_key" --expected-bucket-owner "$account" >/dev/null 2>&1; then
		if ! aws s3api put-object --bucket "$code_bucket" --key "$code_key" --body lambda.zip --expected-bucket-owner "$account" >/dev/null; then
			fail "uploading lambda.zip to $code_bucket failed; may you s3:PutObject there?"
		fi
	fi
}

# digest <file>: its SHA-256. Linux has the first program, macOS the second.
digest() {
	if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# read_live sets live to the version that the alias points at, empty where there
# is no alias or no function yet.
read_live() {
	live=
	if ask aws lambda get-alias --function-name "$STACK" --name live --query FunctionVersion --output text; then
		live=$answer
	elif [[ $answer != *ResourceNotFoundException* ]]; then
		echo "$answer" >&2
		fail "asking for the alias live of $STACK failed; may you lambda:GetAlias?"
	fi
}

# read_versions sets versions, a line each, the newest last: number, hash of the
# code, and what else of render.yaml makes a version, by tabs. latest is the same of
# what would be published, without a number. Both are empty where there is no
# function yet.
read_versions() {
	versions= latest=
	if ask aws lambda list-versions-by-function --function-name "$STACK" --output text --query \
		'Versions[].[Version, CodeSha256, Architectures[0], Runtime, Handler, MemorySize, Timeout, Role, Description, to_string(Environment.Variables)]'; then
		versions=$(sed -n '/^[0-9]/p' <<<"$answer" | sort -n)
		latest=$(sed -n 's/^\$LATEST[[:space:]]//p' <<<"$answer")
	elif [[ $answer != *ResourceNotFoundException* ]]; then
		echo "$answer" >&2
		fail "asking for the versions of $STACK failed; may you lambda:ListVersionsByFunction?"
	fi
}

# newest: the number of the newest version.
newest() { tail -n 1 <<<"$versions" | cut -f 1; }

# code_of <version>: the hash of its code.
code_of() { awk -F '\t' -v version="$1" '$1 == version { print $2 }' <<<"$versions"; }

# await_code <function> waits until the code that it was given is in place.
await_code() {
	if ! aws lambda wait function-updated --function-name "$1"; then
		fail "$1 has its new code but does not become active: aws lambda get-function --function-name $1 says why"
	fi
}

# publish_version <function> sets version to one of what the function is now.
publish_version() {
	if ! version=$(aws lambda publish-version --function-name "$1" --query Version --output text); then
		fail "$1 has its new code but publishing a version failed; may you lambda:PublishVersion?"
	fi
}

# publish makes a version of the function's code and configuration, and sets
# version to it, or to the newest where nothing has changed since. Lambda says that
# it would make none then either (API, "PublishVersion"), but being told the same
# code once more may be a change.
publish() {
	await_code "$STACK"
	read_versions
	if [ -n "$versions" ] && [ "$(tail -n 1 <<<"$versions" | cut -f 2-)" = "$latest" ]; then
		version=$(newest)
	else
		publish_version "$STACK"
	fi
}

# go_live <version> moves the alias there, or makes it where it is missing.
go_live() {
	local verb=update-alias
	if [ -z "$live" ]; then verb=create-alias; fi
	if ! aws lambda "$verb" --function-name "$STACK" --name live --function-version "$1" --query AliasArn --output text >/dev/null; then
		fail "moving the alias live of $STACK to version $1 failed, it stays at ${live:-none}; may you lambda:UpdateAlias and lambda:CreateAlias?"
	fi
	echo "$STACK: live is version $1, was ${live:-none}"
}

# tell_stack <parameter=value>... has the stack know what the CLI has done, so that
# an update that fails goes back to that and not to what was before. What is live
# is live, whether or not it works: the next make deploy tells it too.
tell_stack() {
	if ! update_parameters "$STACK" "$@"; then
		printf '%s\n%s: the stack %s was not told; the next make deploy does it\n' "$answer" "$script" "$STACK" >&2
	fi
}
