from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.build import build
from graph.home import Home
from graph.identity import Identity, Judgement, read_judgements, resolve
from graph.identity.judgements import append, safe_cell, take_back
from graph.identity.resolve import steps
from graph.labor_graph import LaborGraph
from graph.release import load_release
from ontology import TrinationalError

HEADER = "left,right,judgement,by,on,why\n"
RELATED = "left,right,judgement,relation,by,on,why\n"


def said(*rows: tuple[str, list[str] | None], kind: str = "Corporation") -> pl.LazyFrame:
    schema = {"id": pl.String(), "same_as": pl.List(pl.String())}
    return pl.LazyFrame(list(rows), schema, orient="row").with_columns(kind=pl.lit(kind))


def judge(left: str, right: str, judgement: str = "same", relation: str = "") -> Judgement:
    where = f"line of {left}"
    return Judgement(left, right, judgement, "research", "2026-01-01", "read both pages", where, relation)


def found(*rows: tuple[str, str, float] | tuple[str, str, float, str]) -> pl.DataFrame:
    """Pairs of the matcher: left, right, probability, verdict (same)."""
    full = [(*row, "same")[:4] for row in rows]
    schema = {"left": pl.String, "right": pl.String, "probability": pl.Float64, "verdict": pl.String}
    return pl.DataFrame(full, schema, orient="row")


def plants(**towns: str | None) -> pl.LazyFrame:
    rows = [(f"plant:{name}", None, "Plant", town, "US-MI") for name, town in towns.items()]
    schema = {"id": pl.String, "same_as": pl.List(pl.String), "kind": pl.String}
    return pl.LazyFrame(rows, schema | {"municipality": pl.String, "subdivision": pl.String}, orient="row")


def unions(**designations: str | None) -> pl.LazyFrame:
    rows = [(f"union:{n}", None, "Union", number, None, n) for n, number in designations.items()]
    schema = {"id": pl.String, "same_as": pl.List(pl.String), "kind": pl.String}
    return pl.LazyFrame(
        rows, schema | dict.fromkeys(("designation", "level", "name"), pl.String), orient="row"
    )


def groups(identity: Identity) -> dict[str, str]:
    return dict(identity.mapping.select("record_id", "id").iter_rows())


def test_same_key_from_two_sources_is_one_thing() -> None:
    identity = resolve(
        [said(("corp:gm", ["us-cik:1467858"]), ("us-warn-employer:cik:1467858", ["us-cik:1467858"]))]
    )
    assert set(groups(identity).values()) == {"us-cik:1467858"}


def test_two_keys_of_one_register_stay_two() -> None:
    identity = resolve([said(("corp:a", ["us-cik:1", "us-cik:2"]))])
    assert groups(identity) == {"corp:a": "us-cik:1"}
    assert identity.refused.row(0)[:2] == ("corp:a", "us-cik:2")


def test_key_of_the_wrong_form_is_refused() -> None:
    assert resolve([said(("corp:a", ["us-cik:none"]))]).refused.height == 1


def test_strongest_authority_names_the_thing() -> None:
    identity = resolve([said(("corp:a", ["wikidata:Q1", "us-cik:5"]))])
    assert set(groups(identity).values()) == {"us-cik:5"}


def test_judgement_same_joins_and_deleting_it_parts() -> None:
    frame = said(("corp:a", None), ("corp:b", None))
    assert groups(resolve([frame], [judge("corp:a", "corp:b")])) == {"corp:b": "corp:a"}
    assert groups(resolve([frame])) == {}


def test_judgement_different_stops_a_key() -> None:
    frame = said(("corp:a", ["us-cik:5"]), ("corp:b", ["us-cik:5"]))
    identity = resolve([frame], [judge("corp:a", "corp:b", "different")])
    assert groups(identity) == {"corp:a": "us-cik:5"}
    assert "different" in identity.refused["reason"][0]


def written(path: Path, *lines: str) -> Path:
    path.write_text(RELATED + "".join(f"{line},research,2026-01-01,read both pages\n" for line in lines))
    return path


def test_a_key_with_a_wrong_check_digit_is_no_end_of_a_judgement(tmp_path: Path) -> None:
    path = written(tmp_path / "judged.csv", "corp:a,lei:5493000IBP32UQZ0KL42,same,")
    with pytest.raises(TrinationalError, match="line 2, column right: 'lei:5493000IBP32UQZ0KL42' is no key"):
        read_judgements(path)


@pytest.mark.parametrize("day", ["2026-02-31", "2026-13", "31/12/2026"])
def test_a_day_that_the_calendar_does_not_have_is_refused(tmp_path: Path, day: str) -> None:
    path = tmp_path / "judged.csv"
    path.write_text(f"{RELATED}corp:a,corp:b,same,,research,{day},read\n")
    with pytest.raises(TrinationalError, match=f"line 2, column on: '{day}' is not an ISO date"):
        read_judgements(path)


def test_relations_that_go_in_a_circle_are_refused_with_the_chain(tmp_path: Path) -> None:
    path = written(
        tmp_path / "judged.csv",
        "corp:a,corp:b,related,parent",
        "corp:c,corp:b,related,local_of",
        "corp:c,corp:a,related,parent",
    )
    with pytest.raises(TrinationalError, match=r"in a circle: (corp:.( -> )?){4}") as caught:
        read_judgements(path)
    assert all(f"line {n} says" in str(caught.value) for n in (2, 3, 4))
    read_judgements(written(path, "corp:a,corp:b,related,parent", "corp:b,corp:a,unsure,"))


def test_a_file_that_is_not_there_or_no_csv_says_so(tmp_path: Path) -> None:
    with pytest.raises(TrinationalError, match=r"cannot read .*none\.csv: No such file"):
        read_judgements(tmp_path / "none.csv")
    path = tmp_path / "judged.csv"
    path.write_bytes((RELATED + "corp:a,corp:b,same,,research,2026-01-01,México\n").encode("cp1252"))
    with pytest.raises(TrinationalError, match="cannot be read as UTF-8 CSV") as caught:
        read_judgements(path)
    assert "CSV UTF-8" in caught.value.hint


def test_contradicting_judgements_name_the_chain() -> None:
    judged = [judge("corp:a", "corp:b"), judge("corp:b", "corp:c"), judge("corp:a", "corp:c", "different")]
    with pytest.raises(TrinationalError, match="corp:a = corp:b = corp:c"):
        resolve([said(("corp:a", None), ("corp:b", None), ("corp:c", None))], judged)


def test_judgement_cannot_join_two_issued_keys() -> None:
    with pytest.raises(TrinationalError, match="two keys of one register"):
        resolve([said(("us-cik:1", None), ("us-cik:2", None))], [judge("us-cik:1", "us-cik:2")])


LEI = ("lei:5493000IBP32UQZ0KL24", "lei:HWUPKR0MPOU8FGXBT394")


def test_chain_of_judgements_that_would_join_two_leis_is_named() -> None:
    frame = said(("corp:a", [LEI[0]]), ("corp:b", None), ("corp:c", [LEI[1]]))
    judged = [judge("corp:a", "corp:b"), judge("corp:b", "corp:c")]
    with pytest.raises(TrinationalError, match="two keys of one register") as caught:
        resolve([frame], judged)
    assert f"{LEI[0]} = corp:a = corp:b = corp:c = {LEI[1]}" in str(caught.value)


def test_chain_of_matches_that_would_join_two_leis_breaks_at_the_weakest() -> None:
    frame = said(("corp:a", [LEI[0]]), ("corp:b", None), ("corp:c", [LEI[1]]))
    identity = resolve([frame], pairs=found(("corp:a", "corp:b", 0.985), ("corp:b", "corp:c", 0.99)))
    assert groups(identity) == {"corp:a": LEI[0], "corp:b": LEI[1], "corp:c": LEI[1]}
    [row] = identity.refused.rows(named=True)
    assert (row["left"], row["right"], row["by"], row["probability"]) == ("corp:a", "corp:b", "match", 0.985)
    assert row["chain"] == [LEI[0], "corp:a", "corp:b", "corp:c", LEI[1]]


def test_key_with_a_wrong_check_digit_is_refused() -> None:
    identity = resolve([said(("corp:a", ["lei:5493000IBP32UQZ0KL42"]))])
    assert groups(identity) == {}
    assert identity.refused["reason"].to_list() == ["not the form of its register"]


def test_match_joins_from_the_threshold_on_and_carries_its_pair() -> None:
    frame = said(("corp:a", ["us-cik:5"]), ("corp:b", None), ("corp:c", None))
    pairs = found(("corp:b", "corp:a", 0.98), ("corp:c", "corp:a", 0.9799))
    rows = resolve([frame], pairs=pairs).mapping.rows()
    assert rows == [
        ("corp:a", "us-cik:5", "key", None, "us-cik:5"),
        ("corp:b", "us-cik:5", "match", 0.98, "corp:a"),
    ]
    kinds = pairs.with_columns(kind=pl.lit("Corporation"))
    assert len(groups(resolve([frame], pairs=kinds, threshold={"Corporation": 0.9}))) == 3
    assert len(groups(resolve([frame], pairs=kinds, threshold={"Union": 0.9}))) == 2


@pytest.mark.parametrize("verdict", ["related", "different", "unsure"])
def test_only_the_verdict_same_joins(verdict: str) -> None:
    frame = said(("corp:a", None), ("corp:b", None))
    assert groups(resolve([frame], pairs=found(("corp:a", "corp:b", 1.0, verdict)))) == {}


def test_steps_lead_to_the_canonical_id() -> None:
    frame = said(("corp:a", ["us-cik:5"]), ("corp:b", None), ("corp:c", None))
    pairs = found(("corp:b", "corp:a", 0.99))
    mapping = resolve([frame], [judge("corp:c", "corp:b")], pairs).mapping
    way = [(step["record_id"], step["joined_to"], step["reason"]) for step in steps(mapping, "corp:c")]
    assert way == [
        ("corp:c", "corp:b", "judgement"),
        ("corp:b", "corp:a", "match"),
        ("corp:a", "us-cik:5", "key"),
    ]


@pytest.mark.parametrize(
    ("judgement", "relation"), [("different", ""), ("related", "parent"), ("unsure", "")]
)
def test_judgement_stops_a_match_also_over_a_chain(judgement: str, relation: str) -> None:
    frame = said(("corp:a", None), ("corp:b", None), ("corp:c", None))
    judged = [judge("corp:a", "corp:c", judgement, relation)]
    identity = resolve([frame], judged, found(("corp:a", "corp:b", 0.999), ("corp:b", "corp:c", 0.99)))
    assert groups(identity) == {"corp:b": "corp:a"}
    assert identity.refused["chain"].to_list() == [["corp:a", "corp:b", "corp:c"]]


def test_related_keeps_apart_what_a_judgement_joins() -> None:
    frame = said(("corp:a", None), ("corp:b", None), ("corp:c", None))
    judged = [
        judge("corp:a", "corp:c", "related", "parent"),
        judge("corp:a", "corp:b"),
        judge("corp:b", "corp:c"),
    ]
    with pytest.raises(
        TrinationalError, match=r"corp:a is the parent of corp:c \(chain: corp:a = corp:b = corp:c"
    ):
        resolve([frame], judged)


def test_unsure_yields_to_a_later_judgement(tmp_path: Path) -> None:
    path = tmp_path / "judgements.csv"
    path.write_text(RELATED + "corp:a,corp:b,unsure,,x,2026,w\ncorp:b,corp:a,same,,x,2026,w\n")
    frame = said(("corp:a", None), ("corp:b", None))
    assert groups(resolve([frame], read_judgements(path))) == {"corp:b": "corp:a"}


def test_cycle_of_judgements_is_one_thing() -> None:
    judged = [judge("corp:a", "corp:b"), judge("corp:b", "corp:c"), judge("corp:c", "corp:a")]
    frame = said(("corp:a", None), ("corp:b", None), ("corp:c", None))
    assert groups(resolve([frame], judged)) == {"corp:b": "corp:a", "corp:c": "corp:a"}


def test_match_never_joins_a_plant_and_its_company() -> None:
    frames = [said(("corp:a", None)), said(("plant:a", None), kind="Plant")]
    identity = resolve(frames, pairs=found(("corp:a", "plant:a", 1.0)))
    assert groups(identity) == {}
    assert "one is a Corporation and one a Plant" in identity.refused["reason"][0]


def test_bridge_between_two_places_is_cut() -> None:
    frame = plants(a="Flint", b=None, c="Detroit city", d="Detroit")
    pairs = found(("plant:a", "plant:b", 0.99), ("plant:b", "plant:c", 0.985), ("plant:c", "plant:d", 0.999))
    identity = resolve([frame], pairs=pairs)
    assert groups(identity) == {"plant:b": "plant:a", "plant:d": "plant:c"}
    assert "places that differ" in identity.refused["reason"][0]


def test_bridge_between_two_numbers_is_cut() -> None:
    frame = unions(a="174", b=None, c="Local 0600", d="600")
    pairs = found(("union:a", "union:b", 0.99), ("union:b", "union:c", 0.985), ("union:c", "union:d", 0.999))
    identity = resolve([frame], pairs=pairs)
    assert groups(identity) == {"union:b": "union:a", "union:d": "union:c"}
    assert "numbers that differ: 174 and 600" in identity.refused["reason"][0]


def test_judgement_may_join_what_moved_or_got_another_number() -> None:
    assert groups(resolve([plants(a="Flint", b="Detroit")], [judge("plant:a", "plant:b")]))


def test_pair_that_the_matcher_parted_is_not_joined_over_a_chain() -> None:
    frame = said(("corp:a", None), ("corp:b", None), ("corp:c", None))
    pairs = found(
        ("corp:a", "corp:b", 0.999), ("corp:b", "corp:c", 0.99), ("corp:a", "corp:c", 0.01, "different")
    )
    identity = resolve([frame], pairs=pairs)
    assert groups(identity) == {"corp:b": "corp:a"}
    assert "for different" in identity.refused["reason"][0]


IDS = [f"corp:{letter}" for letter in "abcdefg"]
KEYS = [f"us-cik:{number}" for number in range(1, 4)]
ITEM = st.sampled_from(IDS)
PAIR = st.tuples(ITEM, ITEM).filter(lambda pair: pair[0] != pair[1])
RECORDS = st.lists(st.tuples(ITEM, st.lists(st.sampled_from(KEYS), max_size=2)), max_size=8)
JUDGED = st.lists(st.tuples(PAIR, st.sampled_from(["same", "different", "unsure"])), max_size=4)
MATCHED = st.dictionaries(PAIR.map(sorted).map(tuple), st.floats(0.97, 1.0), max_size=10)


def answer(
    records: list[tuple[str, list[str]]],
    judged: list[Judgement],
    matched: list[tuple[tuple[str, str], float]],
) -> object:
    """What `resolve` says, or that it refuses."""
    pairs = found(*((*pair, probability) for pair, probability in matched))
    try:
        identity = resolve([said(record) for record in records], judged, pairs)
    except TrinationalError:
        return "refused"
    return sorted(identity.mapping.select("record_id", "id").rows()), sorted(identity.refused.rows())


@settings(deadline=None, max_examples=60)
@given(RECORDS, JUDGED, MATCHED, st.randoms())
def test_order_of_sources_judgements_and_matches_does_not_matter(
    records: list[tuple[str, list[str]]],
    judged: list[tuple[tuple[str, str], str]],
    matched: dict[tuple[str, str], float],
    random: st.random.Random,  # type: ignore[name-defined]
) -> None:
    lines = [judge(*pair, judgement) for pair, judgement in judged]
    expected = answer(records, lines, list(matched.items()))
    shuffled = [random.sample(items, len(items)) for items in (records, lines, list(matched.items()))]
    got = answer(*shuffled)  # type: ignore[arg-type]
    if expected != "refused" and got != "refused":
        assert got[0] == expected[0]  # type: ignore[index]
    else:
        assert got == expected


@settings(deadline=None, max_examples=60)
@given(RECORDS, JUDGED, MATCHED)
def test_two_keys_of_one_register_are_never_one_and_different_is_never_crossed(
    records: list[tuple[str, list[str]]],
    judged: list[tuple[tuple[str, str], str]],
    matched: dict[tuple[str, str], float],
) -> None:
    lines = [judge(*pair, judgement) for pair, judgement in judged]
    got = answer(records, lines, list(matched.items()))
    if got == "refused":
        return
    where = dict(got[0])  # type: ignore[index]
    assert len({where.get(key, key) for key in KEYS}) == len(KEYS)
    for (left, right), judgement in judged:
        same = where.get(left, left) == where.get(right, right)
        assert judgement == "unsure" or same == (judgement == "same")


@settings(deadline=None, max_examples=60)
@given(RECORDS, MATCHED, st.lists(st.tuples(ITEM, st.lists(st.sampled_from(KEYS), max_size=2)), max_size=3))
def test_a_further_source_changes_only_what_it_touches(
    records: list[tuple[str, list[str]]],
    matched: dict[tuple[str, str], float],
    further: list[tuple[str, list[str]]],
) -> None:
    pairs = list(matched.items())
    before, after = dict(answer(records, [], pairs)[0]), dict(answer([*records, *further], [], pairs)[0])  # type: ignore[index]
    near = {item for row in (*records, *further) for item in (row[0], *row[1])}
    links = [(a, b) for a, keys in (*records, *further) for b in keys] + [pair for pair, _ in pairs]
    touched = {item for row in further for item in (row[0], *row[1])}
    while more := {x for a, b in links for x in (a, b) if {a, b} & touched} - touched:
        touched |= more
    for item in near - touched:
        assert before.get(item, item) == after.get(item, item)


def test_stronger_authority_renames_a_thing_and_the_old_id_still_finds_it(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    load_release(home, "curated")
    judgements = tmp_path / "judgements.csv"
    judgements.write_text(HEADER + "corp:3m,us-cik:66740,same,research,2026,the annual report\n")
    first = build(home)
    ids = set(LaborGraph(home.graph).things["id"])
    second = build(home, judgements=judgements)
    graph = LaborGraph(home.graph)
    assert ids ^ set(graph.things["id"]) == {"corp:3m", "us-cik:66740"}
    assert graph.resolve("corp:3m") == "us-cik:66740"
    assert second.merged["judgement"] == first.merged["judgement"] + 1
    assert (second.before, second.after) == (first.before, first.after)
    assert set(LaborGraph(build(home).folder).things["id"]) == ids


def test_home_and_further_judgements_are_read_beside_the_built_in(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    load_release(home, "curated")
    (home.path / "judgements.csv").write_text(HEADER + "corp:3m,corp:alcoa,same,x,2026,why\n")
    further = tmp_path / "more.csv"
    further.write_text(
        HEADER + "corp:aees,corp:akwel,same,x,2026,why\ncorp:aees,corp:akwell,same,x,2026,why\n"
    )
    report = build(home, judgements=further)
    assert [item for _, item in report.unknown] == ["corp:akwell"]
    assert report.unknown[0][0].endswith("more.csv, line 3")
    mapping = pl.read_parquet(report.folder / "identity.parquet")
    assert {"org:ifalpa", "corp:alcoa", "corp:akwel"} <= set(mapping["record_id"])
    (home.path / "judgements.csv").unlink()
    mapping = pl.read_parquet(build(home).folder / "identity.parquet")
    assert not {"corp:alcoa", "corp:akwel"} & set(mapping["record_id"])


def test_older_file_is_written_anew_with_all_columns(tmp_path: Path) -> None:
    path = tmp_path / "judgements.csv"
    path.write_text(HEADER + "a,b,same,x,2026,why, not\n".replace("why, not", '"why, not"'))
    append(path, [judge("c", "d", "related", "parent")])
    assert [(j.left, j.relation, j.why) for j in read_judgements(path)] == [
        ("a", "", "why, not"),
        ("c", "parent", "read both pages"),
    ]


def test_file_without_a_last_line_end_is_added_to(tmp_path: Path) -> None:
    path = tmp_path / "judgements.csv"
    path.write_text(RELATED + "a,b,same,,x,2026,why")
    line = judge("c", "d")
    size = append(path, [line])
    assert len(read_judgements(path)) == 2
    assert take_back(path, line, size)
    assert len(read_judgements(path)) == 1
    assert not take_back(path, line, 0)


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip).filter(bool))
def test_reason_survives_the_file_whatever_it_begins_with(text: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "judgements.csv"
        append(path, [Judgement("a", "b", "same", "x", "2026", text, "")])
        assert read_judgements(path)[0].why == text
        assert not safe_cell(text).startswith(("=", "+", "-", "@"))


def test_a_plant_is_not_a_company() -> None:
    frames = [said(("corp:a", None)), said(("plant:a", None), kind="Plant")]
    with pytest.raises(TrinationalError, match="Corporation and one a Plant"):
        resolve(frames, [judge("corp:a", "plant:a")])


def test_order_of_records_does_not_matter() -> None:
    rows = [("corp:a", ["us-cik:1"]), ("corp:b", ["us-cik:1", "wikidata:Q2"]), ("corp:c", ["wikidata:Q2"])]
    assert groups(resolve([said(*rows)])) == groups(resolve([said(*reversed(rows))]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("left,right\n", "line 1"),
        (HEADER + "a,b,sme,x,2026,why\n", "line 2, column judgement: 'sme'"),
        (HEADER + "a,b,same,x,2026,\n", "line 2, column why"),
        (HEADER + "a,a,same,x,2026,why\n", "against itself"),
        (HEADER + "a,b,same,x\n", "line 2: expected 6 cells"),
        (HEADER + "a,b,same,x,2026,why\nb,a,different,x,2026,why\n", "line 3.*line 2"),
        (HEADER + "a,b,related,x,2026,why\n", "column relation"),
        (HEADER + "a,b,same,x,26/11/2026,why\n", "column on: '26/11/2026'"),
        (HEADER + "a,b,same,x,,why\n", "column on: is empty"),
        (RELATED + "a,b,related,parnt,x,2026,why\n", "column relation: 'parnt'"),
        (RELATED + "a,b,same,parent,x,2026,why\n", "column relation: 'parent' stands beside 'same'"),
        (RELATED + "a,b,related,parent,x,2026,w\nb,a,related,parent,x,2026,w\n", "line 3.*line 2"),
        (RELATED + "a,b,related,sister,x,2026,w\na,b,related,parent,x,2026,w\n", "line 3.*line 2"),
        (HEADER + 'a,b,same,x,2026,"why\n', "CSV"),
    ],
)
def test_bad_judgements_name_file_line_and_column(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "judgements.csv"
    path.write_text(text)
    with pytest.raises(TrinationalError, match=message):
        read_judgements(path)


def test_judgements_of_wrong_encoding(tmp_path: Path) -> None:
    path = tmp_path / "judgements.csv"
    path.write_bytes(HEADER.encode() + "a,b,same,é,2026,é\n".encode("latin-1"))
    with pytest.raises(TrinationalError, match="UTF-8"):
        read_judgements(path)
