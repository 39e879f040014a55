# At most so many replicas, for whatever can ask for them: HorizontalPodAutoscaler, KEDA's ScaledObject, Deployment,
# and the scale of a Deployment, by which `kubectl scale`, the HPA controller and KEDA's pause write.
#
# Parameters of the constraint:
#   maxReplicas       whole number from 1: the budget of a namespace that is not listed
#   namespaceBudgets  optional map, namespace to whole number from 1: its budget instead
#   regions           optional list: the label regionLabel must have one of these values
#   regionLabel       optional, topology.kubernetes.io/region by default
#
# Fails closed: every look-up is an object.get with a default. A reference that is undefined would make its whole rule
# undefined, and a policy of undefined rules allows everything.
package k8smaxreplicas

largest := 9999

object_of(parent, key) := value if {
	value := object.get(parent, key, {})
	is_object(value)
} else := {}

parameters := object_of(input, "parameters")

new_object := object_of(input.review, "object")

old_object := object_of(input.review, "oldObject")

namespace := object.get(input.review, "namespace", object.get(new_object, ["metadata", "namespace"], ""))

operation := object.get(input.review, "operation", "")

# API group and kind, not kind alone: someone else's HorizontalPodAutoscaler is none of ours.
group_kind := [object.get(input.review, ["kind", "group"], ""), object.get(input.review, ["kind", "kind"], "")]

subject := {
	["autoscaling", "HorizontalPodAutoscaler"]: {"field": "spec.maxReplicas", "path": ["spec", "maxReplicas"], "default": null, "least": 1},
	["keda.sh", "ScaledObject"]: {"field": "spec.maxReplicaCount", "path": ["spec", "maxReplicaCount"], "default": 100, "least": 1},
	["apps", "Deployment"]: {"field": "spec.replicas", "path": ["spec", "replicas"], "default": 1, "least": 0},
	["autoscaling", "Scale"]: {"field": "spec.replicas", "path": ["spec", "replicas"], "default": 0, "least": 0},
}[group_kind]

# A Scale is the scale of anything; only that of a Deployment is ours. Without a request (audit) there is none.
foreign_scale if {
	group_kind == ["autoscaling", "Scale"]
	request_resource := object.get(input.review, "resource", {})
	[object.get(request_resource, "group", ""), object.get(request_resource, "resource", "")] != ["apps", "deployments"]
}

# Controllers write status, and what is being deleted must be let go of its finalizers.
passes if operation == "DELETE"

passes if not object.get(input.review, "subResource", "") in {"", "scale"}

passes if object.get(new_object, ["metadata", "deletionTimestamp"], null) != null

passes if foreign_scale

judged if {
	subject
	not passes
}

# ---- what is asked for; an unset and a null field are the same to the API server
number_at(thing, at) := value if {
	value := object.get(thing, at.path, null)
	value != null
} else := at.default

asked := number_at(new_object, subject)

is_whole(value) if {
	is_number(value)
	value == floor(value)
}

within(value, least, most) if {
	is_whole(value)
	value >= least
	value <= most
}

# Running pods must be able to shrink and to roll: of a Deployment that was too large before the policy came, an update
# that raises nothing passes. An autoscaler's promise has no such excuse.
not_raised if {
	operation == "UPDATE"
	group_kind in {["apps", "Deployment"], ["autoscaling", "Scale"]}
	before := number_at(old_object, subject)
	is_whole(before)
	asked <= before
}

# ---- what is allowed
budgets := object.get(parameters, "namespaceBudgets", {})

bad_parameters contains text if {
	value := object.get(parameters, "maxReplicas", null)
	not within(value, 1, largest)
	text := sprintf("maxReplicas must be a whole number from 1 to %d, and is %s", [largest, json.marshal(value)])
}

bad_parameters contains "namespaceBudgets must be a map from namespaces to whole numbers" if not is_object(budgets)

bad_parameters contains text if {
	is_object(budgets)
	some name, value in budgets
	not within(value, 1, largest)
	text := sprintf("namespaceBudgets: %s must be a whole number from 1 to %d, and is %s", [name, largest, json.marshal(value)])
}

regions := object.get(parameters, "regions", [])

region_label := object.get(parameters, "regionLabel", "topology.kubernetes.io/region")

is_text(value) if {
	is_string(value)
	regex.match(`^[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?$`, value)
}

bad_parameters contains "regions must be a list of label values" if not is_array(regions)

bad_parameters contains text if {
	is_array(regions)
	some value in regions
	not is_text(value)
	text := sprintf("regions: %s is no label value", [json.marshal(value)])
}

bad_parameters contains "regionLabel must be the name of a label" if not is_text(region_label)

limit := object.get(budgets, namespace, object.get(parameters, "maxReplicas", null))

name := object.get(new_object, ["metadata", "name"], "")

# ---- no
violation contains {"msg": msg} if {
	judged
	some text in bad_parameters
	msg := sprintf("the constraint's parameters cannot be read, so nothing is allowed: %s", [text])
}

violation contains {"msg": msg} if {
	judged
	not within(asked, subject.least, 2147483647)
	msg := sprintf("%s %s/%s: %s must be a whole number from %d, and is %s", [group_kind[1], namespace, name, subject.field, subject.least, json.marshal(asked)])
}

violation contains {"msg": msg, "details": {"asked": asked, "limit": limit}} if {
	judged
	count(bad_parameters) == 0
	within(asked, subject.least, 2147483647)
	asked > limit
	not not_raised
	msg := sprintf("%s %s/%s asks for up to %d replicas (%s), more than the %d that its namespace may have", [group_kind[1], namespace, name, asked, subject.field, limit])
}

# A Scale carries no labels: the Deployment itself was asked.
region_of(thing) := object.get(thing, ["metadata", "labels", region_label], "")

region_kept if {
	operation == "UPDATE"
	group_kind == ["apps", "Deployment"]
	region_of(old_object) == region_of(new_object)
}

violation contains {"msg": msg, "details": {"region": region_of(new_object), "regions": regions}} if {
	judged
	count(bad_parameters) == 0
	count(regions) > 0
	group_kind != ["autoscaling", "Scale"]
	not region_of(new_object) in regions
	not region_kept
	msg := sprintf("%s %s/%s: label %s is %s, and must be one of %s", [group_kind[1], namespace, name, region_label, json.marshal(region_of(new_object)), concat(", ", regions)])
}
