package aws

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"prew/nginx"
)

func TestGatewayMayCallTheAliasAndReadNothingElse(t *testing.T) {
	c := load(t, "gateway.yaml", "Function=arn:f:live", "Bucket=pictures", "SourceBucket=photos")
	expectJSON(t, "the gateway", c.resources("AWS::IAM::Policy"), `{"Permissions": {"PolicyName": "gateway", "Roles": ["<TaskRole>"],
		"PolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Sid": "Render", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "arn:f:live"},
			{"Sid": "ReadPhotosAndPreviews", "Effect": "Allow", "Action": "s3:GetObject",
				"Resource": ["arn:aws:s3:::photos/photo/*", "arn:aws:s3:::pictures/prew/*", "arn:aws:s3:::pictures/marks/*"]},
			{"Sid": "RecordPresets", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::pictures/prew/.presets.json"},
			{"Sid": "DeletePreviews", "Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::pictures/prew/*"},
			{"Sid": "TellMissingFromForbidden", "Effect": "Allow", "Action": "s3:ListBucket",
				"Resource": ["arn:aws:s3:::pictures", "arn:aws:s3:::photos"]}]}}}`)
	if _, more := c.property("TaskRole").(map[string]any)["Policies"]; more {
		t.Error("the task's role has policies of its own")
	}
	expectJSON(t, "Fargate", c.property("ExecutionRole", "Policies", 0, "PolicyDocument", "Statement"), `[
		{"Sid": "LogInToRegistry", "Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
		{"Sid": "PullImages", "Effect": "Allow",
			"Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
			"Resource": "arn:aws:ecr:eu-west-1:123456789012:repository/demo/*"},
		{"Sid": "WriteLog", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
			"Resource": "arn:aws:logs:eu-west-1:123456789012:log-group:<Log>:*"}]`)

	c = load(t, "gateway.yaml", "Bucket=pictures", "SourceBucket=pictures", "SourceBucketRole=arn:s")
	expectJSON(t, "one bucket", c.property("Permissions", "PolicyDocument", "Statement", 4, "Resource"), `["arn:aws:s3:::pictures"]`)
	expectJSON(t, "a role", c.property("OtherAccounts", "PolicyDocument", "Statement"),
		`[{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ["arn:s"]}]`)
}

// readsSources is the policy on the buckets of sources, and assumes the one on their roles.
const (
	readsSources = `[
		{"Sid": "ReadSources", "Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::people/*", "arn:aws:s3:::old/*"]},
		{"Sid": "TellMissingFromForbidden", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": ["arn:aws:s3:::people", "arn:aws:s3:::old"]}]`
	assumes = `[{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:r1,arn:r2"}]` // a list, in CloudFormation
)

func TestSourcesMayBeReadByAll(t *testing.T) {
	for _, file := range []string{"render.yaml", "gateway.yaml", "edge.yaml"} {
		c := load(t, file, "SourceBuckets=people,old", "SourceRoles=arn:r1,arn:r2")
		expectJSON(t, file, c.property("OtherBuckets", "PolicyDocument", "Statement"), readsSources)
		expectJSON(t, file, c.property("RolesOfSources", "PolicyDocument", "Statement"), assumes)
		c = load(t, file, "Bucket=pictures", "SourceBucket=photos", "Prefix=", "SourcePrefix=2024/")
		text := fmt.Sprint(c.property("Permissions", "PolicyDocument", "Statement"))
		for _, want := range []string{"arn:aws:s3:::pictures/*", "arn:aws:s3:::photos/2024/*"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %s, want %s", file, text, want)
			}
		}
	}
}

// TestRolesAreForThisAccountsTasks: no other account's service may take them on.
func TestRolesAreForThisAccountsTasks(t *testing.T) {
	c := load(t, "gateway.yaml")
	for _, role := range []string{"TaskRole", "ExecutionRole"} {
		expectJSON(t, role, c.property(role, "AssumeRolePolicyDocument", "Statement"), `[{"Effect": "Allow",
			"Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": {
				"StringEquals": {"aws:SourceAccount": "123456789012"}, "ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-west-1:123456789012:*"}}}]`)
	}
}

// TestTaskRoleIsTheGatewaysAlone: ECS gives the path of the role's keys to every
// process that it starts in a container. prewnginx becomes nginx without it (see
// TestNginxGetsNoCredentials), and nothing else is started beside nginx.
func TestTaskRoleIsTheGatewaysAlone(t *testing.T) {
	c := load(t, "gateway.yaml")
	if check := c.property("Task", "ContainerDefinitions", 1, "HealthCheck"); check != nil {
		t.Errorf("beside nginx there is %v", check)
	}
	if _, shared := c.property("Task").(map[string]any)["PidMode"]; shared {
		t.Error("nginx sees the gateway's processes")
	}
	if _, shell := c.property("Service").(map[string]any)["EnableExecuteCommand"]; shell {
		t.Error("commands can be started beside nginx")
	}
	expectJSON(t, "whether nginx is there, the balancer asks", c.property("Targets", "HealthCheckPath"), `"/health"`)
}

// TestGatewayTakesWhatTheFunctionsStackGives checks that outputs of render.yaml are
// parameters of gateway.yaml by the same names.
func TestGatewayTakesWhatTheFunctionsStackGives(t *testing.T) {
	outputs := load(t, "render.yaml", "BucketRegion=r", "BucketRole=r", "SourceBucketRegion=r", "SourceBucketRole=r",
		"Sources=s", "SourceBuckets=s", "SourceRoles=s").outputs()
	parameters := load(t, "gateway.yaml").parameters
	for _, name := range []string{"Function", "Bucket", "SourceBucket", "Access", "BucketRegion", "BucketRole", "SourceBucketRegion", "SourceBucketRole",
		"Prefix", "SourcePrefix", "Sources", "SourceBuckets", "SourceRoles"} {
		if _, ok := outputs[name]; !ok {
			t.Errorf("render.yaml has no output %s", name)
		}
		if _, ok := parameters[name]; !ok {
			t.Errorf("gateway.yaml has no parameter %s", name)
		}
	}
}

func TestContainersCanWriteNowhereButTheCache(t *testing.T) {
	c := load(t, "gateway.yaml")
	for i, want := range []string{
		`["gateway", "65532:65532", true, {"Capabilities": {"Drop": ["ALL"]}}, null, ["CMD", "/prewmanager", "health"]]`,
		`["nginx", "65532:65532", true, {"Capabilities": {"Drop": ["ALL"]}},
			[{"SourceVolume": "cache", "ContainerPath": "/var/cache/prewnginx"}], null]`, // see TestTaskRoleIsTheGatewaysAlone
	} {
		var container []any
		for _, property := range []string{"Name", "User", "ReadonlyRootFilesystem", "LinuxParameters", "MountPoints"} {
			container = append(container, c.property("Task", "ContainerDefinitions", i, property))
		}
		container = append(container, c.property("Task", "ContainerDefinitions", i, "HealthCheck", "Command"))
		expectJSON(t, fmt.Sprint(i), container, want)
	}
	expectJSON(t, "nginx waits for", c.property("Task", "ContainerDefinitions", 1, "DependsOn"),
		`[{"ContainerName": "gateway", "Condition": "HEALTHY"}]`)
	for architecture, want := range map[string]string{"arm64": `"ARM64"`, "x86_64": `"X86_64"`} {
		c := load(t, "gateway.yaml", "Architecture="+architecture)
		expectJSON(t, architecture, c.property("Task", "RuntimePlatform", "CpuArchitecture"), want)
	}
}

func TestContainersAreToldWhereEverythingIs(t *testing.T) {
	environment := func(container int, given ...string) map[string]any {
		c := load(t, "gateway.yaml", given...)
		found := map[string]any{}
		for _, variable := range c.property("Task", "ContainerDefinitions", container, "Environment").([]any) {
			variable := variable.(map[string]any)
			found[variable["Name"].(string)] = variable["Value"]
		}
		return found
	}
	here := []string{"Function=arn:f:live", "Bucket=pictures", "SourceBucket=photos", "Access=public"}
	elsewhere := []string{"Function=arn:f:live", "Bucket=pictures", "SourceBucket=photos", "Access=private", "Vpc=vpc-1", "Invokes=8", "MissesPerSecond=5",
		"MetricsFrom=10.0.0.0/16", "TracesTo=http://collector:4318", "AllowOrigin=https://a.test,https://b.test", "PhotoCacheControl=public,max-age=60",
		"BucketRegion=us-west-2", "BucketRole=arn:b", "SourceBucketRegion=ap-south-1", "SourceBucketRole=arn:s"}
	expectJSON(t, "the gateway", environment(0, here...), `{"AWS_REGION": "eu-west-1", "PREW_FUNCTION": "arn:f:live", "PREW_INVOKES": "64",
		"PREW_REDIS": "rediss://<Redis.PrimaryEndPoint.Address>:<Redis.PrimaryEndPoint.Port>",
		"PREW_BUCKET": "pictures", "PREW_SOURCE_BUCKET": "photos", "PREW_PRIVATE": "0"}`)
	expectJSON(t, "the gateway", environment(0, elsewhere...), `{"AWS_REGION": "eu-west-1", "PREW_FUNCTION": "arn:f:live", "PREW_INVOKES": "8",
		"PREW_REDIS": "rediss://<Redis.PrimaryEndPoint.Address>:<Redis.PrimaryEndPoint.Port>",
		"PREW_BUCKET": "pictures", "PREW_SOURCE_BUCKET": "photos", "PREW_PRIVATE": "1",
		"PREW_S3_REGION": "us-west-2", "PREW_S3_ROLE": "arn:b", "PREW_SOURCE_REGION": "ap-south-1", "PREW_SOURCE_ROLE": "arn:s",
		"PREW_METRICS_LISTEN": ":9101", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}`)
	folders := append(here, "Prefix=", "SourcePrefix=2024/", "Sources=profiles:bucket=people")
	expectJSON(t, "the gateway", environment(0, folders...), `{"AWS_REGION": "eu-west-1", "PREW_FUNCTION": "arn:f:live", "PREW_INVOKES": "64",
		"PREW_REDIS": "rediss://<Redis.PrimaryEndPoint.Address>:<Redis.PrimaryEndPoint.Port>",
		"PREW_BUCKET": "pictures", "PREW_SOURCE_BUCKET": "photos", "PREW_PRIVATE": "0",
		"PREW_PREFIX": "", "PREW_SOURCE_PREFIX": "2024/", "PREW_SOURCES": "profiles:bucket=people"}`)
	expectJSON(t, "nginx", environment(1, folders...), `{"AWS_REGION": "eu-west-1", "PREW_GATEWAYS": "127.0.0.1:8081",
		"PREW_BUCKET": "pictures", "PREW_SOURCE_BUCKET": "photos", "PREW_PRIVATE": "0", "PREW_PREFIX": "", "PREW_SOURCE_PREFIX": "2024/",
		"PREW_REAL_IP_FROM": "10.80.0.0/24", "PREW_MISSES_PER_SECOND": "50", "PREW_CACHE_SIZE": "10g"}`)
	expectJSON(t, "nginx", environment(1, here...), `{"AWS_REGION": "eu-west-1", "PREW_GATEWAYS": "127.0.0.1:8081",
		"PREW_BUCKET": "pictures", "PREW_SOURCE_BUCKET": "photos", "PREW_PRIVATE": "0",
		"PREW_REAL_IP_FROM": "10.80.0.0/24", "PREW_MISSES_PER_SECOND": "50", "PREW_CACHE_SIZE": "10g"}`)
	expectJSON(t, "nginx", environment(1, elsewhere...), `{"AWS_REGION": "eu-west-1", "PREW_GATEWAYS": "127.0.0.1:8081",
		"PREW_BUCKET": "pictures", "PREW_SOURCE_BUCKET": "photos", "PREW_PRIVATE": "1",
		"PREW_S3_REGION": "us-west-2", "PREW_SOURCE_REGION": "ap-south-1",
		"PREW_REAL_IP_FROM": "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10", "PREW_MISSES_PER_SECOND": "5", "PREW_CACHE_SIZE": "10g",
		"PREW_ALLOW_ORIGIN": "https://a.test,https://b.test", "PREW_PHOTO_CACHE_CONTROL": "public,max-age=60",
		"PREW_NGINX_METRICS_LISTEN": ":9102"}`)
}

// TestGatewaysAreToldWhoMaySeeWhat checks that the keys are with the gateway alone, and that
// CloudFront hands on what it needs to know, and keeps answers apart by it.
func TestGatewaysAreToldWhoMaySeeWhat(t *testing.T) {
	const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:signing-AbCdEf"
	for _, test := range []struct {
		given                           []string
		gateway, secrets, nginx, rights string // what the task has of it
		cookies, queries, headers       string // of CloudFront
	}{
		{nil, `{}`, `null`, `{}`, `null`, `{"CookieBehavior": "none"}`, `{"QueryStringBehavior": "none"}`, `["Accept"]`},
		{[]string{"PhotoAccess=closed"}, `{"PREW_PHOTO_ACCESS": "closed"}`, `null`, `{"PREW_PHOTO_ACCESS": "closed"}`, `null`,
			`{"CookieBehavior": "none"}`, `{"QueryStringBehavior": "none"}`, `["Accept"]`},
		{[]string{"SigningKeys=" + secret, "AllowOrigin=https://a.test"}, `{}`, `[{"Name": "PREW_SIGNING_KEYS", "ValueFrom": "` + secret + `"}]`, `{}`,
			`{"Sid": "ReadSigningKeys", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "` + secret + `"}`,
			`{"CookieBehavior": "none"}`, `{"QueryStringBehavior": "whitelist", "QueryStrings": ["e", "s"]}`, `["Accept", "Origin"]`},
		{[]string{"TokenKeys=https://login.test/keys", "TokenIssuer=login", "TokenAudience=us", "PhotoAccess=token", "AllowOrigin=https://a.test"},
			`{"PREW_TOKEN_KEYS": "https://login.test/keys", "PREW_TOKEN_ISSUER": "login", "PREW_TOKEN_AUDIENCE": "us", "PREW_PHOTO_ACCESS": "token"}`, `null`, `{"PREW_PHOTO_ACCESS": "token"}`, `null`,
			`{"CookieBehavior": "whitelist", "Cookies": ["prew"]}`, `{"QueryStringBehavior": "whitelist", "QueryStrings": ["t"]}`, `["Accept", "Origin", "Authorization"]`},
		{[]string{"TokenKeys=https://login.test/keys", "SigningKeys=" + secret}, `{"PREW_TOKEN_KEYS": "https://login.test/keys"}`,
			`[{"Name": "PREW_SIGNING_KEYS", "ValueFrom": "` + secret + `"}]`, `{}`,
			`{"Sid": "ReadSigningKeys", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "` + secret + `"}`,
			`{"CookieBehavior": "whitelist", "Cookies": ["prew"]}`, `{"QueryStringBehavior": "whitelist", "QueryStrings": ["e", "s", "t"]}`, `["Accept", "Authorization"]`},
	} {
		c := load(t, "gateway.yaml", append(test.given, "CloudFront=yes", "Access=private")...)
		what := strings.Join(test.given, " ")
		for container, want := range []string{test.gateway, test.nginx} {
			found := map[string]any{}
			for _, variable := range c.property("Task", "ContainerDefinitions", container, "Environment").([]any) {
				name := variable.(map[string]any)["Name"].(string)
				if strings.HasPrefix(name, "PREW_TOKEN_") || strings.HasPrefix(name, "PREW_SIGNING_") || name == "PREW_PHOTO_ACCESS" {
					found[name] = variable.(map[string]any)["Value"]
				}
			}
			expectJSON(t, what, found, want)
		}
		expectJSON(t, what, c.property("Task", "ContainerDefinitions", 0, "Secrets"), test.secrets)
		expectJSON(t, what, c.property("Task", "ContainerDefinitions", 1, "Secrets"), `null`)
		var rights any
		for _, statement := range c.property("ExecutionRole", "Policies", 0, "PolicyDocument", "Statement").([]any) {
			if statement.(map[string]any)["Sid"] == "ReadSigningKeys" {
				rights = statement
			}
		}
		expectJSON(t, what, rights, test.rights)
		for property, want := range map[string]string{"CookiesConfig": test.cookies, "QueryStringsConfig": test.queries} {
			expectJSON(t, what, c.property("CachePolicy", "CachePolicyConfig", "ParametersInCacheKeyAndForwardedToOrigin", property), want)
		}
		expectJSON(t, what, c.property("CachePolicy", "CachePolicyConfig", "ParametersInCacheKeyAndForwardedToOrigin", "HeadersConfig", "Headers"), test.headers)
	}
}

// TestClientsComeInWhereTheyShould checks that there is no other way in.
func TestClientsComeInWhereTheyShould(t *testing.T) {
	const (
		forward  = `[{"Type": "forward", "TargetGroupArn": "<Targets>"}]`
		redirect = `[{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}]`
		forbid   = `[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403", "ContentType": "text/plain", "MessageBody": "Forbidden"}}]`
		secret   = `"0b1c2d3e"` // of the stack's id
	)
	for _, test := range []struct {
		given    []string
		http     string
		https    string
		aliases  string
		url      string
		recorded string
		way      string
	}{
		{nil, forward, `null`, `null`, "http://<Balancer.DNSName>", "<Balancer.DNSName>", "<HttpListener>"},
		{[]string{"Certificate=arn:c", "Domain=photos.example"}, redirect, forward, `null`,
			"https://photos.example", "<Balancer.DNSName>", "<HttpsListener>"},
		{[]string{"CloudFront=yes"}, forbid, `null`, `null`,
			"https://<Distribution.DomainName>", "<Distribution.DomainName>", "<FromCloudFront>"},
		{[]string{"CloudFront=yes", "Certificate=arn:c", "Domain=photos.example"}, forbid, `null`, `["photos.example"]`,
			"https://photos.example", "<Distribution.DomainName>", "<FromCloudFront>"},
	} {
		c := load(t, "gateway.yaml", test.given...)
		name := fmt.Sprint(test.given)
		expectJSON(t, name, c.property("HttpListener", "DefaultActions"), test.http)
		expectJSON(t, name, c.property("HttpsListener", "DefaultActions"), test.https)
		expectJSON(t, name, c.property("Distribution", "DistributionConfig", "Aliases"), test.aliases)
		expectJSON(t, name, c.property("Service", "Tags", 0, "Value"), `"`+test.way+`"`)
		if url := c.outputs()["Url"]; url != test.url {
			t.Errorf("%s: the URL is %v, want %s", name, url, test.url)
		}
		if target := c.outputs()["Target"]; target != test.recorded {
			t.Errorf("%s: a name points at %v, want %s", name, target, test.recorded)
		}
		if test.http == forbid {
			expectJSON(t, name, c.property("FromCloudFront", "Conditions"),
				`[{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Prew-Origin", "Values": [`+secret+`]}}]`)
			expectJSON(t, name, c.property("FromCloudFront", "Actions"), forward)
			expectJSON(t, name, c.property("Distribution", "DistributionConfig", "Origins", 0, "OriginCustomHeaders"),
				`[{"HeaderName": "X-Prew-Origin", "HeaderValue": `+secret+`}]`)
		}
	}

	// With a name and a certificate of its own the balancer takes CloudFront's requests
	// over TLS alone.
	origin := load(t, "gateway.yaml", "CloudFront=yes", "OriginCertificate=arn:o", "OriginDomain=origin.example", "Certificate=arn:c", "Domain=photos.example")
	expectJSON(t, "its origin", []any{
		origin.property("HttpListener", "DefaultActions"), origin.property("HttpsListener", "DefaultActions"), origin.property("HttpsListener", "Certificates"),
		origin.property("FromCloudFront", "ListenerArn"), origin.property("FromCloudFront", "Actions"),
		origin.property("Distribution", "DistributionConfig", "Origins", 0, "DomainName"),
		origin.property("Distribution", "DistributionConfig", "Origins", 0, "CustomOriginConfig", "OriginProtocolPolicy"),
		origin.outputs()["OriginTarget"], origin.outputs()["Url"],
	}, `[`+forbid+`, `+forbid+`, [{"CertificateArn": "arn:o"}], "<HttpsListener>", `+forward+`, "origin.example", "https-only",
		"<Balancer.DNSName>", "https://photos.example"]`)
	if ports := len(origin.property("BalancerAccess", "SecurityGroupIngress").([]any)); ports != 2 {
		t.Errorf("%d ports are open, want 80 and 443", ports)
	}
	plain := load(t, "gateway.yaml", "CloudFront=yes")
	expectJSON(t, "without one", plain.property("Distribution", "DistributionConfig", "Origins", 0, "CustomOriginConfig", "OriginProtocolPolicy"), `"http-only"`)
	for _, given := range [][]string{{"OriginCertificate=arn:o", "OriginDomain=origin.example"}, {"CloudFront=yes", "OriginCertificate=arn:o"}, {"CloudFront=yes", "OriginDomain=origin.example"}} {
		if said := load(t, "gateway.yaml", given...).refusals(); len(said) != 1 {
			t.Errorf("%v is refused with %q", given, said)
		}
	}

	c := load(t, "gateway.yaml", "Certificate=arn:c")
	expectJSON(t, "the tasks", c.property("TaskAccess", "SecurityGroupIngress"),
		`[{"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "SourceSecurityGroupId": "<BalancerAccess>"}]`)
	expectJSON(t, "the tasks with metrics", load(t, "gateway.yaml", "MetricsFrom=10.0.0.0/16").property("TaskAccess", "SecurityGroupIngress", 1),
		`{"IpProtocol": "tcp", "FromPort": 9101, "ToPort": 9102, "CidrIp": "10.0.0.0/16"}`)
	expectJSON(t, "Redis", c.property("RedisAccess", "SecurityGroupIngress"),
		`[{"IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6379, "SourceSecurityGroupId": "<TaskAccess>"}]`)
	expectJSON(t, "Redis over TLS", c.property("Redis", "TransitEncryptionEnabled"), `true`)
}

// TestCloudFrontKeepsAnswersApart: Accept chooses the variant, and with a list nginx answers
// each origin with its own name. Neither must be what the next one gets from a cache.
func TestCloudFrontKeepsAnswersApart(t *testing.T) {
	const onlyAccept, both = `{"HeaderBehavior": "whitelist", "Headers": ["Accept"]}`, `{"HeaderBehavior": "whitelist", "Headers": ["Accept", "Origin"]}`
	for _, test := range []struct{ origins, methods, headers string }{
		{"", `["GET", "HEAD"]`, onlyAccept},
		{"*", `["GET", "HEAD", "OPTIONS"]`, onlyAccept},
		{"https://a.test", `["GET", "HEAD", "OPTIONS"]`, both},
		{"https://a.test,https://b.test", `["GET", "HEAD", "OPTIONS"]`, both},
	} {
		c := load(t, "gateway.yaml", "CloudFront=yes", "AllowOrigin="+test.origins)
		expectJSON(t, test.origins, c.property("Distribution", "DistributionConfig", "DefaultCacheBehavior", "CachePolicyId"), `"<CachePolicy>"`)
		expectJSON(t, test.origins, c.property("Distribution", "DistributionConfig", "DefaultCacheBehavior", "FunctionAssociations"),
			`[{"EventType": "viewer-request", "FunctionARN": "<Accept.FunctionARN>"}]`)
		expectJSON(t, test.origins, c.property("Distribution", "DistributionConfig", "DefaultCacheBehavior", "AllowedMethods"), test.methods)
		expectJSON(t, test.origins, c.property("CachePolicy", "CachePolicyConfig", "ParametersInCacheKeyAndForwardedToOrigin", "HeadersConfig"), test.headers)
	}
	c := load(t, "gateway.yaml", "AllowOrigin=https://a.test")
	for _, kind := range []string{"AWS::CloudFront::CachePolicy", "AWS::CloudFront::Function"} {
		if left := c.resources(kind); len(left) > 0 {
			t.Errorf("without CloudFront there is %v", left)
		}
	}
}

// TestCloudFrontSpellsAcceptOnce runs CloudFront's function with each row of nginx's table.
func TestCloudFrontSpellsAcceptOnce(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	code := load(t, "gateway.yaml", "CloudFront=yes").property("Accept", "FunctionCode").(string)
	table, err := os.ReadFile("../../nginx/testdata/accept.tsv")
	if err != nil {
		t.Fatal(err)
	}
	type header struct {
		Value string `json:"value"`
	}
	type request struct {
		URI     string            `json:"uri"`
		Headers map[string]header `json:"headers"`
	}
	var requests []request
	var wanted []string
	for line := range strings.Lines(string(table)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(line, "\t")
		headers := map[string]header{}
		if columns[0] != "-" {
			accept, err := strconv.Unquote(columns[0])
			if err != nil {
				t.Fatal(err)
			}
			headers["accept"] = header{accept}
		}
		want := "*/*"
		if named := strings.ReplaceAll(regexp.MustCompile(`( ?)(png|jpeg)`).ReplaceAllString(columns[1], ""), " ", ",image/"); named != "" {
			want = "image/" + named
		}
		for path, want := range map[string]string{
			"/prew/card/a.jpg": want, "/prew/c%61rd@2x/b/a.jpg": want, "/prew/card.webp/a.jpg": "*/*", "/photo/a.jpg": "*/*",
		} {
			requests, wanted = append(requests, request{path, headers}), append(wanted, want)
		}
	}
	given, err := json.Marshal(requests)
	if err != nil {
		t.Fatal(err)
	}
	program := exec.Command(node, "-e", code+"\nconsole.log(JSON.stringify("+
		"JSON.parse(require('fs').readFileSync(0)).map((request) => handler({ request }).headers.accept.value)))")
	program.Stdin = bytes.NewReader(given)
	out, err := program.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got []string
	if err := json.Unmarshal(out, &got); err != nil || len(got) != len(wanted) || len(got) < 4*40 {
		t.Fatalf("%d answers, %v, want %d", len(got), err, len(wanted))
	}
	for i, want := range wanted {
		if got[i] != want {
			t.Errorf("%s for %.100q: %q, want %q", requests[i].URI, requests[i].Headers["accept"].Value, got[i], want)
		}
	}
}

// TestTemplateTakesWhatNginxTakes: what nginx refuses would stop each new task, and
// CloudFormation would wait for them before it went back.
func TestTemplateTakesWhatNginxTakes(t *testing.T) {
	for _, test := range []struct {
		parameter, value string
		ok               bool
	}{
		{"AllowOrigin", "", true},
		{"AllowOrigin", "*", true},
		{"AllowOrigin", "https://a.test", true},
		{"AllowOrigin", "https://a.test,http://b.test:8080,http://[::1]:80", true},
		{"AllowOrigin", "*,https://a.test", false},
		{"AllowOrigin", "a.test", false},
		{"AllowOrigin", "https://a.test/", false},
		{"AllowOrigin", "https://A.test", false},
		{"AllowOrigin", `https://a.test"; x`, false},
		{"PhotoCacheControl", "", true},
		{"PhotoCacheControl", "public, max-age=60", true},
		{"PhotoCacheControl", `no-store"; x`, false},
	} {
		pattern := fields(load(t, "gateway.yaml").sections["Parameters"][test.parameter])["AllowedPattern"].Value
		if ok := regexp.MustCompile("^(?:" + pattern + ")$").MatchString(test.value); ok != test.ok {
			t.Errorf("%s=%s: the template takes it: %t", test.parameter, test.value, ok)
		}
		site := nginx.Site{Listen: "127.0.0.1:80", Private: true, Gateways: []string{"127.0.0.1:81"}}
		switch {
		case test.value == "":
		case test.parameter == "AllowOrigin":
			site.AllowOrigin = strings.Split(test.value, ",")
		default:
			site.PhotoCacheControl = test.value
		}
		if err := site.Check("/dir"); (err == nil) != test.ok {
			t.Errorf("%s=%s: nginx says %v", test.parameter, test.value, err)
		}
	}
}

func TestGatewaysScaleByRequests(t *testing.T) {
	c := load(t, "gateway.yaml", "MinTasks=3", "MaxTasks=30", "RequestsPerTask=6000")
	expectJSON(t, "the tasks", c.property("Scaling"), `{"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount",
		"ResourceId": "service/<Cluster>/<Service.Name>", "MinCapacity": "3", "MaxCapacity": "30"}`)
	expectJSON(t, "the requests", c.property("ScalingByRequests", "TargetTrackingScalingPolicyConfiguration"), `{
		"PredefinedMetricSpecification": {"PredefinedMetricType": "ALBRequestCountPerTarget",
			"ResourceLabel": "<Balancer.LoadBalancerFullName>/<Targets.TargetGroupFullName>"},
		"TargetValue": "6000", "ScaleOutCooldown": 60, "ScaleInCooldown": 300}`)
	if _, fixed := c.property("Service").(map[string]any)["DesiredCount"]; fixed {
		t.Error("every deployment would set the number of tasks anew")
	}
}

// TestSubnetsAreWhereFargateIs checks that subnets are placed by zone ids: in us-east-1
// a letter may stand for a zone without Fargate for arm64, an id never does.
func TestSubnetsAreWhereFargateIs(t *testing.T) {
	for _, test := range []struct{ region, zones, ids string }{
		{"eu-west-1", `["eu-west-1a", "eu-west-1b"]`, `[null, null]`},
		{"us-east-1", `[null, null]`, `["use1-az4", "use1-az6"]`},
	} {
		c := load(t, "gateway.yaml", "AWS::Region="+test.region)
		expectJSON(t, test.region, []any{c.property("SubnetA", "AvailabilityZone"), c.property("SubnetB", "AvailabilityZone")}, test.zones)
		expectJSON(t, test.region, []any{c.property("SubnetA", "AvailabilityZoneId"), c.property("SubnetB", "AvailabilityZoneId")}, test.ids)
	}
}

// TestNetworkIsMadeOrGiven checks that no part of a network is made if one is given.
func TestNetworkIsMadeOrGiven(t *testing.T) {
	made := load(t, "gateway.yaml")
	expectJSON(t, "S3 is reached", made.property("S3Endpoint"), `{"VpcId": "<Network>", "ServiceName": "com.amazonaws.eu-west-1.s3",
		"VpcEndpointType": "Gateway", "RouteTableIds": ["<Routes>"]}`)
	given := load(t, "gateway.yaml", "Vpc=vpc-1", "Subnets=subnet-1,subnet-2")
	for _, kind := range []string{"VPC", "Subnet", "InternetGateway", "VPCGatewayAttachment", "RouteTable", "Route", "SubnetRouteTableAssociation", "VPCEndpoint"} {
		if n := len(made.resources("AWS::EC2::" + kind)); n == 0 {
			t.Errorf("no %s is made", kind)
		}
		if ids := slices.Collect(maps.Keys(given.resources("AWS::EC2::" + kind))); len(ids) != 0 {
			t.Errorf("%v made beside the network that was given", ids)
		}
	}
	for _, path := range [][]any{
		{"Balancer", "Subnets"},
		{"RedisSubnets", "SubnetIds"},
		{"Service", "NetworkConfiguration", "AwsvpcConfiguration", "Subnets"},
	} {
		expectJSON(t, fmt.Sprint(path), made.property(path[0].(string), path[1:]...), `["<SubnetA>", "<SubnetB>"]`)
		expectJSON(t, fmt.Sprint(path), given.property(path[0].(string), path[1:]...), `"subnet-1,subnet-2"`)
	}
}
