"""Two ONNX files as one detector."""

from pathlib import Path

import numpy as np
import pytest

onnx_networks = pytest.importorskip("onnx_networks")

from vid2pose3d.detect import Detector, DetectorOptions, create_detector  # noqa: E402
from vid2pose3d.errors import InputError  # noqa: E402
from vid2pose3d.skeleton import COCO17  # noqa: E402

SIZE = (48, 64)
BOXES = np.array([[10, 5, 70, 95, 0.9], [110, 5, 170, 95, 0.8]])


def spots(*centres: tuple[int, int]) -> np.ndarray:
    """A black picture, 200 x 100, with white squares."""
    image = np.zeros((100, 200, 3), np.uint8)
    for x, y in centres:
        image[y - 3:y + 4, x - 3:x + 4] = 255
    return image


@pytest.fixture
def detector(tmp_path: Path) -> Detector:
    poses = onnx_networks.bright_simcc(tmp_path / "pose.onnx", size=SIZE)
    people = onnx_networks.fixed_boxes(tmp_path / "det.onnx", BOXES, size=(200, 100), labels=[0, 0])
    return create_detector("onnx", DetectorOptions(weights=poses, person_weights=people, device="cpu", threads=1))


def test_everybody_in_every_frame_has_their_own_spot(detector: Detector) -> None:
    places = [((30, 40), (150, 60)), ((50, 70), (130, 20)), ((40, 50), (140, 50))]
    found = detector.detect_frames([spots(*there) for there in places])
    assert [len(people) for people in found] == [2, 2, 2]
    for people, there in zip(found, places, strict=True):
        for person, spot, box in zip(people, there, BOXES, strict=True):
            # SimCC gives the first bright bin: the square's upper left corner, within a pixel of the network.
            np.testing.assert_allclose(person.xy, np.tile(np.array(spot) - 3.0, (17, 1)), atol=2.5)
            np.testing.assert_allclose(person.bbox, box[:4])
            assert person.score == pytest.approx(box[4])
            assert person.confidence.shape == (17,)
            assert 0.9 < person.confidence.min() <= person.confidence.max() <= 1.0


def test_it_says_its_name_and_joints(detector: Detector) -> None:
    assert (detector.name, detector.joint_set) == ("onnx", COCO17)


def test_more_people_than_go_in_at_once(tmp_path: Path) -> None:
    columns = np.arange(40) * 5.0
    boxes = np.stack([columns, columns * 0, columns + 40, columns * 0 + 60, columns * 0 + 0.9], axis=1)
    poses = onnx_networks.bright_simcc(tmp_path / "pose.onnx", size=SIZE)
    people = onnx_networks.fixed_boxes(tmp_path / "det.onnx", boxes, size=(300, 100))
    detector = create_detector("onnx", DetectorOptions(weights=poses, person_weights=people, device="cpu", threads=1))
    found = detector.detect_frames([np.zeros((100, 300, 3), np.uint8)] * 2)
    assert [len(people) for people in found] == [40, 40]


def test_nobody(tmp_path: Path) -> None:
    poses = onnx_networks.bright_simcc(tmp_path / "pose.onnx", size=SIZE)
    people = onnx_networks.fixed_boxes(tmp_path / "det.onnx", BOXES * 0.1, size=(200, 100))
    detector = create_detector("onnx", DetectorOptions(weights=poses, person_weights=people, device="cpu", threads=1))
    assert detector.detect_frames([spots()] * 2) == [[], []]


@pytest.mark.parametrize("given", ["weights", "person_weights"])
def test_both_files_are_needed(tmp_path: Path, given: str) -> None:
    with pytest.raises(InputError, match="needs two files: --detector-weights .* and --person-detector-weights"):
        create_detector("onnx", DetectorOptions(**{given: tmp_path / "one.onnx"}))


def test_missing_and_damaged_files(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network at all")
    with pytest.raises(InputError, match=r"--detector-weights .*absent.onnx: there is no such file"):
        create_detector("onnx", DetectorOptions(weights=tmp_path / "absent.onnx", person_weights=broken))
    with pytest.raises(InputError, match=r"--detector-weights .*broken.onnx: no network that ONNX Runtime can run"):
        create_detector("onnx", DetectorOptions(weights=broken, person_weights=broken, device="cpu"))


def test_network_that_takes_no_picture(tmp_path: Path) -> None:
    path = onnx_networks.save(tmp_path / "text.onnx", [onnx_networks.helper.make_node("Relu", ["input"], ["y"])], {},
                              shape=(1, 77), outputs=["y"])
    with pytest.raises(InputError, match=r"takes input \[1, 77\] instead of one picture"):
        create_detector("onnx", DetectorOptions(weights=path, person_weights=path, device="cpu"))
