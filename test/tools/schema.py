# SPDX-License-Identifier: BSD-2-Clause
"""schema - lines of JSON held against docs/schema/NAME.json"""

import json
import pathlib
import sys

from harness import check

ROOT = pathlib.Path(__file__).resolve().parents[2]


def validate(name, output, first="type"):
    """The objects of the lines, each of which must be as the schema says."""
    try:
        import jsonschema
    except ImportError:
        print("skipped: python3-jsonschema is missing")
        sys.exit(77)
    rules = json.loads((ROOT / "docs" / "schema" / f"{name}.json").read_text())
    kind = getattr(jsonschema, "Draft202012Validator", jsonschema.Draft7Validator)
    kind.check_schema(rules)
    found = []
    for line in output.splitlines():
        found.append(json.loads(line))
        faults = [fault.message for fault in kind(rules).iter_errors(found[-1])]
        check(not faults, f"{line}: {faults}")
        check(next(iter(found[-1])) == first, f"{line}: {first} is not first")
    return found
