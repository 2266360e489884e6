"""Casting: learns from the whole script who its people are, how they look, and whether they are she or he.

What is found is kept in ``cast.py``. Not here: what the people do, and how they are framed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from film_pipeline.director.cast import NAME_PART, OWNERS, SUBJECTS, Cast, Person, screen_name
from film_pipeline.director.lexicon import GARMENTS, MEN, NOT_NAMES, ROLE_ENDINGS, ROLES, WOMEN
from film_pipeline.director.reading import Element
from film_pipeline.director.sentences import is_english

MAX_PEOPLE = 60
_MAX_LOOK = 120
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
_BEFORE_PLACES = frozenset({"in", "at", "of", "to", "from", "over", "through", "the", "near", "across", "above"})


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
        person.words = frozenset(word.lower() for name in known_as for word in NAME_PART.findall(name))
    _add_full_names(people, action)
    cast = Cast(people)
    _index(cast)
    _add_roles(cast, action)
    _learn_pronouns(cast, action)
    return cast


def _add_full_names(people: list[Person], action: str) -> None:
    """``DANNY COLE`` in capitals is the full name of the one whose cue says ``DANNY``."""
    by_word = {word.lower(): person for person in people for word in NAME_PART.findall(person.name) if len(word) > 2}
    for run in _CAPITALS.findall(action):
        words = frozenset(word.lower() for word in NAME_PART.findall(run))
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
    words = {word.lower().rstrip("s") for word in NAME_PART.findall(look)}
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
        words = [word.lower() for word in NAME_PART.findall(person.name)]
        for word in {*words, *person.words}:
            if len(words) > 1 and (word in NOT_NAMES or len(word) < 2):
                continue
            owners[word] = None if word in owners else person
        if words and _is_role(words[-1]):
            cast.by_role.setdefault(words[-1], person)
    cast.by_word.update({word: person for word, person in owners.items() if person})


def _add_roles(cast: Cast, action: str) -> None:
    """People who have a kind but no name: ``a lone detective in a trench coat`` is *the detective* from then on."""
    for person in cast.people:
        role = _role_in(person.look)
        if role:
            cast.by_role.setdefault(role, person)
    for match in _ROLE.finditer(action):
        role, look = match[2], " ".join(match[1].split())
        known = cast.by_role.get(role)
        if known is None and len(cast.people) < MAX_PEOPLE:
            person = Person(f"the {role}", look if len(look) > len(role) + 2 else "", named=False)
            cast.people.append(person)
            cast.by_role[role] = person
        elif known and known.named and not known.look and known.name.lower() == role and len(look) > len(role) + 2:
            known.look = look

    for role in _KNOWN_ROLE.findall(action):
        if role not in cast.by_role and len(cast.people) < MAX_PEOPLE:
            cast.by_role[role] = Person(f"the {role}", named=False)
            cast.people.append(cast.by_role[role])


def _role_in(look: str) -> str:
    head = re.split(r" (?:in|with|wearing|who|of) ", look)[0]
    roles = [word.lower() for word in NAME_PART.findall(head) if _is_role(word.lower())]
    return roles[-1] if roles else ""


def _is_role(word: str) -> bool:
    return word in ROLES or (word.endswith(ROLE_ENDINGS) and len(word) > 6)


def _learn_pronouns(cast: Cast, action: str) -> None:
    for person in cast.people:
        words = {word.lower() for word in NAME_PART.findall(f"{person.look} {person.name}")}
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
    for token in NAME_PART.finditer(following[:240]):
        pronoun = SUBJECTS.get(token[0].lower()) or OWNERS.get(token[0].lower())
        if pronoun:
            person.pronoun = pronoun
            return
