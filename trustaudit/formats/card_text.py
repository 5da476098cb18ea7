"""Cards and other Markdown: commands and links that readers follow, and text that only machines see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from trustaudit.filefacts import Coverage
from trustaudit.formats.card_quotes import Mentions
from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.plain_text import line_of, read_text
from trustaudit.formats.rare_words import Needs, Rule, folded
from trustaudit.formats.record import Reading, Record, clip, concluded
from trustaudit.formats.scripts import tell_shell
from trustaudit.formats.shell_lines import urls_in

_I = re.IGNORECASE
_SHOWN = 160
_LINKS = 60
_PROGRAM = re.compile(
    r"\.(?:exe|msi|bat|cmd|scr|ps1|vbs|hta|jar|apk|dmg|pkg|appimage|lnk|iso|img|xll)(?:[?#].*)?\Z", _I
)
_ARCHIVE = re.compile(r"\.(?:zip|rar|7z|tar\.gz|tgz|tar|001|cab|ace)(?:[?#].*)?\Z", _I)
_WEIGHTS = re.compile(r"\.(?:safetensors|gguf|ggml|bin|pt|pth|ckpt|onnx|h5|keras|pkl|npz|msgpack)(?:[?#].*)?\Z", _I)
_AVOID_SCANNER = (
    r"\b(?:disable|turn(?:ing)?\s{1,3}off|switch\s{1,3}off|deactivate|pause|exclu(?:de|sion)|whitelist"
    r"|add\s{1,3}an?\s{1,3}exception)\b[^\n.]{0,60}\b(?:anti-?virus|(?:windows|microsoft)\s{1,3}defender|defender"
    r"|smartscreen|real-?time\s{1,3}protection|firewall|gatekeeper|virus\s{1,3}(?:protection|scanner))\b"
    r"|\b(?:anti-?virus|defender|smartscreen|browser|chrome)\b[^\n]{0,80}\b(?:false\s{1,3}positive"
    r"|ignore\s{1,3}(?:the|this|any)\s{1,3}warning|run\s{1,3}anyway|keep\s{1,3}anyway)"
    r"|more\s{1,3}info[\"'*\s]{0,6}(?:->|→|>|and|then|,)?[^\n]{0,30}run\s{1,3}anyway"
)
# "Turn the virus scanner off" in other languages, and what a Mac asks before it opens a program from elsewhere.
_AVOID_SCANNER_ELSEWHERE = (
    r"(?:关闭|禁用|停用|退出|关掉|關閉)[^\n。]{0,12}(?:杀毒|殺毒|防病毒|防毒|防火墙|安全软件|实时保护|Windows\s{0,3}Defender)"
    r"|\b(?:отключит[еь]|выключит[еь])\s[^\n.]{0,40}(?:антивирус|защитник|defender)"
    r"|\b(?:desactiv|deshabilit|desativ|d[ée]sactiv|deaktivier|disattiv)\w{1,6}\s[^\n.]{0,40}"
    r"(?:antiv[ií]rus|virenschutz|virenscanner|defender|smartscreen)"
    r"|\bxattr\s{1,4}-\w{0,3}d\w{0,3}\s{1,4}com\.apple\.quarantine"
)
_DENIED = re.compile(r"(?:\b(?:not|never|without|cannot)|n['\u2019]t)(?:\s{1,3}\w{1,15}){0,2}\s{1,3}\Z", _I)
_RUN_BOX = r"\bwin(?:dows)?(?:\s{0,3}key)?\s{0,3}\+\s{0,3}R\b[^\n]{0,120}(?:\bctrl\s{0,3}\+\s{0,3}V\b|\bpaste\b)"
_ABOUT_WEIGHTS = re.compile(
    r"\b(?:weights?|checkpoints?|ckpt|gguf|safetensors|loras?|(?:full|complete|trained|large|pro)\s{1,3}(?:models?|versions?))\b",
    _I,
)
_STARTING = re.compile(r"\b(?:run|execute|launch|install|double[- ]click|start|open)\b", _I)
_UNPACKING = re.compile(r"\b(?:download|extract|unpack|unzip|unrar|decompress|open)\b", _I)
_LOCKED = (
    r"\b(?:zip|rar|7z|archive|extract|unpack|unzip|unrar|decompress)\b[^\n]{0,120}"
    r"\b(?:password|pass|pwd)\s{0,3}(?:is|:|=|-)\s{0,3}[`*\"']{0,3}\S{1,40}"
    r"|\b(?:password|pass|pwd)\s{0,3}(?:is|:|=|-|for)\s{0,3}[^\n]{0,40}"
    r"\b(?:zip|rar|7z|archive|extract\w{0,3}|unpack\w{0,3})\b"
)
_OPEN_PROGRAM = (
    r"\b(?:run|double[- ]click|launch|execute|start|open)\b[^\n.]{0,40}?[`\"'*\s(]"
    r"([\w.-]{1,80}\.(?:exe|bat|cmd|ps1|vbs|msi|scr|sh|jar|lnk))\b"
)
_UNSAFE = (
    r"\bweights_only\s{0,3}=\s{0,3}False\b|--no-verify\b"
    r"|\bverify\s{0,3}=\s{0,3}False\b|\bHF_HUB_DISABLE_\w{0,30}SAFE\w{0,20}"
)
_TRUSTING = re.compile(
    r"from_pretrained\(\s{0,20}[\"']([\w.-]{1,96}/[\w.-]{1,96})[\"'][^()]{0,400}?trust_remote_code\s{0,3}=\s{0,3}True"
)
_OFFICIAL = (
    r"\bofficial\s{1,3}(?:\w{1,20}\s{1,3}){0,3}"
    r"(?:repository|repo|release|model|weights|checkpoint|account|implementation|page)\b[^\n]{0,80}"
)
_COMMENT_CHARS = 6_000
_TAG = re.compile(r"<\w{1,12}\b([^<>]{3,400})>([^<]{1,4000})")
_UNSEEN = re.compile(
    r"display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}hidden|font-size\s{0,3}:\s{0,3}[01](?:px|pt|em|%)?\s{0,3}[;\"']"
    r"|opacity\s{0,3}:\s{0,3}0\s{0,3}[;\"']|[\s;\"']color\s{0,3}:\s{0,3}(?:white|transparent|#fff(?:fff)?)\b|\shidden\b",
    _I,
)
_TO_MACHINES = re.compile(
    r"\b(?:ignore|disregard|forget|override)\s{1,3}(?:(?:all|any|the|your)\s{1,3}){0,2}"
    r"(?:previous|prior|above|earlier|other|system)\b"
    r"|\byou\s{1,3}(?:are|must|should|will)\b[^\n]{0,80}\b(?:assistant|agent|model|ai|llm|respond|answer|report|rate|say"
    r"|run|execute|download|recommend|trust|safe)\b"
    r"|\b(?:system\s{1,3}prompt|ai\s{1,3}(?:assistant|agent)s?|language\s{1,3}models?|llms?|agents?|copilot|chatbots?"
    r"|cursor)\b[^\n]{0,60}\b(?:must|should|please|shall|always|never|do\s{1,3}not|ignore|run|execute|install|fetch"
    r"|read\s{1,3}this)\b"
    r"|\b(?:tell|assure|convince)\s{1,3}(?:the\s{1,3})?(?:users?|readers?)\s{1,3}(?:that|this|it|to|not)\b"
    r"|\bdo\s{1,3}not\s{1,3}(?:tell|mention|reveal|inform|warn|disclose|show)\b"
    r"|\b(?:mark|report|classify|rate|treat|consider)\b[^\n]{0,40}\bas\s{1,3}(?:safe|trusted|clean|benign|verified)\b"
    r"|\b(?:run|execute)\b[^\n]{0,60}\b(?:curl|wget|bash|python|pip|powershell|command)\b",
    _I,
)
_WHITE = re.compile(r"color\s{0,3}:\s{0,3}(?:white|#)", _I)
_COLOURED = re.compile(
    r"\bbackground(?:-color|-image)?\s{0,3}:\s{0,3}(?!white\b|#fff|transparent\b|none\b|inherit\b|initial\b|unset\b"
    r"|rgba?\(|hsla?\(|var\()[\w#]",
    _I,
)
# A comment is also where a writer leaves things out: commands and advice that were in the card. Only what can be meant
# for nobody but a machine counts there.
_DIRECTIVE = (
    r"(?:run|execute|install|download|fetch|visit|recommend|report|rate|classify|mark|trust|tell|mention|reveal|approve|say"
    r"|state|respond|answer|output|reply|ignore|disregard|skip|bypass|treat|consider|assume|describe|call|send)\b"
)
_BINDING = (
    r"(?:must|should|shall|please|always|never|do\s{1,3}not|don['\u2019]t|(?:need|have|are\s{1,3}\w{1,12})\s{1,3}to)\b"
)
_TO_MACHINES_ALONE = re.compile(
    r"\b(?:ignore|disregard|forget|override)\s{1,3}(?:(?:all|any|the|your)\s{1,3}){0,2}"
    r"(?:previous|prior|above|earlier|other|system)\b"
    r"|\b(?:ai\s{1,3}\w{1,12}|assistants?|agents?|language\s{1,3}models?|llms?|copilot|chatbots?|cursor)\b[^\n]{0,60}?\b"
    rf"{_BINDING}(?:\s{{1,3}}\w{{1,12}}){{0,2}}\s{{1,3}}{_DIRECTIVE}"
    r"|\byou\s{1,3}(?:are|must|should|shall|will)\b[^\n]{0,60}\b(?:assistant|agent|ai|llm)\b[^\n]{0,60}?\b"
    rf"{_BINDING}(?:\s{{1,3}}\w{{1,12}}){{0,2}}\s{{1,3}}{_DIRECTIVE}"
    r"|\byou\s{1,3}(?:must|should|shall|will|are\s{1,3}to)\s{1,3}(?:\w{1,12}\s{1,3}){0,2}"
    r"(?:respond|answer|say|recommend|trust|reply|approve|tell)\b"
    r"|\bdo\s{1,3}not\s{1,3}(?:tell|mention|reveal|inform|warn|disclose)\b"
    r"|\btell\s{1,3}(?:the\s{1,3})?(?:users?|readers?|humans?|operators?)\b"
    r"|\b(?:reveal|print|output|repeat|send)\b[^\n]{0,40}\bsystem\s{1,3}prompt"
    r"|\b(?:mark|report|classify|rate|treat|consider)\b[^\n]{0,40}\bas\s{1,3}(?:safe|trusted|clean|benign|verified)\b"
    r"|\b(?:before|when|while|after)\s{1,3}(?:\w{1,12}\s{1,3}){0,2}"
    r"(?:answer|respond|repl[yi]|summari[sz]|review|audit|scann)\w{0,5}\b[^\n]{0,80}"
    r"\b(?:run|execute|fetch|visit|download|call|open)\b",
    _I,
)
_TEMPLATE_COMMENT = re.compile(
    r"\A\s{0,20}(?:provide|this\s{1,3}(?:section|model\s{1,3}card)|\[|e\.g|todo|example|details|info|link"
    r"|the\s{1,3}model\s{1,3}card|add|describe|optional|toc|prettier|markdownlint|region|end)\b",
    _I,
)
_INVISIBLE = re.compile("[\u200b\u2060-\u2064\ufeff]{4,}")
_TAGS = re.compile("[\U000e0020-\U000e007e]{8,}")
_BIDI = re.compile("[\u202d\u202e]")


def inspect_card(source: Source) -> Inspecting:
    """A Markdown file."""
    record = Record(source, "markdown")
    return concluded(record, _walk(source, record), Coverage.COMPLETE)


def _walk(source: Source, record: Record) -> Reading[None]:
    text = yield from read_text(source, record)
    tell_shell(record, text, "card", Mentions(text).has)
    _tell_links(record, text)
    _tell_advice(record, text)
    _tell_hidden(record, text)


def _tell_links(record: Record, text: str) -> None:
    """Addresses by what lies behind them: programs, archives, weights. Each once."""
    told = 0
    for url in dict.fromkeys(url for line in text.split("\n") for url in urls_in(line[:20_000])):
        kind = _link_kind(url)
        if not kind or told >= _LINKS:
            continue
        told += 1
        position = text.find(url)
        words = _around(text, position).replace(url, "")
        record.line = line_of(text, position)
        record.fact(
            "card-link",
            f"links to {clip(url, _SHOWN)}",
            leads_to=kind,
            url=clip(url, 300),
            about="weights" if _ABOUT_WEIGHTS.search(words) else "",
            to_start="yes" if _STARTING.search(words) else "",
        )
    record.line = None


def _around(text: str, position: int) -> str:
    """The line of a place, as far as it matters."""
    first = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return text[max(first, position - 300) : min(end if end >= 0 else len(text), position + 700)]


def _link_kind(url: str) -> str:
    path = url.partition("://")[2].partition("/")[2]
    if _PROGRAM.search(path):
        return "program"
    if _ARCHIVE.search(path):
        return "archive"
    return "weights" if _WEIGHTS.search(path) else "page" if _mentions_hoster(url) else ""


def _mentions_hoster(url: str) -> bool:
    from trustaudit.knowledge.hosts import host_classes  # noqa: PLC0415 - read when a card has links

    return bool(host_classes(url) & {"hoster", "shortener", "drop", "ip"})


_PROGRAMS: Needs = ((".exe", ".bat", ".cmd", ".ps1", ".vbs", ".msi", ".scr", ".sh", ".jar", ".lnk"),)
_GUARDS: Needs = (
    (
        *("virus", "defender", "smartscreen", "time protection", "firewall", "gatekeeper"),
        *("browser", "chrome", "run anyway"),
    ),
)
_GUARDS_ELSEWHERE: Needs = (
    (
        *("关闭", "禁用", "停用", "退出", "关掉", "關閉", "ключи"),
        *("sactiv", "deshabilit", "desativ", "deaktivier", "disattiv", "com.apple.quarantine"),
    ),
)
_PACKED = ("zip", "rar", "7z", "archive", "extract", "unpack", "decompress")
_SWITCHES: Needs = (("weights_only", "verify", "hf_hub_disable_"), ("false", "--no-verify", "hf_hub_disable_"))
_ADVICE = (
    (Rule("avoid-scanner", _GUARDS, _AVOID_SCANNER), "tells to get protection out of the way"),
    (Rule("avoid-scanner", _GUARDS_ELSEWHERE, _AVOID_SCANNER_ELSEWHERE), "tells to get protection out of the way"),
    (
        Rule("run-box", (("win",), ("+",), ("ctrl", "paste")), _RUN_BOX),
        "tells to paste a command into the Run box",
    ),
    (
        Rule("archive-password", (("pass", "pwd"), _PACKED), _LOCKED),
        "gives a password for an archive, which no scanner can look into",
    ),
    (Rule("unsafe-flag", _SWITCHES, _UNSAFE, ignores_case=False), "tells to switch a safeguard off"),
    (Rule("official-claim", (("official",),), _OFFICIAL), "says it is official"),
)
_OPENS = Rule("opens-program", _PROGRAMS, _OPEN_PROGRAM)


def _tell_advice(record: Record, text: str) -> None:
    words = folded(text)
    for rule, message in _ADVICE:
        matches = rule.pattern.finditer(text) if rule.may_match(words) else iter(())
        found = (match for match in islice(matches, _LINKS) if not _is_denied(text, match))
        match = next(found, None)
        if match:
            to_do = "yes" if _UNPACKING.search(_around(text, match.start())) else ""
            _tell(record, text, match, "card-advice", message, advice=rule.name, to_do=to_do)
    for match in list(_OPENS.pattern.finditer(text))[:10] if _OPENS.may_match(words) else ():
        _tell(record, text, match, "card-runs", f"tells to start {match[1]}", file=match[1])
    for repo in dict.fromkeys(match[1] for match in _TRUSTING.finditer(text)):
        record.fact("card-trusts", f"tells to load {repo} with trust_remote_code=True", repo=repo)


def _is_denied(text: str, match: re.Match[str]) -> bool:
    """A statement and no advice: "it does not disable the virus scanner"."""
    return bool(_DENIED.search(text[max(0, match.start() - 60) : match.start()]))


def _tell(record: Record, text: str, match: re.Match[str], kind: str, message: str, **data: str) -> None:
    record.line = line_of(text, match.start())
    record.fact(kind, message, text=clip(match.group(), _SHOWN), **data)
    record.line = None


def _tell_hidden(record: Record, text: str) -> None:
    """Text that a reader of the rendered card does not see, where it speaks to machines."""
    for how, position, hidden in _hidden(text):
        record.line = line_of(text, position)
        speaks = (_TO_MACHINES_ALONE if how == "comment" else _TO_MACHINES).search(hidden)
        record.fact(
            "card-hidden",
            f"text that is not shown ({how})",
            how=how,
            instructs="yes" if speaks else "",
            text=clip(speaks.group() if speaks else hidden.strip(), _SHOWN),
        )
    record.line = None


def _hidden(text: str) -> Iterator[tuple[str, int, str]]:
    comments = ((at, inner) for at, inner in _comments(text) if not _TEMPLATE_COMMENT.match(inner))
    yield from (("comment", at, inner) for at, inner in islice(comments, _LINKS) if _TO_MACHINES_ALONE.search(inner))
    unseen = (match for match in _TAG.finditer(text) if match[2].strip() and _is_unseen(match[1]))
    yield from (("style", match.start(), match[2]) for match in islice(unseen, _LINKS))
    for how, pattern in (("zero-width", _INVISIBLE), ("tag-characters", _TAGS), ("direction", _BIDI)):
        found = pattern.search(text)
        if found:
            yield how, found.start(), _readable(found.group())


def _is_unseen(attributes: str) -> bool:
    """White letters are hidden on white only: buttons and banners state what they stand on."""
    coloured = _COLOURED.search(attributes) is not None
    return any(not (coloured and _WHITE.search(match.group())) for match in _UNSEEN.finditer(attributes))


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """HTML comments, each with its place; one that is never closed hides the rest."""
    start = text.find("<!--")
    while start >= 0:
        end = text.find("-->", start)
        end = end if end >= 0 else len(text)
        yield start, text[start + 4 : min(end, start + _COMMENT_CHARS)]
        start = text.find("<!--", end)


def _readable(hidden: str) -> str:
    """Tag characters stand for ASCII."""
    return "".join(chr(ord(char) - 0xE0000) if 0xE0020 <= ord(char) <= 0xE007E else "" for char in hidden)  # noqa: PLR2004 - Unicode block Tags
