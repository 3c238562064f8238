"""Names in US registers: which union an abbreviation and a number mean, and which names may be people's."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from loaders.clean import let
from loaders.row import Ref, Row
from ontology import TrinationalError, nearest

# Abbreviations that FMCS, NLRB and BLS write -> that of the union reports. Only what was read as the same
# union in both: `AEA` is another one in each. Left out: unions whose locals were numbered anew.
_SAME = """
AFGE AFM AFSCME AFT AGMA APWU ATU BAC BBF BSOIW CJA CWA GMP HERE HFIA IAFF IAM IATSE IBEW IBT ILA ILWU IUE
IUEC IUOE LIUNA NAGE NALC NATCA NFFE NTEU OPCM OPEIU PACE PAT PPF RWAW RWDSU SEIU SMART SPFPA TWU UAW UE UFCW
UMW UNITE USW UTU UWU WGAE
"""
ABBREVIATIONS = {name: name for name in _SAME.split()} | {
    "BCTGM": "BCTGMI",
    "IAMAW": "IAM",
    "IAM&AW": "IAM",
    "IUPAT": "PAT",
    "UA": "PPF",
    "UBC": "CJA",
    "UMWA": "UMW",
    "UNITE HERE": "UNITHE",
    "UNITEHERE": "UNITHE",
    "USA": "USW",
    "USWA": "USW",
    "TEAMSTERS": "IBT",
    "IRON WORKERS": "BSOIW",
    "IRONWORKERS": "BSOIW",
    "IBB": "BBF",
    "COMMUNICATIONS WORKERS OF AMERICA": "CWA",
    "AMALGAMATED TRANSIT UNION": "ATU",
}
# What union names say in the cases of the NLRB, without punctuation -> the abbreviation of the union reports.
_LONG_NAMES = {
    "IBT": r"TEAMSTERS",
    "IUOE": r"OPERATING ENGINEERS?",
    "UFCW": r"UNITED FOOD (?:AND |& ?)?COMMERCIAL WORKERS|UFCW",
    "IBEW": r"BROTHERHOOD OF ELECTRICAL WORKERS?|IBEW",
    "SEIU": r"SERVICE EMPLOYEES? INTERNATIONAL UNION|SEIU",
    "IAM": r"ASSOCIATION OF MACHINISTS (?:AND|&) AEROSPACE WORKERS|IAMAW",
    "CWA": r"COMMUNICATIONS? WORKERS OF AMERICA",
    "UAW": r"UNITED AUTO(?:MOBILE)? ?(?:WORKERS|AEROSPACE)|UAW",
    "LIUNA": r"LABORERS'? INTERNATIONAL UNION|LIUNA",
    "OPEIU": r"OFFICE (?:AND|&) PROFESSIONAL EMPLOYEES|OPEIU",
    "ATU": r"AMALGAMATED TRANSIT UNION",
    "UNITHE": r"UNITE HERE",
    "AFSCME": r"STATE COUNTY (?:AND |& )?MUNICIPAL EMPLOYEES|AFSCME",
    "USW": r"UNITED STEEL ?(?:WORKERS|PAPER)|USW",
    "IATSE": r"THEATRICAL STAGE EMPLOYEES|IATSE",
    "UWU": r"UTILITY WORKERS UNION OF AMERICA",
    "SPFPA": r"SECURITY,? POLICE (?:AND|&) FIRE PROFESSIONALS|SPFPA",
}
_LABEL = r"(?:LOCAL(?: (?:UNION|LODGE))?|LODGE|LL|LU)\b"
_BODY = r"(?:DISTRICT|DIST|DL|DC|CO|COUNCIL|REG|REGION|JC)(?: (?:COUNCIL|LODGE))?"
_NO_NUMBER = r"^(?:N/?A\.?|NONE|MULTI(?:PLE)?|VARIOUS|LOCALS?)?$"
NO_UNION = r"(?i)^(?:(?:MULTI|VARIOUS)\b.*|(?:N/?A|NONE|UNKNOWN|NULL|NOT PROVIDED)[ -]*)$"

GIVEN_NAMES = (
    r"ALAN|ALBERT|ALFRED|ALLEN|ANDREW|ANGEL|ANN|ANNA|ANTHONY|ARTHUR|BARBARA|BEN|BENJAMIN|BERNARD|BETTY|BILL|"
    r"BOB|BRIAN|BRUCE|CARL|CARLOS|CAROL|CATHERINE|CATHY|CHARLES|CHRIS|CHRISTOPHER|CLARENCE|CRAIG|DALE|DAN|"
    r"DANIEL|DAVE|DAVID|DEBORAH|DENNIS|DIANE|DON|DONALD|DONNA|DOUGLAS|EARL|EDWARD|EDWIN|ELIZABETH|ERIC|"
    r"ERNEST|EUGENE|FRANCIS|FRANK|FRED|GARY|GEORGE|GERALD|GLENN|GREG|GREGORY|HAROLD|HARRY|HENRY|HERBERT|"
    r"HOWARD|JACK|JAIME|JAMES|JANE|JASON|JEAN|JEFF|JEFFREY|JENNIFER|JERRY|JIM|JOE|JOHN|JONATHAN|JOSE|JOSEPH|"
    r"JUAN|KAREN|KATHLEEN|KEITH|KEN|KENNETH|KEVIN|LARRY|LAURA|LAWRENCE|LEO|LEONARD|LINDA|LISA|LOUIS|LUIS|"
    r"MANUEL|MARGARET|MARIA|MARK|MARTIN|MARVIN|MARY|MATTHEW|MELVIN|MICHAEL|MIKE|NANCY|NICHOLAS|NICK|NORMAN|"
    r"PATRICIA|PATRICK|PAUL|PEDRO|PETER|PHILIP|PHILLIP|RALPH|RAYMOND|RICHARD|RICK|ROBERT|ROGER|RON|RONALD|"
    r"ROY|RUSSELL|RUTH|RYAN|SAM|SAMUEL|SANDRA|SCOTT|SHARON|STANLEY|STEPHEN|STEVE|STEVEN|STUART|SUSAN|TED|TERRY|"
    r"THOMAS|TIMOTHY|TOM|TONY|VICTOR|VINCENT|WALTER|WAYNE|WILLIAM"
)
# Firms, and other things, that are called like a person.
_FIRMS = (
    r"^(?:BRUCE PRINTING|CARL COLTERYAHN|CARL SANDBURG|CHARLES BESELER|CHARLES SVEC|DALE INDUSTRIES|"
    r"DEAN (?:FOODS|SUPPLY)|DONALD? MAR CREATIONS|DOUGLAS|EARL SCHEIB|EDWARD (?:DON|JONES|HOTEL)|"
    r"ELIZABETH TOWN|FRANK CHERVAN|FRED (?:MEYER|WEBER)|GARY STEEL|GEORGE (?:WESTON|JUNIOR)|HENRY FORD|"
    r"HOWARD (?:JOHNSON|UNIVERSITY)|JACK RABBIT|JAMES (?:RIVER|BOND)|JIM WALTERS?|JOHN (?:DEERE|MUIR|"
    r"HANCOCK|MORRELL|CRANE|CRERAR)|JOHNS? HOPKINS|KEN TOOL|LAURA BUICK|LAWRENCE (?:FACILITY|SIGN|MEM)|"
    r"LOUIS DREYFUS|MARK (?:HOPKINS|CADILLAC)|MARTIN (?:MARIETTA|LUTHER)|MARY RUTAN|PATRICK CUDAHY|"
    r"PAUL MUELLER|PETER PAN|PHILIP (?:METALS|MORRIS)|ROGER WILLIAMS|SAM (?:FLAX|GOODY)|SAMUEL BINGHAM|"
    r"SCOTT (?:BRASS|PAPER|BROS)|STANLEY (?:TOOLS|WORKS|BLACK)|STUART DEAN|THOMAS BUILT|THOMAS JEFFERSON|"
    r"VICTOR (?:HANDBAGS|IRON)|WALTER REED|WAYNE (?:FARMS|STEEL)|WILLIAM PENN)\b"
)
_ORGANIZATION = (
    r"\b(?:AGENC|AMBULANCE|APARTMENT|ASSEMBL|ASSN|ASSOC|AUTO|BAKER|BANK|BRASS|BROS|BROTHERS|BUICK|BUILD|"
    r"BUS\b|CADILLAC|CARE|CARP|CATER|CENTER|CENTRE|CHEVROLET|CHURCH|CITY|CLEAN|CLINIC|CLUB|CO\b|COLLEGE|"
    r"COMPAN|CONCRETE|CONDOM|CONST|CONTR|COOPERATIVE|CORP|COUNTY|CREATIONS|DAIRY|DENTAL|DEPT|DEVELOP|"
    r"DISTRIB|DIST\b|DIV|DRYWALL|ELECTRIC|ENGINEER|ENSEMBLE|ENTERPRISE|EQUIP|EXCAVA|FABRIC|FACILITY|FARM|"
    r"FOOD|FORD|FOUND|FUNERAL|FURNITURE|GARDEN|GAS\b|GLASS|GROUP|HALL\b|HANDBAGS|HEALTH|HOME|HONDA|HOSP|"
    r"HOTEL|HOUSE|HYUNDAI|INC|INDUSTR|INN\b|INSTITUT|INTERNATIONAL|INTL|IRON|JUNIOR|LANDSCAP|LINES|LLC|"
    r"LLP|LOGISTIC|LP\b|LTD|LUMBER|MACHIN|MANAGE|MANOR|MANUFACT|MARINE|MARKET|MASONRY|MATERIAL|MEAT|"
    r"MECHANIC|MED\b|MEDIA|MEDICAL|MEM\b|MEMORIAL|METAL|MFG|MILL|MOTOR|MOVER|NORTHERN|NURS|OIL\b|"
    r"ORCHESTRA|PAINT|PAPER|PARTNER|PAV|PHARMAC|PLASTERING|PLASTIC|PLUMB|PRINT|PROCESS|PRODUC|PROPERT|"
    r"PUMP|RESIDENCE|RESOURCES|RESTAURANT|ROOF|SALES|SANITATION|SCHOOL|SERVICE|SHEET|SHOP|SIGN\b|SITE|"
    r"SON\b|SONS|STEEL|STORE|STRUCTURES|STUCCO|STUDIO|SUPPL|SYSTEM|TECH|THEAT|THRIFTWAY|TILE|TOOL|TOWING|"
    r"TOYOTA|TRANS|TRUCK|UNIVERS|USA\b|UTILIT|VILLA|WAREHOUS|WASTE|WORKS|PLANT|LOCATION|&|\bAND\b|[0-9#])"
)
_LIKE_A_PERSON = (
    rf"^(?:DR |MR |MRS |MS )?(?:[A-Z] )?(?:{GIVEN_NAMES}) (?:[A-Z] )?[A-Z'-]+"
    rf"(?: (?:JR|SR|II|III)| (?:{GIVEN_NAMES}) [A-Z'-]+)?$"
)
_SURNAME_FIRST = rf"^[A-Z'-]+, ?(?:{GIVEN_NAMES})(?: [A-Z])?$"
_TITLED = (
    r"\b(?:DDS|DMD|ESQ|ATTORNEY|DVM|DPM)$|^DR (?:[A-Z]+ )?(?:[A-Z] )?[A-Z]+$|^[A-Z]+ [A-Z] [A-Z]+ (?:MD|OD)$"
)
_BESIDE = (
    r"(?i)\ban individual|, individually(?:, and|$)|, individuals\b|sole proprietor"
    rf"|^(?:{GIVEN_NAMES}) [^,]* as (?:an )?agents? (?:of|for)\b|^DR\.? (?:{GIVEN_NAMES})\b"
    r"|[^ ] (?:DDS|DMD)\b"
)
_TRADING_AS = r"(?i)^([^,]*?),? \(?d[/.]?b[/.]?a[/.]{0,2}:? "


def may_be_person(name: pl.Expr) -> pl.Expr:
    """True where a name may be, or holds, that of a natural person.

    Limits: English and Spanish given names that are common in the US; a bare surname is not seen.

    >>> names = pl.Series(["John Smith", "John Deere", "JOHN SMITH PAINTING", "J Doe, sole proprietor"])
    >>> pl.select(may_be_person(names)).to_series().to_list()
    [True, False, False, True]
    """
    plain = (
        name.str.to_uppercase()
        .str.replace_all(r"\(.*?\)|[.]", "")
        .str.replace_all(" {2,}", " ")
        .str.strip_chars()
    )
    firm = plain.str.contains(_ORGANIZATION) | plain.str.contains(_FIRMS)
    person = plain.str.contains(_LIKE_A_PERSON) | plain.str.contains(_SURNAME_FIRST)
    return (person & ~firm) | plain.str.contains(_TITLED) | name.str.contains(_BESIDE)


def employer(name: pl.Expr) -> pl.Expr:
    """An employer's name; null where it may be a person's, the trade name where a person trades under one.

    >>> names = pl.Series(["Ann Lee d/b/a Lee Shows", "Acme LLC d/b/a Acme", "Ann Lee"])
    >>> pl.select(employer(names)).to_series().to_list()
    ['Lee Shows', 'Acme LLC d/b/a Acme', None]
    """
    trader = name.str.extract(_TRADING_AS, 1)
    firm = pl.when(may_be_person(trader)).then(name.str.replace(_TRADING_AS, "")).otherwise(name)
    return let(firm, lambda n: pl.when(~may_be_person(n)).then(n))


def union_key(name: pl.Expr) -> pl.Expr:
    """`IBT/120` of `IBT Local 120` or `IBT - 120`; null where no known abbreviation begins it.

    A number alone is a local's; a number with a letter or words after it stays as written, because local 356G
    is not local 356.

    >>> names = pl.Series(["USA - 13058", "IAM - 570 DISTRICT 166", "BCTGM 356G", "UAW - ", "NYSNA"])
    >>> pl.select(union_key(names)).to_series().to_list()
    ['USW/13058', 'IAM/570', 'BCTGMI/356G', 'UAW', None]
    """
    longest = sorted(ABBREVIATIONS, key=len, reverse=True)
    plain = (
        name.str.to_uppercase()
        .str.replace(" -(?: |$)", " ")
        .str.replace_all(r"[,\s]+", " ")
        .str.strip_chars()
    )
    parts = plain.str.extract_groups(rf"^(?<union>{'|'.join(longest)})(?: (?<rest>.*))?$")
    union = parts.struct.field("union").replace_strict(ABBREVIATIONS, default=None, return_dtype=pl.String)
    return pl.concat_str(union, _local(parts.struct.field("rest")), separator="/", ignore_nulls=True).pipe(
        lambda key: pl.when(union.is_not_null()).then(key)
    )


def _local(rest: pl.Expr) -> pl.Expr:
    """The number of a local, else the words that name it; null where none is named."""
    bare = rest.str.replace(r"^(?:(?:AFL-CIO|CLC|CTW)\b ?)+", "")
    bare = bare.str.replace(rf"^{_LABEL}\.? ?(?:(?:UNION )?(?:NO|NUMBER)\b\.?|#)? ?|^#", "").str.strip_chars(
        " .-#"
    )
    number = pl.coalesce(
        bare.str.extract("^0*([1-9][0-9]*)$"),
        bare.str.extract(rf"^0*([1-9][0-9]*) {_BODY}[ -]?[0-9]+[A-Z]?$"),
        bare.str.extract(rf"^{_BODY} [0-9]+ 0*([1-9][0-9]*)$"),
    )
    return pl.coalesce(number, pl.when(~bare.str.contains(_NO_NUMBER)).then(bare))


def named_local(name: pl.Expr) -> pl.Expr:
    """`IBT/125` of `Teamsters, Local Union 125`; null unless one union and one local are named.

    >>> names = pl.Series(["Local 337, International Brotherhood of Teamsters (IBT)", "IAM District Lodge 9"])
    >>> pl.select(named_local(names)).to_series().to_list()
    ['IBT/337', None]
    """
    plain = (
        name.str.to_uppercase().str.replace_all(r"[,.()]", " ").str.replace_all(r"\s+", " ").str.strip_chars()
    )
    return let(plain, _one_local)


def _one_local(plain: pl.Expr) -> pl.Expr:
    named = [
        pl.when(plain.str.contains(rf"\b(?:{words})\b")).then(pl.lit(abbr))
        for abbr, words in _LONG_NAMES.items()
    ]
    union = let(pl.concat_list(named).list.drop_nulls(), _only)
    label = let(plain.str.extract_all(rf"\b{_LABEL} ?(?:(?:UNION )?NO\b|NUMBER|#)? ?[0-9]+[A-Z0-9-]*"), _only)
    number = label.str.extract(r" 0*([1-9][0-9]*)$")
    others = plain.str.contains(rf"\b{_BODY} (?:NO )?[0-9]|JOINT (?:BOARD|COUNCIL)")
    return pl.when(~others).then(pl.concat_str(union, number, separator="/"))


def _only(items: pl.Expr) -> pl.Expr:
    """The only item of a list; null where there is none or several."""
    return pl.when(items.list.len() == 1).then(items.list.first())


def with_names(frame: pl.LazyFrame, **columns: tuple[str, Callable[[pl.Expr], pl.Expr]]) -> pl.LazyFrame:
    """Add columns made of the names in others; each distinct name is looked at once.

    >>> rows = pl.LazyFrame({"Name": [" Ann Lee ", "Acme"]})
    >>> with_names(rows, FIRM=("Name", employer)).collect()["FIRM"].to_list()
    [None, 'Acme']
    """
    there = frame.collect_schema().names()
    missing = [column for column, _ in columns.values() if column not in there]
    if missing:
        hint = nearest(missing[0], there) or "columns: " + ", ".join(there)
        raise TrinationalError(f"column {missing[0]!r} is not there", hint=hint)
    rows = frame.collect()
    for new, (column, how) in columns.items():
        cells = rows[column].str.strip_chars()
        known = (
            cells.unique().drop_nulls().alias("name").to_frame().with_columns(how(pl.col("name")).alias("is"))
        )
        made = cells.replace_strict(known["name"], known["is"], default=None, return_dtype=pl.String)
        rows = rows.with_columns(made.alias(new))
    return rows.lazy()


def say_union(row: Row, name: pl.Expr, known: pl.Expr, prefix: str) -> Ref:
    """Say the union that a text names: by a key of the union reports where it gives one, else as written.

    `known`: `union_key(name)`. `prefix`: authority, colon and what stands before the text in its key.
    """
    text = name.str.to_uppercase().str.replace_all(r"[ \t\r\n]+", " ")
    own = pl.concat_str(pl.lit(prefix), text)
    local, body_name = known.str.extract("/(.+)$"), known.str.extract("^([^/]+)")
    union = row.thing(
        "Union",
        pl.coalesce("us-aff:" + known, own),
        when=name.is_not_null(),
        name=pl.coalesce(known.str.replace("/", " ", literal=True), name),
        other_names=pl.when(local.is_not_null()).then(pl.concat_list(name)),
        designation=local,
        country=pl.when(local.is_not_null()).then(pl.lit("US")),
    )
    body = row.thing(
        "Union", ("us-aff", body_name), when=local.is_not_null(), name=body_name, abbreviation=body_name
    )
    row.relation("Affiliation", member=union, body=body, affiliation_kind="affiliate")
    return union


def a_union(name: pl.Expr) -> pl.Expr:
    """The text where it names a union: no filler, no person."""
    return pl.when(
        name.str.contains("[A-Za-z]{2}") & ~name.str.contains(NO_UNION) & ~may_be_person(name)
    ).then(name)
