#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a rendered chart must be, beyond what schemas know.

facts.py check FILE      each broken rule is a line; exit 1 if there is one
facts.py args FILE       the server's arguments, one a line
facts.py script FILE     the shell script of the `helm test` pod
facts.py queries FILE    what is asked of Prometheus: NAME<TAB>QUERY lines, with adapter templates filled in as the adapter does
facts.py triggers FILE LIST
                         ScaledObjects against KEDA's list of scalers, which its definition says nothing of: a trigger's
                         metadata is free text there
"""
import json
import re
import sys

import yaml

MOST_REPLICAS = 15
KINDS = {  # What the chart may make. A Secret would hold what does not belong in values.
    "ConfigMap", "Deployment", "HorizontalPodAutoscaler", "NetworkPolicy", "Pod", "PodDisruptionBudget", "PodMonitor",
    "ScaledObject", "Service", "ServiceAccount", "ServiceMonitor", "StatefulSet",
}


def load(path):
    with open(path, encoding="utf-8") as file:
        return [document for document in yaml.safe_load_all(file) if document]


def of_kind(documents, *kinds):
    return [document for document in documents if document["kind"] in kinds]


def workload(documents):
    return of_kind(documents, "Deployment", "StatefulSet")[0]


def container(documents):
    return workload(documents)["spec"]["template"]["spec"]["containers"][0]


def option(documents, name):
    """The value of an option of the server; None if it is not given."""
    for argument in container(documents)["args"]:
        if argument.startswith(f"--{name}="):
            return argument.split("=", 1)[1]
    return None


def selects(selector, labels):
    return all(labels.get(key) == value for key, value in selector.items())


def check_whole(documents):
    seen = set()
    for document in documents:
        kind, metadata = document["kind"], document["metadata"]
        if kind not in KINDS:
            yield f"a {kind}, which the chart is not to make"
        key = (kind, metadata.get("namespace"), metadata["name"])
        if key in seen:
            yield f"{key} twice"
        seen.add(key)
        if not metadata.get("namespace"):
            yield f"{kind} {metadata['name']} says no namespace"
        if not re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", metadata["name"]):
            yield f"{kind}: {metadata['name']} is no name"
    if len(of_kind(documents, "Deployment", "StatefulSet")) != 1:
        yield "not one workload"


def check_replicas(documents):
    scalers = of_kind(documents, "HorizontalPodAutoscaler", "ScaledObject")
    target = workload(documents)
    replicas = target["spec"].get("replicas")
    if len(scalers) > 1:
        yield f"{len(scalers)} autoscalers"
    if not scalers and replicas is None:
        yield "nothing says how many pods"
    if scalers and replicas is not None:
        yield "replicas, though an autoscaler owns them"
    if replicas is not None and not 1 <= replicas <= MOST_REPLICAS:
        yield f"{replicas} replicas"
    for scaler in scalers:
        spec = scaler["spec"]
        reference = spec["scaleTargetRef"]
        if (reference.get("kind"), reference["name"]) != (target["kind"], target["metadata"]["name"]):
            yield f"{scaler['kind']} scales {reference}"
        least = spec.get("minReplicas", spec.get("minReplicaCount"))
        most = spec.get("maxReplicas", spec.get("maxReplicaCount", 100))
        if not (isinstance(least, int) and isinstance(most, int) and 1 <= least <= most <= MOST_REPLICAS):
            yield f"{scaler['kind']} from {least} to {most} replicas"
    if str(option(documents, "store")).startswith("sqlite:"):
        if target["kind"] != "StatefulSet" or replicas != 1 or scalers:
            yield "SQLite, but not one pod of a StatefulSet"
        mounts = {mount["name"]: mount["mountPath"] for mount in container(documents).get("volumeMounts", [])}
        claims = [claim["metadata"]["name"] for claim in target["spec"].get("volumeClaimTemplates", [])]
        folder = option(documents, "store")[len("sqlite:"):].rsplit("/", 1)[0]
        if not any(mounts.get(claim) == folder for claim in claims):
            yield f"SQLite in {folder}, which is on no volume"
    elif target["kind"] != "Deployment":
        yield "a shared store, but no Deployment"


def check_behaviour(behavior, window=60 + 3 * 15):
    down = behavior["scaleDown"]["stabilizationWindowSeconds"]
    if down <= window:
        yield f"scales down after {down} s, while the rules still lack what it changed {window} s ago"
    if any(policy["periodSeconds"] <= window for policy in behavior["scaleDown"]["policies"]):
        yield f"steps down again before the last step shows, which takes {window} s"
    if behavior["scaleUp"]["stabilizationWindowSeconds"] != 0:
        yield "scales up late"


def check_hpa(hpa):
    spec = hpa["spec"]
    if hpa["apiVersion"] != "autoscaling/v2":
        yield f"a HorizontalPodAutoscaler of {hpa['apiVersion']}"
    names = []
    for metric in spec["metrics"]:
        part = metric[metric["type"].lower()]
        names.append(part["metric"]["name"])
        if metric["type"] not in ("Pods", "External") or part["target"]["type"] != "AverageValue":
            yield f"{metric['type']} with {part['target']['type']}: an average is divided by the pods twice, a value winds up"
        if not isinstance(part["target"]["averageValue"], str):
            yield "averageValue is no string"
        if "limit" not in str(part["metric"].get("selector")):
            yield f"{names[-1]} of all limits, quotas among them"
    if not any("demand" in name for name in names) or not any("watermark" in name for name in names):
        yield f"not demand and low watermark, but {names}"
    yield from check_behaviour(spec["behavior"])


def check_scaled_object(scaled):
    spec = scaled["spec"]
    queries = [trigger["metadata"]["query"] for trigger in spec["triggers"]]
    for trigger in spec["triggers"]:
        metadata = trigger["metadata"]
        if trigger.get("metricType") != "AverageValue":
            yield f"trigger of {trigger.get('metricType')}"
        if metadata.get("ignoreNullValues") != "false":
            yield "an outage of Prometheus is taken for no load"
        if not all(isinstance(value, str) for value in metadata.values()):
            yield "trigger metadata that is no string"
        if f'namespace="{scaled["metadata"]["namespace"]}"' not in metadata["query"] or "limit=~" not in metadata["query"]:
            yield f"a query over other namespaces or limits: {metadata['query']}"
    if not any("demand" in query for query in queries) or not any("watermark" in query for query in queries):
        yield "not demand and low watermark"
    least, most = spec["minReplicaCount"], spec["maxReplicaCount"]
    if not least <= spec.get("fallback", {}).get("replicas", 0) <= most:
        yield "no fallback, or none between the least and the most replicas"
    yield from check_behaviour(spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"])


def check_pod(spec, name):
    """The restricted Pod Security Standard, and a root file system that cannot be written."""
    pod = spec.get("securityContext", {})
    for context in [c.get("securityContext", {}) for c in spec["containers"]]:
        merged = {**pod, **context}
        wanted = {"runAsNonRoot": True, "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                  "seccompProfile": {"type": "RuntimeDefault"}, "capabilities": {"drop": ["ALL"]}}
        for key, value in wanted.items():
            if merged.get(key) != value:
                yield f"{name}: {key} is {merged.get(key)}"
        if not merged.get("runAsUser") or merged.get("privileged"):
            yield f"{name}: may be root"
    if spec.get("automountServiceAccountToken") is not False or spec.get("enableServiceLinks") is not False:
        yield f"{name}: is given a token or a list of Services"
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield f"{name}: {key}"
    for volume in spec.get("volumes", []):
        if set(volume) - {"name", "secret"}:
            yield f"{name}: the volume {volume}"
        elif volume["secret"]["defaultMode"] != 0o440:
            yield f"{name}: a Secret that others can read"
    for env in (env for c in spec["containers"] for env in c.get("env", [])):
        if "value" in env:
            yield f"{name}: {env['name']} in the environment"


def check_server(documents):
    spec = workload(documents)["spec"]["template"]["spec"]
    server = container(documents)
    ports = {port["name"]: port["containerPort"] for port in server["ports"]}
    flags = [argument.split("=", 1)[0] for argument in server["args"]]
    if len(flags) != len(set(flags)) or not all(re.fullmatch(r"--[a-z-]+=.*", argument) for argument in server["args"]):
        yield f"arguments: {server['args']}"
    if any(re.search(r"\d[eE][+]?\d", argument) for argument in server["args"] if "store" not in argument):
        yield f"a number in the notation of floating point: {server['args']}"
    if ports != {"http": 8080, "metrics": 9464} or not option(documents, "listen").endswith(":8080") or \
            not option(documents, "metrics-listen").endswith(":9464"):
        yield f"ports {ports}"
    grace, drain = spec["terminationGracePeriodSeconds"], int(option(documents, "drain-delay")) + int(option(documents, "drain-timeout"))
    if grace < drain + 5:
        yield f"killed after {grace} s, but drains for {drain} s"
    probes = [server[kind] for kind in ("startupProbe", "readinessProbe", "livenessProbe")]
    if [probe["httpGet"]["path"] for probe in probes] != ["/healthz", "/readyz", "/healthz"]:
        yield "probes ask for the wrong things"
    if any(probe["httpGet"]["port"] != "metrics" for probe in probes) or len({str(probe) for probe in probes}) != 3:
        yield "probes are alike, or not on the metrics port"
    if "requests" not in server.get("resources", {"requests": None}):
        yield "nothing is requested"


def check_around(documents):
    labels = workload(documents)["spec"]["template"]["metadata"]["labels"]
    others = [pod["metadata"].get("labels", {}) for pod in of_kind(documents, "Pod")]
    selectors = [("the workload", workload(documents)["spec"]["selector"]["matchLabels"])]
    selectors += [(f"Service {s['metadata']['name']}", s["spec"]["selector"]) for s in of_kind(documents, "Service")]
    selectors += [(d["kind"], d["spec"]["selector"]["matchLabels"]) for d in of_kind(documents, "PodDisruptionBudget", "PodMonitor")]
    selectors += [("NetworkPolicy", p["spec"]["podSelector"]["matchLabels"]) for p in of_kind(documents, "NetworkPolicy")]
    for name, selector in selectors:
        if not selects(selector, labels) or any(selects(selector, other) for other in others):
            yield f"{name} does not select the server's pods alone"
    for service in of_kind(documents, "Service"):
        if any(port["targetPort"] == "metrics" for port in service["spec"]["ports"]) and service["spec"].get("clusterIP") != "None":
            yield "the metrics port is offered to clients"
    for monitor in of_kind(documents, "ServiceMonitor"):
        found = [s for s in of_kind(documents, "Service") if selects(monitor["spec"]["selector"]["matchLabels"], s["metadata"]["labels"])]
        names = [port["name"] for service in found for port in service["spec"]["ports"]]
        if [endpoint["port"] for endpoint in monitor["spec"]["endpoints"]] != names:
            yield f"the ServiceMonitor finds the ports {names}"
    for budget in of_kind(documents, "PodDisruptionBudget"):
        if budget["spec"].get("maxUnavailable") != 1 or "minAvailable" in budget["spec"]:
            yield "a PodDisruptionBudget that keeps nodes from being drained"
    if len(of_kind(documents, "PodMonitor", "ServiceMonitor")) > 1:
        yield "two monitors"


def check_network(documents):
    for policy in of_kind(documents, "NetworkPolicy"):
        spec = policy["spec"]
        if sorted(spec["policyTypes"]) != ["Egress", "Ingress"]:
            yield f"a policy of {spec['policyTypes']}"
        for rule in spec["ingress"]:
            if any(port["port"] == "metrics" for port in rule.get("ports", [{"port": "metrics"}])):
                peers = rule.get("from", [])
                if len(rule["ports"]) != 1 or not peers or any("namespaceSelector" not in peer for peer in peers):
                    yield "the metrics port is open"
        ports = {port["port"] for rule in spec["egress"] for port in rule["ports"]}
        shared = not option(documents, "store").startswith("sqlite:")
        if shared and (53 not in ports or len(ports) < 2) or not shared and spec["egress"]:
            yield f"the way out is {ports}"


def check(documents):
    yield from check_whole(documents)
    yield from check_replicas(documents)
    for hpa in of_kind(documents, "HorizontalPodAutoscaler"):
        yield from check_hpa(hpa)
    for scaled in of_kind(documents, "ScaledObject"):
        yield from check_scaled_object(scaled)
    yield from check_pod(workload(documents)["spec"]["template"]["spec"], "server")
    for pod in of_kind(documents, "Pod"):
        yield from check_pod(pod["spec"], "test")
    yield from check_server(documents)
    yield from check_around(documents)
    yield from check_network(documents)
    if "openclaw_token_bucket_utilisation" in str(documents):
        yield "utilisation as a signal"


def fill(query, series, matchers, group):
    return query.replace("<<.Series>>", series).replace("<<.LabelMatchers>>", matchers).replace("<<.GroupBy>>", group)


def queries(documents):
    for scaled in of_kind(documents, "ScaledObject"):
        for trigger in scaled["spec"]["triggers"]:
            yield f"keda-{trigger['name']}", trigger["metadata"]["query"]
    for rules in of_kind(documents, "ConfigMap"):
        config = yaml.safe_load(rules["data"]["config.yaml"])
        for rule in config["rules"]:
            series, limit = rule["seriesQuery"].split("{")[0], 'limit="pod"'
            yield rule["name"]["as"], fill(rule["metricsQuery"], series,
                                           f'namespace="openclaw",pod=~"openclaw-5d-aaaaa|openclaw-5d-bbbbb",{limit}', "pod")
        for rule in config["externalRules"]:
            series = rule["seriesQuery"].split("{")[0]
            yield rule["name"]["as"], fill(rule["metricsQuery"], series, 'namespace="openclaw",limit="pod"', "")


def wrong_triggers(documents, path):
    with open(path, encoding="utf-8") as file:
        scalers = {scaler["type"]: {parameter["name"]: parameter for parameter in scaler["parameters"]}
                   for scaler in json.load(file)["scalers"]}
    triggers = [trigger for scaled in of_kind(documents, "ScaledObject") for trigger in scaled["spec"]["triggers"]]
    if not triggers:
        yield "no trigger"
    for trigger in triggers:
        known, metadata = scalers.get(trigger["type"], {}), trigger["metadata"]
        for key in metadata:
            if key not in known:
                yield f"the scaler {trigger['type']} knows no {key}"
        for name, parameter in known.items():
            if not parameter.get("optional") and "default" not in parameter and name not in metadata:
                yield f"the scaler {trigger['type']} wants {name}"
        if not re.fullmatch(r"[0-9]+([.][0-9]+)?", metadata.get("threshold", "")):
            yield f"threshold: {metadata.get('threshold')}"


def main():
    command, path, *more = sys.argv[1:]
    documents = load(path)
    if command in ("check", "triggers"):
        broken = list(check(documents) if command == "check" else wrong_triggers(documents, *more))
        print("\n".join(broken))
        return 1 if broken else 0
    if command == "args":
        print("\n".join(container(documents)["args"]))
    elif command == "script":
        print(of_kind(documents, "Pod")[0]["spec"]["containers"][0]["args"][0])
    elif command == "queries":
        for name, query in queries(documents):
            print(f"{name}\t{query}")
    else:
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
