# ruff: noqa: E501 - lists of words
"""Languages of fenced code with blocks in braces that are compiled."""

from __future__ import annotations

from .language import BACKTICK, CHARACTER, DECORATORS, DOUBLE, SLASHES, TRIPLE, VALUES, Language

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
_PREPROCESSOR = (("k", r"^[ \t]*+#[ \t]*+[a-z]++"),)

LANGUAGES: dict[str, Language] = {
    "java": Language(
        SLASHES, f"{TRIPLE}|{DOUBLE}|{CHARACTER}", _JAVA, VALUES, _TYPES, more=DECORATORS
    ),
    "kotlin": Language(
        SLASHES,
        f"{TRIPLE}|{DOUBLE}|{CHARACTER}",
        _JAVA
        + " by companion data fun in init internal is lateinit object open override suspend val when",
        VALUES,
        _TYPES + " Any Int Unit",
        more=DECORATORS,
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
        VALUES,
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
        DECORATORS,
    ),
}
