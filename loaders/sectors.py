"""Industry codes of any edition, read as classes of the edition that the ontology holds."""

from __future__ import annotations

from functools import cache

import polars as pl

from ontology.sectors import table

# Numbers that meant something else before 2022: 513 telecommunications, 516 internet publishing.
_REUSED = "^51[36]"


@cache
def _classes(scheme: str) -> tuple[pl.Series, pl.Series]:
    """Each code of a scheme and each two-digit number of a sector that spans several; the class of each."""
    found: dict[str, str] = {}
    for code in table().filter(pl.col("scheme") == scheme)["code"]:
        first, _, last = code.partition("-")
        found[code] = code
        if last:
            found |= {str(number): code for number in range(int(first), int(last) + 1)}
    return pl.Series([*found]), pl.Series([*found.values()])


def known_class(scheme: str, code: pl.Expr) -> pl.Expr:
    """The code where the scheme has it, else its longest beginning that is a class; null where nothing fits.

    Parameters
    ----------
    scheme
        `naics-2022`, `scian-2023` or `isic-4`.
    code
        Two to six digits, or a range of sectors (`31-33`).

    Limits: a number that two editions give to different classes is read in the newer sense, except where the
    older one has digits that the newer lacks.

    >>> codes = pl.Series(["336111", "33", "5133", "99"])
    >>> pl.select(known_class("naics-2022", codes)).to_series().to_list()
    ['33611', '31-33', '51', None]
    """
    classes = _classes(scheme)

    def look_up(text: pl.Expr) -> pl.Expr:
        return text.replace_strict(*classes, default=None, return_dtype=pl.String)

    shorter = [look_up(code.str.head(digits)) for digits in (5, 4, 3)]
    reused = pl.lit(scheme != "isic-4") & code.str.contains(_REUSED)
    return pl.coalesce(look_up(code), pl.when(~reused).then(pl.coalesce(shorter)), look_up(code.str.head(2)))
