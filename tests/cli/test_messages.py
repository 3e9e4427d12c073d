"""Messages of functions in the words of the command line."""

import pytest

from scmaxatac.cli._messages import for_command_line
from scmaxatac.cli._parser import make_parser


@pytest.fixture(scope="module")
def flags() -> dict[str, str]:
    parsed = make_parser().parse_args(["predict", "a.h5ad", "--groupby", "leiden", "--genome", "a.fa"])
    return dict(parsed.flags)


@pytest.mark.parametrize(
    ("python", "said"),
    [
        ("give genome= the path", "give --genome the path"),
        ("use device='cpu'", "use --device cpu"),
        ('thin them with max_fragments="match"', "thin them with --max-fragments match"),
        ("chroms=['chr1', 'chr2']", "--chroms chr1 chr2"),
        ("give sample_key= and fragments={sample: path}.", "give --sample-key and --fragments SAMPLE=FILE."),
        ("threshold=precision=0.8", "--threshold precision=0.8"),
        ("use precision=0.8 or recall=0.3", "use precision=0.8 or recall=0.3"),
        ('precision="bfloat16" is faster', "--precision bfloat16 is faster"),
        ("regions='auto' found no peaks", "--regions auto found no peaks"),
        ("include_flanks=True", "--include-flanks"),
        ("186 cells, min_cells is 240", "186 cells, --min-cells is 240"),
        ("device is 'xpu'; take another device is best", "--device is 'xpu'; take another device is best"),
        ("name another out_dir, or", "name another --out-dir, or"),
        ("make it with scmaxatac.Genome(..., blacklist=)", "make it with --blacklist"),
        ("(Genome(..., annotation='genes.gtf.gz'))", "(--annotation)"),
        ("call scmaxatac.tl.predict_tfbs again", "call 'scmaxatac predict' again"),
        ("call scmaxatac.tl.predict_tfbs first", "call 'scmaxatac predict' first"),
        ("Say where it is with tl.relocate, or run tl.predict_tfbs again, with out_dir= if",
         "Pass the new folder of the run as DATA, or run 'scmaxatac predict' again, with --out-dir if"),
        ("say where they are with scmaxatac.tl.relocate, else", "pass the new folder of the run as DATA, else"),
        ("call scmaxatac.tl.predict_tfbs with the same inputs and out_dir, which",
         "call 'scmaxatac predict' with the same inputs and --out-dir, which"),
        ("(out_dir of scmaxatac.tl.predict_tfbs)", "(--out-dir of 'scmaxatac predict')"),
        ("call scmaxatac.tl.rank_tfs first", "call scmaxatac.tl.rank_tfs in Python and save the object first"),
        ('scmaxatac.tl.call_sites(data, "matched", key_added=\'tfbs_matched\') (or "mixed")',
         "'scmaxatac sites DATA --threshold matched' (or \"mixed\")"),
        ('scmaxatac.tl.call_sites(data, "matched", key=\'a\', key_added=\'a_matched\') (or "mixed")',
         "'scmaxatac sites DATA --threshold matched --key a' (or \"mixed\")"),
        ("scmaxatac.models.download_blacklist() gets it", "'scmaxatac models blacklist' gets it"),
        ("set settings.model_dir (or SCMAXATAC_MODEL_DIR)", "set the environment variable SCMAXATAC_MODEL_DIR"),
    ],
)  # fmt: skip
def test_parameters_are_options(python: str, said: str, flags: dict[str, str]):
    assert for_command_line(python, flags) == said


@pytest.mark.parametrize(
    "text",
    [
        "/data/key_added=3/min_cells/x.h5ad not found",
        "obs has no column 'sample_key'; it has 'min_cells', 'leiden'",
        "uns['min_cells'] is damaged",
        "files/out_dir.tsv, line 3: expected a number, found 'genome=hg38'",
        "settings.min_match_rate (10%)",
        "uns_merge= is given, and other=1",
        "",
    ],
)
def test_names_of_the_users_stay(text: str, flags: dict[str, str]):
    assert for_command_line(text, flags) == text


def test_what_is_switched_off_has_its_own_flag():
    parsed = make_parser().parse_args(["train", "a.tsv", "CTCF", "--genome", "a.fa", "--out-dir", "m"])
    said = for_command_line("start anew with resume=False, with data= as well; table is empty", parsed.flags)
    assert said == "start anew with --no-resume, with --data as well; table is empty"
    assert for_command_line("table is empty", parsed.flags) == "TABLE is empty"
