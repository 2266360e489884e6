"""A daemon in this process: ticks sensors when told, and runs what they ask for."""

import os
import time
from pathlib import Path

import dagster as dg
from factories import PatternRenderer, make_studio

from film_pipeline.definitions import build_definitions
from film_pipeline.defs.director_sensor import director
from film_pipeline.defs.inbox_sensor import new_scripts
from film_pipeline.settings import Settings


class Daemon:
    """Evaluates the sensors and runs what they ask for, one tick at a time, on an instance in memory."""

    def __init__(self, settings: Settings, instance: dg.DagsterInstance) -> None:
        self.renderer = PatternRenderer()
        self.studio = make_studio(settings, self.renderer)
        self.definitions = build_definitions(settings, self.studio)
        self.instance = instance
        self.keys: set[str] = set()

    def drop(self, name: str, text: str, age: float = 10) -> Path:
        path = self.studio.settings.home / "scripts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (time.time() - age, time.time() - age))
        return path

    def tick(self, name: str = "director") -> list[dg.RunRequest]:
        """One evaluation; a run key that was requested before is ignored, as the daemon does."""
        sensor = {"director": director, "new_scripts": new_scripts}[name]
        with dg.build_sensor_context(instance=self.instance, resources={"studio": self.studio}) as context:
            data = sensor(context)
        assert isinstance(data, dg.SensorResult)
        for request in data.dynamic_partitions_requests or []:
            if isinstance(request, dg.AddDynamicPartitionsRequest):
                self.instance.add_dynamic_partitions(request.partitions_def_name, list(request.partition_keys))
            else:
                for key in request.partition_keys:
                    self.instance.delete_dynamic_partition(request.partitions_def_name, key)
        fresh = [request for request in data.run_requests or [] if request.run_key not in self.keys]
        self.keys |= {str(request.run_key) for request in fresh}
        return fresh

    def execute(self, request: dg.RunRequest) -> bool:
        job = self.definitions.resolve_job_def(str(request.job_name))
        result = job.execute_in_process(
            partition_key=request.partition_key, instance=self.instance, tags=dict(request.tags), raise_on_error=False
        )
        return result.success

    def work(self, ticks: int = 8) -> list[str]:
        """Tick until nothing is asked for; returns what ran."""
        ran = []
        for _ in range(ticks):
            self.tick("new_scripts")
            requests = self.tick()
            for request in requests:
                self.execute(request)
                ran.append(f"{request.job_name} {request.partition_key}")
            if not requests:
                break
        return ran
