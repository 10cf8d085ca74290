//go:build aws

package aws

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/emulator"
	"prew/deploy/local/process"
	"prew/deploy/local/stack"
)

// TestTemplatesPassCfnLint checks the templates against CloudFormation's own schemas.
func TestTemplatesPassCfnLint(t *testing.T) {
	output, err := exec.Command("cfn-lint", "render.yaml", "gateway.yaml", "edge.yaml").CombinedOutput()
	if err != nil || len(output) > 0 {
		t.Errorf("%v\n%s", err, output)
	}
}

// TestDeployOnMoto deploys to a moto server by make, as a user does to AWS. moto's
// CloudFormation silently leaves out aliases, bucket policies, alarms, lifecycles and
// architectures; other tests check these in the templates.
func TestDeployOnMoto(t *testing.T) {
	// Two builds give the function two different codes. This machine can run the first.
	own, other := "amd64", "arm64"
	if runtime.GOARCH == "arm64" {
		own, other = other, own
	}
	m := startMoto(t)

	printed := m.make(t, "deploy", "STACK=demo", "ARCH="+own)
	environment := regexp.MustCompile(`(?m)^[A-Z0-9_]+=.+$`).FindAllString(printed, -1)
	var bucket string
	m.aws(t, &bucket, "cloudformation", "describe-stack-resources", "--stack-name", "demo",
		"--query", "StackResources[?LogicalResourceId=='Pictures'].PhysicalResourceId | [0]")
	if want := []string{
		"AWS_REGION=us-east-1",
		"PREW_FUNCTION=arn:aws:lambda:us-east-1:123456789012:function:demo:live",
		"PREW_BUCKET=" + bucket,
		"PREW_PRIVATE=1",
	}; !reflect.DeepEqual(environment, want) {
		t.Fatalf("the environment is\n%q, want\n%q", environment, want)
	}

	t.Run("what was made", func(t *testing.T) { m.checkStack(t, bucket) })

	deployed := m.zipOf(t, "demo")
	m.expectLive(t, "1", deployed)
	t.Run("renders from a private bucket", func(t *testing.T) { renderPrivately(t, deployed, bucket, environment) })

	t.Run("deploying again changes nothing", func(t *testing.T) {
		var before, after any
		everything := []string{"lambda", "list-versions-by-function", "--function-name", "demo"}
		m.aws(t, &before, everything...)
		if again := m.make(t, "deploy", "STACK=demo", "ARCH="+own); strings.Contains(again, "live is") {
			t.Errorf("it made something live:\n%s", again)
		}
		m.aws(t, &after, everything...)
		if !reflect.DeepEqual(before, after) {
			t.Errorf("the versions were\n%v\nand are\n%v", before, after)
		}
		m.expectLive(t, "1", deployed)
	})

	m.make(t, "deploy-code", "STACK=demo", "ARCH="+other)
	changed := m.zipOf(t, "demo")
	if bytes.Equal(changed, deployed) {
		t.Fatal("deploy-code left the old code where the stack takes it from")
	}
	m.expectLive(t, "2", changed)
	m.make(t, "deploy", "STACK=demo", "ARCH="+other)
	m.expectLive(t, "2", changed)

	m.make(t, "rollback", "STACK=demo")
	m.expectLive(t, "1", deployed)
	if said := m.make(t, "deploy", "STACK=demo", "ARCH="+other); !strings.Contains(said, "live stays version 1") {
		t.Errorf("deploy says nothing of the rollback:\n%s", said)
	}
	m.expectLive(t, "1", deployed)

	// moto's CloudFormation makes no alias; deploy-code makes a missing one too.
	m.aws(t, nil, "lambda", "delete-alias", "--function-name", "demo", "--name", "live")
	m.make(t, "deploy-code", "STACK=demo", "ARCH="+other)
	m.expectLive(t, "2", changed)
	m.aws(t, nil, "lambda", "delete-alias", "--function-name", "demo", "--name", "live")
	m.make(t, "rollback", "STACK=demo")
	m.expectLive(t, "1", deployed)

	// Another configuration becomes a new version, with other code than the one that
	// was rolled back.
	m.make(t, "deploy", "STACK=demo", "ARCH="+own, "PARAMETERS=MemorySize=1024")
	m.expectLive(t, "3", deployed)
	m.make(t, "deploy", "STACK=demo", "ARCH="+own)
	var memory int
	m.aws(t, &memory, "lambda", "get-function-configuration", "--function-name", "demo:live", "--query", "MemorySize")
	if memory != 1024 {
		t.Errorf("deployed without parameters the function has %d MB, want 1024 as given before", memory)
	}

	if said := m.make(t, "deploy", "FUNCTION=demo", "ARCH="+own); !strings.Contains(said, "demo is at version") {
		t.Errorf("a function without a stack: %s", said)
	}

	if said := m.make(t, "destroy", "STACK=demo", "YES=1"); !strings.Contains(said, "aws s3 rb --force s3://"+bucket) {
		t.Errorf("destroy does not say that %s stays:\n%s", bucket, said)
	}
	if output, err := m.command("aws", "lambda", "get-function", "--function-name", "demo").CombinedOutput(); err == nil {
		t.Errorf("after destroy there is a function:\n%s", output)
	}
}

// moto is a running moto server.
type moto struct {
	root string // of the checkout
	url  string
}

// motoServer starts moto. Its CloudFormation makes no aliases, and would then refuse the whole
// stack because of a permission for one: the function itself gets that permission. And it shows
// a parameter that is a list as Python writes one, where CloudFormation shows what was given.
//
// In an update it would change what a condition has left out. It makes no URLs of functions and no bucket policies either, which moto itself has: they are
// made as by a call. What of CloudFront it does not make stands there by its name alone, so that
// the rest of the stack can refer to it.
const motoServer = `
import json
import sys
from moto.awslambda.models import Permission, lambda_backends
from moto.cloudformation import parsing
from moto.cloudformation.models import Stack
from moto.core.common_models import CloudFormationModel
from moto.s3.models import s3_backends
from moto.server import main
from moto.utilities.utils import get_partition

change = parsing.parse_and_update_resource

def parse_and_update_resource(logical_id, resource_json, resources_map, **where):
    if "Condition" in resource_json and not resources_map.lazy_condition_map[resource_json["Condition"]]:
        return None
    return change(logical_id, resource_json, resources_map, **where)

parsing.parse_and_update_resource = parse_and_update_resource

def makes(kind, reference, attributes={}, call=lambda properties, account, region: {}):
    """Has CloudFormation make resources of this type: reference is what !Ref says of one, attributes what
    !GetAtt does, beside those that the call gives, which makes it."""
    def create(cls, name, definition, account_id, region_name, **others):
        made = cls()
        made.physical_resource_id = reference
        made.attributes = attributes | call(definition["Properties"], account_id, region_name)
        return made

    def update(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        return create(cls, new_resource_name, cloudformation_json, account_id, region_name)

    return type(kind.replace(":", ""), (CloudFormationModel,), {
        "cloudformation_type": staticmethod(lambda: kind),
        "cloudformation_name_type": staticmethod(lambda: ""),
        "create_from_cloudformation_json": classmethod(create),
        "update_from_cloudformation_json": classmethod(update),
        "delete_from_cloudformation_json": classmethod(lambda *everything: None),
        "get_cfn_attribute": lambda self, name: self.attributes[name],
    })

def make_url(properties, account, region):
    function = lambda_backends[account][region].get_function(properties["TargetFunctionArn"])
    return {"FunctionUrl": function.create_url_config({"AuthType": properties["AuthType"], "InvokeMode": properties["InvokeMode"]}).url}

def make_policy(properties, account, region):
    s3_backends[account][get_partition(region)].put_bucket_policy(properties["Bucket"], json.dumps(properties["PolicyDocument"]).encode())
    return {}

made = [
    makes("AWS::Lambda::Url", "url", call=make_url),
    makes("AWS::S3::BucketPolicy", "policy", call=make_policy),
    makes("AWS::CloudFront::Distribution", "E2QWRUHAPOMQZL", {"DomainName": "d111111abcdef8.cloudfront.net"}),
    makes("AWS::CloudFront::Function", "viewer", {"FunctionARN": "arn:viewer"}),
    makes("AWS::CloudFront::OriginAccessControl", "control"),
    makes("AWS::CloudFront::CachePolicy", "key"),
    makes("AWS::CloudFront::OriginRequestPolicy", "request"),
    makes("AWS::CloudFront::ResponseHeadersPolicy", "headers"),
    makes("AWS::ApiGatewayV2::Api", "api12345"),
    makes("AWS::ApiGatewayV2::Integration", "integration"),
]

Stack.parameter_list = property(lambda stack: [
    {"ParameterKey": key, "ParameterValue": ",".join(value) if isinstance(value, list) else value}
    for key, value in stack.stack_parameters.items()])

create = Permission.create_from_cloudformation_json.__func__

def create_from_cloudformation_json(cls, resource_name, cloudformation_json, *args, **kwargs):
    properties = cloudformation_json["Properties"]
    properties["FunctionName"] = properties["FunctionName"].removesuffix(":live")
    return create(cls, resource_name, cloudformation_json, *args, **kwargs)

Permission.create_from_cloudformation_json = classmethod(create_from_cloudformation_json)
main(sys.argv[1:])
`

func startMoto(t *testing.T) moto {
	t.Helper()
	root, err := stack.Root()
	if err != nil {
		t.Fatal(err)
	}
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	server, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := strings.Cut(addr, ":")
	url := "http://" + addr
	p, err := process.Start(process.Command{
		Name: "moto",
		Dir:  t.TempDir(),
		Path: server,
		Args: []string{"-c", motoServer, "-H", host, "-p", port},
		Env:  os.Environ(),
		Ready: func(ctx context.Context) error {
			return stack.Answers(ctx, url+"/moto-api/", func(status int) bool { return status == http.StatusOK })
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return moto{root, url}
}

// command is a command in the checkout for which AWS is this server.
func (m moto) command(name string, args ...string) *exec.Cmd {
	command := exec.Command(name, args...)
	command.Dir = m.root
	// No variables or files of an account that this machine may have.
	command.Env = append(slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "AWS_") }),
		"AWS_ENDPOINT_URL="+m.url, "AWS_ACCESS_KEY_ID=somebody", "AWS_SECRET_ACCESS_KEY=secret",
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull)
	return command
}

// make runs a target and returns its output.
func (m moto) make(t *testing.T, args ...string) string {
	t.Helper()
	output, err := m.command("make", append([]string{"--silent"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("make %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return string(output)
}

// aws decodes an answer of the CLI; nil drops it.
func (m moto) aws(t *testing.T, answer any, args ...string) {
	t.Helper()
	command := m.command("aws", append(args, "--output", "json")...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	if answer == nil {
		return
	}
	if err := json.Unmarshal(output, answer); err != nil {
		t.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, output)
	}
}

// checkStack compares what the stack demo has made with its outputs.
func (m moto) checkStack(t *testing.T, bucket string) {
	var function struct {
		Runtime, Handler, Role string
		MemorySize, Timeout    int
		Environment            struct{ Variables map[string]string }
	}
	m.aws(t, &function, "lambda", "get-function-configuration", "--function-name", "demo")
	if function.Runtime != "provided.al2023" || function.Handler != "bootstrap" || function.MemorySize != 1769 ||
		function.Timeout != 25 || len(function.Environment.Variables) != 0 {
		t.Errorf("the function is %+v", function)
	}

	var role struct {
		AssumeRolePolicyDocument any
	}
	name := function.Role[strings.LastIndex(function.Role, "/")+1:]
	m.aws(t, &role, "iam", "get-role", "--role-name", name, "--query", "Role")
	expectJSON(t, "the role is trusted by", role.AssumeRolePolicyDocument, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole",
			"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}]}`)
	var policies, attached []string
	m.aws(t, &policies, "iam", "list-role-policies", "--role-name", name, "--query", "PolicyNames")
	m.aws(t, &attached, "iam", "list-attached-role-policies", "--role-name", name, "--query", "AttachedPolicies[].PolicyArn")
	if !reflect.DeepEqual(policies, []string{"render"}) || len(attached) != 0 {
		t.Errorf("the role has the policies %q and %q", policies, attached)
	}
	var policy any
	m.aws(t, &policy, "iam", "get-role-policy", "--role-name", name, "--policy-name", "render", "--query", "PolicyDocument")
	expectJSON(t, "the role may", policy, strings.ReplaceAll(`{"Version": "2012-10-17", "Statement": [
		{"Sid": "ReadPhotos", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::BUCKET/photo/*"},
		{"Sid": "KeepPreviews", "Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"], "Resource": "arn:aws:s3:::BUCKET/prew/*"},
		{"Sid": "TellMissingFromForbidden", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": ["arn:aws:s3:::BUCKET"]},
		{"Sid": "WriteLog", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
			"Resource": "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/demo:*"}]}`, "BUCKET", bucket))

	var retention []int
	m.aws(t, &retention, "logs", "describe-log-groups", "--query", "logGroups[?logGroupName=='/aws/lambda/demo'].retentionInDays")
	if !reflect.DeepEqual(retention, []int{30}) {
		t.Errorf("the log is kept for %v days", retention)
	}

	var buckets []string
	m.aws(t, &buckets, "s3api", "list-buckets", "--query", "sort(Buckets[].Name)")
	if want := []string{bucket, "prew-code-123456789012-us-east-1"}; !reflect.DeepEqual(buckets, want) {
		t.Errorf("the buckets are %q, want %q", buckets, want)
	}
	var access any
	m.aws(t, &access, "s3api", "get-public-access-block", "--bucket", "prew-code-123456789012-us-east-1", "--query", "PublicAccessBlockConfiguration")
	expectJSON(t, "the code's bucket has", access, `{"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true}`)
	var encryption string
	m.aws(t, &encryption, "s3api", "get-bucket-encryption", "--bucket", bucket,
		"--query", "ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm")
	if encryption != "AES256" {
		t.Errorf("the bucket is encrypted by %q", encryption)
	}
}

// zipOf is the zip of the function of a stack.
func (m moto) zipOf(t *testing.T, stack string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lambda.zip")
	m.aws(t, nil, "s3api", "get-object", "--bucket", m.parameter(t, stack, "CodeBucket"), "--key", m.parameter(t, stack, "CodeKey"), file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// parameter is the value of a stack's parameter.
func (m moto) parameter(t *testing.T, stack, name string) (value string) {
	t.Helper()
	m.aws(t, &value, "cloudformation", "describe-stacks", "--stack-name", stack, "--query", "Stacks[0].Parameters[?ParameterKey=='"+name+"'].ParameterValue | [0]")
	return value
}

// expectLive checks that the alias points at this version, with this code.
func (m moto) expectLive(t *testing.T, version string, code []byte) {
	t.Helper()
	var live struct{ Version, CodeSha256 string }
	m.aws(t, &live.Version, "lambda", "get-alias", "--function-name", "demo", "--name", "live", "--query", "FunctionVersion")
	m.aws(t, &live, "lambda", "get-function-configuration", "--function-name", "demo", "--qualifier", live.Version)
	sum := sha256.Sum256(code)
	if want := base64.StdEncoding.EncodeToString(sum[:]); live.Version != version || live.CodeSha256 != want {
		t.Errorf("live is version %s with the code %s, want %s with %s", live.Version, live.CodeSha256, version, want)
	}
}

// renderPrivately renders a photo from a private bucket with the function of the zip
// and a gateway, both in the environment that was printed.
func renderPrivately(t *testing.T, deployed []byte, bucket string, environment []string) {
	ctx := context.Background()
	dir := t.TempDir()
	store, err := stack.StartS3(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Stop)
	client := store.Client()
	if err := store.CreatePrivateBucket(ctx, bucket); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &bucket, Key: aws.String("photo/a b.jpg"), Body: bytes.NewReader(drawnPhoto(t)),
	}); err != nil {
		t.Fatal(err)
	}

	redis, err := stack.StartRedis(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.Stop)
	environment = append(store.Env(), environment...) // if a variable is there twice, the last counts
	function, err := emulator.Start(emulator.Config{
		Bootstrap: unpack(t, deployed, dir),
		Processes: 1,
		Timeout:   prew.FunctionTimeout,
		Memory:    stack.FunctionMemory,
		Env:       environment,
		Dir:       dir,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(function.Stop)
	gateway, err := stack.StartGateway(dir, "gateway", append(environment,
		"PREW_REDIS="+redis.Addr, "AWS_ENDPOINT_URL_LAMBDA="+function.URL))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gateway.Stop)

	for _, outcome := range []string{"rendered", "stored"} {
		response, preview := get(t, "http://"+gateway.Addr+"/prew/thumb/a%20b.jpg")
		if response.StatusCode != http.StatusOK || response.Header.Get("X-Prew") != outcome {
			t.Fatalf("the gateway says %s, X-Prew %q, %q, want 200 and %q",
				response.Status, response.Header.Get("X-Prew"), response.Header.Get("X-Prew-Error"), outcome)
		}
		if _, err := jpeg.Decode(bytes.NewReader(preview)); err != nil {
			t.Errorf("the preview, %s: %v", outcome, err)
		}
	}
	for _, key := range []string{"photo/a b.jpg", "prew/thumb/a b.jpg"} {
		if _, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key}); err != nil {
			t.Errorf("%s: %v", key, err)
		}
		response, _ := get(t, "http://"+store.Addr+"/"+bucket+"/"+(&url.URL{Path: key}).EscapedPath())
		if response.StatusCode != http.StatusForbidden {
			t.Errorf("anyone is told %s of %s, want 403", response.Status, key)
		}
	}
}

// unpack writes the program of a zip into dir and returns its path.
func unpack(t *testing.T, archive []byte, dir string) string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	entry, err := r.Open("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	defer entry.Close()
	program, err := io.ReadAll(entry)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "bootstrap")
	if err := os.WriteFile(path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// drawnPhoto is a JPEG of 400 x 300.
func drawnPhoto(t *testing.T) []byte {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, 400, 300))
	for y := range 300 {
		for x := range 400 {
			picture.Set(x, y, color.RGBA{uint8(x), uint8(y), uint8(x + y), 255})
		}
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, picture, nil); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func get(t *testing.T, url string) (*http.Response, []byte) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, body
}
