"""How a shot is framed: honours the script's own camera words, else follows the conventions of the craft.

A new place opens wide, talk is seen from near, a detail nearer still, and movement is followed.
"""

import re
from dataclasses import dataclass

from film_pipeline.director.lexicon import DETAILS, EMOTIONS, FAST_MOVES, SLOW_MOVES

_WORD = re.compile(r"[^\W\d_]+")
_CAMERA_WORDS = (
    (r"extreme close[- ]?up(?: of| on)?|ecu(?: of| on)?", "Extreme close-up"),
    (r"close[- ]?up(?: of| on)?|close on|tight on|c\.?u\.? on|insert", "Close-up"),
    (r"(?:establishing|wide)(?: shot)?(?: of| on)?", "Wide establishing shot"),
    (
        r"aerial(?: shot| view)?(?: of| over)?|bird['’]?s[- ]eye(?: view)?(?: of)?|drone shot(?: of| over)?",
        "High aerial shot",
    ),
    (r"tracking(?: shot)?(?: of)?|dolly(?: shot)?(?: of)?", "Tracking shot"),
    (r"low angle(?: on| of)?", "Low-angle shot"),
    (r"high angle(?: on| of)?", "High-angle shot"),
    (r"two[- ]shot(?: of| on)?", "Medium two-shot"),
    (r"over[- ]the[- ]shoulder(?: of| on)?|o\.?t\.?s\.?", "Over-the-shoulder shot"),
    (r"(?:[\w’'-]{1,30} )?p\.?o\.?v\.?(?: (?:of )?[\w’'-]{1,30})?", "Point-of-view shot"),
    (r"slow[- ]motion|slow[- ]mo", "Slow-motion shot"),
    (r"medium(?: shot)?(?: of| on)?", "Medium shot"),
    (r"angle on", "Medium shot"),
    (r"pan(?:s|ning)?(?: across| over| to)", "Slow panning shot"),
)
_LEADING = tuple(
    (
        re.compile(
            rf"\s*(?:{pattern})\s?(?:[:.,—–-]+\s*|(?<=on)\s+|(?<=of)\s+|(?<=over)\s+|(?<=across)\s+|(?<=to)\s+)", re.I
        ),
        shot,
    )
    for pattern, shot in _CAMERA_WORDS
)

_ARRIVING_OUT = ("Wide establishing shot", "High wide shot", "Slow crane shot, wide")
_ARRIVING_IN = ("Wide interior shot", "Slow push-in, wide shot", "Medium wide shot")
_TALK = ("Medium close-up", "Over-the-shoulder shot", "Close-up")
_RUSH = ("Fast tracking shot", "Handheld tracking shot", "Low-angle tracking shot")
_WALK = ("Tracking shot", "Slow dolly shot", "Medium tracking shot")
_DETAIL = ("Extreme close-up", "Close-up", "Macro close-up")
_FEELING = ("Close-up", "Medium close-up", "Slow push-in, close-up")
_PLAIN = ("Medium shot", "Medium wide shot", "Low-angle medium shot", "Slow push-in, medium shot", "Wide shot")
_EXCHANGE = ("Medium two-shot", "Two-shot in profile")


@dataclass(frozen=True)
class Matter:
    """What a shot has to show: its action, who speaks in it, and the part of it in which somebody moves."""

    action: str
    speakers: int
    unseen: bool
    arrives: bool
    indoors: bool | None
    moving: str


def asked_shot(action: str) -> tuple[str, str]:
    """The shot a script asks for in so many words (``CLOSE ON: a hand``), and the action without them."""
    for pattern, shot in _LEADING:
        match = pattern.match(action)
        if match and match.end() < len(action):
            rest = action[match.end() :]
            return shot, rest[0].upper() + rest[1:]
    return "", action


def choose_shot(matter: Matter, mark: int, before: str) -> str:
    """A fitting shot; ``mark`` varies it from scene to scene, ``before`` is the one not to repeat."""
    choices = _choices(matter)
    first = mark % len(choices)
    ordered = (*choices[first:], *choices[:first])
    return next((shot for shot in ordered if shot != before), ordered[0])


def _choices(matter: Matter) -> tuple[str, ...]:
    words = [word.lower() for word in _WORD.findall(matter.action)]
    opening = words[:8]
    if matter.arrives and not (matter.speakers and not words):
        return _ARRIVING_IN if matter.indoors else _ARRIVING_OUT
    if matter.speakers and not matter.unseen:
        return _EXCHANGE if matter.speakers > 1 else _TALK
    moving = [word.lower() for word in _WORD.findall(matter.moving)]
    if any(word in FAST_MOVES for word in moving):
        return _RUSH
    if any(word in DETAILS for word in opening) and len(words) <= 16:
        return _DETAIL
    if any(word in SLOW_MOVES for word in moving):
        return _WALK
    if any(word in EMOTIONS for word in words):
        return _FEELING
    return _PLAIN
