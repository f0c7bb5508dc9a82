"""Released checkpoints of FinePOSE and D3DP, made into weights files of this program."""

from vid2pose3d.convert.checkpoint import check_file, convert_checkpoint
from vid2pose3d.convert.origin import ORIGINS

__all__ = ["ORIGINS", "check_file", "convert_checkpoint"]
