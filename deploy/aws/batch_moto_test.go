//go:build aws

package aws

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// onModel is the AWS CLI, but for the jobs of S3 Batch Operations, which moto does not know: for
// the call that makes one the CLI holds what it was given against its own model of the service
// and answers with a sample. While the job is followed it keeps what moto then has.
const onModel = `#!/bin/bash
case "$1 $2" in
"s3control create-job")
	for ((i = 1; i < $#; i++)); do if [ "${!i}" = --role-arn ]; then next=$((i + 1)) && echo "${!next}" >"$KEPT/role"; fi; done
	exec "$REAL" "$@" --generate-cli-skeleton output
	;;
"s3control describe-job")
	role=$(cat "$KEPT/role")
	"$REAL" iam get-role-policy --role-name "${role##*/}" --policy-name job --query PolicyDocument >"$KEPT/policy"
	"$REAL" s3 cp --recursive "s3://prew-code-123456789012-us-east-1/batch/" "$KEPT/manifests" >/dev/null
	printf 'Complete\t%s\t2\t2\t0\t1\n' "$role"
	;;
*) exec "$REAL" "$@" ;;
esac
`

// TestBatchOnMoto makes a job for a stack on a moto server.
func TestBatchOnMoto(t *testing.T) {
	m := startMoto(t)
	m.aws(t, nil, "s3api", "create-bucket", "--bucket", "prew-code-123456789012-us-east-1")
	m.aws(t, nil, "cloudformation", "create-stack", "--stack-name", "demo", "--template-body", `{"Resources": {"Pictures": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "pictures"}}},
		"Outputs": {"Function": {"Value": "arn:aws:lambda:us-east-1:123456789012:function:demo:live"}, "Bucket": {"Value": "pictures"}, "SourceBucket": {"Value": "pictures"}, "SourcePrefix": {"Value": "photo/"}}}`)
	program, err := exec.LookPath("aws")
	if err != nil {
		t.Fatal(err)
	}
	path, kept := t.TempDir(), t.TempDir()
	write(t, filepath.Join(path, "aws"), onModel, 0o755)
	write(t, filepath.Join(kept, "keys.txt"), "a b.jpg\nö.jpg\n", 0o644)
	run := func(env ...string) (string, error) {
		command := m.command("make", "--silent", "batch", "STACK=demo", "PRESETS=card,thumb", "MANIFEST="+filepath.Join(kept, "keys.txt"))
		command.Env = append(append(command.Env, "PATH="+path+":"+os.Getenv("PATH"), "REAL="+program, "KEPT="+kept), env...)
		output, err := command.CombinedOutput()
		return string(output), err
	}
	output, err := run()
	if err != nil || !strings.Contains(output, "the job is JobId;") || !strings.Contains(output, "Complete: 2 of 2 photos, 0 failed") {
		t.Fatalf("%v\n%s", err, output)
	}
	manifests, err := filepath.Glob(filepath.Join(kept, "manifests", "demo", "*.csv"))
	if err != nil || len(manifests) != 1 {
		t.Fatalf("%q, %v", manifests, err)
	}
	if got, want := given(t, manifests[0], ""), "pictures,photo/a%20b.jpg\npictures,photo/%C3%B6.jpg\n"; got != want {
		t.Errorf("the manifest is\n%s\nwant\n%s", got, want)
	}
	expectGiven(t, kept, "policy", `{"Version": "2012-10-17", "Statement": [
		{"Sid": "CallTheFunction", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:demo:live"},
		{"Sid": "ReadTheManifest", "Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": ["arn:aws:s3:::prew-code-123456789012-us-east-1/batch/demo/`+filepath.Base(manifests[0])+`"]},
		{"Sid": "WriteTheReport", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::prew-code-123456789012-us-east-1/batch/demo/reports/*"}]}`)
	var roles []string
	m.aws(t, &roles, "iam", "list-roles", "--query", "Roles[].RoleName")
	for _, role := range roles {
		if strings.HasPrefix(role, "prew-batch-") {
			t.Errorf("the role %s is left", role)
		}
	}
}

// TestJobsAnswerHasWhatTheScriptReads looks for the fields of the script's queries in the CLI's
// model. The CLI's own sample of this answer breaks its own rules, so that it prints none.
func TestJobsAnswerHasWhatTheScriptReads(t *testing.T) {
	output, err := exec.Command("python3", "-c", `
import botocore.session
shape = botocore.session.get_session().get_service_model("s3control").operation_model("DescribeJob").output_shape
job = shape.members["Job"].members
progress = job["ProgressSummary"].members
timers = progress["Timers"].members
reasons = job["FailureReasons"].member.members
for members, names in ((job, "Status RoleArn"), (progress, "TotalNumberOfTasks NumberOfTasksSucceeded NumberOfTasksFailed"),
	(timers, "ElapsedTimeInActiveSeconds"), (reasons, "FailureCode FailureReason")):
	for name in names.split():
		print(name, members[name].type_name)
print(sorted(set(job["Status"].enum) & {"Complete", "Failed", "Cancelled"}))
`).CombinedOutput()
	const want = "Status string\nRoleArn string\nTotalNumberOfTasks long\nNumberOfTasksSucceeded long\nNumberOfTasksFailed long\n" +
		"ElapsedTimeInActiveSeconds long\nFailureCode string\nFailureReason string\n['Cancelled', 'Complete', 'Failed']\n"
	if err != nil || string(output) != want {
		t.Errorf("%v, want\n%s\ngot\n%s", err, want, output)
	}
}
