package aws

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// awsCLI records its calls, a line each. It fails with ERROR on the call that FAIL_ON
// names. STATUS is the status of the stack, GATEWAY_STATUS that of the gateway's
// stack, EDGE_STATUS that of the stack in front of it without servers, LIVE the version that the alias points at; if one
// is empty, there is no such stack or alias. VERSIONS, OUTPUTS, EDGE_OUTPUTS and PARAMETERS_TOO, further parameters of
// the stack, are lists, a line each. CONFIGURED is the
// region of its configuration. WARNING is printed beside every answer.
const awsCLI = `#!/bin/sh
echo "$*" >>"$CALLS"
if [ -n "$WARNING" ]; then echo "$WARNING" >&2; fi
refuse() { echo "An error occurred ($1)" >&2; exit 255; }
have() { if [ -z "$2" ]; then refuse "$1"; fi; printf '%b\n' "$2"; }
case "$*" in
"${FAIL_ON:-never}"*) refuse "${ERROR:-AccessDenied}" ;;
"sts get-caller-identity"*) printf '123456789012\tarn:aws:iam::123456789012:user/somebody\n' ;;
"configure get region") echo "${CONFIGURED-us-east-1}" ;;
"lambda update-function-code"*) echo hash-of-the-code ;;
"lambda publish-version"*) echo 7 ;;
"lambda get-alias"*) have ResourceNotFoundException "$LIVE" ;;
"lambda list-versions-by-function"*) have ResourceNotFoundException "$VERSIONS" ;;
"cloudformation get-template-summary"*gateway.yaml*) printf '%s\n' Function Bucket GatewayImage NginxImage Architecture SourceBucket Access BucketRegion BucketRole SourceBucketRegion SourceBucketRole Prefix SourcePrefix Sources SourceBuckets SourceRoles Subnets ;;
"cloudformation get-template-summary"*edge.yaml*) printf '%s\n' CodeBucket CodeKey Architecture MemorySize HEIC MadeBucket MadeSourceBucket Bucket SourceBucket Access BucketRegion BucketRole SourceBucketRegion SourceBucketRole Prefix SourcePrefix Sources SourceBuckets SourceRoles Website Front PhotoAccess ;;
"cloudformation get-template-summary"*) printf '%s\n' CodeBucket CodeKey Architecture LiveVersion MemorySize LogDays ;;
"cloudformation describe-stacks --stack-name demo-gateway"*Status*) have "ValidationError: Stack does not exist" "$GATEWAY_STATUS" ;;
"cloudformation describe-stacks --stack-name demo-edge "*Status*) have "ValidationError: Stack does not exist" "$EDGE_STATUS" ;;
"cloudformation describe-stacks --stack-name demo-edge "*Outputs*) have "ValidationError: Stack does not exist" "$EDGE_OUTPUTS" ;;
"cloudformation describe-stacks --stack-name demo-edge "*Parameters*) printf 'CodeBucket\told\nFront\t%s\nPhotoAccess\ttoken\n' "${EDGE_FRONT:-cloudfront}" ;;
"cloudformation describe-stacks --stack-name demo-edge-"*) have "ValidationError: Stack does not exist" ;;
"cloudformation describe-stacks"*Status*) have "ValidationError: Stack does not exist" "$STATUS" ;;
"cloudformation describe-stacks"*Outputs*) have "ValidationError: Stack does not exist" "$OUTPUTS" ;;
"cloudformation describe-stacks"*Parameters*) printf '%b' "$PARAMETERS_TOO"; printf 'CodeBucket\told\nCodeKey\told\nArchitecture\tarm64\nLiveVersion\t3\nMemorySize\t1024\nRetired\t\n' ;;
"cloudformation describe-stack-resources"*"ResourceStatus!='DELETE_COMPLETE'"*) echo demo-pictures-1 ;;
"cloudformation describe-stack-resources"*) printf 'demo-pictures-1\ndemo-photos-gone\n' ;;
"cloudformation describe-stack-events"*) printf '%b' "$EVENTS" ;;
"ecr get-login-password"*) echo secret ;;
"ecr describe-repositories --output"*) echo demo-gateway/nginx ;;
"--version") echo "aws-cli/$CLI" ;;
esac
`

const (
	identity = "sts get-caller-identity --query [Account,Arn] --output text\n"

	// The calls of the scripts for a stack called demo, by their purpose.
	headBucket   = "s3api head-bucket --bucket prew-code-123456789012-eu-west-1 --expected-bucket-owner 123456789012\n"
	codeKey      = "lambda/4a70fe9aa6436e02c2dea340fbd1e352e4ef2d8ce6ca52ad25d4b95471fc8bf2.zip"
	live         = "lambda get-alias --function-name demo --name live --query FunctionVersion --output text\n"
	listVersions = "lambda list-versions-by-function --function-name demo --output text --query Versions[].[Version, CodeSha256, Architectures[0], Runtime, Handler, MemorySize, Timeout, Role, Description, to_string(Environment.Variables)]\n"
	waitFunction = "lambda wait function-updated --function-name demo\n"
	publish      = "lambda publish-version --function-name demo --query Version --output text\n"
	summary      = "cloudformation get-template-summary --template-body file://deploy/aws/render.yaml --query Parameters[].[ParameterKey] --output text\n"
	status       = "cloudformation describe-stacks --stack-name demo --query Stacks[0].StackStatus --output text\n"
	parameters   = "cloudformation describe-stacks --stack-name demo --query Stacks[0].Parameters[].[ParameterKey,ParameterValue] --output text\n"
	waitUpdate   = "cloudformation wait stack-update-complete --stack-name demo\n"
	waitAndLook  = live + waitFunction + listVersions
	outputs      = "cloudformation describe-stacks --stack-name demo --query Stacks[0].Outputs[].[OutputKey,OutputValue] --output text\n"
)

func TestDeployFunctionUpdatesWaitsAndPublishes(t *testing.T) {
	const (
		update  = "lambda update-function-code --function-name resize --zip-file fileb://lambda.zip --architectures arm64 --query CodeSha256 --output text\n"
		wait    = "lambda wait function-updated --function-name resize\n"
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
		{"no function", nil, true, identity, false, "make deploy FUNCTION=name"},
		{"a stack as well", []string{"FUNCTION=resize", "STACK=demo"}, true, identity, false, "expected one of them"},
		{"unknown architecture", []string{"FUNCTION=resize", "ARCH=386"}, true, identity, false, "ARCH=386, expected arm64 or amd64"},
		{"no credentials", []string{"FUNCTION=resize", "FAIL_ON=sts"}, true, identity, false, "run aws configure"},
		{"no zip", []string{"FUNCTION=resize"}, false, identity, false, "lambda.zip is missing: make lambda.zip"},
		{"no such function", []string{"FUNCTION=resize", "FAIL_ON=lambda update"}, true, identity + update, false, "does it exist"},
		{"never active", []string{"FUNCTION=resize", "FAIL_ON=lambda wait"}, true, identity + update + wait, false, "does not become active"},
		{"no version", []string{"FUNCTION=resize", "FAIL_ON=lambda publish"}, true, identity + update + wait + publish, false, "publishing a version failed"},
	} {
		dir := checkout(t, "aws/aws.sh", "aws/version.sh", "aws/deploy-function.sh")
		if test.zip {
			write(t, filepath.Join(dir, "lambda.zip"), "zip", 0o644)
		}
		output, calls, err := withCLI(t, dir, "aws/deploy-function.sh", append(test.env, "AWS_REGION=eu-west-1")...)
		if (err == nil) != test.ok || !strings.Contains(output, test.output) {
			t.Errorf("%s: %v, want success %v and %q in\n%s", test.name, err, test.ok, test.output, output)
		}
		if calls != test.calls {
			t.Errorf("%s: aws was called with\n%swant\n%s", test.name, calls, test.calls)
		}
	}
}

func TestDeployNamesTheMissingCLI(t *testing.T) {
	dir := checkout(t, "aws/aws.sh", "aws/version.sh", "aws/deploy-function.sh")
	output, err := script(dir, "aws/deploy-function.sh", "FUNCTION=resize", "PATH="+bare(t, "bash", "dirname", "basename"))
	if err == nil || !strings.Contains(output, "install the AWS CLI") {
		t.Errorf("%v\n%s", err, output)
	}
}

// goCommand records its calls among those of the CLI, and creates the file that it
// should build.
const goCommand = `#!/bin/sh
echo "go $*" >>"$CALLS"
echo zip >lambda.zip
`

// TestMakeLooksAtAWSBeforeItBuilds checks that make reports what is missing within a
// second, and not after the minute that the function takes to build.
func TestMakeLooksAtAWSBeforeItBuilds(t *testing.T) {
	const (
		pack        = "go run ./deploy/aws/lambdazip -arch arm64 -o lambda.zip\n"
		noStack     = ": which stack? make "
		noCLI       = ": aws is missing: install the AWS CLI, https://aws.amazon.com/cli/\n"
		noRegion    = ": which region? run aws configure, or set AWS_REGION, as in AWS_REGION=eu-west-1\n"
		credentials = ": no working AWS credentials: run aws configure, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY\n"
		unseen      = ": no AWS credentials in the environment or in ~/.aws: run aws configure, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY\n"
	)
	nothing := []string{"CONFIGURED=", "FAIL_ON=sts", "ARCH=386"}
	for _, test := range []struct {
		targets []string
		env     []string
		said    []string
	}{
		{[]string{"deploy"}, nothing, []string{"deploy" + noStack + "deploy STACK=name\n", "deploy: ARCH=386, expected arm64 or amd64\n", "deploy" + noRegion, "deploy" + credentials}},
		{[]string{"deploy-code"}, nothing, []string{"deploy-code" + noStack + "deploy-code STACK=name\n", "deploy-code" + noRegion, "deploy-code" + credentials}},
		{[]string{"deploy-gateway"}, nothing, []string{"deploy-gateway" + noStack + "deploy-gateway STACK=name\n", "deploy-gateway" + noRegion, "deploy-gateway" + credentials}},
		{[]string{"deploy-edge"}, nothing, []string{"deploy-edge" + noStack + "deploy-edge STACK=name\n", "deploy-edge" + noRegion, "deploy-edge" + credentials}},
		{[]string{"deploy", "STACK=Demo!"}, []string{"CONFIGURED=", "FAIL_ON=sts"}, []string{"deploy: STACK=Demo!, expected up to 56 lower-case letters", "deploy" + noRegion, "deploy" + credentials}},
		{[]string{"deploy", "FUNCTION=resize", "STACK=demo"}, nothing, []string{"deploy-function: STACK=demo or FUNCTION=resize? expected one of them\n", "deploy-function" + noRegion, "deploy-function" + credentials}},
	} {
		output, calls, err := onMake(t, test.targets, test.env...)
		if err == nil || strings.Contains(calls, "go ") {
			t.Errorf("make %s: %v, want a failure and nothing built\n%s", test.targets, err, calls)
		}
		for _, want := range test.said {
			if strings.Count(output, want) != 1 {
				t.Errorf("make %s: want %q once in\n%s", test.targets, want, output)
			}
		}
	}

	for _, target := range [][]string{{"deploy", "STACK=demo"}, {"deploy-code", "STACK=demo"}, {"deploy", "FUNCTION=resize"}} {
		output, calls, err := onMake(t, target, "AWS_REGION=eu-west-1", "STATUS=UPDATE_COMPLETE", "LIVE=10", asNewest, `OUTPUTS=Region\teu-west-1`)
		if want := identity + pack + identity; err != nil || !strings.HasPrefix(calls, want) {
			t.Errorf("make %s: %v\n%s\ncalled were\n%swant first\n%s", target, err, output, calls, want)
		}
	}

	// The same presets go into the zip and into the viewer function.
	output, calls, err := onMake(t, []string{"deploy-edge", "STACK=demo", "PREW_PRESETS=mine.yaml"}, "AWS_REGION=eu-west-1", "STATUS=UPDATE_COMPLETE",
		`OUTPUTS=Bucket\tpictures\nSourceBucket\tpictures\nAccess\tpublic`, `EDGE_OUTPUTS=Url\thttps://there`, "PARAMETERS=Front=apigateway")
	_, built, _ := strings.Cut(calls, "go run ./deploy/aws/lambdazip -arch arm64 -presets mine.yaml -o lambda.zip\n")
	if want := "go build -buildvcs=false -o .bin/ ./nginx/prewnginx\n" + identity; err != nil || !strings.HasPrefix(built, want) || !strings.HasPrefix(calls, identity) {
		t.Errorf("make deploy-edge: %v\n%s\ncalled were\n%s", err, output, calls)
	}

	dir := checkout(t, "../Makefile", "aws/aws.sh", "aws/version.sh", "aws/deploy.sh")
	command := exec.Command("make", "-C", dir, "deploy")
	command.Env = []string{"PATH=" + bare(t, "bash", "dirname", "basename", "make"), "HOME=" + dir}
	text, err := command.CombinedOutput()
	for _, want := range []string{"deploy" + noStack, "deploy" + noCLI, "deploy" + noRegion, "deploy" + unseen} {
		if err == nil || !strings.Contains(string(text), want) {
			t.Errorf("without the CLI: %v, want %q in\n%s", err, want, text)
		}
	}
}

// onMake runs make in a checkout, with the recording CLI and go.
func onMake(t *testing.T, targets []string, env ...string) (output, calls string, err error) {
	t.Helper()
	dir := checkout(t, "../Makefile", "aws/aws.sh", "aws/version.sh", "aws/deploy.sh", "aws/deploy-code.sh", "aws/deploy-function.sh", "aws/deploy-gateway.sh", "aws/deploy-edge.sh", "aws/edge.yaml")
	path := t.TempDir()
	write(t, filepath.Join(path, "go"), goCommand, 0o755)
	return recorded(t, func(env ...string) (string, error) {
		command := exec.Command("make", append([]string{"--silent", "-C", dir}, targets...)...)
		command.Env = env
		text, err := command.CombinedOutput()
		return string(text), err
	}, append(env, "PATH="+path)...)
}

// What the recording CLI answers about a function: versions 9 and 10 have different
// code, and $LATEST has that of version 10, or new code.
const (
	versions = "VERSIONS=10\\tbad\\tarm64\\t1769\\n9\\told\\tarm64\\t1769\\n$LATEST\\t"
	asNewest = versions + "bad\\tarm64\\t1769"
	changed  = versions + "new\\tarm64\\t1769"
	resized  = versions + "bad\\tarm64\\t1024"
)

// updated is the update of a stack with these values of its parameters: the given
// values first, then the previous ones. A new stack or a new parameter without a value
// has the template's default, which only CloudFormation has to know.
func updated(template string, values ...string) string {
	call := "cloudformation update-stack --stack-name demo " + template + " --capabilities CAPABILITY_IAM --parameters"
	for _, value := range values {
		name, value, _ := strings.Cut(value, "=")
		call += ` ParameterKey=` + name + `,ParameterValue="` + value + `"`
	}
	return call + "\n"
}

func TestDeployStackUpdatesAndGoesLive(t *testing.T) {
	const (
		headObject = "s3api head-object --bucket prew-code-123456789012-eu-west-1 --key " + codeKey + " --expected-bucket-owner 123456789012\n"
		bucket     = "CodeBucket=prew-code-123456789012-eu-west-1"
		key        = "CodeKey=" + codeKey
		move       = "lambda update-alias --function-name demo --name live --function-version 7 --query AliasArn --output text\n"
	)
	start := identity + headBucket + headObject + live + listVersions + summary + status + parameters
	fromTemplate := func(live string) string {
		return updated("--template-body file://deploy/aws/render.yaml", bucket, key, "Architecture=arm64", "LiveVersion="+live, "MemorySize=1024") + waitUpdate
	}
	told := parameters + updated("--use-previous-template", "LiveVersion=7", "CodeBucket=old", "CodeKey=old", "Architecture=arm64", "MemorySize=1024", "Retired=") + waitUpdate
	for _, test := range []struct {
		name   string
		env    []string
		calls  string
		output string
	}{
		{"nothing new", []string{"LIVE=10", asNewest}, start + fromTemplate("10") + waitAndLook + outputs, "The stack demo has"},
		{"not even a parameter", []string{"LIVE=10", asNewest, "FAIL_ON=cloudformation update", "ERROR=No updates are to be performed"},
			start + strings.TrimSuffix(fromTemplate("10"), waitUpdate) + waitAndLook + outputs, "The stack demo has"},
		{"other code", []string{"LIVE=10", changed}, start + fromTemplate("10") + waitAndLook + publish + move + told + outputs, "live is version 7, was 10"},
		{"other configuration", []string{"LIVE=10", resized}, start + fromTemplate("10") + waitAndLook + publish + move + told + outputs, "live is version 7, was 10"},
		{"rolled back", []string{"LIVE=9", asNewest}, start + fromTemplate("9") + waitAndLook + outputs, "live stays version 9"},
		{"rolled back, other configuration", []string{"LIVE=9", resized}, start + fromTemplate("9") + waitAndLook + publish + outputs, "live stays version 9"},
		{"rolled back, other code", []string{"LIVE=9", changed}, start + fromTemplate("9") + waitAndLook + publish + move + told + outputs, "live is version 7, was 9"},
	} {
		output, calls, err := onStack(t, "deploy.sh", append(test.env, "STATUS=UPDATE_COMPLETE", `OUTPUTS=Region\teu-west-1`, "WARNING=setlocale: no such locale")...)
		if err != nil || !strings.Contains(output, test.output) {
			t.Errorf("%s: %v, want %q in\n%s", test.name, err, test.output, output)
		}
		if calls != test.calls {
			t.Errorf("%s: aws was called with\n%swant\n%s", test.name, calls, test.calls)
		}
	}
}

// TestVersionsDifferByAllThatTheStackSays checks that the scripts compare all settings
// of the function: a change of one that they do not compare would be deployed and
// never published.
func TestVersionsDifferByAllThatTheStackSays(t *testing.T) {
	for property := range load(t, "render.yaml", "ReservedConcurrency=1").resources("AWS::Lambda::Function")["Function"].(map[string]any) {
		switch property {
		case "FunctionName", "ReservedConcurrentExecutions": // the function's, and no version's
			continue
		case "Code":
			property = "CodeSha256"
		}
		if !strings.Contains(listVersions, property) {
			t.Errorf("two versions that differ by %s alone are one to the scripts", property)
		}
	}
}

func TestDeployStackMakesWhatIsMissing(t *testing.T) {
	output, calls, err := onStack(t, "deploy.sh", "FAIL_ON=s3api head", "ERROR=404) (Not Found", `OUTPUTS=Region\teu-west-1`, "PARAMETERS=MemorySize=2048\nLogDays=7\n")
	if err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	for _, want := range []string{
		"s3api create-bucket --bucket prew-code-123456789012-eu-west-1 --create-bucket-configuration LocationConstraint=eu-west-1\n",
		"s3api put-public-access-block --bucket prew-code-123456789012-eu-west-1 --expected-bucket-owner 123456789012 --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true\n",
		"s3api put-object --bucket prew-code-123456789012-eu-west-1 --key " + codeKey + " --body lambda.zip --expected-bucket-owner 123456789012\n",
		strings.NewReplacer("update-stack", "create-stack").Replace(updated("--template-body file://deploy/aws/render.yaml",
			"CodeBucket=prew-code-123456789012-eu-west-1", "CodeKey="+codeKey, "Architecture=arm64", "LiveVersion=", "MemorySize=2048", "LogDays=7")),
		"cloudformation wait stack-create-complete --stack-name demo\n",
		"lambda create-alias --function-name demo --name live --function-version 7 --query AliasArn --output text\n",
	} {
		if !strings.Contains(calls, want) {
			t.Errorf("aws was not called with\n%sbut with\n%s", want, calls)
		}
	}

	_, calls, _ = onStack(t, "deploy.sh", "AWS_REGION=us-east-1", "FAIL_ON=s3api head", "ERROR=404) (Not Found")
	if !strings.Contains(calls, "s3api create-bucket --bucket prew-code-123456789012-us-east-1\n") {
		t.Errorf("S3 refuses a bucket's location in us-east-1:\n%s", calls)
	}
}

func TestDeployStackPrintsTheEnvironmentOfAGateway(t *testing.T) {
	for _, test := range []struct{ outputs, environment string }{
		{`Region\teu-west-1\nFunction\tarn:f:live\nBucket\tpictures\nSourceBucket\tpictures\nAccess\tpublic`,
			"AWS_REGION=eu-west-1\nPREW_FUNCTION=arn:f:live\nPREW_BUCKET=pictures\n"},
		{`Region\teu-west-1\nFunction\tarn:f:live\nBucket\tpictures\nSourceBucket\tphotos\nAccess\tprivate` +
			`\nBucketRegion\tr1\nBucketRole\tarn:b\nSourceBucketRegion\tr2\nSourceBucketRole\tarn:s`,
			"AWS_REGION=eu-west-1\nPREW_FUNCTION=arn:f:live\nPREW_BUCKET=pictures\nPREW_S3_REGION=r1\nPREW_S3_ROLE=arn:b\n" +
				"PREW_SOURCE_BUCKET=photos\nPREW_SOURCE_REGION=r2\nPREW_SOURCE_ROLE=arn:s\nPREW_PRIVATE=1\n"},
		{`Region\teu-west-1\nFunction\tarn:f:live\nBucket\tpictures\nSourceBucket\tpictures\nAccess\tpublic\nPrefix\tprew/\nSourcePrefix\tphoto/`,
			"AWS_REGION=eu-west-1\nPREW_FUNCTION=arn:f:live\nPREW_BUCKET=pictures\n"},
		{`Region\teu-west-1\nFunction\tarn:f:live\nBucket\tpictures\nSourceBucket\tpictures\nAccess\tpublic\nPrefix\tsmall/\nSourcePrefix\t/\nSources\tprofiles:bucket=people`,
			"AWS_REGION=eu-west-1\nPREW_FUNCTION=arn:f:live\nPREW_BUCKET=pictures\nPREW_PREFIX=small/\nPREW_SOURCE_PREFIX=\nPREW_SOURCES=profiles:bucket=people\n"},
	} {
		output, _, err := onStack(t, "deploy.sh", "STATUS=UPDATE_COMPLETE", "LIVE=10", asNewest, "OUTPUTS="+test.outputs)
		if err != nil || !strings.HasSuffix(output, "beside PREW_REDIS and the gateway's credentials:\n\n"+test.environment) {
			t.Errorf("%v, want at the end\n%s\nof\n%s", err, test.environment, output)
		}
	}
}

// failed are the events of a stack: a resource failed, the stack was rolled back, and
// long before another resource had failed.
const failed = `EVENTS=ROLLBACK_COMPLETE\tdemo\tNone\nDELETE_COMPLETE\tLog\tNone\nCREATE_FAILED\tLog\tResource creation cancelled\nCREATE_FAILED\tFunction\tRole is not authorized\n` +
	`CREATE_IN_PROGRESS\tdemo\tUser Initiated\nUPDATE_FAILED\tPictures\tlong ago\nUPDATE_IN_PROGRESS\tdemo\tUser Initiated\n`

// TestFailureOfAStackIsFoundBehindItsRollback checks that the failure is found although
// the rollback may have more events than a page holds, and that earlier failures are
// left out.
func TestFailureOfAStackIsFoundBehindItsRollback(t *testing.T) {
	output, calls, _ := onStack(t, "deploy.sh", "FAIL_ON=cloudformation wait", failed)
	if !strings.Contains(output, "\nFunction: Role is not authorized\ndeploy: the stack demo could not be deployed, see above\n") {
		t.Errorf("what failed is not told, or not alone:\n%s", output)
	}
	if strings.Contains(output, "cancelled") {
		t.Errorf("what did not fail itself is told:\n%s", output)
	}
	if strings.Contains(calls, "--max-items") {
		t.Errorf("events are left out:\n%s", calls)
	}
}

// TestFailuresSayWhatToDo runs every script that works on a stack.
func TestFailuresSayWhatToDo(t *testing.T) {
	for _, test := range []struct {
		script string
		env    []string
		output string
	}{
		{"deploy.sh", []string{"STACK="}, "which stack? make deploy STACK=name"},
		{"deploy.sh", []string{"STACK=Demo!"}, "STACK=Demo!, expected up to 56 lower-case letters"},
		{"deploy.sh", []string{"STACK=7a"}, "a letter first"},
		{"deploy.sh", []string{"STACK=a--b"}, "single hyphens between them"},
		{"deploy.sh", []string{"STACK=a-"}, "single hyphens between them"},
		{"deploy.sh", []string{"STACK=" + strings.Repeat("a", 57)}, "expected up to 56"},
		{"deploy.sh", []string{"STACK=demo-gateway"}, "STACK=demo-gateway is a gateway's, expected the one that it is beside: STACK=demo"},
		{"deploy-code.sh", []string{"STACK=demo-gateway"}, "is a gateway's"},
		{"rollback.sh", []string{"STACK=demo-gateway"}, "is a gateway's"},
		{"deploy.sh", []string{"STACK=demo-edge"}, "STACK=demo-edge is a front's, expected the one that it is beside: STACK=demo"},
		{"logs.sh", []string{"CLI=2.31.0", "STACK=demo-edge"}, "make deploy-edge STACK=demo makes it"},
		{"destroy.sh", []string{"STACK=" + strings.Repeat("a", 57) + "-gateway"}, "expected up to 56"},
		{"destroy.sh", []string{"STACK=a-b2-" + strings.Repeat("c", 51)}, "there is no stack a-b2-c"},
		{"destroy.sh", []string{"STACK=" + strings.Repeat("a", 56) + "-gateway"}, "a-gateway in eu-west-1"},
		{"deploy.sh", []string{"ARCH=386"}, "ARCH=386, expected arm64 or amd64"},
		{"deploy.sh", []string{"AWS_REGION=", "FAIL_ON=configure"}, "which region? run aws configure, or set AWS_REGION"},
		{"deploy.sh", []string{"FAIL_ON=sts"}, "run aws configure"},
		{"deploy.sh", []string{"FAIL_ON=s3api head-bucket"}, "is it another account's"},
		{"deploy.sh", []string{"FAIL_ON=s3api head-bucket", "ERROR=403) (of the account 404404404404"}, "is it another account's"},
		{"deploy.sh", []string{"FAIL_ON=lambda get-alias"}, "may you lambda:GetAlias?"},
		{"deploy.sh", []string{"FAIL_ON=lambda list"}, "may you lambda:ListVersionsByFunction?"},
		{"deploy.sh", []string{"FAIL_ON=cloudformation get-template-summary"}, "may you cloudformation:GetTemplateSummary?"},
		{"deploy.sh", []string{"FAIL_ON=cloudformation describe-stacks"}, "may you cloudformation:DescribeStacks?"},
		{"deploy.sh", []string{"PARAMETERS=Memory=1"}, "deploy/aws/render.yaml has no Memory, expected one of CodeBucket CodeKey"},
		{"deploy.sh", []string{"PARAMETERS=Memory"}, "PARAMETERS: Memory, expected Name=value"},
		{"deploy.sh", []string{"PARAMETERS=LogDays=7 LiveVersion=2"}, "PARAMETERS: LiveVersion is given by deploy itself"},
		{"deploy.sh", []string{"PARAMETERS=Architecture=x86_64"}, "PARAMETERS: Architecture is given by deploy itself, from ARCH=arm64 or ARCH=amd64"},
		{"deploy.sh", []string{"STATUS=ROLLBACK_COMPLETE"}, "can only be deleted: make destroy STACK=demo"},
		{"deploy.sh", []string{"STATUS=UPDATE_ROLLBACK_FAILED"}, "aws cloudformation continue-update-rollback --stack-name demo, then try again"},
		{"deploy.sh", []string{"FAIL_ON=cloudformation create-stack"}, "the stack demo could not be deployed, see above"},
		{"deploy.sh", []string{"FAIL_ON=cloudformation wait", failed}, "Role is not authorized"},
		{"deploy.sh", []string{"FAIL_ON=lambda wait"}, "aws lambda get-function --function-name demo says why"},
		{"deploy.sh", []string{"FAIL_ON=lambda publish"}, "may you lambda:PublishVersion?"},
		{"deploy.sh", []string{"FAIL_ON=lambda create-alias"}, "it stays at none"},
		{"deploy-code.sh", nil, "there is no stack demo in eu-west-1: make deploy STACK=demo makes it"},
		{"deploy-code.sh", []string{"STATUS=UPDATE_COMPLETE", "FAIL_ON=lambda update-function-code"}, "may you lambda:UpdateFunctionCode?"},
		{"rollback.sh", []string{"VERSION=last"}, "VERSION=last, expected the number of a version"},
		{"rollback.sh", nil, "there is no function demo in eu-west-1"},
		{"rollback.sh", []string{"LIVE=9", asNewest}, "there is no version before 9 of demo"},
		{"rollback.sh", []string{"LIVE=10", asNewest, "VERSION=8"}, "VERSION=8, expected one of 9 10"},
		{"rollback.sh", []string{"LIVE=10", asNewest, "VERSION=10"}, "version 10 of demo is live already"},
		{"logs.sh", []string{"CLI=1.45.11 Python/3.11.7", "WARNING=setlocale: no such locale"}, "needs version 2 of the AWS CLI"},
		{"logs.sh", []string{"CLI=2.31.0"}, "there is no stack demo in eu-west-1: make deploy STACK=demo makes it"},
		{"logs.sh", []string{"CLI=2.31.0", "STACK=demo-gateway"}, "make deploy-gateway STACK=demo makes it"},
		{"logs.sh", []string{"CLI=2.31.0", "OUTPUTS=None"}, "the stack demo has not been made to its end: make deploy STACK=demo says what is wrong"},
		{"destroy.sh", nil, "there is no stack demo in eu-west-1"},
		{"destroy.sh", []string{"STATUS=UPDATE_COMPLETE", "GATEWAY_STATUS=UPDATE_COMPLETE"}, "make destroy STACK=demo-gateway first"},
		{"destroy.sh", []string{"STATUS=UPDATE_COMPLETE", "EDGE_STATUS=UPDATE_COMPLETE"}, "make destroy STACK=demo-edge first"},
		{"destroy.sh", []string{"STATUS=UPDATE_COMPLETE", "YES=1", "FAIL_ON=cloudformation describe-stack-resources"}, "nothing was deleted; may you"},
		{"destroy.sh", []string{"STATUS=UPDATE_COMPLETE"}, "YES=1 make destroy STACK=demo"},
		{"destroy.sh", []string{"STATUS=UPDATE_COMPLETE", "YES=1", "FAIL_ON=cloudformation wait", failed}, "Role is not authorized"},
	} {
		output, calls, err := onStack(t, test.script, test.env...)
		if err == nil || !strings.Contains(output, test.output) {
			t.Errorf("%s %q: %v, want a failure and %q in\n%s", test.script, test.env, err, test.output, output)
		}
		if strings.Contains(calls, "delete-stack") && !strings.Contains(strings.Join(test.env, " "), "YES=1") {
			t.Errorf("%s %q deleted", test.script, test.env)
		}
	}
}

func TestDeployCodeAndRollbackMoveTheAliasAndTellTheStack(t *testing.T) {
	tell := func(values ...string) string {
		return parameters + updated("--use-previous-template", append(values, "MemorySize=1024", "Retired=")...) + waitUpdate
	}
	newCode := []string{"CodeKey=" + codeKey, "CodeBucket=prew-code-123456789012-eu-west-1", "Architecture=x86_64", "LiveVersion=7"}
	for _, test := range []struct {
		script string
		env    []string
		calls  string // at the end
		output string // at the end
	}{
		{"deploy-code.sh", []string{"LIVE=10", changed, "ARCH=amd64"},
			"lambda update-function-code --function-name demo --s3-bucket prew-code-123456789012-eu-west-1 --s3-key " + codeKey +
				" --architectures x86_64 --query CodeSha256 --output text\n" + waitFunction + listVersions + publish +
				"lambda update-alias --function-name demo --name live --function-version 7 --query AliasArn --output text\n" + tell(newCode...),
			"demo: live is version 7, was 10"},
		{"deploy-code.sh", []string{changed, "ARCH=amd64"},
			"lambda create-alias --function-name demo --name live --function-version 7 --query AliasArn --output text\n" + tell(newCode...),
			"demo: live is version 7, was none"},
		{"deploy-code.sh", []string{"LIVE=10", asNewest}, waitFunction + listVersions, "live is version 10 already, with this code"},
		{"rollback.sh", []string{"LIVE=10", asNewest},
			"lambda update-alias --function-name demo --name live --function-version 9 --query AliasArn --output text\n" +
				tell("LiveVersion=9", "CodeBucket=old", "CodeKey=old", "Architecture=arm64"),
			"demo: live is version 9, was 10"},
		{"rollback.sh", []string{"LIVE=9", asNewest, "VERSION=10"},
			"lambda update-alias --function-name demo --name live --function-version 10 --query AliasArn --output text\n" +
				tell("LiveVersion=10", "CodeBucket=old", "CodeKey=old", "Architecture=arm64"),
			"demo: live is version 10, was 9"},
		{"rollback.sh", []string{asNewest},
			"lambda create-alias --function-name demo --name live --function-version 9 --query AliasArn --output text\n" +
				tell("LiveVersion=9", "CodeBucket=old", "CodeKey=old", "Architecture=arm64"),
			"demo: live is version 9, was none"},
		// The alias has moved even if the stack can't be updated.
		{"rollback.sh", []string{"LIVE=10", asNewest, "FAIL_ON=cloudformation wait"}, waitUpdate, "the stack demo was not told; the next make deploy does it"},
		{"rollback.sh", []string{"LIVE=10", asNewest, "FAIL_ON=cloudformation update", "ERROR=ValidationError: No updates are to be performed"},
			"", "demo: live is version 9, was 10"},
	} {
		output, calls, err := onStack(t, test.script, append(test.env, "STATUS=UPDATE_COMPLETE")...)
		if err != nil || !strings.HasSuffix(output, test.output+"\n") {
			t.Errorf("%s %q: %v, want %q in\n%s", test.script, test.env, err, test.output, output)
		}
		if !strings.HasSuffix(calls, test.calls) {
			t.Errorf("%s %q: aws was called with\n%swant at the end\n%s", test.script, test.env, calls, test.calls)
		}
	}
}

func TestDestroyDeletesAndSaysWhatStays(t *testing.T) {
	output, calls, err := onStack(t, "destroy.sh", "STATUS=UPDATE_COMPLETE", "YES=1")
	if err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	for _, want := range []string{
		"The bucket demo-pictures-1 stays, with all that is in it.",
		"aws s3 rb --force s3://demo-pictures-1\n",
		"aws ecr delete-repository --force --repository-name demo-gateway/nginx\n",
		"aws s3 rb --force s3://prew-code-123456789012-eu-west-1,",
	} {
		if !strings.Contains(output, want) {
			t.Errorf("want %q in\n%s", want, output)
		}
	}
	if strings.Contains(output, "demo-photos-gone") {
		t.Errorf("a bucket that is gone can't stay:\n%s", output)
	}
	if want := "cloudformation delete-stack --stack-name demo\ncloudformation wait stack-delete-complete --stack-name demo\n"; !strings.HasSuffix(calls, want) {
		t.Errorf("aws was called with\n%swant at the end\n%s", calls, want)
	}
}

func TestLogsFollowTheStacksLog(t *testing.T) {
	for _, test := range []struct{ env, since string }{{"SINCE=", "10m"}, {"SINCE=2h", "2h"}} {
		output, calls, err := onStack(t, "logs.sh", `OUTPUTS=Region\teu-west-1\nLogGroup\t/aws/lambda/demo`, "CLI=2.31.0", test.env)
		if want := "logs tail /aws/lambda/demo --follow --since " + test.since + "\n"; err != nil || !strings.HasSuffix(calls, want) {
			t.Errorf("%v\n%s\naws was called with\n%swant at the end\n%s", err, output, calls, want)
		}
	}
}

// dockerCLI records its calls among those of the CLI. The id of an image that it builds
// is the name of the image's file. It fails on the call that DOCKER_FAILS_ON names.
const dockerCLI = `#!/bin/sh
echo "docker $*" | sed 's/--iidfile [^ ]*/--iidfile FILE/' >>"$CALLS"
case "$*" in "${DOCKER_FAILS_ON:-never}"*) exit 1 ;; esac
case "$*" in
login*) if [ "$(cat)" != secret ]; then exit 1; fi ;;
build*) while [ "$1" != --iidfile ]; do
	if [ "$1" = --file ]; then basename "$2" .Dockerfile | sed 's/^/sha256:0123456789abcdef/' >"$CALLS.id"; fi
	shift
done && cp "$CALLS.id" "$2" ;;
esac
`

func TestDeployGatewayBuildsPushesAndDeploys(t *testing.T) {
	const (
		registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
		stackOf  = `OUTPUTS=Function\tarn:f:live\nBucket\tpictures\nSourceBucket\tpictures\nAccess\tprivate\nBucketRole\tarn:b\nPrefix\tprew/\nSourcePrefix\t/\nSources\tprofiles:bucket=people,prefix=faces/;old:bucket=old\nSourceBuckets\tpeople,old\nUrl\thttp://there\nTarget\tthere`
		push     = "docker build --platform linux/arm64 --file deploy/images/gateway.Dockerfile --iidfile FILE .\n" +
			"ecr describe-repositories --repository-names demo-gateway/gateway\n" +
			"docker tag 0123456789abcdefgateway " + registry + "/demo-gateway/gateway:0123456789abcdef\n" +
			"docker push " + registry + "/demo-gateway/gateway:0123456789abcdef\n"
	)
	with := func(env ...string) (string, string, error) {
		path := t.TempDir()
		write(t, filepath.Join(path, "docker"), dockerCLI, 0o755)
		return onStack(t, "deploy-gateway.sh", append(env, stackOf, "PATH="+path)...)
	}
	output, calls, err := with("PARAMETERS=Subnets=subnet-1,subnet-2")
	want := identity + outputs +
		"iam create-service-linked-role --aws-service-name ecs.amazonaws.com\n" +
		"ecr get-login-password\n" + "docker login --username AWS --password-stdin " + registry + "\n" +
		push + strings.NewReplacer("images/gateway", "images/nginx", "demo-gateway/gateway", "demo-gateway/nginx", "abcdefgateway", "abcdefnginx").Replace(push) +
		strings.ReplaceAll(summary, "render.yaml", "gateway.yaml") +
		strings.ReplaceAll(status, "demo", "demo-gateway") +
		strings.NewReplacer("update-stack", "create-stack", "demo ", "demo-gateway ").Replace(updated("--template-body file://deploy/aws/gateway.yaml",
			"GatewayImage="+registry+"/demo-gateway/gateway:0123456789abcdef", "NginxImage="+registry+"/demo-gateway/nginx:0123456789abcdef", "Architecture=arm64",
			"Function=arn:f:live", "Bucket=pictures", "SourceBucket=pictures", "Access=private",
			"BucketRegion=", "BucketRole=arn:b", "SourceBucketRegion=", "SourceBucketRole=", "Sources=profiles:bucket=people,prefix=faces/;old:bucket=old", "SourceBuckets=people,old", "SourceRoles=", "Prefix=prew/", "SourcePrefix=",
			"Subnets=subnet-1,subnet-2")) +
		"cloudformation wait stack-create-complete --stack-name demo-gateway\n" +
		strings.ReplaceAll(outputs, "demo", "demo-gateway")
	if err != nil || !strings.Contains(output, "demo-gateway: http://there\n") || calls != want {
		t.Errorf("%v\n%s\ncalled were\n%swant\n%s", err, output, calls, want)
	}

	if output, _, err := with("FAIL_ON=iam", "ERROR=InvalidInput: Service role name AWSServiceRoleForECS has been taken in this account"); err != nil {
		t.Errorf("ECS has its role already: %v\n%s", err, output)
	}

	_, calls, _ = with("FAIL_ON=ecr describe-repositories", "ERROR=RepositoryNotFoundException")
	if want := "ecr create-repository --repository-name demo-gateway/nginx --image-scanning-configuration scanOnPush=true\n"; !strings.Contains(calls, want) {
		t.Errorf("aws was not called with\n%sbut with\n%s", want, calls)
	}

	for _, test := range []struct{ fails, output string }{
		{"STACK=demo-gateway", "expected the one that it is beside: STACK=demo"},
		{"DOCKER_FAILS_ON=login", "does docker run?"},
		{"DOCKER_FAILS_ON=build", "building deploy/images/gateway.Dockerfile failed"},
		{"DOCKER_FAILS_ON=push", "pushing " + registry + "/demo-gateway/gateway:0123456789abcdef failed"},
		{"PARAMETERS=Access=public", "PARAMETERS: Access is given by deploy-gateway itself"},
		{"PARAMETERS=BucketRegion=us-west-2", "PARAMETERS: BucketRegion is given by deploy-gateway itself"},
		{"FAIL_ON=ecr describe", "may you ecr:DescribeRepositories?"},
		{"FAIL_ON=cloudformation describe-stacks", "make deploy STACK=demo makes it"},
	} {
		if output, _, err := with(test.fails); err == nil || !strings.Contains(output, test.output) {
			t.Errorf("%s: %v, want a failure and %q in\n%s", test.fails, err, test.output, output)
		}
	}
	output, err = script(checkout(t, "aws/aws.sh", "aws/deploy-gateway.sh"), "aws/deploy-gateway.sh", "STACK=demo", "PATH="+bare(t, "bash", "dirname", "basename"))
	if err == nil || !strings.Contains(output, "docker or podman is missing") {
		t.Errorf("%v, without docker:\n%s", err, output)
	}
}

// onStack runs a script in a checkout with a lambda.zip, for the stack demo in
// eu-west-1 unless env names another.
func onStack(t *testing.T, name string, env ...string) (output, calls string, err error) {
	t.Helper()
	dir := checkout(t, "aws/aws.sh", "aws/version.sh", "aws/"+name)
	write(t, filepath.Join(dir, "lambda.zip"), "zip", 0o644)
	return withCLI(t, dir, "aws/"+name, append([]string{"STACK=demo", "AWS_REGION=eu-west-1"}, env...)...)
}

// withCLI runs a script of a checkout with the recording CLI and returns the CLI's
// calls. A PATH in env comes before the system's folders.
func withCLI(t *testing.T, checkout, name string, env ...string) (output, calls string, err error) {
	t.Helper()
	return recorded(t, func(env ...string) (string, error) { return script(checkout, name, env...) }, env...)
}

// recorded runs something with the recording CLI, as withCLI does.
func recorded(t *testing.T, run func(env ...string) (string, error), env ...string) (output, calls string, err error) {
	t.Helper()
	path := t.TempDir()
	write(t, filepath.Join(path, "aws"), awsCLI, 0o755)
	for _, variable := range env {
		if more, ok := strings.CutPrefix(variable, "PATH="); ok {
			path += ":" + more
		}
	}
	log := filepath.Join(t.TempDir(), "calls")
	write(t, log, "", 0o644)
	output, err = run(append(env, "PATH="+path+":/usr/bin:/bin", "CALLS="+log)...)
	text, readErr := os.ReadFile(log)
	if readErr != nil {
		t.Fatal(readErr)
	}
	return output, string(text), err
}
