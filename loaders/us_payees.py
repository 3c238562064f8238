"""Money between unions: the payers and payees that reports of US unions name (schedules of form LM-2).

A payer or payee has no key in the register. It is taken over only where both its name and the class that the
union gave it say a labour organization; persons, firms and the funds beside unions are left out and counted.
"""

from __future__ import annotations

import polars as pl

from loaders import people
from loaders.clean import date, decimal, let, text
from loaders.places import us_state
from loaders.row import Ref, Row
from loaders.us_names import ABBREVIATIONS, GIVEN_NAMES, may_be_person, named_local, union_key, with_names

PURPOSES = {
    "501": "REPRESENTATIONAL ACTIVITIES",
    "502": "POLITICAL ACTIVITIES",
    "503": "CONTRIBUTIONS, GIFTS AND GRANTS",
    "504": "GENERAL OVERHEAD",
    "505": "UNION ADMINISTRATION",
    "506": "GENERAL DISBURSEMENTS",
    "507": "NON-ITEMIZED",
    "1201": "OTHER RECEIPTS",
    "1202": "GENERAL RECEIPTS",
}
"""Codes of RCPT_DISB_TYPE in the words of the register's list of codes."""

_PERSON = "payer or payee may be, or name, a natural person"
_FUND = "payer or payee is a fund, firm or committee beside a union"
_OTHER = "name of the payer or payee does not say one labour organization"
_CLASS = "class of the payer or payee does not say a labour organization"

# Classes are free text: one with any other word is not taken over.
_CLASS_WORDS = (
    r"LABOU?R|LBOR|UNIONS?|ORG|ORGANIZATION|ORGAINZATION|ORG ANIZATION|ASSOCIATION|AFFILIATED?S?|AFFLIATED|"
    r"CENTRAL|STATE|LOCAL|LODGE|BRANCH|DISTRICT|REGIONAL|NATIONAL|INTERNATIONAL|GLOBAL|TRADE|COUNCIL|"
    r"FEDERATION|CONFERENCE|SEIU|ILA|INDUSTRY|GROUP|RELATED|MERGING|CO-TENANT|ASSISTANCE|SHARED|EXPENSES?|"
    r"REIMBURSEMENTS?|JOINT|ORGANIZING|EFFORT|LOBBYING|FEE|OF|FOR|FROM"
)
_CLASS_IS_UNION = r"\b(?:LABOU?R|LBOR|UNIONS?|AFF?I?LIATED?S?|LOCAL|LODGE|FEDERATION|COUNCIL)\b"
_BESIDE = (
    r"\b(?:FUNDS?|FD|TRUST?|PENSION|ANNUITY|WELFARE|HEALTH AND|BENEFITS?|PAC|POLITICAL|COPE|GOTV|"
    r"SOLIDARITY|ACCOUNT|ACCOU|TRAINING|APPRENTIC\w*|JA?TC|ETF|SCHOLARSHIPS?|CHARIT\w*|FOUNDATION|RELIEF|"
    r"PLAN|VACATION|SAVINGS|COMPENSATION|CREDIT UNION|N?LL?MCC|LABOR[ -]MANAGEMENT|COOPERATI\w+|IMPACT|"
    r"IMAPCT|IPAL|COMMIT\w*|ACTION|LEAGUE|INITIATIVE|COALITION|HOLDINGS?|LLC|INC|CORP\w*|COMPANY|CO|LTD|"
    r"LLP|BANK|LAW|LAWYERS|ATTORNEYS?|HOTEL|CENTER|HALL|BUILDING (?:ASS\w*|FUND)|MARKET\w*|STRIKE|CHARITY|"
    r"HARDSHIP|REALTY|PROPERT\w+|INSURANCE|JOBS WITH JUSTICE|401\w*)\b|\bPIPE(?:/| &|$)"
)
_CRAFTS = (
    r"TEAMSTERS|CARPENTERS?|LABORERS'?|IRON ?WORKERS|BOILER ?MAKERS?|BRICKLAYERS|MACHINISTS|INSULATORS|"
    r"PLUMBERS|PIPE ?FITTERS|STEAMFITTERS|OPERATING ENGINEERS|ELECTRICAL WORKERS|STEELWORKERS|PAINTERS"
)
_IS_UNION = (
    r"\b(?:LOCAL|LODGE|UNION|BROTHERHOOD|AFL[ -]CIO|LABOU?R (?:COUNCIL|FEDERATION)|DISTRICT COUNCIL|"
    r"FEDERATION OF (?:LABOU?R|TEACHERS?|[A-Z]+ EMPLOYEES)|WORKERS(?:'| OF|,)|WORKERS$|CENTRAL COUNCIL|"
    rf"TEACHERS FEDERATION|FLIGHT ATTENDANTS|AFT|IUEC|UFCW|{_CRAFTS})(?:[^A-Z]|$)|^DC OF "
)
_SEVERAL = r"[0-9] ?[,/&] ?[0-9]|[0-9] AND [0-9]|\bLOCALS\b"
_PLACES = (
    r"\b(?:SAN|SANTA|ST|STE|SAINT|FORT|PORT|LAKE|MOUNT)\.? [A-Z]+|MARTIN LUTHER KING,? JR|"
    r"\b(?:WEST|NORTHERN|SOUTHWEST) VIRGINIA|^VIRGINIA (?:STATE )?AFL|^[A-Z]+ COUNTY|^SOCORRO AFT"
)
_GIVEN = "|".join([GIVEN_NAMES, *people.GIVEN_NAMES.split()])
_PERSONAL = rf"\b(?:{_GIVEN})\b|\b(?:C/O|ATTN|MRS?|MS|DR|JR|SR|ESQ)\b|@"
# A local or council whose name holds none of these words does not say which union it is of.
_NUMBERED = r"\b(?:LOCAL|LODGE|DISTRICT COUNCIL)\b|^DC OF |^[A-Z]+ COUNCIL$"
_OF_A_UNION = (
    rf"\b(?:{_CRAFTS}|{'|'.join(ABBREVIATIONS)}|WORKERS|TEACHERS|EMPLOYEES|AFL-CIO|AFT|HPAE)(?:[^A-Z]|$)"
)


def payments_of(frame: pl.LazyFrame, filers: pl.LazyFrame) -> pl.LazyFrame:
    """Rows with the filer and period of their report, and the names that say a labour organization.

    Parameters
    ----------
    frame
        Payers and payees, one a row: `RPT_ID`, `NAME`, `TYPE_OR_CLASS` and more.
    filers
        One row a report: `RPT_ID`, `FILER`, `FROM`, `TO`, `RECEIVED` (text).
    """
    named = with_names(
        frame,
        WHY=("NAME", why_not),
        KEY=("NAME", union_named),
        CLASS=("TYPE_OR_CLASS", labour_class),
    ).with_columns(BODY=pl.when(pl.col("WHY").is_null()).then(_spaced(pl.col("NAME"))))
    report = pl.col("RPT_ID").str.strip_chars()
    if "RPT_ID" not in named.collect_schema().names():
        return named
    return named.with_columns(report).join(filers, on="RPT_ID", how="left", maintain_order="left")


def labour_class(cell: pl.Expr) -> pl.Expr:
    """The class where it says a labour organization and holds no other word.

    >>> classes = pl.Series(["Labor Organization", "SEIU/Local Union", "Affiliated Fund", "Rent, Ann Lee"])
    >>> pl.select(labour_class(classes)).to_series().to_list()
    ['Labor Organization', 'SEIU/Local Union', None, None]
    """
    plain = _spaced(cell).str.to_uppercase()
    known = plain.str.contains(rf"^(?:(?:{_CLASS_WORDS})(?:[ ,/.-]+|$))+$")
    return pl.when(known & plain.str.contains(_CLASS_IS_UNION)).then(_spaced(cell))


def why_not(name: pl.Expr) -> pl.Expr:
    """Why a name is not that of a labour organization; null where it is one.

    Limits: of persons, those with a common given name, a title or "c/o" are seen.

    >>> names = pl.Series(["CWA Local 3", "Local 3 Pension Fund", "Ann Lee, Local 3", "Union Pacific"])
    >>> pl.select(why_not(names).is_null()).to_series().to_list()
    [True, False, False, False]
    """
    return let(_spaced(name).str.to_uppercase(), _reason)


def _reason(plain: pl.Expr) -> pl.Expr:
    person = may_be_person(plain) | plain.str.replace_all(_PLACES, "").str.contains(_PERSONAL)
    union = plain.str.contains(_IS_UNION) | union_named(plain).is_not_null()
    return (
        pl.when(person)
        .then(pl.lit(_PERSON))
        .when(plain.str.contains(_BESIDE))
        .then(pl.lit(_FUND))
        .when(~union | plain.str.contains(_SEVERAL) | plain.str.contains(r"\bUNION (?:PACIFIC|BANK|STATION)"))
        .then(pl.lit(_OTHER))
    )


def union_named(name: pl.Expr) -> pl.Expr:
    """`IBEW/222` of `Local Union 0222, IBEW`; null unless a known union, alone or with a number, is named.

    >>> names = pl.Series(["LOCAL 03372 CWA", "CWA Local 3808", "IUPAT District Council 16", "Local 7"])
    >>> pl.select(union_named(names)).to_series().to_list()
    ['CWA/3372', 'CWA/3808', None, None]
    """
    return let(_spaced(name).str.to_uppercase(), _union_in)


def _union_in(plain: pl.Expr) -> pl.Expr:
    abbreviations = "|".join(sorted(ABBREVIATIONS, key=len, reverse=True))
    turned = plain.str.replace(rf"^(LOCAL(?: UNION)? [0-9]+),? ({abbreviations})$", "$2 $1")
    key = pl.coalesce(union_key(turned), named_local(plain)).str.extract("^([A-Z]+(?:/[0-9]+)?)$")
    return pl.when(~plain.str.contains(_SEVERAL)).then(key)


def payments(row: Row) -> None:
    """One sum that a union received from, or paid to, another labour organization in the report's period."""
    row.defaults("filed", as_of=date(row["TO"]), page_date=date(row["RECEIVED"]))
    row.skip("the report is not among the files", when=row["FILER"].is_null())
    for reason in (_PERSON, _FUND, _OTHER):
        row.skip(reason, when=row["WHY"] == reason)
    row.skip("payer or payee without a name", when=row["BODY"].is_null())
    row.skip(_CLASS, when=row["CLASS"].is_null())
    kind, total = row["PAYER_PAYEE_TYPE"], row["TOTAL"]
    row.skip("neither payer nor payee", when=~kind.is_in(["1001", "1002"]).fill_null(False))
    row.skip("total of 0: nothing was paid", when=total.str.contains("^-?0+(?:[.]0*)?$").fill_null(False))
    filer, other = row.ref("Union", ("us-olms", row["FILER"])), _other(row)
    code = row["RCPT_DISB_TYPE"]
    purpose = code.replace_strict(PURPOSES, default=pl.concat_str(pl.lit("code "), code))
    for side, funder, receiver in (("1001", other, filer), ("1002", filer, other)):
        row.relation(
            "Funding",
            row["PAYER_PAYEE_ID"],
            when=kind == side,
            funder=funder,
            implementer=receiver,
            amount_usd=decimal(total),
            since=date(row["FROM"]),
            until=date(row["TO"]),
            note=pl.concat_str(purpose, row["CLASS"], separator="; ", ignore_nulls=True),
        )
    row.forbid("PO_BOX", "STREET")
    row.ignore("NAME", "TYPE_OR_CLASS", why="BODY and CLASS are kept: cells may name persons")
    row.ignore("ZIP", why="address")
    row.ignore("ITEMIZED", "NON_ITEMIZED", why="TOTAL is their sum")
    row.ignore("RPT_ID", why="FILER, FROM, TO and RECEIVED tell of the report")


def _other(row: Row) -> Ref:
    """The payer or payee: by union and local where its name says both, else by its name and state.

    A name that says no union is another body in each filer's report.
    """
    name, known, state = row["BODY"], row["KEY"], us_state(row["STATE"])
    plain = name.str.to_uppercase()
    local, body = known.str.extract("/(.+)$"), known.str.extract("^([^/]+)")
    bare = plain.str.contains(_NUMBERED) & ~plain.str.contains(_OF_A_UNION)
    filer = pl.when(bare).then(row["FILER"])
    own = pl.concat_str(plain, row["STATE"], filer, separator="|", ignore_nulls=True)
    here = pl.when(local.is_not_null() | known.is_null())
    union = row.thing(
        "Union",
        pl.coalesce("us-aff:" + known, "us-olms-payee:" + own),
        name=pl.coalesce(known.str.replace("/", " ", literal=True), name),
        other_names=pl.when(known.is_not_null() & (known != plain)).then(pl.concat_list(name)),
        level=pl.when(plain.str.contains(r"\b(?:LOCAL|LODGE)\b")).then(pl.lit("local")),
        designation=local,
        country=here.then(pl.when(state.is_not_null()).then(pl.lit("US"))),
        subdivision=here.then(state),
        place=text(here.then(row["CITY"])),
    )
    parent = row.thing("Union", ("us-aff", body), when=local.is_not_null(), name=body, abbreviation=body)
    row.relation("Affiliation", member=union, body=parent, affiliation_kind="affiliate")
    return union


def _spaced(cell: pl.Expr) -> pl.Expr:
    return cell.str.replace_all(r"\s+", " ").str.strip_chars()
