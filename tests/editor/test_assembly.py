from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from film_pipeline.editor.assembly import assemble
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.storyboard import Transition
from film_pipeline.models.timeline import Timeline, TimelineClip, TimelineTransition

FORMAT = FilmFormat(width=320, height=180)
KINDS = ["cut", "dissolve", "fade", "fade_white", "wipe_left", "wipe_right", "wipe_up", "wipe_down"]


def clip(scene: int, frames: int) -> TimelineClip:
    return TimelineClip(scene=f"{scene:03d}", take=1, media=f"{scene}.mp4", sha256=str(scene), frames=frames)


def clips(*frames: int) -> list[TimelineClip]:
    return [clip(number, length) for number, length in enumerate(frames, start=1)]


transitions = st.builds(Transition, kind=st.sampled_from(KINDS), duration=st.floats(0, 5))


@given(
    st.lists(st.tuples(st.integers(1, 400), st.none() | transitions), min_size=1, max_size=12),
    st.none() | transitions,
    st.sampled_from([Fraction(24), Fraction(24000, 1001), Fraction(60), Fraction(1)]),
)
def test_a_film_is_as_long_as_its_clips_less_their_overlaps(scenes, closing, rate) -> None:
    row = [clip(number, frames) for number, (frames, _) in enumerate(scenes)]
    film_format = FilmFormat(width=320, height=180, frame_rate=rate)
    timeline = assemble("T", film_format, row, [wish for _, wish in scenes], closing=closing)

    assert timeline.frames == sum(c.frames for c in row) - sum(t.frames for t in timeline.transitions) >= 1
    for each, span in zip(row, timeline.spans(), strict=True):
        assert span.head + span.tail <= each.frames
        assert 0 <= span.start <= timeline.frames - each.frames
    wished = {each.scene for each, (_, wish) in zip(row, scenes, strict=True) if wish and wish.seconds}
    for before, after, transition in zip(row, row[1:], timeline.transitions, strict=False):
        assert transition.frames <= min(before.frames, after.frames) // 2
        assert transition.frames <= transition.wished_frames
        assert (transition.frames == 0) == (transition.kind == "cut")
        shortened = transition.frames < transition.wished_frames or (not transition.frames and after.scene in wished)
        assert shortened == any(f"into scene {after.scene} " in note for note in timeline.notes)


def test_a_transition_takes_its_time_from_both_neighbours() -> None:
    timeline = assemble("T", FORMAT, clips(96, 72), [None, Transition(kind="dissolve", duration=0.5)])

    assert timeline.transitions == (TimelineTransition(kind="dissolve", frames=12, wished_frames=12),)
    assert timeline.frames == 156
    assert timeline.starts() == (0, 84)
    assert timeline.notes == ()


def test_a_long_transition_is_shortened_and_the_note_names_the_cause() -> None:
    timeline = assemble("T", FORMAT, clips(48, 12, 48), [None] + [Transition(kind="dissolve", duration=0.5)] * 2)

    assert [t.frames for t in timeline.transitions] == [6, 6]
    assert timeline.notes == (
        "transition into scene 002 shortened from 12 to 6 frames: scene 002 has only 12 frames",
        "transition into scene 003 shortened from 12 to 6 frames: scene 002 has only 12 frames",
    )


def test_a_clip_of_one_frame_has_room_for_cuts_only() -> None:
    timeline = assemble("T", FORMAT, clips(1, 48), [None, Transition(kind="wipe_up", duration=0.5)])

    assert timeline.transitions[0] == TimelineTransition(kind="cut", frames=0, wished_frames=12)
    assert timeline.notes == ("transition into scene 002 became a cut: scene 001 has only 1 frame",)


def test_a_clip_of_two_frames_gives_one() -> None:
    timeline = assemble("T", FORMAT, clips(2, 48), [None, Transition(kind="dissolve", duration=0.5)])

    assert timeline.notes == ("transition into scene 002 shortened from 12 to 1 frame: scene 001 has only 2 frames",)


def test_a_fade_opens_and_closes_the_film() -> None:
    fade = Transition(kind="fade_white", duration=1)
    timeline = assemble("T", FORMAT, clips(48), [fade], closing=Transition(kind="fade", duration=5))

    assert timeline.opening == TimelineTransition(kind="fade_white", frames=24, wished_frames=24)
    assert timeline.closing == TimelineTransition(kind="fade", frames=24, wished_frames=120)
    assert timeline.frames == 48
    assert timeline.notes == ("fade at the end shortened from 120 to 24 frames: scene 001 has only 48 frames",)


def test_what_is_shorter_than_a_frame_becomes_a_cut_and_is_told() -> None:
    slow = FilmFormat(width=320, height=180, frame_rate=Fraction(1))
    fade, short = Transition(kind="fade", duration=0.4), Transition(kind="fade_white", duration=0.5)
    timeline = assemble("T", slow, clips(4, 4, 4), [fade, short, Transition(duration=0.51)], closing=short)

    assert (timeline.opening, timeline.closing) == (None, None)
    assert [(each.kind, each.frames) for each in timeline.transitions] == [("cut", 0), ("dissolve", 1)]
    assert timeline.notes == (
        "fade at the start became a cut: 0.4 s is shorter than a frame",
        "transition into scene 002 became a cut: 0.5 s is shorter than a frame",
        "fade at the end became a cut: 0.5 s is shorter than a frame",
    )


@pytest.mark.parametrize("wish", [None, Transition(kind="cut"), Transition(kind="fade", duration=0)])
def test_a_wish_for_a_cut_or_for_no_time_is_nothing_to_tell(wish) -> None:
    slow = FilmFormat(width=320, height=180, frame_rate=Fraction(1))
    assert assemble("T", slow, clips(4, 4), [wish, wish], closing=wish).notes == ()


def test_a_dissolve_into_the_first_scene_is_ignored_and_told() -> None:
    timeline = assemble("T", FORMAT, clips(48), [Transition(kind="dissolve")])

    assert timeline.opening is None
    assert timeline.notes == ("dissolve of scene 001 ignored: only a fade opens a film",)


def test_a_cut_into_the_first_scene_is_nothing_to_tell() -> None:
    assert assemble("T", FORMAT, clips(48), [Transition(kind="cut")]).notes == ()


def test_wishes_and_clips_must_match() -> None:
    with pytest.raises(ValueError, match="at least one clip"):
        assemble("T", FORMAT, [], [])
    with pytest.raises(ValueError, match="2 clips need as many wished transitions, not 1"):
        assemble("T", FORMAT, clips(5, 5), [None])


def test_a_timeline_refuses_transitions_longer_than_a_clip() -> None:
    with pytest.raises(ValidationError, match="the transitions of scene 001 are longer than its 10 frames"):
        Timeline(
            title="T",
            format=FORMAT,
            clips=tuple(clips(10, 48)),
            transitions=(TimelineTransition(kind="dissolve", frames=12, wished_frames=12),),
        )
