"""One of several processes that upload at the same moment, each with several threads.

python -m tests.support.quota_racer EMAIL FIRST COUNT START: pictures FIRST .. FIRST+COUNT-1, at
second START since 1970; prints how many were taken and refused.
"""

import io
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import django
import numpy as np

django.setup()

from django.db import connection  # noqa: E402

from accounts.models import User  # noqa: E402
from gallery import services  # noqa: E402
from gallery.errors import WishError  # noqa: E402
from tests.support.portraits import encoded  # noqa: E402


def upload(email: str, number: int, start: float) -> str:
    """Upload one picture; returns `taken` or the code of the refusal."""
    data = encoded(np.full((40, 60, 3), number, np.uint8), "PNG")
    owner = User.objects.get(email=email)
    time.sleep(max(0.0, start - time.time()))
    try:
        services.photo_create(owner=owner, file=io.BytesIO(data), name=f"{number}.png")
    except WishError as error:
        return error.code
    finally:
        connection.close()
    return "taken"


if __name__ == "__main__":
    email, first, count, start = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    numbers = range(first, first + count)
    with ThreadPoolExecutor(count) as pool:
        results = list(pool.map(lambda number: upload(email, number, float(start)), numbers))
    sys.stdout.write(f"{results.count('taken')} {results.count('quota_exceeded')}\n")
