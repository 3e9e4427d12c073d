import io
import json
import logging
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from types import SimpleNamespace

import pytest
from _small_disk import file_size_limit
from _workers import killed_while_writing

from scmaxatac import settings
from scmaxatac.io import _lock
from scmaxatac.io._disk import DiskFullError
from scmaxatac.models import download, from_keras, load
from scmaxatac.zoo import _fetch

WEIGHTS = "models/TOYA/TOYA_binary_1.h5"
TABLE = "models/TOYA/TOYA_thresholdCalibration.tsv"


def leftovers(cache):
    """Files in the cache that belong to no finished model."""
    return [path for path in cache.rglob("*") if path.is_file() and "models/TOY" not in str(path.parent)]


def test_downloaded_models_are_converted_and_loaded_by_name(server, empty_install, published, tmp_path):
    folders = download(["TOYA"], base_url=server.url)
    assert folders == {"TOYA": empty_install / "models" / "TOYA"}
    model = load("TOYA")
    original = from_keras(published.write(tmp_path / "original") / WEIGHTS)
    assert (model.id, model.sha256, model.provenance) == ("maxatac:TOYA", original.sha256, original.provenance)
    assert model.threshold("f1") == 0.5
    assert not (empty_install / "downloads").exists()


def test_without_names_all_published_models_are_downloaded(server):
    assert list(download(base_url=server.url)) == ["TOYA", "TOYB"]
    assert len(server.requests) == 4


def test_a_second_call_asks_for_nothing(server):
    download("TOYA", base_url=server.url)
    server.requests.clear()
    assert download("TOYA", base_url=server.url) == download("TOYA", base_url="http://127.0.0.1:1")
    assert server.requests == []
    download("TOYA", base_url=server.url, force=True)
    assert len(server.requests) == 2


@pytest.mark.parametrize("name", ["model.safetensors", "model.json", "calibration.tsv"])
def test_a_damaged_or_incomplete_model_is_downloaded_again(server, name):
    folder = download("TOYA", base_url=server.url)["TOYA"]
    sha256 = load("TOYA").sha256
    if name == "calibration.tsv":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(b"{}")
    download("TOYA", base_url=server.url)
    assert load("TOYA").sha256 == sha256


def test_an_unknown_name_is_an_error_before_anything_is_asked_for(server):
    with pytest.raises(KeyError, match=r"'TOYC' \(did you mean 'TOYB' or 'TOYA'"):
        download(["TOYA", "TOYC"], base_url=server.url)
    assert server.requests == []


def test_a_wrong_hash_is_an_error_and_nothing_is_left_behind(server, empty_install):
    content = bytearray(server.files[WEIGHTS])
    content[1000] ^= 1
    server.files[WEIGHTS] = bytes(content)
    with pytest.raises(ValueError, match=rf"{WEIGHTS} is not the expected file.*SCMAXATAC_MODEL_DIR"):
        download("TOYA", base_url=server.url)
    assert [path.name for path in leftovers(empty_install)] == [".scmaxatac.lock"]
    assert not (empty_install / "downloads").exists()


def test_a_page_instead_of_the_file_is_an_error_and_nothing_is_left_behind(server, empty_install):
    server.plan[WEIGHTS] = ["page"]
    with pytest.raises(ValueError, match=r"it has 26 bytes, expected are \d+"):
        download("TOYA", base_url=server.url)
    assert not (empty_install / "downloads").exists()


def test_too_long_a_file_without_a_length_is_an_error(server, empty_install):
    server.files[WEIGHTS] = server.files[WEIGHTS] * 3
    server.plan[WEIGHTS] = ["cut without length"]
    with pytest.raises(ValueError, match="more than the expected"):
        download("TOYA", base_url=server.url)
    assert not (empty_install / "downloads").exists()


def test_a_missing_file_is_an_error_that_names_the_url_and_the_way_out(server, empty_install):
    del server.files[TABLE]
    with pytest.raises(FileNotFoundError, match=rf"{server.url}/{TABLE} does not exist.*404.*SCMAXATAC_MODEL_DIR"):
        download("TOYA", base_url=server.url)
    assert server.asked(TABLE) == [None]


def test_a_refusing_server_is_asked_once(server):
    server.plan[WEIGHTS] = [403]
    with pytest.raises(ConnectionError, match=r"answered 403"):
        download("TOYA", base_url=server.url)
    assert server.asked(WEIGHTS) == [None]


def test_no_network_is_an_error_that_names_the_url_and_the_way_out(published, monkeypatch, empty_install):
    monkeypatch.setattr(_fetch, "PAUSE", 0.0)
    with pytest.raises(ConnectionError, match=r"http://127.0.0.1:1/models/TOYA.*SCMAXATAC_MODEL_DIR"):
        download("TOYA", base_url="http://127.0.0.1:1")
    assert not (empty_install / "downloads").exists()


@pytest.mark.parametrize("way", ["cut", "cut without length"])
def test_a_broken_connection_is_resumed_where_it_stopped(server, way):
    server.plan[WEIGHTS] = [way, "cut", 503]
    download("TOYA", base_url=server.url)
    first, second, third, fourth = server.asked(WEIGHTS)
    assert first is None
    assert 0 < int(second[6:-1]) < int(third[6:-1])
    assert fourth == third
    assert load("TOYA").id == "maxatac:TOYA"


def test_a_truncated_file_is_an_error_and_the_next_call_goes_on_from_there(server, empty_install):
    server.plan[WEIGHTS] = ["cut"] + [500] * (_fetch.ATTEMPTS - 1)
    with pytest.raises(ConnectionError, match=r"answered 500.*; \d+ of \d+ bytes are kept.*SCMAXATAC_MODEL_DIR"):
        download("TOYA", base_url=server.url)
    kept = (empty_install / "downloads" / f"{WEIGHTS}.part").stat().st_size
    assert kept > 0
    server.requests.clear()
    download("TOYA", base_url=server.url)
    assert server.asked(WEIGHTS) == [f"bytes={kept}-"]
    assert load("TOYA").id == "maxatac:TOYA"
    assert not (empty_install / "downloads").exists()


def test_a_full_disk_is_an_error_and_the_next_call_goes_on_from_there(server, empty_install):
    limit = len(server.files[WEIGHTS]) // 2
    with (
        file_size_limit(limit),
        pytest.raises(DiskFullError, match=r"\.h5 can't be written: it would"),
    ):
        download("TOYA", base_url=server.url)
    assert (empty_install / "downloads" / f"{WEIGHTS}.part").stat().st_size == limit
    server.requests.clear()
    download("TOYA", base_url=server.url)
    assert server.asked(WEIGHTS) == [f"bytes={limit}-"]
    assert not (empty_install / "downloads").exists()


def test_a_server_that_ignores_ranges_sends_all_again(server):
    server.plan[WEIGHTS] = ["cut", "no range"]
    download("TOYA", base_url=server.url)
    assert len(server.asked(WEIGHTS)) == 2
    assert load("TOYA").id == "maxatac:TOYA"


def test_a_server_that_sends_another_part_is_asked_for_all(server):
    server.plan[WEIGHTS] = ["cut", "other part"]
    download("TOYA", base_url=server.url)
    assert server.asked(WEIGHTS)[0] is server.asked(WEIGHTS)[2] is None
    assert load("TOYA").id == "maxatac:TOYA"


@pytest.mark.parametrize("extra", [-1000, 0, 1000], ids=["shorter", "as long", "longer"])
def test_a_piece_of_something_else_is_thrown_away(server, empty_install, extra):
    part = empty_install / "downloads" / f"{WEIGHTS}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * (len(server.files[WEIGHTS]) + extra))
    download("TOYA", base_url=server.url)
    assert server.asked(WEIGHTS)[-1] is None
    assert load("TOYA").id == "maxatac:TOYA"


@pytest.mark.parametrize("plan", [[], ["cut", "no range"], ["cut", "other part"]])
def test_the_progress_ends_at_the_size_of_the_files(server, plan, monkeypatch, published):
    import tqdm.auto

    bars = []

    class Bar(tqdm.auto.tqdm):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs, file=io.StringIO())
            bars.append(self)

    monkeypatch.setattr(tqdm.auto, "tqdm", Bar)
    monkeypatch.setattr(settings, "progress", True)
    server.plan[WEIGHTS] = plan
    download(base_url=server.url)
    assert bars[0].n == bars[0].total == sum(map(len, published.files.values()))


def test_a_download_that_succeeds_at_once_neither_waits_nor_speaks_of_another_attempt(server, monkeypatch, caplog):
    pauses = []
    monkeypatch.setattr(_fetch, "time", SimpleNamespace(sleep=pauses.append))
    with caplog.at_level(logging.INFO, "scmaxatac"):
        download("TOYA", base_url=server.url)
    assert pauses == []
    assert "trying again" not in caplog.text


def test_the_log_says_that_the_weights_carry_no_licence(server, caplog):
    with caplog.at_level(logging.INFO, "scmaxatac"):
        download("TOYA", base_url=server.url)
    assert "no licence for redistribution" in caplog.text
    assert "authors' repository" in caplog.text


def test_nothing_is_written_to_the_terminal(server, capfd):
    download("TOYA", base_url=server.url)
    assert capfd.readouterr() == ("", "")


PROCESS = """
import json, sys
from types import MappingProxyType
from scmaxatac.zoo import _registry
from scmaxatac.models import download
from scmaxatac.zoo._registry import PublishedModel, RemoteFile
model = json.loads(sys.argv[1])
model |= {kind: RemoteFile(**model[kind]) for kind in ("weights", "calibration")}
_registry.published = lambda: MappingProxyType({"TOYA": PublishedModel(**model)})
download("TOYA", base_url=sys.argv[2])
"""


def test_two_processes_do_not_disturb_each_other(server, published, empty_install, monkeypatch):
    server.delay = 0.5
    monkeypatch.setenv("SCMAXATAC_CACHE_DIR", str(empty_install))
    monkeypatch.delenv("SCMAXATAC_MODEL_DIR", raising=False)
    model = json.dumps(asdict(published.registry["TOYA"]))
    command = [sys.executable, "-c", PROCESS, model, server.url]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    for process in processes:
        _, stderr = process.communicate(timeout=120)
        assert process.returncode == 0, stderr.decode()
    assert len(server.requests) == 2
    assert load("TOYA").id == "maxatac:TOYA"
    assert not (empty_install / "downloads").exists()


def test_a_file_system_without_locks_is_no_obstacle(server, monkeypatch, caplog):
    def refuse(*args):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(_lock.fcntl, "flock", refuse)
    with caplog.at_level(logging.INFO, "scmaxatac"):
        download("TOYA", base_url=server.url)
    assert "can't be locked" in caplog.text
    assert load("TOYA").id == "maxatac:TOYA"


def test_a_process_that_waits_for_another_says_for_which_and_goes_on_when_that_ends(
    server, empty_install, monkeypatch, caplog
):
    monkeypatch.setattr(_lock, "SILENCE", 0.0)
    hold = "import sys, time; from pathlib import Path; from scmaxatac.zoo._fetch import locked\n"
    hold += "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    command = [sys.executable, "-c", hold, str(empty_install / "models")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    process.send_signal(signal.SIGSTOP)
    waiting = threading.Thread(target=download, args=("TOYA",), kwargs={"base_url": server.url})
    waiting.start()
    try:
        for _ in range(6_000):
            if "waiting for" in caplog.text:
                break
            time.sleep(0.01)
        assert f"waiting for process {process.pid} on" in caplog.text
        assert server.requests == []
    finally:
        process.kill()
        process.communicate()
        waiting.join()
    assert load("TOYA").id == "maxatac:TOYA"


def test_a_download_that_was_killed_leaves_no_file_under_another_name(server, empty_install, monkeypatch):
    names = []
    complete = _fetch._Downloader.complete

    def watch(downloader, url):
        complete(downloader, url)
        names.extend(path.name for path in (empty_install / "downloads").rglob("*") if path.is_file())

    monkeypatch.setattr(_fetch._Downloader, "complete", watch)
    download("TOYA", base_url=server.url)
    assert {name.removesuffix(".part") for name in names} == {name.rpartition("/")[2] for name in (WEIGHTS, TABLE)}


def test_what_a_kill_left_of_a_download_that_was_complete_already_goes_with_the_next_call(server, empty_install):
    download("TOYA", base_url=server.url)
    (empty_install / "downloads" / WEIGHTS).parent.mkdir(parents=True)
    for name in (WEIGHTS, f"{TABLE}.part"):
        (empty_install / "downloads" / name).write_bytes(b"downloaded")
    killed_while_writing(empty_install / "models" / "TOYA" / "scmaxatac.json")
    server.requests.clear()
    download("TOYA", base_url=server.url)
    assert not server.requests
    assert [path.name for path in empty_install.iterdir()] == ["models"]
    assert {path.name for path in (empty_install / "models" / "TOYA").iterdir()} == {
        *("calibration.tsv", "model.json", "model.safetensors", "scmaxatac.json", ".scmaxatac.lock")
    }


def test_models_that_were_converted_before_folders_had_a_list_are_taken_and_replaced(server, empty_install):
    folder = download("TOYA", base_url=server.url)["TOYA"]
    (folder / "scmaxatac.json").unlink()
    server.requests.clear()
    download("TOYA", base_url=server.url)
    assert server.requests == []
    (folder / "calibration.tsv").unlink()
    download("TOYA", base_url=server.url)
    assert load("TOYA").threshold("f1") == 0.5


def test_files_of_the_users_in_the_cache_are_an_error_before_anything_is_asked_for(server, empty_install):
    path = empty_install / "models" / "TOYA" / "model.json"
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(ValueError, match=r"model\.json is in the way"):
        download("TOYA", base_url=server.url)
    assert server.requests == []
    assert path.read_text() == "mine"


def test_real_files_are_downloaded_and_converted(data_dir, server, monkeypatch, empty_install):
    from scmaxatac.zoo import _registry

    monkeypatch.undo()
    monkeypatch.setattr(settings, "cache_dir", empty_install)
    monkeypatch.setattr(settings, "model_dir", None)
    folder = data_dir / "maxatac" / "models" / "CTCF"
    server.files |= {f"models/CTCF/{path.name}": path.read_bytes() for path in folder.iterdir()}
    assert len(_registry.published()) == 127
    download("CTCF", base_url=server.url)
    model = load("CTCF")
    assert model.sha256 == from_keras(next(folder.glob("*.h5"))).sha256
    assert model.threshold("f1") == pytest.approx(0.454)


def test_empty_folders_that_a_kill_left_go_with_the_next_call(server, empty_install):
    download("TOYA", base_url=server.url)
    (empty_install / "downloads" / "models").mkdir(parents=True)
    download("TOYA", base_url=server.url)
    assert not (empty_install / "downloads").exists()
