package deploy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// awsCLI records how it is called, a line each, and fails on the call that
// FAIL_ON names. STATUS is the stack's, LIVE the version that the alias points
// at; empty, there is none. VERSIONS and OUTPUTS are what they are, a line each.
const awsCLI = `#!/bin/sh
echo "$*" >>"$CALLS"
refuse() { echo "An error occurred ($1)" >&2; exit 255; }
case "$*" in
"${FAIL_ON:-never}"*) refuse "${ERROR:-AccessDenied}" ;;
"sts get-caller-identity"*) printf '123456789012\tarn:aws:iam::123456789012:user/somebody\n' ;;
"configure get region") echo us-east-1 ;;
"lambda update-function-code"*) echo hash-of-the-code ;;
"lambda publish-version"*) echo 7 ;;
"lambda get-alias"*) if [ -z "$LIVE" ]; then refuse ResourceNotFoundException; fi; echo "$LIVE" ;;
"lambda list-versions-by-function"*) if [ -z "$VERSIONS" ]; then refuse ResourceNotFoundException; fi; echo "$VERSIONS" ;;
"cloudformation get-template-summary"*) printf 'CodeBucket\tNone\nCodeKey\tNone\nArchitecture\tarm64\nLiveVersion\t\nMemorySize\t1769\n' ;;
"cloudformation describe-stacks"*Status*) if [ -z "$STATUS" ]; then refuse "ValidationError: Stack does not exist"; fi; echo "$STATUS" ;;
"cloudformation describe-stacks"*Outputs*) echo "$OUTPUTS" ;;
"cloudformation describe-stacks"*Parameters*) printf 'CodeBucket\told\nCodeKey\told\nArchitecture\tarm64\nLiveVersion\t3\nMemorySize\t1024\n' ;;
"cloudformation describe-stack-resources"*) echo demo-pictures ;;
"cloudformation describe-stack-events"*) echo "Role	is not authorized" ;;
esac
`

// calls of the CLI that more than one script makes.
const (
	identity = "sts get-caller-identity --query [Account,Arn] --output text\n"
)

func TestDeployFunctionUpdatesWaitsAndPublishes(t *testing.T) {
	const (
		update  = "lambda update-function-code --function-name resize --zip-file fileb://lambda.zip --architectures arm64 --query CodeSha256 --output text\n"
		wait    = "lambda wait function-updated-v2 --function-name resize\n"
		publish = "lambda publish-version --function-name resize --query Version --output text\n"
	)
	for _, test := range []struct {
		name   string
		env    []string
		zip    bool
		calls  string
		ok     bool
		output string
	}{
		{"all well", []string{"FUNCTION=resize"}, true, identity + update + wait + publish, true, "resize is at version 7"},
		{"amd64", []string{"FUNCTION=resize", "ARCH=amd64"}, true,
			identity + strings.ReplaceAll(update, "arm64", "x86_64") + wait + publish, true, "version 7"},
		{"no function", nil, true, "", false, "make deploy FUNCTION=name"},
		{"a stack as well", []string{"FUNCTION=resize", "STACK=demo"}, true, "", false, "expected one of them"},
		{"unknown architecture", []string{"FUNCTION=resize", "ARCH=386"}, true, "", false, "ARCH=386, expected arm64 or amd64"},
		{"no credentials", []string{"FUNCTION=resize", "FAIL_ON=sts"}, true, identity, false, "run aws configure"},
		{"no zip", []string{"FUNCTION=resize"}, false, identity, false, "lambda.zip is missing: make lambda.zip"},
		{"no such function", []string{"FUNCTION=resize", "FAIL_ON=lambda update"}, true, identity + update, false, "does it exist"},
		{"never active", []string{"FUNCTION=resize", "FAIL_ON=lambda wait"}, true, identity + update + wait, false, "does not become active"},
		{"no version", []string{"FUNCTION=resize", "FAIL_ON=lambda publish"}, true, identity + update + wait + publish, false, "publishing a version failed"},
	} {
		dir := checkout(t, "aws.sh", "deploy-function.sh")
		if test.zip {
			write(t, filepath.Join(dir, "lambda.zip"), "zip", 0o644)
		}
		output, calls, err := withCLI(t, dir, "deploy-function.sh", append(test.env, "AWS_REGION=eu-west-1")...)
		if (err == nil) != test.ok || !strings.Contains(output, test.output) {
			t.Errorf("%s: %v, want success %v and %q in\n%s", test.name, err, test.ok, test.output, output)
		}
		if calls != test.calls {
			t.Errorf("%s: aws was called with\n%swant\n%s", test.name, calls, test.calls)
		}
	}
}

func TestDeployNamesTheMissingCLI(t *testing.T) {
	dir := checkout(t, "aws.sh", "deploy-function.sh")
	output, err := script(dir, "deploy-function.sh", "FUNCTION=resize", "PATH="+bare(t, "bash", "dirname", "basename"))
	if err == nil || !strings.Contains(output, "install the AWS CLI") {
		t.Errorf("%v\n%s", err, output)
	}
}

// withCLI runs a script of a checkout with the recording CLI and returns how that
// was called.
func withCLI(t *testing.T, checkout, name string, env ...string) (output, calls string, err error) {
	t.Helper()
	path := t.TempDir()
	write(t, filepath.Join(path, "aws"), awsCLI, 0o755)
	log := filepath.Join(t.TempDir(), "calls")
	write(t, log, "", 0o644)
	output, err = script(checkout, name, append(env, "PATH="+path+":/usr/bin:/bin", "CALLS="+log)...)
	text, readErr := os.ReadFile(log)
	if readErr != nil {
		t.Fatal(readErr)
	}
	return output, string(text), err
}
