package aws

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// batchCLI is a stand-in for the AWS CLI with a stack demo. It keeps each argument that has
// JSON or is a file in $KEPT by the name of its flag, and answers for a job with the lines of
// $STATES, one each time, the last one again and again.
const batchCLI = `#!/bin/bash
echo "$1 $2" >>"$KEPT/calls"
refuse() { echo "An error occurred ($1)" >&2; exit 255; }
case "$1 $2" in "${FAIL_ON:-never}"*) refuse AccessDenied ;; esac
for ((i = 3; i < $#; i++)); do
	next=$((i + 1))
	case ${!i} in
	--body) cp "${!next}" "$KEPT/body" ;;
	--*) printf %s "${!next}" >"$KEPT/$2${!i}" ;;
	esac
done
case "$*" in
"sts get-caller-identity"*) printf '123456789012\tarn:aws:iam::123456789012:user/somebody\n' ;;
"cloudformation describe-stacks"*) printf 'Function\tarn:aws:lambda:eu-west-1:123456789012:function:demo:live\nBucket\tpictures\nSourceBucket\tphotos\nSourcePrefix\t%s\n' "${FOLDER:-photo/}" ;;
"s3api head-object"*) echo '"e7a9"' ;;
"s3 cp"*) printf %s "$INVENTORY" ;;
"iam create-role"*) echo "arn:aws:iam::123456789012:role/$(cat "$KEPT/create-role--role-name")" ;;
"s3control create-job"*)
	if [ "$(grep -c 's3control create-job' "$KEPT/calls")" -le "${TOO_NEW:-0}" ]; then refuse "AccessDenied: the role can't be assumed"; fi
	echo the-job
	;;
"s3control describe-job"*FailureReasons*) printf 'ManifestTooLarge\ttoo many\n' ;;
"s3control describe-job"*)
	line=$(sed -n "$(grep -c 's3control describe-job' "$KEPT/calls")p" "$KEPT/states")
	echo "${line:-$(tail -n 1 "$KEPT/states")}" | sed "s|ROLE|arn:aws:iam::123456789012:role/$(cat "$KEPT/create-role--role-name" 2>/dev/null)|"
	;;
esac
`

// batch runs deploy/aws/batch.sh with the stand-in, and with a sleep that takes no time. What
// the CLI was given is in the folder kept.
func batch(t *testing.T, states string, env ...string) (output, kept string, code int) {
	t.Helper()
	dir, path, kept := checkout(t, "aws/aws.sh", "aws/batch.sh"), t.TempDir(), t.TempDir()
	write(t, filepath.Join(path, "aws"), batchCLI, 0o755)
	write(t, filepath.Join(path, "sleep"), "#!/bin/sh\necho \"sleep $*\" >>\"$KEPT/calls\"\n", 0o755)
	write(t, filepath.Join(kept, "states"), states, 0o644)
	write(t, filepath.Join(dir, "keys.txt"), "a b/c+d.jpg\r\n\nö%.jpg\nplain-1_2~3.JPG", 0o644)
	write(t, filepath.Join(dir, "empty.txt"), "\n\n", 0o644)
	output, err := script(dir, "aws/batch.sh", append([]string{"STACK=demo", "AWS_REGION=eu-west-1", "PRESETS=card,thumb@2x.webp", "MANIFEST=keys.txt",
		"KEPT=" + kept, "PATH=" + path + ":/usr/bin:/bin", "TMPDIR=" + t.TempDir()}, env...)...)
	if err != nil {
		exit, ok := err.(interface{ ExitCode() int })
		if !ok {
			t.Fatal(err)
		}
		code = exit.ExitCode()
	}
	return output, kept, code
}

// given is what the CLI was given for a flag of a command.
func given(t *testing.T, kept, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(kept, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// expectGiven compares the JSON of a flag.
func expectGiven(t *testing.T, kept, name, want string) {
	t.Helper()
	var got any
	if err := json.Unmarshal([]byte(given(t, kept, name)), &got); err != nil {
		t.Fatalf("%s: %v: %s", name, err, given(t, kept, name))
	}
	expectJSON(t, name, got, want)
}

// calls are the commands of the CLI, without those that only look.
func calls(t *testing.T, kept string) (commands []string) {
	t.Helper()
	for line := range strings.Lines(given(t, kept, "calls")) {
		switch line = strings.TrimSpace(line); line {
		case "sts get-caller-identity", "cloudformation describe-stacks", "s3api head-object", "s3control describe-job", "sleep 10":
		default:
			commands = append(commands, line)
		}
	}
	return commands
}

const done = "Complete\tROLE\t3\t3\t0\t2\n"

func TestJobIsMadeFollowedAndCleanedUp(t *testing.T) {
	output, kept, code := batch(t, "New\tROLE\tNone\tNone\tNone\tNone\nActive\tROLE\t1000\t10\t0\t5\nActive\tROLE\t1000\t10\t0\t5\n"+"Complete\tROLE\t1000\t1000\t0\t9\n")
	const want = "the job is the-job; if this ends before it, make batch STACK=demo JOB=the-job follows it\n" +
		"New: 0 of 0 photos, 0 failed\nActive: 10 of 1000 photos, 0 failed, 2 a second, 8 minutes left\n" +
		"Complete: 1000 of 1000 photos, 0 failed, 111 a second, 0 minutes left\n"
	if code != 0 || output != want {
		t.Errorf("exit code %d, want 0 and\n%s\ngot\n%s", code, want, output)
	}
	if got, want := calls(t, kept), []string{"s3api put-object", "iam create-role", "iam put-role-policy", "s3control create-job", "iam delete-role-policy", "iam delete-role"}; !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
	if got, want := given(t, kept, "body"), "photos,photo/a%20b/c%2Bd.jpg\nphotos,photo/%C3%B6%25.jpg\nphotos,photo/plain-1_2~3.JPG\n"; got != want {
		t.Errorf("the manifest is\n%s\nwant\n%s", got, want)
	}
	key := given(t, kept, "put-object--key")
	if !strings.HasPrefix(key, "batch/demo/") || given(t, kept, "put-object--bucket") != "prew-code-123456789012-eu-west-1" || given(t, kept, "put-object--expected-bucket-owner") != "123456789012" {
		t.Errorf("it is at %s", key)
	}
	role := given(t, kept, "create-role--role-name")
	if !strings.HasPrefix(role, "prew-batch-") || len(role) > 64 || given(t, kept, "delete-role--role-name") != role {
		t.Errorf("the role is %s", role)
	}
	expectGiven(t, kept, "create-role--assume-role-policy-document", `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
		"Principal": {"Service": "batchoperations.s3.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}]}`)
	expectGiven(t, kept, "put-role-policy--policy-document", `{"Version": "2012-10-17", "Statement": [
		{"Sid": "CallTheFunction", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:demo:live"},
		{"Sid": "ReadTheManifest", "Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": ["arn:aws:s3:::prew-code-123456789012-eu-west-1/`+key+`"]},
		{"Sid": "WriteTheReport", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::prew-code-123456789012-eu-west-1/batch/demo/reports/*"}]}`)
	if got := given(t, kept, "create-job--role-arn"); got != "arn:aws:iam::123456789012:role/"+role {
		t.Errorf("the job has the role %s", got)
	}
	expectGiven(t, kept, "create-job--operation", `{"LambdaInvoke": {"FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:demo:live", "InvocationSchemaVersion": "2.0",
		"UserArguments": {"action": "warm", "presets": "card,thumb@2x.webp", "bucket": "pictures"}}}`)
	expectGiven(t, kept, "create-job--manifest", `{"Spec": {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]},
		"Location": {"ObjectArn": "arn:aws:s3:::prew-code-123456789012-eu-west-1/`+key+`", "ETag": "e7a9"}}`)
	expectGiven(t, kept, "create-job--report", `{"Enabled": true, "Bucket": "arn:aws:s3:::prew-code-123456789012-eu-west-1", "Prefix": "batch/demo/reports",
		"Format": "Report_CSV_20180820", "ReportScope": "FailedTasksOnly"}`)
}

func TestManifestsOfAJob(t *testing.T) {
	const inventory = `{"sourceBucket": "photos", "destinationBucket": "arn:aws:s3:::lists", "fileFormat": "CSV", "fileSchema": "Bucket, Key",
		"files": [{"key": "a/photos/daily/data/1.csv.gz", "size": 1, "MD5checksum": "x"}, {"key" : "a/photos/daily/data/2.csv.gz", "size": 1}]}`
	for _, test := range []struct {
		env      []string
		manifest string
		reads    string
		uploaded bool
	}{
		{[]string{"MANIFEST=s3://lists/a/photos/daily/2026-11-28T01-00Z/manifest.json", "INVENTORY=" + inventory},
			`{"Spec": {"Format": "S3InventoryReport_CSV_20161130"}, "Location": {"ObjectArn": "arn:aws:s3:::lists/a/photos/daily/2026-11-28T01-00Z/manifest.json", "ETag": "e7a9"}}`,
			`["arn:aws:s3:::lists/a/photos/daily/2026-11-28T01-00Z/manifest.json", "arn:aws:s3:::lists/a/photos/daily/data/*"]`, false},
		{[]string{"MANIFEST=s3://lists/mine.csv"},
			`{"Spec": {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]}, "Location": {"ObjectArn": "arn:aws:s3:::lists/mine.csv", "ETag": "e7a9"}}`,
			`["arn:aws:s3:::lists/mine.csv"]`, false},
	} {
		output, kept, code := batch(t, done, test.env...)
		if code != 0 {
			t.Fatalf("%q: exit code %d\n%s", test.env, code, output)
		}
		expectGiven(t, kept, "create-job--manifest", test.manifest)
		var policy struct{ Statement []struct{ Resource any } }
		if err := json.Unmarshal([]byte(given(t, kept, "put-role-policy--policy-document")), &policy); err != nil {
			t.Fatal(err)
		}
		expectJSON(t, "the role reads", policy.Statement[1].Resource, test.reads)
		if uploaded := slices.Contains(calls(t, kept), "s3api put-object"); uploaded != test.uploaded {
			t.Errorf("%q: uploaded %v", test.env, uploaded)
		}
	}
	_, kept, _ := batch(t, done, "FOLDER=/")
	if got := given(t, kept, "body"); !strings.HasPrefix(got, "photos,a%20b/c%2Bd.jpg\n") {
		t.Errorf("of photos in the root of their bucket the manifest is\n%s", got)
	}
}

func TestEndsOfAJob(t *testing.T) {
	all := []string{"s3api put-object", "iam create-role", "iam put-role-policy", "s3control create-job", "iam delete-role-policy", "iam delete-role"}
	for _, test := range []struct {
		name, states string
		env          []string
		code         int
		says         string
		calls        []string
	}{
		{"some failed", "Complete\tROLE\t3\t1\t2\t2\n", nil, 3, "2 photos failed; why is in s3://prew-code-123456789012-eu-west-1/batch/demo/reports/job-the-job/", all},
		{"it failed", "Failed\tROLE\t3\t0\t2\t2\n", nil, 1, "ManifestTooLarge\ttoo many\nbatch: the job the-job is Failed", all},
		{"somebody has cancelled it", "Cancelled\tROLE\t3\t0\t0\t2\n", nil, 1, "is Cancelled", all},
		{"a purge", done, []string{"ACTION=purge"}, 0, "Complete: 3 of 3", all},
		{"the role is known late", done, []string{"TOO_NEW=2"}, 0, "Complete: 3 of 3", append(append(slices.Clone(all[:4]), "sleep 5", all[3], "sleep 5"), all[3:]...)},
		{"no right to make jobs", done, []string{"FAIL_ON=s3control create-job"}, 1, "may you s3:CreateJob, and iam:PassRole of prew-batch-*?",
			append(append(slices.Clone(all[:4]), slices.Repeat([]string{"sleep 5", all[3]}, 5)...), all[4:]...)},
		{"no right to make roles", done, []string{"FAIL_ON=iam create-role"}, 1, "may you iam:CreateRole?", all[:2]},
		{"no right to give rights", done, []string{"FAIL_ON=iam put-role-policy"}, 1, "may you iam:PutRolePolicy?", append(slices.Clone(all[:3]), all[4:]...)},
		{"no right to follow", done, []string{"FAIL_ON=s3control describe-job"}, 1, "It goes on: make batch STACK=demo JOB=the-job", all[:4]},
		{"followed later", done, []string{"JOB=the-job", "PRESETS=", "MANIFEST="}, 0, "Complete: 3 of 3", nil}, // the role is not one of the script's
		{"a job of somebody else", strings.Replace(done, "ROLE", "arn:aws:iam::123456789012:role/admin", 1), []string{"JOB=the-job"}, 0, "Complete: 3 of 3", nil},
		{"a job that lost its printing", strings.Replace(done, "ROLE", "arn:aws:iam::123456789012:role/prew-batch-1", 1), []string{"JOB=the-job"}, 0, "Complete: 3 of 3", all[4:]},
		{"no keys", done, []string{"MANIFEST=empty.txt"}, 1, "MANIFEST=empty.txt has no keys", nil},
		{"no file", done, []string{"MANIFEST=nope.txt"}, 1, "MANIFEST=nope.txt can't be read", nil},
		{"no manifest", done, []string{"MANIFEST="}, 1, "which photos?", nil},
		{"no presets", done, []string{"PRESETS="}, 1, "PRESETS=, expected names of presets", nil},
		{"presets that are none", done, []string{`PRESETS=card", "bucket": "mine`}, 1, "expected names of presets", nil},
		{"too many presets", done, []string{"PRESETS=" + strings.Repeat("card,", 300) + "card"}, 1, "up to 1,024 bytes", nil},
		{"another action", done, []string{"ACTION=burn"}, 1, "ACTION=burn, expected warm or purge", nil},
		{"an inventory in Parquet", done, []string{"MANIFEST=s3://lists/manifest.json", `INVENTORY={"fileFormat" : "Parquet"}`}, 1, "expected that of an inventory in CSV", []string{"s3 cp"}},
		{"no stack", done, []string{"STACK="}, 1, "make batch STACK=name", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			output, kept, code := batch(t, test.states, test.env...)
			if code != test.code || !strings.Contains(output, test.says) {
				t.Errorf("exit code %d, want %d and %q in\n%s", code, test.code, test.says, output)
			}
			if got := calls(t, kept); !slices.Equal(got, test.calls) {
				t.Errorf("calls\n%s\nwant\n%s", fmt.Sprint(got), fmt.Sprint(test.calls))
			}
		})
	}
}
