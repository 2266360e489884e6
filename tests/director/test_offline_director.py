"""The offline director on real scripts: what a reader of the storyboard must find in it."""

import time
from contextlib import suppress
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from film_pipeline.director import Direction, Limits, Script, ScriptKind
from film_pipeline.director.offline import OfflineDirector, title_of
from film_pipeline.director.script import read_script
from film_pipeline.errors import FilmPipelineError, ScriptError, StoryboardError
from film_pipeline.models.storyboard import Scene, Storyboard, parse_storyboard, storyboard_to_json

SCRIPTS = Path(__file__).parent / "scripts"
EXAMPLE = Path(__file__).parents[2] / "examples" / "neo-amsterdam.txt"
ROOMY = Limits(max_scenes=10_000, max_seconds=1_000_000)


def direct(text: str, kind: ScriptKind = "text", name: str = "film.txt", limits: Limits = ROOMY) -> Storyboard:
    return OfflineDirector().direct(Script(name, text, kind), limits, None).storyboard


@cache
def directed_once(path: Path) -> Storyboard:
    return directed(path).storyboard


def directed(path: Path) -> Direction:
    return OfflineDirector().direct(read_script(path), ROOMY, None)


def scene_with(storyboard: Storyboard, words: str) -> Scene:
    found = [scene for scene in storyboard.scenes if words in scene.prompt or words in (scene.narration or "")]
    assert found, f"no scene holds {words!r}"
    return found[0]


class TestTheExample:
    @pytest.fixture
    def film(self) -> Storyboard:
        return directed_once(EXAMPLE)

    def test_is_a_short_film(self, film: Storyboard) -> None:
        assert film.title == "Neo-Amsterdam"
        assert 6 <= len(film.scenes) <= 8
        assert 25 <= film.seconds <= 35
        assert [scene.id for scene in film.scenes] == [f"{n:03d}" for n in range(1, len(film.scenes) + 1)]

    def test_varies_its_shots(self, film: Storyboard) -> None:
        shots = [scene.prompt.split(".")[0].split(" of ")[0] for scene in film.scenes]
        assert len(set(shots)) >= 6
        assert all(shot != after for shot, after in pairwise(shots))
        assert "wide" in shots[0].lower()
        assert "Close-up" in scene_with(film, "holographic map").prompt

    def test_every_prompt_stands_alone(self, film: Storyboard) -> None:
        for scene in film.scenes:
            assert "2084" in scene.prompt
            assert "Neo-Amsterdam" in scene.prompt
            assert "night" in scene.prompt
            assert "rain" in scene.prompt.lower()
            assert "yberpunk" in scene.prompt
            if "Mara" in scene.characters:
                assert "a tired detective in a long grey coat" in scene.prompt

    def test_speech_is_narration_and_never_in_the_picture(self, film: Storyboard) -> None:
        talk = scene_with(film, "Where did she go?")
        assert talk.narration == "MARA: She was here. Where did she go?\nJONAS: Up. They always go up."
        assert "Where did she go" not in talk.prompt

    def test_honours_transitions(self, film: Storyboard) -> None:
        kinds = [scene.transition.kind if scene.transition else None for scene in film.scenes]
        assert kinds[0] == "fade"
        assert kinds.count("cut") == 2

    def test_the_music_fits(self, film: Storyboard) -> None:
        assert film.soundtrack.mood
        assert film.soundtrack.tempo
        assert "synth" in (film.soundtrack.tags or "")

    def test_says_that_it_is_a_stand_in(self) -> None:
        made = directed(EXAMPLE).made
        assert (made["director"], made["stand_in"]) == ("offline/1", True)


class TestATwoPageScreenplay:
    @pytest.fixture
    def film(self) -> Storyboard:
        return directed_once(SCRIPTS / "the-last-lighthouse.fountain")

    def test_lasts_about_two_minutes_in_film_rhythm(self, film: Storyboard) -> None:
        assert film.title == "The Last Lighthouse"
        assert 90 <= film.seconds <= 150
        assert all(2 <= scene.duration <= 10 and scene.duration * 2 % 1 == 0 for scene in film.scenes)
        assert 3.5 <= film.seconds / len(film.scenes) <= 7

    def test_keeps_scene_headings(self, film: Storyboard) -> None:
        assert film.scenes[0].heading == "EXT. ROCKY ISLAND - DUSK"
        assert {scene.heading for scene in film.scenes if scene.heading} >= {"INT. LIGHTHOUSE, STAIRWELL - NIGHT"}

    def test_continuous_keeps_the_time_of_day(self, film: Storyboard) -> None:
        kitchen = scene_with(film, "stirs a pot")
        assert "dusk" in kitchen.prompt
        assert "storm outside" in kitchen.prompt

    def test_people_are_described_wherever_they_appear(self, film: Storyboard) -> None:
        for scene in film.scenes:
            if "Tobias" in scene.characters:
                assert "an old lighthouse keeper with a white beard" in scene.prompt
            if "Iris" in scene.characters:
                assert "soaked yellow raincoat" in scene.prompt

    def test_a_pronoun_becomes_the_name(self, film: Storyboard) -> None:
        assert "Tobias, an old lighthouse keeper" in scene_with(film, "opens the door").prompt

    def test_dual_dialogue_is_one_two_shot(self, film: Storyboard) -> None:
        scene = scene_with(film, "It is blind.")
        assert scene.narration == "IRIS: It is beautiful.\nTOBIAS: It is blind."
        assert "wo-shot" in scene.prompt

    def test_a_camera_note_is_followed(self, film: Storyboard) -> None:
        scene = scene_with(film, "hand on the crank")
        assert scene.prompt.startswith("Close-up")
        assert "CLOSE ON" not in scene.prompt

    def test_parentheticals_colour_the_speech(self, film: Storyboard) -> None:
        assert "speaking to himself" in scene_with(film, "Nobody knocks here.").prompt
        assert "shouting" in scene_with(film, "There are people out there!").prompt

    def test_an_unseen_voice_is_heard_over_the_action(self, film: Storyboard) -> None:
        scene = scene_with(film, "clings to the mast")
        assert scene.narration == "FATHER: Hold on! Hold on!"
        assert "speaking" not in scene.prompt

    def test_lyrics_are_sung(self, film: Storyboard) -> None:
        assert scene_with(film, "Home again").narration == "SONG: Home again, home again, the light says the way."

    def test_a_card_may_be_still_and_black_and_the_end_is_left_out(self, film: Storyboard) -> None:
        card = film.scenes[-1]
        assert "THE LIGHT STAYS ON" in card.prompt
        assert card.allow_still
        assert card.allow_black

    def test_what_is_not_for_the_screen_is_left_out(self, film: Storyboard) -> None:
        text = storyboard_to_json(film)
        for absent in ("Should he burn it", "first draft", "Act one", "A keeper who should", "2026", "*two*", "Draft"):
            assert absent not in text

    def test_dissolve(self, film: Storyboard) -> None:
        scene = scene_with(film, "Calm, golden water")
        assert scene.transition is not None
        assert (scene.transition.kind, scene.transition.duration) == ("dissolve", 1.0)


class TestProse:
    @pytest.fixture
    def film(self) -> Storyboard:
        return directed_once(SCRIPTS / "clockmaker.txt")

    def test_the_first_line_is_the_title(self, film: Storyboard) -> None:
        assert film.title == "The Clockmaker"

    @pytest.mark.parametrize("below", ["\n", "Credit: a short film\nNotes: cyberpunk\n\n", ""])
    def test_a_title_line_as_of_a_screenplay_is_the_title_and_no_picture(self, below: str) -> None:
        film = direct(f"Title: Café “Noir”\n{below}A man walks through the rain.\n\nHe stops.\n", "text")
        assert film.title == "Café “Noir”"
        assert "Noir”" not in storyboard_to_json(film).split("scenes", 1)[1]
        assert "short film" not in storyboard_to_json(film)

    def test_a_date_in_a_letter_is_no_title_page(self) -> None:
        film = direct("Date: the last of May.\n\nA man walks through the rain.\n", "text")
        assert "the last of May" in film.scenes[0].prompt

    def test_about_a_scene_a_paragraph(self, film: Storyboard) -> None:
        assert 5 <= len(film.scenes) <= 8

    def test_the_place_is_remembered_until_another_is_named(self, film: Storyboard) -> None:
        assert "narrow workshop in Prague" in scene_with(film, "opens the box").prompt

    def test_a_nameless_person_keeps_the_look(self, film: Storyboard) -> None:
        assert "The old clockmaker in a leather apron opens the box" in scene_with(film, "opens the box").prompt
        assert "the young woman in a green coat returns" in film.scenes[-1].prompt

    def test_quotations_are_spoken_by_the_one_they_belong_to(self, film: Storyboard) -> None:
        scene = scene_with(film, "They told me")
        assert scene.narration == "WOMAN: It was my mother's. They told me you never give up."
        assert "They told me" not in scene.prompt

    def test_rain_that_stops_is_over(self, film: Storyboard) -> None:
        assert "rain" in film.scenes[1].prompt
        assert "rain" not in film.scenes[-1].prompt

    def test_rain_that_runs_is_no_chase(self, film: Storyboard) -> None:
        assert "tracking" not in film.scenes[0].prompt.lower()


class TestMarkdown:
    @pytest.fixture
    def film(self) -> Storyboard:
        return directed_once(SCRIPTS / "the-fox.md")

    def test_headings_lists_and_rules_are_no_picture(self, film: Storyboard) -> None:
        assert film.title == "The Fox and the Lantern"
        prompts = " ".join(scene.prompt for scene in film.scenes)
        assert "#" not in prompts
        assert "***" not in prompts
        assert "Footprints lead to the bridge" in prompts

    def test_weather_goes_on(self, film: Storyboard) -> None:
        assert all("falling snow" in scene.prompt for scene in film.scenes)

    def test_speech(self, film: Storyboard) -> None:
        assert scene_with(film, "Have you seen my brother?").narration == "MILA: Have you seen my brother?"

    def test_links_images_comments_and_tags_are_stripped(self) -> None:
        film = direct(
            "---\ntitle: Sea\n---\n\nA [boat](http://x.example/a) ![pic](b.png) sails <b>home</b>.<!-- secret -->\n",
            "markdown",
        )
        assert film.title == "Sea"
        assert "A boat sails home." in film.scenes[0].prompt
        assert "secret" not in film.scenes[0].prompt

    def test_a_screenplay_in_markdown(self) -> None:
        film = direct("# Two\n\n## INT. BAR - NIGHT\n\nSmoke.\n\nMARA\nHello.\n", "markdown")
        assert film.scenes[0].heading == "INT. BAR - NIGHT"
        assert film.scenes[0].narration == "MARA: Hello."

    def test_an_outline_of_headings_alone_is_filmed(self) -> None:
        film = direct("# Film\n\n## A wide and empty sea\n\n## A boat with a red sail comes nearer", "markdown")
        assert film.title == "Film"
        assert "A boat with a red sail comes nearer." in film.scenes[-1].prompt


FOUNTAIN_CASES = [
    (".SNIPER SCOPE POV\n\nA street.", "heading", "SNIPER SCOPE POV"),
    ("INT. HOUSE - DAY #1A#\n\nA chair.", "heading", "INT. HOUSE - DAY"),
    ("I/E. CAR - DAY\n\nA road.", "heading", "I/E. CAR - DAY"),
    ("EST. PARIS - DAWN\n\nRoofs.", "heading", "EST. PARIS - DAWN"),
    ("int. house - day\n\nA chair.", "heading", "int. house - day"),
    ("INT. A - DAY\n\n@McAVOY\nHi there.", "narration", "McAVOY: Hi there."),
    ("INT. A - DAY\n\nMARA (CONT'D)\nHi there.", "narration", "MARA: Hi there."),
    ("INT. A - DAY\n\nMARA (V.O.)\nHi there.", "narration", "MARA: Hi there."),
    ("INT. A - DAY\n\n!SCANNING THE AISLES...\nShe finds it.", "narration", None),
]


@pytest.mark.parametrize(("text", "field", "value"), FOUNTAIN_CASES)
def test_fountain_notation(text: str, field: str, value: str | None) -> None:
    found = getattr(direct(text, "fountain").scenes[0], field)
    assert (found or "").casefold() == (value or "").casefold()


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("CUT TO:", "cut"),
        ("SMASH CUT TO:", "cut"),
        ("> MATCH CUT TO:", "cut"),
        ("DISSOLVE TO:", "dissolve"),
        ("FADE OUT.", "fade"),
        ("FADE TO WHITE.", "fade_white"),
        ("WIPE TO:", "wipe_left"),
        ("> Burn to white.", "fade_white"),
    ],
)
def test_transitions_lead_into_the_next_scene(words: str, kind: str) -> None:
    film = direct(f"INT. A - DAY\n\nA chair.\n\n{words}\n\nINT. B - DAY\n\nA table.", "fountain")
    assert film.scenes[0].transition is None
    assert film.scenes[1].transition is not None
    assert film.scenes[1].transition.kind == kind


def test_a_heading_with_nothing_under_it_is_still_shown() -> None:
    film = direct("EXT. HARBOUR - DAWN\n\nINT. BOAT - DAY\n\nA man sleeps.", "fountain")
    assert len(film.scenes) == 2
    assert "Harbour" in film.scenes[0].prompt


def test_long_speech_is_split_between_sentences() -> None:
    speech = " ".join(f"This is the long sentence number {n} of what she has to say." for n in range(12))
    film = direct(f"INT. A - DAY\n\nMARA\n{speech}", "fountain")
    assert len(film.scenes) > 4
    assert all(scene.narration and scene.narration.endswith("say.") for scene in film.scenes)
    assert all(scene.duration <= 10 for scene in film.scenes)


def test_a_huge_sentence_is_split_between_words() -> None:
    film = direct("the boat sails on " * 200)
    assert len(film.scenes) > 10
    assert all(" sai " not in scene.prompt for scene in film.scenes)


def test_a_line_of_100_kb_and_10_000_headings_are_quick() -> None:
    began = time.process_time()
    assert direct("a" * 100_000).scenes
    assert direct("word " * 20_000).scenes
    assert len(direct("\n\n".join(f"INT. ROOM {n} - DAY" for n in range(10_000)), "fountain").scenes) == 10_000
    assert len(direct("\n\n".join(f"# Heading {n}" for n in range(10_000)), "markdown").scenes) <= 10_000
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    "mark", ["[", "(", '"', "*_", "<a ", "Aa, a ", "a man in a ", "[[", "/*", "A\n(b)\n", "漢", "in the "]
)
def test_time_grows_with_the_text_and_not_with_its_square(mark: str) -> None:
    began = time.process_time()
    for kind in ("text", "markdown", "fountain"):
        with suppress(ScriptError, StoryboardError):  # nothing to film, or too much of it
            direct(mark * (50_000 // len(mark)), kind)  # type: ignore[arg-type]
    assert time.process_time() - began < 6


@pytest.mark.parametrize(
    "text",
    [
        "雨が降っている。刑事が運河を歩く。彼女は立ち止まる。",
        "المطر يهطل على المدينة. يمشي المحقق وحده؟ ثم يتوقف.",
        "Идёт дождь. Сыщик идёт по набережной. Он останавливается.",
        "🌧️🌃🕵️‍♀️➡️🚤",
        "😀",
        "Cafe\u0301 \u200bnoir\u200f. Niño!",
    ],
)
def test_every_language_makes_a_film_with_plain_ids(text: str) -> None:
    film = direct(text)
    assert all(scene.id.isascii() for scene in film.scenes)
    assert parse_storyboard(storyboard_to_json(film)) == film
    assert text[:1] in film.scenes[0].prompt


@pytest.mark.parametrize(
    ("title", "name", "expected"),
    [
        ("../../etc/passwd", "a.txt", "../../etc/passwd"),
        ("CON", "a.txt", "CON"),
        (None, "my_short-film.txt", "My Short Film"),
        ("a\x00b\x1b[31mc\u2028d", "a.txt", "a b [31mc d"),
        ("x" * 900, "a.txt", "x" * 199 + "…"),
        ("\x00", "\x01.txt", "Untitled"),
    ],
)
def test_titles_are_only_text(title: str | None, name: str, expected: str) -> None:
    assert title_of(title, name) == expected


def test_too_many_scenes_or_seconds_name_both_numbers_and_the_setting() -> None:
    text = "\n\n".join(f"INT. ROOM {n} - DAY" for n in range(12))
    with pytest.raises(StoryboardError, match=r"12 scenes.*\b10\b.*FILM_MAX_SCENES"):
        direct(text, "fountain", limits=Limits(10, 1_000))
    with pytest.raises(StoryboardError, match=r"30 s.*\b20 s.*FILM_MAX_SECONDS"):
        direct(text, "fountain", limits=Limits(100, 20))
    with pytest.raises(StoryboardError, match="10,000"):
        direct("\n\n".join(f".R{n}" for n in range(10_001)), "fountain", limits=Limits(1_000_000, 1_000_000))


@pytest.mark.parametrize(
    "text", ["...", "CUT TO:", "Title: Nothing", "> THE END <", "[[only a note]]", "/* INT. BAR - NIGHT */", "***"]
)
def test_a_script_without_anything_to_see_is_refused(text: str) -> None:
    with pytest.raises(ScriptError, match="nothing to film"):
        direct(text, "fountain" if text != "***" else "markdown")


def test_a_storyboard_is_taken_as_it_is() -> None:
    scenes = '{"id": 1, "duration": 4, "prompt": "Rain"}, {"id": 2, "duration": 3, "prompt": "Eye"}'
    text = f'{{"title": "N", "scenes": [{scenes}]}}'
    direction = OfflineDirector().direct(Script("n.json", text, "storyboard"), ROOMY, None)
    assert direction.storyboard == parse_storyboard(text)
    with pytest.raises(StoryboardError, match="FILM_MAX_SCENES"):
        OfflineDirector().direct(Script("n.json", text, "storyboard"), Limits(1, 100), None)
    with pytest.raises(StoryboardError, match="FILM_MAX_SECONDS"):
        OfflineDirector().direct(Script("n.json", text, "storyboard"), Limits(10, 6.5), None)


@pytest.mark.parametrize("path", sorted([*SCRIPTS.iterdir(), EXAMPLE]), ids=lambda path: path.name)
def test_the_same_script_gives_the_same_storyboard(path: Path) -> None:
    first, second = directed(path), directed(path)
    assert storyboard_to_json(first.storyboard) == storyboard_to_json(second.storyboard)
    assert parse_storyboard(storyboard_to_json(first.storyboard)) == first.storyboard


_NOTATION = (
    "INT. BAR - NIGHT|MARA|(quietly)|CUT TO:|> x <|~la|# A|= s|===|Mara, a cop, runs.|||.|He waits.|@|> |[[|]]|/*|*/"
    '|"Hi you," she said.|Title: x|- item|---|CLOSE ON: a hand|~|!|()'
)
_LINES = st.sampled_from(_NOTATION.split("|"))


@settings(max_examples=150, deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=300), st.lists(st.one_of(_LINES, st.text(max_size=20)), max_size=25).map("\n".join)
    ),
    kind=st.sampled_from(["text", "markdown", "fountain"]),
)
def test_any_text_makes_a_valid_film_or_a_named_error(text: str, kind: ScriptKind) -> None:
    try:
        direction = OfflineDirector().direct(Script("any.txt", text, kind), ROOMY, None)
    except FilmPipelineError:
        return
    film = direction.storyboard
    assert parse_storyboard(storyboard_to_json(film)) == film
    again = OfflineDirector().direct(Script("any.txt", text, kind), ROOMY, film)
    assert again.storyboard == film
