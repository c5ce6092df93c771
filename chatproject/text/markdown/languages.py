# ruff: noqa: E501 - lists of words
"""Languages of fenced code, and what else they are called."""

from __future__ import annotations

from collections.abc import Iterable

from . import compiled_languages
from .language import (
    BACKTICK,
    DASHES,
    DECORATORS,
    DOUBLE,
    HASH,
    SINGLE,
    SLASHES,
    TRIPLE,
    VALUES,
    Language,
)

_SCRIPT = (
    "as async await break case catch class const continue debugger default delete do else export "
    "extends finally for from function get if import in instanceof let new of return set static "
    "super switch this throw try typeof var void while with yield"
)
_TYPED = (
    " abstract declare enum implements interface keyof namespace private protected public readonly "
    "satisfies type"
)
_TAGS = (
    ("c", r"<!--(?:[^-]|-(?!->))*+(?:-->)?"),
    ("nt", r"</?[A-Za-z][\w:.-]*+|/?>|<[!?][A-Za-z]++"),
    ("na", r"(?<![\w:.-])[A-Za-z_:@][\w:.-]*+(?==)"),
)

LANGUAGES: dict[str, Language] = {
    **compiled_languages.LANGUAGES,
    "python": Language(
        comment=HASH,
        string=rf"(?:\b[rRbBfFuU]{{1,2}})?(?:{TRIPLE}|{DOUBLE}|{SINGLE})",
        words=(
            "and as assert async await break case class continue def del elif else except finally "
            "for from global if import in is lambda match nonlocal not or pass raise return try type "
            "while with yield"
        ),
        values="True False None",
        names=(
            "abs all any bool bytes dict enumerate filter float frozenset getattr hasattr input int "
            "isinstance len list map max min object open print property range repr reversed round "
            "self set setattr sorted str sum super tuple zip"
        ),
        more=DECORATORS,
    ),
    "javascript": Language(
        comment=SLASHES,
        string=f"{DOUBLE}|{SINGLE}|{BACKTICK}",
        words=_SCRIPT,
        values=f"{VALUES} undefined NaN Infinity",
        names="Array Date Error JSON Map Math Number Object Promise RegExp Set String console document window",
        word=r"[^\W\d]\w*+|\$\w*+",
    ),
    "typescript": Language(
        comment=SLASHES,
        string=f"{DOUBLE}|{SINGLE}|{BACKTICK}",
        words=_SCRIPT + _TYPED,
        values=f"{VALUES} undefined NaN Infinity",
        names="any boolean never number object string symbol unknown void Array Map Promise Record Set",
        more=DECORATORS,
        word=r"[^\W\d]\w*+|\$\w*+",
    ),
    "php": Language(
        f"{SLASHES}|{HASH}",
        f"{DOUBLE}|{SINGLE}",
        "abstract and array as break case catch class clone const continue default do echo else elseif "
        "enum extends final finally fn for foreach function global if implements include instanceof "
        "interface match namespace new or print private protected public readonly require return "
        "static switch throw trait try use var while yield",
        VALUES,
        "bool float int mixed string void",
        (("nt", r"<\?(?:php\b|=)?|\?>"), ("na", r"\$\w++")),
    ),
    "ruby": Language(
        HASH,
        f"{DOUBLE}|{SINGLE}",
        "alias and begin break case class def do else elsif end ensure for if in module next not or "
        "redo rescue retry return self super then undef unless until when while yield",
        "true false nil",
        "attr_accessor attr_reader include lambda loop p private proc puts raise require",
        (("na", r"(?<![\w:]):[A-Za-z_]\w*+|@{1,2}\w++"),),
    ),
    "lua": Language(
        r"--[^\n]*",
        f"{DOUBLE}|{SINGLE}",
        "and break do else elseif end for function goto if in local not or repeat return then until "
        "while",
        "true false nil",
        "ipairs pairs print require self string table tonumber tostring type",
    ),
    "bash": Language(
        HASH,
        r'"(?:[^"\\]|\\[\s\S])*+"?|\'[^\']*+\'?',
        "case do done elif else esac fi for function if in local return select then until while",
        "true false",
        "alias cat cd chmod cp curl echo eval exec exit export git grep kill ls make mkdir mv pip "
        "printf pwd python read rm sed set source sudo test trap unset",
        (("na", r"\$(?:\w++|\{[^}\n]*+\}?|[@#?*!$])"),),
    ),
    "powershell": Language(
        HASH,
        f"{DOUBLE}|{SINGLE}",
        "begin break catch class continue do else elseif end finally for foreach function if in param "
        "process return switch throw trap try until using while",
        more=(("na", r"\$\w++"), ("nb", r"\b[A-Z][a-z]++-[A-Z]\w++")),
        has_cases=False,
    ),
    "sql": Language(
        DASHES,
        r"'[^']*+'?|" + r'"[^"\n]*+"?',
        "add all alter and as asc begin between by case cascade check column commit constraint create "
        "cross database default delete desc distinct drop else end except exists explain foreign from "
        "full group having in index inner insert intersect into is join key left like limit not offset "
        "on or order outer over partition primary references returning right rollback select set table "
        "then to transaction union unique update using values view when where with",
        "true false null",
        "avg bigint boolean char coalesce count date decimal float int integer max min numeric serial "
        "sum text timestamp uuid varchar",
        has_cases=False,
    ),
    "css": Language(
        r"/\*(?:[^*]|\*(?!/))*+(?:\*/)?",
        f"{DOUBLE}|{SINGLE}",
        more=(
            ("k", r"@[a-z-]++"),
            ("m", r"#[0-9a-fA-F]{3,8}\b|(?<![\w-])-?\d++(?:\.\d++)?(?:%|[a-z]{1,4}\b)?"),
            ("na", r"(?<![\w-])(?:--)?[a-z][a-z-]*+(?=\s{0,4}:[^:])"),
            ("nt", r"[.#][A-Za-z_][\w-]*+"),
        ),
    ),
    "html": Language(string=f"{DOUBLE}|{SINGLE}", more=_TAGS, word=r"&#?\w{1,10};"),
    "json": Language(more=(("nt", rf"{DOUBLE}(?=\s{{0,9}}:)"),), string=DOUBLE, values=VALUES),
    "yaml": Language(
        HASH,
        f"{DOUBLE}|{SINGLE}",
        values="true false null yes no on off",
        more=(("nt", r"(?<![^\s\[{,])[\w./-]++(?=:(?:\s|$))"), ("nb", r"(?<!\w)[&*!]\w++")),
    ),
    "toml": Language(
        r"[#;][^\n]*",
        f"{TRIPLE}|{DOUBLE}|{SINGLE}",
        values="true false",
        more=(("k", r"^[ \t]*+\[[^\n]*"), ("na", r"^[ \t]*+[\w.\"-]++(?=[ \t]{0,9}=)")),
    ),
    "dockerfile": Language(
        HASH,
        f"{DOUBLE}|{SINGLE}",
        more=(
            (
                "k",
                r"^(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|RUN|SHELL|USER|VOLUME|WORKDIR)\b",
            ),
            ("na", r"\$(?:\w++|\{[^}\n]*+\}?)"),
        ),
    ),
    "makefile": Language(
        HASH,
        more=(
            ("nf", r"^[\w./%-]++(?=[ \t]{0,9}:)"),
            ("na", r"^\w++(?=[ \t]{0,9}[:?+]?=)|\$(?:\(\w++\)|[@<^*])"),
        ),
    ),
    "diff": Language(
        more=(
            ("gu", r"^(?:@@|diff |index |---|\+\+\+)[^\n]*"),
            ("gi", r"^\+[^\n]*"),
            ("gd", r"^-[^\n]*"),
        ),
        word="",
    ),
}


def _aliases(pairs: Iterable[str]) -> dict[str, str]:
    return {alias: name for pair in pairs for name, *others in [pair.split()] for alias in others}


ALIASES = _aliases(
    (
        "python py python3 py3",
        "javascript js jsx mjs node",
        "typescript ts tsx",
        "bash sh shell zsh console",
        "powershell ps1 pwsh",
        "cpp c++ cxx hpp",
        "csharp c# cs",
        "c h",
        "go golang",
        "rust rs",
        "ruby rb",
        "kotlin kt",
        "html xml svg htm vue",
        "css scss less",
        "yaml yml",
        "toml ini cfg conf",
        "json jsonc json5",
        "sql postgresql mysql sqlite psql",
        "dockerfile docker",
        "makefile make mk",
        "diff patch",
    )
)
