"""The rows of the item `duplicates`, which has no peer: what halcyon-bench prints about each set."""

import os
import subprocess

from inputs import HERE, photographs
from sides import SideError


def duplicates():
    """Scenes, photographs, and the pictures below HALCYON_PICTURES where it names a folder."""
    measure("scenes", pictures=50_000, planted=1000)
    measured("photographs", photographs())
    if os.environ.get("HALCYON_PICTURES"):
        measured("pictures", os.environ["HALCYON_PICTURES"])


def measured(name, folder):
    """All of a folder's pictures, with copies of a quarter of them, 1,000 at most."""
    endings = (".jpg", ".jpeg", ".png", ".webp")
    count = sum(
        name.lower().endswith(endings)
        for _, _, names in os.walk(folder, followlinks=True) for name in names)
    planted = min(1000, count // 4)
    measure(name, pictures=count + 2 * planted, planted=planted, folder=folder)


def measure(name, pictures, planted, folder=None):
    command = [
        HERE / ".build/release/halcyon-bench", "duplicates", "--name", name,
        "--pictures", pictures, "--planted", planted]
    if folder:
        command += ["--folder", folder]
    if subprocess.run([str(part) for part in command], check=False).returncode:
        raise SideError(f"duplicates of {name} failed; its own message is above")
