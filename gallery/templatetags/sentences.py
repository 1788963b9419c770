"""`{{ note|said }}`: what engine and workers said, in the reader's language."""

from django import template

from gallery import sentences

register = template.Library()


@register.filter
def said(sentence: object) -> str:
    """Return a stored sentence in the active language."""
    return sentences.said(str(sentence))
