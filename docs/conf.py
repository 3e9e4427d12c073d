"""Configuration of the documentation (sphinx, myst-nb, sphinx-book-theme)."""

import os
from importlib.metadata import metadata

os.environ["SCMAXATAC_MEASURE_BACKENDS"] = "0"  # notebooks run the same engine on every machine
os.environ.pop("MPLBACKEND", None)  # with another backend than the notebook's, pages have no pictures

project = "scmaxatac"
author = "scmaxatac developers"
copyright = "scmaxatac developers"
version = release = metadata("scmaxatac")["Version"]

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
exclude_patterns = ["_build", "**.ipynb_checkpoints"]
default_role = "literal"

templates_path = ["_templates"]
autosummary_generate = True
autosummary_filename_map = {"scmaxatac.datasets.Toy": "scmaxatac.datasets.Toy-class"}  # not beside toy on macOS
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 900
nb_execution_in_temp = True
nb_merge_streams = True

# Links into other projects' documentation need the network; builds without it must pass too.
if os.environ.get("READTHEDOCS"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "anndata": ("https://anndata.readthedocs.io/en/stable/", None),
        "matplotlib": ("https://matplotlib.org/stable/", None),
        "mudata": ("https://mudata.readthedocs.io/en/latest/", None),
        "numpy": ("https://numpy.org/doc/stable/", None),
        "pandas": ("https://pandas.pydata.org/docs/", None),
        "python": ("https://docs.python.org/3/", None),
    }

html_theme = "sphinx_book_theme"
html_title = "scmaxatac"
html_static_path = ["_static"]
html_css_files = ["scmaxatac.css"]
html_theme_options = {
    "repository_url": "https://github.com/scverse/scmaxatac",
    "use_repository_button": True,
    "use_issues_button": True,
    "path_to_docs": "docs",
    "show_navbar_depth": 1,
    "navbar_persistent": [],  # the search field of the sidebar is enough
}


# Types stand in the signature, so the section Returns holds a description only; napoleon expects a type there and would
# set the text in italics, line by line. The text is taken out before napoleon and put back after it.
RETURNS_TEXT = "RETURNS-TEXT"
returns: dict[str, list[str]] = {}


def take_returns(_app, _what, name: str, _obj, _options, lines: list[str]) -> None:
    """Replace the text of the section Returns by a marker."""
    for start, line in enumerate(lines[:-1]):
        if line == "Returns" and lines[start + 1].startswith("---"):
            later = range(start + 3, len(lines))
            stop = next((i - 1 for i in later if lines[i].startswith("---") and lines[i - 1]), len(lines))
            returns[name] = lines[start + 2 : stop]
            lines[start + 2 : stop] = [RETURNS_TEXT, ""]
            return


def put_returns(_app, _what, name: str, _obj, _options, lines: list[str]) -> None:
    """Replace the marker by the text."""
    for i, line in enumerate(lines):
        if RETURNS_TEXT in line:
            first, *rest = returns.pop(name)
            lines[i : i + 1] = [f":returns: {first}", *(f"    {text}" if text else "" for text in rest)]
            return


def setup(app) -> None:
    """Connect the two functions around napoleon, whose priority is 500."""
    app.connect("autodoc-process-docstring", take_returns, priority=400)
    app.connect("autodoc-process-docstring", put_returns, priority=600)
