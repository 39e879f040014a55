// KEDA's definition of a ScaledObject and its list of scalers, taken from its source.
module openclaw.test/deploy/chart/keda

go 1.26.0

require github.com/kedacore/keda/v2 v2.21.0
