"""What people should look at first: pairs that were not decided automatically."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from graph.identity.judgements import Judgement
from graph.identity.names import parse
from graph.identity.resolve import joins_from
from graph.labor_graph import LaborGraph
from ontology import TrinationalError, model

MATCHES = {
    "left": pl.String(),
    "right": pl.String(),
    "kind": pl.String(),
    "verdict": pl.String(),
    "relation": pl.String(),
    "probability": pl.Float64(),
    "reason": pl.String(),
}
SUGGESTED = 0.5  # how near to a decision a parent is that a name states
COLUMNS = (
    *("left", "right", "kind", "left_id", "right_id", "left_name", "right_name", "verdict", "relation"),
    *("probability", "reason", "obstacle", "left_rows", "right_rows", "pairs", "weight"),
)


def matches(graph: LaborGraph) -> pl.LazyFrame:
    """Pairs that the matcher compared (`MATCHES` and its columns of evidence); empty where none is built."""
    path = graph.folder / "matches.parquet"
    return pl.scan_parquet(path) if path.is_file() else pl.LazyFrame(schema=MATCHES)


def threshold(graph: LaborGraph) -> dict[str, float]:
    """The probabilities from which pairs of this graph were joined automatically, by kind."""
    found: dict[str, float] = graph.about.get("identity", {}).get("threshold", {})
    return found


def review_queue(
    graph: LaborGraph, judgements: Sequence[Judgement] = (), kind: str | None = None
) -> pl.DataFrame:
    """Pairs of things that nobody and nothing decided, those first that would change most answers.

    A pair is open where the matcher says `unsure`, or `same` below its threshold, or `same` and an obstacle
    kept it out; where no judgement is about the two things; and where no register gave each a key of its
    own. A suggestion is open too: an employer whose name says that it is a division of another, where that
    is the name of one thing alone; `left` is then the `parent`. Of the pairs of records between the same two
    things the most probable stands for all.

    Parameters
    ----------
    graph
        A built graph.
    judgements
        What people decided, also since the build.
    kind
        Things of this kind alone.

    Returns
    -------
    polars.DataFrame
        `left`, `right` (ids of the records), `kind`, `left_id`, `right_id` (of the things), `left_name`,
        `right_name`, `verdict`, `relation`, `probability`, `reason`, `obstacle` (text), `left_rows`,
        `right_rows` (records and relations of each thing), `pairs` (of records), `weight`; sorted by weight.

    Notes
    -----
    weight = sqrt(left_rows x right_rows) x min(probability / threshold, 1): how many rows of answers would
    meet if the two were one, times how near the pair is to being joined; 0.5 for a suggested parent. The
    geometric mean keeps a giant with thousands of rows from filling the top of the queue with neighbours of
    one row.
    """
    pairs = _open(graph).filter(pl.col("kind") == kind if kind else True)
    pairs = _undecided(pairs, graph, judgements).with_columns(pairs=pl.len().over("a", "b"))
    best = pairs.sort("probability", "left", "right", descending=[True, False, False])
    best = _counted(best.unique(["a", "b"], keep="first", maintain_order=True), graph)
    size = (pl.col("left_rows") * pl.col("right_rows")).cast(pl.Float64).sqrt()
    near = (pl.col("probability").fill_null(0.0) / joins_from(threshold(graph))).clip(upper_bound=1.0)
    near = pl.when(verdict="related").then(SUGGESTED).otherwise(near)
    names = graph.things.select("id", "name").unique("id")
    for side in ("left", "right"):
        names_of = names.rename({"id": f"{side}_id", "name": f"{side}_name"})
        best = best.join(names_of, on=f"{side}_id", how="left")
    found = best.with_columns(weight=size * near).select(COLUMNS)
    return found.sort("weight", "left", "right", descending=[True, False, False])


def _open(graph: LaborGraph) -> pl.DataFrame:
    """Pairs that are not joined, with the ids of their things; `a`, `b`: the same two ids, sorted."""
    maybe = matches(graph).filter(pl.col("verdict").is_in(["same", "unsure"])).select(list(MATCHES)).collect()
    pairs = pl.concat([canonical(graph, maybe), _suggested(graph)])
    pairs = pairs.filter(pl.col("left_id") != pl.col("right_id"))
    refused = pl.read_parquet(graph.folder / "refused.parquet").filter(by="match")
    obstacles = refused.select("left", "right", obstacle="reason").unique(["left", "right"])
    return pairs.join(obstacles, on=["left", "right"], how="left").with_columns(
        a=pl.min_horizontal("left_id", "right_id"), b=pl.max_horizontal("left_id", "right_id")
    )


def _suggested(graph: LaborGraph) -> pl.DataFrame:
    """Parents (left) and employers whose names state them, where one thing alone has the parent's name."""
    found = matches(graph)
    if "parent" not in found.collect_schema():
        found = found.with_columns(parent=pl.lit(None, pl.String))
    pairs = found.filter(parent="says", verdict="related").select(list(MATCHES)).collect()
    ends = pl.concat([pairs["left"], pairs["right"]]).unique().implode()
    names = (
        graph.said("Corporation")
        .filter(pl.col("record_id").is_in(ends))
        .select("record_id", "name")
        .collect()
    )
    part = [item for item, name in names.iter_rows() if parse(name).parent]
    turned = pl.col("left").is_in(part)
    pairs = pairs.filter(turned != pl.col("right").is_in(part)).with_columns(
        pl.when(turned).then("right").otherwise("left").alias("left"),
        pl.when(turned).then("left").otherwise("right").alias("right"),
        relation=pl.lit("parent"),
    )
    return canonical(graph, pairs).filter(pl.col("left_id").n_unique().over("right_id") == 1)


def mapping(graph: LaborGraph) -> pl.DataFrame:
    """The ids that were joined, as `Identity.mapping` has them.

    Raises `TrinationalError` where an earlier version built the graph.
    """
    found = pl.read_parquet(graph.folder / "identity.parquet")
    if "joined_to" not in found.columns:
        raise TrinationalError("an earlier version built this graph", hint="run `trinational build`")
    return found


def named(judgements: Sequence[Judgement]) -> pl.DataFrame:
    """`left` and `right` of judgements."""
    rows = [(judgement.left, judgement.right) for judgement in judgements]
    return pl.DataFrame(rows, {"left": pl.String(), "right": pl.String()}, orient="row")


def recorded(graph: LaborGraph, judgements: Sequence[Judgement]) -> set[str]:
    """The ids in judgements that a record has, or that a source gives beside its own."""
    pairs = named(judgements)
    wanted = pl.concat([pairs["left"], pairs["right"]]).unique().implode()
    keys = mapping(graph).lazy().filter(reason="key")
    said = [graph.said(kind.name).select(id="record_id") for kind in model().things]
    everything = pl.concat([keys.select(id="record_id"), keys.select(id="joined_to"), *said])
    return set(everything.filter(pl.col("id").is_in(wanted)).collect()["id"])


def canonical(graph: LaborGraph, pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs with `left_id` and `right_id`, the ids of the things that `left` and `right` belong to."""
    joined = mapping(graph).select("record_id", "id")
    for side in ("left", "right"):
        known = joined.rename({"record_id": side, "id": f"{side}_id"})
        pairs = pairs.join(known, on=side, how="left", maintain_order="left").with_columns(
            pl.coalesce(f"{side}_id", side).alias(f"{side}_id")
        )
    return pairs


def _undecided(pairs: pl.DataFrame, graph: LaborGraph, judgements: Sequence[Judgement]) -> pl.DataFrame:
    """Pairs without those that people judged, and those to join that have two keys of one register."""
    done = canonical(graph, named(judgements)).select(
        a=pl.min_horizontal("left_id", "right_id"), b=pl.max_horizontal("left_id", "right_id")
    )
    pairs = pairs.join(done, on=["a", "b"], how="anti")
    wanted = pl.concat([pairs["a"], pairs["b"]]).unique()
    alone = pl.DataFrame({"record_id": wanted, "id": wanted})
    members = pl.concat([mapping(graph).select("record_id", "id"), alone])
    register = pl.col("record_id").str.split(":").list.first()
    held = members.filter(pl.col("id").is_in(wanted.implode()) & register.is_in(model().registers))
    registers = held.group_by("id").agg(registers=register.unique())
    both = pairs.join(registers, left_on="a", right_on="id", how="left").join(
        registers, left_on="b", right_on="id", how="left"
    )
    shared = pl.col("registers").list.set_intersection("registers_right").list.len().fill_null(0)
    return both.filter((shared == 0) | (pl.col("verdict") == "related")).drop("registers", "registers_right")


def _counted(pairs: pl.DataFrame, graph: LaborGraph) -> pl.DataFrame:
    """Pairs with the number of records and relations that hang on each side."""
    wanted = pl.concat([pairs["left_id"], pairs["right_id"]]).unique().implode()
    ids = [graph.said(kind.name).select("id") for kind in model().things]
    for relation in model().relations:
        for role in relation.roles:
            column = pl.col(role.name).alias("id")
            ids.append(graph.scan(relation.name).select(column.explode() if role.many else column))
    counts = [
        frame.filter(pl.col("id").is_in(wanted)).group_by("id").agg(rows=pl.len().cast(pl.Int64))
        for frame in ids
    ]
    rows = pl.concat(counts).group_by("id").agg(pl.col("rows").sum()).collect()
    for side in ("left", "right"):
        known = rows.rename({"id": f"{side}_id", "rows": f"{side}_rows"})
        pairs = pairs.join(known, on=f"{side}_id", how="left").with_columns(
            pl.col(f"{side}_rows").fill_null(0)
        )
    return pairs
