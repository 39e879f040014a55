#!/usr/bin/env python3
"""Print a C program that prints the ABI of the public headers: size, alignment and offsets of every struct, every value of
every enum. tests/sizes.sh compiles it and compares what it prints with tests/sizes.txt."""
import pathlib
import re
import sys

headers = sorted(pathlib.Path("include/openclaw").glob("*.h"))
text = "\n".join(header.read_text() for header in headers)
text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
text = re.sub(r"^\s*#(?:[^\n]*\\\n)*[^\n]*", "", text, flags=re.M)

structs = sorted(re.findall(r"\bstruct\s+(ocl_\w+)\s*\{(.*?)\n\}\s*;", text, flags=re.S))
enums = sorted(re.findall(r"\benum\s+(ocl_\w+)\s*\{(.*?)\}\s*;", text, flags=re.S))


def fields(body, name):
    """The names of a struct's fields, in order."""
    if "{" in body:
        sys.exit(f"sizes.py: struct {name} nests a body; teach this script to read it")
    for declaration in filter(None, (part.strip() for part in body.split(";"))):
        function = re.search(r"\(\s*\*\s*(\w+)\s*\)\s*\(", declaration)
        if function:
            yield function.group(1)
            continue
        for declarator in declaration.split(","):
            yield re.search(r"(\w+)\s*(?:\[[^]]*\]\s*)*$", declarator.strip()).group(1)


if not structs or not enums:
    sys.exit("sizes.py: no struct or no enum found in include/openclaw")
print("#include <stdio.h>\n#include <stddef.h>\n#include <openclaw/openclaw.h>\nint main(void)\n{")
for name, body in structs:
    print(f'\tprintf("struct {name}: size %zu, alignment %zu\\n", sizeof(struct {name}), _Alignof(struct {name}));')
    for field in fields(body, name):
        print(f'\tprintf("  {field} at %zu, size %zu\\n", offsetof(struct {name}, {field}), '
              f'sizeof(((struct {name} *)0)->{field}));')
for name, body in enums:
    print(f'\tprintf("enum {name}: size %zu\\n", sizeof(enum {name}));')
    for value in filter(None, (part.strip() for part in body.split(","))):
        constant = value.split("=")[0].strip()
        print(f'\tprintf("  {constant} = %lld\\n", (long long){constant});')
print("\treturn 0;\n}")
