// etcd for `make deps-deploy-cluster`: the version and, in go.sum, the hashes of all it is built from.
module openclaw.test/deploy/cluster/etcd

go 1.26.0

require go.etcd.io/etcd/server/v3 v3.7.3
