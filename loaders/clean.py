"""Cleaners: text of a cell -> a typed value, or null where it is no such value.

Each takes an expression over trimmed text (`row["COLUMN"]`) and gives a `Value`. A value is bad where the raw
text is present and the clean one is null; the loader then rejects the row or drops the value, and says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from ontology import TrinationalError, model, nearest

_YEAR = "(?:1[6-9]|2[01])[0-9]{2}"
_LEAP = "(?:(?:1[6-9]|2[01])(?:0[48]|[2468][048]|[13579][26])|(?:16|20)00)"
_DAY = (
    "(?:0[13578]|1[02])(?:-(?:0[1-9]|[12][0-9]|3[01]))?|(?:0[469]|11)(?:-(?:0[1-9]|[12][0-9]|30))?"
    "|02(?:-(?:0[1-9]|1[0-9]|2[0-8]))?"
)
_ISO = rf"^({_YEAR}(?:-(?:{_DAY}))?|{_LEAP}-02-29)(?:[ T][0-9]{{2}}:[0-9]{{2}}[0-9:.]*(?:Z|[+-][0-9:]+)?)?$"
_INTEGER = r"^([+-]?(?:[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4}))(?:\.0*)?$"
_DECIMAL = r"^([+-]?(?:[0-9]{1,18}|[0-9]{1,3}(?:,[0-9]{3}){1,5})?(?:\.[0-9]*)?)$"
_DEGREES = (
    r"^(?<sign>[+-])?(?<d>[0-9]{1,3}(?:\.[0-9]+)?)(?: *[°º] *(?:(?<m>[0-5]?[0-9](?:\.[0-9]+)?) *['′’] *"
    r"(?:(?<s>[0-5]?[0-9](?:\.[0-9]+)?) *(?:[\"″”]|'') *)?)?)? *(?<hemisphere>[NSEWOnsewo])?$"
)
_ZERO = r"^[+-]?0{1,3}(?:\.0*)?(?: *[°º][0'\". ]*)?$"
_YES = ("t", "true", "y", "yes", "1", "x", "sí", "si", "oui")
_NO = ("f", "false", "n", "no", "0", "non")


@dataclass(frozen=True)
class Value:
    """A cell as it stood, its clean value, and what it should have been.

    Attributes
    ----------
    raw
        The text as it stood; null where the cell is empty.
    clean
        The typed value; null where the text is no such value. A list: the bad items are null.
    wants
        What the cell should hold, in words that follow "is not".
    valid
        Valid texts, so that a reason can name the nearest.
    many
        `clean` is a list.
    how
        `clean` as a function of `raw`, so that the raw text is evaluated once.
    """

    raw: pl.Expr
    clean: pl.Expr
    wants: str
    valid: Sequence[str] = ()
    many: bool = False
    how: Callable[[pl.Expr], pl.Expr] | None = None

    @classmethod
    def of(
        cls,
        raw: pl.Expr,
        how: Callable[[pl.Expr], pl.Expr],
        wants: str,
        valid: Sequence[str] = (),
        many: bool = False,
    ) -> Value:
        """A value whose clean form is a function of the raw text."""
        return cls(raw, how(raw), wants, valid, many, how)

    def then(self, step: Callable[[pl.Expr], pl.Expr], wants: str = "") -> Value:
        """The value with a further step after cleaning; null where it does not hold."""
        how = self.how
        more = None if how is None else (lambda raw: step(how(raw)))
        return replace(self, clean=step(self.clean), how=more, wants=wants or self.wants)

    @property
    def bad(self) -> pl.Expr:
        """True where the cell holds something that is no such value."""
        return is_bad(self.raw, self.clean, self.many)


def is_bad(raw: pl.Expr, clean: pl.Expr, many: bool) -> pl.Expr:
    """Raw text present and clean value (or an item of the list) null."""
    missing = clean.is_null()
    return raw.is_not_null() & (
        missing | (clean.list.len() > clean.list.drop_nulls().list.len()) if many else missing
    )


def let(expr: pl.Expr, use: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """`use(expr)` with `expr` evaluated once, however often `use` names it.

    >>> pl.select(let(pl.lit(3), lambda v: v * v)).item()
    9
    """
    held = pl.struct(expr.alias("v")).struct.with_fields(use(pl.field("v")).alias("v"))
    return held.struct.field("v")


def distinct(
    cell: pl.Expr, use: Callable[[pl.Expr], pl.Expr], dtype: type[pl.DataType] = pl.String
) -> pl.Expr:
    """`use(cell)`, of type `dtype`, once for each distinct text: for what is slow and often repeated.

    >>> cells = pl.DataFrame({"v": ["a", "b", None, "a"]})
    >>> cells.select(distinct(pl.col("v"), lambda v: v.str.to_uppercase()))["v"].to_list()
    ['A', 'B', None, 'A']
    """
    texts = cell.drop_nulls().unique(maintain_order=True)
    return cell.replace_strict(texts, use(texts), default=None, return_dtype=dtype)


def text(cell: pl.Expr) -> Value:
    """Text with runs of white space as one space.

    >>> from loaders.clean import text
    >>> pl.select(text(pl.lit("General  Motors")).clean).item()
    'General Motors'
    """
    spaces = r"[ \t\r\n\u00a0]{2,}|[\t\r\n\u00a0]"
    return Value.of(cell, lambda raw: raw.str.replace_all(spaces, " "), "text")


def integer(cell: pl.Expr) -> Value:
    """A whole number, with or without thousands commas; `12.0` is one, `12.5` and `1,2` are not.

    >>> pl.select(integer(pl.Series(["1,250", "12.0", "12.5"])).clean).to_series().to_list()
    [1250, 12, None]
    """
    return Value.of(cell, lambda raw: _digits(raw, _INTEGER).cast(pl.Int64, strict=False), "a whole number")


def _digits(cell: pl.Expr, pattern: str) -> pl.Expr:
    return cell.str.extract(pattern, 1).str.replace_all(",", "", literal=True)


def decimal(cell: pl.Expr) -> Value:
    """A number with a decimal point, with or without thousands commas; `nan`, `inf` and `1e5` are none.

    >>> pl.select(decimal(pl.Series(["1,250.5", ".5", "1,5"])).clean).to_series().to_list()
    [1250.5, 0.5, None]
    """
    return Value.of(cell, lambda raw: _digits(raw, _DECIMAL).cast(pl.Float64, strict=False), "a number")


def date(cell: pl.Expr, *formats: str) -> Value:
    """A partial ISO date: `2019`, `2019-05` or `2019-05-12`; a time of day after it is left out.

    Parameters
    ----------
    formats
        Further layouts made of `YYYY`, `MM`, `DD` (one digit will do): `MM/DD/YYYY`, `YYYYMMDD`, `MM/YYYY`.

    Limits: years 1600-2199.

    >>> cells = pl.Series(["2019-05", "5/12/2019", "2019-02-29"])
    >>> pl.select(date(cells, "MM/DD/YYYY").clean).to_series().to_list()
    ['2019-05', '2019-05-12', None]
    """

    def iso(raw: pl.Expr) -> pl.Expr:
        for layout in formats:
            raw = raw.str.replace(*_layout(layout))
        if formats:
            raw = raw.str.replace("-([0-9])-", "-0${1}-").str.replace("-([0-9])$", "-0${1}")
        return raw.str.extract(_ISO, 1)

    also = "".join(f" or {layout}" for layout in formats)
    return Value.of(cell, iso, f"a date (YYYY, YYYY-MM, YYYY-MM-DD{also})")


def _layout(layout: str) -> tuple[str, str]:
    """Pattern and ISO replacement of a layout such as `MM/DD/YYYY`."""
    parts = {"YYYY": "(?<y>[0-9]{4})", "MM": "(?<m>[0-9]{1,2})", "DD": "(?<d>[0-9]{1,2})"}
    pattern = re.escape(layout)
    if re.search("[A-Za-z]{2,}[A-Za-z]", layout) and layout in ("YYYYMMDD", "YYYYMM"):
        parts |= {"MM": "(?<m>[0-9]{2})", "DD": "(?<d>[0-9]{2})"}
    for part, group in parts.items():
        pattern = pattern.replace(part, group)
    target = "-".join(f"${{{part[0].lower()}}}" for part in parts if part in layout)
    return f"^{pattern}(?:[ T][0-9]{{1,2}}:[0-9:.]*(?: ?[AP]M)?)?$", target


def code(cell: pl.Expr, pattern: str, wants: str = "") -> Value:
    """A code that fits `pattern` as a whole; codes stay text.

    >>> pl.select(code(pl.Series(["0361", "361"]), "[0-9]{4}").clean).to_series().to_list()
    ['0361', None]
    """
    return Value.of(
        cell, lambda raw: raw.str.extract(f"^({pattern})$", 1), wants or f"a code of the form {pattern}"
    )


def degrees(cell: pl.Expr, axis: str, *, west: bool = False, zero_is_missing: bool = False) -> Value:
    """Degrees north or east: decimal (`-98.5`) or with minutes and seconds (`98°55'59"W`).

    Parameters
    ----------
    axis
        `latitude` (-90 to 90) or `longitude` (-180 to 180).
    west
        Longitudes without sign are west: the result is negative.
    zero_is_missing
        `0` and `0°0'0"` stand for "not known".

    >>> pl.select(degrees(pl.lit('98°30\\'0"'), "longitude", west=True).clean).item()
    -98.5
    """
    limit = {"latitude": 90, "longitude": 180}[axis]
    raw = pl.when(~cell.str.contains(_ZERO)).then(cell) if zero_is_missing else cell
    part = {name: pl.field(name).cast(pl.Float64, strict=False) for name in ("d", "m", "s")}
    size = part["d"] + part["m"].fill_null(0) / 60 + part["s"].fill_null(0) / 3600
    south = pl.field("hemisphere").is_in([*"SWOswo"]).fill_null(False)
    negative = (pl.field("sign") == "-").fill_null(False) | south
    signed = pl.when(pl.lit(west) | negative).then(-size).otherwise(size)
    value = pl.when(size <= limit).then(signed.round(7)).alias("value")
    return Value.of(
        raw,
        lambda text: text.str.extract_groups(_DEGREES).struct.with_fields(value).struct.field("value"),
        f"a {axis} in degrees (-{limit} to {limit})",
    )


def both(first: Value, second: Value) -> tuple[Value, Value]:
    """Two values that only mean something together: each is null where the other is.

    A good value whose other half is missing or bad is left out without being called bad.

    >>> north, east = both(degrees(pl.lit("19.4"), "latitude"), degrees(pl.lit("x"), "longitude"))
    >>> pl.select(north.clean, north.bad.alias("bad")).row(0)
    (None, False)
    """
    return _only_with(first, second), _only_with(second, first)


def _only_with(value: Value, other: Value) -> Value:
    given = other.clean.is_not_null()
    raw = pl.when(given | value.clean.is_null()).then(value.raw)
    return Value(raw, pl.when(given).then(value.clean), value.wants, value.valid)


def flag(cell: pl.Expr, yes: Sequence[str] = _YES, no: Sequence[str] = _NO) -> Value:
    """Yes or no, whatever the case of the letters.

    >>> pl.select(flag(pl.Series(["T", "no", "?"])).clean).to_series().to_list()
    [True, False, None]
    """
    words = {word.lower(): True for word in yes} | {word.lower(): False for word in no}
    return Value.of(
        cell,
        lambda raw: raw.str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.Boolean),
        "yes or no",
        [*words],
    )


def term(cell: pl.Expr, scheme: str, mapping: Mapping[str, str] | None = None) -> Value:
    """A controlled term's notation.

    Parameters
    ----------
    scheme
        Scheme of `ontology/terms.ttl`: `union-level`.
    mapping
        Words of the source -> notations; notations themselves always pass.

    Raises
    ------
    TrinationalError
        No such scheme or notation.

    >>> levels = term(pl.Series(["LU", "local", "?"]), "union-level", {"LU": "local"})
    >>> pl.select(levels.clean).to_series().to_list()
    ['local', 'local', None]
    """
    words = _words(scheme, mapping or {})
    return _looked_up(cell, words, f"a term of {scheme}")


def _looked_up(cell: pl.Expr, words: Mapping[str, str], wants: str) -> Value:
    return Value.of(
        cell,
        lambda raw: raw.replace_strict(words, default=None, return_dtype=pl.String),
        wants,
        [*words],
    )


def _words(scheme: str, mapping: Mapping[str, str]) -> dict[str, str]:
    schemes = model().terms
    if scheme not in schemes:
        raise TrinationalError(f"no scheme of terms is called {scheme!r}", hint=nearest(scheme, schemes))
    known = schemes[scheme]
    wrong = next((notation for notation in mapping.values() if notation not in known), None)
    if wrong is not None:
        raise TrinationalError(f"scheme {scheme!r} has no term {wrong!r}", hint=nearest(wrong, known))
    return {notation: notation for notation in known} | dict(mapping)


def listed(cell: pl.Expr, separator: str, item: Value) -> Value:
    """A cell that holds several values; `item` is a cleaner over `pl.element()`.

    Empty items are left out; bad items are dropped and named.

    >>> years = listed(pl.lit("2019; 2020;"), ";", date(pl.element()))
    >>> pl.select(years.clean).item().to_list()
    ['2019', '2020']
    """
    parts = _parts(cell, separator)
    clean = parts.list.eval(item.clean)
    return Value(cell, clean, f"a list of items that are each {item.wants}", item.valid, many=True)


def _parts(cell: pl.Expr, separator: str) -> pl.Expr:
    """Trimmed items of a cell that are not empty; null where there is none."""
    items = (
        cell.str.split(separator)
        .list.eval(pl.element().str.strip_chars())
        .list.eval(pl.element().filter(pl.element() != ""))
    )
    return pl.when(items.list.len() > 0).then(items)


def texts(cell: pl.Expr, separator: str) -> Value:
    """Several texts in one cell.

    >>> pl.select(texts(pl.lit("a ; b"), ";").clean).item().to_list()
    ['a', 'b']
    """
    return Value(cell, _parts(cell, separator), "texts", many=True)


def terms(cell: pl.Expr, scheme: str, separator: str, mapping: Mapping[str, str] | None = None) -> Value:
    """Several controlled terms in one cell.

    >>> pl.select(terms(pl.lit("coercion;retaliation"), "allegation", ";").clean).item().to_list()
    ['coercion', 'retaliation']
    """
    return listed(cell, separator, term(pl.element(), scheme, mapping))


def country(cell: pl.Expr, mapping: Mapping[str, str] | None = None) -> Value:
    """ISO 3166-1 alpha-2 code of a country; `mapping`: words of the source -> codes.

    >>> pl.select(country(pl.Series(["US", "UX"])).clean).to_series().to_list()
    ['US', None]
    """
    words = {code: code for code in COUNTRIES.split()} | dict(mapping or {})
    return _looked_up(cell, words, "a country code (ISO 3166-1 alpha-2)")


def subdivision(cell: pl.Expr) -> Value:
    """ISO 3166-2 code of a state or province, by its form.

    >>> pl.select(subdivision(pl.Series(["MX-GUA", "Guanajuato"])).clean).to_series().to_list()
    ['MX-GUA', None]
    """
    return code(cell, "[A-Z]{2}-[A-Z0-9]{1,3}", "a code of a state or province (ISO 3166-2)")


COUNTRIES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
