"""What a command line does, wherever it stands: in a script, in a call of Python, in a card, in a notebook cell.

Lexical rules, each anchored on a word that is rare, with every gap bounded. They say what is
there; whether that is ordinary in such a place is for checks to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from msgspec import Struct

from trustaudit.formats.rare_words import Rule, folded, promising

_I = re.IGNORECASE
_FETCHING: Final = ("curl", "wget", "fetch", "aria2c", "iwr", "irm", "invoke-webrequest", "invoke-restmethod")
_FETCH = r"(?:curl(?:\.exe)?|wget|fetch|aria2c|iwr|irm|invoke-webrequest|invoke-restmethod)"
_SHELL = r"(?:ba|z|da|k|a)?sh"
_PYTHON = r"python[\d.]{0,4}"
# ``curl … | python -m json.tool``: the program stands in the options, what is fetched is its data; unless it runs that.
_RUNS_DATA = (
    r"(?:exec|eval|compile|system|popen|\bsh\b|\bos\b|subprocess|__|pickle|marshal|dill|runpy|importlib|\$\(|`"
    r"|\bfunction\b|\bvm\b|\binclude\b|\brequire_once\b|(?<!json\.)\bloads?\b|\bcode\b)"
)
_OWN_PROGRAM = (
    rf"(?:\s{{1,4}}-m\s{{1,4}}json\.tool\b|\s{{1,4}}-(?:c|e|ne|pe|lne|p|r)\s{{1,4}}[\"'](?![^\n]{{0,300}}{_RUNS_DATA}))"
)
_INTERPRETER = (
    r"(?:sudo\s{1,4}(?:-\w{1,3}\s{1,4})?)?(?:/(?:usr/)?bin/)?(?:env\s{1,4})?"
    rf"(?:(?:{_SHELL}|iex|invoke-expression|powershell|pwsh)\b"
    rf"|(?:{_PYTHON}|perl|ruby|node|php)\b(?!{_OWN_PROGRAM}))"
)
_DECODED_INTO = rf"[^\n|]{{0,120}}\|\s{{0,8}}(?:sudo\s{{1,4}})?(?:{_SHELL}|{_PYTHON}|perl|iex)\b"
_STARTED = (
    rf"(?:\bchmod\s{{1,4}}(?:\+x|[0-7]*7[0-7]*)|\b{_SHELL}\s{{1,4}}[\w./-]|\s\./[\w.]|\bstart\s{{1,4}}[\w.%\"]"
    rf"|\b{_PYTHON}\s{{1,4}}[\w./-]{{1,80}}\.py)"
)
_HOME = r"(?:~|\$HOME|/root|/home/[\w-]{1,32})"
_SECRETS = r"(?:\.ssh/|\.aws/|/etc/(?:passwd|shadow)|huggingface/token|\.netrc|\.env\b)"

_RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "download-run",
        (_FETCHING, ("|",)),
        rf"\b{_FETCH}\b[^\n|]{{0,240}}\|\s{{0,8}}(?:tee\s[^|\n]{{0,80}}\|\s{{0,8}})?{_INTERPRETER}",
    ),
    Rule(
        "download-run",
        (_FETCHING, ("$(", "<(", "`")),
        rf"\b(?:{_SHELL}|eval|source|{_PYTHON}|exec)\b[^\n]{{0,20}}[\"'`]?(?:\$\(|<\(|`)\s{{0,8}}{_FETCH}\b",
    ),
    Rule(
        "download-run",
        (("iex", "invoke-expression"),),
        rf"\b(?:iex|invoke-expression)\b[^\n]{{0,80}}(?:{_FETCH}\b|webclient|downloadstring)",
    ),
    Rule(
        "download-run",
        (("downloadstring", "downloadfile", "downloaddata"),),
        r"\bdownload(?:string|file|data)\b[^\n]{0,200}\b(?:iex|invoke-expression|start-process|invoke-item|start\s)",
    ),
    Rule(
        "download-run",
        (("python",), ("urlopen", "requests.get", "urlretrieve")),
        rf"\b{_PYTHON}\s{{1,4}}-c\b[^\n]{{0,80}}\bexec\s{{0,4}}\([^\n]{{0,80}}(?:urlopen|requests\.get|urlretrieve)",
    ),
    Rule(
        "download-run",
        (("exec",), ("urlopen", "requests.get", "httpx.get")),
        r"\bexec\s{0,4}\(\s{0,4}(?:compile\s{0,4}\(\s{0,4})?(?:requests\.get|(?:urllib\.request\.)?urlopen|httpx\.get)\b",
    ),
    Rule(
        "download-run",
        (_FETCHING, ("&&", ";", "and")),
        rf"\b{_FETCH}\b[^\n]{{0,200}}(?:&&|;|\band\b)[^\n]{{0,120}}{_STARTED}",
    ),
    Rule(
        "download-run",
        (("mshta", "regsvr32"),),
        r"\bmshta(?:\.exe)?\s{1,8}[\"']?(?:https?:|javascript:|vbscript:)|\bregsvr32\b[^\n]{0,80}/i:https?:",
    ),
    Rule(
        "download-run",
        (("msiexec", "rundll32"),),
        r"\bmsiexec\b[^\n]{0,40}/i\s{1,8}[\"']?https?:|\brundll32\b[^\n]{0,80}javascript:",
    ),
    Rule(
        "download-run",
        (("certutil", "bitsadmin"),),
        r"\bcertutil\b[^\n]{0,80}-urlcache|\bbitsadmin\b[^\n]{0,80}/transfer",
    ),
    Rule(
        "encoded-run",
        (("powershell", "pwsh"),),
        r"\b(?:powershell|pwsh)(?:\.exe)?\b[^\n]{0,200}\s[-/](?:e|en|enc|enco|encodedcommand|ec)\s{1,8}[\"']?[\w+/=]{16}",
    ),
    Rule(
        "encoded-run",
        (("base64 -",), ("|",)),
        rf"\bbase64\s{{1,8}}(?:-d|--decode)\b{_DECODED_INTO}",
    ),
    Rule(
        "encoded-run",
        (("xxd -r", "openssl"), ("|",)),
        rf"\b(?:xxd\s{{1,4}}-r|openssl\s{{1,4}}(?:enc|base64)\s[^\n|]{{0,60}}-d)\b{_DECODED_INTO}",
    ),
    Rule(
        "encoded-run",
        (("python",), ("b64decode", "fromhex", "decompress")),
        rf"\b{_PYTHON}\s{{1,4}}-c\b[^\n]{{0,200}}\bexec\s{{0,4}}\([^\n]{{0,200}}(?:b64decode|fromhex|decompress)",
    ),
    Rule(
        "encoded-run",
        (("frombase64string",),),
        r"\bfrombase64string\b[^\n]{0,300}\b(?:iex|invoke-expression|reflection\.assembly\]::load)",
    ),
    Rule(
        "encoded-run",
        (("frombase64string",),),
        r"\breflection\.assembly\]::load\b[^\n]{0,200}frombase64string",
    ),
    Rule(
        "reverse-shell",
        (("/dev/tcp/", "/dev/udp/"),),
        r"/dev/(?:tcp|udp)/[\w.$\{\}-]{1,100}/[\d$]",
    ),
    Rule(
        "reverse-shell",
        (("nc",), ("-e ", "-c ")),
        r"\bnc(?:at)?(?:\.\w{1,12})?\s[^\n|]{0,80}\s?-(?:e|c)\s{1,4}[\"']?(?:/bin/|cmd|bash|sh)",
    ),
    Rule(
        "reverse-shell",
        (("sh -i", "mkfifo"),),
        r"\b(?:ba)?sh\s{1,4}-i\s{0,4}(?:>|<|[012]>)|\bmkfifo\b[^\n]{0,200}\bnc(?:at)?\b",
    ),
    Rule(
        "reverse-shell",
        (("socat", "sockets.tcpclient"),),
        r"\bsocat\b[^\n]{0,200}\bexec:|sockets\.tcpclient",
    ),
    Rule(
        "persistence",
        (("crontab", "/etc/cron"),),
        r"\bcrontab\s{1,4}(?:-\s|-$|[\w/.]|-l\b[^\n]{0,160}\|\s{0,4}crontab)|\|\s{0,8}crontab\b|/etc/cron",
    ),
    Rule(
        "persistence",
        (("schtasks", "\\run"),),
        r"\bschtasks\b[^\n]{0,60}/create|\breg(?:\.exe)?\s{1,4}add\b[^\n]{0,120}\\run\b",
    ),
    Rule(
        "persistence",
        ((">>",), ("/.",)),
        rf">>\s{{0,4}}[\"']?{_HOME}/\.(?:bashrc|profile|bash_profile|zshrc|zprofile|ssh/authorized_keys)",
    ),
    Rule(
        "persistence",
        (("launchctl", "ld.so.preload", "programs\\startup"),),
        r"\blaunchctl\s{1,4}(?:load|bootstrap)\b|/etc/ld\.so\.preload|start\smenu\\programs\\startup",
    ),
    Rule(
        "disable-defense",
        (("-mppreference",),),
        r"\bset-mppreference\b[^\n]{0,200}-disable|\badd-mppreference\b[^\n]{0,200}-exclusion",
    ),
    Rule(
        "disable-defense",
        (("netsh", "vssadmin"),),
        r"\bnetsh\b[^\n]{0,80}\b(?:firewall|advfirewall)\b[^\n]{0,80}\boff\b|\bvssadmin\b[^\n]{0,60}\bdelete\b",
    ),
    Rule(
        "disable-defense",
        (("windefend", "disablerealtimemonitoring", "disableantispyware"),),
        r"\bsc(?:\.exe)?\s{1,4}(?:stop|config|delete)\s{1,4}windefend|\bdisable(?:realtimemonitoring|antispyware)\b",
    ),
    Rule(
        "disable-defense",
        (("spctl", "setenforce", "ufw"),),
        r"\bspctl\s{1,4}--master-disable|\bsetenforce\s{1,4}0\b|\bufw\s{1,4}disable\b",
    ),
    Rule(
        "destroy",
        (("rm -",),),
        rf"\brm\s{{1,4}}(?:-[a-z-]{{1,20}}\s{{1,4}}){{1,4}}[\"']?(?:/|{_HOME})/?\*?[\"']?\s{{0,4}}(?:$|[;&|\n])",
    ),
    Rule(
        "destroy",
        (("mkfs", "of=/dev/"),),
        r"\bmkfs(?:\.\w{1,8})?\s{1,4}/dev/|\bdd\b[^\n]{0,120}\bof=/dev/(?:sd|nvme|hd|vd)",
    ),
    Rule(
        "destroy",
        ((":()", "format c:"),),
        r":\(\)\s{0,4}\{\s{0,4}:\|:&|\bformat\s{1,4}c:\s{0,4}/",
    ),
    Rule(
        "mine",
        (("xmrig", "stratum+", "minerd", "--donate-level"),),
        r"(?:\.[/\\])?\bxmrig(?:\.exe)?\b(?:[^\n]{0,80}?(?:stratum\+|\s--?\w))?|stratum\+(?:tcp|ssl)://|\bminerd\b[^\n]{0,80}-o\s|--donate-level",
    ),
    Rule(
        "send-secrets",
        (("|",), ("env", "cat "), (*_FETCHING, "nc")),
        rf"\b(?:env|printenv|cat\s{{1,4}}[^\n|]{{0,80}}{_SECRETS})[^\n|]{{0,80}}\|[^\n]{{0,120}}\b(?:{_FETCH}|nc)\b",
    ),
    Rule(
        "send-secrets",
        (_FETCHING, ("$(",)),
        rf"\b{_FETCH}\b[^\n]{{0,200}}\$\(\s{{0,4}}(?:env|printenv|cat\s{{1,4}}[^)\n]{{0,80}}{_SECRETS})",
    ),
    Rule(
        "send-secrets",
        (_FETCHING, ("@~", "@$home", "@/")),
        rf"\b{_FETCH}\b[^\n]{{0,200}}@(?:{_HOME}|/etc)/[\w./-]{{1,80}}",
    ),
)
_INSTALL = (
    r"(?:\bpip[\d.]{0,4}|\bconda|\bmamba|\bpoetry|\bpipx)(?:\s{1,4}-{1,2}[\w=./:-]{1,80}){0,6}\s{1,4}(?:install|add)\b"
    r"([^\n;|&]{0,300})"
    r"|\b(?:apt(?:-get)?|yum|dnf|apk|brew|npm|choco|winget)\s{1,4}(?:-[\w-]{1,20}\s{1,4}){0,4}(?:install|add)\b"
    r"([^\n;|&]{0,300})"
)
_INSTALLING: Final = Rule("installs", ((" install", " add"),), _INSTALL)
_URL = re.compile(r"\b(?:https?|ftp)://[^\s\"'`<>()|;\\]{4,400}", _I)
_FETCHED_LINE: Final = Rule("fetches", (_FETCHING,), rf"(?<![\w./-]){_FETCH}\s[^\n]{{4,400}}")
_SAVED = re.compile(
    r"(?:\s-o|\s-O|--output(?:-document)?[ =]|-outfile|>)\s{0,4}[\"']?(?:[\w./~\\-]{0,80}[/\\])?([\w.-]{1,80})"
    r"|/([\w.-]{1,80}\.(?:sh|py|exe|bat|cmd|ps1|bin|run|command|msi|pkg|appimage|elf))\b",
    _I,
)
_BEGUN = re.compile(
    rf"(?:\b(?:{_SHELL}|{_PYTHON}|source|start|call|open|chmod\s{{1,4}}[\w+]{{1,6}})\s{{1,4}}[\"']?(?:\./)?|(?<![\w/.])\.[/\\])([\w.-]{{1,80}})",
    _I,
)
_FOLLOWING = 400
_DOWNLOADS = 100
_SHOWN = 200
_EVIDENCE: Final = 3
"""Times that one rule is told of; the fourth adds no evidence."""

_BELIEVED: Final = 60

Mentioned = Callable[[int, int], bool]


class Trait(Struct, frozen=True):
    """Something that a command line does; ``urls`` are those on its line; a mention is one that is only spoken of."""

    name: str
    excerpt: str
    position: int
    urls: tuple[str, ...] = ()
    is_mention: bool = False


def shell_traits(text: str, mentioned: Mentioned | None = None) -> Iterator[Trait]:
    """Every trait of a text, each rule at most three times.

    ``mentioned`` tells by (start, end) what the text only speaks of: counted apart, so that no number of samples in
    front hides a command, and believed so often only.
    """
    joined = text.replace("\\\n", "  ").replace("`\n", "  ").replace("^\n", "  ")
    for rule in promising(_RULES, joined):
        spans = (match.span() for match in rule.pattern.finditer(joined))
        yield from _told(rule.name, joined, spans, mentioned)
    yield from _told("download-then-run", joined, _started_downloads(joined), mentioned)


def _told(name: str, text: str, spans: Iterable[tuple[int, int]], mentioned: Mentioned | None) -> Iterator[Trait]:
    told = spoken_of = 0
    for start, end in spans:
        is_mention = mentioned is not None and spoken_of < _BELIEVED and mentioned(start, end)
        told, spoken_of = told + (not is_mention), spoken_of + is_mention
        if told > _EVIDENCE:
            break
        if not is_mention or spoken_of <= _EVIDENCE:
            yield Trait(name, text[start:end][:_SHOWN], start, urls_in(_line_around(text, start, end)), is_mention)


def _started_downloads(text: str) -> Iterator[tuple[int, int]]:
    """A file is fetched on one line and started, or made a program, on one of the next."""
    found = _FETCHED_LINE.pattern.finditer(text) if _FETCHED_LINE.may_match(folded(text)) else iter(())
    for match in islice(found, _DOWNLOADS):
        saved = {(name[1] or name[2]).lower() for name in _SAVED.finditer(match.group())}
        begun = _BEGUN.finditer(text, match.end(), match.end() + _FOLLOWING) if saved else ()
        first = next((step for step in begun if step[1].lower() in saved), None)
        if first is not None:
            yield match.start(), first.end()


def installs(text: str) -> Iterator[tuple[str, int]]:
    """(what is installed, position) of every command that installs packages."""
    for match in _INSTALLING.pattern.finditer(text) if _INSTALLING.may_match(folded(text)) else ():
        yield (match[1] or match[2] or "").strip(), match.start()


def urls_in(text: str) -> tuple[str, ...]:
    """Addresses in a text, without trailing punctuation."""
    if "://" not in text:
        return ()
    return tuple(dict.fromkeys(match.group().rstrip(".,:!?") for match in _URL.finditer(text)))[:20]


def _line_around(text: str, start: int, end: int) -> str:
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    return text[first : last if last >= 0 else len(text)][:2000]
