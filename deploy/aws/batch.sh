#!/usr/bin/env bash
# Has S3 Batch Operations call the function of the stack STACK for every photo of
# MANIFEST, and prints how far that is until it has ended. PRESETS=card,thumb are
# presets, each with its variants: previews that are not stored are rendered or, with
# ACTION=purge, those that are stored are deleted. MANIFEST is a file with a photo's
# key in each line; or s3://bucket/.../manifest.json, that of an inventory in CSV; or
# s3://bucket/key, a CSV of bucket and escaped name of the object. JOB=id goes on
# following a job. Exit status 3: the job has ended, and some photos have failed.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/aws/aws.sh

# follow <job> prints its progress until it has ended, and then deletes the role that
# was made for it.
follow() {
	local fields state total succeeded failed role seconds said last= terminal=
	if [ -t 1 ]; then terminal=yes; fi
	while :; do
		if ! ask aws s3control describe-job --account-id "$account" --job-id "$1" --output text --query \
			'Job.[Status, RoleArn, ProgressSummary.TotalNumberOfTasks, ProgressSummary.NumberOfTasksSucceeded, ProgressSummary.NumberOfTasksFailed, ProgressSummary.Timers.ElapsedTimeInActiveSeconds]'; then
			echo "$answer" >&2
			fail "asking for the job $1 failed; may you s3:DescribeJob? It goes on: make batch STACK=$STACK JOB=$1"
		fi
		fields=${answer//None/0}
		read -r state role total succeeded failed seconds <<<"$fields"
		said="$state: $((succeeded + failed)) of $total photos, $failed failed"
		if [ "$seconds" -gt 0 ] && [ $((succeeded + failed)) -gt 0 ]; then
			said+=", $(((succeeded + failed) / seconds)) a second, $(((total - succeeded - failed) * seconds / (succeeded + failed) / 60)) minutes left"
		fi
		if [ "$terminal" ]; then printf '\r\033[K%s' "$said"; elif [ "$said" != "$last" ]; then echo "$said"; fi
		last=$said
		case $state in Complete | Failed | Cancelled) break ;; esac
		sleep 10 # S3 brings the numbers up to date no faster
	done
	if [ "$terminal" ]; then echo; fi
	delete_role "${role##*/}"
	if [ "$state" != Complete ]; then
		aws s3control describe-job --account-id "$account" --job-id "$1" --output text --query 'Job.FailureReasons[].[FailureCode, FailureReason]' >&2 || true
		fail "the job $1 is $state; what was done stays done, and a new one does the rest"
	fi
	if [ "$failed" -gt 0 ]; then
		echo "batch: $failed photos failed; why is in s3://prew-code-$account-$region/batch/$STACK/reports/job-$1/" >&2
		exit 3
	fi
}

# The roles that this script makes begin so; it deletes no others.
roles=prew-batch-

# make_role <name> <policy> sets role_arn.
make_role() {
	local trust
	trust=$(printf '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "batchoperations.s3.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:SourceAccount": "%s"}}}]}' "$account")
	if ! role_arn=$(aws iam create-role --role-name "$1" --description "What one job of S3 Batch Operations may do for the stack $STACK." \
		--assume-role-policy-document "$trust" --query Role.Arn --output text); then
		fail "making the role of the job failed; may you iam:CreateRole?"
	fi
	if ! aws iam put-role-policy --role-name "$1" --policy-name job --policy-document "$2"; then
		delete_role "$1"
		fail "giving the role of the job its rights failed; may you iam:PutRolePolicy?"
	fi
}

# delete_role <name>
delete_role() {
	case $1 in "$roles"*) ;; *) return ;; esac
	ask aws iam delete-role-policy --role-name "$1" --policy-name job || true
	if ! ask aws iam delete-role --role-name "$1"; then
		printf '%s\n%s: the role %s stays, which nothing needs any more\n' "$answer" "$script" "$1" >&2
	fi
}

# encode writes the manifest of the keys that it reads: bucket and name, which S3 has
# escaped as in a URL (Amazon S3 User Guide, "Specifying a manifest").
encode() {
	LC_ALL=C awk -v bucket="$photos" -v prefix="$prefix" '
		BEGIN { for (i = 1; i < 256; i++) number[sprintf("%c", i)] = i }
		{ sub(/\r$/, "") }
		$0 != "" {
			name = prefix $0
			escaped = ""
			for (i = 1; i <= length(name); i++) {
				c = substr(name, i, 1)
				escaped = escaped (c ~ /[A-Za-z0-9._~\/-]/ ? c : sprintf("%%%02X", number[c]))
			}
			print bucket "," escaped
		}'
}

# upload_keys puts the manifest of a file of keys beside the function's code, and sets
# manifest_bucket and manifest_key.
upload_keys() {
	local file
	file=$(mktemp)
	if ! encode <"$MANIFEST" >"$file"; then fail "MANIFEST=$MANIFEST can't be read"; fi
	if [ ! -s "$file" ]; then
		rm -f "$file"
		fail "MANIFEST=$MANIFEST has no keys, expected one in each line"
	fi
	manifest_bucket=$code_bucket manifest_key=batch/$STACK/$now.csv
	if ! aws s3api put-object --bucket "$manifest_bucket" --key "$manifest_key" --body "$file" --expected-bucket-owner "$account" >/dev/null; then
		rm -f "$file"
		fail "uploading the keys to $manifest_bucket failed; may you s3:PutObject there?"
	fi
	rm -f "$file"
}

# read_inventory sets reads to the files of an inventory's manifest, as the role's rights
# name them.
read_inventory() {
	local text folder
	if ! text=$(aws s3 cp "$MANIFEST" -); then fail "MANIFEST=$MANIFEST can't be read; may you s3:GetObject there?"; fi
	case $text in
	*'"fileFormat"'*'"CSV"'*) ;;
	*) fail "MANIFEST=$MANIFEST, expected that of an inventory in CSV; S3 Batch Operations reads no ORC and no Parquet" ;;
	esac
	while read -r folder; do
		reads+=", \"arn:$partition:s3:::$manifest_bucket/$folder/*\""
	done < <(tr ',{' '\n\n' <<<"$text" | sed -n 's/.*"key"[[:space:]]*:[[:space:]]*"\([^"]*\)\/[^"/]*".*/\1/p' | sort -u)
}

needs_stack
if [ -z "${JOB:-}" ]; then
	if ! [[ ${PRESETS:-} =~ ^[A-Za-z0-9_@.-]+(,[A-Za-z0-9_@.-]+)*$ ]] || [ ${#PRESETS} -gt 1024 ]; then # the most that a job's argument takes
		complain "PRESETS=${PRESETS:-}, expected names of presets with commas between them, up to 1,024 bytes: PRESETS=card,thumb"
	fi
	case ${ACTION:=warm} in warm | purge) ;; *) complain "ACTION=$ACTION, expected warm or purge" ;; esac
	case ${MANIFEST:-} in
	s3://*/*) ;;
	"") complain "which photos? MANIFEST=keys.txt, or MANIFEST=s3://bucket/.../manifest.json of an inventory" ;;
	*) if [ ! -r "$MANIFEST" ]; then complain "MANIFEST=$MANIFEST can't be read, expected a file of keys or s3://bucket/key"; fi ;;
	esac
fi
sign_in
if [ "${JOB:-}" ]; then
	follow "$JOB"
	exit
fi
read_outputs "$STACK"
function=$(output Function) previews=$(output Bucket) photos=$(output SourceBucket) prefix=$(output SourcePrefix)
if [ "$prefix" = / ]; then prefix=; fi
partition=$(cut -d : -f 2 <<<"$function")
code_bucket=prew-code-$account-$region
now=$(date -u +%Y%m%dT%H%M%SZ)-$$

format=S3BatchOperations_CSV_20180820 columns=', "Fields": ["Bucket", "Key"]'
case $MANIFEST in
s3://*)
	manifest_bucket=${MANIFEST#s3://} manifest_bucket=${manifest_bucket%%/*}
	manifest_key=${MANIFEST#s3://*/}
	;;
*) upload_keys ;;
esac
reads="\"arn:$partition:s3:::$manifest_bucket/$manifest_key\""
case $MANIFEST in s3://*/manifest.json)
	format=S3InventoryReport_CSV_20161130 columns=
	read_inventory
	;;
esac
if ! etag=$(aws s3api head-object --bucket "$manifest_bucket" --key "$manifest_key" --query ETag --output text); then
	fail "there is no s3://$manifest_bucket/$manifest_key, or you may not s3:GetObject it"
fi
etag=${etag//\"/}

role=$roles$now
make_role "$role" "$(printf '{"Version": "2012-10-17", "Statement": [
	{"Sid": "CallTheFunction", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "%s"},
	{"Sid": "ReadTheManifest", "Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": [%s]},
	{"Sid": "WriteTheReport", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:%s:s3:::%s/batch/%s/reports/*"}]}' \
	"$function" "$reads" "$partition" "$code_bucket" "$STACK")"
operation=$(printf '{"LambdaInvoke": {"FunctionArn": "%s", "InvocationSchemaVersion": "2.0", "UserArguments": {"action": "%s", "presets": "%s", "bucket": "%s"}}}' \
	"$function" "$ACTION" "$PRESETS" "$previews")
manifest=$(printf '{"Spec": {"Format": "%s"%s}, "Location": {"ObjectArn": "arn:%s:s3:::%s/%s", "ETag": "%s"}}' \
	"$format" "$columns" "$partition" "$manifest_bucket" "$manifest_key" "$etag")
report=$(printf '{"Enabled": true, "Bucket": "arn:%s:s3:::%s", "Prefix": "batch/%s/reports", "Format": "Report_CSV_20180820", "ReportScope": "FailedTasksOnly"}' \
	"$partition" "$code_bucket" "$STACK")
# A role that is new is not known everywhere at once.
for try in 1 2 3 4 5 6; do
	if ask aws s3control create-job --account-id "$account" --no-confirmation-required --priority 10 --role-arn "$role_arn" \
		--description "$STACK: $ACTION $PRESETS" --operation "$operation" --manifest "$manifest" --report "$report" --query JobId --output text; then
		job=$answer
		echo "the job is $job; if this ends before it, make batch STACK=$STACK JOB=$job follows it"
		follow "$job"
		exit
	fi
	if [ "$try" != 6 ]; then sleep 5; fi
done
echo "$answer" >&2
delete_role "$role"
fail "making the job failed; may you s3:CreateJob, and iam:PassRole of $roles*?"
