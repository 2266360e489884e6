"""Contact sheets: the middle frame of each scene, in pages, for any number of scenes."""

from pathlib import Path

import pytest
from factories import make_clip
from PIL import Image

from film_pipeline.editor import contact_sheet
from film_pipeline.editor.contact_sheet import SCENES_A_PAGE, SHEET_WIDTH, Thumbnail, contact_sheets
from film_pipeline.ffmpeg.pictures import frame_image


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", 12)


def scenes(count: int, clip: Path, prompt: str = "A detective walks through the rain") -> list[Thumbnail]:
    return [Thumbnail(f"{n:03d}", 1, 1.0, prompt, clip) for n in range(1, count + 1)]


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (4, 2), (9, 3), (200, 12)])
def test_scenes_stand_in_a_grid(count: int, columns: int, clip: Path, tmp_path: Path) -> None:
    (page,) = contact_sheets(scenes(count, clip), 16 / 9, tmp_path)
    with Image.open(page) as image:
        assert (page.name, image.format, image.width) == ("contact_sheet.jpg", "JPEG", SHEET_WIDTH)
        cell = SHEET_WIDTH / columns
        rows = -(-count // columns)
        assert 0.5 < image.height / (cell * rows) < 1.2
        assert image.height < 65_000
        if count > 1:
            last_row = image.crop((0, image.height - int(cell * 0.8), int(cell), image.height))
            assert last_row.convert("L").getextrema()[1] > 200
    assert [path.name for path in tmp_path.iterdir()] == ["contact_sheet.jpg"]


def test_the_middle_of_a_clip_is_shown(clip: Path, tmp_path: Path) -> None:
    (page,) = contact_sheets(scenes(1, clip), 16 / 9, tmp_path)
    with Image.open(page) as sheet:
        shown = sheet.crop((24, 24, SHEET_WIDTH - 24, 24 + 1000)).resize((160, 90), Image.Resampling.BOX)

    def distance(seconds: float) -> float:
        frame = frame_image(clip, seconds)
        pairs = zip(shown.convert("L").tobytes(), frame.convert("L").tobytes(), strict=True)
        return sum(abs(a - b) for a, b in pairs)

    assert min((0.0, 0.25, 0.5, 0.75, 0.9), key=distance) == 0.5


def test_upright_films_get_more_columns(clip: Path, tmp_path: Path) -> None:
    (page,) = contact_sheets(scenes(3, clip), 9 / 16, tmp_path)
    with Image.open(page) as image:
        assert image.height < SHEET_WIDTH


def test_long_films_fill_pages(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_sheet, "frame_image", lambda path, seconds: Image.new("RGB", (16, 9)))
    pages = contact_sheets(scenes(2 * SCENES_A_PAGE + 1, clip), 16 / 9, tmp_path)
    assert [page.name for page in pages] == ["contact_sheet.jpg", "contact_sheet-2.jpg", "contact_sheet-3.jpg"]


@pytest.mark.parametrize("prompt", ["x" * 4000, "雨" * 300, "", "one\ntwo\tthree"])
def test_any_prompt_fits(prompt: str, clip: Path, tmp_path: Path) -> None:
    assert contact_sheets(scenes(40, clip, prompt), 16 / 9, tmp_path)[0].stat().st_size > 1000


@pytest.mark.parametrize(("one", "other"), [("ž", "ř"), ("ж", "ю"), ("λ", "ξ"), ("ש", "ט"), ("س", "ط")])
def test_letters_of_many_alphabets_can_be_told_apart(one: str, other: str, clip: Path, tmp_path: Path) -> None:
    """Where a typeface lacks them, all look like the same box."""
    sheets = []
    for letter in (one, other):
        (page,) = contact_sheets(scenes(1, clip, letter), 16 / 9, tmp_path)
        sheets.append(page.read_bytes())
    assert sheets[0] != sheets[1]
