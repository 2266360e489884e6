"""Who is in the film: names, looks and pronouns, learned once from the whole script and recalled in every shot.

Not here: what the people do, and how they are framed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from film_pipeline.director.lexicon import (
    ANIMALS,
    GARMENTS,
    MEN,
    NOT_NAMES,
    NOT_OWNED,
    ROLE_ENDINGS,
    ROLES,
    SMALL_WORDS,
    WOMEN,
)
from film_pipeline.director.reading import Element
from film_pipeline.director.sentences import is_english

MAX_PEOPLE = 60
_MAX_LOOK = 120

_TOKEN = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_NAME = r"[^\W\d_a-z][\w’'-]{1,30}(?: [^\W\d_a-z][\w’'.-]{0,30}){0,2}"
_LOOK = (
    r"(?:(?:an?|the|[Aa]ge[d]?|early|mid|late|in (?:his|her|their)) |(?:early|mid|late)-|\d{1,2}s?\b)"
    r"[^.;:!?()—–\n]{0,110}?"
)
_MORE_LOOK = re.compile(r",((?: [\w’'-]{1,20}){1,5})(?=,)")
_IN_BRACKETS = re.compile(rf"({_NAME}) \(([^()]{{2,{_MAX_LOOK}}})\)")
_IN_COMMAS = re.compile(rf"({_NAME}),? ({_LOOK})(?=[,.;:!?—–]|\s[-–—]\s| who | is | sits | stands |$)")
_NAMED = re.compile(rf"\b([Aa]n? [^.,;:!?()\n]{{2,100}}?)(?:,)? (?:named|called) ({_NAME})")
_ROLE = re.compile(
    r"\b([Aa]n? (?:[\w’-]+,? ){0,4}?(" + "|".join(sorted(ROLES)) + rf"|[a-z]{{2,14}}(?:{'|'.join(ROLE_ENDINGS)}))"
    r"(?:,? (?:in|with|wearing) (?:[\w’-]+ ){0,4}(?:" + "|".join(GARMENTS) + r")\b)?)(?![\w’'-])"
)
_CAPITALS = re.compile(r"(?<![\w’'-])[^\W\d_a-z]{2,20}(?: [^\W\d_a-z]{2,20}){1,2}(?![\w’'-])")
_KNOWN_ROLE = re.compile(rf"\b(?:[Tt]he|[Mm]y|[Hh]is|[Hh]er|[Tt]heir) ({'|'.join(sorted(ROLES))})\b")
_A_ROLE = re.compile(
    r"\b(?:(?:[Tt]he|[Hh]is|[Hh]er|[Tt]heir|[Mm]y) (?:[\w’-]{1,20} ){0,2}|[Aa]n? (?:[\w’-]{1,20},? ){0,4})$"
)
_BEFORE_PLACES = frozenset({"in", "at", "of", "to", "from", "over", "through", "the", "near", "across", "above"})
_SUBJECTS = {"she": "she", "he": "he"}
_OWNERS = {"her": "she", "his": "he"}


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
    _by_word: dict[str, Person] = field(default_factory=dict)
    _by_role: dict[str, Person] = field(default_factory=dict)

    @property
    def name_words(self) -> frozenset[str]:
        """Every word that is a part of somebody's name, in small letters."""
        return frozenset(self._by_word)

    def mentions(self, text: str) -> list[Mention]:
        """All mentions in order; words of one name that stand together are one mention."""
        found: list[Mention] = []
        for token in _TOKEN.finditer(text):
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
            person = self._by_word.get(word.lower())
            if person:
                return person
        person = self._by_role.get(word.lower())
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


def cast_of(elements: Iterable[Element]) -> Cast:
    """Learn the people of a script, the most frequent ones where there are very many."""
    elements = tuple(elements)
    action = "\n".join(element.text for element in elements if element.kind == "action")
    speakers = Counter(
        screen_name(element.speaker)
        for element in elements
        if element.speaker
        and element.speaker.lower() not in NOT_NAMES
        and not element.speaker.startswith(("the ", "The "))
    )
    looks = _introductions(action)
    names = [name for name, _ in speakers.most_common(MAX_PEOPLE)]
    frequent = _frequent_names(action) if is_english(action) else ()
    for name in [*(name for name, look in looks.items() if look), *frequent]:
        if len(names) < MAX_PEOPLE and not any(_same_person(name, known) for known in names):
            names.append(name)
    people = [Person(name) for name in names]
    for person in people:
        known_as = [name for name in looks if _same_person(name, person.name)]
        person.look = looks[known_as[0]] if known_as else ""
        person.words = frozenset(word.lower() for name in known_as for word in _TOKEN.findall(name))
    _add_full_names(people, action)
    cast = Cast(people)
    _index(cast)
    _add_roles(cast, action)
    _learn_pronouns(cast, action)
    return cast


def _add_full_names(people: list[Person], action: str) -> None:
    """``DANNY COLE`` in capitals is the full name of the one whose cue says ``DANNY``."""
    by_word = {word.lower(): person for person in people for word in _TOKEN.findall(person.name) if len(word) > 2}
    for run in _CAPITALS.findall(action):
        words = frozenset(word.lower() for word in _TOKEN.findall(run))
        owners = {id(by_word[word]): by_word[word] for word in words if word in by_word}
        if len(owners) == 1 and not words & (NOT_NAMES | ROLES):
            person = next(iter(owners.values()))
            person.words |= words


def _introductions(action: str) -> dict[str, str]:
    looks: dict[str, str] = {}
    for pattern, name_group, look_group in ((_NAMED, 2, 1), (_IN_BRACKETS, 1, 2), (_IN_COMMAS, 1, 2)):
        for match in pattern.finditer(action):
            name = _without_lead(screen_name(match[name_group]))
            look = match[look_group] + (_more_look(action, match.end()) if pattern is _IN_COMMAS else "")
            look = " ".join(look.split())[:_MAX_LOOK].strip(" ,")
            if name and _is_look(look):
                looks.setdefault(name, look)
    return looks


def _more_look(action: str, position: int) -> str:
    """Further parts of a look between commas, up to the verb: ``mid-40s, thief, black turtleneck, hangs ...``."""
    end = position
    while match := _MORE_LOOK.match(action, end, position + _MAX_LOOK):
        first = match[1].split()[0].lower()
        if (first.endswith(("s", "ing", "ed")) and first not in GARMENTS) or first in (
            "and",
            "who",
            "he",
            "she",
            "but",
        ):
            break
        end = match.end()
    return action[position:end]


def _without_lead(name: str) -> str:
    """A name without a sentence opener that only begins with a capital (``Then Mara``)."""
    words = name.split()
    while words and words[0].lower().rstrip(".") in NOT_NAMES - {"mr", "mrs", "ms", "dr"}:
        words.pop(0)
    return " ".join(words)


def _is_look(look: str) -> bool:
    """A look names a person's kind, age or dress; ``the city`` after a comma is none."""
    words = {word.lower().rstrip("s") for word in _TOKEN.findall(look)}
    if not words or look.lower() in ("v.o.", "o.s.", "cont'd"):
        return False
    kinds = {role.rstrip("s") for role in ROLES} | {garment.rstrip("s") for garment in GARMENTS}
    return bool(words & kinds) or any(_is_role(word) for word in words) or re.search(r"\b\d{1,2}s?\b", look) is not None


def _frequent_names(action: str) -> Iterator[str]:
    """Words that act as names in prose: capitalised within sentences, or doing something at their beginning."""
    inside: Counter[str] = Counter()
    opening: Counter[str] = Counter()
    placed: Counter[str] = Counter()
    for match in re.finditer(
        r"(?:([\w’'-]{1,30})[,]? )?([A-ZÀ-Ý][a-zà-ÿ’'-]{2,30})(?![\w])(?: ([a-z]{2,20}))?", action
    ):
        before, word, after = match[1], match[2].removesuffix("'s").removesuffix("’s"), match[3] or ""
        if word.lower() in NOT_NAMES or word.lower() in ROLES:
            continue
        if before and before.lower() in _BEFORE_PLACES:
            placed[word] += 1
        elif before and before.islower():
            inside[word] += 1
        elif after.endswith(("s", "ed")) and len(after) > 3:
            opening[word] += 1
    for word, _ in (inside + opening).most_common(MAX_PEOPLE):
        if inside[word] + opening[word] >= 2 and placed[word] <= inside[word] + opening[word]:
            yield word


def _same_person(name: str, other: str) -> bool:
    words = {word for word in name.lower().split() if len(word) > 2}
    return bool(words & set(other.lower().split())) or name.lower() == other.lower()


def _index(cast: Cast) -> None:
    owners: dict[str, Person | None] = {}
    for person in cast.people:
        words = [word.lower() for word in _TOKEN.findall(person.name)]
        for word in {*words, *person.words}:
            if len(words) > 1 and (word in NOT_NAMES or len(word) < 2):
                continue
            owners[word] = None if word in owners else person
        if words and _is_role(words[-1]):
            cast._by_role.setdefault(words[-1], person)
    cast._by_word.update({word: person for word, person in owners.items() if person})


def _add_roles(cast: Cast, action: str) -> None:
    """People who have a kind but no name: ``a lone detective in a trench coat`` is *the detective* from then on."""
    for person in cast.people:
        role = _role_in(person.look)
        if role:
            cast._by_role.setdefault(role, person)
    for match in _ROLE.finditer(action):
        role, look = match[2], " ".join(match[1].split())
        known = cast._by_role.get(role)
        if known is None and len(cast.people) < MAX_PEOPLE:
            person = Person(f"the {role}", look if len(look) > len(role) + 2 else "", named=False)
            cast.people.append(person)
            cast._by_role[role] = person
        elif known and known.named and not known.look and known.name.lower() == role and len(look) > len(role) + 2:
            known.look = look

    for role in _KNOWN_ROLE.findall(action):
        if role not in cast._by_role and len(cast.people) < MAX_PEOPLE:
            cast._by_role[role] = Person(f"the {role}", named=False)
            cast.people.append(cast._by_role[role])


def _role_in(look: str) -> str:
    head = re.split(r" (?:in|with|wearing|who|of) ", look)[0]
    roles = [word.lower() for word in _TOKEN.findall(head) if _is_role(word.lower())]
    return roles[-1] if roles else ""


def _is_role(word: str) -> bool:
    return word in ROLES or (word.endswith(ROLE_ENDINGS) and len(word) > 6)


def _learn_pronouns(cast: Cast, action: str) -> None:
    for person in cast.people:
        words = {word.lower() for word in _TOKEN.findall(f"{person.look} {person.name}")}
        person.pronoun = "she" if words & WOMEN else "he" if words & MEN else ""
    last: Person | None = None
    position = 0
    for mention in cast.mentions(action):
        _note_pronoun(last, action[position : mention.start])
        last, position = mention.person, mention.end
    _note_pronoun(last, action[position:])


def _note_pronoun(person: Person | None, following: str) -> None:
    if person is None or person.pronoun or person.is_animal:
        return
    for token in _TOKEN.finditer(following[:240]):
        pronoun = _SUBJECTS.get(token[0].lower()) or _OWNERS.get(token[0].lower())
        if pronoun:
            person.pronoun = pronoun
            return


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
        for token in _TOKEN.finditer(text, 0, min(first_name, 400)):
            word = token[0].lower()
            name = self._who(word, text[token.end() : token.end() + 20])
            if name:
                if text[: token.start()].rstrip()[-1:] in ("", ".", "!", "?"):
                    name = name[0].upper() + name[1:]
                return text[: token.start()] + name + text[token.end() :]
        return text

    def _who(self, word: str, following: str) -> str:
        if word in _SUBJECTS and word in self.last:
            return self.last[word].name
        if word in _OWNERS and _OWNERS[word] in self.last:
            person = self.last[_OWNERS[word]]
            next_word = re.match(r" ([^\W\d_]+)", following)
            owned = next_word is not None and next_word[1].lower() not in NOT_OWNED
            return f"{person.name}’s" if owned or word == "his" else person.name
        if word == "they" and len(self.recent) >= 2:
            return f"{self.recent[1].name} and {self.recent[0].name}"
        return ""
