"""Words of union names in English, Spanish and French: spelling, kinds of bodies, words that tell little."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from graph.identity.compare import rarity
from loaders.places import MX_STATES, US_STATES

NATIONALS = Path(__file__).parent / "nationals.csv"
BAR = "|"


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# From the body above to the local; a number is read for the lowest that has one.
LEVELS = ("council", "district", "division", "branch", "lodge", "section", "chapter", "unit", "local")
LOCALS = frozenset(LEVELS[2:])
# A unit is within a local: `UAW 686 Unit 4` is of local 686.
OWN_NUMBER = LOCALS - {"unit"}
_LEVEL_WORDS = {
    "council": "council conference board jb jbd jt dc jc c rc sc stc stcon conf conbd bctc mtc leadc joint",
    "district": "district dist distrito d dl dlg region reg area sd sa",
    "division": "division div ldiv",
    "branch": "branch br lbr gmb iub",
    "lodge": "lodge lg llg slg loge",
    "section": "section seccion secc sec delegacion",
    "chapter": "chapter ch lch chapt capitulo",
    "unit": "unit unidad lec mec",
    "local": "local lu ll loc locale ul no",
}
LEVEL_OF = {word: level for level, words in _LEVEL_WORDS.items() for word in words.split()}
# Of these, the words that tell of a body only where a number follows.
ONLY_NUMBERED = _set(
    "c d br ch lg sc sa sd rc sec reg ul ll unit unidad area joint jt board conference local"
)
BETWEEN = _set("num numero number union amalgamated system executive regional general")
SMALL = _set(
    """
    of the and de del la las los el y e en da do des du et le les for at in a an to its it o u para con al sus
    on behalf with by
    """
)
# Words beside a national's name that tell nothing of the body.
GLUE = _set(
    """
    afl cio clc ctw ctc ind inc international national union affiliated affiliate aw w america us trade nhq
    local labor labour organization n s association brotherhood united unaff independent amalgamated system
    """
)
# Of these, the words that leave a trade (`bricklayers`) the name of a whole national.
PLAIN = _set("afl cio clc ctw ctc ind inc international union affiliated affiliate aw w nhq")
# What belongs to a union and is none, or is the union of its own employees.
FUNDS = _set("fund pension trust plan pac benefit welfare retirement corporation staffunion")
CENTRES = _set("ctm croc crom catem cor cgt ct unt")
# What stands where no union is named.
NOTHING = _set("xxx na none null unknown unaff multi multiple various independent")
GENERIC = _set(
    """
    sindicato national union general trabajador empleado obrero similar conexo anexo republica mexicana
    mexico derivado industria servicio rama ramo tipo toda todo clase actividad unico reg registro estado
    agrupacion asociacion confederacion federacion international worker employee h ciudad
    """
)
_TOWNS = _set("matamoros reynosa tijuana juarez monterrey guadalajara toluca saltillo torreon ensenada")
_SPELT = {
    "wkrs": "worker", "wrkrs": "worker", "wkr": "worker", "empls": "employee", "empl": "employee",
    "employes": "employee", "intl": "international", "internat": "international", "int": "international",
    "natl": "national", "asn": "association", "assn": "association", "assoc": "association",
    "fed": "federation", "bldg": "building", "constrn": "construction", "dept": "department",
    "confectionary": "confectionery", "mineworkers": "mine worker", "mineworker": "mine worker",
    "dist": "district", "govt": "government", "sind": "sindicato", "nac": "national", "nacional": "national",
    "trab": "trabajador", "trabajadora": "trabajador", "trabajadoras": "trabajador", "gral": "general",
    "generales": "general", "prof": "professional", "tech": "technical", "svc": "service",
    "communications": "communication", "muni": "municipal", "nos": "no",
    "servicios": "servicio", "steelworkers": "steelworker", "workmen": "worker", "labourers": "labourer",
}  # fmt: skip
_ONE_WORD = {("steel", "worker"), ("iron", "worker"), ("paper", "worker"), ("staff", "union")}
_PLURALS = ("dores", "tores", "sores", "iales", "nales", "rales", "iones", "dades", "feres", "lleres")
_TOKEN = re.compile(r"[|]|[A-Za-z]{1,2}\d+(?:-\d+)*|\d[\dA-Za-z]*(?:-[\dA-Za-z]+)*|[A-Za-z]+")
_DOTTED = re.compile(r"\b(?:[A-Za-z]\. ?){2,}(?:[A-Za-z]\b)?")
_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
_DIGITS_WORD = re.compile(r"(?<=\d)(?=[A-Za-z]{3,})")
_LETTERS_DIGITS = re.compile(r"\b([A-Za-z]{1,2})-?(?=\d)")
_DIGITS_LETTERS = re.compile(r"(?<=\d) ([A-Z]{1,2})(?=\s*(?:$|[,;)|]))")
# Two letters before or after a number that are no part of it.
_APART = _set("ua ue wu oe af ac us no") | frozenset(US_STATES.casefold().split("|")) | SMALL


@lru_cache(maxsize=1000)
def tokens(text: str) -> tuple[tuple[str, bool], ...]:
    """The words that count, in the spelling that is compared, and whether each stands in capitals.

    >>> [word for word, _ in tokens("Steel Workers' Locals Nos. 12 & 13, A.F.L.-C.I.O.")]
    ['steelworker', 'local', 'no', '12', '13', 'afl', 'cio']
    """
    made: list[tuple[str, bool]] = []
    for raw in _TOKEN.findall(_plain(text)):
        for word in _word(raw).split():
            if word in SMALL:
                continue
            if made and (made[-1][0], word) in _ONE_WORD:
                word = made.pop()[0] + word
            made.append((word, raw.isupper()))
    return tuple(made)


def _plain(text: str) -> str:
    if not text.isascii():
        flat = unicodedata.normalize("NFKD", text.replace("ï¿½", " ").replace("\ufffd", " "))
        text = "".join(c for c in flat.replace("’", "") if not unicodedata.combining(c))
    text = text.replace("'", "").replace("#", " no ")
    if "." in text:
        text = _DOTTED.sub(lambda found: found[0].replace(".", "").replace(" ", "") + " ", text)
    text = _DIGITS_LETTERS.sub(lambda found: _gap(found[1]) + found[1], text)
    text = _LETTERS_DIGITS.sub(lambda found: found[1] + _gap(found[1]), text)
    return _DIGITS_WORD.sub(" ", text)


def _gap(letters: str) -> str:
    """What parts letters from a number: nothing where they belong to it (`32 BJ`, `DS-490`)."""
    word = letters.casefold()
    return " " if word in _APART or word in LEVEL_OF else ""


@lru_cache(maxsize=100_000)
def _word(raw: str) -> str:
    small = raw.casefold()
    found = _SPELT.get(small) or _SPELT.get(_stem(small)) or _stem(small)
    return found if " " in found else _corrected(found)


def _stem(word: str) -> str:
    if word.endswith(_PLURALS):
        return word[:-2]
    if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _corrected(word: str) -> str:
    """A long word that no register knows, one slip from a word of a national's name: that word."""
    if len(word) < 7 or not word.isalpha() or rarity(word) < rarity("") or word in _vocabulary():
        return word
    close = process.extractOne(word, _vocabulary(), scorer=OSA.distance, score_cutoff=1)
    return str(close[0]) if close else word


@cache
def _vocabulary() -> tuple[str, ...]:
    """Long words of the nationals' names."""
    found = re.findall("[a-z]{7,}", NATIONALS.read_text(encoding="utf-8"))
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=100_000)
def number(word: str) -> str:
    """A number without zeros in front; empty for what is none.

    >>> number("5-0857"), number("356-g"), number("local")
    ('5-857', '356-g', '')
    """
    return _ZEROS.sub("", word) if any(c.isdigit() for c in word) else ""


def base(numbered: str) -> str:
    """The digits of a number that its sub-units share.

    >>> base("9281-2"), base("5-857"), base("r1-100")
    ('9281', '857', '100')
    """
    return str(max(re.findall(r"\d+", numbered), key=len))


def kind_of(word: str) -> str:
    """`place`, `generic` or `own`.

    >>> kind_of("tamaulipa"), kind_of("sindicato"), kind_of("vanguardista")
    ('place', 'generic', 'own')
    """
    if word in _places():
        return "place"
    return "generic" if word in GENERIC or number(word) else "own"


@cache
def _places() -> frozenset[str]:
    names = {word for name in MX_STATES for word in name.casefold().split()} | _TOWNS
    return frozenset(_stem(word) for word in names) - GENERIC - SMALL | us_states()


@cache
def us_states() -> frozenset[str]:
    return frozenset(US_STATES.casefold().split("|"))


def state_words(subdivision: str) -> frozenset[str]:
    """The words that name a Mexican state.

    >>> sorted(state_words("MX-TAM"))
    ['tamaulipa']
    """
    names = [name for name, code in MX_STATES.items() if code == subdivision]
    return frozenset(_stem(word) for name in names for word in name.casefold().split()) & _places()
