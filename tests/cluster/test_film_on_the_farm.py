"""A script in the bucket becomes a movie in the bucket, rendered by pods that are there only while they render."""

import time

from cluster.farm import Farm


def test_a_script_becomes_a_movie(farm: Farm) -> None:
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
