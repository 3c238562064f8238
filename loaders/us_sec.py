"""Companies that file with the US Securities and Exchange Commission, and the subsidiaries that they list.

A subsidiary has no key of its own: it is known by the CIK of its parent and its name as listed. The big list
of Exhibits 21 has lost accents and signs; where a table was read badly, the country and the share hang at the
name, and some rows are no companies at all. What is read from such a name is `inferred`.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from loaders import read
from loaders.clean import Value, code, country, date, decimal, text
from loaders.people import shows_a_firm
from loaders.places import CA_NAMES, US_NAMES
from loaders.row import Row
from loaders.sectors import known_class
from loaders.source import Download, Source, Table
from loaders.us_aala import COUNTRIES
from loaders.us_names import may_be_person
from ontology import TrinationalError

_LAWS = (
    {name.upper(): iso for name, iso in COUNTRIES.items()}
    | dict.fromkeys(US_NAMES, "US")
    | dict.fromkeys(CA_NAMES, "CA")
    | {"ENGLAND": "GB", "SCOTLAND": "GB", "WALES": "GB", "U.S. V.I.": "VI", "MAURITIUS": "MU"}
    | {"LUXEMBOURG": "LU", "IRELAND": "IE", "BERMUDA": "BM", "CAYMAN ISLANDS": "KY", "BARBADOS": "BB"}
)
_FORMS = r"(?:c v|inc|incorporated|ltd|limited|llc|lp|corp|corporation|s a|r l|ulc|co|gmbh|b v|pty|ltda)"
_PROVINCES = (
    "ontario|quebec|alberta|british columbia|nova scotia|manitoba|new brunswick|saskatchewan|newfoundland"
)
_LANDS = {
    rf"(?:(?:{_PROVINCES}) )?canada|{_PROVINCES}": "CA",
    "(?:republic of )?m(?:exico| xico)": "MX",
    "united states|delaware|nevada|texas|michigan|ohio": "US",
    "argentina": "AR",
    "brazil": "BR",
    "china": "CN",
    "czech republic": "CZ",
    "france": "FR",
    "germany": "DE",
    "netherlands": "NL",
    "romania": "RO",
    "thailand": "TH",
    "turkey": "TR",
}
_GLUED = rf"^(.*\b{_FORMS}) ({'|'.join(_LANDS)})(?: ([0-9]{{1,3}})(?: ([0-9]{{1,4}}))?)?$"
_TAILS = (
    "formerly|f ?k ?a|see (?:annex|company)",
    "(?:a )?(?:company )?(?:organized|registered|incorporated) (?:in|under)",
    "a (?:mexic|m xico|canadi|delaware|new mexico)",
    r"(?:[0-9]{1,3} ){1,2}(?:\w+ )?owned",
)
_AFTER = rf" (?:{'|'.join(_TAILS)})\b.*$"
_NO_COMPANY = (
    r"^an? (?:\w+ )?(?:corporation|company|business|entity)\b",
    "^(?:dated|less|majority|owned|loss|fixed charges) ",
    r"\b(?:amortization|capitalized|interest (?:in|incurred|factor)|shares|however)\b",
    r"^[0-9 ]+owned by\b|\b(?:wholly|is) owned by$",
    "mexico [0-9]{5}$",
    "^s (?:de r l|a)(?: de(?: c v)?)?(?: mexico)?(?: [0-9 ]+)?$",
)
_JUNK = "|".join(_NO_COMPANY)
_SIGNED = r"^s [a-z]{3,}(?: [a-z])? [a-z]{3,}$|\b(?:chief|executive) officer$"
_NO_PERSON = r"\b(?:canada|mexico|proprietorship)$"
_MEXICAN = r"\bm(?:exico| xico)\b|\bs (?:de )?r l de\b|\bs a (?:p i )?de c v\b"
_CANADIAN = rf"\bcanada\b|\bulc$|\b(?:{_PROVINCES})\b"
_ELSEWHERE = r"\bnew mexico\b|\bel salvador\b|\bhonduras\b|\bguatemala\b|\bpanama\b"
_OTHER_FORM = r"\b(?:llc|gmbh|b v|s r l|pty|australia|cayman|bermuda)\b"
_BRANCH = r"\b(?:Branch|Representative Office)\b"
_OF_EXHIBIT = "Exhibit 21 of the annual report"


def tickers(path: Path) -> pl.LazyFrame:
    """The list of tickers: fields and rows apart, or one numbered object per ticker."""
    found = read.parsed(path)
    if isinstance(found, dict) and isinstance(found.get("fields"), list):
        names, rows = found["fields"], found.get("data")
        if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
            raise TrinationalError(f"{path.name}: there is no list 'data'", hint="download it again")
        if len({*names}) < len(names):
            raise TrinationalError(f"{path.name}: a field is named twice", hint="remove one of them")
        entries: list[object] = [dict(zip(names, row, strict=False)) for row in rows]
    elif isinstance(found, dict):
        renamed = {"cik_str": "cik", "title": "name"}
        entries = [
            {renamed.get(k, k): v for k, v in row.items()} if isinstance(row, dict) else row
            for row in found.values()
        ]
    else:
        raise TrinationalError(f"{path.name}: neither of the two layouts", hint="is it company_tickers.json?")
    return read.texts(path, entries)


def industries(path: Path) -> pl.LazyFrame:
    """Industry codes of companies, with the NAICS code that the table beside it gives for each."""
    frame = read.csv(path)
    beside = next((p for p in sorted(path.parent.glob("sic_naics.csv*"))), None)
    if beside is None or "sic" not in frame.collect_schema().names():
        return frame.with_columns(pl.lit(None, pl.String).alias("NAICS"))
    codes = read.csv(beside).select("sic", pl.col("naics").alias("NAICS")).unique("sic", keep="none")
    return frame.join(codes, on="sic", how="left", maintain_order="left")


def listed(row: Row) -> None:
    """A ticker and the company behind it."""
    row.defaults("filed", page_class="official", evidence_type="register")
    row.thing(
        "Corporation", ("us-cik", row["cik"]), name=text(row["name"]), cik=row["cik"], ticker=row["ticker"]
    )
    row.ignore("exchange", why="where the shares are traded")


def classified(row: Row) -> None:
    """The industry that the Commission assigns to a company."""
    sic = row["sic"]
    row.skip("no industry code", when=sic.is_null())
    row.defaults("filed", page_class="official", evidence_type="register")
    words = pl.concat_str(pl.lit("SIC "), sic, pl.lit(" ") + row["sic_description"], ignore_nulls=True)
    company = row.thing("Corporation", ("us-cik", row["cik"]), cik=row["cik"], note=words)
    known = known_class("naics-2022", row["NAICS"])
    row.relation(
        "InSector",
        when=known.is_not_null(),
        member=company,
        sector=row.ref("Sector", ("naics-2022", known)),
        code_as_stated=pl.lit("SIC ") + sic,
        status="inferred",
        note=words + pl.lit("; one NAICS code for each SIC code"),
    )


def items(path: Path) -> pl.LazyFrame:
    """Wikidata items; `KNOWN`: the list of industries beside it has the company."""
    frame = read.csv(path)
    beside = next((p for p in sorted(path.parent.glob("edgar_sic.csv*"))), None)
    if beside is None or "cik" not in frame.collect_schema().names():
        return frame.with_columns(pl.lit(None, pl.String).alias("KNOWN"))
    coded = read.csv(beside).filter(pl.col("sic").str.strip_chars() != "")
    known = coded.select("cik", KNOWN=pl.lit("yes")).unique("cik")
    return frame.join(known, on="cik", how="left", maintain_order="left")


def described(row: Row) -> None:
    """The Wikidata item of a company."""
    row.defaults("stated", page_class="press_or_other")
    told = pl.concat_str(row["KNOWN"], row["industries"], row["parents"], ignore_nulls=True)
    hidden = (told == "") & ~shows_a_firm(row["label"])
    row.skip("without industry: a natural person is not ruled out", when=hidden)
    row.thing(
        "Corporation",
        ("us-cik", row["cik"]),
        name=text(row["label"]),
        cik=row["cik"],
        same_as=pl.concat_list(pl.lit("wikidata:") + code(row["qid"], "Q[0-9]+").clean),
    )


def identified(row: Row) -> None:
    """A company with its Legal Entity Identifier."""
    row.defaults("filed", page_class="official", evidence_type="register")
    where = row["jurisdiction"]
    row.thing(
        "Corporation",
        ("lei", row["lei"]),
        name=text(row["legal_name"]),
        legal_name=text(row["legal_name"]),
        lei=row["lei"],
        country=Value(where, country(where.str.head(2)).clean, "a jurisdiction (US, US-DE)"),
        subdivision=pl.when(where.str.contains("-")).then(where),
        note=pl.lit("registration ") + row["status"],
    )
    row.ignore("normalized_name", why="the name under which it was looked up")


def subsidiaries(row: Row) -> None:
    """A name in an Exhibit 21, as a parser left it."""
    raw, year = row["normalized_name"], row["source_year"]
    row.skip("no name of a company", when=raw.str.contains(_JUNK) | ~raw.str.contains("[a-z]{3}"))
    row.skip("the name of a person who signs", when=_person(raw))
    row.defaults("filed", as_of=date(year), page_class="official", evidence_type="government_filing")
    glued = [raw.str.extract(_GLUED, part) for part in (1, 2, 3, 4)]
    name = pl.coalesce(glued[0], raw).str.replace(_AFTER, "").str.replace(rf"\b({_FORMS}) [0-9]$", "${1}")
    parent = row.thing(
        "Corporation", ("us-cik", row["parent_cik"]), name=text(row["parent_name"]), cik=row["parent_cik"]
    )
    key = ("us-sec-ex21", row["parent_cik"], raw)
    child = row.thing(
        "Corporation",
        key,
        name=name,
        other_names=pl.when(name != raw).then(pl.concat_list(raw)),
        note=_OF_EXHIBIT,
    )
    nation = _nation(raw, glued[1])
    row.thing(
        "Corporation",
        key,
        when=nation.is_not_null(),
        country=nation,
        status="inferred",
        note="country read from the name",
    )
    share = pl.concat_str([glued[2], glued[3]], separator=".", ignore_nulls=True).cast(
        pl.Float64, strict=False
    )
    share = pl.when(glued[2].is_not_null() & (share <= 100)).then(share)
    row.relation(
        "Ownership",
        (row["parent_cik"], raw, year),
        owner=parent,
        owned=child,
        share_pct=share,
        status=pl.when(share.is_not_null()).then(pl.lit("inferred")).otherwise(pl.lit("filed")),
        note=pl.when(share.is_not_null()).then(pl.lit("share read from the end of the name: ") + raw),
    )


def _person(name: pl.Expr) -> pl.Expr:
    """True where a row may be the name under the report, `/s/ Ann Lee`."""
    signs = may_be_person(name.str.replace("^s ", "")) & ~name.str.contains(_NO_PERSON)
    return signs | name.str.contains(_SIGNED)


def _nation(name: pl.Expr, glued: pl.Expr) -> pl.Expr:
    """Country that hangs at a name, else that of Mexico and Canada which the name alone shows."""
    hung = pl.coalesce(
        pl.when(glued.str.contains(f"^(?:{words})$")).then(pl.lit(iso)) for words, iso in _LANDS.items()
    )
    plain = ~name.str.contains(_OTHER_FORM)
    mexican = name.str.contains(_MEXICAN) & ~name.str.contains(_ELSEWHERE + r"|\binc\b") & plain
    canadian = name.str.contains(_CANADIAN) & plain
    shown = pl.when(mexican & ~canadian).then(pl.lit("MX")).when(canadian & ~mexican).then(pl.lit("CA"))
    return pl.coalesce(hung, shown)


def exhibits(row: Row) -> None:
    """A row of an exhibit that was read as it stands."""
    name, year = row["subsidiary"], row["filing_year"]
    row.skip("the company itself", when=name == row["parent_name"])
    row.skip("an office, no company", when=name.str.contains(_BRANCH))
    row.defaults(
        "filed",
        as_of=date(year),
        page_class="official",
        evidence_type="government_filing",
        url=row["source_url"],
    )
    parent = row.thing(
        "Corporation", ("us-cik", row["parent_cik"]), name=text(row["parent_name"]), cik=row["parent_cik"]
    )
    laws = row["organized_under_laws_of"].str.to_uppercase()
    child = row.thing(
        "Corporation",
        ("us-sec-ex21", row["parent_cik"], name),
        name=text(name),
        legal_name=text(name),
        country=country(laws, _LAWS),
        note=_OF_EXHIBIT,
    )
    share = decimal(row["pct_owned_by_immediate_parent"].str.replace(r"^([0-9.]+) *%.*$", "${1}"))
    row.relation(
        "Ownership",
        (row["parent_cik"], name, year),
        owner=parent,
        owned=child,
        note=Value(
            share.raw,
            pl.format("{}% held by its immediate parent, which is not named", share.clean),
            "a share",
        ),
    )


def correspondence(row: Row) -> None:
    """Pairs of codes, read beside the companies' codes."""
    row.skip("read with the industry codes of companies", when=pl.lit(True))
    row.ignore("sic", "naics", why="pairs of codes")


_REGISTER = (
    "https://raw.githubusercontent.com/bchaps1999/warn-notice-register"
    "/540ac62fa0f6ee061a8e0bde9553bef0549f6801/data/reference"
)


SOURCE = Source(
    id="us_sec",
    title="SEC companies: tickers, industries and subsidiaries of Exhibit 21",
    publisher="US Securities and Exchange Commission",
    licence="EDGAR filings are public; Wikidata and GLEIF columns CC0; lists Apache-2.0",
    url="https://www.sec.gov/files/company_tickers_exchange.json",
    tables=(
        Table("company_tickers*.json*", tickers, listed, expected_bytes=50),
        Table("edgar_sic.csv*", industries, classified, expected_bytes=20),
        Table("sic_naics.csv*", read.csv, correspondence, expected_bytes=20),
        Table("wikidata_orgs.csv*", items, described, expected_bytes=20),
        Table("gleif_employer_lei.csv*", read.csv, identified, expected_bytes=20),
        Table("exhibit21_subsidiaries*.csv*", read.csv, subsidiaries, expected_bytes=20),
        Table("exhibit21_[!s]*.csv*", read.csv, exhibits, expected_bytes=20),
    ),
    raw="us-sec-corporate",
    downloads=(
        Download("https://www.sec.gov/files/company_tickers_exchange.json", "company_tickers_exchange.json"),
        Download(f"{_REGISTER}/edgar_sic.csv.gz", "edgar_sic.csv.gz", 36_460),
        Download(f"{_REGISTER}/sic_naics.csv.gz", "sic_naics.csv.gz", 3_607),
        Download(f"{_REGISTER}/wikidata_orgs.csv.gz", "wikidata_orgs.csv.gz", 74_057),
        Download(f"{_REGISTER}/subsidiaries.csv.gz", "exhibit21_subsidiaries.csv.gz"),
    ),
    also_there=("PROVENANCE.md",),
)
