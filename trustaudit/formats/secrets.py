"""Credentials left in text, by the shapes that providers give them.

Only shapes with a prefix or a structure of their own are looked for: a generic ``password:``
is far more often an example than a leak. A secret is never stored, not even here: prefix,
length and a short digest tell it apart.
"""

from __future__ import annotations

import hashlib
import math
import re
import string
import zlib
from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from trustaudit.filefacts import Coverage
from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.plain_text import MAX_TEXT, line_of, read_text
from trustaudit.formats.rare_words import Needs, Rule, folded
from trustaudit.formats.record import Reading, Record, concluded
from trustaudit.knowledge.file_kinds import FileKind, kind_of

_SKIPPED_NAMES = re.compile(
    r"(?:tokenizer\.json|vocab[\w.-]{0,40}|.{0,60}vocab\.\w{1,8}|merges[\w.-]{0,40}|.{0,60}\.index\.json"
    r"|added_tokens\.json|.{0,100}\.(?:bpe|vocab|codes|tiktoken|spm))\Z"
)
_SKIPPED_KINDS = frozenset({FileKind.DATA, FileKind.MEDIA, FileKind.LOG})
_MOST = 20
_PLACEHOLDER = re.compile(
    r"x{4,}|\*{3,}|\.{3}|0{6,}|1234567|abcdefg|your[_-]|my[_-]?(?:token|key|secret)|example|placeholder|dummy|changeme"
    r"|redacted|insert[_-]|<|>|\{|\$",
    re.IGNORECASE,
)


class Shape(Struct, frozen=True):
    """What a provider's credential looks like. Group 1 is the secret part whose entropy is measured."""

    rule: Rule
    entropy: float = 3.0
    """Bits per character below which it is a made-up example."""

    @property
    def name(self) -> str:
        """Which credential, in words joined with dashes."""
        return self.rule.name


def _shape(name: str, words: tuple[str, ...], pattern: str, entropy: float = 3.0) -> Shape:
    """``words``: one of them is in every match, in lower case; none: nothing is known."""
    needs: Needs = (words,) if words else ()
    return Shape(Rule(name, needs, pattern, ignores_case=False), entropy)


_EDGE = r"(?<![A-Za-z0-9_-])"
_STOP = r"(?![A-Za-z0-9_-])"
SHAPES: tuple[Shape, ...] = (
    _shape("huggingface-token", ("hf_",), rf"{_EDGE}hf_([A-Za-z0-9]{{34}}){_STOP}"),
    _shape("huggingface-organization-token", ("api_org_",), rf"{_EDGE}api_org_([A-Za-z0-9]{{34}}){_STOP}"),
    _shape("aws-access-key", ("akia", "asia"), rf"{_EDGE}(?:AKIA|ASIA)([A-Z2-7]{{16}}){_STOP}", 2.8),
    _shape(
        "github-token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), rf"{_EDGE}gh[pousr]_([A-Za-z0-9]{{36,255}}){_STOP}"
    ),
    _shape("github-fine-grained-token", ("github_pat_",), rf"{_EDGE}github_pat_([A-Za-z0-9_]{{60,255}}){_STOP}"),
    _shape("gitlab-token", ("glpat-",), rf"{_EDGE}glpat-([A-Za-z0-9_-]{{20,64}}){_STOP}"),
    _shape(
        "openai-key",
        ("t3blbkfj",),
        rf"{_EDGE}sk-(?:proj-|svcacct-|admin-)?([A-Za-z0-9_-]{{20,180}}T3BlbkFJ[A-Za-z0-9_-]{{20,180}})",
    ),
    _shape("openai-key", ("sk-proj-",), rf"{_EDGE}sk-proj-([A-Za-z0-9_-]{{40,200}}){_STOP}", 3.5),
    _shape(
        "anthropic-key", ("sk-ant-",), rf"{_EDGE}sk-ant-(?:api|admin|oat|sid)\d\d-([A-Za-z0-9_-]{{60,130}}){_STOP}", 3.5
    ),
    _shape("google-api-key", ("aiza",), rf"{_EDGE}AIza([A-Za-z0-9_-]{{35}}){_STOP}"),
    _shape("slack-token", ("xox",), rf"{_EDGE}xox[abeoprs]-(\d{{8,14}}-[A-Za-z0-9-]{{10,200}}){_STOP}"),
    _shape(
        "slack-webhook",
        ("hooks.slack.com/",),
        r"hooks\.slack\.com/services/(T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{20,30})",
    ),
    _shape(
        "discord-webhook", ("api/webhooks/",), r"discord(?:app)?\.com/api/webhooks/(\d{17,20}/[A-Za-z0-9_-]{60,80})"
    ),
    _shape(
        "discord-bot-token",
        (),
        rf"{_EDGE}([MNO][A-Za-z0-9_-]{{23,25}}\.[A-Za-z0-9_-]{{6}}\.[A-Za-z0-9_-]{{27,38}}){_STOP}",
        3.8,
    ),
    _shape("telegram-bot-token", (":aa",), rf"{_EDGE}\d{{8,10}}:(AA[A-Za-z0-9_-]{{33}}){_STOP}", 3.5),
    _shape("stripe-live-key", ("k_live_",), rf"{_EDGE}[sr]k_live_([A-Za-z0-9]{{24,99}}){_STOP}"),
    _shape("sendgrid-key", ("sg.",), rf"{_EDGE}SG\.([A-Za-z0-9_-]{{22}}\.[A-Za-z0-9_-]{{43}}){_STOP}", 3.5),
    _shape("npm-token", ("npm_",), rf"{_EDGE}npm_([A-Za-z0-9]{{36}}){_STOP}"),
    _shape("pypi-token", ("pypi-agei",), rf"{_EDGE}pypi-(AgEI[A-Za-z0-9_-]{{70,250}})"),
    _shape("azure-sas", ("sig=",), r"[?&]sig=([A-Za-z0-9%/+]{43,70}(?:%3D|=))"),
    _shape("azure-storage-key", ("accountkey=",), r"(?i:AccountKey)=([A-Za-z0-9+/]{86}==)"),
    _shape("google-service-account", ("private_key_id",), r'"private_key_id"\s{0,5}:\s{0,5}"([0-9a-f]{40})"', 2.5),
    _shape("wandb-key", ("wandb",), r"(?i:wandb)[^\n]{0,60}?(?<![0-9a-f/])([0-9a-f]{40})(?![0-9a-f])", 2.8),
    _shape(
        "private-key",
        ("private key",),
        r"-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED |PGP )?PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n){1,4}"
        r"(?:[A-Za-z-]{1,20}: [^\n]{1,80}\n){0,4}([A-Za-z0-9+/=\s\\]{60,200})",
        3.5,
    ),
    _shape(
        "database-password",
        ("://",),
        r"\b(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|redis|amqps?)(?:\+\w{1,12})?://[\w.-]{1,40}:([^\s:@/'\"]{6,80})@"
        r"(?!(?:localhost|127\.[\d.]{1,12}|0\.0\.0\.0|db|postgres|host|mysql|redis|mongo)(?:[:/\s\"']|$))[\w.-]{1,100}",
        2.5,
    ),
)


def inspect_secrets(source: Source) -> Inspecting:
    """One ``secret`` observation for each credential, without the credential."""
    record = Record(source, "text")
    if _holds_none(source):
        return _nothing(record)
    return concluded(record, _walk(source, record), Coverage.COMPLETE)


def _holds_none(source: Source) -> bool:
    """Vocabularies and data hold strings of every shape by chance, and nobody's configuration."""
    name = source.path.rpartition("!")[2].rpartition("/")[2].lower()
    return source.size > MAX_TEXT or kind_of(name) in _SKIPPED_KINDS or _SKIPPED_NAMES.match(name) is not None


def _nothing(record: Record) -> Inspecting:
    yield from ()
    return record.inspection(Coverage.NONE)


def _walk(source: Source, record: Record) -> Reading[None]:
    text = yield from read_text(source, record)
    record_secrets(record, text)


def record_secrets(record: Record, text: str) -> None:
    """Note every credential in ``text``, each once."""
    seen: set[str] = set()
    for shape, match in _matches(text):
        digest = hashlib.sha256(match[0].encode("utf-8", "replace")).hexdigest()[:12]
        if digest in seen or len(seen) >= _MOST:
            continue
        seen.add(digest)
        record.line = line_of(text, match.start())
        shown = match[0][: match.start(1) - match.start()][:40] if shape.name not in _HIDDEN_PREFIX else ""
        record.fact(
            "secret",
            f"a {shape.name.replace('-', ' ')}",
            provider=shape.name,
            prefix=shown,
            length=str(len(match[0])),
            digest=digest,
            checksum=_checksum(shape.name, match[1]),
        )
    record.line = None


# GitHub described the format in 2021 ("Behind GitHub's new authentication token formats"); npm took it over.
_CHECKSUMMED = frozenset({"github-token", "npm-token"})
_CHECKSUMMED_LENGTH = 36
_CHECKSUM_LENGTH = 6
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_HIDDEN_PREFIX = frozenset(
    {"database-password", "private-key", "google-service-account", "wandb-key", "telegram-bot-token"}
)


def _checksum(provider: str, secret: str) -> str:
    """``right`` or ``wrong`` where the issuer ends its tokens with the CRC-32 of what is before; empty elsewhere."""
    if provider not in _CHECKSUMMED or len(secret) != _CHECKSUMMED_LENGTH:
        return ""
    number, digits = zlib.crc32(secret[:-_CHECKSUM_LENGTH].encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return "right" if digits == secret[-_CHECKSUM_LENGTH:] else "wrong"


def _matches(text: str) -> Iterator[tuple[Shape, re.Match[str]]]:
    words = folded(text)
    for shape in SHAPES:
        if not shape.rule.may_match(words):
            continue
        for number, match in enumerate(shape.rule.pattern.finditer(text)):
            if number >= _MOST:
                break
            if not _is_placeholder(shape, match[1]):
                yield shape, match


def _is_placeholder(shape: Shape, secret: str) -> bool:
    return bool(_PLACEHOLDER.search(secret)) or entropy(secret) < shape.entropy


def entropy(text: str) -> float:
    """Shannon entropy in bits per character."""
    total = len(text)
    return -sum(n / total * math.log2(n / total) for n in Counter(text).values()) if total else 0.0
