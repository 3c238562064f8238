"""Strikes and lockouts in the United States: lists of FMCS (1981-2020), BLS (1,000 workers or more), Cornell.

Three sources, because a newer list of one must not replace those of the others. Each keeps its own statement:
which of them mean one strike is judged elsewhere. FMCS and BLS do not say strike or lockout: both are a
`work_stoppage`. A file of the FMCS that holds a stoppage of another says the same record again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date as day
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from loaders import office, read
from loaders.clean import Value, date, integer, let, text
from loaders.places import us_state
from loaders.read import PROBLEM, ROW
from loaders.row import Cell, Ref, Row
from loaders.sectors import known_class
from loaders.source import Download, Source, Table
from loaders.us_names import ABBREVIATIONS, a_union, employer, say_union, union_key, with_names
from ontology import TrinationalError

# Words of the three lists -> NAICS 2022.
_INDUSTRIES = {
    "Accommodation and Food Services": "72",
    "Administrative and Support and Waste Management": "56",
    "Agriculture, Forestry, Fishing & Hunting": "11",
    "Arts, Entertainment and Recreation": "71",
    "Construction": "23",
    "Educational Services": "61",
    "Finance and Insurance": "52",
    "Health Care and Social Assistance": "62",
    "Information": "51",
    "Manufacturing": "31-33",
    "Mining": "21",
    "Mining and Oil & Gas Extraction": "21",
    "Mining, Quarrying and Oil & Gas Extraction": "21",
    "Other Services (except Public Administration)": "81",
    "Personal Serv & Private Organizations": "81",
    "Professional, Scientific &Tech Serv": "54",
    "Professional, Scientific and Technical Services": "54",
    "Real Estate and Rental & Leasing": "53",
    "Retail Trade": "44-45",
    "Support Serv. & Waste Management": "56",
    "Transportation and Warehousing": "48-49",
    "Utilities": "22",
    "Wholesale Trade": "42",
    **dict.fromkeys(("Public Administration", "Federal, State or Local Government"), "92"),
    **{f"{level} Government": "92" for level in ("Federal", "State", "Local", "County")},
}
_NAMES_OF_STATES = """
Alabama=AL|Alaska=AK|Arizona=AZ|Arkansas=AR|California=CA|Colorado=CO|Connecticut=CT|Delaware=DE
District of Columbia=DC|Florida=FL|Georgia=GA|Hawaii=HI|Idaho=ID|Illinois=IL|Indiana=IN|Iowa=IA|Kansas=KS
Kentucky=KY|Louisiana=LA|Maine=ME|Maryland=MD|Massachusetts=MA|Michigan=MI|Minnesota=MN|Mississippi=MS
Missouri=MO|Montana=MT|Nebraska=NE|Nevada=NV|New Hampshire=NH|New Jersey=NJ|New Mexico=NM|New York=NY
North Carolina=NC|North Dakota=ND|Ohio=OH|Oklahoma=OK|Oregon=OR|Pennsylvania=PA|Puerto Rico=PR
Rhode Island=RI|South Carolina=SC|South Dakota=SD|Tennessee=TN|Texas=TX|Utah=UT|Vermont=VT|Virginia=VA
Washington=WA|West Virginia=WV|Wisconsin=WI|Wyoming=WY
"""
_STATES = dict(pair.split("=") for line in _NAMES_OF_STATES.split("\n") if line for pair in line.split("|"))
_FOIA = {
    "FMCS Case Number": "Case Number",
    "Employer Name": "Employer",
    "Union Name": "Union",
    "Affected City": "CITY",
    "Affected State": "STATE",
    "WS Begin Date": "Start Date",
    "WS End Date": "End Date",
}
_DAYS = ("Start Date", "End Date")
_MISSING = r"^(?:NULL|None|N/?A|Not (?:Provided|Specified))?$"
_NO_PLACE = r"(?i)^(?:various|multi|attached|statewide|nation|unknown)|\barea\b|[/&,]"
_SECTION = r"^[0-9,]+ (?:Ongoing|Ended) Cases?$"
_SERIAL_ZERO = "1899-12-30"
_BLS = {
    "begin": "Work stoppage beginning date",
    "end": "Work stoppage ending date",
    "workers": "Number of workers",
    "days": "Number of workdays",
    "idle": "Days idle, cumulative for this work stoppage",
    "notes": "Notes",
}
_CORNELL = (
    *("ID", "EMPLOYER", "ORGANIZATION", "LOCAL", "INDUSTRY", "UNIT", "LOCATIONS", "STREET", "CITY", "STATE"),
    *("ZIP", "PARTICIPANTS", "START", "END", "DEMANDS"),
)
_NUMBERS = re.compile(r"(?:Locals? ?(?:Lodge )?)?((?:[A-Z]{0,2}\d[\w-]*)(?:\s*[,;]\s*[A-Z]{0,2}\d[\w-]*)*)")


def fmcs_list(path: Path) -> pl.LazyFrame:
    """Stoppages of the FMCS in the layout of its csv, `CITY` and `STATE` apart, days as ISO dates."""
    if path.suffix in (".xls", ".xlsx"):
        grid = office.grid(path)
        known = {(cell or "").strip() for line in grid[:10] for cell in line}
        header = "FMCS Case Number" if "FMCS Case Number" in known else "Case Number"
        frame = office.frame(path, grid, header).rename(_FOIA, strict=False)
    else:
        frame = read.csv(path)
    names = frame.collect_schema().names()
    frame = frame.with_columns(_iso(pl.col(name)).alias(name) for name in _DAYS if name in names)
    if "City, State" in names:
        parts = pl.col("City, State").str.extract_groups(r"^\s*(?<CITY>.*?),\s*(?<STATE>[A-Z]*)\s*$")
        frame = frame.with_columns(parts.struct.unnest())
    return with_names(frame, FIRM=("Employer", employer), UNION=("Union", a_union), KEY=("Union", union_key))


def _iso(cell: pl.Expr) -> pl.Expr:
    """A day as an ISO date; other texts as they are."""
    return pl.coalesce(date(cell.str.strip_chars(), "MM/DD/YYYY").clean, cell)


def fmcs(row: Row) -> None:
    """One stoppage."""
    start, name = row["Start Date"], row["FIRM"]
    row.defaults("stated", page_publisher="Federal Mediation and Conciliation Service")
    row.skip("line that heads a section", when=row["Employer"].str.contains(_SECTION))
    row.skip("employer may be a natural person", when=row["Employer"].is_not_null() & name.is_null())
    union = say_union(row, row["UNION"], row["KEY"], "us-stoppage-union:fmcs|")
    row.defaults("stated", as_of=date(start))
    city, state = row["CITY"], row["STATE"]
    locked_out = row["Employer"].str.contains(r"(?i)\block(?:ed)?[ -]?out\b")
    unit = pl.concat_str(pl.lit("bargaining unit of "), integer(_known(row.get("BU"))).clean)
    event = row.thing(
        "Event",
        ("us-stoppage", pl.concat_str(pl.lit("fmcs"), row["Case Number"], date(start).clean, separator="|")),
        name=text(pl.concat_str(pl.lit("Work stoppage at "), name)),
        country="US",
        event_type=pl.when(locked_out).then(pl.lit("lockout")).otherwise(pl.lit("work_stoppage")),
        date=date(start),
        date_end=_not_before(row["End Date"], start),
        workers=integer(_known(row["# Idled"])),
        place=text(city),
        subdivision=us_state(state),
        note=unit,
    )
    place = pl.when(us_state(state).is_not_null() & ~city.str.contains(_NO_PLACE)).then(city)
    company = _company(row, "fmcs", name, pl.concat_str(city, state, separator=", "), us_state(state))
    plant = _site(row, "fmcs", name, place, state, us_state(state))
    _parties(row, event, company, plant, union, text(row["UNION"]), name)
    code = _known(row.get("NAICS")).str.replace(r"\.0+$", "")
    _sector(row, plant, pl.coalesce(code, row["Industry"]))
    row.ignore("Union", why="UNION is kept: fillers are left out")
    row.ignore("Union Local", why="repeated at the end of Union")
    row.ignore("City, State", why="CITY and STATE are kept")
    row.ignore("Duration", "Ending Fiscal Year", why="the days of begin and end are kept")


def _known(cell: pl.Expr) -> pl.Expr:
    """A cell without the fillers that stand for nothing; 0 workers is one."""
    return pl.when(~cell.str.contains(_MISSING) & ~cell.str.contains(r"^0+(?:\.0*)?$")).then(cell)


def _said(*parts: pl.Expr) -> pl.Expr:
    """What is there of several remarks."""
    return let(pl.concat_str(*parts, separator="; ", ignore_nulls=True), lambda v: pl.when(v != "").then(v))


def _not_before(end: pl.Expr, start: pl.Expr) -> Value:
    return date(end).then(
        lambda v: let(v, lambda e: pl.when((e >= date(start).clean).fill_null(True)).then(e)),
        "a day not before the begin",
    )


def _company(row: Row, who: str, name: pl.Expr, place: pl.Expr, state: pl.Expr) -> Ref:
    key = pl.concat_str(pl.lit(who), name, place, separator="|", ignore_nulls=True)
    return row.thing(
        "Corporation",
        ("us-stoppage-employer", key),
        when=name.is_not_null(),
        name=text(name),
        place=text(place),
    )


def _site(
    row: Row, who: str, name: pl.Expr, city: pl.Expr, rest: pl.Expr, state: pl.Expr, street: Cell = None
) -> Ref:
    key = pl.concat_str(pl.lit(who), name, city, rest, separator="|")
    return row.thing(
        "Plant",
        ("us-stoppage-site", key),
        when=key.is_not_null(),
        name=text(pl.concat_str(name, city, separator=", ")),
        country="US",
        subdivision=state,
        municipality=text(city),
        address=street,
    )


def _parties(
    row: Row, event: Ref, company: Ref, plant: Ref | None, union: Ref, union_named: Value, name: pl.Expr
) -> None:
    row.relation("Party", within=event, party=company, role="employer", named_as=text(name))
    row.relation("Party", within=event, party=union, role="union", named_as=union_named)
    if plant is not None:
        row.relation("Party", within=event, party=plant, role="plant")
        row.relation("Operation", plant=plant, operator=company)


def _sector(row: Row, member: Ref, stated: pl.Expr) -> None:
    """The sector of a code, or of its name in the list."""
    code = pl.coalesce(stated.replace_strict(_INDUSTRIES, default=None, return_dtype=pl.String), stated)
    known = known_class("naics-2022", code)
    row.relation(
        "InSector",
        when=known.is_not_null(),
        member=member,
        sector=row.ref("Sector", ("naics-2022", known)),
        code_as_stated=stated,
        note=pl.lit("the list does not say which edition of NAICS"),
    )


def bls_year(path: Path) -> pl.LazyFrame:
    """Stoppages of a year, with `UNIONS` (items parted by `|`).

    In one file the cells from the begin on stand one column right of their own, behind a zero: they are
    put back, the end from a number of days since 1899-12-30.
    """
    try:
        rows: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise TrinationalError(f"{path.name} is no JSON ({error})", hint="download it again") from error
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        raise TrinationalError(f"{path.name}: not a list of records", hint="download it again")
    names = [*dict.fromkeys(name for one in rows for name in one)]
    missing = [
        name for name in (*_BLS.values(), "Union", "Union acronym", "Union Local") if name not in names
    ]
    if missing:
        raise TrinationalError(
            f"{path.name}: column {missing[0]!r} is not there", hint="columns: " + ", ".join(names)
        )
    table = []
    for number, one in enumerate(rows, start=1):
        cells = {name: _cell(one.get(name)) for name in names}
        short = None if len(one) == len(names) else f"{len(one)} fields instead of {len(names)}"
        table.append(
            {**_put_back(cells), "UNIONS": "|".join(_bls_unions(cells)), ROW: number, PROBLEM: short}
        )
    schema = {name: pl.String() for name in (*names, "MOVED", "UNIONS", PROBLEM)}
    return pl.DataFrame(table, schema={**schema, ROW: pl.Int64()}, orient="row").lazy()


def _cell(value: Any) -> str | None:
    return str(value).replace("\u00a0", " ").strip() or None if value is not None else None


def _put_back(cells: dict[str, str | None]) -> dict[str, str | None]:
    """The cells of a record in their own columns."""
    if cells[_BLS["begin"]] != _SERIAL_ZERO:
        return {**cells, "MOVED": None}
    begin, end, workers, days, idle = (
        cells[_BLS[name]] for name in ("end", "workers", "days", "idle", "notes")
    )
    serial = end is not None and end.isdigit()
    ended = (day(1899, 12, 30) + timedelta(days=int(end or 0))).isoformat() if serial else end
    fields = dict(zip(_BLS.values(), (begin, ended, workers, days, idle, None), strict=True))
    return {**cells, **fields, "MOVED": "cells stood one column to the right of their own: put back"}


def _bls_unions(cells: dict[str, str | None]) -> list[str]:
    """The locals of one known union, else the union as named."""
    name, acronym, local = (cells.get(c) or "" for c in ("Union", "Union acronym", "Union Local"))
    local = "" if local == "N/A" else local
    if acronym in ABBREVIATIONS:
        return _numbered(acronym, local)
    return [" ".join(filter(None, [name or acronym, local])).replace("|", "/")]


def _numbered(union: str, local: str) -> list[str]:
    """`UAW 12`, `UAW 900` of `Local 12; 900`."""
    found = _NUMBERS.fullmatch(local.strip())
    if found is None:
        return [f"{union} {local}".strip()]
    return [f"{union} {number.strip()}" for number in re.split("[,;]", found[1])]


def bls(row: Row) -> None:
    """One stoppage of 1,000 workers or more."""
    row.defaults("stated", page_publisher="Bureau of Labor Statistics")
    begin, name, states = row[_BLS["begin"]], row["Employers involved"], row["States"]
    item = row.each("UNIONS", "|")
    union = say_union(row, item, union_key(item), "us-stoppage-union:bls|")
    row.defaults("stated", as_of=date(begin))
    event = row.thing(
        "Event",
        ("us-stoppage", pl.concat_str(pl.lit("bls"), name, begin, separator="|")),
        name=text(pl.concat_str(pl.lit("Work stoppage at "), name)),
        country="US",
        event_type="work_stoppage",
        date=date(begin),
        date_end=_not_before(row[_BLS["end"]], begin),
        workers=integer(_known(row[_BLS["workers"]])),
        place=text(pl.concat_str(row["Areas"], pl.lit(" ("), states, pl.lit(")"))),
        subdivision=us_state(states),
        note=text(_said(row["MOVED"], row[_BLS["notes"]])),
    )
    company = _company(row, "bls", name, states, us_state(states))
    _parties(row, event, company, None, union, text(item), name)
    _sector(row, company, row.each("Industry code", ","))
    row.ignore("Union", "Union acronym", "Union Local", why="UNIONS is made of them")
    row.ignore("Ownership", why="private or public, in words")
    row.ignore(_BLS["days"], _BLS["idle"], why="begin, end and workers are kept")


def cornell_list(path: Path) -> pl.LazyFrame:
    """Actions, one line a location, in a file without header whose cells are parted by `|`."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise TrinationalError(f"{path.name} is not utf-8 ({error})", hint="save it as UTF-8") from error
    cells = [line.split("|") for line in lines]
    width = len(_CORNELL)
    if not any(len(one) == width for one in cells):
        raise TrinationalError(
            f"{path.name}: no line of {width} cells parted by |", hint="is it the file that it claims to be?"
        )
    table = [
        [
            n,
            _wrong(one, width),
            *[None if c.strip() == "None" else c for c in one[:width]],
            *[None] * (width - len(one)),
        ]
        for n, one in enumerate(cells, start=1)
    ]
    schema = {ROW: pl.Int64(), PROBLEM: pl.String(), **dict.fromkeys(_CORNELL, pl.String())}
    frame = pl.DataFrame(table, schema, orient="row").lazy()
    unions = pl.struct("ORGANIZATION", "LOCAL").map_elements(_cornell_unions, return_dtype=pl.String)
    return with_names(frame.with_columns(unions.alias("UNIONS")), FIRM=("EMPLOYER", employer))


def _wrong(cells: Sequence[str], width: int) -> str | None:
    if cells == [""]:
        return read.BLANK
    if len(cells) != width:
        return f"{len(cells)} fields instead of {width}"
    return None if cells[0].isdigit() else "the first cell is no number of a line"


def _cornell_unions(cells: dict[str, str | None]) -> str | None:
    """The locals of one known union, else the organization as named, with its local."""
    name, local = cells["ORGANIZATION"], cells["LOCAL"] or ""
    if name is None:
        return None
    acronym = re.search(r"\(([A-Z]+)\)$", name)
    known = acronym[1] if acronym else name
    if ";" not in name and known.upper() in ABBREVIATIONS:
        return "|".join(_numbered(known.upper(), local))
    return ", ".join(filter(None, [name, local]))


def cornell(row: Row) -> None:
    """One location of a strike; the strike is one event, however many locations it has."""
    row.defaults("stated", page_publisher="Cornell University, ILR School")
    name, city = row["FIRM"], row["CITY"]
    state = us_state(row["STATE"].replace(_STATES))
    row.skip("employer may be a natural person", when=row["EMPLOYER"].is_not_null() & name.is_null())
    item = row.each("UNIONS", "|")
    union = say_union(row, item, union_key(item), "us-stoppage-union:cornell|")
    start, end = date(row["START"], "MM/DD/YYYY"), date(row["END"], "MM/DD/YYYY")
    row.defaults("stated", as_of=start)
    one = row["LOCATIONS"] == "1"
    unit = pl.concat_str(pl.lit("bargaining unit of "), row["UNIT"])
    demands = pl.concat_str(pl.lit("demands: "), row["DEMANDS"])
    places = pl.when(~one).then(pl.concat_str(row["LOCATIONS"], pl.lit(" locations")))
    event = row.thing(
        "Event",
        ("us-stoppage", pl.concat_str(pl.lit("cornell"), row["EMPLOYER"], start.clean, separator="|")),
        name=text(pl.concat_str(pl.lit("Strike at "), name)),
        country="US",
        event_type="strike",
        date=start,
        date_end=end,
        workers=integer(_known(row["PARTICIPANTS"])),
        place=pl.when(one).then(city),
        subdivision=pl.when(one).then(state),
        note=_said(places, unit, demands),
    )
    company = _company(row, "cornell", name, pl.lit(None, pl.String), state)
    rest = pl.concat_str(row["STATE"], row["STREET"], separator="|", ignore_nulls=True)
    plant = _site(row, "cornell", name, city, rest, state, text(row["STREET"]))
    _parties(row, event, company, plant, union, text(item), name)
    _sector(row, plant, row["INDUSTRY"])
    row.ignore("ORGANIZATION", "LOCAL", why="UNIONS is made of them")
    row.ignore("ID", "ZIP", why="number of the line; street and city are kept")


def _newest(*columns: str) -> Any:
    """The newest day in the columns of the files."""

    def release(paths: Sequence[Path]) -> str:
        days = []
        for path in paths:
            frame = cornell_list(path) if "START" in columns else fmcs_list(path)
            days += [d for c in columns for d in frame.select(_iso(pl.col(c))).collect().to_series() if d]
        return max((d for d in days if re.fullmatch(r"\d{4}-\d\d-\d\d", d)), default="undated")

    return release


def _newest_year(paths: Sequence[Path]) -> str:
    return max((found[0] for path in paths if (found := re.search(r"\d{4}", path.name))), default="undated")


SOURCES = (
    Source(
        id="us_stoppages_fmcs",
        title="Work stoppages 1981-2020",
        publisher="US Federal Mediation and Conciliation Service",
        licence="US Government work (public domain)",
        url="https://www.fmcs.gov/resources/documents-and-data/",
        tables=(
            Table("work_stoppages*.csv*", fmcs_list, fmcs, expected_bytes=150),
            Table("Work_Stoppages*.xls*", fmcs_list, fmcs, expected_bytes=1000),
            Table("*Work-Stoppages*.xlsx", fmcs_list, fmcs, expected_bytes=1000),
        ),
        release=_newest("Start Date", "End Date"),
        raw="us-fmcs-work-stoppages",
        downloads=(
            Download(
                "https://raw.githubusercontent.com/labordata/fmcs-work-stoppage"
                "/5221db0821ca49911f394257d81273258761c593/work_stoppages.csv",
                "work_stoppages.csv",
                1_674_958,
            ),
        ),
        also_there=("PROVENANCE.md",),
    ),
    Source(
        id="us_stoppages_bls",
        title="Work stoppages of 1,000 or more workers",
        publisher="US Bureau of Labor Statistics",
        licence="US Government work (public domain)",
        url="https://www.bls.gov/wsp/",
        tables=(Table("work-stoppages-*.json", bls_year, bls, expected_bytes=50),),
        release=_newest_year,
        raw="us-bls-work-stoppages",
        downloads=tuple(
            Download(
                "https://raw.githubusercontent.com/jeremiak/us-work-stoppages"
                f"/15753f650c2407b895bfad2a023f9e31203c378a/work-stoppages-{year}.json",
                f"work-stoppages-{year}.json",
                size,
            )
            for year, size in ((2020, 5_584), (2021, 9_409), (2022, 14_324), (2023, 21_195))
        ),
        also_there=("PROVENANCE.md",),
    ),
    Source(
        id="us_stoppages_cornell",
        title="Labor Action Tracker: strikes",
        publisher="Cornell University, ILR School",
        licence="attribution required; terms not published with the file",
        url="https://striketracker.ilr.cornell.edu/",
        tables=(Table("strikes_data*.csv", cornell_list, cornell, expected_bytes=50),),
        release=_newest("START", "END"),
        raw="us-cornell-labor-actions",
        also_there=("strikes.txt", "PROVENANCE.md"),
    ),
)
