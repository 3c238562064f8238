"""Writes `docs/reference/questions.md` from the files of the questions; `--check`: is it stale?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from graph.questions.read import Question, questions

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "questions.md"
_HEAD = """# Reference: named questions

Written by `python -m graph.questions` from `graph/questions/`; do not edit.
How to ask: [ask](../how-to/ask.md).
Ids, terms and dates are text; lists are lists of text; integers have 64 bits.
Unknown is null, never zero or "no".
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(line for asked in questions().values() for line in _lines(asked))]) + "\n"


def _lines(asked: Question) -> Iterator[str]:
    yield f"## {asked.id}\n\n**{asked.title['en']}**\n"
    yield f"- es: {asked.title['es']}\n- fr: {asked.title['fr']}\n"
    yield f"Engines: {', '.join(asked.engines)}. Example: `trinational ask {asked.id} --example`, which asks"
    yield f"{', '.join(f'{name} = {_shown(value)}' for name, value in asked.example.items()) or 'for all'}.\n"
    yield "| parameter | type | | |\n|---|---|---|---|"
    for p in asked.parameters:
        kinds = ", ".join(p.kind) or p.scheme
        default = "required" if p.required else f"default `{p.default}`" if p.default is not None else "all"
        yield f"| `{p.name}` | {p.type}{f' ({kinds})' if kinds else ''} | {default} | {p.about} |"
    yield "\n| column | type | unit | |\n|---|---|---|---|"
    for c in asked.columns:
        yield f"| `{c.name}` | {c.type} | {c.unit} | {c.about} |"
    yield f"\nWhat it cannot tell:\n\n{asked.cannot_tell}\n"


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def main(arguments: list[str]) -> int:
    text = page()
    if arguments == ["--check"]:
        if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
            return 0
        print(f"{PAGE.name} is not what the questions say: run `python -m graph.questions`")
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
