{{- /* SPDX-License-Identifier: MIT */ -}}
{{- /*
The server's command line. Flags and no environment: the server refuses a flag that it does not know, and passes over a variable.
Numbers go through int64, because those of a values file are floating point here, and a million would be printed as 1e+06.
*/ -}}
{{- define "openclaw.args" -}}
{{- $v := .Values -}}
- --listen={{ $v.server.listenAddress }}:8080
- --metrics-listen={{ $v.server.listenAddress }}:9464
- --capacity={{ int64 $v.tokenBucket.capacity }}
- --refill-rate={{ int64 $v.tokenBucket.refillRate }}
- --system={{ $v.server.system }}
- --period-days={{ $v.server.periodDays }}
- --max-names={{ int64 $v.server.maxNames }}
- --threads={{ int64 $v.server.threads }}
- --max-connections={{ int64 $v.server.maxConnections }}
- --request-timeout={{ int64 $v.server.requestTimeoutSeconds }}
- --drain-delay={{ int64 $v.drain.delaySeconds }}
- --drain-timeout={{ int64 $v.drain.timeoutSeconds }}
{{- if $v.token.secretName }}
- --token-file=/etc/openclaw/token/token
{{- end }}
{{- if eq $v.store.kind "sqlite" }}
- --store=sqlite:/data/ratings.db
- --synchronous={{ $v.store.synchronous }}
{{- else }}
- {{ printf "--store=%s" $v.store.url | quote }}
- {{ printf "--store-prefix=%s" $v.store.prefix | quote }}
- --durability={{ $v.store.durability }}
- --replicas={{ int64 $v.store.replicas }}
- --store-timeout={{ $v.store.timeoutSeconds }}
- --max-lag={{ $v.store.maxLagSeconds }}
- --checkpoint-every={{ int64 $v.store.checkpointEvery }}
- --key-window={{ int64 $v.store.keyWindow }}
{{- if $v.store.passwordSecret }}
- --store-password-file=/etc/openclaw/store/password
{{- end }}
{{- if $v.store.tls.secretName }}
{{- if $v.store.tls.ca }}
- --store-ca=/etc/openclaw/tls/ca.crt
{{- end }}
{{- if $v.store.tls.clientCertificate }}
- --store-cert=/etc/openclaw/tls/tls.crt
- --store-key=/etc/openclaw/tls/tls.key
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* The pod, which is the same under a StatefulSet and under a Deployment. */ -}}
{{- define "openclaw.pod" -}}
{{- $v := .Values -}}
metadata:
  labels:
    {{- include "openclaw.selector" . | nindent 4 }}
    {{- with $v.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- /* No checksums: settings are arguments, so another one is another pod. Secrets are not the chart's to read. */}}
  {{- if or $v.podAnnotations $v.secretsRevision }}
  annotations:
    {{- with $v.secretsRevision }}
    openclaw/secrets-revision: {{ . | quote }}
    {{- end }}
    {{- with $v.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
spec:
  serviceAccountName: {{ include "openclaw.name" . }}
  # The server asks nothing of Kubernetes, and OPENCLAW_PORT=tcp://..., which a Service named openclaw would give it, is no setting.
  automountServiceAccountToken: false
  enableServiceLinks: false
  # drain.delaySeconds + drain.timeoutSeconds, and time to close the log.
  terminationGracePeriodSeconds: {{ add (int64 $v.drain.delaySeconds) (int64 $v.drain.timeoutSeconds) 10 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  {{- with $v.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with $v.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  containers:
    - name: openclaw
      image: {{ include "openclaw.image" . | quote }}
      imagePullPolicy: {{ $v.image.pullPolicy }}
      args:
        {{- include "openclaw.args" . | nindent 8 }}
      ports:
        - name: http
          containerPort: 8080
          protocol: TCP
        - name: metrics
          containerPort: 9464
          protocol: TCP
      # On the metrics port, which has threads of its own: when clients hold all connections of the other one, the pod is
      # busy and not dead, and killing it would hand its load to the next.
      # Up: the process answers; a log that takes long to replay, or a store that is not there yet, is no reason to kill it.
      startupProbe:
        httpGet:
          path: /healthz
          port: metrics
        periodSeconds: 1
        timeoutSeconds: 1
        failureThreshold: 60
      # Ready: replayed, not draining, able to write, not behind. Three times, because a store that is away for a moment turns
      # all pods red at once. (A pod that is to go is taken out of the Service without being asked.)
      readinessProbe:
        httpGet:
          path: /readyz
          port: metrics
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 3
      # Alive: after a minute without an answer it is not.
      livenessProbe:
        httpGet:
          path: /healthz
          port: metrics
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      securityContext:
        allowPrivilegeEscalation: false
        privileged: false
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        capabilities:
          drop:
            - ALL
      {{- with $v.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with include "openclaw.mounts" . }}
      {{- . | nindent 6 }}
      {{- end }}
  {{- with include "openclaw.volumes" . }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with $v.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $v.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $v.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "openclaw.mounts" -}}
{{- $v := .Values -}}
{{- if or (eq $v.store.kind "sqlite") $v.token.secretName $v.store.passwordSecret $v.store.tls.secretName -}}
volumeMounts:
  {{- if eq $v.store.kind "sqlite" }}
  - name: ratings
    mountPath: /data
  {{- end }}
  {{- if $v.token.secretName }}
  - name: token
    mountPath: /etc/openclaw/token
    readOnly: true
  {{- end }}
  {{- if $v.store.passwordSecret }}
  - name: store-password
    mountPath: /etc/openclaw/store
    readOnly: true
  {{- end }}
  {{- if $v.store.tls.secretName }}
  - name: store-tls
    mountPath: /etc/openclaw/tls
    readOnly: true
  {{- end }}
{{- end -}}
{{- end -}}

{{- /* Secrets as files, which no list of the environment shows; readable by the pod's group alone. */ -}}
{{- define "openclaw.volumes" -}}
{{- $v := .Values -}}
{{- if or $v.token.secretName $v.store.passwordSecret $v.store.tls.secretName -}}
volumes:
  {{- if $v.token.secretName }}
  - name: token
    secret:
      secretName: {{ $v.token.secretName }}
      defaultMode: 288 # 0440
      items:
        - key: {{ $v.token.secretKey }}
          path: token
  {{- end }}
  {{- if $v.store.passwordSecret }}
  - name: store-password
    secret:
      secretName: {{ $v.store.passwordSecret }}
      defaultMode: 288 # 0440
      items:
        - key: {{ $v.store.passwordKey }}
          path: password
  {{- end }}
  {{- if $v.store.tls.secretName }}
  - name: store-tls
    secret:
      secretName: {{ $v.store.tls.secretName }}
      defaultMode: 288 # 0440
  {{- end }}
{{- end -}}
{{- end -}}
