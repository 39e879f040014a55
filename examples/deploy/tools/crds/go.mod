// The definitions of the custom resources, taken from the source of the operator.
module openclaw.test/deploy/tools/crds

go 1.26.0

require github.com/prometheus-operator/prometheus-operator v0.93.0
