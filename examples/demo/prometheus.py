# SPDX-License-Identifier: MIT
"""What the demo asks a Prometheus, over its HTTP API. No answer is an error, never a zero."""
import json
import urllib.error
import urllib.parse
import urllib.request


class NoData(Exception):
    pass


class Prometheus:
    def __init__(self, url):
        self.url = url

    def ask(self, path, **parameters):
        url = f"{self.url}{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise NoData(f"Prometheus refuses {parameters}: {error.read().decode()}") from None
        except urllib.error.URLError as error:
            raise NoData(f"Prometheus does not answer: {error.reason}") from None

    def targets(self):
        return self.ask("/api/v1/targets", state="active")["activeTargets"]

    def value(self, query, time):
        """The one number that `query` gives at `time`."""
        result = self.ask("/api/v1/query", query=query, time=time)["result"]
        if len(result) != 1:
            raise NoData(f"Prometheus has {len(result)} answers, not one, to {query}")
        return float(result[0]["value"][1])

    def series(self, query, start, end, step=1.0):
        """Time and value of the one series that `query` gives; times without a value are left out."""
        result = self.ask("/api/v1/query_range", query=query, start=start, end=end, step=step)["result"]
        if len(result) != 1:
            raise NoData(f"Prometheus has {len(result)} series, not one, for {query}")
        return {float(time): float(value) for time, value in result[0]["values"]}
