"""Configuration of the documentation (sphinx, myst-nb, sphinx-book-theme)."""

import os
import sys
from importlib.metadata import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

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
    "docstrings",
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
python_maximum_signature_line_length = 80  # longer ones get a line for each parameter
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
html_title = f"scmaxatac {version}"
html_baseurl = os.environ.get("READTHEDOCS_CANONICAL_URL", "")  # search engines are led to one version
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


def leave_out_contents(_app, page: str, _template: str, context: dict, _doctree) -> None:
    """Give pages of functions and of experiments the whole width: they have wide code and tables, and few headings."""
    if page == "index" or page.startswith(("api/generated/", "experiments/")):
        context["meta"] = {**(context.get("meta") or {}), "html_theme.sidebar_secondary.remove": True}


def setup(app) -> None:
    """Connect it."""
    app.connect("html-page-context", leave_out_contents)
