"""The crosswalk: every id of every authority that stands for a thing, how it came to, and who says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from graph import rdf
from graph.export.rdf import public_tables
from graph.identity.judgements import Judgement
from ontology import WrongUseError, model, nearest

COLUMNS = (
    *("id", "kind", "name", "country", "authority", "key", "record_id", "official", "reason", "probability"),
    *("joined_to", "source", "evidence", "url"),
)
_PLACE = ("source", "locator", "url")


def crosswalk(
    graph: Path,
    kinds: Iterable[str] = (),
    judgements: Sequence[Judgement] = (),
    *,
    official: bool = False,
    restricted: bool = False,
) -> pl.DataFrame:
    """All ids of the things of a graph.

    Parameters
    ----------
    graph
        Folder of graph tables.
    kinds
        Kinds of the ontology, with those below them; none: every kind of thing.
    judgements
        What the graph was built with: their words are the evidence of reason `judgement`.
    official
        Only ids of authorities that give one key to one thing (LEI, CIK, OLMS file number, ...).
    restricted
        Also what only restricted statements say.

    Returns
    -------
    polars.DataFrame
        One row an id of a thing, sorted by `kind`, `id`, `record_id`: `id` (of the thing: that of its
        strongest authority), `kind`, `name`, `country` (ISO 3166-1), `authority` and `key` (the two parts of
        `record_id`), `record_id`, `official` (the authority gives one key to one thing), `reason` (why this
        id stands for the thing: `key`, `judgement`, `match`; null for the thing's own id), `probability` (0
        to 1, of a match), `joined_to` (the id of the same thing that it was joined to), `source` (list of the
        releases that use the id; empty where a judgement alone names it), `evidence` (of the join; else where
        the id is said), `url` (text).

    Raises
    ------
    WrongUseError
        No such kind.
    """
    read = rdf.tables(graph) if restricted else public_tables(rdf.tables(graph))
    mapping = pl.read_parquet(graph / "identity.parquet")
    things, said = (frame.collect() for frame in _things(read, _leaves(kinds)))
    keys = said.explode("same_as").drop_nulls("same_as").rename({"record_id": "by", "same_as": "record_id"})
    keys = keys.join(mapping.select("record_id", of="id"), on="record_id", how="left")
    keys = keys.filter(pl.coalesce("of", "record_id") == pl.col("id")).drop("of")
    stated = said.drop("same_as")
    ids = pl.concat([stated, keys.select(stated.columns)]).sort("id", "record_id", *_PLACE, nulls_last=True)
    ids = ids.group_by("kind", "id", "record_id", maintain_order=True).agg(
        pl.col("locator", "url").first(),
        first=pl.col("source").first(),
        source=pl.col("source").unique().sort(),
    )
    ids = pl.concat([ids, _unsaid(said, ids)], how="diagonal")
    proofs = _proofs(keys, graph, judgements)
    heard = proofs.unique("joined_to", keep="first", maintain_order=True)
    ids = ids.join(mapping.drop("id"), on="record_id", how="left")
    ids = ids.join(proofs, on=["record_id", "joined_to", "reason"], how="left")
    ids = ids.join(heard.select(record_id="joined_to", heard="proof"), on="record_id", how="left")
    authority, key = (pl.col("record_id").str.splitn(":", 2).struct.field(f"field_{n}") for n in (0, 1))
    found = (
        ids.join(things, on=["id", "kind"], how="inner")
        .with_columns(
            authority=authority,
            key=key,
            official=authority.is_in(model().registers),
            evidence=pl.coalesce("proof", pl.format("{} {}", "first", "locator"), "heard"),
            url=pl.coalesce("proof_url", pl.when(pl.col("proof").is_null()).then("url")),
        )
        .filter(pl.col("official") if official else True)
    )
    return found.select(COLUMNS).sort("kind", "id", "record_id")


def _leaves(kinds: Iterable[str]) -> list[str]:
    every = [kind.name for kind in model().things]
    named = list(kinds)
    for kind in named:
        if not set(model().leaves(kind)) & set(every):
            raise WrongUseError(f"no such kind of thing: {kind!r}", hint=nearest(kind, every))
    wanted = {leaf for kind in named for leaf in model().leaves(kind)}
    return [kind for kind in every if not named or kind in wanted]


def _things(read: rdf.Read, kinds: list[str]) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """`id`, `kind`, `name`, `country` of the things; `id`, `kind`, `record_id`, `same_as` of the records."""
    text = pl.String()
    things = [pl.LazyFrame(schema=dict.fromkeys(("id", "kind", "name", "country"), text))]
    columns = ("id", "kind", "record_id", *_PLACE)
    said = [pl.LazyFrame(schema={**dict.fromkeys(columns, text), "same_as": pl.List(text)})]
    for kind in kinds:
        thing, records = read(kind), read(f"said/{kind}")
        if thing is not None and records is not None:
            things.append(thing.select("id", pl.lit(kind).alias("kind"), "name", "country"))
            said.append(records.with_columns(kind=pl.lit(kind)).select(*columns, "same_as"))
    return pl.concat(things), pl.concat(said)


def _unsaid(said: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """The own ids of things that no record has: a judgement alone names them."""
    own = said.select("kind", "id", record_id="id").unique()
    unsaid = own.join(ids.select("kind", "id", "record_id"), on=["kind", "id", "record_id"], how="anti")
    return unsaid.with_columns(source=pl.lit([], pl.List(pl.String)))


def _proofs(keys: pl.DataFrame, graph: Path, judgements: Sequence[Judgement]) -> pl.DataFrame:
    """`record_id`, `joined_to`, `reason`, `proof`, `proof_url`: what speaks for two ids being one."""
    given = keys.sort(*_PLACE, nulls_last=True).select(
        left="by",
        right="record_id",
        reason=pl.lit("key"),
        proof=pl.format("{} {}", "source", "locator"),
        proof_url="url",
    )
    rows = [
        (j.left, j.right, "judgement", f"{j.by}, {j.on}: {j.why} ({j.where})", None)
        for j in judgements
        if j.judgement == "same"
    ]
    judged = pl.DataFrame(rows, given.schema, orient="row")
    path = graph / "matches.parquet"
    found = pl.read_parquet(path, columns=["left", "right", "reason"]) if path.is_file() else judged.clear()
    matched = found.select(
        "left", "right", reason=pl.lit("match"), proof="reason", proof_url=pl.lit(None, pl.String)
    )
    pairs = pl.concat([given, judged, matched])
    turned = pairs.rename({"left": "right", "right": "left"}).select(pairs.columns)
    both = pl.concat([pairs, turned]).rename({"left": "record_id", "right": "joined_to"})
    return both.unique(["record_id", "joined_to", "reason"], keep="first", maintain_order=True)
