#!/usr/bin/env bash
# Deletes the stack STACK, when its name has been typed once more or YES=1 says
# so, and says what it leaves.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/aws/aws.sh

needs_stack
sign_in
status=$(stack_status "$STACK")
if [ -z "$status" ]; then fail "there is no stack $STACK in $region"; fi
gateway=$(stack_status "$STACK-gateway")
if [ -n "$gateway" ]; then
	fail "the stack $STACK-gateway calls its function: make destroy STACK=$STACK-gateway first"
fi
edge=$(stack_status "$STACK-edge")
if [ -n "$edge" ]; then
	fail "the stack $STACK-edge is in front of it: make destroy STACK=$STACK-edge first"
fi
# Of a bucket that is gone the stack still knows the name.
if ! kept=$(aws cloudformation describe-stack-resources --stack-name "$STACK" --output text \
	--query "StackResources[?ResourceType=='AWS::S3::Bucket' && ResourceStatus!='DELETE_COMPLETE'].[PhysicalResourceId]"); then
	fail "asking for the buckets of the stack $STACK failed, nothing was deleted; may you cloudformation:DescribeStackResources?"
fi
# Of a gateway's stack; elsewhere there may be nobody who may ask.
images=$(aws ecr describe-repositories --output text \
	--query "repositories[?starts_with(repositoryName, '$STACK/')].[repositoryName]" 2>/dev/null || true)

echo "The stack $STACK of the account $account in $region, with its log, will be gone."
for bucket in $kept; do echo "The bucket $bucket stays, with all that is in it."; done
for repository in $images; do echo "The images in $repository stay."; done
if [ "${YES:-}" != 1 ]; then
	if [ ! -t 0 ]; then fail "there is no terminal to ask at: YES=1 make destroy STACK=$STACK"; fi
	read -rp "Type its name to delete it: " answer
	if [ "$answer" != "$STACK" ]; then fail "nothing was deleted"; fi
fi

# The bucket's website would send to a function that is no more.
case $STACK in
*-edge)
	beside=${STACK%-edge}
	status=$(stack_status "$beside")
	if [ -n "$status" ]; then
		read_parameters "$beside"
		if grep -q "^WebsiteTo"$'\t'"." <<<"$parameters" && ! update_parameters "$beside" WebsiteTo=; then
			echo "$answer" >&2
			fail "ending the website of the stack $beside failed, nothing was deleted"
		fi
	fi
	;;
esac
if ! aws cloudformation delete-stack --stack-name "$STACK" ||
	! aws cloudformation wait stack-delete-complete --stack-name "$STACK"; then
	explain_failure "$STACK"
	fail "the stack $STACK could not be deleted, see above"
fi
echo "The stack $STACK is gone. What stays is deleted by hand:"
for bucket in $kept; do echo "  aws s3 rb --force s3://$bucket"; done
for repository in $images; do echo "  aws ecr delete-repository --force --repository-name $repository"; done
echo "  aws s3 rb --force s3://prew-code-$account-$region, the code of all stacks here"
