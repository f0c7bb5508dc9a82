"""A picture of many motions at once: a row of poses for each."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vid2pose3d.files import replacing
from vid2pose3d.render.colours import Colour, side_of
from vid2pose3d.skeleton import H36M17

_COLOURS: dict[str, Colour] = {"left": (0, 114, 178), "right": (213, 94, 0), "middle": (60, 60, 60)}
_FLOOR: Colour = (205, 210, 215)
_VIEW = 35.0
"""Degrees by which the body is turned from facing the viewer."""
_TALL, _WIDE = 2.1, 1.15
"""Metres of a cell."""
_SCALE = 0.68
"""Inches of the picture per metre."""
_GAP = 0.1
"""Metres between bodies."""
_TITLE = 0.28
"""Inches."""


def write_contact_sheet(path: Path, strips: Sequence[tuple[str, np.ndarray]], *, title: str, columns: int = 2) -> None:
    """Write a PNG with one strip for each title and its poses (P, 17, 3), metres, y up.

    Every body is seen from its front, a little from its left; left limbs are blue, right ones orange. Strips that rise
    above a cell are drawn smaller, and of bodies that lie fewer poses are shown. Raises InputError where the file
    cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(columns, len(strips))
    rows = -(-len(strips) // columns)
    poses = max(len(joints) for _, joints in strips)
    width, height = columns * (poses * _WIDE * _SCALE + 0.3), rows * (_TALL * _SCALE + _TITLE) + 0.5
    figure = Figure(figsize=(width, height), dpi=110, facecolor="white")
    FigureCanvasAgg(figure)
    figure.text(0.15 / width, 1 - 0.32 / height, title, fontsize=12, weight="bold")
    for number, (name, joints) in enumerate(strips):
        column, row = number % columns, number // columns
        left = column * (poses * _WIDE * _SCALE + 0.3) + 0.15
        bottom = height - 0.5 - (row + 1) * (_TALL * _SCALE + _TITLE)
        axes = figure.add_axes((left / width, bottom / height, poses * _WIDE * _SCALE / width, _TALL * _SCALE / height))
        _draw_strip(axes, name, joints, poses)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png")


def _draw_strip(axes, name: str, joints: np.ndarray, poses: int) -> None:  # type: ignore[no-untyped-def]
    axes.set(xlim=(0, poses * _WIDE), ylim=(-0.12, _TALL - 0.12), aspect="equal")
    axes.set_axis_off()
    axes.set_title(name, fontsize=7.5, loc="left", pad=2)
    axes.plot([0, poses * _WIDE], [0, 0], color=_rgb(_FLOOR), linewidth=1.2, zorder=0)
    seen = [_seen(pose) for pose in joints]
    size = min(1.0, (_TALL - 0.2) / max(flat[:, 1].max() for flat, _ in seen))
    widest = size * max(np.ptp(flat[:, 0]) for flat, _ in seen) + _GAP
    shown = max(1, min(len(joints), int(poses * _WIDE / max(widest, _WIDE))))
    for place, number in enumerate(np.round(np.linspace(0, len(joints) - 1, shown)).astype(int)):
        flat, depth = seen[number]
        flat = size * flat + [(place + 0.5) * poses * _WIDE / shown, 0]
        for parent, child in sorted(H36M17.bones, key=lambda bone: -(depth[bone[0]] + depth[bone[1]])):
            colour = _rgb(_COLOURS[side_of(H36M17.joints[child])])
            axes.plot(*flat[[parent, child]].T, color="white", linewidth=3.4, solid_capstyle="round")
            axes.plot(*flat[[parent, child]].T, color=colour, linewidth=2.0, solid_capstyle="round")
        head = flat[H36M17.index("head")] * 0.55 + flat[H36M17.index("neck_nose")] * 0.45
        axes.plot(*head, marker="o", markersize=6.5, color=_rgb(_COLOURS["middle"]), zorder=3)


def _seen(pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(17, 2) right and up of the picture in metres, the body's middle at 0, and (17,) depth, for a pose (17, 3)."""
    across = pose[H36M17.index("left_hip")] - pose[H36M17.index("right_hip")]
    across = across + pose[H36M17.index("left_shoulder")] - pose[H36M17.index("right_shoulder")]
    heading = np.arctan2(-across[2], across[0]) + np.radians(_VIEW)
    moved = pose - pose[H36M17.index("pelvis")] * [1, 0, 1]
    x = moved[:, 0] * np.cos(heading) - moved[:, 2] * np.sin(heading)
    z = moved[:, 0] * np.sin(heading) + moved[:, 2] * np.cos(heading)
    return np.stack([x - (x.min() + x.max()) / 2, moved[:, 1]], axis=-1), -z


def _rgb(colour: Colour) -> tuple[float, float, float]:
    red, green, blue = colour
    return red / 255, green / 255, blue / 255
