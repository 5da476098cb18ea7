"""All credentials here are made up: random characters in the shape of the provider."""

import random
import string

import pytest

from tests.inspected import found, repository, severities

_RANDOM = random.Random(11)  # noqa: S311 - made-up credentials


def made_up(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(_RANDOM.choice(alphabet) for _ in range(length))


HF = "hf_" + made_up(34)
SECRETS = {
    "huggingface-token": HF,
    "aws-access-key": "AKIA" + made_up(16, string.ascii_uppercase + "234567"),
    "github-token": "ghp_" + made_up(36),
    "gitlab-token": "glpat-" + made_up(20),
    "openai-key": "sk-" + made_up(20) + "T3BlbkFJ" + made_up(20),
    "anthropic-key": "sk-ant-api03-" + made_up(93),
    "google-api-key": "AIza" + made_up(35),
    "slack-token": "xoxb-" + made_up(12, string.digits) + "-" + made_up(24),
    "npm-token": "npm_" + made_up(36),
    "pypi-token": "pypi-AgEI" + made_up(100),
    "private-key": "-----BEGIN RSA PRIVATE KEY-----\n" + made_up(64) + "\n" + made_up(64),
    "database-password": "postgresql://admin:" + made_up(14) + "@db.prod.invalid:5432/x",
    "wandb-key": "WANDB_API_KEY=" + made_up(40, "0123456789abcdef"),
    "azure-storage-key": "AccountName=x;AccountKey=" + made_up(86) + "==",
}


@pytest.mark.parametrize(("provider", "secret"), SECRETS.items(), ids=SECRETS)
def test_shapes_of_providers(provider: str, secret: str) -> None:
    snapshot = repository({"train.py": f'x = """{secret}"""\n'})
    (finding,) = found("secret-exposed", snapshot)
    assert finding.key.startswith(provider)
    told = snapshot.to_json() + finding.model_dump_json()
    assert secret[12:] not in told


def test_a_token_of_the_hub_is_for_a_person_to_judge() -> None:
    (finding,) = found("secret-exposed", repository({"README.md": f"login(token='{HF}')\n"}))
    assert (finding.severity, finding.confidence) == ("high", "low")
    assert finding.location.line == 1


def test_a_token_that_carries_its_checksum() -> None:
    body = "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ"  # from GitHub's own description of the format; long revoked
    (right,) = found("secret-exposed", repository({"train.py": f"x = 'ghp_{body}0mLq17'\n"}))
    assert (right.severity, right.confidence) == ("medium", "high")
    (wrong,) = found("secret-exposed", repository({"train.py": f"x = 'ghp_{body}0mLq18'\n"}))
    assert (wrong.severity, wrong.confidence) == ("low", "low")


@pytest.mark.parametrize(
    "text",
    [
        "token = 'hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'",
        "token = 'hf_YOUR_TOKEN_HERE' or 'hf_...'",
        "hf_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "AKIAIOSFODNN7EXAMPLE",
        "password: hunter2\nAuthorization: Bearer abc\nBasic dXNlcjpwYXNz",
        "id: 123e4567-e89b-12d3-a456-426614174000",
        "sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "postgresql://user:password@localhost:5432/db",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "donate: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "https://wandb.ai/org/project/runs/abcdefg1",
        "sk-learn sk-proj-your-key-here",
    ],
)
def test_harmless_look_alikes(text: str) -> None:
    assert found("secret-exposed", repository({"README.md": text + "\n"})) == []


@pytest.mark.parametrize("name", ["tokenizer.json", "vocab.txt", "merges.txt", "data.csv", "train.jsonl"])
def test_vocabularies_and_data_are_left_out(name: str) -> None:
    assert found("secret-exposed", repository({name: f'{{"a": "{HF}"}}\n'})) == []


def test_the_same_one_twice_is_one() -> None:
    assert severities("secret-exposed", repository({"a.env": f"{HF}\n{HF}\n"})) == ["high"]
