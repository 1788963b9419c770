"""Which of several licences binds most: what a checkpoint inherits from its training data."""

import re
from collections.abc import Iterable
from enum import IntEnum

# As the collections state them: FFHQ and FFHQR in their READMEs, PPR10K under "Agreement".
FFHQR_LICENCE = "CC BY-NC-SA 4.0 (non-commercial)"
PPR10K_LICENCE = "PPR10K agreement: non-commercial research purposes only"
NOT_STATED = "no licence stated"


class Strictness(IntEnum):
    """How much a licence forbids, from nothing to everything."""

    PUBLIC_DOMAIN = 0
    ATTRIBUTION = 1
    SHARE_ALIKE = 2
    NO_DERIVATIVES = 3
    NON_COMMERCIAL = 4
    NON_COMMERCIAL_SHARE_ALIKE = 5
    NON_COMMERCIAL_NO_DERIVATIVES = 6
    RESEARCH_ONLY = 7
    NOT_STATED = 8


_NON_COMMERCIAL = re.compile(r"non-?\s?commercial|\bnc\b")
_SHARE_ALIKE = re.compile(r"share-?\s?alike|\bsa\b|\ba?gpl")
_NO_DERIVATIVES = re.compile(r"no-?\s?deriv|\bnd\b")
_RESEARCH = re.compile(r"research (?:purposes )?only|for research|commercial research|academic")
_ATTRIBUTION = re.compile(r"\bcc[- ]by\b|attribution|\bmit\b|apache|\bbsd\b")
_PUBLIC_DOMAIN = re.compile(r"\bcc0\b|public domain|\bpdm\b|u\.?s\.? government")


def licence_strictness(licence: str) -> Strictness:
    """Return how strict a licence's text is; what is not recognised counts as not stated."""
    text = licence.lower().replace("_", "-")
    non_commercial = bool(_NON_COMMERCIAL.search(text))
    if _RESEARCH.search(text):
        return Strictness.RESEARCH_ONLY
    if _NO_DERIVATIVES.search(text):
        kinds = (Strictness.NO_DERIVATIVES, Strictness.NON_COMMERCIAL_NO_DERIVATIVES)
        return kinds[non_commercial]
    if _SHARE_ALIKE.search(text):
        return (Strictness.SHARE_ALIKE, Strictness.NON_COMMERCIAL_SHARE_ALIKE)[non_commercial]
    if non_commercial:
        return Strictness.NON_COMMERCIAL
    if _ATTRIBUTION.search(text):
        return Strictness.ATTRIBUTION
    return Strictness.PUBLIC_DOMAIN if _PUBLIC_DOMAIN.search(text) else Strictness.NOT_STATED


def strictest_licence(licences: Iterable[str]) -> str:
    """Return the text of the licence that binds most; `no licence stated` for none or empty ones.

    Data without a stated licence is the strictest of all: without a grant nothing is allowed.
    Among equally strict texts the first in alphabetical order is returned, so that the answer does
    not depend on the order of the data.
    """
    texts = sorted({text.strip() for text in licences})
    if not texts:
        return NOT_STATED
    return max(texts, key=licence_strictness) or NOT_STATED


def licence_meaning(licence: str) -> str:
    """Return in one sentence what a checkpoint's licence means for the installation it serves."""
    strictness = licence_strictness(licence)
    if strictness is Strictness.NOT_STATED:
        return (
            "Part of its data came without a licence that grants any use: settle with its owners "
            "what this installation may do before it serves people."
        )
    if strictness is Strictness.RESEARCH_ONLY:
        return (
            "Research only: while it serves, this installation may retouch photos for research, "
            "not for customers, pay, or any other purpose."
        )
    if strictness >= Strictness.NON_COMMERCIAL:
        return (
            "Non-commercial: while it serves, this installation must not retouch photos for pay, "
            "for customers, or in the course of a business."
        )
    if strictness in (Strictness.SHARE_ALIKE, Strictness.NO_DERIVATIVES):
        return "Commercial use is not excluded; passing the weights on is bound to its terms."
    if strictness is Strictness.ATTRIBUTION:
        return "Commercial use is not excluded; name the authors where you pass the weights on."
    return "No restriction on use."
