"""Notices of plant closings and mass layoffs (WARN Act) of US states, as one register collects them.

A notice proves an announced closing or layoff, not a move. Company identifiers, parents, industry codes of
other bases and coordinates were added by the register: what rests on them is `inferred`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import polars as pl

from loaders import read
from loaders.clean import date, degrees, integer, let, term, text
from loaders.places import us_state
from loaders.row import Ref, Row
from loaders.sectors import known_class
from loaders.source import Download, Source, Table
from ontology.authorities import check

_PRECISION = {
    "place": "city",
    "place+county": "city",
    "place:name": "city",
    "place+county:filed": "city",
    "address": "address",
    "address:name": "address",
    "county": "county",
    "county:filed": "county",
    "subdivision": "municipality",
}
_SEVERAL = r"(?i)[;&]|\),|/.*/|\band\b|various|multiple|counties|all other|statewide"
_NO_SITE = r"(?i)workforce|unknown|remote|region|\barea\b|puget sound|locations|alliance"


def notices(row: Row) -> None:
    """One notice, in its newest version: the register keeps one row a notice and updates it."""
    seen = pl.coalesce(row["last_seen"], row["first_seen"])
    row.defaults("filed", url=row["source_url"], retrieved=date(seen))
    employer, plant, event = _employer(row), _plant(row), _event(row)
    row.relation("Party", within=event, party=employer, role="employer", named_as=text(row["employer_name"]))
    row.relation("Party", within=event, party=plant, role="plant")
    row.relation("Operation", plant=plant, operator=employer, as_of=date(row["notice_date"]))
    _sectors(row, plant, employer)
    _parent(row, employer)
    row.ignore(
        "normalized_name", "canonical_basis", "*_match", "identity_source", why="how names were matched"
    )
    row.ignore("industry", "sic*", "ntee", why="other classifications; NAICS is kept")
    row.ignore("is_amended", "current_version", why="the row is the newest version of its notice")
    row.ignore("source_notice_id", "county_fips", why="dedupe_key and the county's name are kept")


def _employer(row: Row) -> Ref:
    """The employer as filed; `inferred` where the register found it in other registers."""
    filed, canonical = row["employer_name"], row["canonical_name"]
    found = pl.any_horizontal(row[name].is_not_null() for name in ("cik", "lei", "ein", "wikidata_qid"))
    return row.thing(
        "Corporation",
        ("us-warn-employer", row["employer_key"]),
        name=text(canonical),
        other_names=pl.when(filed != canonical).then(pl.concat_list(filed)),
        cik=row["cik"],
        lei=row["lei"],
        ein=row["ein"],
        ticker=row["ticker"],
        same_as=_same_as(row),
        status=pl.when(found).then(pl.lit("inferred")).otherwise(pl.lit("filed")),
    )


def _plant(row: Row) -> Ref:
    """The employer in one place: a notice about several places or a region names no plant."""
    where, at = pl.coalesce(row["place_name"], row["county_name"]), row["location"].fill_null("")
    site = pl.coalesce(row["place_fips"], pl.concat_str(row["state"], row["location"], separator="|"))
    one_place = ~at.str.contains(_SEVERAL) & (row["place_fips"].is_not_null() | ~at.str.contains(_NO_SITE))
    located = pl.when(row["latitude"].is_not_null())
    return row.thing(
        "Plant",
        ("us-warn-site", pl.concat_str(row["employer_key"], site, separator="|")),
        when=one_place & site.is_not_null(),
        name=text(pl.concat_str(row["canonical_name"], pl.coalesce(where, row["location"]), separator=", ")),
        country="US",
        subdivision=us_state(row["state"]),
        municipality=where,
        place=text(row["location"]),
        latitude=degrees(row["latitude"], "latitude"),
        longitude=degrees(row["longitude"], "longitude"),
        coordinate_precision=term(located.then(row["geo_basis"]), "coordinate-precision", _PRECISION),
        coordinate_source=located.then(pl.lit("added by the register of notices")),
    )


def _event(row: Row) -> Ref:
    announced = date(row["notice_date"])
    return row.thing(
        "Event",
        ("us-warn", row["dedupe_key"]),
        name=text(pl.concat_str(row["employer_name"], row["location"], separator=", ", ignore_nulls=True)),
        country="US",
        event_type=term(row["layoff_type"], "event-type", {"unknown": "layoff"}),
        date=date(row["effective_date"]),
        announced=announced,
        workers=integer(row["employees_affected"]),
        place=text(pl.coalesce(row["site_address"], row["location"])),
        subdivision=us_state(row["state"]),
        as_of=announced,
        note=_note(row),
    )


def _same_as(row: Row) -> pl.Expr:
    """Ids of other registers that the register of notices found for the employer."""
    keys = {
        "us-cik": row["cik"].str.strip_chars_start("0"),
        "lei": row["lei"],
        "us-ein": row["ein"],
        "wikidata": row["wikidata_qid"],
    }
    ids = [pl.when(check(name, key)).then(pl.lit(f"{name}:") + key) for name, key in keys.items()]
    listed = pl.concat_str(ids, separator="|", ignore_nulls=True)
    return let(listed, lambda given: pl.when(given != "").then(given.str.split("|")))


def _note(row: Row) -> pl.Expr:
    """What the notice says beside its type."""
    said = [
        pl.when(row["is_temporary"] == "1").then(pl.lit("temporary")),
        pl.when(row["is_amendment"] == "1").then(pl.lit("amends an earlier notice")),
        pl.when(row["layoff_type"] == "unknown").then(pl.lit("closing or layoff: not stated")),
    ]
    words = pl.concat_str(said, separator="; ", ignore_nulls=True)
    return pl.when(words != "").then(words)


def _sectors(row: Row, plant: Ref, employer: Ref) -> None:
    """The industry of the site where the code is the site's, else of the company; inferred unless filed."""
    known = row.once("class", known_class("naics-2022", row["naics"]))
    filed = (row["naics_basis"] == "source").fill_null(False)
    at_site = row["naics_level"] == "establishment"
    for member, when in ((plant, at_site), (employer, ~at_site)):
        row.relation(
            "InSector",
            when=known.is_not_null() & when,
            member=member,
            sector=row.ref("Sector", ("naics-2022", known)),
            code_as_stated=row["naics"],
            status=pl.when(filed).then(pl.lit("filed")).otherwise(pl.lit("inferred")),
            note=pl.when(known != row["naics"]).then(pl.lit("the nearest class of NAICS 2022")),
        )


def _parent(row: Row, employer: Ref) -> None:
    """The parent that the register found; not proof of ownership at the date of the notice."""
    row.defaults("inferred", url=None, retrieved=None)
    number, name = row["parent_cik"], row["parent_company"]
    other = (name.str.to_lowercase() != row["canonical_name"].str.to_lowercase()).fill_null(True)
    ways = (
        (("us-cik", number), other & number.is_not_null()),
        (("us-warn-employer", "parent:" + name), other & number.is_null() & name.is_not_null()),
    )
    for key, when in ways:
        parent = row.thing("Corporation", key, when=when, name=text(name), cik=number)
        row.relation("Ownership", owner=parent, owned=employer)


def links(row: Row) -> None:
    """Pairs of notices that the register guessed to belong together."""
    row.skip("a guess of the register: which notices report one event is judged later", when=pl.lit(True))
    row.ignore(*row.columns, why="guessed links between notices")


def _newest(paths: Sequence[Path]) -> str:
    """The last day on which the register saw one of the notices; what is no day says nothing."""
    day = pl.col("first_seen", "last_seen").str.extract("^([0-9]{4}-[0-9]{2}-[0-9]{2})$")
    days: list[str | None] = []
    for path in paths:
        frame = pl.scan_csv(path, infer_schema=False, truncate_ragged_lines=True)
        with suppress(pl.exceptions.PolarsError):  # such a file is refused, or its rows are, when it is read
            days += frame.select(day.max()).collect().row(0)
    return max((one for one in days if one), default="undated")


# The version of the register whose columns are told of above.
_REGISTER = (
    "https://raw.githubusercontent.com/bchaps1999/warn-notice-register"
    "/540ac62fa0f6ee061a8e0bde9553bef0549f6801/data/exports"
)
_STATES = (
    *("ak", "al", "az", "ca", "co", "ct", "dc", "de", "fl", "ga", "hi", "ia", "id", "il", "in", "ks"),
    *("ky", "la", "ma", "md", "me", "mi", "mn", "mo", "ms", "mt", "nc", "nd", "ne", "nj", "nm", "nv"),
    *("ny", "oh", "ok", "or", "pa", "ri", "sc", "sd", "tn", "tx", "ut", "va", "vt", "wa", "wi"),
)


SOURCE = Source(
    id="us_warn",
    title="WARN Act notices of plant closings and mass layoffs",
    publisher="State labour agencies, collected by the WARN notice register",
    licence="State public records; register Apache-2.0",
    url="https://github.com/bchaps1999/warn-notice-register",
    tables=(
        Table("notice_links*.csv*", read.csv, links, expected_bytes=50),
        Table("[a-z][a-z][.r]*csv*", read.csv, notices, expected_bytes=500),  # mi.csv, warn_notices.csv
    ),
    release=_newest,
    raw="us-warn",
    downloads=(
        Download(f"{_REGISTER}/notice_links.csv", "notice_links.csv"),
        *(Download(f"{_REGISTER}/states/{state}.csv", f"{state}.csv") for state in _STATES),
    ),
    also_there=("PROVENANCE.md",),
)
