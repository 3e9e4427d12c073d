import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scmaxatac.models import Calibration, list_models

CONCEPTS = Path(__file__).resolve().parents[2] / "docs" / "concepts.md"


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "threshold": [0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
            "precision": [0.01, 0.1, 0.4, 0.4, 0.8, 1.0],
            "recall": [1.0, 0.9, 0.7, 0.7, 0.2, 0.0],
            "log2fc": [0.0, 3.0, 5.0, 5.0, 6.0, 6.5],
            "f1": [0.02, 0.2, 0.5, 0.5, 0.3, 0.0],
        }
    )


def test_f1_rule_takes_the_smallest_threshold_of_the_largest_f1(table):
    calibration = Calibration(table)
    assert calibration.threshold("f1") == calibration.threshold() == 0.4
    assert calibration.best_f1 == 0.5


@pytest.mark.parametrize("number", [0, 0.37, 1, np.float32(0.5)])
def test_a_number_between_0_and_1_is_its_own_threshold(table, number):
    assert Calibration(table).threshold(number) == float(number)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (("precision", 0.4), 0.4),
        (("precision", 0.41), 0.8),
        (("log2fc", 4), 0.4),
        (["log2fc", 6.5], 1.0),
        (("recall", 0.7), 0.6),
        (("recall", 0.71), 0.2),
        (("recall", 0.0), 1.0),
    ],
)
def test_smallest_threshold_for_precision_and_log2fc_and_largest_for_recall(table, rule, expected):
    assert Calibration(table).threshold(rule) == expected


def test_a_value_that_no_row_reaches_is_an_error_with_the_best_there_is(table):
    with pytest.raises(ValueError, match=r"log2fc of 7; the best log2fc there is: 6\.5"):
        Calibration(table).threshold(("log2fc", 7))


@pytest.mark.parametrize(
    "rule",
    [
        "F1",
        "precision",
        1.5,
        -0.1,
        float("nan"),
        True,
        None,
        ("f1", 0.3),
        ("precision",),
        ("precision", "high"),
        ("recall", float("nan")),
        ("precision", True),
        {"precision": 0.5},
    ],
)
def test_a_malformed_rule_is_an_error_that_lists_what_is_allowed(table, rule):
    with pytest.raises(ValueError, match='allowed are "f1", a number between 0 and 1'):
        Calibration(table).threshold(rule)


def test_rows_with_missing_or_infinite_values_are_never_chosen(table):
    table = pd.concat([table, pd.DataFrame({"threshold": [np.nan], "f1": [0.9]})])
    table.loc[table["threshold"] == 0.4, ["f1", "precision"]] = np.nan
    table.loc[table["threshold"] == 0.0, "log2fc"] = np.inf
    calibration = Calibration(table)
    assert calibration.threshold("f1") == 0.6
    assert calibration.threshold(("precision", 0.3)) == 0.6
    assert calibration.threshold(("log2fc", 6)) == 0.8


def test_rows_are_sorted_and_the_given_table_is_not_touched(table):
    shuffled = table.sample(frac=1, random_state=0)
    before = shuffled.copy()
    assert Calibration(shuffled).threshold(("precision", 0.4)) == 0.4
    pd.testing.assert_frame_equal(shuffled, before)


def test_rate_is_recall_over_the_enrichment_at_the_largest_f1(table):
    prior = 0.4 / 2**5.0
    assert Calibration(table).rate() == pytest.approx(0.7 * prior / 0.4)


def test_rate_without_values_at_the_largest_f1_is_an_error(table):
    table.loc[table["threshold"] == 0.4, "log2fc"] = np.nan
    with pytest.raises(ValueError, match="log2fc is missing"):
        Calibration(table).rate()


def test_saved_table_is_read_back_with_the_same_numbers(table, tmp_path):
    table["f1"] = table["f1"] / 3
    Calibration(table).save(tmp_path / "new" / "calibration.tsv")
    read = Calibration.read(tmp_path / "new" / "calibration.tsv")
    pd.testing.assert_frame_equal(read.frame, table, check_exact=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\tb\n1\t2\n", "lacks the columns"),
        ("threshold\tprecision\trecall\tlog2fc\tf1\nx\t1\t1\t1\t1\n", "not a number"),
        ("threshold\tprecision\trecall\tlog2fc\tf1\n2\t1\t1\t1\t1\n", "outside 0 to 1"),
        ("threshold\tprecision\trecall\tlog2fc\tf1\n0.5\t1\t1\t1\t\n", "no row with an F1"),
        ("", "not a calibration table"),
        ("a\n1\t2\t3\n4\t5\t6\t7\n", "not a calibration table"),
    ],
)
def test_a_file_that_is_no_calibration_table_is_an_error_with_its_name(tmp_path, content, message):
    path = tmp_path / "table.tsv"
    path.write_text(content)
    with pytest.raises(ValueError, match=message) as error:
        Calibration.read(path)
    assert str(path) in str(error.value)


def test_a_missing_table_is_an_error_with_its_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.tsv"):
        Calibration.read(tmp_path / "nothing.tsv")


def test_published_tables_give_the_thresholds_of_the_original(data_dir):
    published = list_models().set_index("name")
    tables = {path.parent.name: path for path in (data_dir / "maxatac" / "models").glob("*/*Calibration.tsv")}
    assert len(tables) == 10
    for tf, path in tables.items():
        calibration = Calibration.read(path)
        assert len(calibration.frame) == 1001
        assert calibration.best_f1 == pytest.approx(published.loc[tf, "max_f1"], abs=5e-5)
        assert calibration.threshold("f1") == pytest.approx(published.loc[tf, "threshold_f1"], abs=1e-9)
        row = pd.read_csv(path, sep="\t").set_index("Avg_F1").sort_index().iloc[-1]
        prior = row["Monotonic_Avg_Precision"] / 2 ** row["Monotonic_Avg_log2FC"]
        expected = row["Monotonic_Avg_Recall"] * prior / row["Monotonic_Avg_Precision"]
        assert calibration.rate() == pytest.approx(expected)
    golden = json.loads((data_dir / "golden" / "predict" / "predict.json").read_text())["full_batch"]
    for tf, run in golden.items():
        assert Calibration.read(tables[tf]).threshold("f1") == pytest.approx(run["f1_threshold"], abs=1e-9)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("precision", {2: 4.0}, "a precision outside 0 to 1"),
        ("recall", {5: -0.1}, "a recall outside 0 to 1"),
        ("f1", {1: 7.2}, "a f1 outside 0 to 1"),
        ("threshold", {1: 0.4}, r"the threshold 0\.4 twice"),
        ("recall", {3: 0.95}, r"a recall that rises at the threshold 0\.6"),
    ],
)
def test_numbers_that_no_calibration_gives_are_refused(table, tmp_path, column, values, message):
    for row, value in values.items():
        table.loc[row, column] = value
    table.to_csv(tmp_path / "c.tsv", sep="\t", index=False)
    with pytest.raises(ValueError, match=rf"c\.tsv is not a calibration table: the calibration table has {message}"):
        Calibration.read(tmp_path / "c.tsv")


def test_a_table_that_ends_at_1_is_whole_also_without_a_last_line_end(table, tmp_path):
    path = tmp_path / "c.tsv"
    path.write_text(table.to_csv(sep="\t", index=False).removesuffix("\n"))
    pd.testing.assert_frame_equal(Calibration.read(path).frame, Calibration(table).frame)


def test_a_table_that_was_cut_is_told(table, tmp_path):
    path = tmp_path / "c.tsv"
    Calibration(table).save(path)
    text = path.read_text()
    Calibration.read(path)
    path.write_text("\n".join(text.split("\n")[:4]) + "\n")
    with pytest.warns(
        UserWarning, match=r"c\.tsv seems to be cut: its thresholds end at 0\.4, where the recall is .* 0\.7"
    ):
        assert len(Calibration.read(path).frame) == 3
    path.write_text("\n".join(text.split("\n")[:6]))
    with pytest.warns(UserWarning, match=r"c\.tsv seems to be cut: its last line, at the threshold 0\.8, has no end"):
        Calibration.read(path)
    path.write_text(text[: text.index("\t0.4")] + "\n")
    with pytest.raises(ValueError, match=r"c\.tsv is not a calibration table: row 4 has 1 columns, and the first 5"):
        Calibration.read(path)


def example_out_of_reach() -> tuple[set[str], float, float]:
    """Models of which docs/concepts.md says that they do not reach its example, and the log2fc in both places."""
    text = CONCEPTS.read_text(encoding="utf-8")
    (example,) = re.findall(r'^\| `\("log2fc", (\S+)\)` \|', text, flags=re.MULTILINE)
    said = re.search(r'No threshold of (.*?) is .* so `\("log2fc", (\S+)\)` is an error there;', " ".join(text.split()))
    return set(re.split(", | or ", said[1])), float(said[2]), float(example)


def test_the_docs_say_which_models_do_not_reach_the_value_of_their_example():
    named, said, example = example_out_of_reach()
    assert said == example
    assert named <= set(list_models()["name"])


def test_the_models_that_the_docs_name_are_those_that_do_not_reach_the_value_of_their_example(data_dir):
    named, value, _ = example_out_of_reach()
    failing = set()
    for path in (data_dir / "maxatac" / "models").glob("*/*Calibration.tsv"):
        try:
            Calibration.read(path).threshold(("log2fc", value))
        except ValueError:
            failing.add(path.parent.name)
    assert named == failing
