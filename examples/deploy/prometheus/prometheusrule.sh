#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Prints prometheusrule.yaml: rules.yml and alerts.yml as one resource of the Prometheus Operator.
#
#     examples/deploy/prometheus/prometheusrule.sh >examples/deploy/prometheus/prometheusrule.yaml
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cat <<'END'
# Made by prometheusrule.sh of rules.yml and alerts.yml: change those.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: openclaw
  namespace: openclaw
  labels:
    app.kubernetes.io/name: openclaw
    # What the Prometheus object selects by. kube-prometheus-stack: the name of its Helm release.
    release: prometheus
spec:
  groups:
END
for file in rules.yml alerts.yml; do
	sed -e '1,/^groups:$/d' -e '/./s/^/  /' "$here/$file"
done
