"""What the name of a Mexican union says: who it is, its confederation, its industries."""

from __future__ import annotations

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
