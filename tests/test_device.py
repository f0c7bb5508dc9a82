import pytest
import torch

from vid2pose3d.device import choose_device, choose_precision
from vid2pose3d.errors import InputError


def test_auto_takes_what_is_there():
    assert choose_device("cpu") == torch.device("cpu")
    expected = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert choose_device("auto").type == expected


@pytest.mark.parametrize("name", ["gpu", "", "cuda:x"])
def test_an_unknown_device_is_refused(name):
    with pytest.raises(InputError, match="auto, cpu, cuda, mps"):
        choose_device(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_a_missing_device_is_refused():
    with pytest.raises(InputError, match="--device cpu"):
        choose_device("cuda")


def test_precisions_of_a_cpu():
    cpu = torch.device("cpu")
    assert [choose_precision(name, cpu) for name in ("fp32", "bf16")] == [torch.float32, torch.bfloat16]
    with pytest.raises(InputError, match="--precision fp16: CPUs have no arithmetic for it"):
        choose_precision("fp16", cpu)
