"""Videos that show a result: drawn over the clip, in 3D, or both side by side."""

from vid2pose3d.render.overlay import write_overlay
from vid2pose3d.render.side_by_side import write_side_by_side
from vid2pose3d.render.view3d import write_view3d

__all__ = ["write_overlay", "write_side_by_side", "write_view3d"]
