"""Pairs of unions of two countries: what each holds, what both share, and how much that is."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import narwhals as nw
import polars as pl

from graph.analysis.families import Families, valid_at
from graph.analysis.matching import industry_codes
from graph.analysis.parameters import DEFAULT, Parameters, Sectors
from graph.analysis.production_shifts import scored_shifts
from graph.analysis.ties import bodies, tie_records
from graph.engine import Frame, Tables, cut, keep, keep_all, mapped

_COUNTRIES = ("CA", "US", "MX")
_Number = TypeVar("_Number", float, nw.Expr)
_MOST_ROWS = 4_000_000


class _Block(NamedTuple):
    """The unions of one country, by their numbers."""

    country: str
    first: int
    last: int


class UnionFacts(NamedTuple):
    """Unions by number, those of one country following each other, and what they hold."""

    unions: Frame
    blocks: list[_Block]
    held: Frame
    plant_sectors: Frame
    plant_employers: Frame
    sectors: Frame
    employers: Frame
    sources: list[str]
    at: tuple[int, int]


def union_facts(tables: Tables, family: Families, at: tuple[int, int], parameters: Parameters) -> UnionFacts:
    represented = keep(_represented(tables, at, parameters))
    numbered = keep(_numbered(tables, represented))
    held = keep(represented.join(numbered.select("union", "u", "country"), on="union"))
    codes = (
        industry_codes(tables, held.select("plant").unique())
        .filter(~nw.col("c4").is_null())
        .select("plant", key="c4")
        .unique()
    )
    owners = family.tenures.filter((nw.col("lo") <= at[1]) & (nw.col("hi") >= at[0]))
    codes, owners = keep_all(codes, owners.select("plant", key="parent").unique())
    sectors, employers = keep_all(
        _vector(held.join(codes, on="plant")), _vector(held.join(owners, on="plant"))
    )
    sectors = keep(_weighed(sectors, numbered, parameters.sectors))
    employers = employers.with_columns(weight=nw.lit(1.0))
    sources = sorted(cut(tables["Tie"].select("source").unique())["source"].drop_nulls())
    unions = numbered.join(_sums(sectors, "s"), on="u", how="left")
    unions = unions.join(_sums(employers, "e"), on="u", how="left")
    spans = cut(numbered.group_by("country").agg(first=nw.col("u").min(), last=nw.col("u").max()))
    return UnionFacts(
        keep(_searched(tables, unions, sources)),
        [_Block(*row) for row in spans.select("country", "first", "last").sort("first").rows()],
        held,
        codes,
        owners,
        sectors,
        employers,
        sources,
        at,
    )


def valid_representation(tables: Tables, at: tuple[int, int], parameters: Parameters) -> Frame:
    """Records of representation that count at the date, at plants not yet closed."""
    closed = tables["Plant"].filter(nw.col("closed_max") < at[0]).select(plant="id")
    valid = valid_at(tables["Representation"], at)
    valid = valid.filter(nw.col("representation_status").is_in(parameters.represented))
    return valid.join(closed, on="plant", how="anti")


def _represented(tables: Tables, at: tuple[int, int], parameters: Parameters) -> Frame:
    """`union`, `plant`, `workers`, `known` (1 where every record gives the workers)."""
    rows = valid_representation(tables, at, parameters).with_columns(
        workers=nw.col("workers").cast(nw.Float64).fill_null(0.0),
        known=(~nw.col("workers").is_null()).cast(nw.Int8),
    )
    return rows.group_by("union", "plant").agg(nw.col("workers").sum(), nw.col("known").min())


def _numbered(tables: Tables, represented: Frame) -> Frame:
    """Unions that represent somebody, numbered by country, then id."""
    rank = nw.lit(len(_COUNTRIES))
    for number, country in enumerate(_COUNTRIES):
        rank = nw.when(nw.col("country") == country).then(nw.lit(number)).otherwise(rank)
    known = tables["Union"].filter(~nw.col("country").is_null()).select("country", union="id", rank=rank)
    active = represented.group_by("union").agg(plants=nw.len().cast(nw.Float64))
    rows = known.join(active, on="union").with_row_index("u", order_by=["rank", "country", "union"])
    return rows.with_columns(nw.col("u").cast(nw.Int64)).drop("rank")


def _vector(rows: Frame) -> Frame:
    """What each union holds by `key` (sector or employer): `workers`, `plants`; `all_known`: of every key."""
    vector = rows.group_by("u", "country", "key").agg(
        nw.col("workers").sum(), nw.col("known").min(), plants=nw.len().cast(nw.Float64)
    )
    known = vector.group_by("u").agg(all_known=nw.col("known").min())
    return vector.join(known.with_columns(nw.col("all_known") == 1), on="u").drop("known")


def _weighed(vector: Frame, unions: Frame, parameters: Sectors) -> Frame:
    """Add `weight`: a sector weighs more the fewer unions are in it, log(1 + N / n)."""
    if not parameters.weigh_sectors:
        return vector.with_columns(weight=nw.lit(1.0))
    total = cut(unions.select(nw.len()))["len"][0]
    spread = vector.group_by("key").agg(n=nw.col("u").n_unique().cast(nw.Float64))
    return vector.join(spread.select("key", weight=(1 + nw.lit(float(total)) / nw.col("n")).log()), on="key")


def _sums(vector: Frame, prefix: str) -> Frame:
    """Totals of each union, and the length of its weighed vector, by workers and by plants."""
    lengths = {f"{n}_2": ((nw.col("weight") * nw.col(n)) ** 2).sum() for n in ("workers", "plants")}
    sums = vector.group_by("u", "all_known").agg(nw.col("workers", "plants").sum(), **lengths)
    return sums.select(
        "u",
        **{f"{prefix}_{n}": n for n in ("all_known", "workers", "plants")},
        **{f"{prefix}_{n}": nw.col(n).sqrt() for n in lengths},
    )


def _searched(tables: Tables, unions: Frame, sources: list[str]) -> Frame:
    """Add `in_0`, `in_1`, ...: whether the union occurs in each source that tells of ties."""
    said = tables["Union"].select("sources", union="id").explode("sources")
    for number, source in enumerate(sources):
        there = said.filter(nw.col("sources") == source).select("union", here=nw.lit(True)).unique()
        unions = unions.join(there, on="union", how="left")
        unions = unions.with_columns(nw.col("here").fill_null(False).alias(f"in_{number}")).drop("here")
    return unions


class Links(NamedTuple):
    """What joins pairs of unions (`a` < `b`) besides sectors and employers."""

    shifts: Frame
    supply: Frame
    ties: Frame
    records: Frame
    bodies: Frame
    cited: Frame


def links_between(
    tables: Tables,
    family: Families,
    facts: UnionFacts,
    as_of: str | None,
    at: tuple[int, int],
    parameters: Parameters,
) -> Links:
    plants = keep(facts.held.select("plant").unique())
    shifts = scored_shifts(tables, as_of=as_of, parameters=parameters, family=family, plants=plants)
    moved = nw.col("outcome").is_null() | nw.col("outcome").is_in(parameters.shifts.moved)
    rows, supply, records = keep_all(
        shifts.rows.filter(moved).with_columns(tail="origin", head="destination"),
        _supply_records(tables, plants, at),
        tie_records(tables, facts.unions, at, parameters.sectors),
    )
    moves = rows.select("tail", "head", value=(1 - nw.col("score")).log())
    ties = records.group_by("a", "b").agg(doubt=(1 - nw.col("strength")).log().sum())
    cited = _ends(nw.concat([_shift_cites(rows, shifts.records), _supply_cites(supply)]), facts.held)
    between, supplied, ties, inside, cited = keep_all(
        _between(moves, facts.held),
        _between(_supplied(supply), facts.held),
        ties,
        bodies(tables, facts.unions, at),
        cited.select("a", "b", "kind", "record").unique(),
    )
    return Links(between, supplied, ties, records, inside, cited)


def _shift_cites(rows: Frame, claims: Frame) -> Frame:
    """Claims and events behind shifts: `tail`, `head`, `kind`, `record`."""
    said = rows.join(claims, left_on="id", right_on="row")
    found = [said.select("tail", "head", kind=nw.lit("ShiftClaim"), record="record")]
    for end in ("origin", "destination"):
        own = nw.col(f"{end}_event") == nw.col(end)
        kind = nw.when(own).then(nw.lit("Plant")).otherwise(nw.lit("Event"))
        found.append(rows.select("tail", "head", kind=kind, record=f"{end}_event").drop_nulls("record"))
    return nw.concat(found)


def _supply_cites(supply: Frame) -> Frame:
    return supply.select(tail="supplier", head="buyer", kind=nw.lit("Supply"), record="id")


def _between(links: Frame, held: Frame) -> Frame:
    """Sum what links plants to what links the unions there: `a`, `b`, `value`."""
    return _ends(links, held).group_by("a", "b").agg(nw.col("value").sum())


def _ends(links: Frame, held: Frame) -> Frame:
    """Add the unions at both ends of links between plants, `a` < `b`."""
    there = held.select("plant", "u")
    ends = links.drop_nulls(["tail", "head"]).join(there, left_on="tail", right_on="plant")
    ends = ends.join(there, left_on="head", right_on="plant").filter(nw.col("u") != nw.col("u_right"))
    return ends.with_columns(a=nw.min_horizontal("u", "u_right"), b=nw.max_horizontal("u", "u_right"))


def _supply_records(tables: Tables, plants: Frame, at: tuple[int, int]) -> Frame:
    """Records of supply between `plants`, with the number of known suppliers of each buyer."""
    valid = valid_at(tables["Supply"], at).filter(nw.col("supplier") != nw.col("buyer"))
    bought = valid.join(plants, left_on="buyer", right_on="plant", how="semi")
    many = bought.group_by("buyer").agg(suppliers=nw.col("supplier").n_unique().cast(nw.Float64))
    links = bought.join(plants, left_on="supplier", right_on="plant", how="semi").join(many, on="buyer")
    return links.select("id", "supplier", "buyer", "share_pct", "tier", "suppliers")


def _supplied(supply: Frame) -> Frame:
    """Links from plant to plant: the share of the buyer's need, over the tier."""
    share = nw.coalesce(nw.col("share_pct") / 100, 1 / nw.col("suppliers"))
    tier = mapped("tier", {"1": 1.0, "2": 2.0, "3": 3.0}, 1.0)
    rows = supply.select(tail="supplier", head="buyer", value=share / tier)
    return rows.group_by("tail", "head").agg(nw.col("value").max())


def scored_parts(facts: UnionFacts, links: Links, parameters: Sectors) -> Iterator[Frame]:
    """Scored pairs, a part at a time, so that never more than some millions of rows are held."""
    sizes = [
        cut(vector.group_by("key", "country").agg(n=nw.len())) for vector in (facts.sectors, facts.employers)
    ]
    nobody = _Block("", 0, -1)
    sides = list(itertools.combinations(facts.blocks, 2)) or [(nobody, nobody)]
    rows = [sum(_rows(size, left.country, right.country) for size in sizes) for left, right in sides]
    if sum(rows) < _MOST_ROWS:
        yield _score(facts, links, sides, (0, 1), parameters)
        return
    for both, many in zip(sides, rows, strict=True):
        parts = many // _MOST_ROWS + 1
        for part in range(parts):
            yield _score(facts, links, [both], (part, parts), parameters)


def _rows(sizes: pl.DataFrame, left: str, right: str) -> int:
    both = sizes.filter(country=left).join(sizes.filter(country=right), on="key")
    return int((both["n"].cast(pl.Int64) * both["n_right"].cast(pl.Int64)).sum())


def _score(
    facts: UnionFacts,
    links: Links,
    sides: list[tuple[_Block, _Block]],
    part: tuple[int, int],
    parameters: Sectors,
) -> Frame:
    """Pairs of unions of two countries, those whose first is in the part, that are of enough interest."""
    chosen = nw.any_horizontal(*(_chosen(both, part) for both in sides), ignore_nulls=False)
    shared = [
        _common(vector, both, part).select(
            "a", "b", *(nw.col(c).alias(f"{prefix}_{c}") for c in ("low", "dot"))
        )
        for prefix, vector in (("s", facts.sectors), ("e", facts.employers))
        for both in sides
    ]
    linked = [
        frame.filter(chosen).select("a", "b", nw.col("value").alias(name))
        for name, frame in (("h", links.shifts), ("x", links.supply))
    ]
    columns = ("s_low", "s_dot", "e_low", "e_dot", "h", "x")
    none = {name: nw.lit(0.0) for name in columns}
    rows = [
        frame.with_columns(**{n: none[n] for n in columns if n not in present}).select("a", "b", *columns)
        for frame, present in zip(
            (*shared, *linked),
            (*[("s_low", "s_dot")] * len(sides), *[("e_low", "e_dot")] * len(sides), ("h",), ("x",)),
            strict=True,
        )
    ]
    pairs = nw.concat(rows).group_by("a", "b").agg(nw.col(*columns).sum())
    pairs = _measured(_with_unions(pairs, facts.unions), parameters)
    pairs = keep(pairs.filter(nw.col("interest") >= parameters.minimum_interest))
    return _with_ties(pairs, links, len(facts.sources), parameters)


def _chosen(sides: tuple[_Block, _Block], part: tuple[int, int]) -> nw.Expr:
    left, right = sides
    return (
        (nw.col("a") >= left.first)
        & (nw.col("a") <= left.last)
        & (nw.col("b") >= right.first)
        & (nw.col("b") <= right.last)
        & (nw.col("a") % part[1] == part[0])
    )


def _common(vector: Frame, sides: tuple[_Block, _Block], part: tuple[int, int]) -> Frame:
    """What two unions both hold: `low` (the smaller amount), `dot` (the weighed product), key by key.

    Workers where all of both unions' are known, else plants.
    """
    left = vector.filter(nw.col("country") == sides[0].country, nw.col("u") % part[1] == part[0])
    right = vector.filter(nw.col("country") == sides[1].country)
    both = nw.col("all_known") & nw.col("all_known_right")
    rows = left.join(right, on="key").select(
        "weight",
        a="u",
        b="u_right",
        x=nw.when(both).then(nw.col("workers")).otherwise(nw.col("plants")),
        y=nw.when(both).then(nw.col("workers_right")).otherwise(nw.col("plants_right")),
    )
    dot = nw.col("weight") * nw.col("weight") * nw.col("x") * nw.col("y")
    return rows.select("a", "b", low=nw.min_horizontal("x", "y"), dot=dot)


def _with_unions(pairs: Frame, unions: Frame) -> Frame:
    for side in "ab":
        ours = unions.select(**{f"{name}_{side}": name for name in unions.columns})
        pairs = pairs.join(ours, left_on=side, right_on=f"u_{side}")
    return pairs


def _measured(pairs: Frame, parameters: Sectors) -> Frame:
    """Overlap, coverage, cosine, E, H, X and I of each pair."""
    total = {(p, side): _total(p, side, "") for p in "se" for side in "ab"}
    length = {side: _total("s", side, "_2") for side in "ab"}
    overlap = nw.col("s_low") / (total["s", "a"] + total["s", "b"] - nw.col("s_low"))
    employers = nw.col("e_low") / (total["e", "a"] + total["e", "b"] - nw.col("e_low"))
    supply = nw.col("x") / (nw.col("plants_a") * nw.col("plants_b")).sqrt()
    rows = pairs.with_columns(
        overlap=overlap.round(12),
        coverage_ab=(nw.col("s_low") / total["s", "a"]).round(12),
        coverage_ba=(nw.col("s_low") / total["s", "b"]).round(12),
        cosine=(nw.col("s_dot") / (length["a"] * length["b"])).round(12),
        employer_overlap=employers.round(12),
        shift_link=(1 - nw.col("h").exp()).round(12),
        supply_link=nw.min_horizontal(supply, nw.lit(1.0)).round(12),
        by_workers=_both("s"),
    )
    e, h, x, cosine = (
        nw.col(n).fill_null(0.0) for n in ("employer_overlap", "shift_link", "supply_link", "cosine")
    )
    return rows.with_columns(interest=interest(e, h, x, cosine, parameters).round(12))


def interest(
    employers: _Number,
    shifts: _Number,
    supply: _Number,
    cosine: _Number,
    parameters: Sectors = DEFAULT.sectors,
) -> _Number:
    """I: common interest from shared employers, shift links, supply and sectors, by noisy-or.

    >>> round(interest(0.3, 0.5, 0.2, 0.8763), 4)
    0.7757
    """
    return 1 - (
        (1 - parameters.employers * employers)
        * (1 - parameters.shifts * shifts)
        * (1 - parameters.supply * supply)
        * (1 - parameters.cosine * cosine)
    )


def _both(prefix: str) -> nw.Expr:
    return nw.col(f"{prefix}_all_known_a") & nw.col(f"{prefix}_all_known_b")


def _total(prefix: str, side: str, suffix: str) -> nw.Expr:
    """A union's total by workers where both unions know all of theirs, else by plants; null where none."""
    workers, plants = (nw.col(f"{prefix}_{n}{suffix}_{side}") for n in ("workers", "plants"))
    total = nw.when(_both(prefix)).then(workers).otherwise(plants)
    return nw.when(total > 0).then(total)


def _with_ties(pairs: Frame, links: Links, sources: int, parameters: Sectors) -> Frame:
    """Q, the state of the tie and the gap."""
    ours = links.bodies.join(pairs.select("a", "b"), left_on="u", right_on="a")
    ours = ours.join(links.bodies, left_on=["b", "body"], right_on=["u", "body"])
    member = ours.select(a="u", b="b", allied=nw.col("allied") * nw.col("allied_right"))
    member = member.group_by("a", "b").agg(nw.col("allied").max())
    same, alliance = parameters.ties["same_federation"], parameters.ties["alliance"]
    apart = nw.when(nw.col("allied") == 1).then(nw.lit(1 - alliance)).otherwise(nw.lit(1 - same))
    rows = pairs.join(links.ties, on=["a", "b"], how="left").join(
        member.select("a", "b", apart=apart), on=["a", "b"], how="left"
    )
    searched = nw.lit(False)
    for number in range(sources):
        searched = searched | (nw.col(f"in_{number}_a") & nw.col(f"in_{number}_b"))
    strength = 1 - nw.col("doubt").fill_null(0.0).exp() * nw.col("apart").fill_null(1.0)
    rows = rows.with_columns(tie_strength=strength.round(12), found=searched)
    tie = (
        nw.when(nw.col("tie_strength") > 0)
        .then(nw.lit("recorded"))
        .when(nw.col("found"))
        .then(nw.lit("none_found"))
        .otherwise(nw.lit("not_searched"))
    )
    rows = rows.with_columns(tie=tie)
    known = nw.col("tie") != "not_searched"
    gap = nw.when(known).then((nw.col("interest") * (1 - nw.col("tie_strength"))).round(12))
    return rows.with_columns(gap=gap, order=nw.when(known).then(gap).otherwise(nw.lit(-1.0))).select(
        *("a", "b", "union_a", "union_b", "country_a", "country_b", "overlap", "coverage_ab", "coverage_ba"),
        *(
            "cosine",
            "employer_overlap",
            "shift_link",
            "supply_link",
            "interest",
            "tie_strength",
            "tie",
            "gap",
        ),
        *("order", "by_workers"),
        *(f"in_{number}_{side}" for number in range(sources) for side in "ab"),
    )


def best(pairs: Frame, most: int | None) -> Frame:
    if most is None:
        return pairs
    return pairs.top_k(most, by=["order", "interest", "a", "b"], reverse=[False, False, True, True])
