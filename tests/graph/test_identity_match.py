"""Candidates, scores and the matcher inside the build: nothing lost, nothing crossed, the same every time."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from graph.build import newest, write_tables
from graph.history import standing
from graph.home import Home
from graph.identity import Judgement, read_judgements
from graph.identity.match import CAP, CHAIN, FEW, candidates, match
from graph.identity.mentions import owners
from graph.identity.model import models
from graph.identity.pairs import mentions_of, read_pairs
from graph.identity.who import Who, precision, thresholds, who_is_who
from graph.labor_graph import LaborGraph
from ontology import WrongUseError, schema

ROOT = Path(__file__).parents[2]
PLACE = ("town", "subdivision", "country", "sector", "address")
STATES = ("OH", "MI", "TX", "CA", "NY", "IL", "WA", "GA")
COUNTRY = {"country": "US", "subdivision": "US-OH"}


def mentions(*rows: tuple[str, str] | tuple[str, str, str], **same: str) -> pl.DataFrame:
    """Mentions: id, name, town."""
    known = [dict(zip(("id", "name", "town"), row, strict=False)) for row in rows]
    return pl.DataFrame(known, dict.fromkeys(("id", "name", "town"), pl.String)).with_columns(
        pl.lit(value).alias(name) for name, value in same.items()
    )


def keyed(*rows: tuple[str, str, list[str]]) -> pl.DataFrame:
    return pl.DataFrame(
        list(rows), {"id": pl.String, "name": pl.String, "keys": pl.List(pl.String)}, orient="row"
    )


def pairs(frame: pl.DataFrame) -> set[tuple[str, str]]:
    return set(frame.select("left", "right").iter_rows())


def registers(keys: set[str]) -> set[str]:
    return {key.partition(":")[0] for key in keys}


@pytest.fixture(scope="module")
def gold() -> pl.DataFrame:
    folder = ROOT / "../shared/data/gold"
    if not folder.is_dir():
        pytest.skip("no labelled pairs")
    return pl.concat([read_pairs(folder / f"{name}.csv") for name in ("employers", "unions")])


@pytest.mark.parametrize("kind", ["Corporation", "Plant", "Union"])
def test_blocks_find_the_labelled_pairs(gold: pl.DataFrame, kind: str) -> None:
    """All mentions of the labelled pairs in one frame: the pairs that are the same are candidates.

    Left out are plants with two numbers of one register: such are never joined by name.
    """
    mine = gold.filter(pl.col("kind") == kind)
    rows = [
        {"id": f"{pair}{side}", "name": name, "keys": sorted(one.keys), **{f: getattr(one, f) for f in PLACE}}
        for side in "ab"
        for pair, name, one in zip(
            mine["pair_id"], mine[f"{side}_name"], mentions_of(mine, side), strict=True
        )
    ]
    frame = pl.DataFrame(
        rows,
        {"id": pl.String, "name": pl.String, "keys": pl.List(pl.String)} | dict.fromkeys(PLACE, pl.String),
    )
    found = pairs(candidates(frame, kind=kind))
    both = {row["id"]: set(row["keys"]) for row in rows}
    same = [
        pair
        for pair in mine.filter(pl.col("label") == "same")["pair_id"]
        if both[f"{pair}a"] & both[f"{pair}b"]
        or not registers(both[f"{pair}a"]) & registers(both[f"{pair}b"])
    ]
    lost = [pair for pair in same if (f"{pair}a", f"{pair}b") not in found]
    print(f"{kind}: {len(same) - len(lost)} of {len(same)} found, lost {lost}")
    assert len(lost) <= 0.05 * len(same), lost


def test_order_of_mentions_does_not_matter(demo_graph: LaborGraph) -> None:
    plants = demo_graph.said("Plant").select("name", "country", id="record_id", town="place").collect()
    expected = match(plants, kind="Plant")
    assert expected.height
    for seed in range(3):
        assert match(plants.sample(fraction=1.0, shuffle=True, seed=seed), kind="Plant").equals(expected)


def test_two_frames_are_compared_with_each_other_only() -> None:
    mine = mentions(("1", "Whirlpool Corp."), ("2", "Whirlpool Corporation"), ("3", "Nothing of the kind"))
    theirs = mentions(("a", "WHIRLPOOL CORP"), ("b", "Whirlpool"))
    assert pairs(match(mine, theirs)) == {(m, t) for m in "12" for t in "ab"}
    assert pairs(match(theirs, mine)) == {(t, m) for m in "12" for t in "ab"}


def test_two_keys_of_one_register_are_never_candidates() -> None:
    whirlpool = "Whirlpool Corporation"
    frame = keyed(
        ("a", whirlpool, ["lei:549300AM3K7DPAB9W826"]),
        ("b", whirlpool, ["lei:549300YSZ9TGIJ6JNM10", "us-cik:106640"]),
        ("c", whirlpool, ["us-cik:106640"]),
        ("d", whirlpool, []),
    )
    assert pairs(candidates(frame)) == {("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")}
    found = match(frame).filter(left="b", right="c")
    assert found["keys"].item() == "same"
    assert found["verdict"].item() == "same"


def test_mentions_of_one_thing_are_not_compared() -> None:
    frame = mentions(("a", "Dana"), ("b", "Dana Corp."), ("c", "DANA")).with_columns(
        thing=pl.Series(["x", "x", "y"])
    )
    assert match(frame).height == 1


def test_candidates_grow_with_the_mentions_not_with_their_square() -> None:
    """Hundreds of mentions of one name, and of a word in many names, are not all paired."""
    one = mentions(*((f"u{n:04}", "United Parcel Service", f"Town {n}") for n in range(400)), **COUNTRY)
    found = candidates(one)
    assert 399 <= found.height <= 5 * 400
    joined = {find for pair in found.iter_rows() for find in pair}
    assert len(joined) == 400
    many = mentions(*((f"m{n:04}", f"Acme {chr(97 + n // 26)}x{chr(97 + n % 26)}q") for n in range(CAP * 4)))
    assert candidates(many).height < CAP * 4


def test_mentions_of_two_names_are_compared_within_their_town() -> None:
    rows = [
        (f"{name[0]}{n:03}", name, f"Town {n}") for name in ("Goodyear", "Goodyear Tire") for n in range(FEW)
    ]
    frame = mentions(*rows, **COUNTRY).with_columns(
        id=pl.format("{}-{}", "id", pl.col("name").str.len_chars())
    )
    there = frame.select("id", "town", "name")
    found = (
        candidates(frame)
        .join(there, left_on="left", right_on="id")
        .join(there, left_on="right", right_on="id")
    )
    crossed = found.filter(pl.col("name") != pl.col("name_right"))
    assert crossed.filter(pl.col("town") == pl.col("town_right")).height == FEW
    assert crossed.height < 3 * FEW


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"address": "100 Main Street"}, {"address": "8200 Airport Road"}),
        ({"sector": "336111"}, {"sector": "722511"}),
        ({"town": "Toledo"}, {"town": "Lima"}),
        ({"town": "Toledo"}, {"town": None}),
    ],
)
def test_one_company_in_one_town_at_two_addresses_or_in_two_sectors_is_two_plants(
    left: dict[str, str | None], right: dict[str, str | None]
) -> None:
    base = {"name": "Kelsey Hayes Corporation", "town": "Toledo", "address": None, "sector": None, **COUNTRY}
    alone = pl.DataFrame([{"id": "a", **base}, {"id": "b", **base}])
    join = models()["Plant"].join_from
    assert match(alone, kind="Plant")["probability"].item() >= join
    frame = pl.DataFrame(
        [{"id": "a", **base, **left}, {"id": "b", **base, **right}], infer_schema_length=None
    )
    assert match(frame, kind="Plant").filter(pl.col("probability") >= join).is_empty()


@pytest.mark.parametrize(
    ("left", "right", "joins"),
    [
        ("Irving Materials Inc (Nicholasville)", "Irving Materials Inc (New Albany IN)", False),
        ("Irving Materials Inc (Nicholasville)", "Irving Materials Inc", False),
        ("Irving Materials Inc (Nicholasville)", "Irving Materials Inc (Nicholasville KY)", True),
        ("Irving Materials Inc (Louisville KY)", "Irving Materials Inc", True),
        ("Irving Materials Inc (drivers)", "Irving Materials Inc", True),
        ("Irving Materials (Ni-Cholasville)", "Irving Materials d/b/a Nicholasville", True),
    ],
)
def test_another_town_in_brackets_is_another_plant(left: str, right: str, joins: bool) -> None:
    """Towns are those of the mentions in the frame."""
    here, there = (
        ("Louisville", "US-KY", "US"),
        (("Nicholasville", "US-KY", "US"), ("New Albany", "US-IN", "US")),
    )
    rows = [("a", left, *here), ("b", right, *here)]
    rows += [(f"c{n}", "Dana", *town) for n, town in enumerate(there)]
    frame = pl.DataFrame(rows, ["id", "name", "town", "subdivision", "country"], orient="row")
    found = match(frame, kind="Plant").filter(left="a", right="b")
    assert (found["probability"].item() >= models()["Plant"].join_from) is joins


def test_a_plant_without_address_is_none_of_several_at_other_addresses() -> None:
    rows = [("a", "John Deere", None), ("b", "John Deere", "300 W Commercial St")]
    more = ("c", "John Deere", "3500 E Donald St")

    def found(*given: tuple[str, str, str | None]) -> set[tuple[str, str]]:
        frame = pl.DataFrame(list(given), ["id", "name", "address"], orient="row")
        places = {"town": "Waterloo", "subdivision": "US-IA", "country": "US"}
        frame = frame.with_columns(pl.lit(value).alias(name) for name, value in places.items())
        judged = match(frame, kind="Plant")
        return pairs(judged.filter(pl.col("probability") >= models()["Plant"].join_from))

    assert found(*rows) == {("a", "b")}
    assert found(*rows, more) == set()
    assert found(*rows, more, ("d", "John Deere", "3500 East Donald Street")) == {("c", "d")}


@pytest.mark.parametrize("name", ["General Hospital", "School District", "St. Joseph Medical Center"])
def test_names_that_every_place_has_do_not_join_two_places(name: str) -> None:
    frame = mentions(("a", name, "Toledo"), ("b", name, "Lima"), **COUNTRY)
    found = match(frame).filter(pl.col("probability") >= models()["Corporation"].join_from)
    assert found.is_empty()


def test_a_name_of_many_towns_is_a_chain() -> None:
    """`Boeing` in eight towns is one firm; `Superior Products` in two may be two."""
    for towns, joins in ((2, False), (CHAIN, True)):
        rows = [(f"b{n}", "Boeing Company", f"Town {n}", f"US-{STATES[n]}") for n in range(towns)]
        frame = pl.DataFrame(rows, ["id", "name", "town", "subdivision"], orient="row")
        found = match(frame.with_columns(country=pl.lit("US")))
        assert (found["probability"] >= models()["Corporation"].join_from).all() is joins


def test_initials_alone_do_not_join() -> None:
    frame = mentions(("a", "National Car Rental", "Miami"), ("b", "NCR Corporation", "Waymart"))
    assert match(frame)["probability"].max() < models()["Corporation"].join_from


@pytest.mark.parametrize("frame", [pl.DataFrame({"id": ["a"]}), pl.DataFrame({"name": ["a"]})])
def test_missing_columns_are_named(frame: pl.DataFrame) -> None:
    with pytest.raises(WrongUseError, match="without"):
        match(frame)


def test_unknown_kind_is_named() -> None:
    with pytest.raises(WrongUseError, match="Product"):
        match(mentions(("a", "b")), kind="Product")


def test_no_mentions_no_pairs() -> None:
    for kind in models():
        assert match(mentions(), kind=kind).is_empty()
        assert match(mentions(("a", "..."), ("b", "...")), kind=kind).is_empty()


def corporations(*rows: tuple[str, str]) -> pl.LazyFrame:
    """Records of employers: id, name."""
    known = pl.DataFrame(list(rows), {"id": pl.String, "name": pl.String}, orient="row")
    columns = {name: dtype for name, dtype in schema("Corporation").items() if name not in known.columns}
    known = known.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in columns.items())
    known = known.with_columns(source=pl.lit("test@1"), locator=pl.lit("row 1"), status=pl.lit("stated"))
    return known.select(list(schema("Corporation"))).lazy()


def joined(who: Who) -> dict[str, tuple[str, str]]:
    return {row["record_id"]: (row["id"], row["reason"]) for row in who.identity.mapping.to_dicts()}


def test_build_joins_what_matches_and_a_judgement_parts_it(demo_home: Home, tmp_path: Path) -> None:
    releases = newest(standing(demo_home))

    def built(name: str, judged: list[Judgement]) -> dict[str, str]:
        write_tables(tmp_path / name, releases, judged)
        matched = pl.read_parquet(tmp_path / name / "identity.parquet").filter(reason="match")
        return dict(matched.select("record_id", "id").iter_rows())

    first = built("first", read_judgements())
    assert first["org:gap-brand"] == "corp:gap"
    about = json.loads((tmp_path / "first" / "graph.json").read_text())["identity"]
    assert about == {"threshold": thresholds(), "precision": precision()}
    assert all(0.9 <= value <= 1 for value in about["precision"].values())
    apart = Judgement(
        "corp:gap", "org:gap-brand", "different", "test", "2026-01-01", "for this test", "line 2"
    )
    assert "org:gap-brand" not in built("apart", [*read_judgements(), apart])
    assert built("again", read_judgements()) == first


def test_ids_stay_when_a_source_is_added() -> None:
    names = [
        "Sensata Holland Components",
        "Kelsey Hayes Company",
        "Bridgestone Firestone",
        "Hirschvogel Components",
    ]
    before = [(f"corp:{n}", name) for n, name in enumerate(names)]
    before += [(f"us-warn-employer:n:{n}", name.upper()) for n, name in enumerate(names)]
    added = [(f"gppd-owner:{n}", f"{name}, Inc.") for n, name in enumerate(names)]
    first = joined(who_is_who({"Corporation": corporations(*before)}))
    second = joined(who_is_who({"Corporation": corporations(*before, *added)}))
    assert first == {f"us-warn-employer:n:{n}": (f"corp:{n}", "match") for n in range(len(names))}
    assert second == first | {f"gppd-owner:{n}": (f"corp:{n}", "match") for n in range(len(names))}


def test_matches_never_join_two_leis_and_the_chain_is_named() -> None:
    rows = [
        ("lei:549300AM3K7DPAB9W826", "Hirschvogel Components"),
        ("lei:549300YSZ9TGIJ6JNM10", "Hirschvogel Components"),
        ("corp:hirschvogel", "Hirschvogel Components, Inc."),
    ]
    who = who_is_who({"Corporation": corporations(*rows)})
    assert len(joined(who)) == 1
    [refused] = who.identity.refused.to_dicts()
    assert "two keys of one register" in refused["reason"]
    assert set(refused["chain"]) == {row[0] for row in rows}


@pytest.mark.parametrize(("status", "joins"), [("filed", False), ("inferred", True)])
def test_a_company_and_its_owner_never_match(status: str, joins: bool) -> None:
    """Not even over a third record; an owner that a register inferred from names is no obstacle."""
    rows = [
        ("us-cik:313927", "Church & Dwight Co Inc"),
        ("us-sec-ex21:1", "Church Dwight"),
        ("us-warn-employer:n:c", "Church & Dwight Co., Inc."),
    ]
    ties = pl.DataFrame({"owner": ["us-cik:313927"], "owned": ["us-sec-ex21:1"], "status": [status]}).lazy()
    who = who_is_who({"Corporation": corporations(*rows), "Ownership": ties})
    found = {record: to for record, (to, _) in joined(who).items()}
    assert found["us-warn-employer:n:c"] == "us-cik:313927"
    assert ("us-sec-ex21:1" in found) is joins
    pair = who.matches.filter(left="us-cik:313927", right="us-sec-ex21:1").row(0, named=True)
    assert pair["verdict"] == ("same" if joins else "related")
    assert (pair["parent"] == "owns") is not joins


def test_owners_are_known_over_any_number_of_steps() -> None:
    ties = pl.DataFrame(
        {
            "owner": ["a", "b", "c", "x"],
            "owned": ["b", "c", "d", "d"],
            "status": ["stated"] * 3 + ["inferred"],
        }
    )
    known = pl.DataFrame({"record_id": ["c"], "id": ["a"]})
    nothing = known.clear()
    assert owners({}, nothing).is_empty()
    assert set(owners({"Ownership": ties.lazy()}, nothing).filter(owned="d")["owner"]) == {"a", "b", "c"}
    assert set(owners({"Ownership": ties.lazy()}, known).rows()) == {
        ("b", "a"),
        ("d", "a"),
        ("a", "b"),
        ("d", "b"),
    }
