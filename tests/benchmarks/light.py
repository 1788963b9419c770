"""What correcting the light of a large photo adds to the skin's path, from file to file.

Usage: light PHOTO ROUNDS. Prints JSON. The photo is darkened first, so that it needs a correction.
"""

import io
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

import retouch_engine.retoucher as engine
from retouch_engine.services import shipped_checkpoint_path
from tests.benchmarks.timing import in_turns, median

DARKER = 0.4


def main() -> None:
    """Measure and print."""
    data, rounds = _darkened(Path(sys.argv[1])), int(sys.argv[2])
    skin = engine.Retoucher.load(shipped_checkpoint_path())
    both = engine.Retoucher.load(shipped_checkpoint_path(), shipped_checkpoint_path("tone"))
    if both.analyse(engine.decode(data)).tone is None:
        raise SystemExit("the measurement needs a photo whose light is corrected")
    actions = {
        "skin": lambda: _retouched(skin, data),
        "light": lambda: _retouched(both, data),
    }
    costs = in_turns(actions, rounds)
    values = {
        clock: {name: median(found, clock) for name, found in costs.items()}
        for clock in ("cpu", "wall")
    }
    print(json.dumps(values))


def _darkened(path: Path) -> bytes:
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    buffer = io.BytesIO()
    darker = Image.fromarray((pixels * DARKER).astype(np.uint8))
    darker.save(buffer, "JPEG", quality=92, subsampling="4:2:0")
    return buffer.getvalue()


def _retouched(retoucher: engine.Retoucher, data: bytes) -> bytes:
    photo = engine.decode(data)
    return retoucher.render(photo, retoucher.analyse(photo), engine.Recipe()).encoded.data


if __name__ == "__main__":
    main()
