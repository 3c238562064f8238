"""Ties between unions and how strong they are: joint action, alliances, membership of one another."""

from __future__ import annotations

import math

import narwhals as nw

from graph.analysis.families import FIRST, stands, valid_at
from graph.analysis.parameters import Sectors
from graph.engine import Frame, Tables, mapped


def tie_records(tables: Tables, unions: Frame, at: tuple[int, int], parameters: Sectors) -> Frame:
    """Ties between two unions: `a`, `b`, `kind`, `strength` (decayed), `record`, `table`."""
    numbers = unions.select("union", "u")
    ties = tables["Tie"].filter(stands())
    ties = ties.select(*("tie_kind", "since_min", "since_max", "until_max"), record="id")
    parties = tables["Party"].filter(nw.col("role").is_in(parameters.tie_roles)).select("within", "party")
    there = parties.join(numbers, left_on="party", right_on="union").select("within", "u").unique()
    joint = there.join(there, on="within").filter(nw.col("u") < nw.col("u_right"))
    acted = joint.join(ties, left_on="within", right_on="record").select(
        *("since_min", "since_max", "until_max"),
        a="u", b="u_right", kind="tie_kind", record="within", table=nw.lit("Tie"),
    )  # fmt: skip
    member = tables["Affiliation"].filter(stands())
    inside = member.join(numbers, left_on="member", right_on="union").join(
        numbers, left_on="body", right_on="union"
    )
    structure = inside.filter(nw.col("u") != nw.col("u_right")).select(
        *("since_min", "since_max", "until_max"),
        a=nw.min_horizontal("u", "u_right"),
        b=nw.max_horizontal("u", "u_right"),
        kind=nw.lit("joint_structure"),
        record="id",
        table=nw.lit("Affiliation"),
    )
    started = nw.col("since_min").fill_null(FIRST) <= at[1]
    known = nw.concat([acted, structure]).filter(started).with_columns(strength=_strength(at, parameters))
    return known.filter(nw.col("strength") > 0).select("a", "b", "kind", "strength", "record", "table")


def _strength(at: tuple[int, int], parameters: Sectors) -> nw.Expr:
    """q: by kind; what is past loses half in each half-life, an open-ended tie nothing until it ends."""
    lasting = nw.col("kind").is_in(parameters.open_ended)
    end = nw.when(lasting).then(nw.col("until_max")).otherwise(nw.coalesce("until_max", "since_max"))
    age = nw.max_horizontal(nw.lit(at[1]) - end.fill_null(at[1]), nw.lit(0)).cast(nw.Float64)
    faded = (age * (-math.log(2) / parameters.half_life)).exp()
    return (mapped("kind", parameters.ties, 0.0) * faded).round(12)


def bodies(tables: Tables, unions: Frame, at: tuple[int, int]) -> Frame:
    """Federations and alliances that unions belong to at the date: `u`, `body`, `allied`, `record`."""
    past = nw.col("affiliation_kind").is_in(["former_affiliate", "merged_into"]).fill_null(False)
    valid = valid_at(tables["Affiliation"], at).filter(~past)
    rows = valid.join(unions.select("union", "u"), left_on="member", right_on="union")
    allied = (nw.col("affiliation_kind") == "alliance_member").fill_null(False)
    return rows.select("u", "body", allied=allied.cast(nw.Int8), record="id")
