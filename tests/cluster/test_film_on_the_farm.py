"""A script in the bucket becomes a movie in the bucket, rendered by pods that are there only while they render."""

import time

import pytest

from cluster.farm import KEPT_BY_CUTS, Farm
from cluster.processes import wait_until


@pytest.mark.timeout(600)
def test_a_script_becomes_a_movie_and_an_edit_costs_what_changed(farm: Farm) -> None:
    farm.behave(render_seconds=6)
    began = time.monotonic()
    farm.drop("parallel", scenes=4)
    most_running = most_waiting = 0
    while farm.movie("parallel") is None and time.monotonic() - began < 280:
        pods = farm.scene_pods()
        most_running = max(most_running, sum(pod.status.phase == "Running" for pod in pods))
        most_waiting = max(most_waiting, sum(pod.status.phase == "Pending" for pod in pods))
        time.sleep(0.5)
    farm.wait_for_movie("parallel", 1)
    print(f"{time.monotonic() - began:.0f} s, {most_running} at once, {most_waiting} waited")
    assert most_running == 2
    assert most_waiting >= 1
    assert farm.renders("parallel")
    assert set(farm.renders("parallel").values()) == {1}
    assert not farm.scene_pods("Running", "Pending")
    told = [line for pod in farm.scene_pods("Succeeded") for line in farm.json_lines(pod)]
    assert {line["scene"] for line in told if line.get("film") == "parallel"} == {"001", "002", "003", "004"}
    assert {line["take"] for line in told if "take" in line} == {1}
    edit_costs_what_changed(farm)


def edit_costs_what_changed(farm: Farm) -> None:
    """A cut in another pod finds what the one before it kept: it fetches and encodes the new scene, and no other."""
    farm.behave(render_seconds=1)
    before, fetched = farm.movie("parallel"), kept_clips()
    farm.edit("parallel", 2, "something else is seen")
    wait_until(lambda: farm.movie("parallel") != before, 120, "the movie with the edit", told=farm.story, every=1)
    wait_until(lambda: len(farm.cuts("parallel")) == 2, 60, "the second cut to end", told=farm.story, every=1)
    first, second = farm.cuts("parallel")
    print(f"cut in {first['cut_seconds']} s, and after the edit in {second['cut_seconds']} s")
    assert first["parts_from_the_cache"] == 0
    assert second["parts_encoded"] == 1
    assert second["parts_from_the_cache"] == first["parts_encoded"] - 1
    assert len(kept_clips() - fetched) == 1
    assert fetched <= kept_clips()


def kept_clips() -> set[tuple[str, int]]:
    """Each clip that was fetched, and when: one that is fetched again is another."""
    return {(clip.name, clip.stat().st_ctime_ns) for clip in KEPT_BY_CUTS.glob("fetched/files/*.mp4")}
