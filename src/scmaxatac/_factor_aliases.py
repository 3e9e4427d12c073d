"""Names that transcription factors go by beside the symbols of their genes.

The symbols are HGNC's (genenames.org), and so are most of the other names: aliases and previous symbols there. Names
that stand for several factors, or for a complex, are only hinted at.
"""

import re
from collections.abc import Collection, Iterable

_SEPARATORS = re.compile(r"[-./_\s]")

_ALIASES = {
    "ARID3A": "DRIL1 BRIGHT E2FBP1",
    "ARNT": "HIF1B HIF1-BETA BHLHE2",
    "ATF2": "CRE-BP1",
    "ATF7": "ATFA",
    "BHLHE40": "DEC1 STRA13 BHLHB2 SHARP2",
    "CEBPB": "C/EBPB C/EBP-BETA NF-IL6 LAP",
    "CEBPD": "C/EBPD C/EBP-DELTA NF-IL6-BETA",
    "CREB1": "CREB",
    "CREM": "ICER",
    "CUX1": "CUTL1 CDP",
    "EGR1": "ZIF268 NGFI-A KROX24 TIS8",
    "ESRRA": "ERRA ERR1 ERR-ALPHA NR3B1",
    "ETV6": "TEL",
    "FOS": "C-FOS",
    "FOSL1": "FRA1",
    "FOSL2": "FRA2",
    "FOXA1": "HNF3A HNF3-ALPHA",
    "FOXK2": "ILF1",
    "FOXM1": "FKHL16 HFH11",
    "GABPA": "E4TF1A",
    "GATAD2B": "P66B P66BETA",
    "HES1": "HRY",
    "HSF1": "HSTF1",
    "IKZF1": "IKAROS ZNFN1A1",
    "JUN": "C-JUN",
    "KLF5": "BTEB2 IKLF",
    "KMT2A": "MLL MLL1",
    "MAZ": "ZIF87",
    "MYB": "C-MYB",
    "MYBL2": "B-MYB",
    "MYC": "C-MYC",
    "NEUROD1": "NEUROD",
    "NFATC3": "NFAT4 NFATX",
    "NFYA": "NF-YA",
    "NFYB": "NF-YB",
    "NR2C1": "TR2",
    "NR2C2": "TR4",
    "NR2F1": "COUP-TF1 COUP-TFI TFCOUP1 EAR3",
    "NR2F2": "COUP-TF2 COUP-TFII TFCOUP2",
    "NR2F6": "EAR2",
    "PKNOX1": "PREP1",
    "POU5F1": "OCT4 OCT3 OCT3/4 OTF3",
    "RELA": "P65 NFKB3 NFKB-P65",
    "REST": "NRSF",
    "RUNX1": "AML1 CBFA2 PEBP2AB",
    "RXRA": "NR2B1 RXR-ALPHA",
    "SETDB1": "ESET KMT1E",
    "SIX5": "DMAHP",
    "SKIL": "SNON",
    "SMAD1": "MADH1",
    "SMAD5": "MADH5",
    "SPI1": "PU.1 SFPI1",
    "SREBF1": "SREBP1",
    "SREBF2": "SREBP2",
    "TCF12": "HEB HTF4",
    "TEAD4": "RTEF1 TEFR1",
    "YBX1": "YB1 NSEP1",
    "ZBTB33": "KAISO",
    "ZBTB7A": "LRF POKEMON FBI1",
    "ZEB1": "TCF8 AREB6 DELTAEF1 ZFHX1A",
    "ZNF143": "STAF",
    "ZNF217": "ZABC1",
    "ZNF24": "KOX17 ZSCAN3",
    "ZNF384": "NMP4",
    "ZSCAN29": "ZNF690",
}

_AMBIGUOUS = {
    "AP-1": "JUN JUNB JUND FOS FOSL1 FOSL2",
    "GABP": "GABPA",
    "NF-KB": "RELA",
    "NF-Y": "NFYA NFYB",
    "NRF2": "NFE2L2 GABPA",  # nuclear factor (NFE2L2) and nuclear respiratory factor (GABPA)
    "SREBP": "SREBF1 SREBF2",
    "STAT5": "STAT5A",
    "TCF1": "TCF7",  # also HNF1A
    "TCF4": "TCF7L2",  # also the gene TCF4 (E2-2)
}


def _plain(name: str) -> str:
    """A name without its separators, in capitals."""
    return _SEPARATORS.sub("", name).upper()


def _by_alias(table: dict[str, str]) -> dict[str, str]:
    return {_plain(alias): symbol for symbol, aliases in table.items() for alias in aliases.split()}


_SYMBOLS = _by_alias(_ALIASES)
_HINTS = {_plain(name): symbols.split() for name, symbols in _AMBIGUOUS.items()}


def symbol_of(name: str, known: Collection[str]) -> str:
    """Known symbol of the factor that a name stands for; the name itself where it is known or stands for none.

    Parameters
    ----------
    name
        Symbol, in upper or lower case where that leaves one, or another name of a factor, in which separators don't
        matter either: ``"Pu.1"`` is SPI1.
    known
        Symbols there are.
    """
    if name in known:
        return name
    symbol = _SYMBOLS.get(_plain(name), name)
    if symbol in known:
        return symbol
    alike = [other for other in known if other.upper() == name.upper()]
    return alike[0] if len(alike) == 1 else name


def symbols_of(names: Iterable[str], known: Collection[str]) -> list[str]:
    """Known symbols of several factors, each once, in the order that they were named in; others stay as they are."""
    return list(dict.fromkeys(symbol_of(name, known) for name in names))


def symbols_called(name: str, known: Collection[str]) -> list[str]:
    """Known symbols of all factors that a name may stand for, also where it stands for several."""
    plain = _plain(name)
    possible = [_SYMBOLS[plain]] if plain in _SYMBOLS else _HINTS.get(plain, [])
    return [symbol for symbol in possible if symbol in known]
