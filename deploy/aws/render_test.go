package aws

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"prew"
)

func TestFunctionIsTheOneThatTheGatewayExpects(t *testing.T) {
	c := load(t, "render.yaml")
	expectJSON(t, "the function", c.resources("AWS::Lambda::Function"), `{"Function": {
		"FunctionName": "demo", "Description": "Renders previews of photos in S3.",
		"Runtime": "provided.al2023", "Handler": "bootstrap", "Architectures": ["arm64"],
		"Code": {"S3Bucket": "CodeBucket", "S3Key": "CodeKey"},
		"MemorySize": "1769", "Timeout": 25, "Role": "<Role.Arn>", "Environment": {"Variables": {}}}}`)
	if got := c.outputs()["Function"]; got != "<Function.Arn>:live" {
		t.Errorf("gateways call %v", got)
	}

	c = load(t, "render.yaml", "ReservedConcurrency=200", "Architecture=x86_64",
		"BucketRegion=us-west-2", "BucketRole=arn:b", "SourceBucketRegion=ap-south-1", "SourceBucketRole=arn:s")
	expectJSON(t, "its reserve", c.property("Function", "ReservedConcurrentExecutions"), `"200"`)
	expectJSON(t, "its processor", c.property("Function", "Architectures"), `["x86_64"]`)
	expectJSON(t, "its environment", c.property("Function", "Environment", "Variables"), `{
		"PREW_S3_REGION": "us-west-2", "PREW_S3_ROLE": "arn:b", "PREW_SOURCE_REGION": "ap-south-1", "PREW_SOURCE_ROLE": "arn:s"}`)

	c = load(t, "render.yaml", "SourcePrefix=", "Prefix=small/", "Sources=profiles:bucket=people", "SourceBuckets=people,old", "PreviewDays=9", "Access=public")
	expectJSON(t, "its folders", c.property("Function", "Environment", "Variables"), `{
		"PREW_PREFIX": "small/", "PREW_SOURCE_PREFIX": "", "PREW_SOURCES": "profiles:bucket=people"}`)
	outputs := c.outputs()
	expectJSON(t, "a gateway's", []any{outputs["Prefix"], outputs["SourcePrefix"], outputs["Sources"], outputs["SourceBuckets"], outputs["SourceRoles"]},
		`["small/", "/", "profiles:bucket=people", "people,old", null]`)
	expectJSON(t, "what expires", c.property("Pictures", "LifecycleConfiguration", "Rules", 1, "Prefix"), `"small/"`)
	expectJSON(t, "what is public", c.property("PicturesPolicy", "PolicyDocument", "Statement", 0, "Resource"),
		`["arn:aws:s3:::<Pictures>/small/*", "arn:aws:s3:::<Pictures>/*"]`)
}

// TestRegionOfThePhotosIsTheirs checks the region for the function and for a gateway.
// By default it is that of the previews.
func TestRegionOfThePhotosIsTheirs(t *testing.T) {
	for _, test := range []struct {
		given []string
		want  string
	}{
		{nil, `null`},
		{[]string{"Buckets=two"}, `null`},
		{[]string{"Bucket=mine", "BucketRegion=us-west-2"}, `null`},
		{[]string{"Bucket=mine", "BucketRegion=us-west-2", "SourceBucket=theirs"}, `null`},
		{[]string{"Bucket=mine", "BucketRegion=us-west-2", "Buckets=two"}, `"eu-west-1"`},
		{[]string{"Bucket=mine", "BucketRegion=us-west-2", "SourceBucket=theirs", "SourceBucketRegion=ap-south-1"}, `"ap-south-1"`},
		{[]string{"SourceBucket=theirs", "SourceBucketRegion=ap-south-1"}, `"ap-south-1"`},
	} {
		c := load(t, "render.yaml", test.given...)
		name := strings.Join(test.given, " ")
		expectJSON(t, "the function, "+name, c.property("Function", "Environment", "Variables", "PREW_SOURCE_REGION"), test.want)
		expectJSON(t, "a gateway, "+name, c.outputs()["SourceBucketRegion"], test.want)
	}
}

// TestWhatWouldDoNothingIsRefused checks that the template refuses parameters that
// would have no effect, before anything is made.
func TestWhatWouldDoNothingIsRefused(t *testing.T) {
	const (
		role = "Give SourceBucket, one that BucketRole or SourceBucketRole may read."
		told = "Give Prefix, as prew/, or two buckets."
		days = "give yours a lifecycle rule for prew/."
	)
	for _, test := range []struct {
		given []string
		says  string
	}{
		{nil, ""},
		{[]string{"Buckets=two", "PreviewDays=90"}, ""},
		{[]string{"Bucket=mine", "BucketRole=arn:b"}, ""},
		{[]string{"Bucket=mine", "BucketRole=arn:b", "Buckets=two"}, role},
		{[]string{"Bucket=mine", "BucketRole=arn:b", "Buckets=two", "SourceBucket=theirs"}, ""},
		{[]string{"Bucket=mine", "Buckets=two", "SourceBucketRole=arn:s"}, ""},
		{[]string{"Bucket=mine"}, ""},
		{[]string{"Bucket=mine", "Prefix="}, told},
		{[]string{"Bucket=mine", "Prefix=", "SourceBucket=theirs", "SourcePrefix="}, ""},
		{[]string{"Bucket=mine", "SourcePrefix="}, ""},
		{[]string{"Bucket=mine", "PreviewDays=90"}, days},
		{[]string{"SourceBucket=theirs", "PreviewDays=90"}, ""},
	} {
		said := strings.Join(load(t, "render.yaml", test.given...).refusals(), "\n")
		if (said == "") != (test.says == "") || !strings.HasSuffix(said, test.says) {
			t.Errorf("%q: %q, want %q at the end", test.given, said, test.says)
		}
	}
}

// TestAliasIsWhereTheScriptsHaveIt checks a new stack and a later update.
func TestAliasIsWhereTheScriptsHaveIt(t *testing.T) {
	for given, want := range map[string]string{"": "<FirstVersion.Version>", "7": "7"} {
		c := load(t, "render.yaml", "LiveVersion="+given)
		expectJSON(t, "the alias", c.resources("AWS::Lambda::Alias"), `{"Live": {"Name": "live",
			"Description": "The version that gateways call.", "FunctionName": "<Function>", "FunctionVersion": "`+want+`"}}`)
	}
	c := load(t, "render.yaml")
	expectJSON(t, "the version", c.resources("AWS::Lambda::Version"), `{"FirstVersion": {"FunctionName": "<Function>"}}`)
	if policy := fields(c.sections["Resources"]["FirstVersion"])["DeletionPolicy"]; policy.Value != "Retain" {
		t.Errorf("the first version is deleted by itself: %s", policy.Value)
	}
}

func TestFunctionMayReadRenderAndStore(t *testing.T) {
	const log = `{"Sid": "WriteLog", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
		"Resource": "arn:aws:logs:eu-west-1:123456789012:log-group:<Log>:*"}`
	for _, test := range []struct {
		name     string
		given    []string
		previews string
		photos   string
		listed   string
	}{
		{"one made", nil, "<Pictures>", "<Pictures>", `["arn:aws:s3:::<Pictures>"]`},
		{"two made", []string{"Buckets=two"}, "<Pictures>", "<Photos>", `["arn:aws:s3:::<Pictures>", "arn:aws:s3:::<Photos>"]`},
		{"one that exists", []string{"Bucket=mine"}, "mine", "mine", `["arn:aws:s3:::mine"]`},
		{"two that exist", []string{"Bucket=mine", "SourceBucket=theirs"}, "mine", "theirs", `["arn:aws:s3:::mine", "arn:aws:s3:::theirs"]`},
		{"photos that exist", []string{"SourceBucket=theirs"}, "<Pictures>", "theirs", `["arn:aws:s3:::<Pictures>", "arn:aws:s3:::theirs"]`},
		{"previews that exist", []string{"Bucket=mine", "Buckets=two"}, "mine", "<Photos>", `["arn:aws:s3:::mine", "arn:aws:s3:::<Photos>"]`},
	} {
		c := load(t, "render.yaml", test.given...)
		expectJSON(t, test.name, c.resources("AWS::IAM::Policy"), `{"Permissions": {"PolicyName": "render", "Roles": ["<Role>"],
			"PolicyDocument": {"Version": "2012-10-17", "Statement": [
				{"Sid": "ReadPhotos", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::`+test.photos+`/photo/*"},
				{"Sid": "KeepPreviews", "Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"], "Resource": "arn:aws:s3:::`+test.previews+`/prew/*"},
				{"Sid": "ReadWatermarks", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::`+test.previews+`/marks/*"},
				{"Sid": "TellMissingFromForbidden", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": `+test.listed+`},
				`+log+`]}}}`)
		expectJSON(t, test.name, []any{c.outputs()["Bucket"], c.outputs()["SourceBucket"]}, `["`+test.previews+`", "`+test.photos+`"]`)
	}

	c := load(t, "render.yaml")
	expectJSON(t, "the roles", c.resources("AWS::IAM::Role"), `{"Role": {"Description": "What the function that renders previews may do.",
		"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole",
				"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}]}}}`)
	for given, want := range map[string]string{
		"BucketRole=arn:b":       `["arn:b"]`,
		"SourceBucketRole=arn:s": `["arn:s"]`,
	} {
		c := load(t, "render.yaml", given)
		expectJSON(t, given, c.property("OtherAccounts", "PolicyDocument", "Statement"),
			`[{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": `+want+`}]`)
	}
}

// TestFunctionHearsOfPhotos checks who tells the function that a photo has changed: the bucket
// itself, or EventBridge with the bucket of the previews.
func TestFunctionHearsOfPhotos(t *testing.T) {
	own := func(filter string) string {
		configuration := func(event string) string {
			return `{"Event": "s3:` + event + `:*", "Function": "<Live>"` + filter + `}`
		}
		return `{"LambdaConfigurations": [` + configuration("ObjectCreated") + `, ` + configuration("ObjectRemoved") + `, ` + configuration("LifecycleExpiration") + `]}`
	}
	const folder = `, "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "photo/"}]}}`
	for _, test := range []struct {
		given            []string
		pictures, photos string // what these buckets do
		photosIn, prefix string // the rule's, without one none
		previewsIn       string
	}{
		{nil, own(folder), `null`, "", "", ""},
		{[]string{"SourcePrefix="}, own(""), `null`, "", "", ""},
		{[]string{"Buckets=two"}, `null`, `{"EventBridgeConfiguration": {"EventBridgeEnabled": true}}`, "<Photos>", "photo/", "<Pictures>"},
		{[]string{"Bucket=mine"}, `null`, `null`, "mine", "photo/", "mine"},
		{[]string{"SourceBucket=theirs", "SourcePrefix=originals/"}, `null`, `null`, "theirs", "originals/", "<Pictures>"},
		{[]string{"Bucket=mine", "SourceBucket=theirs", "SourcePrefix="}, `null`, `null`, "theirs", "", "mine"},
	} {
		c, name := load(t, "render.yaml", test.given...), strings.Join(test.given, " ")
		expectJSON(t, name, c.property("Pictures", "NotificationConfiguration"), test.pictures)
		expectJSON(t, name, c.property("Photos", "NotificationConfiguration"), test.photos)
		permissions := `{"BucketMayTell": {"Action": "lambda:InvokeFunction", "FunctionName": "<Function.Arn>:live", "Principal": "s3.amazonaws.com", "SourceAccount": "123456789012"}`
		rules := `{}`
		if test.photosIn != "" {
			permissions += `, "BridgeMayTell": {"Action": "lambda:InvokeFunction", "FunctionName": "<Function.Arn>:live", "Principal": "events.amazonaws.com", "SourceArn": "<PhotoEvents.Arn>"}`
			rules = `{"PhotoEvents": {"Description": "Photos that are written or removed, for demo.",
				"EventPattern": {"source": ["aws.s3"], "detail-type": ["Object Created", "Object Deleted"],
					"detail": {"bucket": {"name": ["` + test.photosIn + `"]}, "object": {"key": [{"prefix": "` + test.prefix + `"}]}}},
				"Targets": [{"Id": "function", "Arn": "<Live>", "InputTransformer": {
					"InputPathsMap": {"kind": "$.detail-type", "detail": "$.detail"},
					"InputTemplate": "{\"source\": \"aws.s3\", \"detail-type\": <kind>, \"detail\": <detail>, \"previews\": \"` + test.previewsIn + `\"}"}}]}}`
		}
		expectJSON(t, name, c.resources("AWS::Lambda::Permission"), permissions+`}`)
		expectJSON(t, name, c.resources("AWS::Events::Rule"), rules)
	}
	c := load(t, "render.yaml", "Events=rewarm", "EventsURL=http://gateway:8090/events", "EventsSecret=arn:secret")
	expectJSON(t, "its environment", c.property("Function", "Environment", "Variables"),
		`{"PREW_EVENTS": "rewarm", "PREW_EVENTS_URL": "http://gateway:8090/events", "PREW_EVENTS_SECRET": "{{resolve:secretsmanager:arn:secret}}"}`)
	if after := fields(c.sections["Resources"]["Pictures"])["DependsOn"]; after.Value != "BucketMayTell" {
		t.Error("the bucket is made before it may call the function")
	}
}

// TestWhatTheBridgePassesOnIsRead fills the rule's template in as EventBridge does (User Guide,
// "Input transformation": strings in quotes, objects as they are).
func TestWhatTheBridgePassesOnIsRead(t *testing.T) {
	c := load(t, "render.yaml", "Bucket=mine", "SourceBucket=theirs")
	template, _ := c.property("PhotoEvents", "Targets", 0, "InputTransformer", "InputTemplate").(string)
	passed := strings.NewReplacer("<kind>", `"Object Deleted"`, "<detail>", `{"bucket":{"name":"theirs"},"object":{"key":"photo/a b.jpg"},"reason":"DeleteObject"}`).Replace(template)
	events, err := prew.ReadEvents([]byte(passed))
	if want := []prew.Event{{Bucket: "theirs", Object: "photo/a b.jpg", Removed: true, Previews: "mine"}}; err != nil || !slices.Equal(events, want) {
		t.Errorf("%s: %+v, %v, want %+v", passed, events, err, want)
	}
}

// TestBucketsArePublicWhereThatWasAsked checks that only the two folders of the buckets
// made here are public, and only to read.
func TestBucketsArePublicWhereThatWasAsked(t *testing.T) {
	reads := func(bucket, resources string) string {
		return `{"Bucket": "<` + bucket + `>", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": ` + resources + `}]}}`
	}
	for _, test := range []struct {
		given    []string
		buckets  string
		policies string
	}{
		{nil, "Pictures", `{}`},
		{[]string{"Buckets=two"}, "Photos Pictures", `{}`},
		{[]string{"Access=public"}, "Pictures", `{"PicturesPolicy": ` +
			reads("Pictures", `["arn:aws:s3:::<Pictures>/prew/*", "arn:aws:s3:::<Pictures>/photo/*"]`) + `}`},
		{[]string{"Access=public", "Buckets=two"}, "Photos Pictures",
			`{"PicturesPolicy": ` + reads("Pictures", `["arn:aws:s3:::<Pictures>/prew/*"]`) +
				`, "PhotosPolicy": ` + reads("Photos", `"arn:aws:s3:::<Photos>/photo/*"`) + `}`},
		{[]string{"Access=public", "Bucket=mine"}, "", `{}`},
		{[]string{"Access=public", "Bucket=mine", "SourceBucket=theirs"}, "", `{}`},
		{[]string{"Access=public", "SourceBucket=theirs"}, "Pictures",
			`{"PicturesPolicy": ` + reads("Pictures", `["arn:aws:s3:::<Pictures>/prew/*"]`) + `}`},
	} {
		c := load(t, "render.yaml", test.given...)
		buckets := slices.Sorted(maps.Keys(c.resources("AWS::S3::Bucket")))
		if got := strings.Join(buckets, " "); got != test.buckets {
			t.Errorf("%q: makes the buckets %q, want %q", test.given, got, test.buckets)
		}
		expectJSON(t, strings.Join(test.given, " "), c.resources("AWS::S3::BucketPolicy"), test.policies)
		closed := "true"
		if slices.Contains(test.given, "Access=public") {
			closed = "false"
		}
		for _, bucket := range buckets {
			expectJSON(t, bucket, c.property(bucket, "PublicAccessBlockConfiguration"), `{"BlockPublicAcls": true, "IgnorePublicAcls": true,
				"BlockPublicPolicy": `+closed+`, "RestrictPublicBuckets": `+closed+`}`)
			expectJSON(t, bucket, c.property(bucket, "OwnershipControls", "Rules"), `[{"ObjectOwnership": "BucketOwnerEnforced"}]`)
			expectJSON(t, bucket, c.property(bucket, "BucketEncryption", "ServerSideEncryptionConfiguration"),
				`[{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]`)
		}
	}
}

func TestPreviewsExpireWhereThatWasAskedAndPhotosNever(t *testing.T) {
	const abort = `{"Id": "abort-uploads", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}`
	for days, want := range map[string]string{
		"0":  `[` + abort + `]`,
		"90": `[` + abort + `, {"Id": "expire-previews", "Status": "Enabled", "Prefix": "prew/", "ExpirationInDays": "90"}]`,
	} {
		c := load(t, "render.yaml", "Buckets=two", "PreviewDays="+days)
		expectJSON(t, "after "+days, c.property("Pictures", "LifecycleConfiguration", "Rules"), want)
		expectJSON(t, "photos", c.property("Photos", "LifecycleConfiguration", "Rules"), `[`+abort+`]`)
	}
}

func TestBucketsOutliveTheStack(t *testing.T) {
	c := load(t, "render.yaml", "Buckets=two")
	for id := range c.resources("AWS::S3::Bucket") {
		bucket := fields(c.sections["Resources"][id])
		if got := bucket["DeletionPolicy"].Value + " " + bucket["UpdateReplacePolicy"].Value; got != "RetainExceptOnCreate Retain" {
			t.Errorf("%s: %s", id, got)
		}
	}
}

func TestAlarmsAreForWhatLasts(t *testing.T) {
	c := load(t, "render.yaml")
	for id, want := range map[string]string{
		"ErrorsAlarm":    `["Errors", "Sum", null, 0]`,
		"ThrottlesAlarm": `["Throttles", "Sum", null, 0]`,
		"DurationAlarm":  `["Duration", null, "p95", 5000]`,
	} {
		expectJSON(t, id, []any{c.property(id, "MetricName"), c.property(id, "Statistic"), c.property(id, "ExtendedStatistic"), c.property(id, "Threshold")}, want)
		expectJSON(t, id, []any{
			c.property(id, "Namespace"), c.property(id, "Dimensions"), c.property(id, "ComparisonOperator"), c.property(id, "TreatMissingData"),
			c.property(id, "Period"), c.property(id, "EvaluationPeriods"), c.property(id, "DatapointsToAlarm"),
		}, `["AWS/Lambda", [{"Name": "FunctionName", "Value": "<Function>"}], "GreaterThanThreshold", "notBreaching", 60, 5, 3]`)
		expectJSON(t, id+" without a topic", []any{c.property(id, "AlarmActions"), c.property(id, "OKActions")}, `[null, null]`)
		heard := load(t, "render.yaml", "AlarmTopic=arn:topic")
		expectJSON(t, id, []any{heard.property(id, "AlarmActions"), heard.property(id, "OKActions")}, `[["arn:topic"], ["arn:topic"]]`)
	}
	if n := len(c.resources("AWS::CloudWatch::Alarm")); n != 3 {
		t.Errorf("there are %d alarms, want 3", n)
	}
}

func TestLogIsKeptForAWhile(t *testing.T) {
	expectJSON(t, "the log", load(t, "render.yaml").resources("AWS::Logs::LogGroup"),
		`{"Log": {"LogGroupName": "/aws/lambda/demo", "RetentionInDays": "30"}}`)
	expectJSON(t, "the log", load(t, "render.yaml", "LogDays=7").property("Log", "RetentionInDays"), `"7"`)
}
