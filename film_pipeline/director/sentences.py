"""Sentences and words of any language, counted and cut in time linear in the text."""

import re
from collections.abc import Iterator

from film_pipeline.director.lexicon import ENGLISH

HUGE_SENTENCE_WORDS = 60
_PIECE_WORDS = 40
_CHARACTERS_A_WORD = 6

_END = re.compile(r"[.!?…]+[\"'”’)\]»]*(?=\s)|[。！？؟।]+[\"”」』)]*")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:mr|mrs|ms|dr|st|prof|sgt|lt|capt|col|gen|jr|sr|vs|etc|no|inc|approx|[a-z]|e\.g|i\.e|a\.m|p\.m|u\.s)\.$",
    re.IGNORECASE,
)
# Scripts written without spaces: about two signs make a word.
_DENSE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def count_words(text: str) -> int:
    """About how many spoken words a text has, also for scripts without spaces and for endless tokens."""
    dense = len(_DENSE.findall(text))
    if dense:
        text = _DENSE.sub(" ", text)
    return (dense + 1) // 2 + sum(1 + len(word) // 25 * 25 // _CHARACTERS_A_WORD for word in _WORD.findall(text))


def is_english(text: str) -> bool:
    """Whether the small words are English; capitals and prepositions mean other things in other languages."""
    words = [word.lower() for word in _WORD.findall(text[:20_000])]
    return sum(word in ENGLISH for word in words) * 12 >= len(words)


def sentences(text: str) -> list[str]:
    """The sentences of one paragraph; only a huge one is cut, at a comma or a space where there is one."""
    return [piece for sentence in _sentences(text) for piece in _pieces(sentence)]


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in _END.finditer(text):
        after = text[end.end() : end.end() + 2].lstrip()[:1]
        if after.islower() or (end[0] == "." and _ABBREVIATION.search(text[max(start, end.end() - 12) : end.end()])):
            continue
        if text[start : end.end()].strip():
            yield text[start : end.end()].strip()
        start = end.end()
    if text[start:].strip():
        yield text[start:].strip()


def _pieces(sentence: str) -> Iterator[str]:
    if len(sentence) < 120 or count_words(sentence) <= HUGE_SENTENCE_WORDS:
        yield sentence
        return
    piece: list[str] = []
    words = 0
    for token in _tokens(sentence):
        count = count_words(token)
        if piece and (words + count > _PIECE_WORDS or (words * 2 > _PIECE_WORDS and piece[-1][-1] in ",;:—–、，")):
            yield " ".join(piece)
            piece, words = [], 0
        piece.append(token)
        words += count
    if piece:
        yield " ".join(piece)


def _tokens(sentence: str) -> Iterator[str]:
    size = _PIECE_WORDS * 2
    for token in sentence.split():
        for start in range(0, len(token), size):
            yield token[start : start + size]
