import errno
import pickle

import numpy as np
import pytest
from _small_disk import file_size_limit, small_disk

from scmaxatac.io._disk import DiskFullError, disk_errors
from scmaxatac.io._files import atomic_folder, atomic_path

VALUES = np.random.default_rng(0).random(100_000)


def save_npy(path):
    np.save(path, VALUES)


def save_npz(path):
    with open(path, "wb") as handle:
        np.savez(handle, a=VALUES, b=VALUES)


def dump(path):
    VALUES.tofile(path)


def write_text(path):
    path.write_text("a" * 800_000)


def save_torch(path):
    torch = pytest.importorskip("torch")
    torch.save({"x": torch.from_numpy(VALUES)}, path)


def save_zarr(path):
    pytest.importorskip("zarr").save_array(str(path), VALUES)


WRITERS = [save_npy, save_npz, dump, write_text, save_torch, save_zarr]


def opened(write):
    return atomic_folder if write is save_zarr else atomic_path


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("limit", [0, 4096, 40_000])
def test_a_limit_on_the_size_of_files_is_named_and_the_old_file_stays(tmp_path, write, limit):
    path = tmp_path / ("x.npy" if write is save_npy else "x.h5ad")

    def attempt():
        with opened(write)(path) as temporary:
            write(temporary)

    with (
        file_size_limit(limit),
        pytest.raises(DiskFullError, match=r"x\.\w+ can't be written.*limit on the size") as caught,
    ):
        attempt()
    assert caught.value.errno == errno.EFBIG
    assert list(tmp_path.iterdir()) == []
    attempt()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("write", WRITERS)
def test_a_full_disk_is_named_with_what_is_free_and_room_is_given_back(tmp_path, write):
    with small_disk(tmp_path / "disk", 1 << 19) as disk:

        def attempt():
            with opened(write)(disk / "x.npy") as temporary:
                write(temporary)

        with pytest.raises(
            DiskFullError, match=r"the disk is full.*mounted at .*disk, has .* of 524 kB free"
        ) as caught:
            attempt()
        assert caught.value.errno == errno.ENOSPC
        assert list(disk.iterdir()) == []


def test_a_used_up_quota_is_told():
    def attempt():
        with disk_errors("/x.bw"):
            raise OSError(errno.EDQUOT, "Disk quota exceeded")

    with pytest.raises(DiskFullError, match=r"/x\.bw can't be written: your quota on the file system of / is used up"):
        attempt()


@pytest.mark.parametrize(
    "error", [OSError(errno.EACCES, "denied"), ValueError("x"), OSError("no gzip"), KeyboardInterrupt()]
)
def test_other_errors_pass_as_they_are(tmp_path, error):
    def attempt():
        with disk_errors(tmp_path / "x"):
            raise error

    with pytest.raises(type(error)) as caught:
        attempt()
    assert caught.value is error


def test_the_innermost_file_is_the_one_that_is_named_and_workers_can_send_the_error(tmp_path):
    def attempt():
        with disk_errors(tmp_path / "outer"), disk_errors(tmp_path / "inner"):
            raise OSError(errno.ENOSPC, "full")

    with pytest.raises(DiskFullError, match="inner") as caught:
        attempt()
    sent = pickle.loads(pickle.dumps(caught.value))
    assert (type(sent), sent.errno, str(sent)) == (DiskFullError, errno.ENOSPC, str(caught.value))
