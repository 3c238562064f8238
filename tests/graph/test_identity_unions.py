"""Unions: names read in three languages, nationals and their successors, mentions compared, blocks."""

from __future__ import annotations

import csv
import itertools

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.identity.compare import COMPARISONS
from graph.identity.nationals import steps, successor, tie, top
from graph.identity.pairs import keys_in, levels_of, unions_of
from graph.identity.union_words import NATIONALS, tokens
from graph.identity.unions import Union, blocks, compare, mention

SIDES = ("name", "kind", "city", "state", "place", "country", "sector", "ids")


@pytest.mark.parametrize(
    ("name", "national", "level", "numbers"),
    [
        ("UAW 174", "UAW", "local", {"174"}),
        ("AUTO WORKERS AFL-CIO |  | LU 174", "UAW", "local", {"174"}),
        ("UAW|174", "UAW", "local", {"174"}),
        ("BAC - 2 NY", "BAC", "local", {"2"}),
        ("PACE - 5-0857", "PACE", "local", {"5-857"}),
        ("USA - 7338-01 DISTRICT 4", "USW", "local", {"7338-1"}),
        ("NFFE - 2109 DISTRICT 1", "NFFE", "local", {"2109"}),
        ("LIUNA Upstate New York Laborers District Council Local 210", "LIUNA", "local", {"210"}),
        ("General Teamsters, Chauffeurs and Helpers Local Union No. 673", "IBT", "local", {"673"}),
        ("Legal Services Workers/United Automobile Workers Local 2320", "UAW", "local", {"2320"}),
        ("IBT FOR 17 LOCALS", "IBT", "", set()),
        ("PAT - 82 COUNCIL", "PAT", "council", {"82"}),
        ("CJA - 472 ASHLAND 1650 LEXINGTON", "CJA", "local", {"472", "1650"}),
        ("International Association of EMTs and Paramedics R2-287", "", "local", {"r2-287"}),
        ("IAM - DL 725", "IAM", "district", {"725"}),
        ("IAM - DS-490 DISTRICT 65", "IAM", "local", {"ds490"}),
        ("UAW - 686 UNIT 4", "UAW", "local", {"686"}),
        ("Amalgamated Local 1005, United Steelworkers", "USW", "local", {"1005"}),
        ("International Brotherhood of Boilermakers, Lodge 850", "BBF", "lodge", {"850"}),
        ("Amalgamated Transit Union, Division 1181", "ATU", "division", {"1181"}),
        ("Chicago Federation of Musicians, Local 10-208 A.F.M.", "AFM", "local", {"10-208"}),
        ("Nonprofit Professional Employees Union, IFPTE Local 70", "PTE", "local", {"70"}),
        ("Teamsters Locals 70, 853 and 2785", "IBT", "local", {"70", "853", "2785"}),
        ("Painters District Council No. 14/Sign Painters Local 830", "PAT", "local", {"830"}),
        ("Service Employees International Union, Local 32 BJ", "SEIU", "local", {"32bj"}),
        ("1199SEIU United Healthcare Workers East", "SEIU", "local", {"1199"}),
        ("The NewsGuild of New York, Local 31003, TNG/CWA", "CWA", "local", {"31003"}),
        ("Screen Actors Guild - American Federation of Television and Radio Artists", "SAGAFTRA", "", set()),
        ("McAllen Federation of Teachers #6329", "AFT", "local", {"6329"}),
        ("LETTER CARRIERS, NATL ASN, AFL-CIO | CHEROKEE, IOWA | BR 1070", "NALC", "branch", {"1070"}),
        ("POLICE FRATERNAL ORDER, IND |  | NHQ 0", "FOP", "", set()),
        ("Internatonal Brotherhod of Electrical Workers Local 98", "IBEW", "local", {"98"}),
        ("Sección 65 del Sindicato Nacional de Trabajadores Mineros, Metalúrgicos, Siderúrgicos y Similares "
         "de la República Mexicana", "SNTMMSSRM", "section", {"65"}),
        ("SNTE Sección 22", "SNTE", "section", {"22"}),
        ("S.T.R.M.", "union:strm", "", set()),
        ("Unión de Tronquistas de Puerto Rico, Local 901", "IBT", "local", {"901"}),
        ("Unifor, section locale 2002", "UNIFOR", "section", {"2002"}),
        ("Syndicat des Métallos, section locale 7493", "USW", "section", {"7493"}),
        ("SCFP section locale 1500", "CUPE", "section", {"1500"}),
        ("Fraternité internationale des ouvriers en électricité, section locale 568", "IBEW", "section",
         {"568"}),
        ("Travailleurs et travailleuses unis de l'alimentation et du commerce, section locale 501", "UFCW",
         "section", {"501"}),
        ("Philadelphia Security Officers Union", "", "", set()),
        ("LU 12", "", "local", {"12"}),
    ],
)  # fmt: skip
def test_a_name_tells_national_kind_of_body_and_number(
    name: str, national: str, level: str, numbers: set[str]
) -> None:
    read = mention(name)
    assert (read.national, read.level, set(read.numbers)) == (national, level, numbers)


def test_a_trade_in_a_longer_name_is_no_national() -> None:
    assert mention("Carpenters 1598").national == "CJA"
    assert mention("Public Teachers Retirement Advisers").national == ""
    assert mention("United Federation of Teachers").national == ""


def test_a_confederation_in_a_name_is_not_the_union() -> None:
    assert mention("CROC").national == "union:croc"
    assert mention("Sindicato De Trabajadores Del Comercio (C.R.O.C.)").national == ""


def test_a_confederation_makes_no_two_unions_one() -> None:
    gas = mention("Sindicato Nacional De Trabajadores De Gas L.P., Combustibles Y Similares (C.R.O.C.)")
    hotels = mention("Sindicato De Hoteles, Restaurantes Y Cantinas (C.R.O.C.)")
    bare = mention("Sindicato Nacional De Trabajadores De Gas L.P., Combustibles Y Similares")
    assert compare(gas, hotels)["body"] == "other_name"
    assert compare(gas, bare)["body"] == "same_name"
    assert not set(blocks(gas)) & set(blocks(hotels))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("TCA section locale 444", "CAW Local 444"),
        ("Travailleurs canadiens de l'automobile, section locale 444", "Unifor Local 444"),
        ("Sección 65 del SNTMMSRM", "Los Mineros Sección 65"),
    ],
)
def test_abbreviations_of_other_languages_name_the_same_local(left: str, right: str) -> None:
    assert compare(mention(left), mention(right))["body"] == "same_number"


@pytest.mark.parametrize(
    ("national", "on", "became"),
    [
        ("URW", "1995-06", "URW"),
        ("URW", "1995-08", "USW"),
        ("OCAW", "1998", "OCAW"),
        ("OCAW", "2004", "PACE"),
        ("OCAW", "2005-04-11", "PACE"),
        ("OCAW", "2005-04-12", "USW"),
        ("CAW", "2013-08-30", "CAW"),
        ("CAW", "2013-08-31", "UNIFOR"),
        ("CEP", None, "UNIFOR"),
        ("BCTW", "1998", "BCTW"),
        ("BCTW", "2000", "BCTGMI"),
        ("IUE", "2000-09", "IUE"),
        ("IUE", "2001", "CWA"),
        ("HEU", None, "HEU"),
        ("UAW", None, "UAW"),
    ],
)
def test_a_successor_is_that_of_a_date(national: str, on: str | None, became: str) -> None:
    assert successor(national, on) == became


def test_a_part_stays_itself_and_is_of_the_family() -> None:
    assert (top("IUE"), top("GCIU"), top("NFFE")) == ("CWA", "IBT", "IAM")
    assert tie("IUE", "CWA") == "part"
    assert tie("BMWE", "BLE") == "apart"


def test_the_table_is_sound() -> None:
    with NATIONALS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [row["national"] for row in rows]
    assert names == sorted(set(names))
    assert {row["into"] for row in rows} - {""} <= set(names)
    assert {row["how"] for row in rows} == {"", "merged", "absorbed", "part", "split"}
    assert {row["numbering"] for row in rows} == {"", "state", "five", "both", "prefix", "1199"}
    assert all(bool(row["into"]) == bool(row["how"]) for row in rows)
    assert all(top(one) == top(top(one)) for one in steps())
    named: dict[str, set[str]] = {}
    for row in rows:
        for text in _texts(row):
            named.setdefault("".join(word for word, _ in tokens(text)), set()).add(row["national"])
    assert not {text: nationals for text, nationals in named.items() if len(nationals) > 1}


def _texts(row: dict[str, str]) -> list[str]:
    cells = (row["national"], row["short"], row["names"], row["trades"])
    return [text for cell in cells for text in cell.split("|") if text]


@pytest.mark.parametrize(
    ("left", "right", "body"),
    [
        ("UAW 174", "UAW Local 174", "same_number"),
        ("BCTGM - 69", "BCTW 69", "same_number"),
        ("HERE - 226", "Culinary Workers Union Local 226 a/w UNITE HERE", "same_number"),
        ("OCAW 8-234", "PACE - 8-0234", "same_number"),
        ("GCIU - 235M", "GCC Local 235-M", "same_number"),
        ("IATC|1", "IATC 1", "same_number"),
        ("UAW 174", "UAW 175", "other_body"),
        ("UAW 174", "United Auto Workers", "other_body"),
        ("IAM DISTRICT 9", "IAM LOCAL 9", "other_body"),
        ("URW 12", "USW 12", "other_body"),
        ("BLE 703", "IBT 703", "other_body"),
        ("Canadian Auto Workers", "Unifor", "other_body"),
        ("SOUTH CAROLINA AFL-CIO", "NORTH CAROLINA STATE AFL-CIO", "other_body"),
        ("BCTF (Prince George Dist. Teachers' Assoc.)", "BCTF (Nelson Dist. Teachers' Assoc.)", "other_body"),
        ("SEIU LOCAL 775", "SEIU LOCAL 775 STAFF UNION", "other_body"),
        ("IBEW Local 26", "IBEW Local 26 Pension Trust Fund", "other_body"),
        ("AFM 353", "AFGM 353", "other_national"),
        ("UFCW 13", "UFCW LOCAL 13-D", "doubtful"),
        ("USW 9281", "USW 9281-02", "doubtful"),
        ("Teamsters Locals 70 and 853", "IBT 70", "doubtful"),
        ("SEIU 1199 NJ DIV", "SEIU 1199 UPSTATE", "doubtful"),
        ("PACE 5", "USW 5", "doubtful"),
        ("UE", "UE|0", "doubtful"),
        ("United Mine Workers of America, Local", "UMWA", "doubtful"),
        ("IAM", "International Association of Machinists and Aerospace Workers, AFL-CIO", "same_body"),
        ("UMWA 2021 STRIKE AID FUND", "UMWA Strike Aid Fund", "same_body"),
        ("Confederation des syndicats nationaux (FNEEQ)", "CSN", "same_body"),
        ("Sindicato Nacional de Trabajadores de la Educación", "SNTE", "same_body"),
        ("Sindicato De Trabajadores De Las Industrias De Plástico", "Sindicato De Trabajadores De Las "
         "Industrias Del Plastico.", "same_name"),
        ("NYSNA - ", "New York State Nurses Association", "near_name"),
        ("Union De Obreros De Zonas Federales Y Muelles", "Sindicato Nacional Unión De Obreros De Zonas "
         "Federales Y Muelles", "near_name"),
        ("Sindicato De Trabajadores De La Industria Hotelera", "Sindicato De Trabajadores De La Industria "
         "Hotelera Del Estado De Jalisco", "other_name"),
        ("Sindicato Mexicano de Electricistas", "Sindicato Unico De Trabajadores Electricistas De La "
         "Republica Mexicana", "other_name"),
        ("UNAFF 5", "UNAFF 5", "other_name"),
        ("Local 2", "LOCAL 2", "other_name"),
    ],
)  # fmt: skip
def test_how_two_names_compare(left: str, right: str, body: str) -> None:
    a, b = mention(left), mention(right)
    assert compare(a, b)["body"] == body
    assert compare(b, a)["body"] == body
    if body.startswith("same") or body == "near_name":
        assert set(blocks(a)) & set(blocks(b))


def test_numbers_that_begin_anew_in_each_state_need_the_state() -> None:
    albany = mention("BAC - 2 NY", "Albany", "US-NY")
    assert compare(albany, mention("BAC 2", "San Antonio", "US-TX"))["body"] == "other_body"
    assert compare(albany, mention("BAC 2", "Troy", "US-NY"))["body"] == "same_number"
    assert compare(albany, mention("BAC|2"))["body"] == "doubtful"


def test_keys_say_more_than_a_missing_number() -> None:
    guild, several = (
        mention("AGMA|0", keys=["us-olms:300"]),
        mention("AGMA|0", keys=["us-olms:1", "us-olms:2"]),
    )
    assert compare(mention("AGMA"), guild)["body"] == "same_body"
    assert compare(mention("AGMA"), several)["body"] == "doubtful"


def test_a_number_with_several_file_numbers_is_in_doubt() -> None:
    several = mention("UFCW 88", keys=["us-olms:1", "us-olms:2"])
    levels = compare(several, mention("UFCW Local 88", keys=["us-olms:1"]))
    assert (levels["body"], levels["keys"]) == ("doubtful", "one_of_several")


def test_place_and_keys() -> None:
    one = mention("UAW 174", "Romulus", "US-MI", "US", keys=["us-olms:7"])
    assert compare(one, mention("UAW 174", "ROMULUS", "US-MI", "US", keys=["us-olms:7"])) == {
        "body": "same_number",
        "place": "same_town",
        "keys": "same",
    }
    assert compare(one, mention("UAW 174", "Toledo", "US-OH", keys=["us-olms:8"])) == {
        "body": "same_number",
        "place": "unknown",
        "keys": "other",
    }


def test_unions_of_two_countries_that_no_table_knows_are_two() -> None:
    ponce = mention("Union General de Trabajadores", "Ponce", "US-PR", "US")
    assert compare(ponce, mention("Unión General de Trabajadores", country="US"))["body"] == "same_name"
    assert compare(ponce, mention("Unión General de Trabajadores", country="MX"))["body"] == "other_name"


def test_one_key_of_an_authority_is_the_same_whatever_other_keys_there_are() -> None:
    left, right = ["us-olms:7", "union:x"], ["us-olms:7", "lei:y"]
    assert compare(mention("UAW 1", keys=left), mention("UAW 1", keys=right))["keys"] == "same"


def test_further_names_of_one_body_are_read_too() -> None:
    curated = mention("Mexican Telephone Workers' Union", others=["STRM", None])
    assert (
        compare(curated, mention("Sindicato de Telefonistas de la República Mexicana"))["body"] == "same_body"
    )


def test_names_without_a_name() -> None:
    for text in (None, "", "-", "()", "| |", "0"):
        assert compare(mention(text), mention(text))["body"] == "other_name"
        assert blocks(mention(text)) == ()


@settings(max_examples=200, deadline=None)
@given(*[st.text(st.sampled_from("aAeiouMXéñ 0123456789-/.,()|#'&UAWLocal "), max_size=40)] * 2)
def test_any_two_texts_compare_the_same_both_ways(left: str, right: str) -> None:
    a, b = mention(left), mention(right)
    assert compare(a, b) == compare(b, a)
    assert isinstance(blocks(a), tuple)


def pairs(rows: list[dict[str, str]]) -> pl.DataFrame:
    blank = {f"{side}_{field}": None for side in "ab" for field in SIDES}
    return pl.DataFrame([blank | row for row in rows], dict.fromkeys(blank, pl.String))


def test_levels_of_a_file_of_pairs() -> None:
    frame = pairs(
        [
            {"a_name": "BAC 2", "a_state": "TX", "a_country": "US", "b_name": "BAC - 2 NY", "b_state": "NY"},
            {"a_name": "UAW 174", "b_name": "UAW|174", "b_ids": "F_NUM 17913,35096", "a_ids": "F_NUM 17913"},
        ]
    )
    levels = levels_of(frame, "Union")
    assert tuple(levels.columns) == COMPARISONS["Union"]
    assert levels["body"].to_list() == ["other_body", "doubtful"]
    assert levels_of(frame.clear(), "Union").height == 0
    assert unions_of(frame, "a")[0].subdivision == "US-TX"


def test_roman_numbers_of_sections_are_numbers() -> None:
    same = (
        mention("SNTE Sección XXII"),
        mention("Sección 22 del Sindicato Nacional de Trabajadores de la Educación"),
    )
    assert [(union.national, union.numbers) for union in same] == [("SNTE", frozenset({"22"}))] * 2
    assert mention("Sección Civil").numbers == frozenset()


def test_keys_of_union_reports_in_a_text() -> None:
    assert keys_in(pl.Series(["F_NUM 36842; AFF BSOIW"])) == [["us-olms:36842"]]


def test_blocks_hold_together_what_is_one_and_keep_apart_what_is_not() -> None:
    one = ["IAM - 1546 DL 190", "IAMAW Local Lodge 1546", "IAM|1546"]
    assert all(set(blocks(mention(a))) & set(blocks(mention(b))) for a, b in itertools.combinations(one, 2))
    others = ["IAM 1547", "UAW 1546", "IAM"]
    assert not any(set(blocks(mention(one[0]))) & set(blocks(mention(other))) for other in others)


def test_a_mention_stays_small_and_hashable() -> None:
    assert len({mention("UAW 174"), mention("UAW 174"), Union()}) == 2
