from __future__ import annotations

from tests.checks.inspected import findings
from tests.formats import writers_objects as w


def severities(files: dict[str, bytes]) -> set[str]:
    return {str(finding.severity) for finding in findings("serialized-code", files)}


def test_a_promise_in_r_data_is_high() -> None:
    assert "high" in severities({"model.rds": w.XDR_3 + w.r_promise()})


def test_a_function_in_lua_data_is_medium() -> None:
    assert severities({"model.t7": w.lua_table(1, (w.lua_string("f"), w.lua_function(2)))}) == {"medium"}


def test_plain_values_stay_quiet() -> None:
    tensor = w.lua_table(1, (w.lua_string("w"), w.lua_tensor(2, 4)))
    plain = {"a.rds": w.XDR_3 + w.r_strings("a"), "b.t7": tensor, "flax_model.msgpack": w.flax()}
    assert severities(plain) == set()


def test_a_text_that_python_runs_at_every_start_is_critical() -> None:
    """Lines of a ``.pth`` file in site-packages that begin with ``import`` are executed."""
    assert "critical" in severities({"model.pth": b"import os; os.system('true')\n"})
