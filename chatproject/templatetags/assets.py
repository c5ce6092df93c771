"""Template tags for the styles and scripts of every page."""

import json
from functools import cache
from typing import Any

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template import RequestContext
from django.templatetags.static import static
from django.utils.html import format_html_join

from chatproject import static_files

register = template.Library()


@register.inclusion_tag("partials/styles.html")
def styles() -> dict[str, Any]:
    """The style sheets: one joined file in production, separate files in development."""
    is_joined = isinstance(staticfiles_storage, static_files.StaticFilesStorage)
    return {"styles": [static_files.JOINED_STYLES] if is_joined else static_files.STYLES}


@register.inclusion_tag("partials/scripts.html", takes_context=True)
def scripts(context: RequestContext) -> dict[str, Any]:
    """The application script and every module's URL, so that all are fetched in parallel."""
    return {**_modules(), "nonce": context["request"].csp_nonce}


@cache
def _modules() -> dict[str, Any]:
    imports = {name: static(path) for name, path in static_files.modules().items()}
    preloads = ((address,) for address in imports.values())
    return {
        "script": static_files.APPLICATION,
        "import_map": json.dumps({"imports": imports}),
        "preloads": format_html_join("\n", '<link rel="modulepreload" href="{}">', preloads),
    }
