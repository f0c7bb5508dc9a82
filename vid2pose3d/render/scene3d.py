"""The 3D motion as a picture: people above a floor grid, from a point that circles around and goes with them."""

import math
from typing import Any

import numpy as np

from vid2pose3d.motion import Motion3D, Recording
from vid2pose3d.render.colours import DARK, Colour, Side, mix, person_colour, shade, side_of
from vid2pose3d.render.stage import Stage
from vid2pose3d.skeleton import H36M17

_ELEVATION = 12.0
"""Degrees above the floor from which the scene is seen."""
_RIM = 0.2
"""Metres at the edge of the stage that may fall out of the picture."""
_GRID_LINES = 24
"""Floor lines in either direction that are not exceeded by much."""
_FILLED = 0.96
"""Part of the picture's half side that the scene fills."""
_BACKGROUND: Colour = (250, 250, 250)
_GRID: Colour = (205, 210, 215)
_SIDES: tuple[Side, ...] = ("right", "middle", "left")


class Scene3D:
    """Draws a recording's people in their world frame with matplotlib; one scene serves all frames."""

    def __init__(self, recording: Recording, *, size: int, turn: float) -> None:
        """Square pictures of `size` pixels; from the camera's place the view turns by `turn` degrees/s."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self._turn = turn
        self._stage = Stage(recording)
        figure = Figure(figsize=(size / 100, size / 100), dpi=100, facecolor=_rgb(_BACKGROUND))
        self._canvas = FigureCanvasAgg(figure)
        self._axes: Any = figure.add_axes((0.0, 0.0, 1.0, 1.0), projection="3d", computed_zorder=False)
        self._prepare_axes(size)
        self._floor = self._empty_floor()
        self._people = [_PersonArtists(self._axes, motion, width=size / 220) for motion in recording.people]

    def picture(self, frame: int, time: float) -> np.ndarray:
        """(size, size, 3) uint8 RGB of that frame of the clip, `time` seconds from its first."""
        self._axes.view_init(elev=_ELEVATION, azim=self._stage.azimuth(frame) + self._turn * time)
        self._show_floor(self._stage.centre(frame))
        for artists in self._people:
            artists.show(frame)
        self._canvas.draw()
        return np.asarray(self._canvas.buffer_rgba())[..., :3].copy()

    def _prepare_axes(self, size: int) -> None:
        axes = self._axes
        axes.set_axis_off()
        axes.patch.set_visible(False)
        axes.set_proj_type("persp")
        self._show_box(np.zeros(3))
        spans = _to_plot(self._stage.high - self._stage.low)
        axes.set_box_aspect(spans)
        axes.set_box_aspect(spans, zoom=_FILLED * size / 2 / self._reach(size))

    def _reach(self, size: int) -> float:
        """Pixels from the picture's middle to the farthest corner of the scene on any turn of the view."""
        from mpl_toolkits.mplot3d.proj3d import proj_transform

        inside = (self._stage.low + _RIM, self._stage.high - _RIM)
        corners = _to_plot(np.stack(np.meshgrid(*np.stack(inside, axis=1)), axis=-1).reshape(-1, 3))
        farthest = 0.0
        for azimuth in range(0, 360, 10):
            self._axes.view_init(elev=_ELEVATION, azim=azimuth)
            x, y, _ = proj_transform(*corners.T, self._axes.get_proj())
            pixels = self._axes.transData.transform(np.stack([x, y], axis=-1))
            farthest = max(farthest, float(np.abs(pixels - size / 2).max()))
        return farthest

    def _empty_floor(self) -> Any:
        from mpl_toolkits.mplot3d.art3d import Line3DCollection

        floor = Line3DCollection([], colors=[_rgb(_GRID)], linewidths=0.8, zorder=0)
        self._axes.add_collection3d(floor, autolim=False)
        return floor

    def _show_box(self, centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Show the stage around `centre` (3,); returns its corners (3,), (3,)."""
        low, high = centre + self._stage.low, centre + self._stage.high
        self._axes.set(xlim=(low[2], high[2]), ylim=(low[0], high[0]), zlim=(low[1], high[1]))
        return low, high

    def _show_floor(self, centre: np.ndarray) -> None:
        (x0, _, z0), (x1, _, z1) = self._show_box(centre)
        span = max(x1 - x0, z1 - z0)
        step = 0.5 if span < _GRID_LINES / 2 else math.ceil(span / _GRID_LINES)
        across = np.arange(math.ceil(x0 / step), math.floor(x1 / step) + 1) * step
        along = np.arange(math.ceil(z0 / step), math.floor(z1 / step) + 1) * step
        lines = [_to_plot(np.array([[x, 0, z0], [x, 0, z1]])) for x in across]
        lines += [_to_plot(np.array([[x0, 0, z], [x1, 0, z]])) for z in along]
        self._floor.set_segments(lines)


class _PersonArtists:
    """The lines of one person, moved from frame to frame."""

    def __init__(self, axes: Any, motion: Motion3D, *, width: float) -> None:
        self._motion = motion
        self._rows = {int(frame): row for row, frame in enumerate(motion.person.frames)}
        colour = mix(person_colour(motion.person.id), DARK, 0.12)  # the background is light
        self._bones = {side: [bone for bone in H36M17.bones if side_of(H36M17.joints[bone[1]]) == side]
                       for side in _SIDES}
        self._lines = {side: axes.plot([], [], [], color=_rgb(shade(colour, side)), linewidth=width, zorder=3,
                                       solid_capstyle="round")[0] for side in _SIDES}
        self._shadow = axes.plot([], [], [], color=_rgb(_GRID), linewidth=1.5 * width, zorder=1)[0]
        self._label = axes.text(0, 0, 0, str(motion.person.id), color=_rgb(mix(colour, DARK, 0.3)), zorder=4,
                                fontsize=4 * width, fontweight="bold", ha="center", va="bottom")

    def show(self, frame: int) -> None:
        row = self._rows.get(frame)
        present = row is not None and bool(np.isfinite(self._motion.joints_world[row]).any())
        for artist in (*self._lines.values(), self._shadow, self._label):
            artist.set_visible(present)
        if row is None or not present:
            return
        joints = self._motion.joints_world[row]
        style = (0, (1.5, 0.7)) if self._motion.person.interpolated[row] else "-"
        for side, line in self._lines.items():
            line.set_data_3d(*_path(joints, self._bones[side]).T)
            line.set_linestyle(style)
        self._shadow.set_data_3d(*_path(joints * (1, 0, 1), list(H36M17.bones)).T)
        seen = joints[np.isfinite(joints).all(axis=-1)]
        if len(seen):
            top = seen[seen[:, 1].argmax()] + (0, 0.08, 0)
            self._label.set_position_3d(_to_plot(top))


def _path(joints: np.ndarray, bones: list[tuple[int, int]]) -> np.ndarray:
    """Bones (B pairs) of joints (17, 3) as one broken line (3B, 3) in plot axes."""
    gaps = np.full((len(bones), 1, 3), np.nan)
    return _to_plot(np.concatenate([joints[np.array(bones)], gaps], axis=1).reshape(-1, 3))


def _to_plot(points: np.ndarray) -> np.ndarray:
    """World (x, y up, z) as the plot's axes, whose third is up: (z, x, y), still right-handed."""
    return points[..., [2, 0, 1]]


def _rgb(colour: Colour) -> tuple[float, float, float]:
    red, green, blue = colour
    return red / 255, green / 255, blue / 255
