"""Who is in the film: names, looks and pronouns, and who was seen last. How they are learned is in ``casting.py``."""

import re
from dataclasses import dataclass, field

from film_pipeline.director.lexicon import (
    ANIMALS,
    NOT_OWNED,
    ROLES,
    SMALL_WORDS,
)

NAME_PART = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_A_ROLE = re.compile(
    r"\b(?:(?:[Tt]he|[Hh]is|[Hh]er|[Tt]heir|[Mm]y) (?:[\w’-]{1,20} ){0,2}|[Aa]n? (?:[\w’-]{1,20},? ){0,4})$"
)
SUBJECTS = {"she": "she", "he": "he"}
OWNERS = {"her": "she", "his": "he"}


@dataclass
class Person:
    """``name`` as the prompts write it; ``look`` begins with an article, an age or nothing.

    ``words`` are the parts of every form of the name.
    """

    name: str
    look: str = ""
    pronoun: str = ""
    named: bool = True
    words: frozenset[str] = frozenset()

    @property
    def is_animal(self) -> bool:
        return self.name.split(" ")[-1].lower() in ANIMALS

    def introduced(self) -> str:
        """``Mara, a tired detective in a grey coat``, or ``the tired detective`` where there is no name."""
        if not self.look:
            return self.name
        if not self.named:
            return re.sub(r"^[Aa]n? ", "the ", self.look)
        if re.match(r"an? |the ", self.look, re.IGNORECASE):
            return f"{self.name}, {self.look[0].lower()}{self.look[1:]}"
        return f"{self.name} ({self.look})"


@dataclass(frozen=True)
class Mention:
    """Where a text names a person: from ``start`` to ``end``; ``owner`` where it says *Mara's*."""

    person: Person
    start: int
    end: int
    owner: bool


@dataclass
class Cast:
    """The people of a film, found by any word of their names."""

    people: list[Person]
    by_word: dict[str, Person] = field(default_factory=dict)
    by_role: dict[str, Person] = field(default_factory=dict)

    @property
    def name_words(self) -> frozenset[str]:
        """Every word that is a part of somebody's name, in small letters."""
        return frozenset(self.by_word)

    def mentions(self, text: str) -> list[Mention]:
        """All mentions in order; words of one name that stand together are one mention."""
        found: list[Mention] = []
        for token in NAME_PART.finditer(text):
            word, end, owner = token[0], token.end(), False
            if word[-2:] in ("'s", "’s"):
                word, end, owner = word[:-2], end - 2, True
            person = self._named_by(word, text, token.start())
            if person is None:
                continue
            last = found[-1] if found else None
            if last and last.person is person and last.end + 1 == token.start() and text[last.end] == " ":
                found[-1] = Mention(person, last.start, end, owner)
            else:
                found.append(Mention(person, token.start(), end, owner))
        return found

    def speaker(self, name: str) -> Person | None:
        found = self.mentions(screen_name(name))
        return found[0].person if found else None

    def _named_by(self, word: str, text: str, at: int) -> Person | None:
        if word[0].isupper():
            person = self.by_word.get(word.lower())
            if person:
                return person
        person = self.by_role.get(word.lower())
        before = _A_ROLE.search(text[max(0, at - 90) : at]) if person else None
        if person is None or before is None:
            return None
        # "A detective" is somebody new, unless these are the very words of the introduction.
        phrase = f"{before[0]}{word}".lower()
        return person if phrase[:2] not in ("a ", "an") or person.look.lower().startswith(phrase) else None


def screen_name(name: str) -> str:
    """A cue as prompts write it: ``DR. MARA VOSS`` becomes ``Dr. Mara Voss``; mixed case stays."""
    name = " ".join(name.split())[:60]
    if name.lower() in ROLES and name.islower():
        return f"the {name}"
    return re.sub(r"[^\W\d_]+(?:[’'][^\W\d_]+)?", _title_case, name) if name.isupper() else name


def _title_case(match: re.Match[str]) -> str:
    word = match[0]
    if match.start() and word.lower() in SMALL_WORDS:
        return word.lower()
    return word if len(word) == 1 else word[0] + word[1:].lower()


@dataclass
class Memory:
    """Who was seen last, for pronouns; one for the whole film."""

    cast: Cast
    last: dict[str, Person] = field(default_factory=dict)
    recent: list[Person] = field(default_factory=list)

    def see(self, person: Person) -> None:
        if person.pronoun:
            self.last[person.pronoun] = person
        self.recent = [person, *(other for other in self.recent if other is not person)][:3]

    def resolve(self, text: str) -> str:
        """The text with names for its pronouns: its first one, and those that open a sentence about somebody else."""
        return self._resolve_openings(self._resolve_first(text))

    def _resolve_openings(self, text: str) -> str:
        """``At dawn the woman returns. He turns the key.``: nobody in the text before can be meant by *He*."""
        for opening in re.finditer(r"(?<=[.!?] )(?:He|She)(?= )", text[:2_000]):
            pronoun = opening[0].lower()
            before = {mention.person.pronoun for mention in self.cast.mentions(text[: opening.start()])}
            if before and not before & {pronoun, ""} and pronoun in self.last:
                name = self.last[pronoun].name
                return text[: opening.start()] + name[0].upper() + name[1:] + text[opening.end() :]
        return text

    def _resolve_first(self, text: str) -> str:
        mentions = self.cast.mentions(text)
        first_name = mentions[0].start if mentions else len(text)
        for token in NAME_PART.finditer(text, 0, min(first_name, 400)):
            word = token[0].lower()
            name = self._who(word, text[token.end() : token.end() + 20])
            if name:
                if text[: token.start()].rstrip()[-1:] in ("", ".", "!", "?"):
                    name = name[0].upper() + name[1:]
                return text[: token.start()] + name + text[token.end() :]
        return text

    def _who(self, word: str, following: str) -> str:
        if word in SUBJECTS and word in self.last:
            return self.last[word].name
        if word in OWNERS and OWNERS[word] in self.last:
            person = self.last[OWNERS[word]]
            next_word = re.match(r" ([^\W\d_]+)", following)
            owned = next_word is not None and next_word[1].lower() not in NOT_OWNED
            return f"{person.name}’s" if owned or word == "his" else person.name
        if word == "they" and len(self.recent) >= 2:
            return f"{self.recent[1].name} and {self.recent[0].name}"
        return ""
