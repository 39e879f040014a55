#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# image.sh BUILD: the image's root file system is built, weighed, packed, unpacked, and run read-only as its user: the server
# starts, answers, keeps what it acknowledged, drains. Wrong trees, wrong images and wrong probes are refused.
set -euo pipefail
source tests/deploy/lib.sh "$@"

image=$kit/image
rootfs=$image/rootfs.sh
server=${RATING_SERVER:-$build/examples/rating_server}
need curl jq
if [ ! -x "$server" ]; then
	echo "skipped: no $server (make servers)"
	exit 77
fi
if ! has dpkg-query; then
	echo "skipped: the root file system is made of Debian packages, and this is no Debian"
	exit 77
fi

# ---- the files
if has shellcheck; then accepts "rootfs.sh: shellcheck" shellcheck "$rootfs"; else skip "rootfs.sh: shellcheck" "shellcheck is missing"; fi
accepts "Containerfile: the image's user is not root" grep -qxE 'USER 65532:65532' "$image/Containerfile"
accepts "Containerfile: the last stage is FROM scratch" sh -c "grep -E '^FROM ' '$image/Containerfile' | tail -n 1 | grep -qx 'FROM scratch'"
refuses "Containerfile: no RUN after FROM scratch, where there is no shell" '^$' sh -c "sed '1,/^FROM scratch/d' '$image/Containerfile' | grep -E '^RUN'"
refuses "Containerfile: no secret among its arguments" '^$' grep -niE '^(ARG|ENV).*(token|password|secret)' "$image/Containerfile"

# ---- the tree
tree=$work/tree
accepts "tree: is made of Debian packages" "$rootfs" tree "$server" "$tree"
accepts "tree: whole, no shell, below 20 MB" "$rootfs" check "$tree"
echo "      | $("$rootfs" check "$tree" | sed "s,$work/,,")"
echo "      | of it, in bytes: $(find "$tree" -type f -printf '%s %f\n' | sort -rn | head -n 8 | awk '{ printf "%s%s %s", (NR > 1 ? ", " : ""), $2, $1 }')"
for library in libmicrohttpd jansson sqlite3 hiredis ssl crypto; do
	accepts "tree: has $library" sh -c "find '$tree' -name '*${library}*.so*' | grep -q ."
done
accepts "tree: names its packages and their licences" sh -c "[ \"\$(ls '$tree/var/lib/dpkg/status.d' | wc -l)\" -ge 15 ] &&
	for p in '$tree'/var/lib/dpkg/status.d/*; do [ -s '$tree'/usr/share/doc/\$(basename \$p)/copyright ] || exit 1; done"
again=$work/again
"$rootfs" tree "$server" "$again"
equals "tree: twice the same" "$(cd "$tree" && find . -type f -print0 | sort -z | xargs -0 sha256sum)" \
	"$(cd "$again" && find . -type f -print0 | sort -z | xargs -0 sha256sum)"

# ---- wrong trees
wrong() { # NAME PATTERN COMMAND: a copy of the tree, changed by the command, must be refused
	rm -rf "$work/wrong"
	cp -a "$tree" "$work/wrong"
	(cd "$work/wrong" && eval "$3")
	refuses "$1" "$2" "$rootfs" check "$work/wrong"
}
wrong "wrong tree: a shell" 'a shell' 'install -m 755 /bin/sh usr/bin/sh'
wrong "wrong tree: a shell under another roof" 'a shell' 'install -D -m 755 /bin/dash opt/dash'
wrong "wrong tree: a program of no use" 'no one needs' 'install -m 755 /bin/cat usr/bin/cat'
wrong "wrong tree: a setuid file" 'setuid' 'chmod u+s usr/bin/probe'
wrong "wrong tree: a file for all to write" 'writable' 'chmod o+w etc/passwd'
wrong "wrong tree: a library short" 'libsqlite3.*not in' 'rm lib/*/libsqlite3.so*'
wrong "wrong tree: 20 MB and more" 'too large' 'head -c 4000000 /dev/zero >etc/filler'
refuses "wrong tree: no server" 'no server' "$rootfs" check "$work"
refuses "wrong use: a tree over another" 'not empty' "$rootfs" tree "$server" "$tree"
refuses "wrong use: no program" 'no program' "$rootfs" tree "$work/nothing" "$work/none"
refuses "wrong use: a command that is none" 'rootfs.sh tree' "$rootfs" biuld "$tree"

# ---- the image
archive=$work/openclaw.tar
running=$tree
if has buildah; then
	accepts "image: buildah FROM scratch" "$rootfs" image "$tree" "$archive"
	echo "      | $("$rootfs" image "$tree" "$archive" | sed "s,$work/,,")"
	first=$(sha256sum <"$archive")
	mkdir "$work/archive"
	tar -xf "$archive" -C "$work/archive"
	manifest=$work/archive/manifest.json
	config=$work/archive/$(jq -r '.[0].Config' "$manifest")
	equals "image: its name" localhost/openclaw:0.1.0 "$(jq -r '.[0].RepoTags | join(" ")' "$manifest")"
	equals "image: user, entrypoint, ports" '65532:65532 /usr/bin/rating_server 8080/tcp,9464/tcp /data' \
		"$(jq -r '.config | "\(.User) \(.Entrypoint | join(" ")) \(.ExposedPorts | keys | join(",")) \(.Volumes | keys | join(","))"' "$config")"
	equals "image: no secret in its environment" 0 "$(jq '[.config.Env[]? | select(test("TOKEN|PASSWORD"; "i"))] | length' "$config")"
	# What runs below is what comes out of the archive.
	running=$work/unpacked
	mkdir "$running"
	for layer in $(jq -r '.[0].Layers[]' "$manifest"); do tar -xf "$work/archive/$layer" -C "$running"; done
	accepts "image: unpacked, it is what it must be" "$rootfs" check "$running"
	equals "image: unpacked, it is the tree" "$(cd "$tree" && find . -type f -print0 | sort -z | xargs -0 sha256sum)" \
		"$(cd "$running" && find . -type f -print0 | sort -z | xargs -0 sha256sum)"
	[ "$(id -u)" != 0 ] || equals "image: /data is the user's, as new volumes will be" '65532:65532 750' "$(stat -c '%u:%g %a' "$running/data")"
	"$rootfs" image "$tree" "$archive" >/dev/null
	equals "image: twice the same" "$first" "$(sha256sum <"$archive")"
	accepts "image: its archive is below 20 MB" test "$(stat -c %s "$archive")" -lt 20000000
else
	skip "image: buildah FROM scratch" "buildah is missing (make deps-deploy)"
fi

# ---- the Containerfile, on a base that debootstrap makes, as no registry is asked; 2 minutes, so only on demand
if [ -z "${CONTAINERFILE:-}" ]; then
	skip "Containerfile: builds the same" "CONTAINERFILE=1 asks for it (root, buildah, debootstrap and a Debian mirror)"
elif [ "$(id -u)" != 0 ] || ! has buildah || ! has debootstrap; then
	skip "Containerfile: builds the same" "root, buildah or debootstrap is missing"
else
	export BUILDAH_ISOLATION=chroot
	store=(--root "$work/store" --runroot "$work/store.run" --storage-driver vfs)
	nice debootstrap --variant=minbase bookworm "$work/base" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$work/debootstrap.log"
	container=$(buildah from "${store[@]}" scratch)
	buildah add "${store[@]}" --quiet "$container" "$work/base" / >/dev/null
	buildah commit "${store[@]}" --quiet "$container" localhost/base:test >/dev/null
	accepts "Containerfile: builds" nice buildah bud "${store[@]}" --build-arg BASE=localhost/base:test -f "$image/Containerfile" -t localhost/openclaw:0.1.0 .
	refuses "wrong Containerfile: a base that is not there" 'nowhere' buildah bud "${store[@]}" --pull-never --build-arg BASE=localhost/nowhere:test -f "$image/Containerfile" .
	container=$(buildah from "${store[@]}" --pull-never localhost/openclaw:0.1.0)
	built=$(buildah mount "${store[@]}" "$container")
	accepts "Containerfile: below 20 MB, no shell, whole" "$rootfs" check "$built"
	equals "Containerfile: the same files as rootfs.sh's" "$(cd "$tree" && find . -type f | sort)" "$(cd "$built" && find . -type f | sort)"
	equals "Containerfile: /data is the user's" '65532:65532 750' "$(stat -c '%u:%g %a' "$built/data")"
	equals "Containerfile: user, entrypoint" '65532:65532 /usr/bin/rating_server' "$(buildah inspect "${store[@]}" --type image localhost/openclaw:0.1.0 | jq -r '.OCIv1.config | "\(.User) \(.Entrypoint | join(" "))"')"
	buildah umount "${store[@]}" "$container" >/dev/null
	rm -rf "$work/store" "$work/store.run" "$work/base"
fi

# ---- it runs
if [ "$(id -u)" != 0 ] || ! unshare --mount true 2>/dev/null; then
	skip "run: read-only, as its user" "needs root and mount namespaces"
	finish
fi
data=$work/data
install -d -o 65532 -g 65532 -m 750 "$data"
# The unpacked tree must be reachable for its user, as an engine's would be.
chmod 711 "$work"
log=$work/log
http=$(free_port)
metrics=$(free_port)
run() {
	start "$log" "$rootfs" run "$running" "$data" --listen "127.0.0.1:$http" --metrics-listen "127.0.0.1:$metrics" \
		--store sqlite:/data/ratings.db "$@"
	pid=$!
}
ask() { curl -sS -m 5 -o "$work/answer" -w '%{http_code}' "$@" 2>/dev/null || true; }
status() { ask "http://127.0.0.1:$1$2"; }
ready() { [ "$(status "$metrics" /readyz)" = 200 ]; }
match() { ask -H 'Content-Type: application/json' -d "$1" "http://127.0.0.1:$http/v1/matches"; }

run --drain-delay 2
if until_true 20 ready; then ok "run: starts, and is ready"; else fail "run: starts, and is ready" "$(cat "$log")"; fi
equals "run: as user and group 65532" '65532 65532' "$(awk '/^Uid:/ { u = $2 } /^Gid:/ { g = $2 } END { print u, g }' "/proc/$pid/status")"
equals "run: without a capability, and without a way to one" '0000000000000000 1' \
	"$(awk '/^CapEff:/ { c = $2 } /^NoNewPrivs:/ { n = $2 } END { print c, n }' "/proc/$pid/status")"
# Fields of mountinfo: 5 the mount point, 6 its options; / is what the server sees as its root.
equals "run: the root is read-only, /data is not" '/ ro,/data rw' \
	"$(awk '$5 == "/" || $5 == "/data" { split($6, o, ","); print $5, o[1] }' "/proc/$pid/mountinfo" | sort | paste -sd,)"
equals "run: stores a match" 201 "$(match '{"id":"m-1","a":"ann","b":"bob","score":1}')"
equals "run: serves it" ann "$(status "$http" /v1/agents/ann >/dev/null; jq -r .id "$work/answer")"
equals "run: /healthz" 200 "$(status "$metrics" /healthz)"
status "$metrics" /metrics >/dev/null
accepts "run: /metrics has the bucket's gauge" grep -qE '^openclaw_token_bucket_capacity\{limit="pod"\} 1000(\.0)?$' "$work/answer"
accepts "probe: healthy" "$running/usr/bin/probe" "$metrics" /healthz
accepts "probe: ready" "$running/usr/bin/probe" "$metrics" /readyz
refuses "wrong probe: no such path" '404' "$running/usr/bin/probe" "$metrics" /nothing
refuses "wrong probe: no one listens" 'connect' "$running/usr/bin/probe" "$(free_port)" /healthz
for port in 0 65536 -1 9464x –9464 ''; do refuses "wrong probe: port '$port'" 'usage' "$running/usr/bin/probe" "$port" /healthz; done
refuses "wrong probe: no path" 'usage' "$running/usr/bin/probe" "$metrics" healthz
# A server that takes the connection and says nothing must not hold the check for ever.
start "$work/mute.log" python3 -c 'import socket, time; s = socket.socket(); s.bind(("127.0.0.1", '"$(free_port | tee "$work/mute")"')); s.listen(); time.sleep(20)'
mute=$!
for _ in {1..100}; do (: <>"/dev/tcp/127.0.0.1/$(cat "$work/mute")") 2>/dev/null && break || sleep 0.1; done
refuses "wrong probe: an answer that does not come" 'receive' timeout 5 "$running/usr/bin/probe" "$(cat "$work/mute")" /healthz
stop "$mute"

# Under load, for the memory; 100 batches of 100 matches, within the bucket.
for i in $(seq 100); do
	jq -cn --argjson i "$i" '[range(100) | {a: "agent \($i * 7 + . % 50)", b: "agent \(1000 + .)", score: 1}]' >"$work/batch"
	[ "$(match "@$work/batch")" = 201 ] || fail "run: batch $i" "$(cat "$work/answer")"
done
rss=$(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status")
hwm=$(awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status")
pss=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")
accepts "run: 10,000 matches later, below 64 MiB resident" [ "$hwm" -lt 65536 ]
echo "      | memory of the server: VmRSS $rss kB, PSS $pss kB, most $hwm kB; the guide promised < 500 MB for the node"
echo "      | K3s itself takes about 1600 MB as a server with a small workload, 275 MB as an agent (docs.k3s.io, K3s 1.26): plan 2 GB"

# ---- it drains
kill -TERM "$pid"
if until_true 2 test "$(sleep 0.2; status "$metrics" /readyz)" = 503; then ok "drain: /readyz says no"; else fail "drain: /readyz says no" "$(cat "$work/answer")"; fi
equals "drain: it still serves who asks" 201 "$(match '{"id":"m-2","a":"ann","b":"cem","score":0.5}')"
equals "drain: /healthz is still well" 200 "$(status "$metrics" /healthz)"
code=0
wait "$pid" || code=$?
equals "drain: exit code" 0 "$code"
run
until_true 20 ready || fail "run: starts again" "$(cat "$log")"
equals "run: a new start has what was acknowledged while it drained" true \
	"$(match '{"id":"m-2","a":"ann","b":"cem","score":0.5}' >/dev/null; jq .duplicate "$work/answer")"
kill -TERM "$pid"
code=0
wait "$pid" || code=$?
equals "drain: at once without a delay, exit code" 0 "$code"

# With a shared log: the libraries that only that one needs are whole, too.
if has redis-server; then
	redis=$(free_port)
	start "$work/redis.log" redis-server --bind 127.0.0.1 --port "$redis" --dir "$work" --appendonly yes --appendfsync always --save ''
	until_true 10 redis-cli -p "$redis" ping || fail "run: Redis starts" "$(cat "$work/redis.log")"
	start "$log" "$rootfs" run "$running" "$data" --listen "127.0.0.1:$http" --metrics-listen "127.0.0.1:$metrics" --store "redis://127.0.0.1:$redis"
	pid=$!
	if until_true 20 ready; then ok "run: with Redis"; else fail "run: with Redis" "$(cat "$log")"; fi
	equals "run: with Redis, stores a match" 201 "$(match '{"a":"ann","b":"bob","score":1}')"
	stop "$pid"
else
	skip "run: with Redis" "redis-server is missing (make deps)"
fi
# TLS without --store-ca trusts the certificates in the tree, where OpenSSL looks for them, and no other.
if has redis-server && has openssl && [ -e "$running/etc/ssl/certs/ca-certificates.crt" ]; then
	redis=$(free_port)
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key" -out "$work/cert" -days 1 -subj /CN=store -addext subjectAltName=IP:127.0.0.1 2>/dev/null
	start "$work/redis.log" redis-server --bind 127.0.0.1 --port 0 --tls-port "$redis" --tls-cert-file "$work/cert" --tls-key-file "$work/key" \
		--tls-auth-clients no --dir "$work" --appendonly yes --appendfsync always --save ''
	until_true 10 redis-cli --tls --insecure -p "$redis" ping || fail "run: Redis starts with TLS" "$(cat "$work/redis.log")"
	run_tls() {
		start "$log" "$rootfs" run "$1" "$data" --listen "127.0.0.1:$http" --metrics-listen "127.0.0.1:$metrics" --store "rediss://127.0.0.1:$redis"
		pid=$!
	}
	run_tls "$running"
	if until_true 10 grep -qi certificate "$log"; then ok "run: with TLS, a certificate of a stranger is refused"; else fail "run: with TLS, a certificate of a stranger is refused" "$(cat "$log")"; fi
	stop "$pid"
	cp -a "$running" "$work/trusting"
	cat "$work/cert" >>"$work/trusting/etc/ssl/certs/ca-certificates.crt"
	run_tls "$work/trusting"
	if until_true 20 ready; then ok "run: with TLS, one that the tree trusts is taken"; else fail "run: with TLS, one that the tree trusts is taken" "$(cat "$log")"; fi
	stop "$pid"
else
	skip "run: with TLS" "redis-server, openssl or the system's certificates are missing"
fi

refuses "wrong run: a log outside the volume" 'unable to open|read-?only|cannot' timeout 20 "$rootfs" run "$running" "$data" \
	--listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0 --store sqlite:/ratings.db
refuses "wrong run: a rate in words" 'refill-rate' timeout 20 "$rootfs" run "$running" "$data" --refill-rate ten
refuses "wrong run: an en dash" 'unexpected' timeout 20 "$rootfs" run "$running" "$data" –-capacity 5
finish
