"""Is a key one that its authority could have issued? Patterns and check digits as column expressions."""

from __future__ import annotations

import polars as pl

from ontology.errors import TrinationalError, nearest
from ontology.model import model

_DIGITS = {letter: str(value) for value, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", start=10)}


def check(authority: str, key: pl.Expr) -> pl.Expr:
    """True where `key` (text after the colon) fits the authority's pattern and check digit; null at null.

    Raises `TrinationalError` for an authority that the ontology does not name. A fitting key need not exist.

    >>> keys = pl.DataFrame({"lei": ["5493000IBP32UQZ0KL24", "5493000IBP32UQZ0KL42", None]})
    >>> keys.select(check("lei", pl.col("lei")))["lei"].to_list()
    [True, False, None]
    """
    found = model().authorities.get(authority)
    if found is None:
        hint = nearest(authority, model().authorities) or "authorities are at the end of ontology/labor.ttl"
        raise TrinationalError(f"no authority {authority!r}", hint=hint)
    fits = key.str.contains(found.pattern.pattern)
    return fits & _CHECKS[found.check_digit](key) if found.check_digit else fits


def mod_97_10(key: pl.Expr) -> pl.Expr:
    """True where letters and digits pass ISO 7064 MOD 97-10 (remainder 1); false where other signs occur.

    Source: ISO/IEC 7064:2003, as used by ISO 17442 (LEI). Keys of up to 22 signs.
    """
    digits = key.str.replace_many(_DIGITS)
    rest = pl.lit("")
    for start in (0, 15, 30):
        part = pl.concat_str(rest, digits.str.slice(start, 15))
        rest = (part.cast(pl.Int64, strict=False) % 97).cast(pl.String)
    return pl.when(key.is_not_null()).then((rest == "1").fill_null(False))


_CHECKS = {"iso7064-mod97-10": mod_97_10}
