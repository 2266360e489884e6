"""Objects that a chart makes of values, by Helm's own library. Not here: whose chart, and what is done with them."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import yaml
from helm_python import Chart

Object = dict[str, Any]


def rendered(chart: Path, told: Object, namespace: str) -> list[Object]:
    """What ``helm install dagster`` would create; the chart's own schema, which refers to the internet, is left out."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(chart, Path(folder, "dagster")))
        for schema in copy.rglob("values.schema.json"):
            schema.unlink()
        with Chart.load(str(copy)) as loaded:
            texts = loaded.render(told, name="dagster", namespace=namespace, is_install=True)
    manifests = [text for name, text in texts.items() if not name.endswith("NOTES.txt")]  # that is for people
    return [thing for text in manifests for thing in yaml.safe_load_all(text) if isinstance(thing, dict)]
