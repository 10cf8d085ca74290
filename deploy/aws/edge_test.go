package aws

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prew"
	"prew/nginx"
)

// distribution is CloudFront's, as a condition of what only it may do.
const distribution = `"arn:aws:cloudfront::123456789012:distribution/<Distribution>"`

// TestFunctionsUrlIsForTheDistributionAlone checks who may call the function, by which way, in
// each edition.
func TestFunctionsUrlIsForTheDistributionAlone(t *testing.T) {
	for _, test := range []struct{ front, url, permissions string }{
		{"cloudfront", `{"Url": {"TargetFunctionArn": "<Function.Arn>", "AuthType": "AWS_IAM", "InvokeMode": "RESPONSE_STREAM"}}`,
			`{"MayAskUrl": {"Action": "lambda:InvokeFunctionUrl", "FunctionName": "<Function.Arn>", "FunctionUrlAuthType": "AWS_IAM",
				"Principal": "cloudfront.amazonaws.com", "SourceArn": ` + distribution + `},
			"MayInvokeByUrl": {"Action": "lambda:InvokeFunction", "FunctionName": "<Function.Arn>", "InvokedViaFunctionUrl": true,
				"Principal": "cloudfront.amazonaws.com", "SourceArn": ` + distribution + `}}`},
		{"website", `{"Url": {"TargetFunctionArn": "<Function.Arn>", "AuthType": "NONE", "InvokeMode": "BUFFERED"}}`,
			`{"MayAskUrl": {"Action": "lambda:InvokeFunctionUrl", "FunctionName": "<Function.Arn>", "FunctionUrlAuthType": "NONE", "Principal": "*"},
			"MayInvokeByUrl": {"Action": "lambda:InvokeFunction", "FunctionName": "<Function.Arn>", "InvokedViaFunctionUrl": true, "Principal": "*"}}`},
		{"apigateway", `{}`, `{"ApiMayInvoke": {"Action": "lambda:InvokeFunction", "FunctionName": "<Function.Arn>", "Principal": "apigateway.amazonaws.com",
			"SourceArn": "arn:aws:execute-api:eu-west-1:123456789012:<Api>/*"}}`},
	} {
		c := load(t, "edge.yaml", "Front="+test.front)
		expectJSON(t, test.front, c.resources("AWS::Lambda::Url"), test.url)
		expectJSON(t, test.front, c.resources("AWS::Lambda::Permission"), test.permissions)
	}
}

// TestBucketIsForTheDistributionAlone checks what the buckets made by render.yaml let be read,
// and that nobody is let list them. One that exists gets no policy, which would take the place
// of its own.
func TestBucketIsForTheDistributionAlone(t *testing.T) {
	reads := func(bucket, resources string) string {
		return `{"Bucket": "` + bucket + `", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
			"Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject", "Resource": ` + resources + `,
			"Condition": {"StringEquals": {"AWS:SourceArn": ` + distribution + `}}}]}}`
	}
	const made, two = "MadeBucket=yes MadeSourceBucket=yes Bucket=pictures SourceBucket=pictures", "MadeBucket=yes MadeSourceBucket=yes Bucket=pictures SourceBucket=photos"
	for _, test := range []struct{ given, policies string }{
		{made, `{"BucketPolicy": ` + reads("pictures", `["arn:aws:s3:::pictures/prew/*", "arn:aws:s3:::pictures/photo/*"]`) + `}`},
		{made + " PhotoAccess=closed", `{"BucketPolicy": ` + reads("pictures", `["arn:aws:s3:::pictures/prew/*"]`) + `}`},
		{made + " PhotoAccess=signed", `{"BucketPolicy": ` + reads("pictures", `["arn:aws:s3:::pictures/prew/*"]`) + `}`},
		{made + " Prefix=small/ SourcePrefix=", `{"BucketPolicy": ` + reads("pictures", `["arn:aws:s3:::pictures/small/*", "arn:aws:s3:::pictures/*"]`) + `}`},
		{made + " Front=website", `{}`},
		{made + " Front=apigateway", `{}`},
		{two, `{"BucketPolicy": ` + reads("pictures", `["arn:aws:s3:::pictures/prew/*"]`) +
			`, "SourceBucketPolicy": ` + reads("photos", `"arn:aws:s3:::photos/photo/*"`) + `}`},
		{two + " PhotoAccess=token", `{"BucketPolicy": ` + reads("pictures", `["arn:aws:s3:::pictures/prew/*"]`) + `}`},
		{"Bucket=mine SourceBucket=mine", `{}`},
		{"Bucket=mine SourceBucket=photos MadeSourceBucket=yes", `{"SourceBucketPolicy": ` + reads("photos", `"arn:aws:s3:::photos/photo/*"`) + `}`},
		{"Bucket=pictures SourceBucket=theirs MadeBucket=yes", `{"BucketPolicy": ` + reads("pictures", `["arn:aws:s3:::pictures/prew/*"]`) + `}`},
	} {
		expectJSON(t, test.given, load(t, "edge.yaml", strings.Fields(test.given)...).resources("AWS::S3::BucketPolicy"), test.policies)
	}
}

func TestFunctionThatAnswersMayReadAndStoreAndNotDelete(t *testing.T) {
	statements := func(bucket, source, listed string) string {
		return `[{"Sid": "ReadPhotos", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::` + source + `/photo/*"},
			{"Sid": "StorePreviews", "Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": "arn:aws:s3:::` + bucket + `/prew/*"},
			{"Sid": "ReadWatermarks", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::` + bucket + `/marks/*"},
			{"Sid": "TellMissingFromForbidden", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": ` + listed + `},
			{"Sid": "WriteLog", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
				"Resource": "arn:aws:logs:eu-west-1:123456789012:log-group:<Log>:*"}]`
	}
	for _, front := range []string{"cloudfront", "website", "apigateway"} {
		c := load(t, "edge.yaml", "Front="+front, "Bucket=pictures", "SourceBucket=pictures")
		expectJSON(t, front, c.resources("AWS::IAM::Policy"), `{"Permissions": {"PolicyName": "edge", "Roles": ["<Role>"],
			"PolicyDocument": {"Version": "2012-10-17", "Statement": `+statements("pictures", "pictures", `["arn:aws:s3:::pictures"]`)+`}}}`)
		expectJSON(t, front, c.resources("AWS::IAM::Role"), `{"Role": {"Description": "What the function that answers previews may do.",
			"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
				{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole",
					"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}]}}}`)
	}
	c := load(t, "edge.yaml", "Bucket=pictures", "SourceBucket=photos", "BucketRole=arn:b", "SourceBucketRole=arn:s")
	expectJSON(t, "two buckets", c.property("Permissions", "PolicyDocument", "Statement"),
		statements("pictures", "photos", `["arn:aws:s3:::pictures", "arn:aws:s3:::photos"]`))
	expectJSON(t, "roles", c.property("OtherAccounts", "PolicyDocument", "Statement"),
		`[{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ["arn:b", "arn:s"]}]`)
}

// TestFunctionThatAnswersIsTheOneThatRenders: but for what an HTTP request does not say, it is
// made as render.yaml's is.
func TestFunctionThatAnswersIsTheOneThatRenders(t *testing.T) {
	render := load(t, "render.yaml", "ReservedConcurrency=9").property("Function").(map[string]any)
	edge := load(t, "edge.yaml", "ReservedConcurrency=9").property("Function").(map[string]any)
	for _, own := range []string{"Description", "Environment"} {
		delete(render, own)
		delete(edge, own)
	}
	if !maps.EqualFunc(render, edge, func(a, b any) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
		t.Errorf("edge.yaml makes\n%v\nrender.yaml\n%v", edge, render)
	}
	for _, parameter := range []string{"Architecture", "MemorySize", "ReservedConcurrency", "HEIC", "Prefix", "SourcePrefix", "Sources", "LogDays", "AlarmTopic"} {
		if want, got := load(t, "render.yaml").parameters[parameter], load(t, "edge.yaml").parameters[parameter]; got != want {
			t.Errorf("%s is %q by default, and in render.yaml %q", parameter, got, want)
		}
	}
}

func TestFunctionThatAnswersIsToldWhereEverythingIs(t *testing.T) {
	const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:signing-AbCdEf"
	for _, test := range []struct {
		given []string
		want  string
	}{
		{nil, `{"PREW_BUCKET": "Bucket", "PREW_SOURCE_BUCKET": "SourceBucket", "PREW_PRIVATE": "1", "PREW_FRONT": "cloudfront", "PREW_STREAM": "1"}`},
		{[]string{"Front=website", "Access=public", "Website=http://site", "Bucket=b", "SourceBucket=b"},
			`{"PREW_BUCKET": "b", "PREW_SOURCE_BUCKET": "b", "PREW_PRIVATE": "0", "PREW_REDIRECT": "http://site"}`},
		{[]string{"Front=apigateway", "Access=public"}, `{"PREW_BUCKET": "Bucket", "PREW_SOURCE_BUCKET": "SourceBucket", "PREW_PRIVATE": "0"}`},
		{[]string{"Front=apigateway", "BucketRegion=us-west-2", "BucketRole=arn:b", "SourceBucketRegion=ap-south-1", "SourceBucketRole=arn:s",
			"Prefix=", "SourcePrefix=2024/", "Sources=profiles:bucket=people", "HEIC=off"},
			`{"PREW_BUCKET": "Bucket", "PREW_SOURCE_BUCKET": "SourceBucket", "PREW_PRIVATE": "1",
				"PREW_S3_REGION": "us-west-2", "PREW_S3_ROLE": "arn:b", "PREW_SOURCE_REGION": "ap-south-1", "PREW_SOURCE_ROLE": "arn:s",
				"PREW_PREFIX": "", "PREW_SOURCE_PREFIX": "2024/", "PREW_SOURCES": "profiles:bucket=people", "PREW_HEIC": "off"}`},
		{[]string{"PhotoAccess=token", "SigningKeys=" + secret, "TokenKeys=https://login.test/keys", "TokenIssuer=login", "TokenAudience=us"},
			`{"PREW_BUCKET": "Bucket", "PREW_SOURCE_BUCKET": "SourceBucket", "PREW_PRIVATE": "1", "PREW_FRONT": "cloudfront", "PREW_STREAM": "1",
				"PREW_PHOTO_ACCESS": "token", "PREW_SIGNING_KEYS": "{{resolve:secretsmanager:` + secret + `}}",
				"PREW_TOKEN_KEYS": "https://login.test/keys", "PREW_TOKEN_ISSUER": "login", "PREW_TOKEN_AUDIENCE": "us"}`},
	} {
		c := load(t, "edge.yaml", append([]string{"Access=private"}, test.given...)...)
		expectJSON(t, strings.Join(test.given, " "), c.property("Function", "Environment", "Variables"), test.want)
	}
}

// TestFunctionsKnowTheirVariables: one that they don't know stops their start.
func TestFunctionsKnowTheirVariables(t *testing.T) {
	for _, file := range []string{"render.yaml", "edge.yaml"} {
		c, environ := load(t, file), []string{}
		for name := range fields(fields(fields(fields(c.sections["Resources"]["Function"])["Properties"])["Environment"])["Variables"]) {
			environ = append(environ, name+"=x")
		}
		if unknown := prew.UnknownVariables(environ); len(environ) == 0 || len(unknown) > 0 {
			t.Errorf("%s: %v of %q", file, unknown, environ)
		}
	}
}

// TestEdgeTakesWhatTheFunctionsStackGives checks that outputs of render.yaml are parameters of
// edge.yaml by the same names.
func TestEdgeTakesWhatTheFunctionsStackGives(t *testing.T) {
	outputs := load(t, "render.yaml", "BucketRegion=r", "BucketRole=r", "SourceBucketRegion=r", "SourceBucketRole=r",
		"Sources=s", "SourceBuckets=s", "SourceRoles=s").outputs()
	parameters := load(t, "edge.yaml").parameters
	for _, name := range []string{"Bucket", "SourceBucket", "Access", "BucketRegion", "BucketRole", "SourceBucketRegion", "SourceBucketRole",
		"Prefix", "SourcePrefix", "Sources", "SourceBuckets", "SourceRoles", "Website"} {
		if _, ok := outputs[name]; !ok {
			t.Errorf("render.yaml has no output %s", name)
		}
		if _, ok := parameters[name]; !ok {
			t.Errorf("edge.yaml has no parameter %s", name)
		}
	}
}

func TestEdgeRefusesWhatWouldDoNothing(t *testing.T) {
	const website = "Front=website Access=public MadeBucket=yes Bucket=b SourceBucket=b"
	for _, test := range []struct{ given, says string }{
		{"Access=private", ""},
		{"Access=private OriginShield=eu-west-1 Logs=yes AllowOrigin=* Certificate=arn:c Domain=a.test PhotoAccess=signed", ""},
		{"Access=public", "Give Access=private to render.yaml."},
		{website, ""},
		{website + " Access=private", "Give Access=public to render.yaml, and no Bucket."},
		{website + " MadeBucket=no", "Give Access=public to render.yaml, and no Bucket."},
		{website + " SourceBucket=c", "Give render.yaml one bucket, Prefix=prew/ and SourcePrefix=photo/."},
		{website + " Prefix=small/", "Give render.yaml one bucket, Prefix=prew/ and SourcePrefix=photo/."},
		{website + " PhotoAccess=closed", "Give PhotoAccess=open and no keys, or another Front."},
		{website + " TokenKeys=https://k", "Give PhotoAccess=open and no keys, or another Front."},
		{website + " Certificate=arn:c Domain=a.test", "Give no Certificate, Domain and AllowOrigin, or another Front."},
		{website + " AllowOrigin=*", "Give no Certificate, Domain and AllowOrigin, or another Front."},
		{"Access=private Certificate=arn:c", "Give both, or none."},
		{"Access=private Domain=a.test", "Give both, or none."},
		{"Front=apigateway Access=public", ""},
		{"Front=apigateway Access=private Certificate=arn:c Domain=a.test AllowOrigin=*", ""},
		{"Front=apigateway Access=private OriginShield=eu-west-1", "Give Front=cloudfront too."},
		{"Front=apigateway Access=private Logs=yes", "Give Front=cloudfront too."},
		{"Front=apigateway Access=public PhotoAccess=signed", "Give Access=private to render.yaml, or PhotoAccess=open."},
	} {
		said := strings.Join(load(t, "edge.yaml", strings.Fields(test.given)...).refusals(), "\n")
		if (said == "") != (test.says == "") || !strings.HasSuffix(said, test.says) {
			t.Errorf("%s: %q, want %q at the end", test.given, said, test.says)
		}
	}
}

// TestCloudFrontAsksS3AndThenTheFunction checks the way of a miss.
func TestCloudFrontAsksS3AndThenTheFunction(t *testing.T) {
	c := load(t, "edge.yaml", "Bucket=pictures", "SourceBucket=photos", "BucketRegion=us-west-2")
	config := c.property("Distribution", "DistributionConfig").(map[string]any)
	expectJSON(t, "the origins", config["Origins"], `[
		{"Id": "previews", "DomainName": "pictures.s3.us-west-2.amazonaws.com", "OriginAccessControlId": "<SignForS3>", "S3OriginConfig": {"OriginAccessIdentity": ""}},
		{"Id": "photos", "DomainName": "photos.s3.us-west-2.amazonaws.com", "OriginAccessControlId": "<SignForS3>", "S3OriginConfig": {"OriginAccessIdentity": ""}},
		{"Id": "function", "DomainName": "<Url.FunctionUrl>", "OriginAccessControlId": "<SignForFunction>",
			"CustomOriginConfig": {"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"], "OriginReadTimeout": 30}}]`)
	expectJSON(t, "the groups", config["OriginGroups"], `{"Quantity": 2, "Items": [
		{"Id": "previews-function", "FailoverCriteria": {"StatusCodes": {"Quantity": 2, "Items": [403, 404]}},
			"Members": {"Quantity": 2, "Items": [{"OriginId": "previews"}, {"OriginId": "function"}]}},
		{"Id": "photos-function", "FailoverCriteria": {"StatusCodes": {"Quantity": 2, "Items": [403, 404]}},
			"Members": {"Quantity": 2, "Items": [{"OriginId": "photos"}, {"OriginId": "function"}]}}]}`)
	behaviour := `"ViewerProtocolPolicy": "redirect-to-https", "AllowedMethods": ["GET", "HEAD"], "CachedMethods": ["GET", "HEAD"], "Compress": false,
		"CachePolicyId": "<CachePolicy>", "OriginRequestPolicyId": "<OriginRequestPolicy>", "ResponseHeadersPolicyId": "<Headers>",
		"FunctionAssociations": [{"EventType": "viewer-request", "FunctionARN": "<Viewer.FunctionARN>"}, {"EventType": "viewer-response", "FunctionARN": "<Viewer.FunctionARN>"}]}`
	expectJSON(t, "previews", config["DefaultCacheBehavior"], `{"TargetOriginId": "previews-function", `+behaviour)
	expectJSON(t, "photos", config["CacheBehaviors"], `[{"PathPattern": "/photo/*", "TargetOriginId": "photos-function", `+behaviour+`]`)
	expectJSON(t, "the protocols", []any{config["HttpVersion"], config["IPV6Enabled"]}, `["http2and3", true]`)

	control := func(kind, end string) string {
		return `{"OriginAccessControlConfig": {"Name": "demo-eu-west-1-` + end + `", "OriginAccessControlOriginType": "` + kind + `", "SigningBehavior": "always", "SigningProtocol": "sigv4"}}`
	}
	expectJSON(t, "who signs", c.resources("AWS::CloudFront::OriginAccessControl"), `{"SignForS3": `+control("s3", "s3")+`, "SignForFunction": `+control("lambda", "url")+`}`)

	c = load(t, "edge.yaml", "Bucket=pictures", "SourceBucket=photos", "SourceBucketRegion=ap-south-1", "OriginShield=eu-central-1")
	for i, region := range []string{"eu-west-1", "ap-south-1", ""} {
		if name := c.property("Distribution", "DistributionConfig", "Origins", i, "DomainName"); !strings.Contains(name.(string), region) {
			t.Errorf("the origin %d is %s, want it in %s", i, name, region)
		}
		expectJSON(t, "the shield", c.property("Distribution", "DistributionConfig", "Origins", i, "OriginShield"), `{"Enabled": true, "OriginShieldRegion": "eu-central-1"}`)
	}
	for _, front := range []string{"website", "apigateway"} {
		c := load(t, "edge.yaml", "Front="+front)
		for id := range c.resources("") {
			if kind := fields(c.sections["Resources"][id])["Type"].Value; strings.HasPrefix(kind, "AWS::CloudFront::") {
				t.Errorf("%s makes %s", front, id)
			}
		}
	}
}

// TestCloudFrontKeepsByTheNameOfTheObjectAlone: the viewer function has put what else the answer
// depends on into it, and says what the function needs to know in headers of its own.
func TestCloudFrontKeepsByTheNameOfTheObjectAlone(t *testing.T) {
	c := load(t, "edge.yaml", "PhotoAccess=token", "TokenKeys=https://k", "AllowOrigin=https://a.test")
	expectJSON(t, "the key", c.property("CachePolicy", "CachePolicyConfig"), `{"Name": "demo-eu-west-1", "MinTTL": 0, "DefaultTTL": 86400, "MaxTTL": 31536000,
		"ParametersInCacheKeyAndForwardedToOrigin": {"EnableAcceptEncodingGzip": false, "EnableAcceptEncodingBrotli": false,
			"CookiesConfig": {"CookieBehavior": "none"}, "QueryStringsConfig": {"QueryStringBehavior": "none"}, "HeadersConfig": {"HeaderBehavior": "none"}}}`)
	expectJSON(t, "the function hears", c.property("OriginRequestPolicy", "OriginRequestPolicyConfig"), `{"Name": "demo-eu-west-1",
		"HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["x-prew-path", "x-prew-authorization"]},
		"CookiesConfig": {"CookieBehavior": "whitelist", "Cookies": ["prew"]}, "QueryStringsConfig": {"QueryStringBehavior": "all"}}`)
	errors := map[any]bool{}
	for _, response := range c.property("Distribution", "DistributionConfig", "CustomErrorResponses").([]any) {
		response := response.(map[string]any)
		expectJSON(t, "an error is kept", response["ErrorCachingMinTTL"], `0`)
		errors[response["ErrorCode"]] = true
	}
	// Those that CloudFront takes (CloudFront API, "CustomErrorResponse", "ErrorCode").
	for _, status := range []int{400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504} {
		if !errors[status] {
			t.Errorf("CloudFront keeps a %d for 10 s, whatever its Cache-Control", status)
		}
	}
}

// TestCloudFrontSendsTheHeadersThatNginxSends reads them in nginx's files.
func TestCloudFrontSendsTheHeadersThatNginxSends(t *testing.T) {
	text, err := os.ReadFile("../../nginx/headers.conf")
	if err != nil {
		t.Fatal(err)
	}
	sent := map[string]string{}
	for _, match := range regexp.MustCompile(`(?m)^add_header (\S+) ("[^"]*"|[^\s"$]+) always;`).FindAllStringSubmatch(string(text), -1) {
		sent[match[1]] = strings.Trim(match[2], `"`)
	}
	headers := func(given ...string) map[string]any {
		return load(t, "edge.yaml", given...).property("Headers", "ResponseHeadersPolicyConfig").(map[string]any)
	}
	expectJSON(t, "always", headers()["SecurityHeadersConfig"], `{"ContentTypeOptions": {"Override": true},
		"ContentSecurityPolicy": {"ContentSecurityPolicy": "`+sent["Content-Security-Policy"]+`", "Override": true}}`)
	expectJSON(t, "for all origins", headers()["CustomHeadersConfig"], `{"Items": [
		{"Header": "Cross-Origin-Resource-Policy", "Value": "`+sent["Cross-Origin-Resource-Policy"]+`", "Override": true},
		{"Header": "Cache-Control", "Value": "public, max-age=86400", "Override": false}]}`)
	if len(sent) != 3 || sent["X-Content-Type-Options"] != "nosniff" {
		t.Errorf("nginx sends %v", sent)
	}
	if reading, ok := headers()["CorsConfig"]; ok {
		t.Errorf("pages of other origins may read: %v", reading)
	}
	for origins, want := range map[string]string{
		"*":                             `["*"]`,
		"https://a.test,https://b.test": `["https://a.test", "https://b.test"]`,
	} {
		config := headers("AllowOrigin="+origins, "PhotoCacheControl=no-cache")
		expectJSON(t, origins, config["CorsConfig"], `{"AccessControlAllowCredentials": false, "AccessControlAllowHeaders": {"Items": ["*"]},
			"AccessControlAllowMethods": {"Items": ["GET", "HEAD"]}, "AccessControlAllowOrigins": {"Items": `+want+`},
			"AccessControlExposeHeaders": {"Items": ["Content-Length", "Content-Range", "ETag", "Retry-After", "Server-Timing", "X-Prew", "X-Prew-Colour", "X-Prew-Crop", "X-Prew-Error", "X-Prew-Height", "X-Prew-Width"]}, "OriginOverride": true}`)
		expectJSON(t, origins, config["CustomHeadersConfig"], `{"Items": [{"Header": "Cross-Origin-Resource-Policy", "Value": "cross-origin", "Override": true},
			{"Header": "Cache-Control", "Value": "no-cache", "Override": false}, {"Header": "Timing-Allow-Origin", "Value": "`+origins+`", "Override": true}]}`)
	}
	for _, value := range []string{"", "*", "https://a.test", "*,https://a.test", "https://a.test/"} {
		site := nginx.Site{Listen: "127.0.0.1:80", Private: true, Gateways: []string{"127.0.0.1:81"}}
		if value != "" {
			site.AllowOrigin = strings.Split(value, ",")
		}
		pattern := fields(load(t, "edge.yaml").sections["Parameters"]["AllowOrigin"])["AllowedPattern"].Value
		if ok, err := regexp.MustCompile("^(?:"+pattern+")$").MatchString(value), site.Check("/dir"); ok != (err == nil) {
			t.Errorf("AllowOrigin=%s: the template takes it: %t, nginx says %v", value, ok, err)
		}
	}
}

func TestLogsOfCloudFrontAreAChoice(t *testing.T) {
	if buckets := load(t, "edge.yaml").resources("AWS::S3::Bucket"); len(buckets) != 0 {
		t.Errorf("made without being asked for: %v", buckets)
	}
	c := load(t, "edge.yaml", "Logs=yes", "LogDays=7")
	expectJSON(t, "the log", c.property("Distribution", "DistributionConfig", "Logging"), `{"Bucket": "<AccessLogs.RegionalDomainName>", "IncludeCookies": false}`)
	expectJSON(t, "its bucket", c.property("AccessLogs", "PublicAccessBlockConfiguration"),
		`{"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true}`)
	expectJSON(t, "its days", c.property("AccessLogs", "LifecycleConfiguration", "Rules", 0, "ExpirationInDays"), `"7"`)
}

func TestApiIsTheFunctionAndNoFaster(t *testing.T) {
	c := load(t, "edge.yaml", "Front=apigateway", "RequestsPerSecond=20", "RequestsAtOnce=40")
	expectJSON(t, "the API", c.property("Api"), `{"Name": "demo", "ProtocolType": "HTTP"}`)
	expectJSON(t, "its function", c.property("ApiIntegration"), `{"ApiId": "<Api>", "IntegrationType": "AWS_PROXY", "IntegrationUri": "<Function.Arn>",
		"PayloadFormatVersion": "2.0", "TimeoutInMillis": 30000}`)
	expectJSON(t, "its route", c.property("ApiRoute"), `{"ApiId": "<Api>", "RouteKey": "$default", "Target": "integrations/<ApiIntegration>"}`)
	expectJSON(t, "its stage", c.property("ApiStage"), `{"ApiId": "<Api>", "StageName": "$default", "AutoDeploy": true,
		"DefaultRouteSettings": {"ThrottlingRateLimit": "20", "ThrottlingBurstLimit": "40"}}`)
	expectJSON(t, "its origins", load(t, "edge.yaml", "Front=apigateway", "AllowOrigin=https://a.test").property("Api", "CorsConfiguration", "AllowOrigins"), `["https://a.test"]`)
	for _, front := range []string{"cloudfront", "website"} {
		for id := range load(t, "edge.yaml", "Front="+front, "Certificate=arn:c", "Domain=a.test").resources("") {
			if strings.HasPrefix(id, "Api") {
				t.Errorf("%s makes %s", front, id)
			}
		}
	}
}

func TestEdgeSaysWhereItIs(t *testing.T) {
	for _, test := range []struct{ given, url, target, certificate string }{
		{"", "https://<Distribution.DomainName>", "<Distribution.DomainName>", `{"CloudFrontDefaultCertificate": true}`},
		{"Certificate=arn:c Domain=a.test", "https://a.test", "<Distribution.DomainName>",
			`{"AcmCertificateArn": "arn:c", "SslSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}`},
		{"Front=website Website=http://site", "http://site", "", "null"},
		{"Front=apigateway", "https://<Api>.execute-api.eu-west-1.amazonaws.com", "", "null"},
		{"Front=apigateway Certificate=arn:c Domain=a.test", "https://a.test", "<ApiDomain.RegionalDomainName>", "null"},
	} {
		c := load(t, "edge.yaml", strings.Fields(test.given)...)
		outputs := c.outputs()
		if target, _ := outputs["Target"].(string); outputs["Url"] != test.url || target != test.target {
			t.Errorf("%s: %v at %v, want %s at %s", test.given, outputs["Url"], outputs["Target"], test.url, test.target)
		}
		expectJSON(t, test.given, c.property("Distribution", "DistributionConfig", "ViewerCertificate"), test.certificate)
	}
	if host := load(t, "edge.yaml", "Front=website").outputs()["FunctionHost"]; host != "<Url.FunctionUrl>" {
		t.Errorf("a website sends to %v", host)
	}
}

// TestWebsiteSendsToTheFunctionForWhatItLacks checks the other half of that edition, which is
// the bucket's.
func TestWebsiteSendsToTheFunctionForWhatItLacks(t *testing.T) {
	c := load(t, "render.yaml", "Access=public", "WebsiteTo=abc.lambda-url.eu-west-1.on.aws")
	rule := func(status string) string {
		return `{"RoutingRuleCondition": {"HttpErrorCodeReturnedEquals": "` + status + `"},
			"RedirectRule": {"Protocol": "https", "HostName": "abc.lambda-url.eu-west-1.on.aws", "HttpRedirectCode": "302"}}`
	}
	expectJSON(t, "the website", c.property("Pictures", "WebsiteConfiguration"), `{"IndexDocument": "index.html", "RoutingRules": [`+rule("404")+`, `+rule("403")+`]}`)
	if c := load(t, "render.yaml", "Access=public"); c.property("Pictures", "WebsiteConfiguration") != nil {
		t.Error("a public bucket is a website")
	}
	for given, ok := range map[string]bool{"Access=public": true, "Access=private": false, "Access=public Bucket=mine": false} {
		said := load(t, "render.yaml", append(strings.Fields(given), "WebsiteTo=host")...).refusals()
		if (len(said) == 0) != ok {
			t.Errorf("%s: %q", given, said)
		}
	}
}

func TestAlarmsOfTheFunctionThatAnswersAreThoseOfTheOther(t *testing.T) {
	render, edge := load(t, "render.yaml", "AlarmTopic=arn:topic"), load(t, "edge.yaml", "AlarmTopic=arn:topic")
	for id := range edge.resources("AWS::CloudWatch::Alarm") {
		want, got := render.property(id).(map[string]any), edge.property(id).(map[string]any)
		delete(want, "AlarmDescription")
		delete(got, "AlarmDescription")
		if fmt.Sprint(want) != fmt.Sprint(got) {
			t.Errorf("%s is\n%v\nwant\n%v", id, got, want)
		}
	}
	if alarms := slices.Sorted(maps.Keys(edge.resources("AWS::CloudWatch::Alarm"))); !slices.Equal(alarms, []string{"ErrorsAlarm", "ThrottlesAlarm"}) {
		t.Errorf("there are %q", alarms)
	}
}

// prewnginx prints a function for CloudFront that names what it was made for.
const prewnginx = `#!/bin/sh
if [ "$*" != cloudfront ] || [ "$PRESET_WRONG" ]; then echo "prewnginx: PRESET_WRONG: no" >&2; exit 1; fi
printf 'function handler(event) {\n\n  // %s|%s|%s|%s|%s\n}\n' "$PREW_PREFIX" "$PREW_SOURCE_PREFIX" "$PREW_PHOTO_ACCESS" "$PREW_PRESETS" "$PRESET_CARD"
`

func TestDeployEdgeGivesFunctionAndViewerTheSamePresets(t *testing.T) {
	const stackOf = `OUTPUTS=Bucket\tpictures\nSourceBucket\tphotos\nAccess\tprivate\nPrefix\tprew/\nSourcePrefix\t/\nSourceBuckets\tpeople,old\nWebsite\thttp://site`
	with := func(env ...string) (dir, output, calls string, err error) {
		dir = checkout(t, "aws/aws.sh", "aws/version.sh", "aws/deploy-edge.sh", "aws/edge.yaml")
		write(t, filepath.Join(dir, "lambda.zip"), "zip", 0o644)
		if err := os.Mkdir(filepath.Join(dir, ".bin"), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, ".bin", "prewnginx"), prewnginx, 0o755)
		output, calls, err = withCLI(t, dir, "aws/deploy-edge.sh", append([]string{"STACK=demo", "AWS_REGION=eu-west-1", "STATUS=UPDATE_COMPLETE", stackOf,
			`EDGE_OUTPUTS=Url\thttps://there\nTarget\tthere\nDistribution\tE1`}, env...)...)
		return dir, output, calls, err
	}

	dir, output, calls, err := with(`PRESET_CARD=width=9,background="#ffffff",aliases=/a\b/{key}`, "PREW_PRESETS=mine.yaml", "PARAMETERS=PhotoAccess=closed")
	want := identity + outputs + parameters + strings.ReplaceAll(status, "demo", "demo-edge") + headBucket +
		"s3api head-object --bucket prew-code-123456789012-eu-west-1 --key " + codeKey + " --expected-bucket-owner 123456789012\n" +
		strings.ReplaceAll(summary, "deploy/aws/render.yaml", ".bin/edge.yaml") + strings.ReplaceAll(status, "demo", "demo-edge") +
		strings.NewReplacer("update-stack", "create-stack", "demo ", "demo-edge ").Replace(updated("--template-body file://.bin/edge.yaml",
			"CodeBucket=prew-code-123456789012-eu-west-1", "CodeKey="+codeKey, "Architecture=arm64", "MadeBucket=yes", "MadeSourceBucket=yes",
			"Prefix=prew/", "SourcePrefix=", "MemorySize=1024",
			"Bucket=pictures", "SourceBucket=photos", "Access=private", "BucketRegion=", "BucketRole=", "SourceBucketRegion=", "SourceBucketRole=",
			"Sources=", "SourceBuckets=people,old", "SourceRoles=", "Website=http://site", "PhotoAccess=closed")) +
		"cloudformation wait stack-create-complete --stack-name demo-edge\n" + strings.ReplaceAll(outputs, "demo", "demo-edge")
	if err != nil || calls != want || !strings.HasSuffix(output, "The distribution is E1, which takes some minutes to be everywhere.\nA name of your own points at there.\ndemo-edge: https://there\n\n"+
		"A first preview:\n  aws s3 cp cat.jpg s3://photos/ && curl -L -o thumb.jpg https://there/prew/thumb/cat.jpg\n") || strings.Contains(output, "statement") {
		t.Errorf("%v\n%s\ncalled were\n%swant\n%s", err, output, calls, want)
	}
	c := load(t, filepath.Join(dir, ".bin", "edge.yaml"))
	if got, want := c.property("Viewer", "FunctionCode"), "function handler(event) {\n\n  // prew/||closed|mine.yaml|width=9,background=\"#ffffff\",aliases=/a\\b/{key}\n}\n"; got != want {
		t.Errorf("CloudFront's function is\n%s\nwant\n%s", got, want)
	}
	if got, want := c.property("Function", "Environment", "Variables", "PRESET_CARD"), `width=9,background="#ffffff",aliases=/a\b/{key}`; got != want {
		t.Errorf("the function has PRESET_CARD=%s, want %s", got, want)
	}
	if made, written := load(t, "edge.yaml").resources(""), c.resources(""); len(made) != len(written) {
		t.Errorf("what is deployed has %d resources, edge.yaml %d", len(written), len(made))
	}

	// Parameters that hold from before.
	dir, output, _, err = with("EDGE_STATUS=UPDATE_COMPLETE")
	if err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	if got := load(t, filepath.Join(dir, ".bin", "edge.yaml")).property("Viewer", "FunctionCode").(string); !strings.Contains(got, "|token|") {
		t.Errorf("CloudFront's function is\n%s\nwant it for photos by token, as the stack has it", got)
	}

	// A bucket that somebody has made has a policy of its own.
	const says = "The distribution may not read the bucket "
	for _, test := range []struct {
		env                 []string
		made, madeSources   string
		statement, statedIn string // "" where there is none to add
	}{
		{[]string{`PARAMETERS_TOO=Bucket\tmine\n`, "PARAMETERS=PhotoAccess=open"}, "no", "yes", `["arn:aws:s3:::pictures/prew/*"]`, "pictures"},
		{[]string{`PARAMETERS_TOO=SourceBucket\ttheirs\n`, "PARAMETERS=PhotoAccess=open"}, "yes", "no", `["arn:aws:s3:::photos/*"]`, "photos"},
		{[]string{`PARAMETERS_TOO=SourceBucket\ttheirs\n`, "PARAMETERS=PhotoAccess=closed"}, "yes", "no", "", ""},
		{[]string{`PARAMETERS_TOO=Bucket\tmine\n`, `OUTPUTS=Bucket\tmine\nSourceBucket\tmine\nPrefix\tprew/\nSourcePrefix\tphoto/`}, "no", "no",
			`["arn:aws:s3:::mine/prew/*", "arn:aws:s3:::mine/photo/*"]`, "mine"},
	} {
		_, output, calls, err := with(test.env...)
		if err != nil || !strings.Contains(calls, `ParameterKey=MadeBucket,ParameterValue="`+test.made+`" ParameterKey=MadeSourceBucket,ParameterValue="`+test.madeSources+`"`) {
			t.Errorf("%q: %v\n%s\naws was called with\n%s", test.env, err, output, calls)
		}
		_, said, found := strings.Cut(output, says+test.statedIn+" until its policy has this statement:\n\n")
		if found != (test.statedIn != "") || strings.Count(output, says) > 1 {
			t.Errorf("%q: the statement for %q is told: %t, in\n%s", test.env, test.statedIn, found, output)
		}
		if line, _, _ := strings.Cut(said, "\n"); found {
			expectJSON(t, test.statedIn, json.RawMessage(line), `{"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject",
				"Resource": `+test.statement+`, "Condition": {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::123456789012:distribution/E1"}}}`)
		}
	}

	for _, test := range []struct{ env, output string }{
		{"STACK=demo-edge", "STACK=demo-edge is a front's, expected the one that it is beside: STACK=demo"},
		{"STACK=" + strings.Repeat("a", 46), "expected up to 45 characters in eu-west-1: CloudFront has names of 64"},
		{"PRESET_CARD=width=9\nheight=9", "PRESET_CARD: expected one line"},
		{"PRESET_WRONG=1", "PRESET_WRONG: no\ndeploy-edge: the presets make no function for CloudFront, see above"},
		{"PRESET_CARD=" + strings.Repeat("a", 20000), "and CloudFormation takes 51,200"},
		{"PARAMETERS=Bucket=mine", "PARAMETERS: Bucket is given by deploy-edge itself"},
		{"PARAMETERS=Front=website", "the stack demo is of a time before websites: make deploy STACK=demo first"},
		{"FAIL_ON=cloudformation describe-stacks --stack-name demo ", "make deploy STACK=demo makes it"},
	} {
		_, output, calls, err := with(test.env)
		if err == nil || !strings.Contains(output, test.output) || strings.Contains(calls, "create-stack") {
			t.Errorf("%.60s: %v, want a failure, nothing made and %q in\n%s", test.env, err, test.output, output)
		}
	}
}

// TestWebsiteIsToldOfTheFunction checks that the bucket's stack hears of it when it is there,
// and of its end.
func TestWebsiteIsToldOfTheFunction(t *testing.T) {
	told := func(host string) string {
		return updated("--use-previous-template", "WebsiteTo="+host, "CodeBucket=old", "CodeKey=old", "Architecture=arm64", "LiveVersion=3", "MemorySize=1024", "Retired=")
	}
	const stackOf = `OUTPUTS=Bucket\tpictures\nSourceBucket\tpictures\nAccess\tpublic\nWebsite\thttp://site`
	for _, test := range []struct {
		name, front, before, after string
		calls                      bool // told
	}{
		{"a new one", "website", "", "abc.on.aws", true},
		{"it knows", "website", "abc.on.aws", "abc.on.aws", false},
		{"another function", "website", "old.on.aws", "abc.on.aws", true},
		{"another front", "apigateway", "abc.on.aws", "", true},
		{"never one", "apigateway", "", "", false},
	} {
		dir := checkout(t, "aws/aws.sh", "aws/version.sh", "aws/deploy-edge.sh", "aws/edge.yaml")
		write(t, filepath.Join(dir, "lambda.zip"), "zip", 0o644)
		output, calls, err := withCLI(t, dir, "aws/deploy-edge.sh", "STACK=demo", "AWS_REGION=eu-west-1", "STATUS=UPDATE_COMPLETE", stackOf,
			`PARAMETERS_TOO=WebsiteTo\t`+test.before+`\n`, `EDGE_OUTPUTS=Url\thttp://site\nFunctionHost\t`+test.after, "PARAMETERS=Front="+test.front)
		if err != nil || !strings.Contains(output, "demo-edge: http://site\n") || strings.Contains(calls, told(test.after)) != test.calls {
			t.Errorf("%s: %v\n%s\naws was called with\n%swant with %v\n%s", test.name, err, output, calls, test.calls, told(test.after))
		}
	}

	for before, want := range map[string]bool{"abc.on.aws": true, "": false} {
		output, calls, err := onStack(t, "destroy.sh", "STACK=demo-edge", "STATUS=UPDATE_COMPLETE", "EDGE_STATUS=UPDATE_COMPLETE", "YES=1", `PARAMETERS_TOO=WebsiteTo\t`+before+`\n`)
		gone := "cloudformation delete-stack --stack-name demo-edge\n"
		if err != nil || !strings.Contains(calls, gone) || strings.Contains(calls, told("")) != want {
			t.Errorf("%v\n%s\naws was called with\n%s", err, output, calls)
		}
		if want && strings.Index(calls, told("")) > strings.Index(calls, gone) {
			t.Errorf("the website sends to a function that is gone:\n%s", calls)
		}
	}
	output, calls, err := onStack(t, "destroy.sh", "STACK=demo-edge", "STATUS=UPDATE_COMPLETE", "EDGE_STATUS=UPDATE_COMPLETE", "YES=1",
		`PARAMETERS_TOO=WebsiteTo\tabc\n`, "FAIL_ON=cloudformation update-stack")
	if err == nil || strings.Contains(calls, "delete-stack") || !strings.Contains(output, "ending the website of the stack demo failed, nothing was deleted") {
		t.Errorf("%v\n%s", err, output)
	}
}
