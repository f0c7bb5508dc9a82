"""What a checkpoint may ask for, and that nothing of the rest is ever executed."""

import os
import pickle

import numpy as np
import pytest
import torch
from released_files import checkpoint

from vid2pose3d.errors import InputError
from vid2pose3d.pickled import read_checkpoint


class Harmful:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("where", ["random_state", "optimizer", "model_pos"])
@pytest.mark.parametrize("options", [{}, {"_use_new_zipfile_serialization": False}, {"pickle_protocol": 4}],
                         ids=["archive", "before_torch_1.6", "protocol_4"])
def test_what_would_execute_is_refused_by_name(where, options, tmp_path):
    content = checkpoint("d3dp")
    content[where] = {"inner": [Harmful(tmp_path / "harm")]}
    torch.save(content, tmp_path / "best.bin", **options)
    with pytest.raises(InputError, match=r"asks to execute \w+\.mkdir") as caught:
        read_checkpoint(tmp_path / "best.bin")
    assert str(tmp_path / "best.bin") in str(caught.value)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_bare_pickle_is_refused_by_name(protocol, tmp_path):
    (tmp_path / "best.bin").write_bytes(pickle.dumps({"model_pos": Harmful(tmp_path / "harm")}, protocol=protocol))
    with pytest.raises(InputError, match=r"asks to execute \w+\.mkdir"):
        read_checkpoint(tmp_path / "best.bin")
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("harmful", [eval, torch.hub.load, torch.load, np.load], ids=lambda f: f.__name__)
def test_functions_of_python_torch_and_numpy_are_refused_too(harmful, tmp_path):
    torch.save({"model_pos": harmful}, tmp_path / "best.bin")
    with pytest.raises(InputError, match=f"asks to execute .*{harmful.__name__}"):
        read_checkpoint(tmp_path / "best.bin")


def test_random_generators_and_numbers_of_numpy_come_back_as_nothing(tmp_path):
    torch.save({"model_pos": {"x": torch.arange(3)}, "lr": np.float64(0.5), "random_state": np.random.RandomState(1),
                "list": np.arange(4)}, tmp_path / "best.bin")
    content = read_checkpoint(tmp_path / "best.bin")
    assert torch.equal(content["model_pos"]["x"], torch.arange(3))
    for key in ("lr", "random_state", "list"):
        assert type(content[key]).__module__ == "vid2pose3d.pickled"


@pytest.mark.parametrize("damage", [lambda whole: b"", lambda whole: b"a text, not a checkpoint\n" * 9,
                                    lambda whole: whole[:len(whole) // 2], lambda whole: whole[-5000:],
                                    lambda whole: b"\0" * 300],
                         ids=["empty", "text", "first_half", "end", "zeros"])
def test_damaged_files_are_refused(damage, tmp_path):
    torch.save(checkpoint("d3dp"), tmp_path / "best.bin")
    (tmp_path / "best.bin").write_bytes(damage((tmp_path / "best.bin").read_bytes()))
    with pytest.raises(InputError, match="damaged, or not a checkpoint") as caught:
        read_checkpoint(tmp_path / "best.bin")
    assert "\n" not in str(caught.value)
