#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a Grafana would do with a dashboard, without one.

    lib_dashboard.py lint FILE                    is it ready to be imported; a line for each fault
    lib_dashboard.py list FILE                    row, panel, letter, query; one a line
    lib_dashboard.py windows SECONDS FILE...      ranges in queries that are shorter than SECONDS
    lib_dashboard.py run FILE URL NAMESPACE NOT   ask a Prometheus each query, as for NAMESPACE; every one must have data but
                                                  those of the row whose title begins with NOT ("-": no such row)
"""
import json
import math
import re
import sys
import urllib.parse
import urllib.request


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def rows(dashboard):
    """Each panel that shows data, with the row that it stands in."""
    row = ""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            row = panel["title"]
            for inner in panel.get("panels", []):
                yield row, inner
        else:
            yield row, panel


def targets(dashboard):
    for row, panel in rows(dashboard):
        for target in panel.get("targets", []):
            yield row, panel["title"], target["refId"], target["expr"]


def overlap(a, b):
    return a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]


def lint(dashboard):
    variables = {v["name"]: v for v in dashboard["templating"]["list"]}
    builtin = {"__rate_interval", "__interval", "__range", "__from", "__to"}
    if dashboard.get("id") is not None:
        yield "an id: it belongs to the Grafana that the dashboard came from"
    for key in ("uid", "title", "schemaVersion", "tags", "time", "refresh"):
        if not dashboard.get(key):
            yield f"no {key}"
    if "__inputs" in dashboard:
        yield "__inputs: the data source is a variable here, so nothing is to be asked at the import"
    source = variables.get("datasource", {})
    if source.get("type") != "datasource" or source.get("query") != "prometheus":
        yield "no variable `datasource` that offers the Prometheus data sources"
    for variable in variables.values():
        if variable["type"] == "query" and variable.get("datasource", {}).get("uid") != "${datasource}":
            yield f"variable {variable['name']}: not from ${{datasource}}"
        if variable["type"] == "query" and variable["query"]["query"] != variable["definition"]:
            yield f"variable {variable['name']}: two different queries"
    panels = [panel for _, panel in rows(dashboard)]
    ids = [panel["id"] for panel in dashboard["panels"]]
    if len(ids) != len(set(ids)):
        yield "two panels have one id"
    titles = [panel["title"] for panel in panels]
    for title in sorted({title for title in titles if titles.count(title) > 1}):
        yield f"two panels are called {title}"
    for panel in panels:
        name = panel.get("title") or f"panel {panel['id']}"
        if not panel.get("description"):
            yield f"{name}: no description"
        if not panel["fieldConfig"]["defaults"].get("unit"):
            yield f"{name}: no unit"
        if not panel.get("targets"):
            yield f"{name}: no query"
        letters = [target["refId"] for target in panel.get("targets", [])]
        if len(letters) != len(set(letters)):
            yield f"{name}: two queries have one letter"
        for place in [panel, *panel.get("targets", [])]:
            if place.get("datasource", {}).get("uid") != "${datasource}":
                yield f"{name}: a data source of its own"
        for target in panel.get("targets", []):
            if not target.get("legendFormat"):
                yield f"{name} {target['refId']}: no legend"
            for used in re.findall(r"\$\{?(\w+)", target["expr"]):
                if used not in variables and used not in builtin:
                    yield f"{name} {target['refId']}: unknown variable ${used}"
            if re.search(r"[^\x00-\x7f]", target["expr"]):
                yield f"{name} {target['refId']}: a character that no query has"
            if re.search(r"(rate|increase)\([^)\[]*\[(?!\$__rate_interval|15m)", target["expr"]):
                yield f"{name} {target['refId']}: a window that does not follow the scrape interval"
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    for i, a in enumerate(places):
        if a["x"] + a["w"] > 24:
            yield f"{dashboard['panels'][i]['title']}: wider than the page"
        for j in range(i):
            if overlap(a, places[j]):
                yield f"{dashboard['panels'][i]['title']} lies on {dashboard['panels'][j]['title']}"


UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def windows(least, text):
    for number, unit in re.findall(r"\[(\d+)([smhd])(?::[^\]]*)?\]", text):
        if int(number) * UNITS[unit] < least:
            yield f"[{number}{unit}]"


def fill(expr, dashboard, namespace):
    values = {"namespace": namespace, "__rate_interval": "1m", "datasource": "x"}
    for variable in dashboard["templating"]["list"]:
        if variable["name"] not in values:
            values[variable["name"]] = variable["query"] if variable["type"] == "textbox" else variable.get("allValue", ".*")
    return re.sub(r"\$\{?(\w+)\}?", lambda match: values[match[1]], expr)


def ask(url, path, **parameters):
    with urllib.request.urlopen(f"{url}{path}?{urllib.parse.urlencode(parameters)}", timeout=10) as answer:
        return json.load(answer)["data"]


def run(dashboard, url, namespace, without):
    asked = 0
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        match = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["definition"])
        values = ask(url, f"/api/v1/label/{match[2]}/values", **{"match[]": fill(match[1], dashboard, namespace)})
        print(f"{'ok   ' if values else 'empty'} ${variable['name']}: {' '.join(values)}")
        if not values:
            yield f"${variable['name']} has no values"
    for row, panel, letter, expr in targets(dashboard):
        query = fill(expr, dashboard, namespace)
        numbers = [float(series["value"][1]) for series in ask(url, "/api/v1/query", query=query)["result"]]
        good = [number for number in numbers if math.isfinite(number)]
        asked += 1
        print(f"{'ok   ' if good else 'empty'} {panel} {letter}: {' '.join(f'{number:.4g}' for number in numbers[:6])}")
        if without != "-" and row.startswith(without):
            continue
        if not good:
            yield f"{panel} {letter}: no data: {query}"
    print(f"{asked} queries")
    if asked == 0:
        yield "no queries"


def main(command, *arguments):
    if command == "lint":
        faults = list(lint(load(arguments[0])))
    elif command == "list":
        faults = []
        for line in targets(load(arguments[0])):
            print(*line, sep="\t")
    elif command == "windows":
        faults = []
        for path in arguments[1:]:
            with open(path, encoding="utf-8") as file:
                faults += [f"{path}: {fault}" for fault in windows(int(arguments[0]), file.read())]
    else:
        file, url, namespace, without = arguments
        faults = list(run(load(file), url, namespace, without))
    print(*faults, sep="\n", end="")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
