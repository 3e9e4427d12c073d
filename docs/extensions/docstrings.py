"""Docstrings on their way into the pages: the section Returns, and parameters in groups.

Types stand in the signature, so the section Returns holds a description only. Napoleon expects a type there and would
set the text in italics, line by line, so the text is taken out before it and put back after it.

Long lists of parameters are cut into groups by sections of the docstring that are called "Parameters: models" and so
on. They are one section for Napoleon, and cut again once Sphinx has made the list.
"""

import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

_BEFORE_NAPOLEON, _AFTER_NAPOLEON = 400, 600  # Napoleon's own priority is 500

_RETURNS_TEXT = "RETURNS-TEXT"
_GROUP = re.compile(r"Parameters: (.+)")

_returns: dict[str, list[str]] = {}
_groups: dict[str, dict[str, str]] = {}
"""By the name of an object the groups after its first one: ``{first parameter: heading}``."""


def take_returns(_app: Sphinx, _what: str, name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    """Replace the text of the section Returns by a marker."""
    for start, line in enumerate(lines[:-1]):
        if line == "Returns" and lines[start + 1].startswith("---"):
            later = range(start + 3, len(lines))
            stop = next((i - 1 for i in later if lines[i].startswith("---") and lines[i - 1]), len(lines))
            _returns[name] = lines[start + 2 : stop]
            lines[start + 2 : stop] = [_RETURNS_TEXT, ""]
            return


def put_returns(_app: Sphinx, _what: str, name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    """Replace the marker by the text."""
    for i, line in enumerate(lines):
        if _RETURNS_TEXT in line:
            first, *rest = _returns.pop(name)
            lines[i : i + 1] = [f":returns: {first}", *(f"    {text}" if text else "" for text in rest)]
            return


def take_groups(_app: Sphinx, _what: str, name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    """Remember where groups of parameters begin, and take their headings out."""
    found: dict[str, str] = {}
    for i in reversed(range(len(lines) - 2)):
        if _GROUP.fullmatch(lines[i]) and lines[i + 1].startswith("---"):
            found[re.split(r"[,: ]", lines[i + 2])[0]] = lines[i]
            del lines[i : i + 2]
    if found:
        _groups[name] = found


def cut_groups(_app: Sphinx, document: nodes.document) -> None:
    """Cut the lists of parameters where their groups begin."""
    for described in document.findall(addnodes.desc):
        signature = described.next_node(addnodes.desc_signature)
        if signature is not None:
            name = f"{signature.get('module')}.{signature.get('fullname')}"
            if name in _groups:
                _cut(described, _groups[name])


def _cut(described: nodes.Element, groups: dict[str, str]) -> None:
    """Give every group of parameters a field of its own, with its heading."""
    field = next(f for f in described.findall(nodes.field) if f[0].astext() == "Parameters")
    (items,) = field[1].children
    fields, left = [field], set(groups)
    for item in list(items.children):
        parameter = next(item.findall(addnodes.literal_strong)).astext()
        if parameter in groups:
            left.remove(parameter)
            body = nodes.field_body("", nodes.bullet_list("", classes=["simple"]))
            fields.append(nodes.field("", nodes.field_name("", groups[parameter]), body))
        if len(fields) > 1:
            items.remove(item)
            fields[-1][1][0] += item
    if left:
        raise ValueError(f"groups of parameters begin with {sorted(left)}, which the list does not have")
    place = field.parent.index(field) + 1
    field.parent[place:place] = fields[1:]


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the functions around Napoleon."""
    app.connect("autodoc-process-docstring", take_returns, priority=_BEFORE_NAPOLEON)
    app.connect("autodoc-process-docstring", take_groups, priority=_BEFORE_NAPOLEON)
    app.connect("autodoc-process-docstring", put_returns, priority=_AFTER_NAPOLEON)
    app.connect("doctree-read", cut_groups)
    return {"parallel_read_safe": False}
