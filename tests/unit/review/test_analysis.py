from __future__ import annotations

import copy
import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from mr.config import Mode
from mr.review.analysis import Provenance, analysis_schema, validate
from tests.unit.recording.conftest import a_rig
from tests.unit.review.conftest import Session

ROOT = Path(__file__).parents[3]


def test_it_has_what_the_issue_promises(session: Session) -> None:
    a = session.analysis()
    assert a["schema"] == "mrcpr.analysis/2"
    assert a["summary"]["n_compressions"] == len(a["compressions"]) == 30
    first = a["compressions"][0]
    assert first["onset_s"] < first["peak_s"] < first["release_s"]
    assert first["peak_s"] == pytest.approx(0.5 + 54.5 / 200, abs=0.01)
    assert first["depth_mm"] == pytest.approx(55.0, abs=0.2)
    assert a["summary"]["mean_depth_mm"] == pytest.approx(53.5, abs=0.2)
    assert a["summary"]["mean_rate_cpm"] == pytest.approx(60 * 200 / 109, abs=0.2)
    assert [p["end_s"] - p["start_s"] for p in a["pauses"]] == pytest.approx([4.0], abs=0.2)
    assert len(a["ventilations"]) == 2
    assert {"value_pct", "items", "cycles", "missing"} <= set(a["score"])


def test_percentages_are_of_the_known_ones(session: Session) -> None:
    summary = session.analysis()["summary"]
    assert summary["depth_in_target_pct"] == pytest.approx(70.0)
    assert summary["rate_in_target_pct"] == 100.0
    assert summary["release_in_target_pct"] == 100.0
    assert summary["volume_in_target_pct"] == 100.0  # one of one: the other is unknown
    assert summary["hand_in_target_pct"] is None
    assert summary["why"]["hand_in_target_pct"] == "the hand's position was not measured"


def nulls_without_reason(value: Any, path: str = "") -> list[str]:
    """List measured values that are null and say no why."""
    if isinstance(value, list):
        return [hit for v in value for hit in nulls_without_reason(v, path)]
    if not isinstance(value, dict):
        return []
    hits = [hit for key, v in value.items() for hit in nulls_without_reason(v, f"{path}.{key}")]
    if "why" in value and isinstance(value["why"], dict):
        measured = [k for k, v in value.items() if v is None and "_sigma" not in k]
        hits += [f"{path}.{k}" for k in measured if not value["why"].get(k)]
    return hits


def test_every_unknown_says_why(session: Session) -> None:
    a = session.analysis()
    assert nulls_without_reason(a) == []
    assert a["ventilations"][1]["volume_ml"] is None
    assert a["ventilations"][1]["why"] == {"volume_ml": "airway lost"}
    a["compressions"][3]["depth_mm"] = None
    assert nulls_without_reason(a) == [".compressions.depth_mm"]


def test_simulated_numbers_never_pass_for_real_ones(session: Session) -> None:
    assert session.analysis("sim")["source"]["simulated"] is True
    assert session.analysis("live")["source"]["simulated"] is False
    replayed = session.analysis("replay", Provenance(rig=a_rig()))  # that rig is a simulated one
    assert replayed["source"]["simulated"] is True


def test_it_is_json_to_the_last_bit(session: Session) -> None:
    a = session.analysis("live", Provenance(rig=a_rig()))
    assert json.loads(json.dumps(a, allow_nan=False)) == a


@pytest.mark.parametrize(
    "spoil",
    [
        lambda a: a.update(extra=1),
        lambda a: a["summary"].pop("ccf_pct"),
        lambda a: a["source"].update(kind="real"),
        lambda a: a["compressions"][0].update(depth_mm="55"),
        lambda a: a["score"].update(value_pct=101),
        lambda a: a["pauses"][0].update(kind="coffee"),
    ],
)
def test_the_schema_refuses_what_is_wrong(session: Session, spoil: Any) -> None:
    a = copy.deepcopy(session.analysis())
    validate(a)
    spoil(a)
    with pytest.raises(jsonschema_rs.ValidationError):
        validate(a)
    with pytest.raises(jsonschema.ValidationError):  # another's validator says the same
        jsonschema.Draft202012Validator(analysis_schema()).validate(a)


def test_the_schema_is_a_schema_and_ships() -> None:
    jsonschema.Draft202012Validator.check_schema(analysis_schema())
    assert resources.files("mr.review").joinpath("analysis.schema.json").is_file()


def keys_of(schema: dict[str, Any]) -> set[str]:
    found = set(schema.get("properties", {}))
    inner = [*schema.get("properties", {}).values(), schema.get("items", {})]
    return found.union(*(keys_of(s) for s in [*inner, *schema.get("oneOf", [])] if s))


def test_the_guide_names_every_key() -> None:
    guide = (ROOT / "docs/guides/instructor/analysis-json.md").read_text("utf-8")
    keys = keys_of(analysis_schema())
    assert len(keys) > 80
    named = {key for key in keys if "_sigma" not in key}
    assert sorted(key for key in named if f"`{key}`" not in guide) == []


def test_the_schema_knows_every_mode() -> None:
    modes = analysis_schema()["properties"]["guideline"]["properties"]["mode"]["enum"]
    assert set(modes) == {mode.value for mode in Mode}
