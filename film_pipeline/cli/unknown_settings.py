"""Variables that look like settings and are none: whoever misspelt one is told so, as nothing would read it."""

import os
import re
from difflib import get_close_matches

from dotenv import dotenv_values

from film_pipeline.settings import Settings

# The variables by which Kubernetes tells a pod of each service, also of one whose name begins with "film".
_OF_KUBERNETES = re.compile(r"_(SERVICE_HOST|SERVICE_PORT|PORT)(_|$)")


def unknown_settings() -> list[str]:
    """A sentence for each ``FILM_`` variable, in the environment or in ``.env``, that is no setting."""
    known = {str(field.validation_alias) for field in Settings.model_fields.values()} | {"FILM_HOME"}
    names = {*os.environ, *dotenv_values(".env", encoding="utf-8-sig")} - known
    ours = sorted(name for name in names if name.startswith("FILM_") and not _OF_KUBERNETES.search(name))
    return [f"{name} is no setting, and is ignored{_meant(name, known)}" for name in ours]


def _meant(name: str, known: set[str]) -> str:
    near = get_close_matches(name, known, 1, 0.8)
    return f"; did you mean {near[0]}?" if near else ""
