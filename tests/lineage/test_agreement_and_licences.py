from __future__ import annotations

import pytest

from trustaudit.knowledge.license_texts import license_of_text
from trustaudit.knowledge.licenses import license_by_name
from trustaudit.knowledge.names import load_names
from trustaudit.lineage.agreement import related, same_model, same_repo
from trustaudit.lineage.licences import contradiction


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a/b", "A/B", True),
        ("gpt2", "openai-community/gpt2", True),
        ("THUDM/glm-4-9b", "zai-org/glm-4-9b", True),
        ("a/b", "c/b", False),
    ],
)
def test_same_repository(one: str, other: str, same: bool) -> None:
    assert same_repo(one, other, load_names()) is same


@pytest.mark.parametrize(
    ("one", "other", "same", "kin"),
    [
        ("a/Llama-3.1-8B-GGUF", "b/Llama-3.1-8B", True, True),
        ("a/llama_3.1_8b", "b/Llama 3.1 8B", True, True),
        ("a/Llama-3.1-8B-bnb-4bit", "b/Llama-3.1-8B", True, True),
        ("a/Llama-3.1-8B-Instruct", "b/Llama-3.1-8B", False, True),
        ("a/Meta-Llama-3-8B", "b/llama-chat", False, True),
        ("a/base-model-large", "b/base-model-small", False, False),
        ("a/Mistral-7B", "b/Llama-7B", False, False),
    ],
)
def test_names_of_one_line(one: str, other: str, same: bool, kin: bool) -> None:
    assert (same_model(one, other), related(one, other)) == (same, kin)


def test_nothing_is_said_of_unknown_licences() -> None:
    for child, parent in ((("apache-2.0",), ()), ((), ("cc-by-nc-4.0",)), (("apache-2.0", "ours"), ("cc-by-nc-4.0",))):
        assert contradiction(child, parent) is None


@pytest.mark.parametrize(
    ("opening", "found"),
    [
        (
            "                                 Apache License\n                           Version 2.0, January 2004\n",
            "apache-2.0",
        ),
        (
            "MIT License\n\nCopyright (c) 2024\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\nof this software, to deal in the Software without restriction",
            "mit",
        ),
        ("LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\nLlama 3.1 Version Release Date: July 23, 2024", "llama3.1"),
        ("Gemma Terms of Use \n\nLast modified: February 21, 2024", "gemma"),
        ("Attribution-NonCommercial 4.0 International\n\n====", "cc-by-nc-4.0"),
        ("Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International", "cc-by-nc-sa-4.0"),
        ("GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3, 19 November 2007", "agpl-3.0"),
        ("GNU GENERAL PUBLIC LICENSE\n   Version 2, June 1991", "gpl-2.0"),
        ("All rights reserved.", ""),
        ("", ""),
    ],
)
def test_licences_by_their_text(opening: str, found: str) -> None:
    assert license_of_text(opening) == found
    assert not found or license_by_name(found)
