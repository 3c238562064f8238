"""Cases of the National Labor Relations Board: every tally of its elections, and recent filings.

A case can have several tallies: units, run-offs, reruns, revised counts. A union is said to represent a unit
only where the case closed with a certification and the unit's last tally gives the union that the row names
most of the valid votes: the column that names it also names unions that lost. "Certification of Results" is
no defeat where most voted for the union: workers who join an existing unit get no certification of their own.
A charge is an allegation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from loaders import office, read
from loaders.clean import Value, date, integer, text
from loaders.places import us_state
from loaders.row import Cell, Ref, Row
from loaders.source import Download, Source, Table
from loaders.us_names import a_union, employer, named_local, union_key, with_names

_UNIT = ("Case Number", "Unit ID")
_EVENTS = {"RC": "union_election", "RM": "union_election", "RD": "decertification_election"}
_CERTIFIED = ("Certific. of Representative", "Amended Certification")
_OUTCOMES = {
    "Certific. of Representative": "certified",
    "Amended Certification": "certified",
    "Certification of Results": "not_certified",
    "Withdrawal Adjusted": "withdrawn",
    "Withdrawal Non-adjusted": "withdrawn",
    "Dismissal Adjusted": "dismissed",
    "Dismissal Non-adjusted": "dismissed",
}
_AGAINST_UNIONS = "-(?:CB|CC|CD|CE|CG|CP)-"
_UNION_WORDS = (
    r"(?i)\b(?:UNION|LOCALS?|ASSOCIATION|ASSN|FEDERATION|BROTHERHOOD|WORKERS|TEAMSTERS|GUILD|COUNCIL|LODGE"
    r"|MACHINISTS|CARPENTERS|LABORERS|NURSES|EMPLOYEES|AFL|CTW|SEIU|AFSCME|IBEW|IATSE|ILA|ILWU|SAG|UFCW|UNITE|UAW)\b"
)
_FIRM_WORDS = (
    r"(?i)\b(?:INC|L\.?L\.?C|LLP|CORP|CORPORATION|CROP|LTD|L\.?P|COMPANY|INDUSTRIES|TRANSIT|LINES|PRESS|ACADEMY"
    r"|SCHOOL|LIBRARY|MEDICAL CENTER|METAL|SERVICES|RAZA)\b"
)
_LAST_BRACKETS = r"^(.*?)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)$"


def tallies(path: Path) -> pl.LazyFrame:
    """Tallies; `TALLIES`: rows of the case, `LAST`: the unit counted on no later day."""
    frame = office.frame(path, office.grid(path), "Case Number")
    columns = {f"LOCAL{n}": (_organization(n), _local) for n in (1, 2, 3)}
    unions = {f"UNION{n}": (_organization(n), a_union) for n in (1, 2, 3)}
    frame = with_names(frame, FIRM=("Case Name", employer), **unions, **columns)
    names = frame.collect_schema().names()
    if not {*_UNIT, "Tally Date"} <= set(names):
        return frame
    last = pl.when(pl.col("Tally Date") == pl.col("Tally Date").max().over(_UNIT)).then(pl.lit("yes"))
    kept = [pl.when(~_is_employer(pl.col(u), pl.col("FIRM"))).then(pl.col(u)).alias(u) for u in unions]
    return frame.with_columns(*kept, last.alias("LAST"), TALLIES=pl.len().over("Case Number").cast(pl.String))


def exported(path: Path) -> pl.LazyFrame:
    """Filings, with the union and the employer that the name of a case holds."""
    frame = read.csv(path)
    names = with_names(
        frame,
        FIRM=("Name", employer),
        BESIDE=("Name", _beside),
        CHARGED=("Name", _charged),
        CHARGED_LOCAL=("Name", lambda name: _local(_charged(name))),
        CERTIFIED=("Certified Representative", a_union),
        CERTIFIED_LOCAL=("Certified Representative", _local),
    )
    certified = pl.col("CERTIFIED")
    return names.with_columns(
        pl.when(~_is_employer(certified, pl.col("FIRM"))).then(certified).alias("CERTIFIED")
    )


def _beside(name: pl.Expr) -> pl.Expr:
    """The employer in brackets after a union's name."""
    inside = name.str.extract(_LAST_BRACKETS, 2)
    return employer(pl.when(union_key(inside).is_null() & ~inside.str.contains(_UNION_WORDS)).then(inside))


def _charged(name: pl.Expr) -> pl.Expr:
    """The union that a charge against a union names."""
    union = pl.coalesce(name.str.extract(_LAST_BRACKETS, 1), name)
    return a_union(pl.when(union.str.contains(_UNION_WORDS) & ~union.str.contains(_FIRM_WORDS)).then(union))


def _local(name: pl.Expr) -> pl.Expr:
    """Union and number of the local of the union reports that a name gives."""
    numbered = union_key(name)
    return pl.coalesce(named_local(name), pl.when(numbered.str.contains("/[0-9]+$")).then(numbered))


def elections(row: Row) -> None:
    """One tally of one unit of a case."""
    row.defaults("filed", as_of=date(row["Tally Date"]))
    name = row["FIRM"]
    row.skip("employer may be a natural person", when=row["Case Name"].is_not_null() & name.is_null())
    number, city, state = row["Case Number"], row["Unit City"], row["Unit State"]
    kind, reason = number.str.extract("-([A-Z]{2})-"), row["Closed Reason"]
    case = row.thing(
        "Case",
        ("us-nlrb", number),
        name=text(pl.concat_str(name, number, separator=", ")),
        country="US",
        case_type="nlrb",
        number=number,
        petition_date=date(row["Case Filed Date"]),
        place=text(city),
        subdivision=_state(state),
        outcome=pl.when(reason.is_null()).then(pl.lit("open")).otherwise(_outcome(reason)),
        outcome_date=date(row["Case Closed Date"]),
    )
    company, plant = _employer(row, name, city, state)
    unions = [_union(row, row[f"UNION{n}"], row[f"LOCAL{n}"]) for n in (1, 2, 3)]
    won = [_won(row, n) for n in (1, 2, 3)]
    lost = (reason == "Certification of Results") & (row["TALLIES"] == "1")
    lost = lost & ~pl.any_horizontal(_most(row, n) for n in (1, 2, 3))
    counted = pl.when(row["Num Eligible Voters"] != "0")
    single = row["Labor Organization 1 Name"].is_not_null() & row["Labor Organization 2 Name"].is_null()
    row.defaults("found")
    event = row.thing(
        "Event",
        ("us-nlrb-election", _tally(row)),
        when=row["Tally Date"].is_not_null(),
        name=text(pl.concat_str(pl.lit("Vote at "), name, pl.lit(", "), city)),
        country="US",
        event_type=kind.replace_strict(_EVENTS, default="deauthorization_vote"),
        date=date(row["Tally Date"]),
        workers=integer(counted.then(row["Num Eligible Voters"])),
        votes_for=integer(counted.then(pl.when(single).then(row["Votes For Labor Org1"]))),
        votes_against=integer(counted.then(row["Votes Cast Against Labor Org"])),
        votes_null=integer(counted.then(row["Num Void Ballots"])),
        result=text(_result(row)),
        result_class=pl.when(kind != "UD").then(
            pl.when(pl.any_horizontal(won)).then(pl.lit("won")).when(lost).then(pl.lit("lost"))
        ),
        place=text(city),
        subdivision=_state(state),
        note=pl.concat_str(pl.lit("case "), number, pl.lit(", unit "), row["Unit ID"]),
    )
    row.defaults("filed")
    for within in (case, event):
        row.relation("Party", within=within, party=company, role="employer", named_as=text(name))
        row.relation("Party", within=within, party=plant, role="plant")
    for n, union in enumerate(unions, start=1):
        said = row[_organization(n)]
        votes = pl.concat_str(row[_votes(n)], pl.lit(" votes"))
        row.relation("Party", within=case, party=union, role="union_concerned", named_as=text(said))
        row.relation("Party", within=event, party=union, role="union", named_as=text(said), note=votes)
        row.relation(
            "Representation",
            when=won[n - 1],
            union=union,
            plant=plant,
            employer=company,
            workers=integer(counted.then(row["Num Eligible Voters"])),
            representation_status="certified",
            basis="vote",
            status="found",
            note=pl.concat_str(pl.lit("case "), number, pl.lit(", unit "), row["Unit ID"]),
        )
    row.ignore("Case Status", why="the reason of closing says it")
    row.ignore(
        "Ballot*", "Schedule*", "Election Mode", why="how the vote was held; the day of the tally is kept"
    )
    row.ignore("Runoff Required", why="the run-off is a tally of its own")
    row.ignore(
        "Unit Involved on Petition", "Bargaining Unit Determined", why="long text that may name people"
    )


def filings(row: Row) -> None:
    """One case as filed: a charge against an employer or a union, or a petition for a vote."""
    number, city, state = row["Case Number"], row["City"], row["State"]
    charge = number.str.contains("-C[A-Z]-")
    against_union = number.str.contains(_AGAINST_UNIONS)
    row.defaults(
        pl.when(charge).then(pl.lit("alleged")).otherwise(pl.lit("filed")),
        as_of=date(row["Date Filed"], "MM/DD/YYYY"),
    )
    name = pl.when(against_union).then(row["BESIDE"]).otherwise(row["FIRM"])
    row.skip("employer may be a natural person", when=row["Name"].is_not_null() & row["FIRM"].is_null())
    case = row.thing(
        "Case",
        ("us-nlrb", number),
        name=text(pl.concat_str(row["FIRM"], number, separator=", ")),
        country="US",
        case_type="nlrb",
        number=number,
        petition_date=date(row["Date Filed"], "MM/DD/YYYY"),
        place=text(city),
        subdivision=_state(state),
        outcome=pl.when(row["Status"] == "Open")
        .then(pl.lit("open"))
        .otherwise(_outcome(row["Reason Closed"])),
        outcome_date=date(row["Date Closed"], "MM/DD/YYYY"),
    )
    company, plant = _employer(row, name, city, state)
    charged = pl.when(charge & ~against_union).then(pl.lit("respondent")).otherwise(pl.lit("employer"))
    row.relation("Party", within=case, party=company, role=charged, named_as=text(name))
    row.relation("Party", within=case, party=plant, role="plant")
    union = pl.when(against_union).then(row["CHARGED"])
    charged_union = _union(row, union, row["CHARGED_LOCAL"])
    row.relation("Party", within=case, party=charged_union, role="respondent", named_as=text(union))
    certified = _union(row, row["CERTIFIED"], row["CERTIFIED_LOCAL"])
    row.relation(
        "Party", within=case, party=certified, role="union_concerned", named_as=text(row["CERTIFIED"])
    )
    for column, measure in (("No. of Employees", "employees"), ("No. of Eligible Voters", "bargaining_unit")):
        size = integer(pl.when(row[column] != "0").then(row[column]))
        row.relation(
            "Count",
            number,
            when=size.raw.is_not_null(),
            of=plant,
            measure=measure,
            value=size,
            status="filed",
        )
    row.ignore("Certified Representative", why="CERTIFIED is kept: some cells hold the employer")
    row.ignore("Region Assigned", why="office that handles the case")
    row.ignore("Unit Sought", why="long text that may name people")


def _employer(row: Row, name: pl.Expr, city: pl.Expr, state: pl.Expr) -> tuple[Ref, Ref]:
    """Employer and place of work of a case: what is said of them is no allegation."""
    key = pl.concat_str(name, city, state, separator="|")
    where: dict[str, Cell] = {"subdivision": _state(state), "status": "filed"}
    company = row.thing(
        "Corporation",
        ("us-nlrb-employer", key),
        when=key.is_not_null(),
        name=text(name),
        place=text(city),
        **where,
    )
    plant = row.thing(
        "Plant",
        ("us-nlrb-site", key),
        when=key.is_not_null(),
        name=text(pl.concat_str(name, city, separator=", ")),
        country="US",
        municipality=text(city),
        **where,
    )
    row.relation("Operation", plant=plant, operator=company, status="filed")
    return company, plant


def _tally(row: Row) -> pl.Expr:
    """Case, unit, type, day, category and voters of a tally: two of one day differ in the last two."""
    day = row["Tally Date"].str.head(10)
    parts = [
        row[c] for c in ("Case Number", "Unit ID", "Tally Type", "Tally Category", "Num Eligible Voters")
    ]
    return pl.concat_str(*parts, day, separator="|", ignore_nulls=True)


def _union(row: Row, name: pl.Expr, local: pl.Expr) -> Ref:
    """A union as the board writes it, and the local of the union reports where the name gives one."""
    return row.thing(
        "Union",
        ("us-nlrb-union", name.str.to_uppercase().str.replace_all(r"[ \t\r\n]+", " ")),
        when=name.is_not_null(),
        name=text(name),
        same_as=pl.when(local.is_not_null()).then(pl.concat_list("us-aff:" + local)),
        designation=local.str.extract("/(.+)$"),
        status=pl.when(local.is_not_null()).then(pl.lit("inferred")).otherwise(pl.lit("filed")),
    )


def _organization(number: int) -> str:
    return f"Labor Organization {number} Name"


def _is_employer(name: pl.Expr, employer_name: pl.Expr) -> pl.Expr:
    """True where the cell for a union holds the employer's name, or a firm's."""
    own, other = (
        n.str.to_uppercase().str.replace_all("[^A-Z0-9]", "").str.head(12) for n in (name, employer_name)
    )
    firm = name.str.contains(_FIRM_WORDS) & ~name.str.contains(_UNION_WORDS)
    return ((own == other) | firm).fill_null(False)


def _votes(number: int) -> str:
    return f"Votes For Labor Org{number}"


def _most(row: Row, number: int) -> pl.Expr:
    """More than half of the valid votes are for this union."""
    votes, valid = (row[c].cast(pl.Int64, strict=False) for c in (_votes(number), "Num Valid Votes Counted"))
    return (votes * 2 > valid).fill_null(False)


def _won(row: Row, number: int) -> pl.Expr:
    """The case closed with a certification, and this union has most votes of the unit's last tally."""
    named = (row["Union To Certify"] == row[_organization(number)]).fill_null(False)
    certified = row["Closed Reason"].is_in(_CERTIFIED).fill_null(False)
    return named & _most(row, number) & certified & (row["LAST"] == "yes").fill_null(False)


def _result(row: Row) -> pl.Expr:
    """The tally in words: each union's votes, valid, challenged and void ballots, how the case closed."""
    unions = [pl.concat_str(row[_votes(n)], pl.lit(" for "), row[f"UNION{n}"]) for n in (1, 2, 3)]
    challenged = pl.concat_str(row["Num Challenged Ballots"], pl.lit(" challenged"))
    decisive = pl.when(row["Challenges R Determinitive"] == "Y").then(pl.lit("challenges decide the outcome"))
    impounded = pl.when(row["Ballots Impounded"] == "Y").then(pl.lit("ballots impounded"))
    closed = pl.concat_str(pl.lit("closed: "), row["Closed Reason"])
    return pl.concat_str(*unions, challenged, decisive, impounded, closed, separator="; ", ignore_nulls=True)


def _outcome(reason: pl.Expr) -> pl.Expr:
    return reason.replace_strict(_OUTCOMES, default="closed")


def _state(code: pl.Expr) -> Value:
    return Value(code, us_state(code), "a state of the US")


def _newest(paths: Sequence[Path]) -> str:
    """The newest month in the names of the files."""
    months = {month: number for number, month in enumerate(_MONTHS, start=1)}
    found = [
        (year, f"{months[month]:02}")
        for path in paths
        for month, year in re.findall(rf"({'|'.join(_MONTHS)})_?([0-9]{{4}})", path.name)
    ]
    found += [
        (year, month)
        for path in paths
        for year, month in re.findall("([0-9]{4})-([0-9]{2})[^0-9]", path.name)
    ]
    return "-".join(max(found, default=("undated",)))


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ELECTIONS = "NLRB-2022-000194_final-Election_results_with_election_mode_Jan_2017-Nov_2021.xlsx"


SOURCE = Source(
    id="us_nlrb",
    title="Elections and case filings of the National Labor Relations Board",
    publisher="US National Labor Relations Board",
    licence="US Government work (public domain)",
    url="https://www.nlrb.gov/reports/graphs-data/recent-election-results",
    tables=(
        Table("*[Ee]lection*.xlsx", tallies, elections, expected_bytes=1000),
        Table("recent_filings*.csv*", exported, filings, expected_bytes=200),
    ),
    release=_newest,
    raw="us-nlrb",
    downloads=(
        Download(
            "https://raw.githubusercontent.com/labordata/nlrb-data"
            f"/f6bc7e1abd20898695e9e454f453aa010e4b63be/raw/{_ELECTIONS}",
            _ELECTIONS,
            2_471_105,
        ),
        Download("https://www.nlrb.gov/reports/graphs-data/recent-filings"),
    ),
    also_there=("PROVENANCE.md",),
)
