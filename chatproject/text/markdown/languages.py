# ruff: noqa: E501 - lists of words
"""Languages of fenced code: what their comments and strings look like, and their words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

# Each takes what it has begun with, closed or not: none goes back and tries again.
SLASHES = r"//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?"
HASH = r"(?<![\w$])#[^\n]*"
DASHES = r"--[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?"
DOUBLE = r'"(?:[^"\\\n]|\\[\s\S])*+"?'
SINGLE = r"'(?:[^'\\\n]|\\[\s\S])*+'?"
BACKTICK = r"`(?:[^`\\]|\\[\s\S])*+`?"
TRIPLE = r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*+(?:""")?' + r"|'''(?:[^'\\]|\\[\s\S]|'(?!''))*+(?:''')?"
CHARACTER = r"'(?:[^'\\\n]|\\[^\n]{1,9})'"
NUMBER = r"(?<![\w.])(?:0[xXbBoO][\da-fA-F_]++|\d[\d_]*+(?:\.\d[\d_]*+)?(?:[eE][+-]?\d++)?)\w*+"
WORD = r"[^\W\d]\w*+"


@dataclass(frozen=True)
class Language:
    """How a language is coloured."""

    comment: str = ""
    string: str = ""
    words: str = ""  # keywords
    values: str = ""  # words that are constants
    names: str = ""  # builtins and types
    more: tuple[tuple[str, str], ...] = ()  # class and pattern, before all others
    word: str = WORD
    has_cases: bool = True

    @cached_property
    def parts(self) -> list[tuple[str, str]]:
        """Classes (or `word`) and what has them, in the order in which they are tried."""
        kinds = [("c", self.comment), ("s", self.string), ("m", NUMBER), ("word", self.word)]
        return [(kind, part) for kind, part in (*self.more, *kinds) if part]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All parts, each a group."""
        return re.compile("|".join(f"({part})" for _, part in self.parts), re.MULTILINE)

    @cached_property
    def keywords(self) -> frozenset[str]:
        """Its keywords."""
        return frozenset(self.words.split())

    @cached_property
    def constants(self) -> frozenset[str]:
        """Its words for values."""
        return frozenset(self.values.split())

    @cached_property
    def builtins(self) -> frozenset[str]:
        """Its builtin names and types."""
        return frozenset(self.names.split())


_C = (
    "auto break case const continue default do else enum extern for goto if inline register return "
    "sizeof static struct switch typedef union volatile while"
)
_C_TYPES = "bool char double float int long short signed size_t unsigned void wchar_t"
_JAVA = (
    "abstract assert break case catch class continue default do else enum extends final finally for "
    "if implements import instanceof interface native new package private protected public record "
    "return sealed static super switch synchronized this throw throws transient try var void "
    "volatile while yield"
)
_TYPES = "Boolean Double Float Integer List Long Map Object Set String boolean byte char int long"
_SCRIPT = (
    "as async await break case catch class const continue debugger default delete do else export "
    "extends finally for from function get if import in instanceof let new of return set static "
    "super switch this throw try typeof var void while with yield"
)
_TYPED = (
    " abstract declare enum implements interface keyof namespace private protected public readonly "
    "satisfies type"
)
_PREPROCESSOR = (("k", r"^[ \t]*+#[ \t]*+[a-z]++"),)
_DECORATORS = (("nb", r"(?<!\w)@\w[\w.]*+"),)
_TAGS = (
    ("c", r"<!--(?:[^-]|-(?!->))*+(?:-->)?"),
    ("nt", r"</?[A-Za-z][\w:.-]*+|/?>|<[!?][A-Za-z]++"),
    ("na", r"(?<![\w:.-])[A-Za-z_:@][\w:.-]*+(?==)"),
)
_VALUES = "true false null"

LANGUAGES: dict[str, Language] = {
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
        more=_DECORATORS,
    ),
    "javascript": Language(
        comment=SLASHES,
        string=f"{DOUBLE}|{SINGLE}|{BACKTICK}",
        words=_SCRIPT,
        values=f"{_VALUES} undefined NaN Infinity",
        names="Array Date Error JSON Map Math Number Object Promise RegExp Set String console document window",
        word=r"[^\W\d]\w*+|\$\w*+",
    ),
    "typescript": Language(
        comment=SLASHES,
        string=f"{DOUBLE}|{SINGLE}|{BACKTICK}",
        words=_SCRIPT + _TYPED,
        values=f"{_VALUES} undefined NaN Infinity",
        names="any boolean never number object string symbol unknown void Array Map Promise Record Set",
        more=_DECORATORS,
        word=r"[^\W\d]\w*+|\$\w*+",
    ),
    "java": Language(
        SLASHES, f"{TRIPLE}|{DOUBLE}|{CHARACTER}", _JAVA, _VALUES, _TYPES, more=_DECORATORS
    ),
    "kotlin": Language(
        SLASHES,
        f"{TRIPLE}|{DOUBLE}|{CHARACTER}",
        _JAVA
        + " by companion data fun in init internal is lateinit object open override suspend val when",
        _VALUES,
        _TYPES + " Any Int Unit",
        more=_DECORATORS,
    ),
    "c": Language(SLASHES, f"{DOUBLE}|{CHARACTER}", _C, "NULL true false", _C_TYPES, _PREPROCESSOR),
    "cpp": Language(
        SLASHES,
        f"{DOUBLE}|{CHARACTER}",
        _C
        + " catch class concept constexpr delete explicit export final friend namespace new noexcept "
        "operator override private protected public requires template this throw try typename using "
        "virtual",
        "NULL nullptr true false",
        _C_TYPES + " std string vector map unique_ptr shared_ptr",
        _PREPROCESSOR,
    ),
    "csharp": Language(
        SLASHES,
        rf"[$@]{{0,2}}(?:{DOUBLE})|{CHARACTER}",
        _JAVA
        + " as async await base checked const delegate event explicit foreach get in init internal is "
        "lock namespace operator out override params partial readonly ref set struct unsafe using "
        "virtual when where",
        _VALUES,
        "bool byte char decimal double float int long object string uint",
        _PREPROCESSOR,
    ),
    "go": Language(
        SLASHES,
        f"{DOUBLE}|{BACKTICK}|{CHARACTER}",
        "break case chan const continue default defer else fallthrough for func go goto if import "
        "interface map package range return select struct switch type var",
        "true false nil iota",
        "any append bool byte cap close copy error float64 int int64 len make new panic rune string uint",
    ),
    "rust": Language(
        SLASHES,
        f"{DOUBLE}|{CHARACTER}",
        "as async await break const continue crate dyn else enum extern fn for if impl in let loop "
        "match mod move mut pub ref return self Self static struct super trait type unsafe use where "
        "while",
        "true false None Some Ok Err",
        "Box Option Result String Vec bool char f32 f64 i32 i64 str u8 u32 u64 usize",
        (("nb", r"#!?\[[^\]\n]*+\]?|'[a-z_]++(?!')"),),
    ),
    "swift": Language(
        SLASHES,
        f"{TRIPLE}|{DOUBLE}",
        "actor as async await break case catch class continue default defer do else enum extension "
        "fileprivate for func guard if import in init inout internal is let mutating open override "
        "private protocol public repeat return self static struct super switch throw throws try var "
        "where while",
        "true false nil",
        "Any Array Bool Character Dictionary Double Float Int Set String Void",
        _DECORATORS,
    ),
    "php": Language(
        f"{SLASHES}|{HASH}",
        f"{DOUBLE}|{SINGLE}",
        "abstract and array as break case catch class clone const continue default do echo else elseif "
        "enum extends final finally fn for foreach function global if implements include instanceof "
        "interface match namespace new or print private protected public readonly require return "
        "static switch throw trait try use var while yield",
        _VALUES,
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
    "json": Language(more=(("nt", rf"{DOUBLE}(?=\s{{0,9}}:)"),), string=DOUBLE, values=_VALUES),
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
