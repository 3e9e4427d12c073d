"""What functions say in Python, in the words of the command line."""

import re
from collections.abc import Callable, Mapping


def _sites_command(match: re.Match[str]) -> str:
    """``scmaxatac sites`` in the place of a call of sites by another rule, which the command stores nowhere."""
    key = f" --key {match[2][1:-1]}" if match[2] else ""
    return f"'scmaxatac sites DATA --threshold {match[1]}{key}'"


def _new_folder(match: re.Match[str]) -> str:
    """What ``DATA`` can be in the place of a call that stores where a run was moved."""
    return f"{'P' if match[1] == 'S' else 'p'}ass the new folder of the run as DATA"


_CALLS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"scmaxatac\.models\.download_blacklist\(\)"), "'scmaxatac models blacklist'"),
    (re.compile(r"scmaxatac\.models\.download\(\['CTCF', \.\.\.\]\)"), "'scmaxatac models download CTCF ...'"),
    (re.compile(r"scmaxatac\.models\.list_models\(\)"), "'scmaxatac models list'"),
    (re.compile(r"out_dir of (?=scmaxatac\.tl\.predict_tfbs\b)"), "--out-dir of "),
    (re.compile(r"(?<![\w./])(?:scmaxatac\.)?(?:tl\.)?predict_tfbs\b"), "'scmaxatac predict'"),
    (re.compile(r"([Ss])ay where (?:it is|they are) with (?:scmaxatac\.)?tl\.relocate\b"), _new_folder),
    (re.compile(r"(?:scmaxatac\.)?tl\.call_sites\(data, \"(\w+)\"(?:, key=('\S+'))?, key_added=[^()]+\)"),
     _sites_command),
    (re.compile(r"(call (?:scmaxatac\.)?tl\.\w+) first\b"), r"\1 in Python and save the object first"),
    (re.compile(r"(?<=with the same )(inputs and )?out_dir\b"), r"\1--out-dir"),
    (re.compile(r"(?<=, with )out_dir=(?= )"), "--out-dir"),
    (re.compile(r"(?<![\w./])(?:scmaxatac\.)?get\.qc\b"), "'scmaxatac qc'"),
    (re.compile(r"(?:scmaxatac\.)?settings\.\w+ \(or (?:the environment variable )?(SCMAXATAC_\w+)\)"),
     r"the environment variable \1"),
)  # fmt: skip
_GENOME = re.compile(r"(?:scmaxatac\.)?Genome\([^()]*?(\w+)=[^()]*\)")
_VALUE = r"(?P<value>\{[^{}]*\}|\[[^\[\]]*\]|'[^']*'|\"[^\"]*\"|True|False)?(?P<next>\w)?"
_PARAMETER = re.compile(rf"(?<![\w./'\"\[{{-])(?P<name>[a-z_]+)={_VALUE}")
_SUBJECT = re.compile(r"^(?P<name>[a-z_]+)(?= (?:is|are|has|names|lacks)\b)")
_RULE = "precision"  # a threshold's rule, precision=0.8, has the name of a parameter, whose values are words
_WORD = re.compile(r"(?<![\w./'\"\[{-])(?P<name>[a-z]+(?:_[a-z]+)+)(?![\w./'\"(=])")


def for_command_line(text: str, flags: Mapping[str, str]) -> str:
    """Put the command's options in the place of parameters, and commands in that of functions.

    Parameters
    ----------
    text
        A message.
    flags
        What the command calls each parameter.
    """
    for pattern, command in _CALLS:
        text = pattern.sub(command, text)

    def option(match: re.Match[str]) -> str:
        flag = flags.get(match["name"])
        if flag is None or (match["name"] == _RULE and (match["next"] or "").isdigit()):
            return match[0]
        value = match["value"] or ""
        if value == "False":
            return flags.get(f"no_{match['name']}", match[0])
        after = "" if value in ("", "True") else f" {_in_words(value)}"
        return f"{flag}{after}{' ' if match['next'] else ''}{match['next'] or ''}"

    def word(match: re.Match[str]) -> str:
        return flags.get(match["name"], match[0])

    text = _GENOME.sub(lambda match: flags.get(match[1], match[0]), text)
    text = _SUBJECT.sub(word, text)
    return _WORD.sub(word, _PARAMETER.sub(option, text))


def _in_words(value: str) -> str:
    """A value as the shell takes it."""
    if value.startswith("{"):
        return "SAMPLE=FILE"
    return value.strip("[]").replace("'", "").replace('"', "").replace(",", "")
