# opa test: what the limits allow and refuse, and above all that nothing unreadable is allowed.
package k8smaxreplicas_test

import data.k8smaxreplicas

fifteen := {"maxReplicas": 15}

denied(review, parameters) if {
	count(messages(review, parameters)) > 0
}

messages(review, parameters) := {v.msg |
	some v in k8smaxreplicas.violation with input as {"review": review, "parameters": parameters}
}

review(group, kind, spec) := {
	"kind": {"group": group, "version": "v1", "kind": kind},
	"resource": {"group": "apps", "version": "v1", "resource": "deployments"},
	"operation": "CREATE",
	"namespace": "openclaw",
	"object": {"metadata": {"name": "openclaw", "namespace": "openclaw"}, "spec": spec},
}

hpa(n) := review("autoscaling", "HorizontalPodAutoscaler", {"maxReplicas": n})

scaled_object(n) := review("keda.sh", "ScaledObject", {"maxReplicaCount": n})

deployment(n) := review("apps", "Deployment", {"replicas": n})

scale(n) := object.union(review("autoscaling", "Scale", {"replicas": n}), {"subResource": "scale", "operation": "UPDATE"})

every_kind(n) := [hpa(n), scaled_object(n), deployment(n), scale(n)]

updated(r, old_spec) := object.union(r, {
	"operation": "UPDATE",
	"oldObject": {"metadata": {"name": "openclaw", "namespace": "openclaw"}, "spec": old_spec},
})

in_namespace(r, namespace) := object.union(r, {"namespace": namespace, "object": {"metadata": {"namespace": namespace}}})

labelled(r, labels) := object.union(r, {"object": {"metadata": {"labels": labels}}})

# ---- the number
test_at_the_limit_is_allowed if {
	every r in every_kind(15) { not denied(r, fifteen) }
}

test_one_above_is_denied if {
	every r in every_kind(16) { denied(r, fifteen) }
}

test_one_replica_is_allowed if {
	every r in every_kind(1) { not denied(r, fifteen) }
}

test_the_message_names_object_numbers_and_field if {
	messages(hpa(20), fifteen) == {"HorizontalPodAutoscaler openclaw/openclaw asks for up to 20 replicas (spec.maxReplicas), more than the 15 that its namespace may have"}
}

test_the_default_of_keda_is_denied if {
	messages(review("keda.sh", "ScaledObject", {}), fifteen) == {"ScaledObject openclaw/openclaw asks for up to 100 replicas (spec.maxReplicaCount), more than the 15 that its namespace may have"}
}

test_the_default_of_keda_given_as_null_is_denied if {
	denied(scaled_object(null), fifteen)
}

test_a_higher_limit_allows_the_default_of_keda if {
	not denied(review("keda.sh", "ScaledObject", {}), {"maxReplicas": 100})
}

test_a_deployment_without_replicas_is_one if {
	not denied(review("apps", "Deployment", {}), {"maxReplicas": 1})
}

test_an_hpa_without_its_maximum_is_denied if {
	denied(review("autoscaling", "HorizontalPodAutoscaler", {}), fifteen)
}

test_nothing_running_is_allowed if {
	not denied(deployment(0), fifteen)
	not denied(scale(0), fifteen)
}

test_no_object_is_denied if {
	denied(object.remove(hpa(15), ["object"]), fifteen)
	denied(object.union(hpa(15), {"object": null}), fifteen)
	denied(object.union(hpa(15), {"object": {"spec": null}}), fifteen)
}

test_what_is_no_whole_number_is_denied if {
	every bad in ["15", "20", "–5", 1.5, 15.5, -1, true, [15], {"n": 15}] {
		every r in every_kind(bad) { denied(r, fifteen) }
	}
}

test_zero_is_no_maximum if {
	denied(hpa(0), fifteen)
	denied(scaled_object(0), fifteen)
}

# ---- parameters that cannot be read
bad_numbers := [null, "15", "", 0, -1, -15, 1.5, 10000, 1e30, true, [15], {"n": 15}, "–15", "15–20"]

test_no_parameters_deny_all_kinds if {
	every p in [null, {}, [], "15", 15, true, {"maxReplica": 15}, {"maxreplicas": 15}] {
		every r in every_kind(1) { denied(r, p) }
	}
}

test_no_parameters_at_all_deny if {
	some v in k8smaxreplicas.violation with input as {"review": hpa(1)}
	contains(v.msg, "cannot be read")
}

test_bad_limits_deny_all_kinds if {
	every bad in bad_numbers {
		every r in every_kind(1) { denied(r, {"maxReplicas": bad}) }
	}
}

test_a_limit_of_zero_does_not_even_allow_nothing if {
	denied(deployment(0), {"maxReplicas": 0})
	denied(scale(0), {"maxReplicas": 15, "namespaceBudgets": {"openclaw": 0}})
}

test_bad_budgets_deny_all_kinds if {
	every bad in bad_numbers {
		every r in every_kind(1) { denied(r, {"maxReplicas": 15, "namespaceBudgets": {"openclaw": bad}}) }
	}
}

test_a_bad_budget_of_another_namespace_denies_too if {
	denied(hpa(1), {"maxReplicas": 15, "namespaceBudgets": {"other": "3"}})
}

test_budgets_that_are_no_map_deny if {
	every bad in [null, [], ["openclaw"], "openclaw=3", 3] {
		denied(hpa(1), {"maxReplicas": 15, "namespaceBudgets": bad})
	}
}

test_a_budget_does_not_excuse_a_bad_limit if {
	denied(hpa(1), {"namespaceBudgets": {"openclaw": 5}})
}

test_bad_regions_deny if {
	every bad in [null, "eu", {"eu": true}, 3, [""], [3], [null], ["eu–west"], ["eu west"]] {
		denied(labelled(hpa(1), {"topology.kubernetes.io/region": "eu"}), {"maxReplicas": 15, "regions": bad})
	}
}

test_a_bad_region_label_denies if {
	every bad in [null, "", 3, ["region"], "a b"] {
		denied(hpa(1), {"maxReplicas": 15, "regionLabel": bad})
	}
}

# ---- budgets
edge := {"maxReplicas": 15, "namespaceBudgets": {"openclaw-edge": 2, "openclaw-large": 40}}

test_a_budget_is_less_than_the_limit if {
	not denied(in_namespace(hpa(2), "openclaw-edge"), edge)
	denied(in_namespace(hpa(3), "openclaw-edge"), edge)
}

test_a_budget_is_more_than_the_limit if {
	not denied(in_namespace(hpa(40), "openclaw-large"), edge)
	denied(in_namespace(hpa(41), "openclaw-large"), edge)
}

test_a_budget_is_of_its_namespace_alone if {
	not denied(hpa(15), edge)
	denied(hpa(16), edge)
}

test_a_budget_holds_in_the_audit_which_has_no_request if {
	found := {"kind": {"group": "autoscaling", "kind": "HorizontalPodAutoscaler"}, "object": {"metadata": {"namespace": "openclaw-edge"}, "spec": {"maxReplicas": 3}}}
	denied(found, edge)
}

# ---- regions
eu := {"maxReplicas": 15, "regions": ["eu-central-1", "eu-west-1"]}

region := "topology.kubernetes.io/region"

test_a_listed_region_is_allowed if {
	not denied(labelled(hpa(15), {region: "eu-west-1"}), eu)
}

test_another_region_is_denied if {
	denied(labelled(hpa(15), {region: "us-east-1"}), eu)
	denied(labelled(hpa(15), {region: "eu-west"}), eu)
	denied(labelled(hpa(15), {region: "eu-central-1, eu-west-1"}), eu)
}

test_no_region_is_denied if {
	denied(hpa(15), eu)
	denied(labelled(deployment(15), {"region": "eu-west-1"}), eu)
}

test_the_region_is_asked_of_a_label_of_ones_own if {
	own := object.union(eu, {"regionLabel": "example.com/region"})
	not denied(labelled(hpa(1), {"example.com/region": "eu-west-1"}), own)
	denied(labelled(hpa(1), {region: "eu-west-1"}), own)
}

test_a_scale_has_no_labels if {
	not denied(scale(15), eu)
	denied(scale(16), eu)
}

test_a_deployment_keeps_the_region_it_had if {
	not denied(updated(deployment(3), {"replicas": 3}), eu)
	denied(labelled(updated(deployment(3), {"replicas": 3}), {region: "us-east-1"}), eu)
	denied(updated(hpa(3), {"maxReplicas": 3}), eu)
}

# ---- what was there before
test_raising_is_denied if {
	denied(updated(hpa(30), {"maxReplicas": 15}), fifteen)
	denied(updated(deployment(21), {"replicas": 20}), fifteen)
	denied(updated(scale(21), {"replicas": 20}), fifteen)
}

test_a_large_deployment_may_shrink_and_roll if {
	not denied(updated(deployment(20), {"replicas": 20}), fifteen)
	not denied(updated(scale(18), {"replicas": 20}), fifteen)
}

test_that_excuse_needs_an_update_and_a_number if {
	denied(object.union(updated(deployment(20), {"replicas": 20}), {"operation": "CREATE"}), fifteen)
	denied(updated(deployment(20), {"replicas": "20"}), fifteen)
	denied(updated(deployment(20), {}), fifteen)
	denied(object.union(deployment(20), {"operation": "UPDATE"}), fifteen)
}

test_an_autoscaler_has_no_excuse if {
	denied(updated(hpa(20), {"maxReplicas": 20}), fifteen)
	denied(updated(scaled_object(18), {"maxReplicaCount": 20}), fifteen)
	denied(updated(scaled_object(18), {}), fifteen)
}

test_that_excuse_is_none_without_parameters if {
	denied(updated(deployment(20), {"replicas": 20}), {})
}

# ---- what is none of ours
test_foreign_kinds_of_the_same_name_are_allowed if {
	not denied(review("example.com", "HorizontalPodAutoscaler", {"maxReplicas": 99}), fifteen)
	not denied(review("example.com", "ScaledObject", {}), fifteen)
	not denied(review("example.com", "Deployment", {"replicas": 99}), fifteen)
	not denied(review("", "HorizontalPodAutoscaler", {"maxReplicas": 99}), fifteen)
	not denied(review("keda.sh", "HorizontalPodAutoscaler", {"maxReplicas": 99}), fifteen)
	not denied(review("keda.sh", "ScaledJob", {"maxReplicaCount": 99}), fifteen)
}

test_foreign_kinds_are_allowed_without_parameters if {
	not denied(review("example.com", "HorizontalPodAutoscaler", {"maxReplicas": 99}), {})
	not denied(review("", "ConfigMap", {}), {})
}

test_the_scale_of_something_else_is_allowed if {
	not denied(object.union(scale(99), {"resource": {"resource": "statefulsets"}}), fifteen)
	not denied(object.union(scale(99), {"resource": {"group": "example.com"}}), fifteen)
}

test_status_is_left_to_controllers if {
	not denied(object.union(hpa(99), {"subResource": "status", "operation": "UPDATE"}), fifteen)
}

test_deleting_is_allowed if {
	not denied(object.union(hpa(99), {"operation": "DELETE"}), fifteen)
	not denied(object.union(updated(scaled_object(99), {}), {"object": {"metadata": {"deletionTimestamp": "2026-11-23T00:00:00Z"}}}), fifteen)
}
