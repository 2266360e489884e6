"""Reads plain prose and Markdown: paragraphs, chapter headings, and what people say in them.

A text with scene headings is a screenplay and goes to ``fountain.py``, also when it is called ``.txt`` or ``.md``.
"""

import re
from collections.abc import Iterator

from film_pipeline.director.fountain import looks_like_screenplay, read_fountain, title_lines, told_by
from film_pipeline.director.reading import SCENE_HEADING, Element, Reading, has_words, is_transition, plain

_SPOKEN_LINE = re.compile(
    r"([^\W\d_a-z][^\Wa-z]*(?:[ .'’-]{1,2}[^\Wa-z]+){0,3})\s{0,3}(?:\(([^()]{1,60})\))?\s?:\s+(\S.*)"
)
_NO_SPEAKERS = {"TITLE", "NOTE", "AUTHOR", "DATE", "SCENE", "CUT TO", "FADE IN", "FADE OUT", "POV", "SUPER", "TODO"}
_BREAK = re.compile(r"(?:[*\-_~#•·=]\s*){3,}")
_LIST_ITEM = re.compile(r"(?:[-*+•]|\d{1,4}[.)])\s+(?=\S)")
_LINK = re.compile(r"(!?)\[([^\[\]\n]{0,500})\]\([^()\n]{0,2000}\)")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>")
# The look-ahead keeps apostrophes out: a quotation opens after space or bracket and closes before space or mark.
_QUOTE = re.compile(r'(?<!\w)(?:“([^“”]{1,600})”|"([^"]{1,600})"|«([^«»]{1,600})»|„([^„“”"]{1,600})[“”"])(?!\w)')
_SAYS = (
    r"(?:sa(?:id|ys)|ask(?:ed|s)|repl(?:ied|ies)|answer(?:ed|s)|whisper(?:ed|s)|shout(?:ed|s)|murmur(?:ed|s)|mutter(?:ed|s)"
    r"|cr(?:ied|ies)|call(?:ed|s)|add(?:ed|s)|snap(?:ped|s)|laugh(?:ed|s)|sigh(?:ed|s)|continu(?:ed|es)|yell(?:ed|s)|tells?|told)"
)
_NAME = r"([A-Z][\w'’-]{1,30}(?: [A-Z][\w'’-]{1,30})?|[Ss]he|[Hh]e|[Tt]hey|[Tt]he [a-z]{2,20}(?: [a-z]{2,20})?)"
_TAG_AFTER = re.compile(rf"\s*,?\s*(?:{_NAME} {_SAYS}|{_SAYS} {_NAME})\b(?: (?:to|into) [^.,;]{{1,40}})?\s*[.,]?")
_TAG_BEFORE = re.compile(rf"{_NAME} {_SAYS}\s*[,:]\s*$")


def read_prose(text: str) -> Reading:
    """Read plain text; its title stands in a line ``Title: ...``, or alone in the first line and reads like one."""
    if looks_like_screenplay(text):
        return _with_first_line_as_title(read_fountain(text))
    page, text = title_lines(text)
    blocks = [block for block in re.split(r"\n[ \t]*\n\s*", text.strip()) if block.strip()]
    if len(blocks) == 1 and all(len(line) < 400 for line in blocks[0].split("\n")):
        blocks = _lines_or_wrapped(blocks[0])
    title = plain(page.get("title", "")) or None
    if not page and len(blocks) > 1 and _title_like(blocks[0]):
        title = plain(blocks.pop(0))
    return Reading(title, tuple(element for block in blocks for element in _paragraph(block)), told_by(page))


def read_markdown(text: str) -> Reading:
    """Read Markdown: the first ``# heading`` is the title, others open a section or name a place."""
    title, text = _front_matter(text)
    blocks = list(_markdown_blocks(_without_comments(text)))
    if title is None:
        title = next((plain(words) for level, words in blocks if level == 1 and not SCENE_HEADING.match(words)), None)
        blocks = [(level, words) for level, words in blocks if not (level == 1 and plain(words) == title)]
    if looks_like_screenplay("\n".join(words for _, words in blocks)):
        screenplay = "\n\n".join(
            words if not level or SCENE_HEADING.match(words) else f"# {words}" for level, words in blocks
        )
        reading = read_fountain(screenplay)
        return Reading(title or reading.title, reading.elements, f"{title or ''} {reading.about}")
    elements = [
        element
        for level, words in blocks
        for element in ([Element("section", plain(words))] if level else _paragraph(words))
    ]
    if all(element.kind == "section" for element in elements):  # an outline: its headings are all there is
        elements = [Element("action", element.text) for element in elements]
    return Reading(title, tuple(elements))


def _with_first_line_as_title(reading: Reading) -> Reading:
    """A screenplay without title page may begin with its name alone on a line."""
    first, rest = reading.elements[:1], reading.elements[1:]
    if reading.title is None and rest and first[0].kind in ("action", "card") and _title_like(first[0].text):
        return Reading(first[0].text, rest, f"{first[0].text} {reading.about}")
    return reading


def _title_like(block: str) -> bool:
    line = block.strip()
    if "\n" in line or len(line) > 80 or len(line.split()) > 10 or is_transition(line) or SCENE_HEADING.match(line):
        return False
    return line[-1] not in '.!?…:;,。！？"”»' or line.isupper()


def _lines_or_wrapped(block: str) -> list[str]:
    """One block is a hard-wrapped paragraph, or, where most lines end a sentence, a paragraph a line."""
    lines = [line for line in block.split("\n") if line.strip()]
    ended = sum(line.rstrip()[-1] in '.!?…。！？"”»:)' for line in lines)
    return lines if len(lines) > 1 and ended * 2 > len(lines) else [block]


def _front_matter(text: str) -> tuple[str | None, str]:
    match = re.match(r"\s*---[ \t]*\n((?:(?!---).*\n){0,60}?)(?:---|\.\.\.)[ \t]*(?:\n|$)", text)
    if match is None:
        return None, text
    title = re.search(r"^title:\s*(.+)$", match[1], re.MULTILINE | re.IGNORECASE)
    return (plain(title[1].strip("\"' ")) or None) if title else None, text[match.end() :]


def _without_comments(text: str) -> str:
    parts, position = [], 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start)) >= 0:
        parts.append(text[position:start])
        position = end + 3
    return "".join([*parts, text[position:]])


def _markdown_blocks(text: str) -> Iterator[tuple[int, str]]:
    """Blocks with the level of their heading, 0 for a paragraph (whose line breaks are kept)."""
    paragraph: list[str] = []
    for line in [*text.split("\n"), ""]:
        bare = line.strip()
        heading = re.match(r"(#{1,6})\s+(?=\S)", bare)
        underlined = len(paragraph) == 1 and re.fullmatch(r"=+|-{2,}", bare)
        if underlined:
            yield (1 if bare[0] == "=" else 2), paragraph.pop()
            continue
        item = _LIST_ITEM.match(bare)
        if paragraph and (not bare or heading or item or _BREAK.fullmatch(bare)):
            yield 0, "\n".join(paragraph)
            paragraph = []
        if heading:
            yield len(heading[1]), _inline(bare[heading.end() :].rstrip("# "))
        elif bare and not _BREAK.fullmatch(bare) and not bare.startswith(("```", "~~~")):
            words = _inline(bare[item.end() :] if item else bare.lstrip("> "))
            if words:
                paragraph.append(words)


def _inline(line: str) -> str:
    line = _LINK.sub(lambda match: "" if match[1] else match[2], line)
    return _TAG.sub("", line).replace("`", "").strip("| ")


def _paragraph(block: str) -> Iterator[Element]:
    if _BREAK.fullmatch(block.strip()):
        return
    lines = [plain(line) for line in block.split("\n")]
    spoken = [_SPOKEN_LINE.fullmatch(line) if len(line) < 2_000 else None for line in lines]
    if not any(match and match[1] not in _NO_SPEAKERS for match in spoken):
        text = " ".join(line for line in lines if line)
        if is_transition(text):
            yield Element("transition", text)
        elif text:
            yield from _quotations(text)
        return
    for line, match in zip(lines, spoken, strict=True):
        if match and match[1] not in _NO_SPEAKERS:
            yield Element("dialogue", match[3], match[1], match[2] or "")
        elif line:
            yield Element("action", line)


def _quotations(text: str) -> Iterator[Element]:
    """A paragraph of prose; what is said in quotation marks becomes dialogue, the words around it action."""
    position = 0
    for quote in _QUOTE.finditer(text):
        spoken = next(group for group in quote.groups() if group is not None)
        if quote.start() < position or len(spoken.split()) < 2 or not _is_speech(text, quote):
            continue
        before = text[position : quote.start()]
        tag_before = _TAG_BEFORE.search(before[-120:])
        tag_after = None if tag_before else _TAG_AFTER.match(text, quote.end())
        if tag_before:
            before = before[: len(before) - len(tag_before[0])]
        if has_words(before):
            yield Element("action", before.strip(" ,"))
        tag = tag_before or tag_after
        speaker = next((group for group in tag.groups() if group), "") if tag else ""
        spoken = spoken.strip().rstrip(",")
        yield Element("dialogue", spoken if spoken[-1:] in ".!?…—" else f"{spoken}.", speaker)
        position = tag_after.end() if tag_after else quote.end()
    rest = text[position:].strip()
    if has_words(rest):
        yield Element("action", rest)


def _is_speech(text: str, quote: re.Match[str]) -> bool:
    """Quoted words inside a sentence, such as a name on a sign, are no speech: speech ends with a mark."""
    spoken = quote[0][:-1].rstrip()
    return spoken[-1:] in ".!?,…—" or text[max(0, quote.start() - 2) : quote.start()].strip() in (",", ":")
