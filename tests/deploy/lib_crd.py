#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lib_crd.py FOLDER FILE...: do the resources in FILE have the form that their definitions (CustomResourceDefinitions in
FOLDER) ask for? Strict, as `kubectl apply --validate=strict` is: a field that is not defined is an error. Resources of kinds
that Kubernetes itself defines are passed over; with --rest they are printed, for their own checker."""
import pathlib
import sys

import jsonschema
import yaml


def strict(schema):
    """No other fields than those that are defined; and what Kubernetes adds to JSON Schema in the words of JSON Schema."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: strict(value) for key, value in schema.items()}
    if schema.get("x-kubernetes-int-or-string") is True:
        schema.pop("type", None)
    if isinstance(schema.get("properties"), dict) and not schema.get("x-kubernetes-preserve-unknown-fields") \
            and "additionalProperties" not in schema:
        schema["additionalProperties"] = False
    return schema


def definitions(folder):
    found = {}
    for path in sorted(pathlib.Path(folder).glob("*.yaml")):
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
        for version in spec["versions"]:
            schema = version["schema"]["openAPIV3Schema"]
            schema["properties"]["metadata"] = {"type": "object", "required": ["name"], "properties": {
                "name": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"},
                "namespace": {"type": "string"},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "annotations": {"type": "object", "additionalProperties": {"type": "string"}}}}
            found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = strict(schema)
    return found


def main(folder, *files):
    schemas = definitions(folder)
    groups = {api.split("/")[0] for api, _ in schemas}
    bad, checked, rest = 0, 0, []
    for file in files:
        for resource in yaml.safe_load_all(pathlib.Path(file).read_text(encoding="utf-8")):
            if resource is None:
                continue
            api, kind = resource.get("apiVersion", ""), resource.get("kind", "")
            if api.split("/")[0] not in groups:
                rest.append(resource)
                continue
            if (api, kind) not in schemas:
                print(f"{file}: no such kind: {api} {kind}")
                bad += 1
                continue
            checked += 1
            for error in jsonschema.Draft7Validator(schemas[api, kind]).iter_errors(resource):
                print(f"{file}: {kind}: {'.'.join(map(str, error.absolute_path))}: {error.message[:300]}")
                bad += 1
    return bad, checked, rest


if __name__ == "__main__":
    arguments = sys.argv[1:]
    print_rest = arguments[:1] == ["--rest"]
    bad, checked, rest = main(*arguments[print_rest:])
    if print_rest:
        yaml.safe_dump_all(rest, sys.stdout)
        sys.exit(0)
    print(f"{checked} resources, {bad} errors")
    sys.exit(bad > 0 or checked == 0)
