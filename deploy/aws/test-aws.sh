#!/usr/bin/env bash
# Holds the templates against cfn-lint, and deploys to a moto server, an AWS that
# runs on this machine, with the AWS CLI.
set -euo pipefail
cd "$(dirname "$0")/../.."

missing=()
for program in aws cfn-lint; do
	command -v "$program" >/dev/null || missing+=("$program")
done
python3 -c 'import botocore, moto.server' 2>/dev/null || missing+=("moto of python3")
if [ ${#missing[@]} -ne 0 ]; then
	echo "test-aws: ${missing[*]} missing: pip install awscli 'moto[server]' cfn-lint" >&2
	exit 1
fi
go vet -tags aws ./deploy/aws
go test -count=1 -v -timeout 30m -tags aws -run 'TestTemplatesPassCfnLint|TestDeployOnMoto|TestDeployEdgeOnMoto|TestBatchOnMoto|TestJobsAnswer' ./deploy/aws
