"""Natural language in templates: what is wording, what is only a marker, and what a text asks for.

All patterns are linear in the text: every gap in them is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trustaudit.knowledge.template_words import template_words

SENTENCE_WORDS = 4
"""Words from which on a text can tell a model to do something."""

_LONGEST_MARKER = 200
_WORD = re.compile(r"[^\W\d]+(?:['\u2019][^\W\d]+)?")
_TOKEN = re.compile(r"<[^<>\s]{1,80}>|\[[A-Z_/]{1,40}\]")
# Switches between thinking and answering at once are words in the system prompt of several honest families.
_MODE = re.compile(r"\b(?:think|thinking|reason|reasoning)\b", re.IGNORECASE)
_MODE_WORDS = 6
_MARKER = re.compile(r"[<>\[\]{}|\\#*`=~^$]|^[/@!]|^\W*[^\W_]+(?:[_.-][^\W_]+)+\W*$|^\W*[\w -]{1,30}[:\uff1a]\W*$")
# Scripts without blanks between words: two characters may be a word, six a clause.
_DENSE = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DENSE_WORD = 2

_URL = re.compile(r"\b(?:https?|ftp)://([^\s/\"'<>|)\]}\\]{1,253})[^\s\"'<>|)\]}\\]{0,200}", re.IGNORECASE)
_BARE_HOST = re.compile(r"\bwww\.[a-z0-9-]{1,63}\.[a-z]{2,24}\b", re.IGNORECASE)
_NEUTRAL_HOSTS = re.compile(
    r"(?:[\w-]{1,63}\.){0,4}(?:example\.(?:com|org|net)|json-schema\.org|w3\.org|schema\.org|openapis\.org)(?::\d{1,5})?"
    r"|localhost(?::\d{1,5})?",
    re.IGNORECASE,
)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{40,}+={0,2}")

_GAP = r"(?:[\w'\u2019]{1,20}\s{1,4}){0,3}"
_SECRECY = re.compile(
    rf"\b(?:do\s{{1,4}}not|don['\u2019]t|never|must\s{{1,4}}not|without)\s{{1,4}}{_GAP}"
    r"(?:reveal|revealing|disclose|disclosing|mention|mentioning|tell|telling|inform|informing|admit|acknowledge)\s{1,4}"
    rf"{_GAP}(?:users?|anyone|instructions?|this|these|prompts?|them|that\s{{1,4}}you)\b"
    # Tool calls are between the model and the engine; several families ask to keep silent about them.
    r"(?!\s{1,4}about\s{1,4}(?:the\s{1,4}|any\s{1,4})?(?:function|tool)s?\b)"
    r"|\b(?:secretly|covertly|silently|unbeknownst)\b"
    rf"|\bkeep\s{{1,4}}{_GAP}(?:secret|hidden|confidential)\b",
    re.IGNORECASE,
)
_OVERRIDE = re.compile(
    rf"\b(?:ignore|disregard|forget|override|bypass)\s{{1,4}}{_GAP}"
    r"(?:previous|prior|above|earlier|preceding|safety|system|developer|other|all|any|these|those|your)\s{1,4}"
    rf"{_GAP}(?:instructions?|prompts?|guidelines?|rules?|restrictions?|polic(?:y|ies)|messages?)\b",
    re.IGNORECASE,
)
# "Ignore the previous instructions" in the other languages that models are most often told to answer in.
_OVERRIDE_ELSEWHERE = re.compile(
    r"(?:忽略|无视|無視|忽視|忘记|忘記)[^。.\n]{0,8}(?:之前|以前|以上|先前|前面|此前|上述|所有)[^。.\n]{0,8}(?:指令|指示|提示|规则|規則|命令|要求)"
    r"|(?:これまで|以前|上記|前)の[^。\n]{0,6}(?:指示|命令)[^。\n]{0,6}無視|이전[^.\n]{0,6}(?:지시|명령)[^.\n]{0,6}무시"
    r"|\bignor(?:a|ar|e|ez|er|iere|iert|ieren|i)\s{1,4}(?:[^\W\d]{1,12}\s{1,4}){0,4}(?:instruccion|instruç|istruzion|anweisung)"
    r"|\bignor(?:e|ez|er)\s{1,4}(?:toutes\s{1,4})?(?:les|ces|vos|tes|mes)\s{1,4}(?:[^\W\d]{1,12}\s{1,4}){0,2}(?:instruction|consigne)"
    r"|игнориру(?:й|йте)\s{1,4}(?:[^\W\d]{1,12}\s{1,4}){0,4}(?:инструкци|указани)",
    re.IGNORECASE,
)
_SECRECY_ELSEWHERE = re.compile(
    r"(?:不要|别|不得|禁止|切勿)(?:告诉|告訴|透露|提及|泄露)[^。.\n]{0,8}(?:用户|用戶|任何人|他人|系统提示|指令)"
    r"|ユーザー[^。\n]{0,4}(?:知らせ|伝え|明かさ)(?:ない|ず)",
)
_STEERING = re.compile(
    rf"\b(?:always|must|be\s{{1,4}}sure\s{{1,4}}to|make\s{{1,4}}sure\s{{1,4}}to|never\s{{1,4}}fail\s{{1,4}}to)\s{{1,4}}{_GAP}"
    r"(?:recommend|promote|advertise|endorse|praise|link|visit|click|download|install|redirect|direct|refer|suggest)\b",
    re.IGNORECASE,
)

# As above, for something with a name of its own: a product rather than a manner of answering.
_PROMOTION = re.compile(
    r"\b(?:[Aa]lways|[Mm]ust|[Ss]hould|[Oo]nly)\s{1,4}(?:[\w'\u2019]{1,20}\s{1,4}){0,3}"
    r"(?:recommend|promote|advertise|endorse|praise|prefer)\s{1,4}(?:[a-z]{1,12}\s{1,4}){0,3}[A-Z][\w-]{2,30}"
)
_PAYMENT = re.compile(
    r"\b(?:transfer|send|pay|wire|deposit|donate)\b[^.\n]{0,60}"
    r"\b(?:money|funds?|bitcoins?|btc|eth|usdt|iban|wallet|bank\s{1,4}account|account\s{1,4}(?:number\s{1,4})?\d)",
    re.IGNORECASE,
)


def words(text: str) -> int:
    """How many words a text has; two characters of a script without blanks count as one."""
    text = _TOKEN.sub(" ", text)
    dense = len(_DENSE.findall(text))
    return len(_WORD.findall(_DENSE.sub(" ", text))) + dense // _DENSE_WORD


def is_wording(text: str) -> bool:
    """Whether a text is something a person would write, rather than a marker, a label or a field name."""
    bare = text.strip()
    if _DENSE.search(bare):
        return len(_DENSE.findall(bare)) >= _DENSE_WORD
    count = words(bare)
    if _MODE.search(bare) and count <= _MODE_WORDS:
        return False
    if count >= SENTENCE_WORDS or len(bare) > _LONGEST_MARKER:
        return True
    if _MARKER.search(bare) or bare.casefold() in template_words().structure:
        return False
    return any(len(word) > _DENSE_WORD for word in _WORD.findall(bare))


def is_sentence(text: str) -> bool:
    """Whether a text is long enough to tell a model to do something."""
    return words(text) >= SENTENCE_WORDS


def requests_in(text: str) -> Iterator[tuple[str, str]]:
    """(sign, excerpt) of what in a text does not belong into a template's own words.

    ``url``, ``html-comment``, ``base64``, ``secrecy``, ``override``, ``promotion``, ``payment``, ``steering``.
    """
    url = next((match for match in _URL.finditer(text) if not _NEUTRAL_HOSTS.fullmatch(match[1])), None)
    url = url or _BARE_HOST.search(text)
    if url:
        yield "url", _around(text, url)
    for sign, patterns in _REQUESTS.items():
        match = next((found for pattern in patterns if (found := pattern.search(text))), None)
        if match:
            yield sign, _around(text, match)
    blob = next((match for match in _BASE64.finditer(text) if _is_blob(match[0])), None)
    if blob:
        yield "base64", blob[0][:60]


_REQUESTS = {
    "html-comment": (re.compile(r"<!--"),),
    "secrecy": (_SECRECY, _SECRECY_ELSEWHERE),
    "override": (_OVERRIDE, _OVERRIDE_ELSEWHERE),
    "promotion": (_PROMOTION,),
    "payment": (_PAYMENT,),
    "steering": (_STEERING,),
}


def _around(text: str, match: re.Match[str]) -> str:
    start, end = max(0, match.start() - 40), match.end() + 80
    return " ".join(text[start:end].split())


def _is_blob(text: str) -> bool:
    """Not a ruler, a path or a long name: upper, lower and digits mixed, and many different characters."""
    mixed = re.search(r"[A-Z]", text) and re.search(r"[a-z]", text) and re.search(r"\d", text)
    return bool(mixed) and len(set(text)) > 12 and text.count("/") < 6  # noqa: PLR2004 - measured on long identifiers
