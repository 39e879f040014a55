#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools.sh BUILD: examples/deploy/tools/, from which `make deps-deploy` builds what checks the kit. Goal: each tool is there in
# the version that is written down and no other, is not built twice, and is not built at all from sources that are not the
# ones that go.sum knows.
set -euo pipefail
source tests/deploy/lib.sh "$@"
here=$kit/tools

module_of() { # TOOL: the module and version that its go.mod asks for
	local package module version
	package=$(sed -nE 's/^tool ([^ ]+)$/\1/p' "$here/$1/go.mod")
	while read -r module version _; do
		if [[ $package/ == "$module"/* ]]; then echo "$module $version"; fi
	done < <(sed -E 's/^\t//' "$here/$1/go.mod")
}
declare -A wanted=(
	[helm]="helm.sh/helm/v4 v4.3.1"
	[opa]="github.com/open-policy-agent/opa v1.22.2"
	[gator]="github.com/open-policy-agent/gatekeeper/v3 v3.23.1"
	[promtool]="github.com/prometheus/prometheus v0.316.0"
)
for tool in helm opa gator promtool; do
	equals "$tool is pinned" "${wanted[$tool]}" "$(module_of $tool)"
	accepts "$tool: go.sum has the hash of that version" grep -qE "^${wanted[$tool]} h1:" "$here/$tool/go.sum"
	if [ ! -x "$tools/bin/$tool" ] || ! has go; then
		skip "$tool" "not built, or no go to look into it with (make deps-deploy)"
		continue
	fi
	# What the linker wrote into it: module, version and hash.
	equals "$tool was built of it" "$(grep -E "^${wanted[$tool]} h1:" "$here/$tool/go.sum")" \
		"$(go version -m "$tools/bin/$tool" | awk '$1 == "mod" { print $2, $3, $4 }')"
done
if [ -x "$tools/bin/kubernetes-validate" ]; then
	equals "kubernetes-validate is pinned" "$(grep -xE 'kubernetes-validate==.*' $here/requirements.txt)" \
		"kubernetes-validate==$("$tools/bin/kubernetes-validate" --version)"
else
	skip kubernetes-validate "not there (make deps-deploy)"
fi
equals "every Python package has a version" "" "$(grep -vE '^#|^[A-Za-z0-9_-]+==[0-9.]+$' $here/requirements.txt || true)"

# A stand-in for go, so that nothing is built: it says its version, and writes what it is told to build.
mkdir "$work/fake"
cat >"$work/fake/go" <<'END'
#!/bin/sh
case $1 in
env) echo "${FAKE_GO:-go1.26.8}" ;;
build) while [ "$1" != -o ]; do shift; done; echo built >>"$2"; chmod +x "$2" ;;
esac
END
chmod +x "$work/fake/go"
install_with() { env PATH="$work/fake:$PATH" "$here/install.sh" "$work/there" "$@"; }
accepts "a tool is built" install_with opa
says() { # NAME PATTERN COMMAND...
	local text
	text=$("${@:3}" 2>&1) || true
	if grep -qE "$2" <<<"$text"; then ok "$1"; else fail "$1" "$text"; fi
}
says "and not a second time" 'opa is there' install_with opa
rm "$work/there/bin/opa"
says "but when it is gone" 'opa, [0-9]+ s' install_with opa
says "and when Go is another" 'opa, [0-9]+ s' env FAKE_GO=go1.27.1 PATH="$work/fake:$PATH" $here/install.sh "$work/there" opa
refuses "an older Go is told of" 'Go 1.26.7 or later is needed' env FAKE_GO=go1.19.8 PATH="$work/fake:$PATH" $here/install.sh "$work/there" opa
mkdir "$work/bad"
printf '#!/bin/sh\nexit 1\n' >"$work/bad/go"
chmod +x "$work/bad/go"
refuses "and none at all" 'here: none' env PATH="$work/bad:$PATH" $here/install.sh "$work/there" opa
refuses "a tool that is none" 'no such tool: kubectl' install_with kubectl
refuses "no folder" 'usage' $here/install.sh

# Sources that are not those of go.sum. The operator's definitions, because they are the smallest; from Go's cache.
if has go && GOPROXY=off go list -m -f '{{.Dir}}' github.com/prometheus-operator/prometheus-operator@v0.93.0 >/dev/null 2>&1; then
	cp -r $here "$work/tools"
	accepts "the operator's definitions come from its source" "$work/tools/install.sh" "$work/right" crds
	sed -i -E '1s/h1:[A-Za-z]{4}/h1:AAAA/' "$work/tools/crds/go.sum"
	refuses "another hash in go.sum" 'checksum mismatch' "$work/tools/install.sh" "$work/other" crds
	equals "and nothing of it is kept" "" "$(ls "$work/other/crds" 2>/dev/null || true)"
else
	skip "sources with another hash" "no go, or its cache is empty (make deps-deploy)"
fi
finish
