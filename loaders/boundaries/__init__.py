"""Which state or province coordinates lie in, for plants of which a source gives coordinates alone.

`lines.parquet` holds, per country and strip of latitude, from which longitude on which subdivision is the
only one nearby. `python -m loaders.boundaries FOLDER` writes it from three TopoJSON files, see `write.py`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

FILE = Path(__file__).parent / "lines.parquet"
STRIP = 0.02  # degrees of latitude


@cache
def _lines() -> pl.DataFrame:
    return pl.read_parquet(FILE).sort("start")


def with_subdivision(
    frame: pl.LazyFrame, country: str, latitude: str, longitude: str, name: str = "STATE"
) -> pl.LazyFrame:
    """Add a column: the ISO 3166-2 code of the subdivision that the coordinates lie in.

    Parameters
    ----------
    country, latitude, longitude
        Columns of text: ISO 3166-1 alpha-2 code, decimal degrees.
    name
        Name of the new column (text); null outside Canada, Mexico and the US, and within about 3 km of
        another subdivision of the same country.

    Limits: the boundaries are generalized to about 1 km; a point up to 2 km off the coast is on land.

    >>> rows = pl.LazyFrame({"c": ["MX", "CA"], "lat": ["27.92", "x"], "lon": ["-101.33", "-80"]})
    >>> with_subdivision(rows, "c", "lat", "lon").collect()["STATE"].to_list()
    ['MX-COA', None]
    """
    north, east = (pl.col(column).cast(pl.Float64, strict=False) for column in (latitude, longitude))
    strip = (north / STRIP).floor().cast(pl.Int32, strict=False)
    placed = frame.with_row_index("~at").with_columns(east.alias("~east"), strip.alias("~strip"))
    known = placed.select("~at", "~east", "~strip", pl.col(country).alias("~country")).drop_nulls()
    found = known.sort("~east").join_asof(
        _lines().lazy().rename({"code": name}),
        left_on="~east",
        right_on="start",
        by_left=["~country", "~strip"],
        by_right=["country", "strip"],
        check_sortedness=False,
    )
    joined = placed.join(found.select("~at", name), on="~at", how="left", maintain_order="left")
    return joined.drop("~at", "~east", "~strip")
