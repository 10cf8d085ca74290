package images

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"go.yaml.in/yaml/v3"

	"prew/deploy/local/process"
	"prew/deploy/local/stack"
)

// store is the S3 server of compose.yaml.
type store struct {
	*process.Process
	addr    string // host:port
	program string // versitygw
}

// startStore runs versitygw with the command line of compose.yaml, on a free port and
// in folders of the test, which are as the service bucket leaves its volumes.
func startStore(t *testing.T) store {
	t.Helper()
	program, err := stack.Program("versitygw")
	if err != nil {
		t.Fatal(err)
	}
	data, accounts, addr := t.TempDir(), t.TempDir(), address(t)
	if err := os.Mkdir(filepath.Join(data, "prew"), 0o755); err != nil {
		t.Fatal(err)
	}
	service := services(t)["s3"]
	health := strings.Replace(service.Healthcheck.Test[len(service.Healthcheck.Test)-1], "127.0.0.1:7070", addr, 1)
	return store{addr: addr, program: program, Process: runs(t, process.Command{
		Name: "s3", Dir: t.TempDir(), Path: program,
		Args: replaced(service.Command, ":7070", addr, "/data", data, "/accounts", accounts),
		Env:  environment(service.Environment),
		Ready: func(ctx context.Context) error {
			return stack.Answers(ctx, health, func(status int) bool { return status == http.StatusOK })
		},
	})}
}

// setUp runs what the service account of compose.yaml runs, with an account's keys.
func (s store) setUp(t *testing.T, keys map[string]string) {
	t.Helper()
	service := services(t)["account"]
	if len(service.Entrypoint) != 3 {
		t.Fatalf("account runs %q, expected a shell, its options and a script", service.Entrypoint)
	}
	// Compose has $$ for what is not its own $.
	script := strings.NewReplacer("$$", "$", "http://s3:7070", "http://"+s.addr).Replace(service.Entrypoint[2])
	command := exec.Command(service.Entrypoint[0], service.Entrypoint[1], script)
	command.Env = slices.Concat(environment(service.Environment), environment(keys), []string{"PATH=" + os.Getenv("PATH")})
	if said, err := command.CombinedOutput(); err != nil || len(said) > 0 {
		t.Fatalf("account: %v\n%s", err, said)
	}
}

// client is a client with an account's keys.
func (s store) client(access, secret string) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: aws.String("http://" + s.addr), UsePathStyle: true, Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(access, secret, ""),
	})
}

// root is a client of the account that may do everything.
func (s store) root(t *testing.T) *s3.Client {
	t.Helper()
	keys := services(t)["s3"].Environment
	return s.client(keys["ROOT_ACCESS_KEY"], keys["ROOT_SECRET_KEY"])
}

// TestComposeUserMayDoWhatTheGatewayDoes shows with the keys of credentials.env what
// the S3 server allows and what it refuses. Root may do all of it: what is refused is
// refused for want of a right.
func TestComposeUserMayDoWhatTheGatewayDoes(t *testing.T) {
	store, keys := startStore(t), settings(t, "credentials.env")
	store.setUp(t, keys)
	store.setUp(t, keys) // as after each docker compose up
	root, user := store.root(t), store.client(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"])
	ctx := t.Context()
	get := func(bucket, key string) func(*s3.Client) error {
		return func(c *s3.Client) error {
			object, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
			if err == nil {
				object.Body.Close()
			}
			return err
		}
	}
	put := func(bucket, key string) func(*s3.Client) error {
		return func(c *s3.Client) error {
			_, err := c.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("picture")})
			return err
		}
	}
	remove := func(key string) func(*s3.Client) error {
		return func(c *s3.Client) error {
			_, err := c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("prew"), Key: &key})
			return err
		}
	}
	duplicate := func(from, to string) func(*s3.Client) error {
		return func(c *s3.Client) error {
			_, err := c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: aws.String("prew"), Key: &to, CopySource: &from})
			return err
		}
	}
	list := func(bucket string) func(*s3.Client) error {
		return func(c *s3.Client) error {
			_, err := c.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket})
			return err
		}
	}
	admin := func(args ...string) func(*s3.Client) error {
		return func(c *s3.Client) error {
			account, err := c.Options().Credentials.Retrieve(ctx)
			if err != nil {
				return err
			}
			said, err := exec.Command(store.program, append([]string{"admin", "--access", account.AccessKeyID, "--secret", account.SecretAccessKey,
				"--endpoint-url", "http://" + store.addr}, args...)...).CombinedOutput()
			if err != nil {
				return fmt.Errorf("%w: %s", err, said)
			}
			return nil
		}
	}
	if _, err := root.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("other")}); err != nil {
		t.Fatal(err)
	}
	for _, object := range [][2]string{{"prew", "photo/x"}, {"prew", "secret/x"}, {"other", "photo/x"}, {"other", "prew/p/x"}} {
		if err := put(object[0], object[1])(root); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		what  string
		do    func(*s3.Client) error
		error string // the user's
	}{
		{"read photo/x", get("prew", "photo/x"), ""},
		{"write prew/p/x", put("prew", "prew/p/x"), ""},
		{"read prew/p/x", get("prew", "prew/p/x"), ""},
		{"write prew/p/x again", put("prew", "prew/p/x"), ""},
		{"list", list("prew"), ""},

		{"write photo/x", put("prew", "photo/x"), "AccessDenied"},
		{"write photo/y", put("prew", "photo/y"), "AccessDenied"},
		{"write photo/z in parts", func(c *s3.Client) error {
			_, err := c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: aws.String("prew"), Key: aws.String("photo/z")})
			return err
		}, "AccessDenied"},
		{"read secret/x", get("prew", "secret/x"), "AccessDenied"},
		{"write secret/x", put("prew", "secret/x"), "AccessDenied"},
		{"write at the top", put("prew", "x"), "AccessDenied"},
		{"copy photo/x to secret/y", duplicate("prew/photo/x", "secret/y"), "AccessDenied"},
		{"copy from another bucket", duplicate("other/photo/x", "prew/p/y"), "AccessDenied"},
		// versitygw looks for the ACL of the source's bucket, and a folder that it did
		// not make itself has none.
		{"copy secret/x to prew/p/y", duplicate("prew/secret/x", "prew/p/y"), "InternalError"},
		{"delete prew/p/x", remove("prew/p/x"), ""},
		{"delete photo/x", remove("photo/x"), "AccessDenied"},
		{"delete many", func(c *s3.Client) error {
			deleted, err := c.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: aws.String("prew"),
				Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: aws.String("secret/x")}}}})
			if err == nil && len(deleted.Errors) > 0 {
				return errors.New(aws.ToString(deleted.Errors[0].Code))
			}
			return err
		}, "AccessDenied"},
		{"read another bucket", get("other", "photo/x"), "AccessDenied"},
		{"write to another bucket", put("other", "prew/p/x"), "AccessDenied"},
		{"list another bucket", list("other"), "AccessDenied"},
		{"make a bucket", func(c *s3.Client) error {
			_, err := c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("third")})
			return err
		}, "AccessDenied"},
		{"delete a bucket", func(c *s3.Client) error {
			_, err := c.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String("third")})
			return err
		}, "AccessDenied"},
		{"read the policy", func(c *s3.Client) error {
			_, err := c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String("prew")})
			return err
		}, "AccessDenied"},
		{"change the policy", func(c *s3.Client) error {
			_, err := c.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String("other"), Policy: aws.String(
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::other","arn:aws:s3:::other/*"]}]}`)})
			return err
		}, "AccessDenied"},
		{"create users", admin("create-user", "--access", "more", "--secret", "more-secret", "--role", "admin"), "AccessDenied"},
		{"list users", admin("list-users"), "AccessDenied"},
		{"become admin", admin("update-user", "--access", keys["AWS_ACCESS_KEY_ID"], "--role", "admin"), "AccessDenied"},
	} {
		err := test.do(user)
		if test.error == "" && err != nil || test.error != "" && (err == nil || !strings.Contains(err.Error(), test.error)) {
			t.Errorf("%s: the user's error is %v, want %q", test.what, err, test.error)
		}
		if err := test.do(root); err != nil {
			t.Errorf("%s: root's error is %v, want none", test.what, err)
		}
	}
}

// TestComposeUserHasTheFoldersThatAreSet gives the rights for a bucket that has its photos at its
// root.
func TestComposeUserHasTheFoldersThatAreSet(t *testing.T) {
	store, keys := startStore(t), settings(t, "credentials.env")
	folders := maps.Clone(keys)
	folders["PREW_SOURCE_PREFIX"], folders["PREW_PREFIX"] = "", "small"
	store.setUp(t, folders)
	user := store.client(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"])
	for key, may := range map[string]bool{"small/thumb/a.jpg": true, "2024/a.jpg": false, "smaller/a.jpg": false, "prew/thumb/a.jpg": false} {
		put := &s3.PutObjectInput{Bucket: aws.String("prew"), Key: &key, Body: strings.NewReader("picture")}
		if _, err := user.PutObject(t.Context(), put); (err == nil) != may {
			t.Errorf("write %s: %v, want that it may: %t", key, err, may)
		}
		if _, err := store.root(t).PutObject(t.Context(), put); err != nil {
			t.Fatal(err)
		}
		if _, err := user.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("prew"), Key: &key}); err != nil {
			t.Errorf("read %s: %v", key, err)
		}
	}
}

// TestComposeTakesNewKeys has credentials.env changed: from the next docker compose up
// on the new secret counts, and not the old one.
func TestComposeTakesNewKeys(t *testing.T) {
	store, old := startStore(t), settings(t, "credentials.env")
	store.setUp(t, old)
	access := old["AWS_ACCESS_KEY_ID"]
	list := func(secret string) error {
		_, err := store.client(access, secret).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("prew")})
		return err
	}
	if err := list(old["AWS_SECRET_ACCESS_KEY"]); err != nil {
		t.Error(err)
	}
	store.setUp(t, map[string]string{"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": "another/secret+1="})
	if err := list("another/secret+1="); err != nil {
		t.Error(err)
	}
	refused, is := errors.AsType[smithy.APIError](list(old["AWS_SECRET_ACCESS_KEY"]))
	if !is || refused.ErrorCode() != "SignatureDoesNotMatch" {
		t.Errorf("the old secret: %v, want SignatureDoesNotMatch", refused)
	}
}

// TestComposeGatewayIsReadyWhenItHasItsRights starts the gateway of compose.yaml first,
// which waits for nobody: nginx waits for it to be ready, and so for its rights. Then it
// renders, stores, and tells a missing photo from a missing right.
func TestComposeGatewayIsReadyWhenItHasItsRights(t *testing.T) {
	program, err := stack.Program("prewmanager")
	if err != nil {
		t.Fatal(err)
	}
	store, keys, addr := startStore(t), settings(t, "credentials.env"), address(t)
	common := settings(t, "prew.env")
	common["PREW_S3_ENDPOINT"] = "http://" + store.addr
	var status int
	ready := func(ctx context.Context) error {
		return stack.Answers(ctx, "http://"+addr+"/ready", func(got int) bool { status = got; return true })
	}
	runs(t, process.Command{Name: "gateway", Dir: t.TempDir(), Path: program, Args: []string{"serve"}, Ready: ready,
		Env: slices.Concat(environment(common), environment(keys), []string{"PREW_LISTEN=" + addr})})
	if status != http.StatusServiceUnavailable {
		t.Errorf("/ready answers %d before the gateway has rights, want 503", status)
	}
	store.setUp(t, keys)
	waitFor(t, "a gateway that is ready", func() bool { return ready(t.Context()) == nil && status == http.StatusOK })
	if _, err := store.root(t).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("prew"), Key: aws.String("photo/a.jpg"),
		Body: bytes.NewReader(photo(t)), ContentType: aws.String("image/jpeg")}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path   string
		status int
	}{{"/prew/thumb/a.jpg", 200}, {"/photo/a.jpg", 200}, {"/prew/thumb/none.jpg", 404}, {"/photo/none.jpg", 404}} {
		if answer, _ := get(t, "http://"+addr+test.path); answer.StatusCode != test.status {
			t.Errorf("%s answers %s, want %d", test.path, answer.Status, test.status)
		}
	}
	if _, err := store.root(t).HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("prew"), Key: aws.String("prew/thumb/a.jpg")}); err != nil {
		t.Errorf("the preview is not stored: %v", err)
	}
}

// TestComposeUserHasTheRightsOfTheRoles holds the policy of the bucket to those of the
// gateway's and the function's roles on AWS, as the gateway of compose.yaml does the
// work of both.
func TestComposeUserHasTheRightsOfTheRoles(t *testing.T) {
	var want []string
	for _, file := range []string{"gateway.yaml", "render.yaml"} {
		var template yaml.Node
		if err := yaml.Unmarshal([]byte(read(t, "../aws/"+file)), &template); err != nil {
			t.Fatal(err)
		}
		before := len(want)
		resources := field(template.Content[0], "Resources")
		for _, resource := range resources.Content {
			if of := field(resource, "Condition"); of != nil && of.Value == "HasSourceBuckets" {
				continue // compose.yaml has no such buckets
			}
			if kind := field(resource, "Type"); kind != nil && kind.Value == "AWS::IAM::Policy" {
				want = append(want, rights(field(field(resource, "Properties"), "PolicyDocument"))...)
			}
		}
		if len(want) == before {
			t.Errorf("%s gives no rights on S3, expected some", file)
		}
	}
	slices.Sort(want)
	want = slices.Compact(want)
	want = slices.DeleteFunc(slices.Clone(want), func(right string) bool { // what another one has in it
		return slices.ContainsFunc(want, func(other string) bool {
			folder, ok := strings.CutSuffix(other, "*")
			return ok && other != right && strings.HasPrefix(right, folder)
		})
	})

	store, keys := startStore(t), settings(t, "credentials.env")
	store.setUp(t, keys)
	answer, err := store.root(t).GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: aws.String("prew")})
	if err != nil {
		t.Fatal(err)
	}
	var policy yaml.Node // JSON is YAML too
	if err := yaml.Unmarshal([]byte(*answer.Policy), &policy); err != nil {
		t.Fatal(err)
	}
	for _, statement := range field(policy.Content[0], "Statement").Content {
		if who := texts(field(statement, "Principal")); !slices.Equal(who, []string{"AWS", keys["AWS_ACCESS_KEY_ID"]}) {
			t.Errorf("the policy gives rights to %q, want the user alone", who)
		}
	}
	got := rights(policy.Content[0])
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("compose.yaml gives its user\n  %s\nwant, as deploy/aws\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// bucketName is the name of a bucket in a resource of S3's.
var bucketName = regexp.MustCompile(`^.*:s3:::(\$\{\w+\}|[a-z]+)`)

// usual puts the usual folders in the place of the parameters of a template.
var usual = strings.NewReplacer("${SourcePrefix}", "photo/", "${Prefix}", "prew/")

// rights are those that a policy gives on S3, as "s3:GetObject /photo/*": an action,
// and a resource without its bucket.
func rights(policy *yaml.Node) (rights []string) {
	for _, statement := range statements(field(policy, "Statement")) {
		for _, action := range texts(field(statement, "Action")) {
			for _, resource := range texts(field(statement, "Resource")) {
				if strings.HasPrefix(action, "s3:") && bucketName.MatchString(resource) {
					rights = append(rights, action+" "+usual.Replace(bucketName.ReplaceAllString(resource, "")))
				}
			}
		}
	}
	return rights
}

// statements are those of a list, and those that a template's !If has in their place.
func statements(list *yaml.Node) (all []*yaml.Node) {
	for _, entry := range list.Content {
		switch entry.Kind {
		case yaml.MappingNode:
			all = append(all, entry)
		case yaml.SequenceNode:
			all = append(all, statements(entry)...)
		}
	}
	return all
}

// field is the value of a name in a mapping, nil if there is none.
func field(mapping *yaml.Node, name string) *yaml.Node {
	if mapping.Kind == yaml.MappingNode {
		for i := 0; i < len(mapping.Content); i += 2 {
			if mapping.Content[i].Value == name {
				return mapping.Content[i+1]
			}
		}
	}
	return nil
}

// texts are all texts of a part of YAML.
func texts(node *yaml.Node) (all []string) {
	if node.Kind == yaml.ScalarNode {
		return []string{node.Value}
	}
	for _, inner := range node.Content {
		all = append(all, texts(inner)...)
	}
	return all
}
