"""Lists as people keep them, and as they get damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustaudit.batch.intake import Job, read_list
from trustaudit.batch.worklist import worklist
from trustaudit.errors import FileInputError, PolicyError
from trustaudit.settings import Settings


def requested(text: str, name: str = "list") -> list[str]:
    return [job.requested for job in read_list(text, name)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.txt", "# ours\norg/a   # why\n\n  org/b@v1\n"),
        ("stdin", "org/a\norg/b@v1"),
        ("list.csv", "id\norg/a\norg/b@v1\n"),
        ("list.csv", "owner,model,revision\nx,org/a,\ny,org/b,v1\n"),
        ("list.csv", "org/a,ignored\norg/b@v1,ignored\n"),
        ("list.tsv", "ref\tnote\norg/a\t1\norg/b@v1\t2\n"),
        ("list.csv", "Model;Downloads\norg/a;1\norg/b@v1;2\n"),
        ("stdin", "model,downloads\norg/a,5\norg/b@v1,6\n"),
        ("list.json", '["org/a", {"id": "org/b", "revision": "v1"}]'),
        ("list.json", '{"models": ["org/a", "org/b@v1"]}'),
        ("stdin", ' [ "org/a", "org/b@v1"]'),
        ("list.jsonl", '{"id": "org/a"}\n\n{"model": "org/b", "rev": "v1"}\n'),
        ("list.ndjson", '"org/a"\n"org/b@v1"\n'),
        ("stdin", '{"id": "org/a"}\n{"id": "org/b@v1"}\n'),
        ("stdin", '{"models":\n["org/a", "org/b@v1"]}\n'),
        ("list.yaml", "- org/a\n- id: org/b\n  revision: v1\n"),
        ("list.yml", "models:\n  - org/a  # ours\n  - org/b@v1\n"),
    ],
)
def test_every_format_says_the_same(name: str, text: str) -> None:
    assert requested(text, name) == ["org/a", "org/b@v1"]


def test_types_policies_and_places() -> None:
    text = json.dumps([{"id": "org/d", "type": "dataset", "policy": "strict"}, {"id": "spaces/org/s", "type": "space"}])
    assert read_list(text, "l.json") == [
        Job("datasets/org/d", "strict", "l.json[0]"),
        Job("spaces/org/s", "", "l.json[1]"),
    ]
    assert read_list("org/a\n\n# x\norg/b", "l.txt")[1].place == "l.txt:4"
    assert read_list("id\n\norg/a\n", "l.csv")[0].place == "l.csv: row 2"


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("l.txt", "# nothing\n", "names no repository"),
        ("l.csv", "", "names no repository"),
        ("l.json", "[1]", "l.json[0]"),
        ("l.json", '["org/a", {"x": 1}]', "l.json[1]: no 'id'"),
        ("l.json", '[{"id": 5}]', "l.json[0].id: should be text"),
        ("l.json", '[{"id": "a/b", "type": "paper"}]', "l.json[0]: type 'paper'"),
        ("l.json", "{", "not JSON"),
        ("l.json", "[" * 100_000, "not JSON"),
        ("l.jsonl", '"org/a"\n{', "l.jsonl:2"),
        ("l.yaml", "a: [", "not YAML"),
        ("l.yaml", "!!python/object/apply:os.getcwd []", "not YAML"),
        ("l.yaml", "5", "l.yaml[0]"),
    ],
)
def test_complaints_name_the_place(name: str, text: str, place: str) -> None:
    with pytest.raises(FileInputError) as caught:
        read_list(text, name)
    assert place in caught.value.what


@given(st.text(max_size=200), st.sampled_from(["txt", "csv", "tsv", "json", "jsonl", "yaml", "", "exe"]))
@settings(max_examples=150, deadline=None)
def test_garbage_gives_jobs_or_a_complaint(text: str, ending: str) -> None:
    try:
        jobs = read_list(text, f"list.{ending}")
    except FileInputError:
        return
    assert all(job.requested.strip() for job in jobs)


def test_ids_that_are_none_stay_in_the_list() -> None:
    work = worklist(read_list("org/a\nnot an id\na/b/c\norg/b\n", "l.txt"), Settings())
    assert [bool(item.ref) for item in work.items] == [True, False, False, True]
    assert work.items[1].problem is not None
    assert work.items[1].place == "l.txt:2"


def test_duplicates_are_done_once() -> None:
    text = "org/a\nORG/A\nhttps://huggingface.co/org/a\norg/a@v1\ndatasets/org/a\norg/a\nnot an id\nnot an id\n"
    work = worklist(read_list(text, "l.txt"), Settings())
    assert [item.requested for item in work.items] == ["org/a", "org/a@v1", "datasets/org/a", "not an id"]
    assert work.repeated == 4
    assert work.owners == 1


def test_policies_of_their_own_are_loaded_before_anything_is_asked(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('name = "own"\n')
    jobs = [Job("org/a"), Job("org/b", "strict"), Job("org/a", "strict"), Job("org/c", str(own))]
    work = worklist(jobs, Settings())
    assert [item.policy.name for item in work.items] == ["default", "strict", "strict", "own"]
    assert len({item.key for item in work.items}) == 4
    with pytest.raises(PolicyError, match=r"l.yaml\[3\]: "):
        worklist([Job("org/a", "strickt", "l.yaml[3]")], Settings())


def test_lists_are_told_apart() -> None:
    one = worklist([Job("org/a"), Job("org/b")], Settings())
    assert one.digest == worklist([Job("org/a"), Job("org/b")], Settings()).digest
    assert one.digest != worklist([Job("org/b"), Job("org/a")], Settings()).digest
    assert one.digest != worklist([Job("org/a"), Job("org/b")], Settings(policy="strict")).digest


def test_a_lockfile_is_a_list_of_its_commits() -> None:
    text = (
        f'lock_version = "1"\n[[repository]]\ntype = "dataset"\nid = "org/d"\ncommit = "{"a" * 40}"\npolicy = "gone"\n'
    )
    assert [job.requested for job in read_list(text, "trustaudit.lock")] == [f"datasets/org/d@{'a' * 40}"]
    for wrong in ("[[", "repository = 1", "repository = [1]", '[[repository]]\ntype = "model"', ""):
        with pytest.raises(FileInputError):
            read_list(wrong, "trustaudit.lock")
