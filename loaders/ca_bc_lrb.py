"""Index of collective agreements on file with the Labour Relations Board of British Columbia.

The index gives no workplaces: an agreement covers an employer and a union, not a plant. `term` is text: two
dates are its beginning and end, one date alone is kept as the date of the entry, since it is not said which.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from loaders.clean import Value, code, date, text
from loaders.office import require
from loaders.read import PROBLEM
from loaders.row import Ref, Row
from loaders.source import Source, Table
from loaders.union_names import SAME_UNION, a_union, squash, unions_in
from ontology import TrinationalError

_COLUMNS = ("industry", "id", "employer", "union", "term")
# Titles of NAICS Canada -> codes of the sector of the same content in NAICS 2022.
SECTORS = {
    "Agriculture, forestry, fishing and hunting": "11",
    "Mining, quarrying, and oil and gas extraction": "21",
    "Utilities": "22",
    "Construction": "23",
    "Manufacturing": "31-33",
    "Wholesale trade": "42",
    "Retail trade": "44-45",
    "Transportation and warehousing": "48-49",
    "Information and cultural industries": "51",
    "Finance and insurance": "52",
    "Real estate and rental and leasing": "53",
    "Professional, scientific and technical services": "54",
    "Management of companies and enterprises": "55",
    "Administrative and support, waste management and remediation services": "56",
    "Educational services": "61",
    "Health care and social assistance": "62",
    "Arts, entertainment and recreation": "71",
    "Accommodation and food services": "72",
    "Other services (except public administration)": "81",
    "Public administration": "92",
}
_PUBLIC = (
    r"(?i)^(?:the )?(?:corporation of |resort |regional )*(?:city|district|town|village|township"
    r"|school district|ministry|municipality|SD) "
)
_DATE = r"[A-Z][a-z]+\.? ?(?:[0-9]{1,2}(?: ?[,.] ?| ))?[0-9]{4}"
_TERM = rf"^({_DATE})(?: ?(?:-|–|to) ?({_DATE}))?$"
_PARTS = r"^(?<month>[A-Z][a-z]{2})[a-z]*\.? ?(?:(?<day>[0-9]{1,2})(?: ?[,.] ?| ))?(?<year>[0-9]{4})$"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NUMBER = "W[A-Z]{1,2}[0-9]+"


def index(path: Path) -> pl.LazyFrame:
    """The entries of the JSON array, with what is read out of their cells."""
    rows = _entries(path)
    names = [*dict.fromkeys(name for row in rows for name in row)]
    require(path, names, *_COLUMNS)
    data = {name: pl.Series([_text(row.get(name)) for row in rows], dtype=pl.String) for name in names}
    wrong = [None if len(row) == len(names) else f"{len(row)} fields instead of {len(names)}" for row in rows]
    frame = pl.DataFrame({**data, PROBLEM: pl.Series(wrong, dtype=pl.String)})
    number = pl.col("id").str.strip_chars(" *")
    doubled = number.is_duplicated() & number.is_not_null()
    unions = {cell: "|".join(unions_in(cell)) for cell in frame["union"].drop_nulls().unique()}
    employers = {cell: found for cell in frame["employer"].drop_nulls().unique() if (found := a_union(cell))}
    term = text(pl.col("term").str.strip_chars()).clean
    return frame.lazy().with_columns(
        pl.when(doubled).then(squash(pl.col("employer"))).alias("DOUBLED"),
        pl.col("union").replace_strict(unions, default=None, return_dtype=pl.String).alias("UNIONS"),
        pl.col("employer")
        .replace_strict(employers, default=None, return_dtype=pl.String)
        .alias("EMPLOYER UNION"),
        term.str.extract(_TERM, 1).alias("FIRST"),
        term.str.extract(_TERM, 2).alias("SECOND"),
    )


def _entries(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON array; anything else is refused."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        raise TrinationalError(
            f"{path.name}: byte {error.start} is not UTF-8", hint="save it as UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        message = f"{path.name}, line {error.lineno}: no JSON ({error.msg})"
        raise TrinationalError(message, hint="the download may be incomplete") from error
    if not isinstance(entries, list) or not entries or not all(isinstance(e, dict) for e in entries):
        raise TrinationalError(
            f"{path.name}: no array of objects", hint="is it the file that it claims to be?"
        )
    return entries


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise TrinationalError(f"an entry has {name!r} twice", hint="remove or rename one of them")
    return dict(pairs)


def _text(value: Any) -> str | None:
    """A cell as text; what is no text stands as JSON."""
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def agreements(row: Row) -> None:
    """One agreement on file: who signed it and its term."""
    number = code(row["id"].str.strip_chars_end(" *"), _NUMBER, "an agreement number like WXK39")
    first, second = _iso(row["FIRST"]), _iso(row["SECOND"])
    one = pl.when(row["SECOND"].is_null())
    two = pl.when(row["SECOND"].is_not_null())
    row.defaults(
        "filed",
        as_of=Value(one.then(row["FIRST"]), one.then(first.clean), first.wants),
        page_class="official",
        url=pl.lit("http://www.lrb.bc.ca/cas/") + number.clean + ".pdf",
    )
    key = pl.concat_str(number.clean, row["DOUBLED"], separator="/", ignore_nulls=True)
    known = pl.when(number.clean.is_not_null())
    term = row["term"]
    agreement = row.thing(
        "Agreement",
        ("ca-bc-lrb", Value(row["id"], known.then(key), number.wants)),
        name=text(pl.concat_str(row["union"], row["employer"], separator=" – ", ignore_nulls=True)),
        country="CA",
        effective=Value(two.then(row["FIRST"]), two.then(first.clean), first.wants),
        expires=second,
        terms=Value(term, pl.when(row["FIRST"].is_not_null()).then(text(term).clean), "a date or two dates"),
        note=_note(row),
    )
    union = _union(row, row.each("UNIONS", "|"))
    industry = row["industry"]
    sector = industry.replace_strict(SECTORS, default=None, return_dtype=pl.String)
    row.defaults("filed", page_class="official", as_of=None, url=None)
    for employer in _employers(row):
        row.relation("Coverage", agreement=agreement, union=union, employer=employer, when=employer.when)
    row.relation(
        "InSector",
        member=agreement,
        sector=row.ref("Sector", ("naics-2022", sector), when=sector.is_not_null()),
        code_as_stated=industry,
        note="a title of NAICS Canada: the sector of NAICS 2022 with the same content",
    )


def _employers(row: Row) -> list[Ref]:
    """The employer: a public body, a union that employs, or a company or society."""
    name, union = row["employer"], row["EMPLOYER UNION"]
    public = name.str.contains(_PUBLIC)
    key = ("ca-bc-lrb-employer", squash(name))
    ways = (("Agency", public), ("Corporation", ~public))
    bodies = [
        row.thing(kind, key, when=when & union.is_null(), name=text(name), country="CA")
        for kind, when in ways
    ]
    return [*bodies, _union(row, union, when=union.is_not_null())]


def _union(row: Row, cell: pl.Expr, when: pl.Expr | None = None) -> Ref:
    """A union as `unions_in` gives it, and its parent where it is a local of a known union."""
    parent, local = cell.str.extract("^(.*?)#", 1), cell.str.extract("#(.*)$", 1)
    known, is_local = parent != "", (parent != "") & (local != "")
    spaced = pl.concat_str(parent, local, separator=" ")
    number = local.str.to_uppercase().str.replace_all(" ", "")
    of_known = pl.concat_str(
        squash(parent), pl.when(local != "").then(number), separator="/", ignore_nulls=True
    )
    key = pl.when(known).then(of_known).otherwise(squash(local))
    union = row.thing(
        "Union",
        ("ca-bc-lrb-union", key),
        when=when,
        name=text(spaced.str.strip_chars()),
        country="CA",
        level=pl.when(is_local).then(pl.lit("local")).otherwise(pl.lit("union")),
        designation=pl.when(is_local).then(local),
        same_as=_same(pl.when(~is_local).then(parent)),
    )
    body = row.thing(
        "Union",
        ("ca-bc-lrb-union", squash(parent)),
        when=is_local if when is None else is_local & when,
        name=parent,
        level="union",
        same_as=_same(parent),
    )
    row.relation("Affiliation", member=union, body=body, affiliation_kind="local_of")
    return union


def _same(short: pl.Expr) -> pl.Expr:
    """Id of a known union in the built-in dataset."""
    same = short.replace_strict(SAME_UNION, default=None, return_dtype=pl.String)
    return pl.when(same.is_not_null()).then(pl.concat_list(same))


def _iso(cell: pl.Expr) -> Value:
    """`Sept 30, 2023` or `Sept 2020` as a partial date."""
    part = cell.str.extract_groups(_PARTS).struct
    months = {name: f"{n:02}" for n, name in enumerate(_MONTHS, start=1)}
    month = part.field("month").replace_strict(months, default=None, return_dtype=pl.String)
    iso = pl.concat_str(
        part.field("year"), month, part.field("day").str.zfill(2), separator="-", ignore_nulls=True
    )
    return Value(cell, date(pl.when(month.is_not_null()).then(iso)).clean, "a date like Sept 30, 2023")


def _note(row: Row) -> pl.Expr:
    """What is odd about the number or the industry."""
    parts = [
        pl.when(row["id"].str.ends_with("*")).then(pl.lit("the index marks the number with *")),
        pl.when(row["DOUBLED"].is_not_null()).then(
            pl.lit("two entries have this number; the employer tells them apart")
        ),
    ]
    unknown = row["industry"].is_not_null() & ~row["industry"].is_in([*SECTORS])
    parts.append(pl.when(unknown).then(pl.lit("no sector has the title of its industry: ") + row["industry"]))
    words = pl.concat_str(parts, separator="; ", ignore_nulls=True)
    return pl.when(words != "").then(words)


SOURCE = Source(
    id="ca_bc_lrb",
    title="Collective agreements on file in British Columbia",
    publisher="British Columbia Labour Relations Board",
    licence="Open Government Licence - British Columbia (not verified); repository Apache-2.0",
    url="http://www.lrb.bc.ca/cas/",
    tables=(Table("collective_agreements*.json", index, agreements, expected_bytes=50),),
    raw="ca-bc-lrb-agreements",
    also_there=("PROVENANCE.md",),
)
