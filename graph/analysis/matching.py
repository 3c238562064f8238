"""S and T of a pair of plants: how alike their products are, and how near two events are in time."""

from __future__ import annotations

import narwhals as nw

from graph.analysis.parameters import DEFAULT, Shifts
from graph.engine import Frame, Tables


def time_factor(months: nw.Expr, shifts: Shifts = DEFAULT.shifts) -> nw.Expr:
    """T: 1 on the plateau, 0 outside the window, linear between; null where the months are unknown."""
    (first, last), (low, high) = shifts.window, shifts.plateau
    rise = (months - first) / ((low - first) or 1.0)
    fall = (last - months) / ((last - high) or 1.0)
    return (
        nw.when(months.is_null())
        .then(nw.lit(None, dtype=nw.Float64))
        .when((months >= low) & (months <= high))
        .then(nw.lit(1.0))
        .when((months <= first) | (months >= last))
        .then(nw.lit(0.0))
        .when(months < low)
        .then(rise)
        .otherwise(fall)
        .round(12)
    )


def sector_factor(shifts: Shifts = DEFAULT.shifts) -> nw.Expr:
    """S of two industry codes, from columns `c3`-`c6` and `c3_right`-`c6_right` (shared digits)."""
    return _shared("c", shifts.digits)


def hs_factor(shifts: Shifts = DEFAULT.shifts) -> nw.Expr:
    """S of two HS codes, from columns `h2`, `h4`, `h6` and `h2_right`, `h4_right`, `h6_right`."""
    return _shared("h", shifts.hs_digits)


def _shared(prefix: str, values: dict[int, float]) -> nw.Expr:
    found = nw.lit(0.0)
    for digits in sorted(values):
        same = nw.col(f"{prefix}{digits}") == nw.col(f"{prefix}{digits}_right")
        found = nw.when(same).then(nw.lit(values[digits])).otherwise(found)
    return found


def industry_codes(tables: Tables, plants: Frame) -> Frame:
    """Industry codes of plants by their first 3 to 6 digits: `plant`, `c3`-`c6`; NAICS and SCIAN alike."""
    known = tables["InSector"].select("sector", plant="member").join(plants, on="plant", how="semi")
    coded = known.filter(nw.col("sector").str.contains("^(naics|scian)-[0-9]{4}:[0-9]{3,6}$"))
    return _digits(coded.select("plant", code=nw.col("sector").str.slice(11)), (3, 4, 5, 6), "c")


def products(tables: Tables, plants: Frame) -> Frame:
    return tables["Making"].select("plant", "product").join(plants, on="plant", how="semi").unique()


def hs_codes(tables: Tables, plants: Frame) -> Frame:
    """HS codes of what plants make or supply: `plant`, `h2`, `h4`, `h6`."""
    products = tables["Product"].filter(~nw.col("hs_code").is_null()).select(product="id", code="hs_code")
    makes = tables["Making"].select("plant", "product").join(plants, on="plant", how="semi")
    makes = makes.join(products, on="product").select("plant", "code")
    supplies = tables["Supply"].filter(~nw.col("hs_code").is_null()).select(plant="supplier", code="hs_code")
    supplies = supplies.join(plants, on="plant", how="semi")
    return _digits(nw.concat([makes, supplies]), (2, 4, 6), "h")


def _digits(codes: Frame, lengths: tuple[int, ...], prefix: str) -> Frame:
    known = codes.filter(nw.col("code").str.contains("^[0-9]+$"))
    return known.select(
        "plant",
        **{
            f"{prefix}{n}": nw.when(nw.col("code").str.len_chars() >= n).then(
                nw.col("code").str.slice(0, n).cast(nw.Int32)
            )
            for n in lengths
        },
    ).unique()
