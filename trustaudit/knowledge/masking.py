"""Credentials in quoted text, replaced before the text is kept: a finding about something else quotes them too.

Wider than the shapes by which leaks are found: a quotation may be cut off in the middle of a token.
"""

from __future__ import annotations

import re
from typing import Final

_HINT: Final = re.compile(
    r"hf_|api_org_|A(?:KIA|SIA)|gh[pousr]_|github_pat_|glpat-|sk-|AIza|xox|services/T|webhooks/|:AA|k_live_|SG\.|npm_"
    r"|pypi-|sig=|PRIVATE KEY|@"
)
_LETTERS: Final = r"[A-Za-z0-9]{12,}"
_MORE: Final = r"[A-Za-z0-9_-]{12,}"
_TOKEN: Final = re.compile(
    rf"(?<![A-Za-z0-9_-])(?:(?P<plain>hf_|api_org_|AKIA|ASIA|gh[pousr]_|npm_|[sr]k_live_){_LETTERS}"
    rf"|(?P<wide>github_pat_|glpat-|sk-(?:proj-|svcacct-|admin-|ant-[a-z]{{3,5}}\d\d-)?(?=[\w-]{{0,60}}\d)|AIza|xox[abeoprs]-"
    rf"|SG\.|pypi-AgEI){_MORE}[\w.-]*)"
)
_OTHERS: Final = (
    re.compile(r"(hooks\.slack\.com/services/|discord(?:app)?\.com/api/webhooks/|[?&]sig=)[A-Za-z0-9/%+_-]{12,}"),
    re.compile(r"(\b\d{8,10}:AA)[A-Za-z0-9_-]{12,}"),
    re.compile(r"(://[^\s/:@'\"]{0,80}:)[^\s/@'\"]{3,200}(?=@)"),
    re.compile(r"(-----BEGIN [A-Z ]{0,20}PRIVATE KEY[A-Z ]{0,6}-----)[\sA-Za-z0-9+/=\\]{12,}"),
)


def masked(text: str) -> str:
    """The text, with what follows the prefix of a credential left out."""
    if not _HINT.search(text):
        return text
    text = _TOKEN.sub(lambda match: f"{match['plain'] or match['wide']}…", text)
    for pattern in _OTHERS:
        text = pattern.sub(r"\1…", text)
    return text
