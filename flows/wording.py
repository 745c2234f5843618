"""Fill the texts in templates/ and refuse a missing value."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

import jinja2

TEMPLATES: Final = Path(__file__).parents[1] / "templates"
"""Where the words are."""

FONTS: Final = TEMPLATES / "fonts"


def fill(template: str, /, **values: object) -> str:
    """Return a text of templates/ with its values in place.

    template: a file name, for example `altinn_message.nb.md`.
    Raises jinja2.UndefinedError when a value is missing: a letter must not go out with a hole.
    """
    return _environment().get_template(template).render(**values)


def fill_sentence(sentence: str, /, **values: object) -> str:
    """Return one sentence of a wording file with its values in place."""
    return _compiled(sentence).render(**values)


@cache
def sentences(file: str) -> dict[str, str]:
    """Return a wording file of templates/ (TOML, one level): name -> sentence."""
    with (TEMPLATES / file).open("rb") as reader:
        return {name: str(text) for name, text in tomllib.load(reader).items()}


@cache
def _compiled(sentence: str) -> jinja2.Template:
    return _environment().from_string(sentence)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  -- plain text and markdown, never HTML
        keep_trailing_newline=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
