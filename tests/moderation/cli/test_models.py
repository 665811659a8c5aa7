"""`models`: handed in, promoted and rolled back by an operator at the machine."""

from pathlib import Path

from classifier import Model
from tests.moderation.cli.conftest import Winnow
from tests.moderation.flow.models.made import model_file


def test_models_are_listed_handed_in_promoted_and_rolled_back(
    prepared: dict[str, str], winnow: Winnow, tmp_path: Path
) -> None:
    file = tmp_path / "made.winnow"
    file.write_bytes(model_file("made-1"))
    assert winnow("models", "add", str(file)) == "made-1 is a candidate\n"
    assert winnow("models", "add", str(file)) == "made-1 was there before\n"
    shipped = Model.load().name
    assert winnow("models", "promote", "made-1", "--reason", "a try") == "made-1 is in use\n"
    rows = [line.split("\t") for line in winnow("models", "list").splitlines()]
    assert [row[:4] for row in rows] == [
        ["made-1", "in use", "made elsewhere", "0"],
        [shipped, "retired", "shipped", "0"],
    ]
    assert winnow("models", "rollback") == f"{shipped} is in use\n"
    assert "no promotion stands" in winnow("models", "rollback", status=1)
    assert "no model of this name" in winnow("models", "promote", "x", status=1)
    file.write_bytes(b"nothing of the kind")
    assert "not a Winnow model file" in winnow("models", "add", str(file), status=1)


def test_what_people_chose_outlives_a_start(
    prepared: dict[str, str], winnow: Winnow, tmp_path: Path
) -> None:
    file = tmp_path / "made.winnow"
    file.write_bytes(model_file("made-1"))
    winnow("models", "add", str(file))
    winnow("models", "promote", "made-1")
    winnow("init")
    assert "made-1\tin use" in winnow("models", "list")
