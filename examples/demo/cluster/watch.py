#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Read the metrics of some servers four times a second: `watch.py OUT.tsv NAME=HOST:PORT...`, until it is stopped.

A line: time, name, matches requests answered with success since the server's start, lag in seconds; a server that does not
answer has none.
"""
import http.client
import re
import sys
import time

EVERY = 0.25
SAMPLE = re.compile(r'(openclaw_http_requests_total|openclaw_log_lag_seconds)(?:\{([^}]*)\})? ([0-9.eE+-]+|NaN|\+Inf)')


def read(address):
    connection = http.client.HTTPConnection(address, timeout=EVERY)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    finally:
        connection.close()
    answered, lag = 0, None
    for line in text.splitlines():
        sample = SAMPLE.match(line)
        if not sample:
            continue
        name, labels, value = sample.groups()
        if name == "openclaw_log_lag_seconds":
            lag = float(value)
        elif '"/v1/matches"' in labels and re.search(r'code="20[01]"', labels):
            answered += int(float(value))
    return answered, lag


def main():
    targets = [target.split("=") for target in sys.argv[2:]]
    due = time.time()
    with open(sys.argv[1], "w") as out:
        while True:
            for name, address in targets:
                try:
                    answered, lag = read(address)
                except (OSError, http.client.HTTPException):
                    continue
                if lag is None:
                    sys.exit(f"watch: {name} has no openclaw_log_lag_seconds")
                out.write(f"{time.time():.3f}\t{name}\t{answered}\t{lag}\n")
            out.flush()
            due = max(due + EVERY, time.time())
            time.sleep(max(0.0, due - time.time()))


if __name__ == "__main__":
    main()
