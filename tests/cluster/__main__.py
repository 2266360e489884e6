"""`make test-cluster`: check the machine, install, build, and run the tests in a sandbox. Arguments go to pytest."""

import sys
from pathlib import Path

from cluster import building, packages, sandbox

_TESTS = Path(__file__).parent


def main(arguments: list[str]) -> int:
    missing = sandbox.missing()
    if missing:
        print(f"make test-cluster: {missing}; not tested: films on Kubernetes, and with a real S3 server.")
        return 0
    packages.require(*packages.S3_SERVER, *packages.CLUSTER, *packages.DATABASE)
    building.kubernetes()
    named = any(Path(argument.split("::")[0]).exists() for argument in arguments)
    return sandbox.run_inside([sys.executable, "-m", "pytest", *([] if named else [str(_TESTS)]), *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
