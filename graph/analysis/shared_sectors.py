"""Which unions across borders share sectors, employers or supply, and whether they have a recorded tie.

Interest I joins shared employers, shift links, supply and sectors by noisy-or; Q is the strength of the ties
found; the gap is I (1 - Q). A gap is known only where sources about both unions were searched for ties.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import narwhals as nw
import polars as pl

from graph.analysis.evidence import THING, attach, named, names
from graph.analysis.families import families, month_span
from graph.analysis.parameters import DEFAULT, Parameters
from graph.analysis.union_pairs import (
    Links,
    UnionFacts,
    best,
    links_between,
    scored_parts,
    union_facts,
    valid_representation,
)
from graph.engine import Frame, Tables, cut

COLUMNS = (
    *("union_a", "country_a", "union_b", "country_b", "sectors", "overlap", "coverage_ab", "coverage_ba"),
    *("shared_employers", "tie", "interest", "gap", "evidence"),
)
DETAILS = (
    *("counted", "cosine", "employer_overlap", "shift_link", "supply_link", "tie_strength", "priority"),
    *("ties", "searched"),
)
_UNITS = 3
_SECTOR = pl.Struct(
    {"id": pl.String(), "name": pl.String(), "a": pl.Float64(), "b": pl.Float64(), "counted": pl.String()}
)


def shared_sectors(
    tables: Tables,
    *,
    as_of: str | None = None,
    limit: int | None = None,
    details: bool = False,
    parameters: Parameters = DEFAULT,
) -> pl.DataFrame:
    """Pairs of unions of two countries that share sectors, employers, supply or a shift, widest gap first.

    Parameters
    ----------
    tables
        Graph tables, on any engine.
    as_of
        Partial ISO date: representation, owners and ties as of then. By default the newest month in which a
        page about representation or ties was read.
    limit
        Rows at most; by default `parameters.sectors.most_pairs`.
    details
        Also `counted` (workers or plants), `cosine`, `employer_overlap` (E), `shift_link` (H), `supply_link`
        (X), `tie_strength` (Q), `priority` (gap times log10 of 1 + the workers or plants on the smaller
        shared side), `ties` (kinds) and `searched` (sources that were searched for ties of both).

    Returns
    -------
    polars.DataFrame
        `union_a`, `union_b` (`{id, name}`), `country_a`, `country_b`; `sectors` (shared four-digit sectors,
        a list of `{id, name, a, b, counted}`: workers, or plants, of each union there); `overlap`
        (Ruzicka, Σ min / Σ max), `coverage_ab`, `coverage_ba` (how much of a lies in b's field, and of b in
        a's); `shared_employers` (ultimate parents, a list of `{id, name}`); `tie` (recorded, none_found,
        not_searched); `interest` and `gap` in [0, 1], `gap` null where ties were not searched; `evidence`
        (list of `{source, locator, url, date, status}`: ties, shifts and supply, representation, and where
        both unions occur in the sources that were searched).

    Raises
    ------
    WrongUseError
        `as_of` is no date.

    Notes
    -----
    Method: docs/reference/analyses.md. Only certified or recognized representation counts. Where the workers
    of either union are not all known, plants are counted for both. Sectors and employers of unions without
    represented plants are not known, which is not the same as none.

    Examples
    --------
    >>> said = {"source": "x@1", "locator": "x.csv#1", "status": "stated"}
    >>> rows = {"Union": [{"id": "union:a", "country": "US"}, {"id": "union:b", "country": "MX"}],
    ...     "Representation": [{"id": n, "union": f"union:{n}", "plant": f"plant:{n}", "workers": 100,
    ...                         "representation_status": "certified", **said} for n in "ab"],
    ...     "InSector": [{"id": n, "member": f"plant:{n}", "sector": "naics-2022:3361", **said}
    ...                  for n in "ab"]}
    >>> found = shared_sectors(Tables.of({kind: pl.DataFrame(lines) for kind, lines in rows.items()}))
    >>> found.select("overlap", "tie", "interest", "gap").row(0)
    (1.0, 'not_searched', 0.4, None)
    """
    at = _month(tables, as_of)
    family = families(tables, parameters.shifts)
    facts = union_facts(tables, family, at, parameters)
    links = links_between(tables, family, facts, as_of, at, parameters)
    most = parameters.sectors.most_pairs if limit is None else limit
    found = [cut(best(pairs, most)) for pairs in scored_parts(facts, links, parameters.sectors)]
    rows = pl.concat(found).sort("order", "interest", "a", "b", descending=[True, True, False, False])
    rows = rows if most is None else rows.head(most)
    return _dressed(rows, facts, links, tables, parameters).select(*COLUMNS, *(DETAILS if details else ()))


def _month(tables: Tables, as_of: str | None) -> tuple[int, int]:
    if as_of is not None:
        return month_span(as_of)
    newest = [
        cut(tables[kind].select(nw.col("retrieved_max").max()))["retrieved_max"][0]
        for kind in ("Representation", "Tie")
    ]
    today = datetime.date.today()
    known = [int(month) for month in newest if month is not None]
    return (max(known, default=today.year * 12 + today.month - 1),) * 2


def _dressed(
    rows: pl.DataFrame, facts: UnionFacts, links: Links, tables: Tables, parameters: Parameters
) -> pl.DataFrame:
    """Names, shared sectors and employers, ties and evidence for the rows that are shown."""
    rows = rows.with_columns(id=pl.format("{}|{}", "union_a", "union_b"))
    used = pl.concat([rows["a"], rows["b"]]).unique().to_list()
    sectors, employers = (
        _shared_keys(rows, cut(vector.filter(nw.col("u").is_in(used))))
        for vector in (facts.sectors, facts.employers)
    )
    rows = _with_sectors(rows, sectors, tables)
    rows = _with_employers(rows, employers, tables)
    ties = _ties_of(rows, links, used)
    lists = ties.group_by("row").agg(ties=pl.col("kind").unique().sort())
    rows = rows.join(lists, left_on="id", right_on="row", how="left", maintain_order="left")
    inside = [
        pl.when(pl.col(f"in_{i}_a") & pl.col(f"in_{i}_b")).then(pl.lit(s))
        for i, s in enumerate(facts.sources)
    ]
    rows = rows.with_columns(
        pl.col("ties").fill_null(pl.lit([], pl.List(pl.String()))),
        searched=pl.concat_list(inside).list.drop_nulls() if inside else pl.lit([], pl.List(pl.String())),
    )
    units = _units(rows, facts.at, tables, parameters)
    cites = [
        ties.select("row", kind="table", record="record"),
        _link_cites(rows, links, used),
        *_unit_cites(sectors, facts.plant_sectors, units),
        *_unit_cites(employers, facts.plant_employers, units),
        _searched_cites(rows),
    ]
    rows = attach(rows, pl.concat(cites), tables)
    return named(rows, tables, "union_a", "union_b")


def _with_sectors(rows: pl.DataFrame, shared: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """`sectors`, `counted` and `priority`."""
    counted = pl.when("by_workers").then(pl.lit("workers")).otherwise(pl.lit("plants"))
    shared = shared.with_columns(
        counted=counted,
        sector=pl.format("naics-2022:{}", "key"),
        x=pl.when("by_workers").then("workers").otherwise("plants"),
        y=pl.when("by_workers").then("workers_right").otherwise("plants_right"),
    ).with_columns(smaller=pl.min_horizontal("x", "y"))
    titles = names(tables, shared["sector"])
    shared = shared.join(titles, left_on="sector", right_on="id", how="left")
    shared = shared.sort("id", "smaller", "key", descending=[False, True, False])
    lists = shared.group_by("id", maintain_order=True).agg(
        sectors=pl.struct(id="sector", name="name", a="x", b="y", counted="counted"),
        size=pl.min_horizontal(pl.col("x").sum(), pl.col("y").sum()),
        counted=pl.col("counted").first(),
    )
    rows = rows.join(lists, on="id", how="left", maintain_order="left")
    return rows.with_columns(
        pl.col("sectors").fill_null(pl.lit([], pl.List(_SECTOR))),
        priority=pl.col("gap") * (1 + pl.col("size")).log(10),
    )


def _shared_keys(rows: pl.DataFrame, vector: pl.DataFrame) -> pl.DataFrame:
    """One line for each key that both unions of a row hold."""
    mine = vector.select("u", "key", "workers", "plants")
    pairs = rows.select("id", "a", "b", "union_a", "union_b", "by_workers")
    return pairs.join(mine, left_on="a", right_on="u").join(mine, left_on=["b", "key"], right_on=["u", "key"])


def _with_employers(rows: pl.DataFrame, shared: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    titles = names(tables, shared["key"])
    shared = shared.join(titles, left_on="key", right_on="id", how="left").sort("id", "key")
    lists = shared.group_by("id", maintain_order=True).agg(shared_employers=pl.struct(id="key", name="name"))
    rows = rows.join(lists, on="id", how="left", maintain_order="left")
    return rows.with_columns(pl.col("shared_employers").fill_null(pl.lit([], pl.List(THING))))


def _ties_of(rows: pl.DataFrame, links: Links, used: list[int]) -> pl.DataFrame:
    """Records behind Q: `row`, `kind`, `record`, `table`; the strongest first."""
    pairs = rows.select("a", "b", row="id")
    among = nw.col("a").is_in(used) & nw.col("b").is_in(used)
    direct = pairs.join(cut(links.records.filter(among)), on=["a", "b"])
    bodies = cut(links.bodies.filter(nw.col("u").is_in(used)))
    both = pairs.join(bodies, left_on="a", right_on="u").join(
        bodies, left_on=["b", "body"], right_on=["u", "body"]
    )
    allied = (pl.col("allied") == 1) & (pl.col("allied_right") == 1)
    both = both.with_columns(
        kind=pl.when(allied).then(pl.lit("alliance")).otherwise(pl.lit("same_federation")),
        table=pl.lit("Affiliation"),
        record=pl.concat_list("record", "record_right"),
    ).explode("record")
    columns = ("row", "kind", "record", "table")
    found = direct.sort("row", "strength", "record", descending=[False, True, False]).select(columns)
    return pl.concat([found, both.sort("row", "kind", "record").select(columns)])


def _link_cites(rows: pl.DataFrame, links: Links, used: list[int]) -> pl.DataFrame:
    """Shifts and supply between the plants of both unions."""
    known = cut(links.cited.filter(nw.col("a").is_in(used), nw.col("b").is_in(used)))
    found = rows.select("a", "b", row="id").join(known, on=["a", "b"])
    first = pl.col("kind").replace_strict({"ShiftClaim": 0, "Event": 1, "Plant": 1, "Supply": 2})
    return found.sort("row", first, "record").select("row", "kind", "record")


def _units(rows: pl.DataFrame, at: tuple[int, int], tables: Tables, parameters: Parameters) -> pl.DataFrame:
    """Records of representation by the unions of the rows: `union`, `plant`, `workers`, `record`."""
    ids = pl.concat([rows["union_a"], rows["union_b"]]).unique().to_list()
    valid = valid_representation(tables, at, parameters).filter(nw.col("union").is_in(ids))
    return cut(valid.select("union", "plant", "workers", record="id"))


def _unit_cites(shared: pl.DataFrame, holds: Frame, units: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The largest units of each union in each shared sector, or at each employer: a few records each."""
    keys = cut(holds.filter(nw.col("plant").is_in(units["plant"].unique().to_list())))
    order = ["union", "key", "workers", "record"]
    keyed = units.join(keys, on="plant").sort(order, descending=[False, False, True, False], nulls_last=True)
    keyed = keyed.group_by("union", "key", maintain_order=True).head(_UNITS)
    for side in ("union_a", "union_b"):
        found = shared.select("key", row="id", union=side).join(keyed, on=["union", "key"])
        cites = found.select("row", "key", pl.lit("Representation").alias("kind"), "record")
        yield cites.sort("row", "key", "record").drop("key")


def _searched_cites(rows: pl.DataFrame) -> pl.DataFrame:
    """Where both unions occur, on rows without a tie: so much was searched."""
    searched = rows.filter(tie="none_found")
    return pl.concat(
        [searched.select(row="id", kind=pl.lit("Union"), record=f"union_{side}") for side in ("a", "b")]
    )
