"""The styles and scripts of every page: bundles where there are some, else file by file."""

from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template import RequestContext

from chatproject import bundles

register = template.Library()


def is_bundled() -> bool:
    return isinstance(staticfiles_storage, bundles.BundlingStorage)


@register.inclusion_tag("partials/styles.html")
def styles() -> dict[str, Any]:
    return {"styles": [bundles.STYLES_BUNDLE] if is_bundled() else bundles.STYLES}


@register.inclusion_tag("partials/scripts.html", takes_context=True)
def scripts(context: RequestContext) -> dict[str, Any]:
    if is_bundled():
        return {"script": bundles.MODULES_BUNDLE}
    return {
        "script": bundles.APPLICATION,
        "imports": bundles.IMPORT_MAP,
        "modules": modules(),
        "nonce": context["request"].csp_nonce,
    }


@cache
def modules() -> list[str]:
    """What is to be fetched at once, instead of one import after the other."""
    folder = settings.BASE_DIR / "static"
    found = [*folder.glob("js/*/*.js"), *folder.glob("vendor/*.js")]
    return sorted(str(path.relative_to(folder)) for path in found)
