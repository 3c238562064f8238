"""Records of employers, plants and unions as mentions: what the matcher compares.

A plant's place is its own. An employer's places and sectors are those of the plants that it runs, or whose
workers it employs; where there are none, its own state and country.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from graph.identity.match import FIELDS
from ontology import model

KINDS = ("Corporation", "Plant", "Union")
_EMPLOYERS = {"Operation": "operator", "Representation": "employer", "Coverage": "employer"}
_TEXTS = pl.List(pl.String())
_PLACE = ("town", "subdivision", "country")


def mentions(kind: str, records: Mapping[str, pl.LazyFrame], canonical: pl.DataFrame) -> pl.DataFrame:
    """The distinct mentions of a kind, in the fields of `match`.

    Parameters
    ----------
    kind
        `Corporation`, `Plant` or `Union`.
    records
        Records by kind: things, and the relations that tell of places and sectors.
    canonical
        `record_id`, `id`: what is known to be one thing.

    Examples
    --------
    >>> row = {"id": "p:1", "name": "Dana, Toledo", "municipality": "Toledo", "subdivision": "US-OH"}
    >>> missing = dict.fromkeys(("native_name", "abbreviation", "place", "country", "address"))
    >>> plants = pl.LazyFrame([row | missing | {"other_names": None}])
    >>> nothing = pl.DataFrame(schema={"record_id": pl.String, "id": pl.String})
    >>> mentions("Plant", {"Plant": plants}, nothing).select("name", "town").row(0)
    ('Dana', 'Toledo')
    """
    said = _named(records[kind])
    if kind == "Corporation":
        placed = _through_plants(records)
        said = said.join(placed, on="id", how="left").with_columns(
            pl.coalesce(f"plant_{name}", name).alias(name)
            if name != "town"
            else pl.col("plant_town").alias(name)
            for name in _PLACE
        )
    elif "InSector" in records:
        said = said.join(_sectors(records["InSector"]), on="id", how="left")
    if "sector" not in said.collect_schema():
        said = said.with_columns(sector=pl.lit(None, pl.String))
    things = said.join(canonical.lazy(), left_on="id", right_on="record_id", how="left").with_columns(
        thing=pl.coalesce("id_right", "id")
    )
    keys = _keys(canonical)
    texts = [name for name in FIELDS if name not in ("id", "keys")]
    found = things.group_by(texts).agg(pl.col("id").min()).join(keys.lazy(), on="thing", how="left")
    own = pl.concat_list(pl.when(_issued(pl.col("thing"))).then("thing")).list.drop_nulls()
    return found.with_columns(keys=pl.coalesce("keys", own)).select(list(FIELDS)).sort(pl.all()).collect()


def _named(said: pl.LazyFrame) -> pl.LazyFrame:
    """`id`, names and place of records; a plant's name without the town that a loader put behind it."""
    there = said.collect_schema().names()
    town = pl.coalesce("municipality", "place") if "municipality" in there else pl.lit(None, pl.String)
    behind = pl.format(", {}", town)
    name = pl.coalesce("name", "native_name")
    others = ["native_name", "abbreviation", *(["legal_name"] if "legal_name" in there else [])]
    return (
        said.select(
            "id",
            name=pl.when(name.str.ends_with(behind)).then(name.str.strip_suffix(behind)).otherwise(name),
            other_names=pl.concat_list(
                *others, pl.col("other_names").cast(_TEXTS).fill_null([])
            ).list.drop_nulls(),
            town=town,
            subdivision="subdivision",
            country="country",
            address=pl.col("address") if "address" in there else pl.lit(None, pl.String),
        )
        .with_columns(
            other_names=pl.col("other_names")
            .list.unique()
            .list.sort()
            .list.set_difference(pl.concat_list("name"))
        )
        .filter(pl.col("name").is_not_null())
    )


def _through_plants(records: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """`id` of employers with town, subdivision, country and sector of each of their plants."""
    links = [
        records[relation].select(id=role, plant="plant")
        for relation, role in _EMPLOYERS.items()
        if relation in records
    ]
    empty = pl.LazyFrame(schema={"id": pl.String, "plant": pl.String})
    plants = (
        _named(records["Plant"])
        if "Plant" in records
        else pl.LazyFrame(schema=dict.fromkeys(("id", *_PLACE), pl.String))
    )
    where = plants.select("id", *(pl.col(name).alias(f"plant_{name}") for name in _PLACE))
    sectors = _sectors(records["InSector"]) if "InSector" in records else empty.select("id", sector="plant")
    linked = pl.concat([empty, *links]).drop_nulls().unique()
    return (
        linked.join(where, left_on="plant", right_on="id")
        .join(sectors, left_on="plant", right_on="id", how="left")
        .drop("plant")
        .unique()
    )


def _sectors(records: pl.LazyFrame) -> pl.LazyFrame:
    """The first code of each member."""
    return records.group_by(id="member").agg(sector=pl.col("sector").str.split(":").list.last().min())


def _issued(thing: pl.Expr) -> pl.Expr:
    return thing.str.split(":").list.first().is_in(sorted(model().registers))


def _keys(canonical: pl.DataFrame) -> pl.DataFrame:
    """`thing`, `keys`: all keys of registers that a thing of several ids holds."""
    ids = pl.concat([canonical.select("id", key="record_id"), canonical.select("id", key="id")])
    issued = ids.filter(_issued(pl.col("key")))
    return issued.group_by(thing="id").agg(keys=pl.col("key").unique().sort())
