"""Holds the schema against the files of the tests: what loads is valid, and the mistakes that a schema
can see are seen. Usage: validate.py PRINT_SCHEMA TEST_FOLDER. Exit 77: no validator here."""
import glob
import json
import os
import subprocess
import sys

try:
    import jsonschema
    import yaml
except ImportError:
    print("skipped: config_schema: needs python3-jsonschema and python3-yaml")
    sys.exit(77)

# Wrong files whose fault a schema can see.
CAUGHT = [
    "unknown-key", "no-name", "no-command", "two-commands", "not-a-duration", "truth-as-interval", "empty-argv",
    "monitors-as-map", "alerts-as-list", "negative-alert-after", "wrong-dialect", "no-monitors",
]

printer, folder = sys.argv[1:]
schema = json.loads(subprocess.run([printer], check=True, capture_output=True).stdout)
if not hasattr(jsonschema, "Draft202012Validator"):
    print("skipped: config_schema: this jsonschema knows no draft 2020-12")
    sys.exit(77)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)


def faults(path):
    with open(path, encoding="utf-8-sig") as file:
        # Through JSON, so that what Python takes for a date is text again.
        data = json.loads(json.dumps(yaml.safe_load(file), default=str))
    return [f"{list(e.path)}: {e.message[:200]}" for e in validator.iter_errors(data)]


failed = 0
for path in sorted(glob.glob(os.path.join(folder, "good", "*.yml"))):
    for fault in faults(path):
        print(f"{path}: {fault}")
        failed = 1
for name in CAUGHT:
    path = os.path.join(folder, "errors", name + ".yml")
    if not faults(path):
        print(f"{path}: the schema finds nothing wrong")
        failed = 1
sys.exit(failed)
