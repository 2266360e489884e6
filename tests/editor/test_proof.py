"""A movie that is not its timeline is never let through, whatever was proven before."""

import json
import os
import shutil

import pytest
from barcode import write_clip

from film_pipeline.editor.boxes import box, children, inner, read_index
from film_pipeline.editor.disk import identity_of
from film_pipeline.editor.parts import Part, SoundPart
from film_pipeline.editor.proof import require_movie
from film_pipeline.editor.records import seal_of
from film_pipeline.editor.tracks import read_track
from film_pipeline.errors import MediaError, UnreadableMediaError
from film_pipeline.models.digests import sha256_of


@pytest.fixture
def cut(workshop):
    timeline = workshop.timeline([workshop.clip(scene) for scene in range(3)], ["cut", "dissolve", "cut"])
    workshop.cut(timeline)
    return workshop, timeline


def notes(workshop) -> list:
    return sorted((workshop.cache / "parts").rglob("*.proof"))


def test_every_part_and_the_sound_are_noted_as_proven(cut) -> None:
    workshop, timeline = cut
    # Two bodies and a transition of the first two scenes, the third scene, the sound.
    assert len(notes(workshop)) == 5
    before = [note.read_text() for note in notes(workshop)]
    workshop.cut(timeline)
    assert [note.read_text() for note in notes(workshop)] == before


@pytest.mark.parametrize("damage", ["", "0" * 64, "ü"])
def test_damaged_notes_heal(cut, damage) -> None:
    workshop, timeline = cut
    before = [note.read_text() for note in notes(workshop)]
    for note in notes(workshop):
        note.write_text(damage)
    workshop.cut(timeline)
    assert [note.read_text() for note in notes(workshop)] == before


def test_a_part_that_does_not_decode_is_made_anew(cut) -> None:
    """What no record shows: the encoder itself wrote rubbish, and its hash is the hash of rubbish."""
    workshop, timeline = cut
    good = sha256_of(workshop.movie)
    whole = [part for part in workshop.cache.rglob("shown.mp4") if len(read_track(part).sizes) == 24]
    part, record = whole[0], whole[0].parent / "entry.json"
    known = sha256_of(part)
    data, place = bytearray(part.read_bytes()), read_track(part).offsets[6]
    data[place + 5 : place + 60] = bytes(55)
    part.write_bytes(data)
    written = json.loads(record.read_text().replace(known, sha256_of(part)))
    record.write_text(json.dumps({**written, "seal": seal_of(written)}))
    for note in notes(workshop):
        note.unlink()

    assert workshop.cut(timeline).sha256 == good


def rot(path) -> None:
    """As a failing disk does it: another byte in the last picture, and nothing that tells of it."""
    record = path.parent / "entry.json"
    before, track = identity_of(path), read_track(path)
    data = bytearray(path.read_bytes())
    data[track.offsets[-1] + track.sizes[-1] - 1] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before[2], before[2]))
    record.write_text(record.read_text().replace(str(before)[1:-1], str(identity_of(path))[1:-1]))


@pytest.mark.parametrize("proven_before", [True, False])
def test_a_part_that_rotted_unseen_is_found_and_made_anew(cut, proven_before) -> None:
    workshop, timeline = cut
    good = sha256_of(workshop.movie)
    for part in sorted(workshop.cache.rglob("shown.mp4")):
        if not proven_before:
            (part.parent / f"{part.name}.proof").unlink(missing_ok=True)
        if len(read_track(part).sizes) > 6:
            rot(part)
    facts = workshop.cut(timeline)
    assert facts.sha256 == good
    assert 0 < facts.encoded_parts < 5
    assert workshop.cut(timeline).encoded_parts == 0


def test_a_blend_is_not_made_of_rotten_material(cut) -> None:
    workshop, timeline = cut
    good = sha256_of(workshop.movie)
    blend = next(part for part in workshop.cache.rglob("shown.mp4") if len(read_track(part).sizes) == 6)
    shutil.rmtree(blend.parent)
    for material in workshop.cache.rglob("*.mov"):
        rot(material)
    assert workshop.cut(timeline).sha256 == good


def test_a_sound_that_rotted_unseen_is_found_though_all_else_is_new(cut) -> None:
    workshop, timeline = cut
    good = sha256_of(workshop.movie)
    (sound,) = workshop.cache.rglob("sound.m4a")
    for folder in (workshop.cache / "parts").glob("*/*"):
        if folder != sound.parent:
            shutil.rmtree(folder)
    rot(sound)
    assert workshop.cut(timeline).sha256 == good


def some_part(workshop, name: str, frames: int) -> Part:
    path = workshop.folder / name
    path.write_text(name)
    return Part(path, frames, sha256_of(path))


def some_parts(workshop, lengths: list[int]) -> list[Part]:
    return [some_part(workshop, f"{number}", length) for number, length in enumerate(lengths)]


def its_sound(workshop) -> list[SoundPart]:
    part = some_part(workshop, "sound", 130)
    return [SoundPart(part.path, part.frames, part.sha256, first=0, samples=66 * 2000)]


@pytest.mark.parametrize("proven_before", [True, False])
@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_changed_byte_is_found(cut, place, proven_before) -> None:
    workshop, timeline = cut
    parts, sound = some_parts(workshop, [18, 6, 18, 24]), its_sound(workshop)
    if proven_before:
        require_movie(workshop.movie, timeline, parts, sound)
    data = bytearray(workshop.movie.read_bytes())
    track = read_track(workshop.movie)  # the picture, as it comes first
    samples = track.offsets[int(place * len(track.sizes))]
    data[samples + 5 : samples + 60] = bytes(55)
    workshop.movie.write_bytes(data)
    with pytest.raises(MediaError):
        require_movie(workshop.movie, timeline, parts, sound)


def test_a_movie_of_another_length_is_found(cut) -> None:
    workshop, timeline = cut
    longer = workshop.timeline([workshop.clip(scene) for scene in range(3)], ["cut", "cut", "cut"])
    with pytest.raises(MediaError, match="The movie is not what its timeline says"):
        require_movie(workshop.movie, longer, some_parts(workshop, [24, 24, 24]), its_sound(workshop))
    with pytest.raises(MediaError, match=r"66 frames|more"):
        require_movie(workshop.movie, timeline, some_parts(workshop, [18, 6, 18]), its_sound(workshop))


def test_a_movie_cut_short_is_found(cut) -> None:
    workshop, timeline = cut
    data = workshop.movie.read_bytes()
    workshop.movie.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(MediaError):
        require_movie(workshop.movie, timeline, some_parts(workshop, [66]), its_sound(workshop))


def test_the_index_comes_first_and_names_the_film(cut) -> None:
    workshop, timeline = cut
    workshop.cut(timeline, tags={"title": "Neo", "comment": "made", "x-own": "kept"})
    data = workshop.movie.read_bytes()
    assert [kind for kind, _ in children(data[: data.index(b"mdat") - 4])] == [b"ftyp", b"moov"]
    assert b"x-own" in inner(read_index(workshop.movie), b"udta", b"meta")


@pytest.mark.parametrize("content", [b"", b"abc", box(b"ftyp", b"isom"), box(b"moov", box(b"trak", b"")), bytes(64)])
def test_what_is_no_part_is_refused(tmp_path, content) -> None:
    path = tmp_path / "part.mp4"
    path.write_bytes(content)
    with pytest.raises(UnreadableMediaError, match="A part cannot be read"):
        read_track(path)


def test_parts_of_unlike_headers_are_not_joined(tmp_path) -> None:
    """The same pictures in another profile: a strict player would show rubbish after the join."""
    from fractions import Fraction

    from film_pipeline.editor.joining import join
    from film_pipeline.errors import UnfitMediaError

    x264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p")
    paths = [
        write_clip(
            tmp_path / f"{refs}.mp4", 1, 24, options=(*x264, "-refs", str(refs), "-video_track_timescale", "12288")
        )
        for refs in (1, 4)
    ]
    parts = [Part(path, 24, sha256_of(path)) for path in paths]
    sound = tmp_path / "sound.m4a"
    sound.write_bytes(paths[0].read_bytes())
    with pytest.raises(UnfitMediaError, match="unlike headers"):
        join(parts, [SoundPart(sound, 1, "", first=0, samples=1)], tmp_path / "film.mp4", Fraction(24), {})
    assert not (tmp_path / "film.mp4").exists()
