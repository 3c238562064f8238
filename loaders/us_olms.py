"""Annual reports of US unions to the Department of Labor (forms LM-2 to LM-5), one set of files a year.

The register knows each body by its file number; locals name their union by an abbreviation only, so the union
is said once by abbreviation, and its headquarters says that both are one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from loaders import read
from loaders.clean import date, integer, term, text
from loaders.places import us_state
from loaders.row import Ref, Row
from loaders.source import Describe, Source, Table
from loaders.us_payees import payments, payments_of

_WORDS = {
    "LU": "Local",
    "LG": "Lodge",
    "LLG": "Local Lodge",
    "SLG": "System Lodge",
    "BR": "Branch",
    "LBR": "Local Branch",
    "LCH": "Local Chapter",
    "CH": "Chapter",
    "LDIV": "Local Division",
    "LEC": "Local Executive Council",
    "UNIT": "Unit",
    "GMB": "General Membership Branch",
    "IUB": "Industrial Union Branch",
    "ASSN": "Association",
    "D": "District",
    "DC": "District Council",
    "DLG": "District Lodge",
    "DIV": "Division",
    "C": "Council",
    "SA": "State Association",
    "STC": "State Council",
    "STCON": "State Conference",
    "SFED": "State Federation",
    "BCTC": "Building and Construction Trades Council",
    "MTC": "Metal Trades Council",
    "MEC": "Master Executive Council",
    "RC": "Regional Council",
    "SC": "System Council",
    "SF": "System Federation",
    "FED": "Federation",
    "CONF": "Conference",
}
_LOCALS = ("LU", "LG", "LLG", "SLG", "BR", "LBR", "LCH", "CH", "LDIV", "LEC", "UNIT", "GMB", "IUB", "ASSN")
_COUNCILS = (
    *(
        "D",
        "DC",
        "DLG",
        "C",
        "SA",
        "STC",
        "STCON",
        "SFED",
        "BCTC",
        "MTC",
        "MEC",
        "RC",
        "SC",
        "SF",
        "FED",
        "CONF",
    ),
    *("AREA", "LEADC", "SCOM", "SD", "GC", "PC", "ROC", "COM", "CONBD"),
)
_LEVELS = {
    **dict.fromkeys(_LOCALS, "local"),
    **dict.fromkeys(_COUNCILS, "council"),
    "DIV": "division",
}
_BODIES = {
    "AFLCIO": "confederation",
    **dict.fromkeys(("AAA", "BCTD", "DPE", "FPA", "MTD", "MTTD", "NFIU", "OCC", "ULSTD"), "federation"),
}
_KINDS = {"local": "local_of", "council": "council_of", "division": "division"}


def table(path: Path) -> pl.LazyFrame:
    """A file of the set: fields parted by `|`, quotes are data."""
    return read.csv(path, separator="|", quote=None, encoding="cp1252")


def reports(path: Path) -> pl.LazyFrame:
    """Reports, with the members by right to vote and the fee payers of each, where that file is there."""
    frame = table(path)
    beside = path.with_name(path.name.replace("lm_data", "ar_membership"))
    if not beside.is_file() or beside == path:
        return frame.with_columns(VOTING=pl.lit(None, pl.String))
    number = pl.col("NUMBER").str.strip_chars().cast(pl.Int64, strict=False)
    payer, voting = pl.col("CATEGORY") == "Agency Fee Payers", pl.col("VOTING_ELIGIBILITY") == "T"
    told = (
        table(beside)
        .group_by("RPT_ID")
        .agg(
            pl.format(
                "{} with the right to vote, {} without; {} agency fee payers besides",
                number.filter(voting & ~payer.fill_null(False)).sum(),
                number.filter(~voting & ~payer.fill_null(False)).sum(),
                number.filter(payer).sum(),
            ).alias("VOTING")
        )
    )
    return frame.join(told, on="RPT_ID", how="left", maintain_order="left")


def _filers(path: Path) -> pl.LazyFrame:
    """Who filed each report and for which months; empty where the reports are not beside the file."""
    kept = {
        "RPT_ID": "RPT_ID",
        "F_NUM": "FILER",
        "PD_COVERED_FROM": "FROM",
        "PD_COVERED_TO": "TO",
        "RECEIVE_DATE": "RECEIVED",
    }
    found = re.search(r"_data_([0-9]{4})", path.name)
    beside = path.with_name(f"lm_data_data_{found.group(1)}.txt" if found else "")
    if beside.is_file():
        frame = table(beside)
        if kept.keys() <= set(frame.collect_schema().names()):
            cells = [pl.col(name).str.strip_chars().alias(new) for name, new in kept.items()]
            return frame.select(cells).unique("RPT_ID", keep="first", maintain_order=True)
    return pl.LazyFrame(schema=dict.fromkeys(kept.values(), pl.String))


def filings(row: Row) -> None:
    """One report of one union: who it is, to whom it belongs, how many members it has."""
    row.defaults("filed", as_of=date(row["PD_COVERED_TO"]), page_date=date(row["RECEIVE_DATE"]))
    union, body = _union(row), _body(row)
    kind = row["DESIG_NAME"].replace_strict(_LEVELS, default=None).replace_strict(_KINDS, default="affiliate")
    row.relation(
        "Affiliation",
        when=(row["DESIG_NAME"] != "NHQ").fill_null(True),
        member=union,
        body=body,
        affiliation_kind=kind,
        until=date(row["TERM_DATE"]),
    )
    row.relation(
        "Count",
        row["RPT_ID"],
        when=row["MEMBERS"].is_not_null(),
        of=union,
        measure="members",
        value=integer(row["MEMBERS"]),
        note=row["VOTING"],
    )
    row.forbid("MAIL_FIRSTNAME", "MAIL_LASTNAME", "VOICE", "BUILD_NUM", "STREET_ADR")
    row.ignore("EST_DATE", why="date of the file, 1970-12-01 for most: not the founding")
    row.ignore("TTL_*", "MAXIMUM_BOND", "SHORTAGE", "NUM_ATTACHMENTS", why="totals of money")
    row.ignore("HAS_*", "*_FUNDS", "OUTSIDE_AUDIT", "ASSETS_PLEDGED", "CONTINGENT", why="audit answers")
    row.ignore("CONSTITUTION_BYLAW", "RECORD_KEPT", "HARDSHIP", "NEXT_ELECTION", why="answers on records")
    row.ignore("FYE", "PD_COVERED_FROM", "YR_COVERED", why="PD_COVERED_TO is the date of the fact")
    row.ignore("TERMINATE", "AMEND*", "REGISTER_DATE", "MOD_*", why="TERM_DATE and RECEIVE_DATE are kept")
    row.ignore("DESIQ_PRE", "DESIG_SUF", "SUBSIDIARY", why="empty")
    row.ignore("ADR_ID", "ADDRESS_TYPE", "ZIP", why="address of the officer who signs")


def _union(row: Row) -> Ref:
    """The body that reports, by its file number."""
    abbreviation, state = row["AFF_ABBR"], us_state(row["STATE"])
    headquarters = (row["DESIG_NAME"] == "NHQ").fill_null(False)
    national = abbreviation.replace_strict(_BODIES, default="national_union")
    level = pl.when(headquarters).then(national).otherwise(row["DESIG_NAME"].fill_null("union"))
    return row.thing(
        "Union",
        ("us-olms", row["F_NUM"]),
        name=text(_name(row)),
        other_names=_also(row),
        abbreviation=pl.when(headquarters).then(abbreviation),
        level=term(level, "union-level", _LEVELS),
        designation=row["DESIG_NUM"],
        country=pl.when(state.is_not_null()).then(pl.lit("US")),
        subdivision=state,
        place=text(row["CITY"]),
        same_as=pl.when(headquarters).then(pl.concat_list("us-aff:" + abbreviation)),
        note=pl.concat_str(pl.lit("report "), row["RPT_ID"], pl.lit(", "), row["FORM_TYPE"]),
    )


def _body(row: Row) -> Ref:
    """The union that a local names by its abbreviation; independent unions name none."""
    return row.thing(
        "Union",
        ("us-aff", row["AFF_ABBR"]),
        when=row["AFF_ABBR"] != "UNAFF",
        name=text(row["UNION_NAME"]),
        abbreviation=row["AFF_ABBR"],
        level=row["AFF_ABBR"].replace_strict(_BODIES, default="national_union"),
    )


def _name(row: Row) -> pl.Expr:
    """The union's own name, or what it is called: abbreviation, kind of body, number, own name."""
    called = pl.concat_str(row["AFF_ABBR"], _kind_and_number(row), separator=" ", ignore_nulls=True)
    first = pl.when(_itself(row)).then(row["UNION_NAME"]).otherwise(called)
    return pl.concat_str(first, row["UNIT_NAME"], separator=", ", ignore_nulls=True)


def _also(row: Row) -> pl.Expr:
    """The same with the union's name in place of its abbreviation."""
    names = pl.concat_list(pl.concat_str(row["UNION_NAME"], _kind_and_number(row), separator=" "))
    return pl.when(~_itself(row) & row["DESIG_NUM"].is_not_null()).then(names)


def _kind_and_number(row: Row) -> pl.Expr:
    word = row["DESIG_NAME"].replace_strict(_WORDS, default=None, return_dtype=pl.String)
    number = pl.when(row["DESIG_NUM"] != "0").then(row["DESIG_NUM"])
    both = pl.concat_str(word, number, separator=" ", ignore_nulls=True)
    return pl.when(both != "").then(both)


def _itself(row: Row) -> pl.Expr:
    """An independent union or a headquarters: UNION_NAME is its own name."""
    return (row["AFF_ABBR"] == "UNAFF") | (row["DESIG_NAME"] == "NHQ").fill_null(False)


def _left_out(reason: str, *personal: str) -> Describe:
    """A file that is read and counted, and of which nothing is taken."""

    def describe(row: Row) -> None:
        row.skip(reason, when=pl.lit(True))
        row.forbid(*personal)
        row.ignore(*[name for name in row.columns if name not in personal], why=reason)

    return describe


def _year(paths: Sequence[Path]) -> str:
    digits = [part for path in paths for part in path.name.replace(".", "_").split("_") if part.isdigit()]
    return max(digits, default="undated")


SOURCE = Source(
    id="us_olms",
    title="Union annual reports LM-2, LM-3, LM-4 and LM-5",
    publisher="US Department of Labor, Office of Labor-Management Standards",
    licence="US Government work (public domain)",
    url="https://olmsapps.dol.gov/olpdr/",
    tables=(
        Table("lm_data_data_*.txt", reports, filings, expected_bytes=500),
        Table(
            "ar_membership_data_*.txt", table, _left_out("told in the note of the union's count of members")
        ),
        Table("ar_payer_payee_data_*.txt", lambda path: payments_of(table(path), _filers(path)), payments),
        Table(
            "ar_disbursements_total_data_*.txt", table, _left_out("totals of money without the other party")
        ),
        Table("ar_erds_codes_data_*.txt", table, _left_out("list of codes")),
    ),
    release=_year,
    raw="us-olms-lm",
    also_there=("*_meta.txt", "PROVENANCE.md"),
)
