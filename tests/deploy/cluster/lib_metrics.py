#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lib_metrics.py PORT CERTIFICATE KEY FILE: external.metrics.k8s.io on loopback, in the place of an adapter.

FILE holds lines "METRIC VALUE", read anew for each question, with the value as a Quantity is written; a metric that is not
there has no items, as with a real adapter whose series is gone. Only what the HPA controller and kubectl ask for is answered."""
import json
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GROUP = "external.metrics.k8s.io"
ROOT = f"/apis/{GROUP}/v1beta1"


def answer(path, file):
    if path == ROOT:
        return {
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{GROUP}/v1beta1",
            "resources": [{"name": "externalmetrics", "singularName": "", "namespaced": True,
                           "kind": "ExternalMetricValueList", "verbs": ["get"]}],
        }
    parts = path[len(ROOT):].strip("/").split("/")
    if not path.startswith(ROOT) or len(parts) != 3 or parts[0] != "namespaces":
        return None
    with open(file, encoding="ascii") as lines:
        values = dict(line.split() for line in lines if line.strip())
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    items = [{"metricName": parts[2], "metricLabels": {}, "timestamp": now, "value": values[parts[2]]}] if parts[2] in values else []
    return {"kind": "ExternalMetricValueList", "apiVersion": f"{GROUP}/v1beta1", "metadata": {}, "items": items}


def main():
    port, certificate, key, file = sys.argv[1:]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # pylint: disable=invalid-name
            found = answer(self.path.split("?")[0], file)
            body = json.dumps(found or {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


main()
