from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from graph.identity import Identity, Judgement, read_judgements, resolve
from ontology import TrinationalError

HEADER = "left,right,judgement,by,on,why\n"


def said(*rows: tuple[str, list[str] | None], kind: str = "Corporation") -> pl.LazyFrame:
    schema = {"id": pl.String(), "same_as": pl.List(pl.String())}
    return pl.LazyFrame(list(rows), schema, orient="row").with_columns(kind=pl.lit(kind))


def judge(left: str, right: str, judgement: str = "same") -> Judgement:
    return Judgement(left, right, judgement, "research", "2026-01-01", "read both pages", f"line of {left}")


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


def test_contradicting_judgements_name_the_chain() -> None:
    judged = [judge("corp:a", "corp:b"), judge("corp:b", "corp:c"), judge("corp:a", "corp:c", "different")]
    with pytest.raises(TrinationalError, match="corp:a = corp:b = corp:c"):
        resolve([said(("corp:a", None), ("corp:b", None), ("corp:c", None))], judged)


def test_judgement_cannot_join_two_issued_keys() -> None:
    with pytest.raises(TrinationalError, match="two keys of one register"):
        resolve([said(("us-cik:1", None), ("us-cik:2", None))], [judge("us-cik:1", "us-cik:2")])


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
        (HEADER + "a,b,same,x,2026,why\nb,a,different,x,2026,why\n", "line 3"),
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
