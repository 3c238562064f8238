"""Records of employers, plants and unions as mentions: what the matcher compares.

A plant's place is its own. An employer's places and sectors are those of the plants that it runs, or whose
workers it employs; where there are none, its own state and country. Its owners are those that a source
states, near and far; one that a register inferred from names is no evidence about names.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from graph.identity.match import FIELDS
from ontology import model

KINDS = ("Corporation", "Plant", "Union")
_EMPLOYERS = {"Operation": "operator", "Representation": "employer", "Coverage": "employer"}
_TEXTS = pl.List(pl.String())
_SEVERAL = "several file numbers, any of them: "
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
        said = said.join(_through_plants(records), on="id", how="left").with_columns(
            town="plant_town",
            subdivision=pl.coalesce("plant_subdivision", "subdivision"),
            country=pl.coalesce("country", "plant_country"),
        )
    elif "InSector" in records:
        said = said.join(_sectors(records["InSector"]), on="id", how="left")
    if "sector" not in said.collect_schema():
        said = said.with_columns(sector=pl.lit(None, pl.String))
    things = said.join(canonical.lazy(), left_on="id", right_on="record_id", how="left").with_columns(
        thing=pl.coalesce("id_right", "id")
    )
    texts = [name for name in FIELDS if name not in ("id", "keys", "owners")]
    found = things.group_by(texts).agg(pl.col("id").min())
    keys = _keys(things.select("id", "thing"), canonical, records[kind])
    found = found.join(keys, on="thing", how="left")
    above = owners(records, canonical).group_by(thing="owned").agg(owners=pl.col("owner").unique().sort())
    found = found.join(above.lazy(), on="thing", how="left")
    return found.select(list(FIELDS)).sort(pl.all()).collect()


def owners(records: Mapping[str, pl.LazyFrame], canonical: pl.DataFrame) -> pl.DataFrame:
    """`owned`, `owner` (ids of things): every owner above a company that sources state, near and far."""
    if "Ownership" not in records:
        return pl.DataFrame(schema={"owned": pl.String, "owner": pl.String})
    said = records["Ownership"].filter(~pl.col("status").is_in(["inferred", "denied"]))
    ends = said.select("owned", "owner").drop_nulls().unique().collect()
    if canonical.height:
        ends = ends.with_columns(pl.all().replace(canonical["record_id"], canonical["id"]))
    near = ends.filter(pl.col("owned") != pl.col("owner")).unique()
    found, last = near, 0
    while found.height > last:
        last = found.height
        further = found.join(near, left_on="owner", right_on="owned").select("owned", owner="owner_right")
        found = pl.concat([found, further]).unique()
    return found.filter(pl.col("owned") != pl.col("owner"))


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


def _keys(things: pl.LazyFrame, canonical: pl.DataFrame, records: pl.LazyFrame) -> pl.LazyFrame:
    """`thing`, `keys`: all keys of registers that a thing holds, or of which it may hold any."""
    joined = canonical.lazy().select(thing="id", key="record_id")
    ids = [joined, things.select("thing", key="thing"), *_any_of(things, records)]
    issuer = pl.col("key").str.split(":").list.first()
    issued = pl.concat(ids).filter(issuer.is_in(sorted(model().registers)))
    return issued.group_by("thing").agg(keys=pl.col("key").unique().sort())


def _any_of(things: pl.LazyFrame, records: pl.LazyFrame) -> list[pl.LazyFrame]:
    """File numbers of which a list of unions gives several for one name."""
    if "note" not in records.collect_schema():
        return []
    numbers = pl.col("note").str.strip_prefix(_SEVERAL).str.extract_all(r"\d+")
    noted = records.filter(pl.col("note").str.starts_with(_SEVERAL)).select("id", key=numbers).explode("key")
    return [noted.join(things, on="id").select("thing", key="us-olms:" + pl.col("key"))]
