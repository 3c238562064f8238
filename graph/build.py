"""Records and identity -> graph tables: what the sources mean together.

Of each source the newest release is taken. A thing gets its canonical id and, per column, one preferred
value; what each source said stays in `said/`. A relation stays the statement of one record: its roles get
canonical ids, nothing is merged. Beside each partial date stand its bounds in months.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from graph.history import standing
from graph.home import FORMAT, Home
from graph.identity import Identity, Judgement, read_judgements
from graph.identity.judgements import judgement_files
from graph.identity.queue import recorded, review_queue
from graph.identity.resolve import REASONS
from graph.identity.who import precision, thresholds, who_is_who
from graph.labor_graph import LaborGraph
from graph.search import write_index
from ontology import Kind, TrinationalError, model, schema, sectors

Progress = Callable[[str], None]
_TEXT = pl.String()
_AT_ONCE = 2  # kinds that are in memory
_DATASET = "curated@"
_CODE = Path(__file__).parent.parent


@dataclass
class BuildReport:
    """What a build did.

    `folder` of the graph, `releases` used, `counts` of rows by kind. Who is who: ids of things `before` and
    `after`, ids `merged` by reason (`key`, `judgement`, `match`), merges `refused`, length of the `queue`
    for review, `precision` of the matcher on labelled pairs by kind (empty where no matcher ran), `unknown`
    ids in judgements of people here (place, id), which no loaded record has.
    """

    folder: Path
    releases: list[str]
    counts: dict[str, int]
    before: int
    after: int
    merged: dict[str, int]
    refused: pl.DataFrame
    queue: int
    precision: dict[str, float]
    unknown: list[tuple[str, str]]
    unchanged: bool
    seconds: float


def build(
    home: Home,
    *,
    judgements: Path | None = None,
    as_of: str | None = None,
    progress: Progress = lambda step: None,
) -> BuildReport:
    """Build the graph of a home and put it in the place of the earlier one.

    Parameters
    ----------
    judgements
        A further CSV file of judgements, beside the built-in ones and `judgements.csv` of the home.
    as_of
        ISO date: of each source the newest release not later than this.
    progress
        Called with the name of each step.

    Raises
    ------
    TrinationalError
        No release is loaded, judgements contradict each other, or the home cannot be written.
        The earlier graph stays in place.
    """
    started = time.perf_counter()
    judged = read_judgements(*judgement_files(home.path, judgements))
    releases = newest(standing(home), as_of)
    if not releases:
        raise TrinationalError(f"no records in {home.path}", hint="load a source first: `trinational load`")
    digest = _digest(releases, judged)
    with home.writing() as scratch:
        unchanged = _current(home) == digest
        if not unchanged:
            _write_graph(scratch / "graph", releases, judged, progress)
            home.publish(scratch / "graph", "graph", digest)
    return _report(home.graph, judged, unchanged, started)


def newest(releases: dict[str, Path], as_of: str | None = None) -> dict[str, Path]:
    """The newest release of each source, not later than `as_of`.

    Releases are compared by their name where it is a date or year, else by the day they were retrieved.

    >>> from pathlib import Path
    >>> list(newest({"a@2020": Path("x"), "a@2021-05": Path("y"), "b@2019": Path("z")}))
    ['a@2021-05', 'b@2019']
    """
    best: dict[str, tuple[str, str]] = {}
    for name, folder in sorted(releases.items()):
        source, _, release = name.partition("@")
        day = release if release[:4].isdigit() and len(release) in (4, 7, 10) else _retrieved(folder)
        if as_of and day > as_of:
            continue
        if (day, name) > best.get(source, ("", "")):
            best[source] = (day, name)
    return {name: releases[name] for _, name in (best[source] for source in sorted(best))}


def _retrieved(folder: Path) -> str:
    return str(json.loads((folder / "release.json").read_text()).get("retrieved") or "")


def _digest(releases: dict[str, Path], judgements: Iterable[Judgement]) -> str:
    total = hashlib.sha256(FORMAT.encode())
    for folder in releases.values():
        total.update(folder.name.encode())
    for judgement in judgements:
        total.update(repr(judgement).encode())
    read = (
        "graph/**/*.py",
        "graph/identity/*.csv",
        "graph/identity/*.json",
        "ontology/**/*.py",
        "ontology/**/*.ttl",
    )
    for path in sorted(path for pattern in read for path in _CODE.glob(pattern)):
        total.update(path.read_bytes())
    return total.hexdigest()[:12]


def _current(home: Home) -> str:
    try:
        return home.graph.name.partition(".")[2]
    except TrinationalError:
        return ""


def _report(folder: Path, judged: list[Judgement], unchanged: bool, started: float) -> BuildReport:
    graph = LaborGraph(folder)
    about = graph.about
    ids = [graph.said(kind.name).select(pl.col("record_id").n_unique()) for kind in model().things]
    reasons = pl.read_parquet(folder / "identity.parquet")["reason"].value_counts()
    return BuildReport(
        folder=folder,
        releases=about["releases"],
        counts=about["counts"],
        before=sum(frame.item() for frame in pl.collect_all(ids)),
        after=graph.things.height,
        merged={reason: dict(reasons.iter_rows()).get(reason, 0) for reason in REASONS},
        refused=pl.read_parquet(folder / "refused.parquet"),
        queue=review_queue(graph, judged).height,
        precision=about.get("identity", {}).get("precision", {}),
        unknown=_unknown(graph, judged),
        unchanged=unchanged,
        seconds=time.perf_counter() - started,
    )


def _unknown(graph: LaborGraph, judged: list[Judgement]) -> list[tuple[str, str]]:
    """Ids that no loaded record has, in judgements that do not come with the program."""
    known, own = recorded(graph, judged), set(read_judgements())
    ends = [(line.where, item) for line in judged if line not in own for item in (line.left, line.right)]
    return [(where, item) for where, item in ends if item not in known]


def _write_graph(
    folder: Path, releases: dict[str, Path], judged: list[Judgement], progress: Progress
) -> None:
    write_tables(folder, releases, judged, progress)
    progress("search index")
    write_index(folder, folder / "search.sqlite")


def write_tables(
    folder: Path,
    releases: dict[str, Path],
    judged: list[Judgement],
    progress: Progress = lambda step: None,
) -> None:
    """Write the tables of a graph without store and search index, two kinds at a time.

    Parameters
    ----------
    folder
        A new folder.
    releases
        Names and folders of the releases, see `newest`.
    judged
        Judgements of identity.

    Raises `TrinationalError` where judgements contradict each other or the keys of registers.
    """
    (folder / "said").mkdir(parents=True)
    progress("identity")
    kinds = (*model().things, *model().relations)
    records = {kind.name: frame for kind in kinds if (frame := _records(kind, releases)) is not None}
    who = who_is_who(records, judged, progress)
    identity = who.identity
    identity.mapping.write_parquet(folder / "identity.parquet")
    identity.refused.write_parquet(folder / "refused.parquet")
    write_table(who.matches, folder, "matches")
    counts: dict[str, int] = {}
    index: dict[str, pl.DataFrame] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        written = {
            kind.name: pool.submit(_write_things, folder, kind, records[kind.name], identity)
            for kind in model().things
            if kind.name in records
        }
        related = {
            kind.name: pool.submit(_write_relations, folder, kind, records[kind.name], identity)
            for kind in model().relations
            if kind.name in records
        }
        for name, things in written.items():
            progress(name)
            index[name] = things.result()
            counts[name] = index[name].height
        ends = []
        for name, relations in related.items():
            progress(name)
            counts[name], joined = relations.result()
            ends.append(joined)
    write_things(folder, index)
    if ends:
        write_table(pl.concat(ends).sort("id", "role"), folder, "ends")
    matched = {"threshold": thresholds(), "precision": precision()}
    about = {"format": FORMAT, "releases": list(releases), "counts": counts, "identity": matched}
    (folder / "graph.json").write_text(json.dumps(about, indent=1) + "\n")


def _records(kind: Kind, releases: dict[str, Path]) -> pl.LazyFrame | None:
    """All records of a kind in the chosen releases."""
    paths = [p for folder in releases.values() if (p := folder / f"{kind.name}.parquet").is_file()]
    frames = [pl.scan_parquet(path).filter(pl.col("status") != "retracted") for path in paths]
    if kind.name == "Sector":
        frames.append(_as_records(kind, sectors.table(), "ontology@1", "sectors"))
    if kind.name == "Source":
        frames.append(_as_records(kind, _sources(releases), "ontology@1", "release.json"))
    return pl.concat(frames) if frames else None


def _as_records(kind: Kind, frame: pl.DataFrame, source: str, locator: str) -> pl.LazyFrame:
    """A frame of things that no loader made, with every column of a record."""
    columns = schema(kind.name)
    known = frame.with_columns(
        source=pl.lit(source), locator=locator + "#" + pl.col("id"), status=pl.lit("stated")
    )
    missing = [
        pl.lit(None, dtype).alias(name) for name, dtype in columns.items() if name not in known.columns
    ]
    return known.lazy().with_columns(missing).select(pl.col(n).cast(t) for n, t in columns.items())


def _sources(releases: dict[str, Path]) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for name, folder in releases.items():
        about = json.loads((folder / "release.json").read_text())
        rows.append(
            {
                "id": name,
                "name": about["title"],
                "release": about["release"],
                "publisher": about["publisher"],
                "licence": about["licence"],
                "official_url": about["official_url"],
                "sha256": [file["sha256"] for file in about["files"]],
                "retrieved_on": about["retrieved"],
            }
        )
    text = ("id", "name", "release", "publisher", "licence", "official_url", "retrieved_on")
    return pl.DataFrame(rows, {**dict.fromkeys(text, _TEXT), "sha256": pl.List(_TEXT)})


def _write_things(folder: Path, kind: Kind, said: pl.LazyFrame, identity: Identity) -> pl.DataFrame:
    """Write `said/<Kind>` and `<Kind>`; returns what the list of all things tells of each."""
    refs = [identity.canonical(c.name) for c in kind.roles if not c.many]
    records = (
        said.with_columns(pl.col("id").alias("record_id"), identity.canonical("id"), *refs)
        .sort("id", "source", "locator")
        .collect()
    )
    write_table(
        records.select("id", "record_id", pl.all().exclude("id", "record_id")), folder / "said", kind.name
    )
    things = _preferred(kind, records)
    write_table(things, folder, kind.name)
    return things.select("id", "name", "country", "sources")


def write_things(folder: Path, tables: Mapping[str, pl.DataFrame]) -> None:
    """Write the list of all things of a graph from its tables by kind."""
    frames = [
        frame.select("id", pl.lit(kind).alias("kind"), "name", "country", "sources")
        for kind, frame in tables.items()
    ]
    pl.concat(frames).sort("id", "kind").write_parquet(folder / "things.parquet")


def _preferred(kind: Kind, records: pl.DataFrame) -> pl.DataFrame:
    """One row a thing: its only record, or per column the value of the best source."""
    columns = [c.name for c in kind.columns]
    sources = pl.col("source").unique().sort()
    several = records.filter(pl.col("id").is_duplicated())
    single = records.filter(pl.col("id").is_unique()).select(
        "id", *columns, pl.concat_list("source").alias("sources")
    )
    merged = several.group_by("id").agg(sources.alias("sources")).sort("id")
    if several.height:
        ranked = several.with_columns(_rank=_source_rank())
        for column in kind.columns:
            if _is_empty(several[column.name]):
                merged = merged.with_columns(pl.lit(None, several.schema[column.name]).alias(column.name))
            else:
                rows = ranked.with_columns(_rank=_name_rank()) if column.name == "name" else ranked
                merged = merged.join(_best(rows, column.name, column.many), on="id", how="left")
    else:
        merged = single.clear()
    things = pl.concat([single, merged.select(single.columns)]).sort("id")
    return things.with_columns(_bounds(kind, things)).select(list(schema(kind.name, "graph")))


def _is_empty(column: pl.Series) -> bool:
    return column.null_count() == len(column)


def _source_rank() -> pl.Expr:
    """Whom to believe first: the register that issues the key, government, the body itself, the press."""
    return (
        pl.when(pl.col("status") == "inferred")
        .then(4)
        .when(pl.col("record_id").str.split(":").list.first().is_in(model().registers))
        .then(0)
        .when(
            (pl.col("page_class") == "official").fill_null(False) | pl.col("status").is_in(["filed", "found"])
        )
        .then(1)
        .when(
            (pl.col("page_class") == "union_ngo").fill_null(False)
            | pl.col("evidence_type").is_in(["company_statement", "union_statement"]).fill_null(False)
        )
        .then(2)
        .otherwise(3)
    )


def _name_rank() -> pl.Expr:
    """The name that people use stands in the dataset; registers write theirs in short or in capitals."""
    return pl.when(pl.col("source").str.starts_with(_DATASET)).then(-1).otherwise("_rank")


def _best(ranked: pl.DataFrame, column: str, many: bool) -> pl.DataFrame:
    """Per id the value by rank, then newest, then most frequent, then smallest text."""
    present = ranked.select("id", "_rank", "as_of", column).drop_nulls(column)
    if many:
        return present.explode(column).drop_nulls(column).group_by("id").agg(pl.col(column).unique().sort())
    return (
        present.with_columns(_times=pl.len().over("id", column))
        .sort(
            "id",
            "_rank",
            "as_of",
            "_times",
            column,
            descending=[False, False, True, True, False],
            nulls_last=True,
        )
        .unique("id", keep="first", maintain_order=True)
        .select("id", column)
    )


def _write_relations(
    folder: Path, kind: Kind, records: pl.LazyFrame, identity: Identity
) -> tuple[int, pl.DataFrame]:
    """Roles get canonical ids; an id said again with other content is a record of its own (`#2`).

    Returns the number of rows, and the ids that stood in roles before: `id`, `role`, `record_id`.
    """
    place, again = pl.int_range(pl.len()), pl.col("id") == pl.col("id").shift()
    nth = place - pl.when(~again.fill_null(False)).then(place).forward_fill() + 1
    said = {role.name: pl.col(role.name).alias(f"said {role.name}") for role in kind.roles}
    relations = (
        records.with_columns(*said.values(), *(identity.canonical(role) for role in said))
        .sort("id", "source", "locator")
        .with_columns(id=pl.when(nth > 1).then(pl.format("{}#{}", "id", nth)).otherwise("id"))
        .collect()
    )
    columns = list(schema(kind.name, "graph"))
    write_table(relations.with_columns(_bounds(kind, relations)).select(columns), folder, kind.name)
    joined = [
        relations.filter(pl.col(role) != pl.col(f"said {role}")).select(
            "id", pl.lit(role).alias("role"), pl.col(f"said {role}").alias("record_id")
        )
        for role in said
    ]
    return relations.height, pl.concat(joined)


def _bounds(kind: Kind, frame: pl.DataFrame) -> list[pl.Expr]:
    """First and last month of each partial date, as months since year 0."""
    known = [c.name for c in (*kind.columns, *model().evidence) if c.type == "date"]
    nothing = pl.lit(None, pl.Int32())
    return [
        (nothing if _is_empty(frame[name]) else months(name, unknown)).alias(f"{name}_{end}")
        for name in known
        if name in frame.columns
        for end, unknown in (("min", 0), ("max", 11))
    ]


def months(column: str, unknown: int) -> pl.Expr:
    """Months since year 0 of a partial ISO date; `unknown` stands for a month that is not given.

    >>> pl.DataFrame({"d": ["2019", "2019-05", "2019-05-12", None]}).select(months("d", 11))["d"].to_list()
    [24239, 24232, 24232, None]
    """
    year = pl.col(column).str.slice(0, 4).cast(pl.Int32)
    month = pl.col(column).str.slice(5, 2).cast(pl.Int32, strict=False)
    return year * 12 + pl.when(month.is_null()).then(unknown).otherwise(month - 1)


def write_table(frame: pl.DataFrame, folder: Path, name: str) -> None:
    """Write a table of a graph: the same rows give the same bytes."""
    frame.write_parquet(
        folder / f"{name}.parquet", compression="zstd", compression_level=1, row_group_size=250_000
    )
