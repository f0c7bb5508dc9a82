"""Videos, pages and pictures that show a result: over the clip, in 3D, or both."""

from vid2pose3d.render.overlay import reprojections, write_overlay
from vid2pose3d.render.page import write_page
from vid2pose3d.render.sheet import write_sheet
from vid2pose3d.render.side_by_side import write_side_by_side
from vid2pose3d.render.view3d import TURN, write_view3d

__all__ = ["TURN", "reprojections", "write_overlay", "write_page", "write_sheet", "write_side_by_side",
           "write_view3d"]
