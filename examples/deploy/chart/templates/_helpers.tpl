{{- /* SPDX-License-Identifier: MIT */ -}}

{{- /* The name of all objects. Short enough that "keda-hpa-" and the names of pods, "-<10>-<5>" longer, fit behind and before it. */ -}}
{{- define "openclaw.name" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains "openclaw" .Release.Name -}}
{{- .Release.Name | replace "." "-" | trunc 46 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-openclaw" .Release.Name | replace "." "-" | trunc 46 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- /* What selects the pods of one release: never to change, for a selector cannot. */ -}}
{{- define "openclaw.selector" -}}
app.kubernetes.io/name: openclaw
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "openclaw.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "openclaw.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: openclaw
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "openclaw.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- /* The workload that an autoscaler, if any, is pointed at. */ -}}
{{- define "openclaw.target" -}}
apiVersion: apps/v1
kind: Deployment
name: {{ include "openclaw.name" . }}
{{- end -}}

{{- /* Hosts and ports of a store's URL, without scheme, user and what follows the first slash. */ -}}
{{- define "openclaw.storeHosts" -}}
{{- $rest := regexReplaceAll "^[a-z-]+://" .Values.store.url "" -}}
{{- $rest = regexReplaceAll "^[^/@]*@" $rest "" -}}
{{- regexReplaceAll "/.*$" $rest "" -}}
{{- end -}}

{{- /* The ports that the pods must reach: those in the URL, or what the server takes where there is none; as a JSON list. */ -}}
{{- define "openclaw.storePorts" -}}
{{- $ports := list -}}
{{- if .Values.networkPolicy.storePorts -}}
{{- range .Values.networkPolicy.storePorts }}{{ $ports = append $ports (int .) }}{{ end -}}
{{- else -}}
{{- $sentinel := contains "-sentinel://" .Values.store.url -}}
{{- range splitList "," (include "openclaw.storeHosts" .) -}}
{{- $port := regexFind ":[0-9]+$" . | trimPrefix ":" -}}
{{- $ports = append $ports (int (default (ternary "26379" "6379" $sentinel) $port)) -}}
{{- end -}}
{{- if $sentinel }}{{ $ports = append $ports 6379 }}{{ end -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}

{{- /* The labels that a metric is asked for, as a selector of autoscaling/v2. */ -}}
{{- define "openclaw.limitSelector" -}}
{{- if eq (len .Values.autoscaling.limits) 1 -}}
matchLabels:
  limit: {{ first .Values.autoscaling.limits | quote }}
{{- else -}}
matchExpressions:
  - key: limit
    operator: In
    values: {{ .Values.autoscaling.limits | toJson }}
{{- end -}}
{{- end -}}
