#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# embed.sh: prints template.yaml with the Rego of max_replicas.rego in it: embed.sh >new && mv new template.yaml.
# Gatekeeper wants the Rego inside the YAML; opa wants a file. The file is the one to change.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
sed '/^ *rego: |$/q' template.yaml
# No spaces on empty lines; tabs may stand behind YAML's own indentation.
sed -E 's/^(.+)$/              \1/' max_replicas.rego
