"""Python files: what they could do, which of their siblings they import, and a hash to recognise them by."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from trustaudit.filefacts import Coverage
from trustaudit.formats.interface import Inspecting, Read, Source
from trustaudit.formats.plain_text import MAX_TEXT
from trustaudit.formats.python_code.analysis import analyse
from trustaudit.formats.python_code.facts import Fact, Facts
from trustaudit.formats.python_code.model import Code, Phase
from trustaudit.formats.python_code.parsing import Parsed, coding_cookie, parse_source, source_text
from trustaudit.formats.python_code.setup_call import tell_setup
from trustaudit.formats.python_code.source_signs import text_signs
from trustaudit.formats.record import Reading, Record, clip, concluded
from trustaudit.formats.shell_lines import shell_traits

_SIBLINGS = 200
_LONGEST_NAME = 200
_LEXICAL = re.compile(
    r"\b(?P<process>os\.system|os\.popen|os\.exec\w{1,3}|subprocess\.\w{2,20}|pty\.spawn)\s{0,4}\("
    r"|\b(?P<execute>exec|eval|compile|marshal\.loads|__import__)\s{0,4}\("
    r"|\b(?P<decode>b64decode|b85decode|a85decode|unhexlify|fromhex|zlib\.decompress|lzma\.decompress|bz2\.decompress)\b"
    r"|\b(?P<network>urlopen|urlretrieve|requests\.\w{3,8}|socket\.socket|http\.client)\s{0,4}\("
)


def inspect_python(source: Source) -> Inspecting:
    """A Python source file."""
    record = Record(source, "python")
    return concluded(record, _walk(source, record), Coverage.COMPLETE)


def _walk(source: Source, record: Record) -> Reading[None]:
    data = yield Read(0, min(source.size, MAX_TEXT))
    if source.size > MAX_TEXT and not (source.forward and len(data) < MAX_TEXT):
        record.limit("text-bytes")
    else:
        record.fact("python-source", "sha256 of the file", sha256=hashlib.sha256(data).hexdigest())
    cookie = coding_cookie(data)
    if cookie:
        record.anomaly("python-encoding", f"declares the encoding {clip(cookie, 40)}", encoding=clip(cookie, 40))
    code = tell_code(record, source_text(data))
    if source.path.rpartition("!")[2].rpartition("/")[2].lower() == "setup.py":
        tell_setup(record, code)


def tell_code(record: Record, text: str, line: int = 0) -> Code:
    """Everything about a piece of Python; ``line`` lines stand before it. The names it binds, for further questions."""
    facts = Facts()
    parsed = parse_source(text.replace("\0", ""))
    if parsed.limit:
        record.limit(parsed.limit)
    code = analyse(parsed.body, facts)
    for limit in sorted(code.limits):
        record.limit(limit)
    for fact in (*text_signs(text, code.identifiers), *_lexical(parsed)):
        facts.add(fact)
    facts.tell(record, line)
    _tell_unparsed(record, parsed, "\0" in text)
    _tell_imports(record, code)
    return code


def _tell_unparsed(record: Record, parsed: Parsed, zeros: bool) -> None:  # noqa: FBT001 - private
    if zeros:
        record.anomaly("python-zero-bytes", "holds zero bytes, which Python refuses")
    if not parsed.unparsed or parsed.limit:
        return
    first = parsed.unparsed[0]
    record.line = first.line
    lost = sum(part.text.count("\n") + 1 for part in parsed.unparsed)
    record.anomaly("python-unparsed", clip(first.problem, 200), lines=str(lost), parts=str(len(parsed.unparsed)))
    record.line = None


def _lexical(parsed: Parsed) -> Iterable[Fact]:
    """What words tell about the stretches without a tree."""
    for part in parsed.unparsed:
        for match in _LEXICAL.finditer(part.text):
            group = match.lastgroup or ""
            line = part.line + part.text.count("\n", 0, match.start())
            what = match.group().rstrip("( ")
            yield Fact(group, what, line, Phase.IMPORT, data=(("lexical", "yes"),))
        for trait in shell_traits(part.text[:200_000]):
            line = part.line + part.text.count("\n", 0, trait.position)
            yield Fact(
                "process",
                trait.name,
                line,
                Phase.IMPORT,
                data=(("lexical", "yes"), ("text", trait.excerpt), ("traits", trait.name)),
            )


def _tell_imports(record: Record, code: Code) -> None:
    """Siblings first: they decide which files run. Other modules as one list of their first names."""
    siblings = dict.fromkeys((module, level, line) for module, level, line, _ in code.imports if level)
    for module, level, line in list(siblings)[:_SIBLINGS]:
        record.line = line
        record.fact("python-relative-import", clip(module, 200), module=clip(module, 200), level=str(level))
    record.line = None
    roots = sorted({module.partition(".")[0] for module, level, *_ in code.imports if not level})
    if roots:
        record.fact("python-imports", "modules that are imported", modules=clip(" ".join(roots), 4_000))
    texts = {str(node.value) for node, *_ in code.strings}
    names = sorted(text for text in texts if text.endswith(".py") and len(text) < _LONGEST_NAME)
    if names:
        record.fact("python-file-names", "Python files that are named in text", names=clip("\n".join(names), 4_000))
