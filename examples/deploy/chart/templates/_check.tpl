{{- /* SPDX-License-Identifier: MIT */ -}}
{{- /*
What a schema cannot say in words that help: values that are right one by one and wrong together. Each message says what to do.
None repeats store.url, which may hold a password that does not belong there.
*/ -}}
{{- define "openclaw.check" -}}
{{- $v := .Values -}}
{{- $a := $v.autoscaling -}}
{{- if not (regexMatch "^[a-z]" (include "openclaw.name" .)) -}}
{{- fail (printf "the name of a Service begins with a letter, and %q does not: set fullnameOverride" (include "openclaw.name" .)) -}}
{{- end -}}
{{- if eq $v.store.kind "sqlite" -}}
{{- if ne $a.mode "none" -}}
{{- fail (printf "autoscaling.mode is %s, but store.kind is sqlite: each pod would keep ratings of its own. Set store.kind=redis and store.url, or autoscaling.mode=none" $a.mode) -}}
{{- end -}}
{{- if gt (int $v.replicaCount) 1 -}}
{{- fail (printf "replicaCount is %d, but store.kind is sqlite: each pod would keep ratings of its own. Set store.kind=redis and store.url, or replicaCount=1" (int $v.replicaCount)) -}}
{{- end -}}
{{- if or $v.store.url $v.store.passwordSecret $v.store.tls.secretName -}}
{{- fail "store.url, store.passwordSecret and store.tls.secretName are of store.kind=redis, but store.kind is sqlite" -}}
{{- end -}}
{{- else -}}
{{- include "openclaw.checkUrl" . -}}
{{- if not (lt (float64 $v.store.timeoutSeconds) (float64 $v.server.requestTimeoutSeconds)) -}}
{{- fail "store.timeoutSeconds must be less than server.requestTimeoutSeconds: a slow store is answered for before the client is cut off" -}}
{{- end -}}
{{- end -}}
{{- if gt (int $a.minReplicas) (int $a.maxReplicas) -}}
{{- fail (printf "autoscaling.minReplicas is %d, more than autoscaling.maxReplicas, %d" (int $a.minReplicas) (int $a.maxReplicas)) -}}
{{- end -}}
{{- if and (eq $a.mode "keda") (or (lt (int $a.keda.fallbackReplicas) (int $a.minReplicas)) (gt (int $a.keda.fallbackReplicas) (int $a.maxReplicas))) -}}
{{- fail (printf "autoscaling.keda.fallbackReplicas is %d, not between autoscaling.minReplicas, %d, and autoscaling.maxReplicas, %d" (int $a.keda.fallbackReplicas) (int $a.minReplicas) (int $a.maxReplicas)) -}}
{{- end -}}
{{- if and $v.monitoring.podMonitor.enabled $v.monitoring.serviceMonitor.enabled -}}
{{- fail "monitoring.podMonitor and monitoring.serviceMonitor are both enabled: each pod would be scraped twice. Enable one" -}}
{{- end -}}
{{- if gt (int $v.server.threads) (int $v.server.maxConnections) -}}
{{- fail (printf "server.threads is %d, more than server.maxConnections, %d" (int $v.server.threads) (int $v.server.maxConnections)) -}}
{{- end -}}
{{- range $key := keys $v.labels $v.podLabels $v.monitoring.labels -}}
{{- if or (hasPrefix "app.kubernetes.io/" $key) (eq $key "helm.sh/chart") -}}
{{- fail (printf "%s is a label that the chart sets, and that pods are selected by; it cannot be another" $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "openclaw.checkUrl" -}}
{{- $url := .Values.store.url -}}
{{- $tls := .Values.store.tls -}}
{{- if not $url -}}
{{- fail "store.kind is redis: set store.url, such as redis://valkey:6379" -}}
{{- end -}}
{{- if not (regexMatch "^[!-~]+$" $url) -}}
{{- fail "store.url: expected letters, digits and punctuation of ASCII; a dash or a quotation mark may be a typographic one" -}}
{{- end -}}
{{- if regexMatch "^[a-z-]+://[^/@]*:[^/]*@" $url -}}
{{- fail "store.url holds a password. Put it into a Secret, name that in store.passwordSecret, and choose another password: this one has been seen" -}}
{{- end -}}
{{- if not (regexMatch "^rediss?(-sentinel)?://([^/@:]+@)?[-._a-zA-Z0-9:,\\[\\]]+(/[-._a-zA-Z0-9]+)*$" $url) -}}
{{- fail "store.url: expected redis://[USER@]HOST[:PORT][/DB], rediss://... or redis-sentinel://HOST[:PORT],HOST[:PORT]/MASTER; a socket (unix:) is of one machine alone" -}}
{{- end -}}
{{- if and (contains "-sentinel://" $url) (not (regexMatch "://[^/]+/[-._a-zA-Z0-9]+" $url)) -}}
{{- fail "store.url: expected the master's name behind the sentinels, as in redis-sentinel://one,two,three/mymaster" -}}
{{- end -}}
{{- if and $tls.secretName (not (hasPrefix "rediss" $url)) -}}
{{- fail "store.tls.secretName is set, but store.url does not ask for TLS (rediss://, rediss-sentinel://)" -}}
{{- end -}}
{{- if and $tls.clientCertificate (not $tls.secretName) -}}
{{- fail "store.tls.clientCertificate needs store.tls.secretName, a Secret with tls.crt and tls.key" -}}
{{- end -}}
{{- end -}}
