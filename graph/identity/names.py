"""Names of employers and plants taken apart: legal form, distinctive words, words of place and site.

A name is folded (case, accents, points), split into what it is called, its other names (`d/b/a`, in
brackets) and the parent that it names (`a division of`), freed of legal forms at its tail, and its words are
sorted by what they tell. Legal forms come
from `cleanco`; its tables know neither the Mexican forms with `de C.V.` (it leaves `S.A.B. de` behind), nor
forms spelt out, nor `ULC` and `Ltée` of Canada: those are added here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from cleanco import termdata

_SPLIT = re.compile(
    r"\b(?:d\s?/\s?b\s?/\s?a|dba|a\s?/\s?k\s?/\s?a|aka|f\s?/\s?k\s?/\s?a|fka|doing business as|also known as"
    r"|formerly(?: known as)?|now known as)\b[.:]?"
)
_OUTER = re.compile(r"\(([^()]*)\)?|\[([^\[\]]*)\]")
_COMMA_NAME = re.compile(r"^(.{4,}?(?:\bs\W{0,2}a\b|\bc\W{0,2}v\b|\brl\b)[\s.]*),(?!\s*(?:s\b|de\b))(.*)$")
_STATED = re.compile(
    r",? an? \w+ (?:limited liability company|limited partnership|corporation)\b|,? et al\b\.?"
)
_PARENTS = (
    (
        " of ",
        re.compile(
            r"(.*?)\W*\b(?:an? |as |now )*"
            r"(?:(?:wholly|majority)[ -]*owned |operating |business |bus\.? |investment )*"
            r"(?:div(?:is\w*)?|subsidiary|sub|unit|affiliate|part|member)\.? of (?:and related to )?(?:the )?"
            r"(.*?)(?:;|,? an? [a-z -]*(?:division|div|subsidiary|unit|affiliate)\.? of\b.*|$)"
        ),
    ),
    (
        " d",
        re.compile(
            r"(.*?)\W*\b(?:un[ae] (?:division|empresa|filiale?|subsidiaria)|filiale?|subsidiaria) "
            r"d(?:e[ls]? |u |')(.*)"
        ),
    ),
    (
        " co",
        re.compile(
            r"(?:(.*\S)\s*[,-])?\s*an? (?!\w\b)"
            r"((?:(?!\b(?:limited|mutual|insurance)\b)[^,]){3,40}) (?:company|co)\.?$"
        ),
    ),
)
_NEXT = re.compile(r"\b(inc|llc|corp|corporation|ltd)\b\.?(?:,| and\b).*")
_PUBLIC = re.compile(r"\b(?:city|county|state|town|province) of\b|\bdep(?:artmen)?t\b")
_SINGLES = re.compile(r"(?<=\b[a-z]) (?=[a-z]\b)")
_WORDS = re.compile(r"[a-z0-9]+")
_LETTERS = re.compile(r"\b([a-z]{1,2})&([a-z])\b")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_DOMAIN = re.compile(r"(?<=[a-z0-9])\.(?:com|net|org)\b")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Forms that cleanco's tables lack, after folding: single letters joined (`s a de c v` -> `sa de cv`).
_MORE_FORMS = """
sa de cv|sab de cv|sapi de cv|sapib de cv|spi de cv|s de rl de cv|s de rl|s de rl mi|srl de cv|srl
sc de rl de cv|sc de rl|sc|ac|sa de|sab de|sapi de|s de rl de|sab|sapi|sas de cv|spr de rl
spr de rl de cv|sofom enr|sofom er|sociedad anonima de capital variable
sociedad anonima bursatil de capital variable|sociedad anonima
sociedad de responsabilidad limitada de capital variable|sociedad de responsabilidad limitada
sociedad anonima promotora de inversion de capital variable|sociedad civil|asociacion civil|sa cv
s a de cv|ulc|ltee|limitee|inc ltee|cie|enr|senc|co ltd|company limited|unlimited liability company
incorporee|lllp|pllc|pbc|llc|lc|limited liability company|limited partnership|na|kgaa|ag and co kgaa
co kg|kg|and co|and company|cos|companies|co inc|company inc|corp inc|coporation|corproation|comapny
cia|compania|the
"""
_NOT_FORMS = _set("group ei sep sem sal gp sp sar as sk bt kb hb rt gie")
_SPELT = {
    "intl": "international",
    "natl": "national",
    "mfg": "manufacturing",
    "manuf": "manufacturing",
    "mfr": "manufacturer",
    "bros": "brothers",
    "assn": "association",
    "assoc": "association",
    "ctr": "center",
    "centre": "center",
    "hosp": "hospital",
    "svc": "service",
    "svcs": "service",
    "div": "division",
    "dept": "department",
    "univ": "university",
    "tech": "technology",
    "technologies": "technology",
    "ind": "industries",
    "inds": "industries",
    "mgmt": "management",
    "dist": "district",
    "dev": "development",
    "transp": "transportation",
    "const": "construction",
    "constr": "construction",
    "eng": "engineering",
    "equip": "equipment",
    "gen": "general",
    "ft": "fort",
    "mt": "mount",
    "saint": "st",
    "usa": "us",
    "american": "america",
    "americas": "america",
    "cia": "compania",
    "fiberglas": "fiberglass",
    "mex": "mexico",
    "gm": "generalmotor",
    "ge": "generalelectric",
    "vw": "volkswagen",
    "ups": "united parcel service",
    "usps": "uspostal service",
    "uss": "ussteel",
}
# Names of firms that are made of words which say little alone.
_ONE_NAME = re.compile(
    r"\b(?:(general) (motors?|electric|dynamics|mills)|(u ?s|united states) (steel|foods?|postal)"
    r"|(american) (airlines?|axle)|(international) (paper|harvester)|(national) (grid|steel)|(standard) (oil)"
    r"|(united) (airlines?|states))\b"
)


GENERIC = _set(
    """
    company co corp corporation inc group groupe grupo holding holdings international intl industries
    industry industrias industria industrial enterprise enterprises empresa empresas services service
    servicios product products productos systems system technology solutions manufacturing manufacturer
    management global worldwide national associates partners north business consolidated sales operating
    operations organization compania comercial commercial general motor motors automotive brands y e
    limited com continued incorporated america american
    """
)
SITE = _set(
    """
    plant plants planta plantas division div facility facilities unit unidad operation operations works
    site terminal warehouse assembly no nave sucursal branch station complex campus office center
    distribution depot mine mina mill refinery smelter concentradora generadora stamping foundry engine
    shop township location yard park complejo headquarters hq corporate dc department store stores
    district local
    """
)
COUNTRY = _set(
    """
    mexico mexicana mexicano mexicanas mexican canada canadian canadiense us america american americas
    usa north brasil brazil argentina chile colombia peru uk france germany deutschland europe europa
    china japan korea india oceania australia asia italia italy spain espana iberica ireland netherlands
    belgium sweden singapore taiwan hong kong puerto rico latin latinoamerica norteamerica
    norteamericana global nederland poland polska czech romania hungary thailand malaysia philippines
    vietnam switzerland suisse austria
    """
)
PURPOSE = _set(
    """
    pension pensions retirement trust plan plans savings fund funds fondo fideicomiso trustees trustee
    benefit benefits foundation fundacion union credit disability dealer dealership bottling insurance
    acquisition financial finance capital leasing servicing financing ventures venture federal employees
    employee opportunity income master reit mortgage portfolio investments investment
    """
)
ONE_A_PLACE = _set(
    """
    association asociacion council school schools college university universidad hospital clinic medical
    county city state municipal municipality municipio ayuntamiento board authority club church society
    chamber cooperative cooperativa ejido federation builders contractors builder contractor employers
    employer utility utilities port airport transit library theatre theater museum sheriff police
    """
)
_SMALL = _set(
    """
    of the and de del la las los el y e en da do du des et le les for at in a an to
    """
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name taken apart. `words` have no legal form and no small words; `others` are further names.

    `formal` tells that the name ends in a legal form: a full legal name, in which every word counts.
    `parent`: words of the company of which the name says that this one is a division or subsidiary; `whole`:
    all words of such a name. `towns`: further names in brackets that are towns, where it is known which are.
    """

    words: tuple[str, ...]
    others: tuple[tuple[str, ...], ...] = ()
    formal: bool = False
    parent: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    towns: tuple[tuple[str, ...], ...] = ()

    @property
    def joined(self) -> str:
        return "".join(self.words)

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.words)


def folded(text: str) -> str:
    """Lower case without accents; what a wrong encoding left (`¿`, `ï¿½`, U+FFFD) becomes a space.

    >>> folded("COMPAÑÍA Azucarera")
    'compania azucarera'
    """
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", text.replace("ï¿½", " ").replace("¿", " ").replace("\ufffd", " "))
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


@cache
def legal_forms() -> frozenset[tuple[str, ...]]:
    """Legal forms as folded words: cleanco's of every country, and those of the three countries it lacks.

    >>> ("sa", "de", "cv") in legal_forms(), ("gmbh",) in legal_forms()
    (True, True)
    """
    known = {form for forms in termdata.terms_by_type.values() for form in forms}
    known |= {form for forms in termdata.terms_by_country.values() for form in forms}
    texts = (known - _NOT_FORMS) | set(_MORE_FORMS.strip().replace("\n", "|").split("|"))
    return frozenset(words for text in texts if (words := tuple(_split_words(folded(text)))))


def _split_words(text: str) -> list[str]:
    plain = text.replace("'", "").replace("’", "")
    if "." in plain:
        plain = _DOMAIN.sub(" ", plain)
    if "&" in plain:
        plain = _LETTERS.sub(r"\1\2", plain).replace("&", " and ")
    plain = plain.replace("+", " and ")
    words = _SINGLES.sub("", " ".join(_WORDS.findall(plain)))
    return _ONE_NAME.sub(_as_one, words).split()


def _as_one(found: re.Match[str]) -> str:
    first, last = (part for part in found.groups() if part)
    if last == "states":
        return "us"
    return ("us" if first[:2] in ("us", "u ") or first == "united states" else first) + last.rstrip("s")


def without_form(words: list[str]) -> list[str]:
    """Words without the legal forms at the tail and the article at either end.

    >>> without_form(["maytag", "company", "the"])
    ['maytag']
    >>> without_form(["dana", "sa", "de", "cv"])
    ['dana']
    """
    forms = legal_forms()
    left = words[1:] if len(words) > 1 and words[0] == "the" else words
    changed = True
    while changed:
        changed = False
        for size in range(min(6, len(left) - 1), 0, -1):
            if tuple(left[-size:]) in forms:
                left, changed = left[:-size], True
                break
    return left


def _spell(words: list[str]) -> tuple[str, ...]:
    spelt = " ".join(_SPELT.get(word, word) for word in words).split()
    return tuple(_singular(word) for word in spelt if word not in _SMALL)


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _plain(text: str) -> tuple[tuple[str, ...], bool]:
    """Words without the legal form, and whether there was one.

    >>> _plain("dana corp."), _plain("dana lafayette"), _plain("maytag company, the")
    ((('dana',), True), (('dana', 'lafayette'), False), (('maytag',), True))
    """
    words = _split_words(text)
    left = without_form(words)
    return _spell(left), len(left) - left.count("the") < len(words) - words.count("the")


def parse(text: str | None, towns: frozenset[tuple[str, ...]] = frozenset()) -> Name:
    """Take a name apart; `towns`: words of towns, to tell which names in brackets are one.

    >>> parse("GENERAL MOTORS DE MÉXICO S DE RL DE CV").words
    ('generalmotor', 'mexico')
    >>> parse("Amazon.com, Inc.").words, parse("Amazon.com, Inc.").formal
    (('amazon',), True)
    >>> parse("San Benito Foods (Neil Jones Food Co.)").others
    (('neil', 'jone', 'food'),)
    >>> parse("SDH Services East, LLC, a subsidiary of Sodexo, Inc.").parent
    ('sodexo',)
    """
    if not text:
        return Name(())
    plain = _STATED.sub(" ", folded(text))
    inner = [part for found in _OUTER.findall(plain) for part in found if part.strip()]
    years = [year for part in inner for year in _YEAR.findall(part)]
    outer = _OUTER.sub(" ", plain)
    if comma := _COMMA_NAME.match(outer):
        outer, brand = comma[1], comma[2]
        inner.append(brand)
    first, *more = _SPLIT.split(outer)
    taken = [_without_parent(part) for part in (first, *more, *inner)]
    if not taken[0][0]:
        taken[0] = first, ()
    own, formal = _plain(taken[0][0])
    further = [_plain(text) for text, _ in taken[1:]]
    parts = [own, *(words for words, _ in further)]
    named = [part for part in parts if part and not all(word.isdigit() for word in part)]
    if not named:
        return Name(_spell(_split_words(plain)))
    main, *others = dict.fromkeys(named)
    parent = next((above for _, above in taken if above and above != main), ())
    whole = _plain(first)[0] if taken[0][1] else main + parent
    asides = (words for words, form in further[len(more) :] if not form and words in towns)
    sites = tuple(words for words in asides if words in others and "".join(words) not in "".join(main))
    return Name((*main, *years), tuple(others), formal, parent, whole if parent else (), sites)


def _without_parent(text: str) -> tuple[str, tuple[str, ...]]:
    """A folded name without the parent that it says it has, and the words of the parent.

    A department of a public body has none, nor has what is named by general words alone.

    >>> _without_parent("fafnir bearing div of textron inc")
    ('fafnir bearing', ('textron',))
    >>> _without_parent("manufacturing division of anvil international")
    ('manufacturing division of anvil international', ())
    """
    found = next((m for mark, form in _PARENTS if mark in text and (m := form.match(text))), None)
    if not found:
        return text, ()
    own, parent = found[1] or "", found[2]
    words, above = _plain(own)[0], _plain(_NEXT.sub(r"\1", parent))[0]
    kinds = {kind_of(word, frozenset()) for word in words}
    if not above or (words and kinds <= {"generic", "site", "number"}) or _PUBLIC.search(own):
        return text, ()
    return own.strip(), above


def kind_of(word: str, places: frozenset[str]) -> str:
    """What a word of a name tells: `place`, `country`, `purpose`, `site`, `generic`, `number` or `own`.

    `places` are the words of the towns of both mentions.

    >>> [kind_of(word, frozenset({"saginaw"})) for word in ("saginaw", "mexico", "trust", "plant", "dana")]
    ['place', 'country', 'purpose', 'site', 'own']
    """
    if word in places:
        return "place"
    if word.isdigit():
        return "number"
    return _KINDS.get(word, "own")


_KINDS = {
    form: kind
    for kind, words in (("generic", GENERIC), ("site", SITE), ("country", COUNTRY), ("purpose", PURPOSE))
    for word in words
    for form in (word, _singular(word))
}
