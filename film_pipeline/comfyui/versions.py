"""Which ComfyUI versions can do what; the numbers are first releases with the feature."""

import re

JOBS = (0, 6)
"""``/api/jobs`` tells the state of one job."""
FULL = (0, 26)
"""Spoken fully: jobs are cancelled by their id in one call."""
SAFE = (0, 28)
"""CVE-2026-56670 to 56673 are fixed."""


def parse_version(text: str) -> tuple[int, ...]:
    """``0.33.0`` as (0, 33, 0); an unreadable version counts as (0,)."""
    match = re.match(r"v?(\d+(?:\.\d+)*)", text.strip())
    return tuple(int(part) for part in match[1].split(".")[:4]) if match else (0,)


def version_warnings(text: str) -> list[str]:
    """What a user should know about a server of this version, in whole sentences."""
    version = parse_version(text)
    warnings = []
    if version < FULL:
        warnings.append(
            f"ComfyUI {text} is older than 0.26: jobs are followed and cancelled in an older, slower way. Update it."
        )
    if version < SAFE:
        warnings.append(
            f"ComfyUI {text} has known security holes (CVE-2026-56670 to 56673). Update it to 0.28 or newer."
        )
    return warnings
