"""What the name of a union says: who it is, its parent or confederation, its industries."""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from loaders.clean import text
from loaders.people import fold
from loaders.row import Ref, Row

# The confederations that registers name by initials, and their ids in the built-in dataset.
CONFEDERATIONS = {"CTM": "union:ctm", "CROC": "union:croc", "CROM": "union:crom", "CATEM": "union:catem"}

# Words of a union's name (capitals, no accents) -> class of SCIAN 2023. Words that several classes share
# (comercio, alimenticia, servicios) say no class.
INDUSTRIES = {
    r"\bAGRICOLA": "11",
    r"\bMINER[OA]S?\b": "21",
    r"\bCONSTRUCC?ION": "23",
    r"\bTEXTIL": "313",
    r"\bVESTIDO|\bCONFECCION|\bCOSTURA": "315",
    r"\bPAPEL|\bCARTON": "322",
    r"\bQUIMIC|\bFARMACEUTIC": "325",
    r"\bPLASTIC|\bHULE\b|\bHULER": "326",
    r"\bVIDRIERA": "3272",
    r"\bCEMENTO|\bCONCRETO": "3273",
    r"\bMETALURGIC|\bSIDERURGIC|\bACERO\b": "331",
    r"\bAUTOMOTRIZ|\bAUTOPARTES": "336",
    r"\bTRANSPORT|\bAUTOTRANSPORT": "48-49",
    r"\bBANCARI|\bSEGUROS\b|\bFIDUCIARI": "52",
    r"\bHOSPITAL|\bENFERMER": "62",
    r"\bHOTEL|\bRESTAURANT|\bGASTRONOMI": "72",
}
# Phrases in which such a word names no industry of the members.
_NOT_SO = r"MATERIAL(?:ES)? (?:PARA |DE )?(?:LA )?CONSTRUCCION|DISTRIBUIDORAS DE AUTOMOVILES"
# Spellings of a union (small letters) -> its short name; a predecessor (CAW, CEP) stays itself.
UNIONS = {
    "unifor": "Unifor",
    "united steelworkers|steelworkers|usw": "USW",
    "canadian union of public employees|cupe": "CUPE",
    "hospital employees.? union|heu": "HEU",
    "international union of operating engineers|iuoe|ioue": "IUOE",
    "international brotherhood of electrical workers|ibew": "IBEW",
    "ufcw": "UFCW",
    "teamsters?": "Teamsters",
    "move ?up": "MoveUP",
    "cope|canadian office and professional employees(?: union)?": "COPE",
    "ppwc": "PPWC",
    "clac": "CLAC",
    "i\\.?a\\.?t\\.?s\\.?e\\.?": "IATSE",
    "seiu": "SEIU",
    "(?:international association of )?machinists(?: and aerospace workers district lodge)?|iam": "IAM",
    "boilermakers(?: lodge)?|boilmakers": "Boilermakers",
    "labourers": "Labourers",
    "smart|(?:international association of )?sheet metal"
    "(?: workers|, air, rail and transportation workers)?": "SMART",
    "(?:united brotherhood of )?carpenters(?: and joiners)?": "Carpenters",
    "international association of fire fighters|iaff": "IAFF",
    "cisiwu|canadian iron, steel,? and industrial workers.?(?: union,?)?": "CISIWU",
    "unite(?: here)?": "UNITE HERE",
    "bctf|british columbia teachers.? federation": "BCTF",
    "caw": "CAW",
    "cep": "CEP",
    "atu": "ATU",
    "iupat": "IUPAT",
    "ilwu": "ILWU",
    "bcgeu": "BCGEU",
    "bcnu": "BCNU",
}
# Their ids in the built-in dataset.
SAME_UNION = {
    "CUPE": "union:cupe",
    "IAM": "union:iam",
    "IBEW": "union:ibew",
    "Teamsters": "union:teamsters",
    "UFCW": "union:ufcw",
    "USW": "union:usw",
    "Unifor": "union:unifor",
}
_SEVERAL = re.compile("[a-z]{3,} ?[0-9]", re.I)
_START = r"""(?:^|[\s(,\-"“])"""


def squash(name: pl.Expr) -> pl.Expr:
    """Letters and digits of a name, without case, accents, spaces and signs: what makes a key.

    >>> names = pl.Series(["Unión de  México, C.T.M.", "UNION DE MEXICO CTM"])
    >>> pl.select(squash(names)).to_series().to_list()
    ['UNIONDEMEXICOCTM', 'UNIONDEMEXICOCTM']
    """
    return fold(name).str.replace_all("[^A-Z0-9]", "")


def confederation(name: pl.Expr) -> pl.Expr:
    """The one confederation whose initials stand in a union's name; null where none or several do.

    >>> names = pl.Series(["Sindicato X, C. R. O. M.", "Sindicato CROC", "Sectma"])
    >>> pl.select(confederation(names)).to_series().to_list()
    ['CROM', 'CROC', None]
    """
    folded = fold(name)
    found = pl.concat_list(
        pl.when(folded.str.contains(_START + "[. ]{0,2}".join(word) + r"\b")).then(pl.lit(word))
        for word in CONFEDERATIONS
    ).list.drop_nulls()
    return pl.when(found.list.len() == 1).then(found.list.first())


def industries(name: pl.Expr) -> pl.Expr:
    """Classes of SCIAN 2023 that a union's name names, joined by `;`; null where it names none.

    >>> pl.select(industries(pl.lit("Sindicato de la Industria Automotriz y del Plástico"))).item()
    '326;336'
    """
    folded = fold(name).str.replace_all(_NOT_SO, "")
    found = pl.concat_str(
        [pl.when(folded.str.contains(words)).then(pl.lit(code + ";")) for words, code in INDUSTRIES.items()],
        ignore_nulls=True,
    ).str.strip_chars_end(";")
    return pl.when(found != "").then(found)


def unions_in(cell: str) -> list[str]:
    """The unions that a Canadian register names in one cell: `SHORT NAME#local`, or `#name` if not known.

    A cell is split only where each part is a known union: `IBEW 213, 230` stays one. What follows a known
    name is its local as written, unless it names further unions.

    >>> unions_in("United Steelworkers Local 1 - 1937")
    ['USW#1-1937']
    >>> unions_in("UNIFOR 3000 and HEU")
    ['Unifor#3000', 'HEU#']
    >>> unions_in("Langara Faculty Association")
    ['#Langara Faculty Association']
    """
    cell = " ".join(cell.replace("|", "/").split())
    parts = [part for part in re.split(r" ?[,/&] ?| and ", cell) if part]
    found = [a_union(part) for part in parts]
    if len(parts) > 1 and all(found):
        return [union for union in found if union]
    short, rest = _known(cell)
    return [f"{short}#{_local(rest)}" if short and not _SEVERAL.search(_local(rest)) else f"#{cell}"]


def a_union(cell: str) -> str | None:
    """`SHORT NAME#local` where the cell is a known union with or without a number, else None.

    >>> a_union("UFCW 1518"), a_union("Unifor Industries Ltd.")
    ('UFCW#1518', None)
    """
    short, rest = _known(" ".join(cell.split()))
    local = _local(rest)
    plain = re.fullmatch("[A-Z]?[0-9]+(?:-?[0-9A-Z]+)?|", local, re.I)
    return f"{short}#{local}" if short and plain else None


def _known(cell: str) -> tuple[str, str]:
    """Short name of the known union that a cell begins with, and the rest."""
    found = _spellings().match(cell)
    if not found:
        return "", cell
    return next(short for n, short in enumerate(UNIONS.values()) if found[f"u{n}"]), cell[found.end() :]


@cache
def _spellings() -> re.Pattern[str]:
    ways = "|".join(f"(?P<u{n}>{spelling})" for n, spelling in enumerate(UNIONS))
    return re.compile(rf"(?:{ways})(?![a-z])", re.I)


def _local(rest: str) -> str:
    """A local's number or name without the words around it."""
    rest = re.sub(r"^[ ,]*\(? ?(?:cope )?(.*?)\)?$", r"\1", rest, flags=re.I)
    rest = re.sub(r"\b(?:local|lodge|branch|no\.) ?", "", rest, flags=re.I)
    return re.sub(r"(?<=[0-9]) ?- ?(?=[0-9A-Z])", "-", rest).strip(" ,.-")


def confederation_of(row: Row, initials: pl.Expr) -> Ref:
    """The confederation with these initials, said where they are of one."""
    same = initials.replace_strict(CONFEDERATIONS, default=None, return_dtype=pl.String)
    return row.thing(
        "Union",
        ("mx-central", initials),
        when=same.is_not_null(),
        name=text(initials),
        abbreviation=text(initials),
        country="MX",
        level="confederation",
        same_as=pl.when(same.is_not_null()).then(pl.concat_list(same)),
    )


def say_confederation(row: Row, member: Ref, initials: pl.Expr) -> None:
    """Say that a union belongs to the confederation with these initials, where they are of one."""
    body = confederation_of(row, initials)
    row.relation("Affiliation", member=member, body=body, affiliation_kind="affiliate")


def say_industries(row: Row, member: Ref, column: str) -> None:
    """Say the industries of a union; `column` holds what `industries` gives."""
    row.relation(
        "InSector",
        member=member,
        sector=row.ref("Sector", ("scian-2023", row.each(column, ";"))),
        status="inferred",
        note="read from the words of the union's name",
    )
