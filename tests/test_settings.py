"""Settings: precedence, the Hub client's variables, and nothing leaked."""

from __future__ import annotations

from pathlib import Path

import pytest

from trustaudit.errors import ConfigurationError
from trustaudit.settings import Settings, debugging, hf_home, hf_hub_cache


def load(tmp_path: Path, env: dict[str, str] | None = None, **flags: object) -> Settings:
    base = {"HF_HOME": str(tmp_path / "hf"), "XDG_CONFIG_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "c")}
    return Settings.load({**base, **(env or {})}, **flags)


def test_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.is_default_endpoint
    assert settings.token is None
    assert settings.cache_dir == tmp_path / "c" / "trustaudit"


def test_flags_beat_environment_beats_file(tmp_path: Path) -> None:
    (tmp_path / "trustaudit").mkdir()
    (tmp_path / "trustaudit" / "config.toml").write_text('policy = "strict"\nconcurrency = 2\naudit_timeout = 5\n')
    assert load(tmp_path).policy == "strict"
    assert load(tmp_path).audit_timeout == 5
    assert load(tmp_path, {"TRUSTAUDIT_POLICY": "permissive"}).policy == "permissive"
    assert load(tmp_path, {"TRUSTAUDIT_POLICY": "permissive"}, policy="default").policy == "default"
    assert load(tmp_path, policy=None).concurrency == 2


def test_folders_that_are_named_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(tmp_path, {"TRUSTAUDIT_DATA_DIR": "here", "TRUSTAUDIT_CACHE_DIR": "there"})
    assert (settings.data_dir, settings.cache_dir) == (tmp_path / "here", tmp_path / "there")


def test_token_sources_in_order(tmp_path: Path) -> None:
    (tmp_path / "hf").mkdir()
    (tmp_path / "hf" / "token").write_text("hf_file\n")
    assert load(tmp_path).token == "hf_file"
    assert load(tmp_path, {"HUGGING_FACE_HUB_TOKEN": "hf_legacy"}).token == "hf_legacy"
    assert load(tmp_path, {"HUGGING_FACE_HUB_TOKEN": "hf_legacy", "HF_TOKEN": "hf_new"}).token == "hf_new"
    assert load(tmp_path, {"HF_TOKEN": "hf_new", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "yes"}).token is None
    other = tmp_path / "other"
    other.write_text("hf_path")
    assert load(tmp_path, {"HF_TOKEN_PATH": str(other)}).token == "hf_path"


def test_token_never_shows(tmp_path: Path) -> None:
    assert "hf_secret" not in repr(load(tmp_path, {"HF_TOKEN": "hf_secret"}))


def test_token_with_impossible_characters_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        load(tmp_path, {"HF_TOKEN": "hf_\u00e9"})


@pytest.mark.parametrize("name", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_variables(tmp_path: Path, name: str) -> None:
    assert load(tmp_path, {name: "On"}).offline
    assert not load(tmp_path, {name: "0"}).offline


def test_endpoint_is_normalised_and_checked(tmp_path: Path) -> None:
    settings = load(tmp_path, {"HF_ENDPOINT": "http://Mirror.corp:8081/artifactory/api/huggingfaceml/hf/"})
    assert settings.endpoint == "http://Mirror.corp:8081/artifactory/api/huggingfaceml/hf"
    assert settings.origin == ("http", "mirror.corp", 8081)
    assert load(tmp_path).origin == ("https", "huggingface.co", 443)
    assert load(tmp_path, {"HF_ENDPOINT": "http://mirror.corp/\r\n"}).endpoint == "http://mirror.corp"
    impossible = ("http://[::1", "http://x:99999", "http://x:port", "http://a b", "http://x:0")
    for bad in ("mirror.corp", "ftp://x", "https://user:pw@x", "https://x?q=1", *impossible):
        with pytest.raises(ConfigurationError):
            load(tmp_path, {"HF_ENDPOINT": bad})


def test_bad_numbers_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="HF_HUB_ETAG_TIMEOUT"):
        load(tmp_path, {"HF_HUB_ETAG_TIMEOUT": "soon"})
    with pytest.raises(ConfigurationError, match="concurrency"):
        load(tmp_path, concurrency=0)
    for name, value in (("CONCURRENCY", "nan"), ("CACHE_BYTES", "inf"), ("CONCURRENCY", "1e400"), ("TIMEOUT", "nan")):
        with pytest.raises(ConfigurationError, match=f"TRUSTAUDIT_{name}"):
            load(tmp_path, {f"TRUSTAUDIT_{name}": value})
    with pytest.raises(ConfigurationError, match="--timeout"):
        load(tmp_path, audit_timeout=float("nan"))


def test_configuration_file_errors(tmp_path: Path) -> None:
    (tmp_path / "trustaudit").mkdir()
    path = tmp_path / "trustaudit" / "config.toml"
    wrong = (("policy = 3", "policy"), ("record = 3", "record"), ("cache_dir = 3", "cache_dir"), ("[", "config"))
    for text, word in (("polcy = 1", "config.toml: .*polcy"), ("token = 'x'", "token"), *wrong):
        path.write_text(text)
        with pytest.raises(ConfigurationError, match=word):
            load(tmp_path)
    path.write_text("replay = 'answers'\naudit_timeout = 3\n")
    assert load(tmp_path).replay == Path("answers").absolute()
    assert load(tmp_path).audit_timeout == 3
    with pytest.raises(ConfigurationError, match="does not exist"):
        load(tmp_path, {"TRUSTAUDIT_CONFIG": str(tmp_path / "none.toml")})


def test_record_and_replay_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        load(tmp_path, record=tmp_path, replay=tmp_path)


def test_folders_of_the_hubs_client(tmp_path: Path) -> None:
    assert hf_home({"HF_HOME": str(tmp_path)}) == tmp_path
    assert hf_home({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "huggingface"
    assert hf_hub_cache({"HF_HUB_CACHE": str(tmp_path / "x")}) == tmp_path / "x"
    assert hf_hub_cache({"HF_HOME": str(tmp_path)}) == tmp_path / "hub"


def test_debugging_variables() -> None:
    assert debugging({"TRUSTAUDIT_DEBUG": "1"})
    assert debugging({"HF_DEBUG": "true"})
    assert not debugging({})
