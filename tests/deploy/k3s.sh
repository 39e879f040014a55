#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# k3s.sh BUILD: the manifests by the schemas of those who read them (Kubernetes, K3s' Helm controller), by the rules that K3s has
# for its folder, and by what Helm makes of the values in them; place.sh on a folder that stands for a node's disk.
set -euo pipefail
# shellcheck source=tests/deploy/lib.sh
source tests/deploy/lib.sh "$@"
# Functions below are called through accepts and refuses, which shellcheck does not see.
# shellcheck disable=SC2317

folder=$kit/k3s
place=$folder/place.sh
manifests=$folder/manifests
need python3 jq

python=
for candidate in "$tools/venv/bin/python3" /usr/bin/python3 python3; do
	if "$candidate" -c 'import yaml, jsonschema' 2>/dev/null; then
		python=$candidate
		break
	fi
done
if [ -z "$python" ]; then
	echo "skipped: Python's yaml and jsonschema are missing (make deps-deploy)"
	exit 77
fi
json() { "$python" -c 'import json, sys, yaml; [print(json.dumps(d)) for d in yaml.safe_load_all(open(sys.argv[1])) if d]' "$1"; }

# ---- form
if has yamllint; then
	accepts "yamllint" yamllint -s -d '{extends: default, rules: {line-length: disable, document-start: disable, comments: {min-spaces-from-content: 1}}}' "$folder"
else
	skip "yamllint" "yamllint is missing (make deps-deploy)"
fi
if has shellcheck; then accepts "place.sh: shellcheck" shellcheck "$place"; else skip "place.sh: shellcheck" "shellcheck is missing"; fi

# addons FOLDER: K3s' rules for its folder of manifests.
addons() {
	local file name text=''
	for file in "$1"/*; do
		name=$(basename "$file")
		case $name in *.yaml | *.yml | *.json) ;; *) text+="$name: K3s passes over it"$'\n'; continue ;; esac
		[[ ${name%.*} =~ ^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$ ]] || text+="$name: no name for an AddOn"$'\n'
		json "$file" >"$work/documents" 2>"$work/error" || { text+="$name: $(tail -n 1 "$work/error")"$'\n'; continue; }
		text+=$(jq -r --arg name "$name" '
			["ConfigMap", "HelmChart", "Secret", "ServiceAccount"] as $namespaced
			| if (.apiVersion and .kind and .metadata.name) | not then "\($name): no object"
			  elif (.kind | IN($namespaced[])) and (.metadata.namespace | not) then "\($name): \(.kind) would go to the namespace default"
			  elif .kind == "Secret" then "\($name): a Secret in a file that all backups have"
			  else empty end' "$work/documents")
	done
	# Two files with one base name are one AddOn, and each would take away what the other brought.
	text+=$(cd "$1" && for file in *; do echo "${file%.*}"; done | sort | uniq -d | sed 's/$/: twice/')
	[ -z "$text" ] || { printf '%s\n' "$text"; return 1; }
}
accepts "manifests: K3s takes them" addons "$manifests"
wrong_addon() { # NAME PATTERN COMMAND
	rm -rf "$work/addons"
	cp -r "$manifests" "$work/addons"
	(cd "$work/addons" && eval "$3")
	refuses "wrong manifests: $1" "$2" addons "$work/addons"
}
wrong_addon "an underscore in a name" 'no name for an AddOn' 'mv openclaw-limits.yaml openclaw_limits.yaml'
wrong_addon "capitals in a name" 'no name for an AddOn' 'mv openclaw.yaml OpenClaw.yaml'
wrong_addon "an ending that K3s does not read" 'passes over' 'mv openclaw.yaml openclaw.yaml.part'
wrong_addon "one name twice" 'twice' 'cp openclaw.yaml openclaw.yml'
wrong_addon "no namespace" 'namespace default' 'sed -i "/^  namespace:/d" openclaw.yaml'
wrong_addon "no YAML" ', line [0-9]' 'sed -i "s/^  name: openclaw$/ – name: openclaw/" openclaw.yaml'
wrong_addon "a Secret" 'a Secret' 'printf "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: openclaw}\n" >secret.yaml'

# ---- schemas
# A kind without a schema is a warning to kubernetes-validate, and its exit code 0; to us it is a failure.
validate() {
	local text code=0
	text=$(kubernetes-validate -k 1.37 --strict "$@" 2>&1) || code=$?
	printf '%s\n' "$text"
	[ "$code" = 0 ] && ! grep -q "Couldn't find schema" <<<"$text"
}
if has kubernetes-validate; then
	accepts "schema: openclaw-limits.yaml" validate "$manifests/openclaw-limits.yaml"
	refuses "wrong schema: a limit that is a number" 'string' validate "$(with "$manifests/openclaw-limits.yaml" 's/"2"/2/')"
else
	skip "schema: openclaw-limits.yaml" "kubernetes-validate is missing (make deps-deploy)"
fi
source_of_crds=
if has go && version_at_least 1.26 "$(go env GOVERSION | tr -d go)"; then
	source_of_crds=$(cd tests/deploy/k3s && GOTOOLCHAIN=local go mod download -json github.com/k3s-io/helm-controller 2>/dev/null | jq -r '.Dir // empty') || true
fi
if [ -n "$source_of_crds" ]; then
	mkdir "$work/crds"
	cp "$source_of_crds"/pkg/crds/yaml/generated/*.yaml "$work/crds/"
	chart_form() { "$python" tests/deploy/lib_crd.py "$work/crds" "$1"; }
	accepts "schema: HelmChart, by the definition of K3s" chart_form "$manifests/openclaw.yaml"
	refuses "wrong HelmChart: a field that is none" "valueContent" chart_form "$(with "$manifests/openclaw.yaml" 's/valuesContent/valueContent/')"
	refuses "wrong HelmChart: another version" 'no such kind' chart_form "$(with "$manifests/openclaw.yaml" 's,helm.cattle.io/v1,&beta1,')"
	refuses "wrong HelmChart: text for yes or no" 'createNamespace' chart_form "$(with "$manifests/openclaw.yaml" 's/createNamespace: false/createNamespace: "no"/')"
	refuses "wrong HelmChart: a policy that is none" 'failurePolicy' chart_form "$(with "$manifests/openclaw.yaml" 's/: abort/: ignore/')"
	refuses "wrong HelmChart: values that are no text" 'valuesContent' chart_form "$(with "$manifests/openclaw.yaml" 's/valuesContent: \|/valuesContent:/')"
else
	skip "schema: HelmChart" "Go 1.26 and the module proxy"
fi

# ---- what the HelmChart says is so
chart=$(json "$manifests/openclaw.yaml")
jq -r .spec.valuesContent <<<"$chart" >"$work/values.yaml"
accepts "HelmChart: its values are values-edge.yaml" diff <(cat "$work/values.yaml") <(cat "$kit/chart/values-edge.yaml"; echo)
version=$(sed -nE 's/^version: *"?([^"]+)"?$/\1/p' "$kit/chart/Chart.yaml")
equals "HelmChart: names the archive that place.sh puts there" "https://%{KUBERNETES_API}%/static/charts/openclaw-$version.tgz" "$(jq -r .spec.chart <<<"$chart")"
equals "HelmChart: its namespace is the one that the limits bring" "$(json "$manifests/openclaw-limits.yaml" | jq -r 'select(.kind == "Namespace").metadata.name')" "$(jq -r .spec.targetNamespace <<<"$chart")"
if has helm; then
	helm template openclaw "$kit/chart" -n openclaw --kube-version 1.34 -f "$work/values.yaml" >"$work/rendered.yaml"
	if has kubernetes-validate; then accepts "HelmChart: what Helm makes of it" validate "$work/rendered.yaml"; fi
	json "$work/rendered.yaml" >"$work/rendered"
	equals "HelmChart: one pod, and no autoscaler" '1 0' "$(jq -rs '[([.[] | select(.kind == "StatefulSet").spec.replicas] | add), ([.[] | select(.kind | IN("HorizontalPodAutoscaler", "ScaledObject"))] | length)] | join(" ")' "$work/rendered")"
	equals "HelmChart: the image is the one that is brought" localhost/openclaw:0.1.0 "$(jq -r 'select(.kind == "StatefulSet").spec.template.spec.containers[].image' "$work/rendered")"
	equals "HelmChart: its pods pass the namespace's restricted level" true "$(jq -r 'select(.kind == "StatefulSet").spec.template.spec
		| ((.securityContext.runAsNonRoot and .securityContext.seccompProfile.type == "RuntimeDefault") or
			all(.containers[]; .securityContext.runAsNonRoot and .securityContext.seccompProfile.type == "RuntimeDefault")) and
		  all(.containers[], .initContainers[]?; .securityContext.allowPrivilegeEscalation == false and .securityContext.capabilities.drop == ["ALL"]) and
		  ((.hostNetwork or .hostPID) | not)' "$work/rendered")"
	sed 's/refillRate: 80/refillRate: –80/' "$work/values.yaml" >"$work/dash.yaml"
	refuses "wrong values: an en dash" 'refillRate' helm template openclaw "$kit/chart" -f "$work/dash.yaml"
else
	skip "HelmChart: what Helm makes of it" "helm is missing (make deps-deploy)"
fi
config=$(json "$folder/config.yaml")
equals "config.yaml: the administrator's key is for root alone" 0600 "$(jq -r '."write-kubeconfig-mode"' <<<"$config")"
equals "config.yaml: Secrets are encrypted" true "$(jq -r '."secrets-encryption"' <<<"$config")"

# ---- place.sh, on a folder
node=$work/node
mkdir "$node"
if has helm; then
	accepts "place.sh: places" "$place" --root "$node"
	equals "place.sh: what is where" "etc/rancher/k3s/config.yaml.d/openclaw.yaml
var/lib/rancher/k3s/server/manifests/openclaw-limits.yaml
var/lib/rancher/k3s/server/manifests/openclaw.yaml
var/lib/rancher/k3s/server/static/charts/openclaw-$version.tgz" "$(cd "$node" && find . -type f | sed 's,^\./,,' | sort)"
	placed=$node/var/lib/rancher/k3s/server/manifests
	accepts "place.sh: K3s takes what is placed" addons "$placed"
	equals "place.sh: the limits come with policy and binding" 'ConfigMap Namespace ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding' \
		"$(json "$placed/openclaw-limits.yaml" | jq -r .kind | sort | paste -sd' ')"
	before=$(cd "$node" && find . -type f -printf '%p %i %T@\n' | sort)
	accepts "place.sh: again" "$place" --root "$node"
	equals "place.sh: again, it touches nothing" "$before" "$(cd "$node" && find . -type f -printf '%p %i %T@\n' | sort)"
	helm package "$kit/chart" --destination "$work" >/dev/null
	accepts "place.sh: a chart that was packaged elsewhere" env PATH=/usr/bin:/bin "$place" --root "$node" --chart "$work/openclaw-$version.tgz"
	echo changed >"$placed/openclaw.yaml"
	mkdir "$work/dry"
	accepts "place.sh: --dry-run" "$place" --root "$work/dry" --dry-run
	equals "place.sh: --dry-run writes nothing" '' "$(find "$work/dry" -type f)"
	refuses "place.sh: what differs is put right" '^new: .*manifests/openclaw.yaml' sh -c "'$place' --root '$node'; exit 1"
	# shellcheck source=tests/deploy/lib_vap.sh
	source tests/deploy/lib_vap.sh
	if [ -n "$vap_check" ]; then
		asks() { jq -cn --argjson n "$1" '{name: "x", operation: "CREATE", object: {apiVersion: "apps/v1", kind: "Deployment", metadata: {name: "a", namespace: "openclaw"}, spec: {replicas: $n}}}' |
			"$vap_check" "$placed/openclaw-limits.yaml" | jq .denied; }
		equals "place.sh: the limits let 2 pods pass, and 3 not" 'false true' "$(asks 2) $(asks 3)"
	else
		skip "place.sh: the limits at work" "vap_check: $vap_why"
	fi

	# The archive of an image, as far as place.sh looks into it.
	mkdir "$work/image"
	echo '[{"RepoTags":["localhost/openclaw:0.1.0"]}]' >"$work/image/manifest.json"
	tar -C "$work/image" -cf "$work/openclaw.tar" manifest.json
	accepts "place.sh: an image" "$place" --root "$node" --image "$work/openclaw.tar"
	accepts "place.sh: the image is where K3s imports from" cmp "$work/openclaw.tar" "$node/var/lib/rancher/k3s/agent/images/openclaw.tar"
	echo '[{"RepoTags":["localhost/other:0.1.0"]}]' >"$work/image/manifest.json"
	tar -C "$work/image" -cf "$work/other.tar" manifest.json
	refuses "wrong place.sh: another image" 'no archive of localhost/openclaw' "$place" --root "$node" --image "$work/other.tar"
	refuses "wrong place.sh: no chart" 'not version' "$place" --root "$node" --chart "$work/other.tar"
	# Nothing of the cluster is asked when it is a folder that is cleared.
	accepts "place.sh: --remove" "$place" --root "$node" --remove
	equals "place.sh: --remove leaves no file" '' "$(find "$node" -type f)"

	# A k3s that only writes down what it is asked: the order of things, and what is left alone.
	mkdir "$work/fake"
	# shellcheck disable=SC2016 # the script's own variables
	printf '#!/bin/sh\ncase $1 in --version) echo "k3s version v1.%s.4+k3s1 (0)" ;; *) echo "$*" >>"%s" ;; esac\n' '${FAKE_MINOR:-34}' "$work/asked" >"$work/fake/k3s"
	chmod +x "$work/fake/k3s"
	refuses "wrong place.sh: K3s 1.29 has no ValidatingAdmissionPolicy" '1.30 or later' env FAKE_MINOR=29 PATH="$work/fake:$PATH" "$place" --dry-run
	accepts "place.sh: K3s 1.34" env PATH="$work/fake:$PATH" "$place" --dry-run
	env PATH="$work/fake:$PATH" "$place" --remove --dry-run >"$work/would"
	accepts "place.sh: --remove deletes chart, policy and AddOns" sh -c "grep -q 'delete.*helmchart.helm.cattle.io/openclaw' '$work/would' &&
		grep -q 'delete.*validatingadmissionpolicybinding/openclaw-max-replicas' '$work/would' && grep -q 'delete.*addon.k3s.cattle.io/openclaw' '$work/would'"
	refuses "place.sh: --remove leaves the ratings" '^$' grep -E '^would.*(pvc|persistentvolumeclaim|namespace/)' "$work/would"
	accepts "place.sh: --dry-run asks the cluster to change nothing" test ! -e "$work/asked"
else
	skip "place.sh" "helm is missing (make deps-deploy)"
fi
refuses "wrong place.sh: an option that is none" 'unexpected' "$place" --rmove
refuses "wrong place.sh: an en dash" 'unexpected' "$place" –-remove
refuses "wrong place.sh: an option without its value" 'wants a value' "$place" --image
refuses "wrong place.sh: no such folder" 'no such folder' "$place" --root "$work/nowhere"
finish
