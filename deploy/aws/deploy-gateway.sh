#!/usr/bin/env bash
# Puts the gateway and nginx in front of the stack STACK, as the stack
# STACK-gateway: builds their images from this checkout, pushes them, deploys
# deploy/aws/gateway.yaml and prints the URL. PARAMETERS="Name=value ..." are the
# template's.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/aws/aws.sh

needs_stack
needs_architecture
if command -v docker >/dev/null; then
	engine=docker
elif command -v podman >/dev/null; then
	engine=podman
else
	complain "docker or podman is missing, to build the images: https://docs.docker.com/engine/install/"
fi
sign_in
read_outputs "$STACK"
gateway=$STACK-gateway
registry=$account.dkr.ecr.$region.amazonaws.com
echo "deploying the stack $gateway in $region as $identity"

# An account's first cluster makes the role by which ECS works, and fails because it
# is not in effect at once (AWS's containers-roadmap, 2614). Made now it is by the
# time the images are pushed. It may be there already, or not ours to make: then the
# stack says whether it is missing.
aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com >/dev/null 2>&1 || true

if ! password=$(aws ecr get-login-password) ||
	! printf '%s' "$password" | "$engine" login --username AWS --password-stdin "$registry" >/dev/null; then
	fail "logging in to $registry failed; may you ecr:GetAuthorizationToken, and does $engine run?"
fi

# push_image <name> builds deploy/images/<name>.Dockerfile, pushes it, and sets
# image to where it is. The tag is what is in it, so that a stack notices what has
# changed.
push_image() {
	local repository=$gateway/$1 id
	id=$(mktemp)
	# Docker would add a description of the build, by which the same image has
	# another id each time.
	if ! BUILDX_NO_DEFAULT_ATTESTATIONS=1 "$engine" build --platform "linux/${ARCH:-arm64}" \
		--file "deploy/images/$1.Dockerfile" --iidfile "$id" .; then
		rm -f "$id"
		fail "building deploy/images/$1.Dockerfile failed, see above"
	fi
	image=$(cut -d : -f 2 "$id")
	rm -f "$id"
	if ! ask aws ecr describe-repositories --repository-names "$repository"; then
		if [[ $answer != *RepositoryNotFoundException* ]]; then
			echo "$answer" >&2
			fail "asking for the repository $repository failed; may you ecr:DescribeRepositories?"
		fi
		if ! aws ecr create-repository --repository-name "$repository" --image-scanning-configuration scanOnPush=true >/dev/null; then
			fail "making the repository $repository failed; may you ecr:CreateRepository?"
		fi
	fi
	local built=$image
	image=$registry/$repository:${built:0:16}
	if ! "$engine" tag "$built" "$image" || ! "$engine" push "$image"; then
		fail "pushing $image failed, see above"
	fi
}
push_image gateway
gateway_image=$image
push_image nginx

given=("GatewayImage=$gateway_image" "NginxImage=$image" "Architecture=$architecture")
for name in Function Bucket SourceBucket Access BucketRegion BucketRole SourceBucketRegion SourceBucketRole Sources SourceBuckets SourceRoles; do
	given+=("$name=$(output "$name")")
done
# A slash is the root of a bucket. A stack that was made before has none of the two.
for name in Prefix SourcePrefix; do
	case $(output "$name") in "") ;; /) given+=("$name=") ;; *) given+=("$name=$(output "$name")") ;; esac
done
deploy_stack "$gateway" deploy/aws/gateway.yaml "${given[@]}"

read_outputs "$gateway"
echo "$gateway: $(output Url)"
echo "A name of your own points at $(output Target)"
