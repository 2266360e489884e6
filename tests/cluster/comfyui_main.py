"""Stands where ComfyUI's main.py stands in its image: the same options, and the fake server of the other tests.

What it rendered is noted in a folder of the node (`/ledger`), which outlives the pod: that is what tests count. How it
behaves is read from `settings.json` there when it starts.
"""

import argparse
import json
import os
import runpy
import signal
import sys
from pathlib import Path

LEDGER = Path("/ledger")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", required=True)
    parser.add_argument("--port", required=True)
    known, _ = parser.parse_known_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # as tini ends the real one
    tests = Path(__file__).parents[1]
    sys.path.insert(0, str(tests))
    told = LEDGER / "settings.json"
    behaviour = json.loads(told.read_text()) if told.exists() else {}
    folder = LEDGER / os.uname().nodename
    folder.mkdir(exist_ok=True)
    pairs = [part for name, value in behaviour.items() for part in ("--set", f"{name}={json.dumps(value)}")]
    sys.argv = ["comfyui", "--listen", known.listen, "--port", known.port, "--directory", str(folder), *pairs]
    runpy.run_module("fakes.comfyui_server", run_name="__main__")


if __name__ == "__main__":
    main()
