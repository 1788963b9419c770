"""`{{ note|said }}`, `{{ retouch.status|status_word }}`: stored words in the reader's language."""

from django import template

from gallery import sentences

register = template.Library()


@register.filter
def said(sentence: object) -> str:
    """Return a stored sentence in the active language."""
    return sentences.said(str(sentence))


@register.filter
def status_word(status: object) -> str:
    """Return a retouch's status as people say it; nothing for None."""
    return sentences.status_word(str(status)) if status else ""
