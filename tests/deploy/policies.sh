#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# policies.sh BUILD: the replica limits, as Rego and as CEL, by the programs that read them: opa, gator, kube-apiserver's own
# admission plugin (tests/deploy/vap), kubernetes-validate. Every case that one form of the policy gets, the other gets, too.
set -euo pipefail
# shellcheck source=tests/deploy/lib.sh
source tests/deploy/lib.sh "$@"
# Functions below are called through accepts and refuses, which shellcheck does not see.
# shellcheck disable=SC2317

policies=$kit/policies
gatekeeper=$policies/gatekeeper
suite=$gatekeeper/suite
vap=$policies/vap
rego=$gatekeeper/max_replicas.rego
rego_test=$gatekeeper/max_replicas_test.rego
need jq python3

# python3 with a YAML parser: Debian's, or the one that kubernetes-validate came with.
yaml_python=
for candidate in "$tools/venv/bin/python3" /usr/bin/python3 python3; do
	if "$candidate" -c 'import yaml' 2>/dev/null; then
		yaml_python=$candidate
		break
	fi
done
# to_json FILE: all documents of a YAML file, one a line.
to_json() { "$yaml_python" -c 'import json, sys, yaml; [print(json.dumps(d)) for d in yaml.safe_load_all(open(sys.argv[1])) if d]' "$1"; }

# ---- form
if has yamllint; then
	accepts "yamllint" yamllint -s -d '{extends: default, rules: {line-length: disable}}' "$policies"
else
	skip "yamllint" "yamllint is missing (make deps-deploy)"
fi
if has shellcheck; then accepts "shellcheck" shellcheck "$gatekeeper/embed.sh"; else skip "shellcheck" "shellcheck is missing"; fi
"$gatekeeper/embed.sh" >"$work/template.yaml"
accepts "the template holds max_replicas.rego, byte by byte" cmp "$work/template.yaml" "$gatekeeper/template.yaml"
equals "the template is of version v1, whose schema must be structural" templates.gatekeeper.sh/v1 "$(sed -n 's/^apiVersion: //p' "$gatekeeper/template.yaml")"
refuses "no word processor's dashes and quotes outside of wrong variants" '^$' grep -rnP '[^\x00-\x7F]' \
	"$rego" "$gatekeeper/template.yaml" "$gatekeeper/constraint.yaml" "$vap"

# ---- Rego
tests_wanted=43
# opa_tests FOLDER: they pass, and they are as many as there are.
opa_tests() {
	local text
	text=$(opa test "$1"/*.rego 2>&1) || { echo "$text"; return 1; }
	grep -qx "PASS: $tests_wanted/$tests_wanted" <<<"$text" || { echo "wanted $tests_wanted tests: $text"; return 1; }
}
rego_variant() { # NAME SED-SCRIPT: a policy changed so must not pass its tests
	mkdir -p "$work/rego"
	cp "$(with "$rego" "$2")" "$work/rego/max_replicas.rego"
	cp "$rego_test" "$work/rego/"
	refuses "wrong Rego: $1" 'FAIL|error' opa_tests "$work/rego"
}
if has opa; then
	accepts "opa check --strict" opa check --strict "$rego" "$rego_test"
	accepts "opa fmt" opa fmt --fail --list "$rego" "$rego_test"
	accepts "opa test: all $tests_wanted" opa_tests "$gatekeeper"
	equals "opa test: covers every line of the policy" 100 \
		"$(opa test --coverage --format json "$rego" "$rego_test" | jq --arg f "$rego" '.files[$f].coverage')"

	# The original guide's form: Rego v0, the kind alone, a limit that may be undefined.
	cat >"$work/v0.rego" <<'END'
package k8smaxreplicas
violation[{"msg": msg}] {
	input.review.object.kind == "HorizontalPodAutoscaler"
	input.review.object.spec.maxReplicas > input.parameters.maxReplicas
	msg := "too many"
}
END
	refuses "wrong Rego: version 0" 'rego_parse_error' opa check "$work/v0.rego"
	sed 's/^/\xe2\x80\x93 /' "$work/v0.rego" >"$work/dash.rego"
	refuses "wrong Rego: en dashes" 'illegal token|rego_parse_error' opa check "$work/dash.rego"
	# What opa cannot know is wrong, the tests must.
	rego_variant "a limit that may be undefined (fails open)" 's/object.get\(parameters, "maxReplicas", null\)/parameters.maxReplicas/'
	rego_variant "one above is let through" 's/asked > limit/asked > limit + 1/'
	rego_variant "the limit itself is refused" 's/asked > limit/asked >= limit/'
	rego_variant "KEDA's default forgotten" 's/"default": 100/"default": 1/'
	rego_variant "another API group" 's/"keda.sh", "ScaledObject"/"example.com", "ScaledObject"/'
	rego_variant "the group not looked at" 's/object.get\(input.review, \["kind", "group"\], ""\)/"autoscaling"/'
	rego_variant "Deployments forgotten" 's/\["apps", "Deployment"\]: /["apps", "Deploy"]: /'
	rego_variant "scales forgotten" 's/\["autoscaling", "Scale"\]: /["autoscaling", "Scales"]: /'
	rego_variant "every Scale is ours" 's/!= \["apps", "deployments"\]/== ["", ""]/'
	rego_variant "fractions taken" 's/^\tvalue == floor\(value\)$/\ttrue/'
	rego_variant "zero is a limit" 's/within\(value, 1, largest\)/within(value, 0, largest)/'
	rego_variant "no largest limit" 's/^largest := 9999/largest := 1e300/'
	rego_variant "budgets not read" 's/limit := object.get\(budgets, namespace, /limit := object.get({}, namespace, /'
	rego_variant "parameters of any kind" 's/^\tis_object\(value\)$/\ttrue/'
	rego_variant "raising passes" 's/asked <= before/asked >= before/'
	rego_variant "autoscalers are excused" 's/group_kind in \{\["apps", "Deployment"\], /group_kind in {["apps", "Deployment"], ["autoscaling", "HorizontalPodAutoscaler"], /'
	rego_variant "status is judged" 's/in \{"", "scale"\}/in {"", "scale", "status"}/'
	rego_variant "finalizers held back" 's/deletionTimestamp/deletionTime/'
	rego_variant "regions not looked at" 's/count\(regions\) > 0/count(regions) > 99/'
	rego_variant "another region passes" 's/not region_of\(new_object\) in regions/region_of(new_object) == ""/'
else
	skip "opa check, fmt, test" "opa is missing (make deps-deploy)"
fi

# ---- gator
cases_wanted=31 suites_wanted=9
gator_suite() { # FOLDER: all of its cases run, and pass. gator says "PASS" of a folder in which it found nothing to run.
	local text ran suites
	text=$(gator verify -v "$1/..." 2>&1) || { grep -v PASS <<<"$text"; return 1; }
	ran=$(grep -cE '^ +--- PASS' <<<"$text" || true)
	suites=$(grep -cE '^--- PASS' <<<"$text" || true)
	[ "$ran $suites" = "$cases_wanted $suites_wanted" ] || { echo "wanted $cases_wanted cases, $ran were run: $text"; return 1; }
}
# gator_variant FILE SED-SCRIPT: a copy of the suite's folder with a change in one file, "../template.yaml" or its own.
gator_variant() {
	local changed
	rm -rf "$work/gatekeeper"
	cp -r "$gatekeeper" "$work/gatekeeper"
	changed=$(with "$gatekeeper/$1" "$2")
	cp "$changed" "$work/gatekeeper/$1"
}
if has gator; then
	accepts "gator verify: all $cases_wanted cases, in $suites_wanted tests" gator_suite "$suite"
	gator_variant suite/suite.yaml '/^apiVersion:/d'
	accepts "gator itself passes a suite without apiVersion" gator verify "$work/gatekeeper/suite/..."
	refuses "wrong suite: without apiVersion nothing is run" '0 were run' gator_suite "$work/gatekeeper/suite"
	gator_variant suite/suite.yaml '0,/violations: 1/s//violations: 0/'
	refuses "wrong suite: an expectation that does not hold" 'unexpected|FAIL' gator_suite "$work/gatekeeper/suite"
	gator_variant suite/suite.yaml 's/wrong-none/wrong-place/'
	refuses "wrong constraint: maxReplicas where the original guide had it" 'unknown fields: \[spec.maxReplicas\]' gator_suite "$work/gatekeeper/suite"
	gator_variant template.yaml 's/^  name: k8smaxreplicas .*/  name: maxreplicas/'
	refuses "wrong template: a name that is not its kind" 'k8smaxreplicas|name' gator_suite "$work/gatekeeper/suite"
	gator_variant template.yaml '/^          type: object/d'
	refuses "wrong template: a schema that is not structural" 'type|schema|structural' gator_suite "$work/gatekeeper/suite"
	gator_variant template.yaml 's/violation contains (.*) if \{$/violation[\1] {/'
	refuses "wrong template: Rego of version 0" 'parse|ingest' gator_suite "$work/gatekeeper/suite"
	gator_variant template.yaml 's/^            version: v1$/            version: v7/'
	refuses "wrong template: a version of Rego that is none, taken for version 0" 'rego_parse_error' gator_suite "$work/gatekeeper/suite"
	gator_variant constraint.yaml 's/^    maxReplicas: 15$/    maxReplicas: "15"/'
	refuses "wrong constraint: text for a number" 'maxReplicas' gator_suite "$work/gatekeeper/suite"
	gator_variant constraint.yaml 's/- apiGroups: \[keda.sh\]/- apiGroups: [keda.io]/'
	refuses "wrong constraint: KEDA under another group" 'FAIL' gator_suite "$work/gatekeeper/suite"
	gator_variant constraint.yaml 's/, Scale\]/]/'
	refuses "wrong constraint: scales not matched" 'FAIL' gator_suite "$work/gatekeeper/suite"
	gator_variant constraint.yaml 's/apiGroups: \[autoscaling\]/apiGroups: ["*"]/'
	accepts "constraint for all groups: the Rego still lets foreign kinds pass" gator_suite "$work/gatekeeper/suite"
else
	skip "gator verify" "gator is missing (make deps-deploy)"
fi

# ---- schemas of the API server
# A kind or a version without a schema is a warning to kubernetes-validate, and its exit code 0; to us it is a failure.
validate() {
	local text code=0
	text=$(kubernetes-validate -k 1.37 --strict "$@" 2>&1) || code=$?
	printf '%s\n' "$text"
	[ "$code" = 0 ] && ! grep -q "Couldn't find schema" <<<"$text"
}
if has kubernetes-validate; then
	for file in policy binding parameters; do accepts "schema: vap/$file.yaml" validate "$vap/$file.yaml"; done
	for file in hpa-15 hpa-v1-20 deployment-15; do accepts "schema: suite/$file.yaml" validate "$suite/$file.yaml"; done
	refuses "wrong schema: maxReplicas as text" 'integer' validate "$suite/hpa-text.yaml"
	refuses "wrong schema: maxReplicas with an en dash" 'integer' validate "$suite/hpa-dash.yaml"
	refuses "wrong schema: autoscaling/v2beta2, gone since 1.26" 'v2beta2' validate "$(with "$suite/hpa-15.yaml" 's,autoscaling/v2,&beta2,')"
	refuses "wrong schema: the policy as v1beta1" 'v1beta1' validate "$(with "$vap/policy.yaml" 's,^(apiVersion: admission.*/v1)$,\1beta1,')"
	refuses "wrong schema: the binding as v1beta1" 'v1beta1' validate "$(with "$vap/binding.yaml" 's,^(apiVersion: admission.*/v1)$,\1beta1,')"
	refuses "wrong schema: a number as a value of the ConfigMap" 'string' validate "$(with "$vap/parameters.yaml" 's/^  maxReplicas: "15"/  maxReplicas: 15/')"
	refuses "wrong schema: an expression's name misspelt" "'expression' is a required" validate "$(with "$vap/policy.yaml" '0,/- expression: var/s//- xpression: var/')"
	refuses "wrong schema: parameters in the binding's own way" 'parametersRef' validate "$(with "$vap/binding.yaml" 's/paramRef/parametersRef/')"
else
	skip "schemas" "kubernetes-validate is missing (make deps-deploy)"
fi

# ---- CEL, evaluated by kube-apiserver's admission plugin
# A case: {name, operation, subResource, object, oldObject, expectDeny}, and where they are not those of the files,
# parameters of the constraint and configMaps of the ValidatingAdmissionPolicy.
cat >"$work/cases.jq" <<'END'
def meta: {name: "openclaw", namespace: "openclaw"};
def hpa($n): {apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", metadata: meta,
	spec: {scaleTargetRef: {apiVersion: "apps/v1", kind: "Deployment", name: "openclaw"}, maxReplicas: $n}};
def scaled($n): {apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject", metadata: meta,
	spec: ({scaleTargetRef: {name: "openclaw"}, triggers: []} + if $n == "unset" then {} else {maxReplicaCount: $n} end)};
def deployment($n): {apiVersion: "apps/v1", kind: "Deployment", metadata: meta,
	spec: (if $n == "unset" then {} else {replicas: $n} end)};
def scale($n): {apiVersion: "autoscaling/v1", kind: "Scale", metadata: meta, spec: {replicas: $n}};
def made: {operation: "CREATE", subResource: "", object: .};
def scaled_to($old): {operation: "UPDATE", subResource: "scale", object: ., oldObject: scale($old)};
def changed($old): {operation: "UPDATE", subResource: "", object: ., oldObject: $old};
def kinds($n): {hpa: (hpa($n) | made), scaledobject: (scaled($n) | made), deployment: (deployment($n) | made),
	scale: (scale($n) | scaled_to(1))} | to_entries[];
def allow($name): . + {name: $name, expectDeny: false};
def deny($name): . + {name: $name, expectDeny: true};
def maps($data): {configMaps: [{apiVersion: "v1", kind: "ConfigMap",
	metadata: {name: "openclaw-replica-limits", namespace: "openclaw"}, data: $data}]};
def in_namespace($n): .object.metadata.namespace = $n | if .oldObject then .oldObject.metadata.namespace = $n else . end;
def labelled($l): .object.metadata.labels = $l;

(kinds(15) | .key as $k | .value | allow("\($k): at the limit")),
(kinds(16) | .key as $k | .value | deny("\($k): one above")),
(kinds(1) | .key as $k | .value | allow("\($k): one")),
("20", "15", "–15", 15.5, -1, true, [15] | . as $bad | kinds($bad) | .key as $k | .value | deny("\($k): \($bad | tojson)")),
(kinds(2147483648) | .key as $k | .value | deny("\($k): more than 32 bits")),
(hpa(0) | made | deny("hpa: 0")),
(scaled(0) | made | deny("scaledobject: 0")),
(deployment(0) | made | allow("deployment: 0")),
(scaled("unset") | made | deny("scaledobject: unset is 100")),
(scaled(null) | made | deny("scaledobject: null is 100")),
(deployment("unset") | made | allow("deployment: unset is 1")),
(hpa(null) | made | deny("hpa: null")),
(hpa(3) | del(.spec) | made | deny("hpa: no spec")),
(hpa(20) | .apiVersion = "autoscaling/v1" | made | deny("hpa: v1, above")),

# foreign kinds of the same name, other resources, other namespaces
(hpa(99) | .apiVersion = "example.com/v1" | made | allow("foreign: hpa")),
(scaled("unset") | .apiVersion = "example.com/v1" | made | allow("foreign: scaledobject")),
(deployment(99) | .apiVersion = "example.com/v1" | made | allow("foreign: deployment")),
(scale(99) | scaled_to(1) | .resource = "statefulsets" | allow("foreign: scale of a statefulset")),
({apiVersion: "v1", kind: "ConfigMap", metadata: meta, data: {maxReplicas: "99"}} | made | allow("foreign: configmap")),
(hpa(99) | made | .subResource = "status" | .operation = "UPDATE" | allow("status is left to controllers")),
(hpa(99) | made | in_namespace("shop") | allow("namespace of others")),
(hpa(99) | made | in_namespace("openclawed") | allow("namespace of others, that begins alike")),

# budgets of namespaces
(hpa(2) | made | in_namespace("openclaw-edge") | allow("budget: at it")),
(hpa(3) | made | in_namespace("openclaw-edge") | deny("budget: above it")),
(scale(3) | scaled_to(1) | in_namespace("openclaw-edge") | deny("budget: scale above it")),
(hpa(15) | made | in_namespace("openclaw-other") | allow("budget: not of another namespace")),
(hpa(16) | made | in_namespace("openclaw-other") | deny("budget: another namespace has the limit of all")),
(hpa(40) | made + maps({maxReplicas: "15", "maxReplicas.openclaw": "40"}) | .parameters = {maxReplicas: 15, namespaceBudgets: {openclaw: 40}}
	| allow("budget: more than the limit of all")),

# updates
(hpa(30) | changed(hpa(15)) | deny("update: hpa raised")),
(hpa(20) | changed(hpa(20)) | deny("update: hpa was too large before")),
(scaled(18) | changed(scaled(20)) | deny("update: scaledobject lowered, but not enough")),
(deployment(20) | changed(deployment(20)) | allow("update: a large deployment rolls")),
(deployment(18) | changed(deployment(20)) | allow("update: a large deployment shrinks")),
(deployment(21) | changed(deployment(20)) | deny("update: a large deployment grows")),
(scale(18) | scaled_to(20) | allow("update: a large scale shrinks")),
(scale(21) | scaled_to(20) | deny("update: a large scale grows")),
(deployment(20) | changed(deployment("20")) | deny("update: before it was text")),
(deployment(20) | changed(deployment("unset")) | deny("update: before it was unset")),
(hpa(99) | .metadata.deletionTimestamp = "2026-11-23T00:00:00Z" | changed(hpa(99)) | allow("being deleted")),

# parameters that cannot be read; the same mistakes, in the words of each policy
(["no ConfigMap", [], null], ["an empty ConfigMap", maps({}).configMaps, {}],
	["a ConfigMap without data", (maps({}).configMaps | map(del(.data))), {}],
	["under another name", (maps({maxReplicas: "15"}).configMaps | map(.metadata.name = "limits")), {maxreplicas: 15}],
	["in another namespace", (maps({maxReplicas: "15"}).configMaps | map(.metadata.namespace = "default")), {maxreplicas: 15}],
	(("", "abc", "0", "-1", "+15", "015", "15.0", "1e1", "0x0f", " 15", "15 ", "15\n", "–15", "１５", "15,16", "10000", "99999999999999999999", "true")
		| ["maxReplicas \(tojson)", maps({maxReplicas: .}).configMaps, {maxReplicas: .}]),
	((0, -1, 1.5, 10000, true, null, [15]) | ["maxReplicas \(tojson)", maps({maxReplicas: tojson}).configMaps, {maxReplicas: .}]),
	(("", "0", "-3", "–3", "three") | ["budget \(tojson)", maps({maxReplicas: "15", "maxReplicas.openclaw": .}).configMaps,
		{maxReplicas: 15, namespaceBudgets: {openclaw: .}}]),
	(("", ",", "eu,", "eu west", "eu–west", "eu, us", "eu\nus") | ["regions \(tojson)", maps({maxReplicas: "15", regions: .}).configMaps,
		{maxReplicas: 15, regions: .}]),
	(("", "a b", "–") | ["regionLabel \(tojson)", maps({maxReplicas: "15", regionLabel: .}).configMaps, {maxReplicas: 15, regionLabel: .}])
	| . as [$what, $maps, $parameters] | kinds(1) | .key as $k | .value
	| . + {configMaps: $maps, parameters: $parameters} | labelled({"topology.kubernetes.io/region": "eu"}) | deny("parameters: \($what), \($k)")),
(hpa(99) | .apiVersion = "example.com/v1" | made + {configMaps: [], parameters: null} | allow("parameters: none, foreign kind")),

# regions
(maps({maxReplicas: "15", regions: "eu-central-1,eu-west-1"}) + {parameters: {maxReplicas: 15, regions: ["eu-central-1", "eu-west-1"]}}) as $eu
| "topology.kubernetes.io/region" as $key
| (hpa(15) | made + $eu | labelled({($key): "eu-west-1"}) | allow("region: listed")),
(scaled(15) | made + $eu | labelled({($key): "eu-central-1"}) | allow("region: listed, scaledobject")),
(deployment(15) | made + $eu | labelled({($key): "us-east-1"}) | deny("region: another")),
(hpa(15) | made + $eu | labelled({($key): "eu-west"}) | deny("region: the beginning of one")),
(hpa(15) | made + $eu | labelled({($key): "eu-central-1,eu-west-1"}) | deny("region: the whole list")),
(hpa(15) | made + $eu | labelled({region: "eu-west-1"}) | deny("region: another label")),
(hpa(15) | made + $eu | deny("region: no labels")),
(hpa(16) | made + $eu | labelled({($key): "eu-west-1"}) | deny("region: listed, but too many")),
(scale(15) | scaled_to(1) + $eu | allow("region: a scale has no labels")),
(deployment(3) | changed(deployment(3)) + $eu | allow("region: a deployment that had none rolls")),
(deployment(3) | changed(deployment(3)) + $eu | labelled({($key): "us-east-1"}) | deny("region: a deployment moves to another")),
(hpa(3) | changed(hpa(3)) + $eu | deny("region: an hpa that had none is changed"))
END
jq -cn -f "$work/cases.jq" >"$work/cases.jsonl"
# Cases of the vectors: their namespace is none of ours, so they move into it; they bring the limits of their own.
: >"$work/vectors.jsonl"
if [ -n "$vectors" ]; then
	jq -c '.object.metadata.namespace = "openclaw" | .name = "vectors: " + .name |
		.configMaps = [{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "openclaw-replica-limits", namespace: "openclaw"},
			data: (.parameters | with_entries(.value |= tostring))}]' "$vectors/policy_maxreplicas_cases.jsonl" >"$work/vectors.jsonl"
	[ "$(wc -l <"$work/vectors.jsonl")" -ge 10 ] || fail "vectors: ten cases" "$(wc -l <"$work/vectors.jsonl")"
else
	skip "cases of the vectors" "no vectors"
fi
cat "$work/vectors.jsonl" >>"$work/cases.jsonl"
cases=$(wc -l <"$work/cases.jsonl")

# verdicts NAME FILE: FILE's lines "denied<TAB>name" are what the cases expect.
verdicts() {
	local wanted=$work/wanted
	jq -r '"\(.expectDeny)\t\(.name)"' "$work/cases.jsonl" >"$wanted"
	if cmp -s "$wanted" "$2"; then
		ok "$1: $cases cases, $(grep -c ^true "$wanted") to deny"
	else
		fail "$1" "$(diff "$wanted" "$2" | grep '^[<>]' | sed 's/^</wanted/; s/^>/got   /')"
	fi
}

# shellcheck source=tests/deploy/lib_vap.sh
source tests/deploy/lib_vap.sh
cel() { "$vap_check" "$@" <"$work/cases.jsonl"; }
# cel_variant NAME FILE SED-SCRIPT: a changed policy must judge at least one case wrongly, and be evaluated at all.
cel_variant() {
	local changed files=("$vap/policy.yaml" "$vap/binding.yaml" "$vap/parameters.yaml")
	changed=$(with "$vap/$2.yaml" "$3")
	for i in "${!files[@]}"; do [ "${files[i]}" != "$vap/$2.yaml" ] || files[i]=$changed; done
	cel "${files[@]}" 2>&1 | jq -r '"\(.denied)\t\(.name)"' >"$work/variant" 2>&1 || true
	if [ "$(wc -l <"$work/variant")" != "$cases" ]; then
		fail "wrong CEL: $1: not evaluated" "$(cat "$work/variant")"
	elif jq -r '"\(.expectDeny)\t\(.name)"' "$work/cases.jsonl" | cmp -s - "$work/variant"; then
		fail "wrong CEL: $1: no case notices"
	else
		ok "wrong CEL: $1"
	fi
}
if [ -n "$vap_check" ]; then
	cel "$vap"/*.yaml >"$work/cel.jsonl"
	jq -r '"\(.denied)\t\(.name)"' "$work/cel.jsonl" >"$work/cel"
	verdicts "CEL, in kube-apiserver's plugin" "$work/cel"
	said() { jq -r --arg n "$1" 'select(.name == $n).message' "$work/cel.jsonl"; }
	accepts "CEL: says what was asked and what is allowed" grep -qF 'asks for up to 16 replicas (spec.maxReplicas), more than the 15 that namespace openclaw may have' <<<"$(said 'hpa: one above')"
	accepts "CEL: says which parameter is wrong" grep -qF 'maxReplicas in ConfigMap openclaw/openclaw-replica-limits must be a whole number from 1 to 9999, and is "–15"' <<<"$(said 'parameters: maxReplicas "–15", hpa')"
	accepts "CEL: says that there are no parameters" grep -qF 'no params found' <<<"$(said 'parameters: no ConfigMap, hpa')"
	equals "CEL: each no is a decision, none an expression that failed" '' \
		"$(jq -r 'select(.denied and (.message | test("resulted in error"))) | "\(.name): \(.message)"' "$work/cel.jsonl")"
	cel_variant "one above is let through" policy 's/variables.asked <= variables.limit \|\|/variables.asked <= variables.limit + 1 ||/'
	cel_variant "int() alone reads the limit" policy "s/variables.limitText.matches\(.*\)$/variables.limitText.matches('^[-+]?[0-9]+\$')/"
	cel_variant "KEDA's default forgotten" policy "s/'scaledobjects' \? 100 :/'scaledobjects' ? 1 :/"
	cel_variant "scales not matched" policy 's/, deployments\/scale\]/]/'
	cel_variant "another group" policy 's/apiGroups: \[keda.sh\]/apiGroups: [keda.io]/'
	cel_variant "all groups" policy 's/apiGroups: \[autoscaling\]/apiGroups: ["*"]/'
	cel_variant "updates not matched" policy 's/operations: \[CREATE, UPDATE\]/operations: [CREATE]/'
	cel_variant "no excuse for what was there" policy 's/ \|\| variables.notRaised//'
	cel_variant "autoscalers excused" policy "0,/&& request.resource.resource == 'deployments' &&$/s//\&\&/"
	cel_variant "finalizers held back" policy 's/!has\(object.metadata.deletionTimestamp\)/true/'
	cel_variant "every namespace" policy "s/request.namespace == 'openclaw' \|\| .*/request.namespace != 'nowhere'/"
	cel_variant "budgets not read" policy "s/\? 'maxReplicas.' \+ request.namespace : /? 'maxReplicas' : /"
	cel_variant "regions not split" policy 's/variables.data.regions.split\(.,.\)/[variables.data.regions]/'
	cel_variant "an expression that cannot be evaluated, and failurePolicy Ignore" policy "s/failurePolicy: Fail/failurePolicy: Ignore/; s/\"variables.limitReadable \? int/\"true ? int/; s/expression: variables.limitReadable$/expression: variables.limit > 0/"
	cel_variant "missing parameters allow" binding 's/parameterNotFoundAction: Deny/parameterNotFoundAction: Allow/'
	cel_variant "warns only" binding 's/\[Deny, Audit\]/[Audit]/'
	cel_variant "16 by default" parameters 's/^  maxReplicas: "15"/  maxReplicas: "16"/'
	cel_variant "a policy of another name" binding 's/policyName: openclaw-max-replicas/policyName: openclaw-max-replica/'
	refuses "wrong CEL: en dashes" 'denied request.*(Syntax|error)' sh -c "'$vap_check' '$(with "$vap/policy.yaml" 's/variables.asked <= variables.limit/variables.asked – variables.limit/')' '$vap/binding.yaml' '$vap/parameters.yaml' <'$work/cases.jsonl' | head -n 1; exit 1"
else
	skip "CEL" "vap_check: $vap_why"
fi

# ---- the chart and the limits are of one mind
if has helm && [ -n "$vap_check" ] && [ -n "$yaml_python" ]; then
	# chart MODE ARGUMENT...: what the limits say of what the chart makes, "Kind denied" lines.
	chart() {
		local mode=$1
		shift
		helm template openclaw "$kit/chart" -n openclaw --kube-version 1.34 --set store.kind=redis --set store.url=redis://store:6379 \
			--set autoscaling.mode="$mode" "$@" >"$work/chart.yaml" || return 1
		to_json "$work/chart.yaml" | jq -c 'select(.kind | IN("HorizontalPodAutoscaler", "ScaledObject", "Deployment"))
			| .metadata.namespace = "openclaw" | {name: .kind, operation: "CREATE", object: .}' |
			"$vap_check" "$vap"/*.yaml | jq -r '"\(.name) \(.denied)"' | sort | paste -sd,
	}
	equals "chart: its pods are let through" 'Deployment false' "$(chart none --set replicaCount=15)"
	equals "chart: hpa-pods is let through" 'Deployment false,HorizontalPodAutoscaler false' "$(chart hpa-pods)"
	equals "chart: hpa-external is let through" 'Deployment false,HorizontalPodAutoscaler false' "$(chart hpa-external)"
	equals "chart: keda is let through" 'Deployment false,ScaledObject false' "$(chart keda)"
	refuses "wrong chart: 16 replicas, by its schema" 'maxReplicas' chart keda --set autoscaling.maxReplicas=16
	equals "wrong chart: 16 replicas around its schema, by the limits" 'Deployment false,ScaledObject true' \
		"$(chart keda --set autoscaling.maxReplicas=16 --skip-schema-validation)"
else
	skip "chart and limits" "helm, vap_check, or Python's yaml is missing (make deps-deploy)"
fi

# ---- the same cases in Rego: by opa alone, with the match clause of the constraint in front of it
if has opa && [ -n "$yaml_python" ]; then
	to_json "$gatekeeper/constraint.yaml" >"$work/constraint.json"
	# What Gatekeeper makes of a request and a constraint: match clauses are kinds by group, and namespaces, some ending in a *.
	jq -c --slurpfile constraint "$work/constraint.json" '
		. as $case | $constraint[0].spec as $c
		| (.object.apiVersion | if contains("/") then split("/")[0] else "" end) as $group
		| .object.metadata.namespace as $ns
		| {name,
		  matched: (any($c.match.kinds[]; any(.apiGroups[]; . == $group) and any(.kinds[]; . == $case.object.kind)) and
			any($c.match.namespaces[]; . as $n | if endswith("*") then ($ns | startswith($n[:-1])) else . == $ns end)),
		  input: {parameters: (if has("parameters") then .parameters else $c.parameters end),
			review: {kind: {group: $group, kind: .object.kind}, operation, subResource, namespace: $ns, object, oldObject,
				resource: {group: "apps", version: "v1", resource: (.resource // "deployments")}}}}' \
		"$work/cases.jsonl" >"$work/inputs.jsonl"
	jq -cs '{cases: .}' "$work/inputs.jsonl" >"$work/inputs.json"
	cat >"$work/all.rego" <<'END'
package all
import data.k8smaxreplicas
verdicts := [v |
	some c in input.cases
	found := {m | some m in k8smaxreplicas.violation with input as c.input}
	v := {"name": c.name, "denied": c.matched == true, "count": count(found)}
]
END
	opa eval --format json -d "$rego" -d "$work/all.rego" -i "$work/inputs.json" data.all.verdicts |
		jq -r '.result[0].expressions[0].value[] | "\(.denied and .count > 0)\t\(.name)"' >"$work/rego.verdicts"
	verdicts "Rego, in opa" "$work/rego.verdicts"
else
	skip "the same cases in Rego" "opa, or Python's yaml, is missing (make deps-deploy)"
fi

# ---- and by Gatekeeper's own engine: the vectors, each under a constraint of its own
if has gator && [ -s "$work/vectors.jsonl" ]; then
	mkdir -p "$work/gator"
	cp "$gatekeeper/template.yaml" "$work/gator/"
	jq -c 'to_entries' <(jq -cs . "$work/vectors.jsonl") | jq -c '.[]' | while IFS= read -r entry; do
		i=$(jq .key <<<"$entry")
		jq '.value | {apiVersion: "admission.k8s.io/v1beta1", kind: "AdmissionReview", request: ({uid: "1", operation, subResource,
			name: .object.metadata.name, namespace: "openclaw", userInfo: {username: "someone"},
			kind: {group: (.object.apiVersion | if contains("/") then split("/")[0] else "" end), version: (.object.apiVersion | split("/")[-1]), kind: .object.kind},
			object} + if .operation == "UPDATE" then {oldObject: (.object | .spec.maxReplicas = 2)} else {} end)}' <<<"$entry" >"$work/gator/object-$i.yaml"
		jq --argjson c "$(to_json "$gatekeeper/constraint.yaml")" '.value.parameters as $p | $c
			| if $p == {} then del(.spec.parameters) else .spec.parameters = $p end' <<<"$entry" >"$work/gator/constraint-$i.yaml"
	done
	jq -cs '{apiVersion: "test.gatekeeper.sh/v1alpha1", kind: "Suite", tests: (to_entries | map({name: .value.name, template: "template.yaml",
		constraint: "constraint-\(.key).yaml", cases: [{name: "case", object: "object-\(.key).yaml",
		assertions: [{violations: (if .value.expectDeny then "yes" else "no" end)}]}]}))}' "$work/vectors.jsonl" >"$work/gator/suite.yaml"
	cases_wanted=$(wc -l <"$work/vectors.jsonl") suites_wanted=$cases_wanted
	accepts "gator verify: the $cases_wanted cases of the vectors" gator_suite "$work/gator"
elif ! has gator; then
	skip "the vectors in gator" "gator is missing (make deps-deploy)"
fi
finish
