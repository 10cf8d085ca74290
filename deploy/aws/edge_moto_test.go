//go:build aws

package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"image/jpeg"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/emulator"
	"prew/deploy/local/stack"
)

// TestDeployEdgeOnMoto deploys each edition to a moto server by make, one after the other in
// front of one stack, as a user does to AWS, and destroys it.
func TestDeployEdgeOnMoto(t *testing.T) {
	m := startMoto(t)
	arch := "ARCH=" + runtime.GOARCH
	presets := filepath.Join(t.TempDir(), "presets.yaml")
	write(t, presets, "small: {width: 20}\nsecret: {width: 30, access: signed}\n", 0o644)
	edge := func(t *testing.T, parameters string) string {
		t.Helper()
		return m.make(t, "deploy-edge", "STACK=demo", arch, "PREW_PRESETS="+presets, "PRESET_SMALL=width=21", "PARAMETERS="+parameters)
	}
	const keys = "arn:aws:secretsmanager:us-east-1:123456789012:secret:signing-AbCdEf"
	m.aws(t, nil, "secretsmanager", "create-secret", "--name", "signing", "--secret-string", "0123456789abcdef0123456789abcdef")

	m.make(t, "deploy", "STACK=demo", arch)
	var bucket string
	m.aws(t, &bucket, "cloudformation", "describe-stack-resources", "--stack-name", "demo",
		"--query", "StackResources[?LogicalResourceId=='Pictures'].PhysicalResourceId | [0]")

	t.Run("cloudfront", func(t *testing.T) {
		said := edge(t, "SigningKeys="+keys)
		if want := "  aws s3 cp cat.jpg s3://" + bucket + "/photo/ && curl -L -o thumb.jpg https://d111111abcdef8.cloudfront.net/prew/thumb/cat.jpg\n"; !strings.HasSuffix(said, want) {
			t.Errorf("it says\n%s\nwant at the end\n%s", said, want)
		}
		var function struct {
			Runtime, Handler string
			MemorySize       int
			Timeout          int
			Environment      struct{ Variables map[string]string }
		}
		m.aws(t, &function, "lambda", "get-function-configuration", "--function-name", "demo-edge")
		variables := function.Environment.Variables
		delete(variables, "PREW_SIGNING_KEYS") // resolved on AWS, and by moto in some versions
		if want := map[string]string{"PRESET_SMALL": "width=21", "PREW_BUCKET": bucket, "PREW_SOURCE_BUCKET": bucket, "PREW_PRIVATE": "1",
			"PREW_FRONT": "cloudfront", "PREW_STREAM": "1"}; !reflect.DeepEqual(variables, want) {
			t.Errorf("the function has %v, want %v", variables, want)
		}
		if function.Runtime != "provided.al2023" || function.Handler != "bootstrap" || function.MemorySize != 1769 || function.Timeout != 25 {
			t.Errorf("the function is %+v", function)
		}
		var url struct{ AuthType, InvokeMode string }
		m.aws(t, &url, "lambda", "get-function-url-config", "--function-name", "demo-edge")
		if url.AuthType != "AWS_IAM" || url.InvokeMode != "RESPONSE_STREAM" {
			t.Errorf("its URL is %+v", url)
		}
		var policy string
		m.aws(t, &policy, "s3api", "get-bucket-policy", "--bucket", bucket, "--query", "Policy")
		expectJSON(t, "the bucket's policy", json.RawMessage(policy), `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
			"Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject",
			"Resource": ["arn:aws:s3:::`+bucket+`/prew/*", "arn:aws:s3:::`+bucket+`/photo/*"],
			"Condition": {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::123456789012:distribution/E2QWRUHAPOMQZL"}}}]}`)
		m.expectCallers(t, "cloudfront.amazonaws.com", "cloudfront.amazonaws.com")

		// What is deployed has the presets, in the zip, and the viewer function made of them.
		var template string
		m.aws(t, &template, "cloudformation", "get-template", "--stack-name", "demo-edge", "--query", "TemplateBody")
		file := filepath.Join(t.TempDir(), "edge.yaml")
		write(t, file, template, 0o644)
		code := load(t, file).property("Viewer", "FunctionCode").(string)
		for _, want := range []string{"selectRequestOriginById", "secret", "small"} {
			if !strings.Contains(code, want) || strings.Contains(code, "503") {
				t.Errorf("the viewer function lacks %q:\n%s", want, code)
			}
		}
		program, err := os.ReadFile(unpack(t, m.zipOf(t, "demo-edge"), t.TempDir()))
		if err != nil || !strings.Contains(string(program), "secret: {width: 30, access: signed}") {
			t.Errorf("the function has other presets built in: %v", err)
		}

		if again := edge(t, ""); !strings.Contains(again, "demo-edge: https://d111111abcdef8.cloudfront.net\n") {
			t.Errorf("again: %s", again)
		}
		if output, err := m.command("make", "--silent", "destroy", "STACK=demo", "YES=1").CombinedOutput(); err == nil || !strings.Contains(string(output), "make destroy STACK=demo-edge first") {
			t.Errorf("destroy of what it needs: %v\n%s", err, output)
		}
		m.make(t, "destroy", "STACK=demo-edge", "YES=1")
		m.aws(t, nil, "logs", "delete-log-group", "--log-group-name", "/aws/lambda/demo-edge") // moto leaves one that was updated
		if output, err := m.command("aws", "lambda", "get-function", "--function-name", "demo-edge").CombinedOutput(); err == nil {
			t.Errorf("after destroy there is a function:\n%s", output)
		}
	})

	t.Run("website", func(t *testing.T) {
		m.make(t, "deploy", "STACK=demo", arch, "PARAMETERS=Access=public")
		said := edge(t, "Front=website")
		website := regexp.MustCompile(`(?m)^demo-edge: (http://` + bucket + `\.s3-website\S+)$`).FindStringSubmatch(said)
		if website == nil {
			t.Fatalf("where is it?\n%s", said)
		}
		var variables map[string]string
		m.aws(t, &variables, "lambda", "get-function-configuration", "--function-name", "demo-edge", "--query", "Environment.Variables")
		if variables["PREW_REDIRECT"] != website[1] || variables["PREW_FRONT"] != "" {
			t.Errorf("the function has %v, want it to send to %s", variables, website[1])
		}
		var url struct{ FunctionUrl, AuthType string }
		m.aws(t, &url, "lambda", "get-function-url-config", "--function-name", "demo-edge")
		if to := m.parameter(t, "demo", "WebsiteTo"); url.AuthType != "NONE" || strings.TrimSuffix(url.FunctionUrl, "/") != "https://"+to { // AWS has the slash, moto has not
			t.Errorf("the website sends to %q, want it at the function's URL, %+v", to, url)
		}
		m.expectCallers(t, "*", "*")
		m.make(t, "destroy", "STACK=demo-edge", "YES=1")
		if to := m.parameter(t, "demo", "WebsiteTo"); to != "" {
			t.Errorf("after destroy the website sends to %s", to)
		}
	})

	t.Run("apigateway", func(t *testing.T) {
		write(t, presets, "small: {width: 20}\n", 0o644)
		if said := edge(t, "Front=apigateway"); !strings.Contains(said, "demo-edge: https://api12345.execute-api.us-east-1.amazonaws.com\n") {
			t.Errorf("where is it?\n%s", said)
		}
		m.expectCallers(t, "apigateway.amazonaws.com")
		if output, err := m.command("aws", "lambda", "get-function-url-config", "--function-name", "demo-edge").CombinedOutput(); err == nil {
			t.Errorf("there is a URL beside the API:\n%s", output)
		}
		var variables map[string]string
		m.aws(t, &variables, "lambda", "get-function-configuration", "--function-name", "demo-edge", "--query", "Environment.Variables")
		answersOverHTTP(t, m.zipOf(t, "demo-edge"), bucket, variables)
	})
}

// answersOverHTTP has the function of a zip, in its environment, answer what an HTTP API hands
// it: the preset small, 21 wide by a variable and not 20 as in its file, of a private bucket.
func answersOverHTTP(t *testing.T, deployed []byte, bucket string, variables map[string]string) {
	ctx, dir := context.Background(), t.TempDir()
	store, err := stack.StartS3(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Stop)
	if err := store.CreatePrivateBucket(ctx, bucket); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Client().PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("photo/a b.jpg"), Body: bytes.NewReader(drawnPhoto(t))}); err != nil {
		t.Fatal(err)
	}
	environment := store.Env()
	for name, value := range variables {
		environment = append(environment, name+"="+value)
	}
	function, err := emulator.Start(emulator.Config{
		Bootstrap: unpack(t, deployed, dir), Processes: 1, Timeout: prew.FunctionTimeout, Memory: stack.FunctionMemory, Env: environment, Dir: dir,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(function.Stop)
	for _, outcome := range []string{"rendered", "stored"} {
		response, err := http.Post(function.URL+"/2015-03-31/functions/demo-edge/invocations", "application/json", strings.NewReader(
			`{"version": "2.0", "routeKey": "$default", "rawPath": "/prew/small/a b.jpg", "rawQueryString": "", "headers": {"accept": "*/*"},
				"requestContext": {"requestId": "1", "stage": "$default", "http": {"method": "GET", "path": "/prew/small/a b.jpg", "protocol": "HTTP/1.1"}}, "isBase64Encoded": false}`))
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			StatusCode      int
			Headers         map[string]string
			Body            []byte // base64
			IsBase64Encoded bool
		}
		err = json.NewDecoder(response.Body).Decode(&answer)
		response.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK || !answer.IsBase64Encoded {
			t.Fatalf("%v, %d with %v", err, answer.StatusCode, answer.Headers)
		}
		said := ""
		for name, value := range answer.Headers {
			if strings.EqualFold(name, "X-Prew") {
				said = value
			}
		}
		preview, err := jpeg.DecodeConfig(bytes.NewReader(answer.Body))
		if err != nil || preview.Width != 21 || said != outcome {
			t.Errorf("%v, %d wide, X-Prew: %q, want a JPEG 21 wide that was %s", err, preview.Width, said, outcome)
		}
	}
}

// expectCallers checks who may call demo-edge, by all statements of its policy.
func (m moto) expectCallers(t *testing.T, principals ...string) {
	t.Helper()
	var text string
	m.aws(t, &text, "lambda", "get-policy", "--function-name", "demo-edge", "--query", "Policy")
	var policy struct {
		Statement []struct{ Principal any }
	}
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, statement := range policy.Statement {
		switch principal := statement.Principal.(type) {
		case string:
			found = append(found, principal)
		case map[string]any:
			found = append(found, principal["Service"].(string))
		}
	}
	if !reflect.DeepEqual(found, principals) {
		t.Errorf("%q may call it, want %q: %s", found, principals, text)
	}
}
