package aws

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// template is a CloudFormation template as it was written. Its methods evaluate parts
// of it as CloudFormation does (User Guide, "Intrinsic function reference" and "Pseudo
// parameters reference"), in a stack called demo.
type template struct {
	t          *testing.T
	sections   map[string]map[string]*yaml.Node
	parameters map[string]string // their values
}

// pseudo are the pseudo parameters, which every template has, with their values unless
// a test gives others.
var pseudo = map[string]string{
	"AWS::AccountId": "123456789012",
	"AWS::Partition": "aws",
	"AWS::Region":    "eu-west-1",
	"AWS::StackId":   "arn:aws:cloudformation:eu-west-1:123456789012:stack/demo/0b1c2d3e",
	"AWS::StackName": "demo",
	"AWS::URLSuffix": "amazonaws.com",
}

// noValue is the value of AWS::NoValue until the property that has it is left out.
type noValue struct{}

// load reads a template and gives it parameters, "Name=value". Other parameters have
// their defaults; those without one, such as CodeBucket, have their own name as value.
func load(t *testing.T, file string, given ...string) template {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	c := template{t, map[string]map[string]*yaml.Node{}, maps.Clone(pseudo)}
	for _, name := range []string{"Parameters", "Rules", "Conditions", "Resources", "Outputs"} {
		section := document[name]
		c.sections[name] = fields(&section)
	}
	for name, declared := range c.sections["Parameters"] {
		c.parameters[name] = name
		if value, ok := fields(declared)["Default"]; ok {
			c.parameters[name] = value.Value
		}
	}
	for _, parameter := range given {
		name, value, _ := strings.Cut(parameter, "=")
		if _, ok := c.parameters[name]; !ok {
			t.Fatalf("%s has no parameter %s", file, name)
		}
		c.parameters[name] = value
	}
	return c
}

// resources returns the stack's resources of a type, by their logical ids; the empty
// type means any. A reference to a resource is its id in angle brackets.
func (c template) resources(kind string) map[string]any {
	c.t.Helper()
	found := map[string]any{}
	for id, node := range c.sections["Resources"] {
		resource := fields(node)
		if kind != "" && resource["Type"].Value != kind {
			continue
		}
		if condition, ok := resource["Condition"]; ok && !c.holds(condition.Value) {
			continue
		}
		properties, _ := c.value(resource["Properties"]).(map[string]any)
		found[id] = properties
	}
	return found
}

// property returns a property of a resource: property("Function", "Timeout"). A number
// in the path is an index. A missing property is nil.
func (c template) property(id string, path ...any) any {
	c.t.Helper()
	value := c.resources("")[id]
	for _, step := range path {
		switch step := step.(type) {
		case string:
			within, _ := value.(map[string]any)
			value = within[step]
		case int:
			within, _ := value.([]any)
			if step >= len(within) {
				return nil
			}
			value = within[step]
		}
	}
	return value
}

// seconds returns a property that is a number, or a number as text.
func (c template) seconds(id string, path ...any) int {
	c.t.Helper()
	n, err := strconv.Atoi(fmt.Sprint(c.property(id, path...)))
	if err != nil {
		c.t.Fatalf("%s %v: %v", id, path, err)
	}
	return n
}

// outputs returns the stack's outputs.
func (c template) outputs() map[string]any {
	c.t.Helper()
	found := map[string]any{}
	for name, node := range c.sections["Outputs"] {
		output := fields(node)
		if condition, ok := output["Condition"]; ok && !c.holds(condition.Value) {
			continue
		}
		found[name] = c.value(output["Value"])
	}
	return found
}

// refusals returns the descriptions of the assertions that the parameters break.
func (c template) refusals() []string {
	c.t.Helper()
	var found []string
	for _, node := range c.sections["Rules"] {
		rule := fields(node)
		if condition, ok := rule["RuleCondition"]; ok && c.value(condition) != true {
			continue
		}
		for _, assertion := range rule["Assertions"].Content {
			if c.value(fields(assertion)["Assert"]) != true {
				found = append(found, fields(assertion)["AssertDescription"].Value)
			}
		}
	}
	return found
}

// holds returns the value of a condition.
func (c template) holds(name string) bool {
	c.t.Helper()
	node, ok := c.sections["Conditions"][name]
	if !ok {
		c.t.Fatalf("there is no condition %s", name)
	}
	holds, ok := c.value(node).(bool)
	if !ok {
		c.t.Fatalf("the condition %s is none", name)
	}
	return holds
}

// value evaluates a part of the template: to a string, number or bool, a []any or
// a map[string]any.
func (c template) value(node *yaml.Node) any {
	c.t.Helper()
	if node == nil {
		return nil
	}
	part := func(i int) any { return c.value(node.Content[i]) }
	switch node.Tag {
	case "!Ref":
		return c.reference(node.Value)
	case "!GetAtt":
		if strings.HasSuffix(node.Value, ".FunctionUrl") {
			return "https://<" + node.Value + ">/"
		}
		return "<" + node.Value + ">"
	case "!Sub":
		return c.substitute(node)
	case "!If":
		if c.holds(node.Content[0].Value) {
			return part(1)
		}
		return part(2)
	case "!Equals":
		return fmt.Sprint(part(0)) == fmt.Sprint(part(1))
	case "!Not":
		return part(0) == false
	case "!And":
		for i := range node.Content {
			if part(i) != true {
				return false
			}
		}
		return true
	case "!Or":
		for i := range node.Content {
			if part(i) == true {
				return true
			}
		}
		return false
	case "!Split":
		var parts []any
		for _, s := range strings.Split(part(1).(string), part(0).(string)) {
			parts = append(parts, s)
		}
		return parts
	case "!Join": // of a parameter that is a list, CommaDelimitedList
		return strings.ReplaceAll(part(1).(string), ",", fmt.Sprint(part(0)))
	case "!Select":
		index, list := part(0).(int), part(1).([]any)
		if index >= len(list) {
			c.t.Fatalf("line %d: there is no part %d of %q", node.Line, index, list)
		}
		return list[index]
	case "!GetAZs":
		return []any{"eu-west-1a", "eu-west-1b"}
	}
	switch node.Kind {
	case yaml.SequenceNode:
		list := []any{}
		for i := range node.Content {
			if value := part(i); value != (noValue{}) {
				list = append(list, value)
			}
		}
		return list
	case yaml.MappingNode:
		if condition, ok := otherCondition(node); ok {
			return c.holds(condition.Value)
		}
		object := map[string]any{}
		for name, child := range fields(node) {
			if value := c.value(child); value != (noValue{}) {
				object[name] = value
			}
		}
		return object
	}
	if strings.HasPrefix(node.Tag, "!") && !strings.HasPrefix(node.Tag, "!!") {
		c.t.Fatalf("line %d: %s is not known here", node.Line, node.Tag)
	}
	var scalar any
	if err := node.Decode(&scalar); err != nil {
		c.t.Fatal(err)
	}
	return scalar
}

// reference returns the value of !Ref.
func (c template) reference(name string) any {
	if name == "AWS::NoValue" {
		return noValue{}
	}
	if value, ok := c.parameters[name]; ok {
		return value
	}
	return "<" + name + ">"
}

var variable = regexp.MustCompile(`\$\{([^}]+)\}`)

// substitute returns the value of !Sub, alone or with variables of its own.
func (c template) substitute(node *yaml.Node) string {
	text, own := node.Value, map[string]*yaml.Node{}
	if node.Kind == yaml.SequenceNode {
		text, own = node.Content[0].Value, fields(node.Content[1])
	}
	return variable.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-1]
		if value, ok := own[name]; ok {
			return fmt.Sprint(c.value(value))
		}
		return fmt.Sprint(c.reference(name))
	})
}

// otherCondition returns the name in {Condition: name}, by which a condition refers to
// another.
func otherCondition(node *yaml.Node) (*yaml.Node, bool) {
	name, ok := fields(node)["Condition"]
	return name, ok && node.Kind == yaml.MappingNode && len(node.Content) == 2
}

// fields returns the values of a mapping by their names.
func fields(node *yaml.Node) map[string]*yaml.Node {
	found := map[string]*yaml.Node{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		found[node.Content[i].Value] = node.Content[i+1]
	}
	return found
}

// TestTemplatesReferToWhatThereIs checks all references, also in branches that no other
// test takes, and finds parameters and conditions that nothing uses.
func TestTemplatesReferToWhatThereIs(t *testing.T) {
	for _, file := range []string{"render.yaml", "gateway.yaml", "edge.yaml"} {
		c := load(t, file)
		used := map[string]bool{}
		resource := func(line int, id string) {
			if _, ok := c.sections["Resources"][id]; !ok {
				t.Errorf("%s:%d: there is no resource %s", file, line, id)
			}
		}
		reference := func(line int, name string) {
			used[name] = true
			if _, ok := c.parameters[name]; !ok && name != "AWS::NoValue" {
				resource(line, strings.Split(name, ".")[0])
			}
		}
		condition := func(line int, name string) {
			used[name] = true
			if _, ok := c.sections["Conditions"][name]; !ok {
				t.Errorf("%s:%d: there is no condition %s", file, line, name)
			}
		}
		var walk func(node *yaml.Node)
		walk = func(node *yaml.Node) {
			switch node.Tag {
			case "!Ref", "!GetAtt":
				reference(node.Line, node.Value)
			case "!If":
				condition(node.Line, node.Content[0].Value)
			case "!Sub":
				text, own := node.Value, map[string]*yaml.Node{}
				if node.Kind == yaml.SequenceNode {
					text, own = node.Content[0].Value, fields(node.Content[1])
				}
				for _, match := range variable.FindAllStringSubmatch(text, -1) {
					if _, ok := own[match[1]]; !ok {
						reference(node.Line, match[1])
					}
				}
			}
			if name, ok := otherCondition(node); ok {
				condition(name.Line, name.Value)
			}
			for _, child := range node.Content {
				walk(child)
			}
		}
		for _, section := range []string{"Rules", "Conditions", "Resources", "Outputs"} {
			for _, node := range c.sections[section] {
				walk(node)
				if name, ok := fields(node)["Condition"]; ok {
					condition(name.Line, name.Value)
				}
				if id, ok := fields(node)["DependsOn"]; ok {
					resource(id.Line, id.Value)
				}
			}
		}
		for _, section := range []string{"Parameters", "Conditions"} {
			for name := range c.sections[section] {
				if !used[name] {
					t.Errorf("%s: nothing needs %s, of the %s", file, name, section)
				}
			}
		}
	}
}

// expectJSON compares a value with the JSON of the wanted one.
func expectJSON(t *testing.T, what string, got any, want string) {
	t.Helper()
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var have, wanted any
	if err := json.Unmarshal(text, &have); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if !reflect.DeepEqual(have, wanted) {
		t.Errorf("%s: %s, want %s", what, text, want)
	}
}
