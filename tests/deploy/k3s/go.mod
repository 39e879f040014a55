// The definition of HelmChart for tests/deploy/k3s.sh, out of the source of K3s' Helm controller.
module openclaw.test/deploy/k3s

go 1.26.0

require github.com/k3s-io/helm-controller v0.17.9
