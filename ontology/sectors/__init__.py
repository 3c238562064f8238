"""Sectors: NAICS 2022, SCIAN 2023 and ISIC Rev. 4, with broader and match links.

`table()` reads `sectors.csv`, `common()` and `shared_digits()` say how far codes of two countries may be
compared; `python -m ontology.sectors` writes `sectors.csv` and its Turtle from the official tables.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import takewhile
from pathlib import Path

import polars as pl

from ontology.errors import TrinationalError

FOLDER = Path(__file__).parent
_filled = pl.element().filter(pl.element() != "")
_LISTS = ("exact_match", "close_match")


@lru_cache(maxsize=1)
def table() -> pl.DataFrame:
    """Every sector as a row: the columns of kind Sector that the official tables fill.

    Columns: `id` (`naics-2022:3361`), `name` (NAICS and ISIC in English, SCIAN in Spanish), `country` (null
    for ISIC; the US edition of NAICS stands for Canada's), `code`, `scheme`, `broader`, and the lists
    `exact_match` and `close_match` of sector ids; an empty list means that no match is known.

    >>> table().filter(id="scian-2023:33611").select("country", "broader").row(0)
    ('MX', 'scian-2023:3361')
    """
    lists = [pl.col(name).fill_null("").str.split(" ").list.eval(_filled) for name in _LISTS]
    return pl.read_csv(FOLDER / "sectors.csv", infer_schema=False).with_columns(lists)


@lru_cache(maxsize=1)
def common() -> pl.DataFrame:
    """Per sector the NAICS code that says the same in all three countries.

    Columns: `id`, `common` (text). A NAICS sector is its own; a SCIAN sector takes the deepest class at or
    above it that INEGI marks as trilateral: below that mark equal digits mean nothing (NAICS 8122 is death
    care, SCIAN 8122 laundries). ISIC has none (null).

    >>> common().filter(pl.col("id").is_in(["scian-2023:336110", "scian-2023:8122"]))["common"].to_list()
    ['33611', '812']
    """
    rows = {row["id"]: row for row in table().iter_rows(named=True)}

    def climb(at: str | None) -> str | None:
        while at is not None:
            if rows[at]["scheme"] == "naics-2022":
                return str(rows[at]["code"])
            same = [key for key in rows[at]["exact_match"] if key.startswith("naics-2022:")]
            at = same[0] if same else rows[at]["broader"]
        return None

    return pl.DataFrame(
        {"id": list(rows), "common": [climb(at) for at in rows]},
        schema={"id": pl.String, "common": pl.String},
    )


def shared_digits(a: str, b: str) -> int:
    """How many leading digits two sectors share, as far as their codes may be compared.

    Within one scheme all digits count, between NAICS and SCIAN those of `common()`; a range (`31-33`) and a
    sector of ISIC against another scheme share none. Raises `TrinationalError` for an id that is no sector.

    >>> shared_digits("naics-2022:336350", "naics-2022:336390")
    4
    >>> shared_digits("scian-2023:812210", "naics-2022:812210")
    3
    """
    one, two = (_known(sector) for sector in (a, b))
    if a.split(":")[0] == b.split(":")[0]:
        one, two = a.split(":")[1], b.split(":")[1]
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False))
    return 0 if "-" in one + two else len(list(same))


def _known(sector: str) -> str:
    found = common().filter(id=sector)
    if found.is_empty():
        hint = "ids are like naics-2022:3361, scian-2023:3361, isic-4:2910"
        raise TrinationalError(f"no sector {sector!r}", hint=hint)
    return found["common"][0] or ""
