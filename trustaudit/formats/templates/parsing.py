"""Template text to syntax tree, with Jinja's own grammar. Nothing is compiled, loaded or rendered."""

from __future__ import annotations

import warnings
from functools import cache

from jinja2 import Environment, TemplateError, nodes
from jinja2.ext import ExprStmtExtension, Extension, LoopControlExtension
from jinja2.parser import Parser


class TemplateDefectError(Exception):
    """A text that is no template. ``kind`` becomes the kind of the observation."""

    def __init__(self, kind: str, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.line = line


class GenerationTag(Extension):
    """``{% generation %}``, with which transformers marks what the assistant says."""

    tags: set[str] = {"generation"}  # noqa: RUF012 - an instance variable in the base class

    def parse(self, parser: Parser) -> nodes.Node:
        """The block's body as a scope of its own."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.Scope(body, lineno=line)


def parse_template(text: str) -> nodes.Template:
    """The syntax tree. Raises TemplateDefectError for anything Jinja cannot parse."""
    try:
        with warnings.catch_warnings():
            # Literals with unknown escapes such as "\d" are decoded with a deprecation warning.
            warnings.simplefilter("ignore", DeprecationWarning)
            return _environment().parse(text)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise TemplateDefectError("template-unparsable", error.message or type(error).__name__, line) from None
    except RecursionError:
        raise TemplateDefectError("template-too-deep", "expressions or blocks nested too deeply to parse") from None
    except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, MemoryError) as error:
        # Numbers of thousands of digits and the like, which the lexer hands to Python as they are.
        raise TemplateDefectError("template-unparsable", f"{type(error).__name__}: {error}") from None


@cache
def _environment() -> Environment:
    """The settings transformers uses, and the ``do`` tag that other engines know."""
    return Environment(  # noqa: S701 - parses only: nothing is rendered, so nothing can be escaped
        trim_blocks=True, lstrip_blocks=True, extensions=[GenerationTag, LoopControlExtension, ExprStmtExtension]
    )
