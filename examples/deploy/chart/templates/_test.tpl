{{- /* SPDX-License-Identifier: MIT */ -}}
{{- define "openclaw.testSelector" -}}
app.kubernetes.io/name: openclaw-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- /* For busybox' sh, wget and timeout (wget's own -T kills it in some builds): ready within a minute; /v1/ answers, or, where a token is asked for, does not without it. */ -}}
{{- define "openclaw.testScript" -}}
url=http://{{ include "openclaw.name" . }}.{{ .Release.Namespace }}.svc:{{ int .Values.service.port }}
tries=30
until timeout 2 wget -q -O /dev/null "$url/readyz"; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || { echo "FAIL  $url/readyz did not say yes within a minute"; exit 1; }
  sleep 2
done
echo "ok    ready"
{{- if .Values.token.secretName }}
if said=$(timeout 5 wget -q -O - "$url/v1/leaderboard?limit=1" 2>&1); then
  echo "FAIL  the leaderboard was shown to someone without a token"
  exit 1
fi
case $said in
  *401*) echo "ok    no leaderboard without a token" ;;
  *) echo "FAIL  expected 401, got: $said"; exit 1 ;;
esac
{{- else }}
said=$(timeout 5 wget -q -O - "$url/v1/leaderboard?limit=1")
case $said in
  *'"agents"'*) echo "ok    a leaderboard" ;;
  *) echo "FAIL  expected a leaderboard, got: $said"; exit 1 ;;
esac
{{- end }}
{{- end -}}
