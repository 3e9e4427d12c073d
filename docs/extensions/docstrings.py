"""Docstrings on their way into the pages: the section Returns, parameters in groups, parameters on one line.

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

_DASH = " \u2013 "  # what stands between a parameter and its text
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


def arrange_parameters(_app: Sphinx, document: nodes.document) -> None:
    """Give groups of parameters fields of their own, and parameters with one description a line in common."""
    for described in document.findall(addnodes.desc):
        signature = described.next_node(addnodes.desc_signature)
        field = next((f for f in described.findall(nodes.field) if f[0].astext() == "Parameters"), None)
        if signature is None or field is None or not isinstance(field[1][0], nodes.bullet_list):
            continue
        for items in _cut(field, _groups.get(f"{signature.get('module')}.{signature.get('fullname')}", {})):
            _join(items)


def _cut(field: nodes.field, groups: dict[str, str]) -> list[nodes.bullet_list]:
    """Cut the list of parameters where its groups begin; returns the list of each."""
    lists, left = [field[1][0]], set(groups)
    for item in list(lists[0].children):
        parameter = next(item.findall(addnodes.literal_strong)).astext()
        if parameter in groups:
            left.remove(parameter)
            lists.append(nodes.bullet_list("", classes=["simple"]))
            name = groups[parameter].removeprefix("Parameters: ").capitalize()
            place = field.parent.index(field) + len(lists) - 1
            body = nodes.field_body("", lists[-1])
            field.parent.insert(place, nodes.field("", nodes.field_name("", name), body))
        if len(lists) > 1:
            lists[0].remove(item)
            lists[-1] += item
    if left:
        raise ValueError(f"groups of parameters begin with {sorted(left)}, which the list does not have")
    return lists


def _join(items: nodes.bullet_list) -> None:
    """Put parameters that were described together, and so have the same text, on one line again."""
    before = None
    for item in list(items.children):
        paragraph = item[0]
        dash = next((i for i, child in enumerate(paragraph.children) if child.astext() == _DASH), None)
        if dash is None:
            continue
        text = [child.astext() for child in paragraph.children[dash:]] + [block.astext() for block in item[1:]]
        if before is not None and before[0] == text:
            _, first, end = before
            names = paragraph.children[:dash]
            first[end:end] = [nodes.Text(", "), *names]
            items.remove(item)
            before = (text, first, end + 1 + len(names))
        else:
            before = (text, paragraph, dash)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the functions around Napoleon."""
    app.connect("autodoc-process-docstring", take_returns, priority=_BEFORE_NAPOLEON)
    app.connect("autodoc-process-docstring", take_groups, priority=_BEFORE_NAPOLEON)
    app.connect("autodoc-process-docstring", put_returns, priority=_AFTER_NAPOLEON)
    app.connect("doctree-read", arrange_parameters)
    return {"parallel_read_safe": False}
