"""Joints inside people's boxes, with networks that give heat maps or SimCC."""

import cv2
import numpy as np

from vid2pose3d.detect.onnx.network import Network

PADDING = 1.25
"""Side of the region over that of the box, as in training."""
MEAN = np.array([123.675, 116.28, 103.53], np.float32)
"""Of red, green, blue: ImageNet's, which all of MMPose's networks use."""
STD = np.array([58.395, 57.12, 57.375], np.float32)
JOINTS = {17: "COCO", 26: "Halpe", 133: "COCO-WholeBody"}
"""Joint sets by their number of joints: those that begin with COCO's 17."""


class PoseNetwork:
    """Finds the joints of people whose boxes are known."""

    def __init__(self, network: Network) -> None:
        """Raises InputError for a network without a size or outputs as described."""
        if network.size is None:
            raise network.unfit("does not say the size of its picture")
        self._network, self._size = network, network.size

    def crop(self, image: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The network's picture of one person, (3, height, width), and the (2, 3) map from it to `image`.

        image: (H, W, 3) uint8 RGB; box: (4,) x0 y0 x1 y1 pixels.
        """
        width, height = self._size
        centre, sides = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) * PADDING
        scale = max(sides[0] / width, sides[1] / height)
        back = np.array([[scale, 0.0, centre[0] - scale * width / 2], [0.0, scale, centre[1] - scale * height / 2]])
        region = cv2.warpAffine(image, back, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        return ((region.astype(np.float32) - MEAN) / STD).transpose(2, 0, 1), back

    def find(self, crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, J, 2) pixels of the (N, 3, height, width) crops and (N, J) scores."""
        found = self._network.run(crops)
        values = list(found.values())
        if len(values) == 1 and values[0].ndim == 4:
            cells, scores = heatmap_peaks(values[0])
            step = np.array(self._size) / values[0].shape[:1:-1]
        elif len(values) == 2 and values[0].ndim == values[1].ndim == 3:
            x, y = (found["simcc_x"], found["simcc_y"]) if set(found) == {"simcc_x", "simcc_y"} else values
            cells, scores = simcc_peaks(x, y)
            step = np.array(self._size) / (x.shape[2], y.shape[2])
        else:
            shapes = ", ".join(f"{name} {value.shape}" for name, value in found.items())
            raise self._network.unfit(f"gives {shapes}, neither heat maps nor SimCC")
        if cells.shape[1] not in JOINTS:
            known = ", ".join(f"{number} ({name})" for number, name in JOINTS.items())
            raise self._network.unfit(f"finds {cells.shape[1]} joints, and only sets of {known} are known")
        return cells * step, scores


def simcc_peaks(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, J, 2) bins of the highest values of (N, J, Bx) and (N, J, By), and (N, J) the lower of both values.

    SimCC (Li et al., ECCV 2022), decoded as in MMPose.
    """
    bins = np.stack([x.argmax(axis=2), y.argmax(axis=2)], axis=-1).astype(np.float64)
    return bins, np.minimum(x.max(axis=2), y.max(axis=2))


def heatmap_peaks(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, J, 2) column and row of the highest values of (N, J, h, w) maps, and (N, J) these values.

    A peak moves a quarter of a cell towards its higher neighbour (Newell et al., ECCV 2016), as MMPose decodes maps
    of the kind MSRAHeatmap.
    """
    count, joints, height, width = maps.shape
    flat = maps.reshape(count * joints, -1)
    rows, columns = np.divmod(flat.argmax(axis=1), width)
    around = np.pad(maps, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge").reshape(count * joints, height + 2, width + 2)
    every = np.arange(len(flat))
    shift = np.stack([
        np.sign(around[every, rows + 1, columns + 2] - around[every, rows + 1, columns]) *
        ((columns > 0) & (columns < width - 1)),
        np.sign(around[every, rows + 2, columns + 1] - around[every, rows, columns + 1]) *
        ((rows > 0) & (rows < height - 1)),
    ], axis=-1)
    cells = np.stack([columns, rows], axis=-1) + 0.25 * shift
    return cells.reshape(count, joints, 2), flat.max(axis=1).reshape(count, joints)
