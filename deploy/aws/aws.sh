# What the scripts that speak to AWS have in common; each sources it, in the root
# of the checkout. STACK, ARCH and the standard AWS_* variables are as make got
# them.

script=$(basename "$0" .sh)
fail() {
	echo "$script: $1" >&2
	exit 1
}

# complain notes something that is wrong or missing; sign_in, which has more to
# look at, says all of it at once.
complaints=()
complain() { complaints+=("$script: $1"); }

# ask <command>... sets answer to what the command says; where it fails, to what it
# complains of. A warning of the CLI, or of what starts it, is no part of an answer.
ask() {
	local complaint failed=0
	complaint=$(mktemp)
	answer=$("$@" 2>"$complaint") || failed=$?
	if [ "$failed" -ne 0 ]; then answer=$(cat "$complaint"); fi
	rm -f "$complaint"
	return "$failed"
}

# needs_architecture sets architecture to Lambda's name for ARCH.
needs_architecture() {
	case ${ARCH:-arm64} in
	arm64) architecture=arm64 ;;
	amd64) architecture=x86_64 ;;
	*) complain "ARCH=$ARCH, expected arm64 or amd64" ;;
	esac
}

# needs_stack: that STACK is a name that a stack and what is named after it, a
# function and images, may have: Lambda takes 64 characters (CreateFunction,
# "FunctionName"), and ECR a hyphen only between others (CreateRepository,
# "repositoryName"). A gateway's stack has 8 more than the one that it is beside, one
# of edge.yaml 5, and neither is to be taken for it: deploy would put a function in the
# place of all of it.
needs_stack() {
	if [ -z "${STACK:-}" ]; then
		complain "which stack? make $script STACK=name"
		return
	fi
	local beside=${STACK%-gateway}
	beside=${beside%-edge}
	if ! [[ $STACK =~ ^[a-z][a-z0-9]*(-[a-z0-9]+)*$ ]] || [ ${#beside} -gt 56 ]; then
		complain "STACK=$STACK, expected up to 56 lower-case letters, digits and single hyphens between them, a letter first"
	fi
	case $script:$STACK in
	logs:* | destroy:*) ;;
	*-gateway) complain "STACK=$STACK is a gateway's, expected the one that it is beside: STACK=$beside" ;;
	*-edge) complain "STACK=$STACK is a front's, expected the one that it is beside: STACK=$beside" ;;
	esac
}

# sign_in looks for the CLI, a region and credentials. It ends the script where one
# is missing or where there are complaints; else it sets account, identity and
# region, and has every later call go there.
sign_in() {
	local credentials="run aws configure, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
	local home=${HOME:-}/.aws cli=
	if command -v aws >/dev/null; then cli=yes; else complain "aws is missing: install the AWS CLI, https://aws.amazon.com/cli/"; fi
	region=${AWS_REGION:-${AWS_DEFAULT_REGION:-}}
	if [ -z "$region" ] && [ "$cli" ]; then region=$(aws configure get region || true); fi
	# What a file says of the region nobody reads without the CLI.
	if [ -z "$region" ] && { [ "$cli" ] || [ ! -e "${AWS_CONFIG_FILE:-$home/config}" ]; }; then
		complain "which region? run aws configure, or set AWS_REGION, as in AWS_REGION=eu-west-1"
	fi
	# Version 2 of the CLI reads the first, version 1 the second. Credentials are the
	# same in every region: without one they are looked at in the CLI's first.
	export AWS_REGION=${region:-us-east-1} AWS_DEFAULT_REGION=${region:-us-east-1}
	# Without a terminal version 2 would still wait for somebody to leave its pager.
	export AWS_PAGER=
	if [ "$cli" ]; then
		if ask aws sts get-caller-identity --query '[Account,Arn]' --output text; then
			read -r account identity <<<"$answer"
		else
			echo "$answer" >&2
			complain "no working AWS credentials: $credentials"
		fi
	elif [ -z "${AWS_PROFILE:-}${AWS_ACCESS_KEY_ID:-}" ] &&
		[ ! -e "${AWS_CONFIG_FILE:-$home/config}" ] && [ ! -e "${AWS_SHARED_CREDENTIALS_FILE:-$home/credentials}" ]; then
		complain "no AWS credentials in the environment or in ~/.aws: $credentials"
	fi
	if [ ${#complaints[@]} -ne 0 ]; then
		printf '%s\n' "${complaints[@]}" >&2
		exit 1
	fi
}

# stack_status <stack>: its status, empty where there is no such stack.
stack_status() {
	if ask aws cloudformation describe-stacks --stack-name "$1" --query 'Stacks[0].StackStatus' --output text; then
		echo "$answer"
	elif [[ $answer != *"does not exist"* ]]; then
		echo "$answer" >&2
		fail "asking for the stack $1 failed; may you cloudformation:DescribeStacks?"
	fi
}

# read_outputs <stack> sets outputs, for output.
read_outputs() {
	local make="make deploy STACK=$1"
	case $1 in
	*-gateway) make="make deploy-gateway STACK=${1%-gateway}" ;;
	*-edge) make="make deploy-edge STACK=${1%-edge}" ;;
	esac
	if ! outputs=$(aws cloudformation describe-stacks --stack-name "$1" --query 'Stacks[0].Outputs[].[OutputKey,OutputValue]' --output text); then
		fail "there is no stack $1 in $region: $make makes it"
	fi
	if [ "$outputs" = None ]; then fail "the stack $1 has not been made to its end: $make says what is wrong"; fi
}

# output <key>: the value, empty where the stack has none.
output() { awk -F '\t' -v key="$1" '$1 == key { print $2 }' <<<"$outputs"; }

# read_parameters <stack> sets parameters, a line each: name, tab, value.
read_parameters() {
	if ! parameters=$(aws cloudformation describe-stacks --stack-name "$1" --query 'Stacks[0].Parameters[].[ParameterKey,ParameterValue]' --output text); then
		fail "reading the parameters of the stack $1 failed"
	fi
}

# assignments <parameter=value>...: a line each, as read_parameters has them.
assignments() { printf '%s\n' "$@" | awk '{ sub("=", "\t"); print }'; }

# settings <lines>... sets arguments, one for each parameter that these lines name,
# with the value of the first that does.
settings() {
	local name value
	arguments=()
	while IFS=$'\t' read -r name value; do
		arguments+=("ParameterKey=$name,ParameterValue=\"$value\"") # in quotes a comma is one
	done < <(printf '%s\n' "$@" | awk -F '\t' '!named[$1]++')
}

# update_parameters <stack> <parameter=value>... gives a stack these, and leaves all else
# of it as it is. It fails with answer set to what is wrong.
update_parameters() {
	read_parameters "$1"
	settings "$(assignments "${@:2}")" "$parameters"
	ask aws cloudformation update-stack --stack-name "$1" --use-previous-template \
		--capabilities CAPABILITY_IAM --parameters "${arguments[@]}" &&
		ask aws cloudformation wait stack-update-complete --stack-name "$1" ||
		[[ $answer == *"No updates are to be performed"* ]] # it has them
}

# deploy_stack <stack> <template> <parameter=value>... makes or updates the stack
# and waits. These are the script's own parameters; PARAMETERS has others, of whoever
# calls it. One that is not given stays as it was; one that the stack has not had is
# left to the template.
deploy_stack() {
	local stack=$1 template=$2 own=("${@:3}") all declared status given verb=update
	# Lines are words too; read fails at the end of what it reads, and has read it.
	read -rd '' -a all <<<"${own[*]} ${PARAMETERS:-}" || true
	set -- "${all[@]}"
	if ! declared=$(aws cloudformation get-template-summary --template-body "file://$template" --query 'Parameters[].[ParameterKey]' --output text); then
		fail "CloudFormation does not understand $template; may you cloudformation:GetTemplateSummary?"
	fi
	for given in "$@"; do
		case $given in *=*) ;; *) fail "PARAMETERS: $given, expected Name=value" ;; esac
		if ! grep -qxF "${given%%=*}" <<<"$declared"; then
			fail "PARAMETERS: $template has no ${given%%=*}, expected one of $(xargs <<<"$declared")"
		fi
	done
	for given in "${@:${#own[@]}+1}"; do
		given=${given%%=*}
		case " ${own[*]}" in
		*" $given="*)
			if [ "$given" = Architecture ]; then fail "PARAMETERS: Architecture is given by $script itself, from ARCH=arm64 or ARCH=amd64"; fi
			fail "PARAMETERS: $given is given by $script itself"
			;;
		esac
	done
	given=$(assignments "$@")
	status=$(stack_status "$stack")
	case $status in
	"")
		verb=create
		settings "$given"
		;;
	ROLLBACK_COMPLETE | ROLLBACK_FAILED | DELETE_FAILED)
		fail "the stack $stack is $status and can only be deleted: make destroy STACK=$stack, then try again"
		;;
	UPDATE_ROLLBACK_FAILED)
		fail "the stack $stack is $status: aws cloudformation continue-update-rollback --stack-name $stack, then try again"
		;;
	*)
		read_parameters "$stack"
		# CloudFormation refuses those that the template has no more.
		parameters=$(awk -F '\t' 'NR == FNR { declared[$1]; next } $1 in declared' <(echo "$declared") - <<<"$parameters")
		settings "$given" "$parameters"
		;;
	esac
	# CAPABILITY_IAM: the template makes roles.
	if ask aws cloudformation "$verb-stack" --stack-name "$stack" --template-body "file://$template" \
		--capabilities CAPABILITY_IAM --parameters "${arguments[@]}"; then
		echo "waiting for CloudFormation to $verb the stack $stack"
		if aws cloudformation wait "stack-$verb-complete" --stack-name "$stack"; then return; fi
		explain_failure "$stack"
	else
		case $answer in *"No updates are to be performed"*) return 0 ;; esac
		echo "$answer" >&2
	fi
	fail "the stack $stack could not be deployed, see above"
}

# explain_failure <stack>: what has failed since somebody last told it to change,
# the last first. All events are read: whatever goes back has two for each resource
# before those that say why. What was under way then is cancelled, and called failed.
explain_failure() {
	aws cloudformation describe-stack-events --stack-name "$1" --output text \
		--query 'StackEvents[].[ResourceStatus, LogicalResourceId, ResourceStatusReason]' |
		awk -F '\t' '$3 == "User Initiated" { before = 1 } !before && $1 ~ /_FAILED$/ && $3 !~ /^Resource .* cancelled$/ { print $2 ": " $3 }' >&2 || true
}
