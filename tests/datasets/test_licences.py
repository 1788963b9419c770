"""The strictest licence of the data is what a checkpoint inherits."""

from itertools import pairwise

import pytest

from retouch_engine.licences import FFHQR_LICENCE, PPR10K_LICENCE, strictest_licence

# From the freest to the strictest.
LADDER = [
    "CC0 1.0 (LICENSE file)",
    'CC BY (README: "CC-BY: DeBruine & Jones 2017")',
    "CC BY-SA 2.0",
    "CC BY-ND 4.0",
    "CC BY-NC 2.0",
    FFHQR_LICENCE,
    "CC BY-NC-ND 4.0",
    PPR10K_LICENCE,
    "no licence stated by the collection; nobody depicted",
]


@pytest.mark.parametrize(("free", "strict"), list(pairwise(LADDER)))
def test_the_stricter_of_two_licences_wins_in_either_order(free: str, strict: str) -> None:
    assert strictest_licence([free, strict]) == strict
    assert strictest_licence([strict, free]) == strict


@pytest.mark.parametrize(
    "text", ["public domain", "Public Domain Mark 1.0", "U.S. Government Works"]
)
def test_the_public_domain_is_freer_than_attribution(text: str) -> None:
    assert strictest_licence([text, "CC BY 4.0"]) == "CC BY 4.0"


@pytest.mark.parametrize(
    "text", ["Creative Commons Attribution-NonCommercial-ShareAlike 4.0", "cc_by_nc_sa_4.0"]
)
def test_written_out_names_are_understood(text: str) -> None:
    assert strictest_licence([text, "CC BY-NC 4.0"]) == text


def test_data_without_a_licence_is_the_strictest_of_all() -> None:
    assert strictest_licence(["", PPR10K_LICENCE]) == "no licence stated"
    assert strictest_licence([]) == "no licence stated"


def test_what_is_not_understood_counts_as_not_stated() -> None:
    assert strictest_licence(["ask my lawyer", FFHQR_LICENCE]) == "ask my lawyer"


def test_both_published_collections_say_that_they_are_not_for_commerce() -> None:
    assert "non-commercial" in FFHQR_LICENCE
    assert "CC BY-NC-SA 4.0" in FFHQR_LICENCE
    assert "non-commercial research purposes only" in PPR10K_LICENCE
