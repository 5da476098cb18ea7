"""What hosts are for."""

from __future__ import annotations

import pytest

from trustaudit.knowledge.hosts import host_classes


def test_the_main_package_index_is_known_and_its_imitations_are_not() -> None:
    name = pytest.importorskip("pip._internal.models.index").PyPI.netloc
    assert "index" in host_classes(f"https://{name}/simple")
    assert "index" in host_classes(f"https://test.{name}/simple")
    for imitation in (f"{name}.host.invalid", f"x{name}", name.replace(".", "-") + ".invalid"):
        assert "index" not in host_classes(f"https://{imitation}/simple")


def test_other_indexes_and_numbers() -> None:
    assert "index" in host_classes("https://download.pytorch.org/whl/cpu")
    assert host_classes("http://127.0.0.1:8000") == {"local"}
    assert host_classes("http://203.0.113.9/a") == host_classes("http://[2001:db8::1]/") == {"ip"}
    assert host_classes("https://docs.example.com/a") == {"placeholder"}
    assert host_classes("no address at all") == frozenset()
