"""What the lists show where one film cannot be read: its own problem, and all other films as ever."""

from factories import make_storyboard, make_studio

from film_pipeline.cli.showing import status_shown
from film_pipeline.settings import Settings


def test_a_film_that_cannot_be_read_keeps_no_other_from_the_list(settings: Settings) -> None:
    studio = make_studio(settings)
    for film in ("burnt", "odd", "well"):
        studio.store.write_storyboard(film, make_storyboard())
    studio.store.objects.write("films/burnt/report.json", b"{")
    studio.store.objects.write(
        "films/odd/storyboard.json",
        b'{"title": "T", "size": "97x64", "scenes": [{"id": 1, "duration": 1, "prompt": "x"}]}',
    )
    rows = {row["film"]: row for row in status_shown(studio, None)["films"]}
    assert "report.json" in rows["burnt"]["problem"]
    assert "must be even" in rows["odd"]["problem"]
    assert (rows["well"]["problem"], rows["well"]["missing"]) == (None, 2)
