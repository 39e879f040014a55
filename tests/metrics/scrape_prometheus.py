# SPDX-License-Identifier: MIT
"""The work of scrape_prometheus.sh: servers, a real Prometheus, and what it says about them."""
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

BUILD = sys.argv[1]
DEADLINE = time.monotonic() + 50
FAMILIES = {
    "openclaw_token_bucket_capacity": "gauge",
    "openclaw_token_bucket_available": "gauge",
    "openclaw_token_bucket_utilisation": "gauge",
    "openclaw_token_bucket_refill_tokens_per_second": "gauge",
    "openclaw_token_bucket_low_watermark": "gauge",
    "openclaw_tokens_offered_total": "counter",
    "openclaw_tokens_granted_total": "counter",
    "openclaw_requests_granted_total": "counter",
    "openclaw_requests_denied_total": "counter",
    "openclaw_token_bucket_used_token_seconds_total": "counter",
}
TEXT = "text/plain;version=0.0.4"

passed = failed = 0


def check(name, condition, detail=""):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    print(f"ok    {name}" if condition else f"FAIL  {name}: {detail}")
    sys.stdout.flush()
    return condition


DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever http_proxy says


def get(url, accept=None):
    return DIRECT.open(urllib.request.Request(url, headers={"Accept": accept} if accept else {}), timeout=5)


def until(what, condition):
    """Ask again and again until `condition` gives something, or the deadline has passed."""
    while True:
        try:
            found = condition()
            if found:
                return found
            reason = ""
        except OSError as error:
            reason = f": {error}"
        if time.monotonic() > DEADLINE:
            raise RuntimeError(f"{what}: not in time{reason}")
        time.sleep(0.1)


class AsText(http.server.BaseHTTPRequestHandler):
    """Passes /NAME on to the metrics of server NAME, asking for the text format, and gives back what came, type included."""

    upstream = {}
    accepts = []

    def do_GET(self):
        AsText.accepts.append(self.headers["Accept"])
        try:
            with get(AsText.upstream[self.path.strip("/")], TEXT) as answer:
                body, kind, status = answer.read(), answer.headers["Content-Type"], answer.status
        except urllib.error.HTTPError as error:
            body, kind, status = error.read(), error.headers["Content-Type"], error.code
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(children, work, name, *flags):
    """Start a program with its output in a file; it is stopped in main()."""
    path = os.path.join(work, os.path.basename(name) + ".out")
    with open(path, "w") as out:
        clean = {n: v for n, v in os.environ.items() if not n.startswith("OPENCLAW_")}
        children.append(subprocess.Popen([name, *flags], stdout=out, stderr=subprocess.STDOUT, env=clean))
    return path


def ready_urls(children, path):
    """The addresses in a server's ready line."""

    def look():
        with open(path) as out:
            text = out.read()
        if children[-1].poll() is not None:
            raise RuntimeError(f"{path}: the server has ended: {text}")
        line = re.search(r"^listening on .*\n", text, re.M)
        return line and re.findall(r"127\.0\.0\.1:\d+", line.group(0))

    return ["http://" + address for address in until(f"{path}: a line 'listening on'", look)]


def scrape_config(work, targets):
    jobs = ""
    for job, url in targets.items():
        parts = urllib.parse.urlsplit(url)
        jobs += f"  - job_name: {job}\n    metrics_path: {parts.path}\n"
        jobs += f"    static_configs: [{{targets: ['{parts.netloc}']}}]\n"
    path = os.path.join(work, "prometheus.yml")
    with open(path, "w") as config:
        config.write(f"global: {{scrape_interval: 500ms, scrape_timeout: 500ms}}\nscrape_configs:\n{jobs}")
    return path


def examine(api, targets, truth):
    def ask(path, **parameters):
        with get(f"{api}{path}?{urllib.parse.urlencode(parameters)}") as answer:
            return json.load(answer)["data"]

    def scraped():
        active = ask("/api/v1/targets", state="active")["activeTargets"]
        return active if len(active) == len(targets) and all(t["health"] != "unknown" for t in active) else None

    until("a first scrape of every target", scraped)
    time.sleep(2)  # three more scrapes of each
    for target in scraped() or []:
        job = target["labels"]["job"]
        check(f"{job}: up", target["health"] == "up", target["health"])
        check(f"{job}: no lastError", target["lastError"] == "", target["lastError"])
    for job in targets:
        up = [r["value"][1] for r in ask("/api/v1/query", query=f'min_over_time(up{{job="{job}"}}[30s])')["result"]]
        check(f"{job}: up == 1 at every scrape", up == ["1"], up)
        kinds = {m["metric"]: m["type"] for m in ask("/api/v1/targets/metadata", match_target=f'{{job="{job}"}}')}
        for name, kind in FAMILIES.items():
            series = ask("/api/v1/query", query=f'{name}{{job="{job}"}}')["result"]
            family = name if name in kinds else name[:-len("_total")]
            check(f"{job}: {name}", series and kinds.get(family) == kind and all("limit" in s["metric"] for s in series),
                  f"{len(series)} series, type {kinds.get(family)}")
    for name, value in truth.items():
        for job in ("limit_openmetrics", "limit_text"):
            series = ask("/api/v1/query", query=f'{name}{{job="{job}"}}')["result"]
            found = [float(s["value"][1]) for s in series]
            check(f"{job}: {name} is {value:g}", found == [value], found)


def run(children, work):
    start(children, work, f"{BUILD}/examples/limit_server", "--listen", "127.0.0.1:0", "--capacity", "10", "--refill-rate", "0")
    limit = ready_urls(children, os.path.join(work, "limit_server.out"))[0]
    start(children, work, f"{BUILD}/examples/rating_server", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0",
          "--store", f"sqlite:{work}/ratings.db")
    rating = ready_urls(children, os.path.join(work, "rating_server.out"))[-1]
    for _ in range(14):
        try:
            get(limit + "/take").close()
        except urllib.error.HTTPError as error:
            error.close()
    truth = {"openclaw_token_bucket_capacity": 10, "openclaw_token_bucket_available": 0,
             "openclaw_token_bucket_utilisation": 1, "openclaw_tokens_offered_total": 14,
             "openclaw_tokens_granted_total": 10, "openclaw_requests_granted_total": 10,
             "openclaw_requests_denied_total": 4}

    AsText.upstream = {"limit": limit + "/metrics", "rating": rating + "/metrics"}
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), AsText)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    as_text = f"http://127.0.0.1:{proxy.server_address[1]}"
    targets = {"limit_openmetrics": limit + "/metrics", "rating_openmetrics": rating + "/metrics",
               "limit_text": as_text + "/limit", "rating_text": as_text + "/rating"}
    port = free_port()
    start(children, work, "prometheus", "--config.file=" + scrape_config(work, targets),
          f"--storage.tsdb.path={work}/data", f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn")
    examine(f"http://127.0.0.1:{port}", targets, truth)
    check("Prometheus asks for OpenMetrics itself", any("openmetrics" in (a or "") for a in AsText.accepts), AsText.accepts[:1])
    for url in (limit, rating):
        for accept, wanted in ((AsText.accepts[0], "application/openmetrics-text; version=1.0.0"), (TEXT, "text/plain; version=0.0.4")):
            with get(url + "/metrics", accept) as answer:
                kind = answer.headers["Content-Type"]
            check(f"{'limit' if url == limit else 'rating'}: {wanted}", kind.startswith(wanted), kind)
    proxy.shutdown()


def main():
    children = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as work:
        try:
            run(children, work)
        except Exception as error:
            check("the run itself", False, f"{type(error).__name__}: {error}")
            for name in os.listdir(work):
                if name.endswith(".out"):
                    print(f"--- {name}", open(os.path.join(work, name)).read()[-2000:], sep="\n")
        finally:
            for child in children:
                child.terminate()
            for child in children:
                try:
                    child.wait(10)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
