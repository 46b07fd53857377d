"""pip and apt-get are replaced by small programs; one test runs the real pip on a local folder."""

from __future__ import annotations

import errno
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

from catta import fetch
from catta.errors import FetchError
from catta.fetch import debian_package, locked, pip_download, sha256_of

WHEEL = "tiny_data-1.0-py3-none-any.whl"
REQUIREMENT = "tiny-data==1.0"


def make_wheel(directory: Path, content: str = "hello") -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / WHEEL
    info = "tiny_data-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny/data.txt", content)
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-data\nVersion: 1.0\n"
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


class FakePip:
    """A program that copies a wheel to where `-d` says, and keeps count of its calls."""

    def __init__(self, directory: Path, wheel: Path, *, ending: str = "") -> None:
        self.calls = directory / "calls"
        self.calls.write_text("")
        program = directory / "fake_pip.py"
        program.write_text(
            textwrap.dedent(f"""
                import shutil, sys, time
                from pathlib import Path
                with open({str(self.calls)!r}, "a") as calls:
                    calls.write(" ".join(sys.argv[1:]) + chr(10))
                target = sys.argv[sys.argv.index("-d") + 1]
                print("Progress 1000000 of 2000000", flush=True)
            """)
            + (ending or f"shutil.copy({str(wheel)!r}, target)\n")
        )
        self.command = [sys.executable, "-S", str(program)]

    @property
    def count(self) -> int:
        return len(self.calls.read_text().splitlines())


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePip:
    fake = FakePip(tmp_path, make_wheel(tmp_path / "index"))
    monkeypatch.setattr(fetch, "_pip", lambda: fake.command)
    return fake


def contents(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.name != ".lock")


def test_a_wheel_is_downloaded_once_and_then_reused(pip: FakePip, tmp_path: Path) -> None:
    lines: list[str] = []
    cache = tmp_path / "cache" / "wheels"
    expected = sha256_of(tmp_path / "index" / WHEEL)
    for _ in range(2):
        path = pip_download(REQUIREMENT, cache, sha256=expected, progress=lines.append)
        assert path == cache / WHEEL
        assert sha256_of(path) == expected
    assert pip.count == 1
    assert "--no-deps --only-binary=:all:" in pip.calls.read_text()
    assert lines == [f"Downloading {REQUIREMENT}", f"Downloading {REQUIREMENT}: 1 of 2 MB"]
    assert contents(cache) == [WHEEL]


@pytest.mark.parametrize(
    ("kept", "calls"),
    [
        ("Tiny_Data-1.0-py3-none-any.whl", 0),
        ("tiny.data-1.0-py3-none-any.whl", 0),
        ("tiny_data-1.0.1-py3-none-any.whl", 1),
        ("tiny_data_more-1.0-py3-none-any.whl", 1),
        ("tiny_data.whl", 1),
    ],
)
def test_a_wheel_is_known_by_its_project_however_that_is_spelled(
    pip: FakePip, tmp_path: Path, kept: str, calls: int
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    make_wheel(tmp_path / "other").rename(cache / kept)
    assert pip_download(REQUIREMENT, cache).name == (WHEEL if calls else kept)
    assert pip.count == calls


@pytest.mark.parametrize("with_hash", [True, False])
@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty"])
def test_a_damaged_wheel_in_the_cache_is_fetched_again(
    pip: FakePip, tmp_path: Path, damage: str, with_hash: bool
) -> None:
    cache = tmp_path / "cache"
    whole = make_wheel(tmp_path / "index").read_bytes()
    broken = {
        "truncated": whole[: len(whole) // 2],
        "flipped": whole.replace(b"hello", b"jello"),
        "empty": b"",
    }[damage]
    cache.mkdir()
    (cache / WHEEL).write_bytes(broken)
    sha256 = sha256_of(tmp_path / "index" / WHEEL) if with_hash else None
    assert pip_download(REQUIREMENT, cache, sha256=sha256).read_bytes() == whole
    assert pip.count == 1


def test_a_wheel_with_another_hash_is_refused_and_not_kept(pip: FakePip, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(FetchError, match=r"has SHA-256 [0-9a-f]{64} instead of 00"):
        pip_download(REQUIREMENT, cache, sha256="0" * 64)
    assert contents(cache) == []
    assert pip.count == 1


@pytest.mark.parametrize(
    ("ending", "message"),
    [
        ("sys.exit('ERROR: No matching distribution found')", "No matching distribution found"),
        ("sys.exit('OSError: [Errno 28] No space left on device')", "the disk is full"),
        ("Path(target, 'x.tar.gz').write_text('')", "did not download a wheel"),
    ],
)
def test_what_pip_complains_about_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, message: str
) -> None:
    fake = FakePip(tmp_path, tmp_path, ending=ending)
    monkeypatch.setattr(fetch, "_pip", lambda: fake.command)
    with pytest.raises(FetchError, match=message):
        pip_download(REQUIREMENT, tmp_path / "cache")
    assert contents(tmp_path / "cache") == []


def test_a_full_disk_is_told_and_leaves_nothing(
    pip: FakePip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(FetchError, match="the disk is full"):
        pip_download(REQUIREMENT, tmp_path / "cache")
    assert pip.count == 1
    assert contents(tmp_path / "cache") == []


def test_a_directory_that_cannot_be_made_is_named(pip: FakePip, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FetchError, match=r"cannot write to .*file/cache"):
        pip_download(REQUIREMENT, tmp_path / "file" / "cache")
    assert pip.count == 0


@pytest.mark.parametrize("requirement", ["tiny-data", "tiny-data>=1", "--index-url=x", "a==1 b==2"])
def test_only_pinned_requirements_are_taken(requirement: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="name==version"):
        pip_download(requirement, tmp_path)


def test_what_a_killed_fetch_left_is_removed(pip: FakePip, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (cache / ".fetch-killed").mkdir(parents=True)
    (cache / ".fetch-killed" / WHEEL).write_bytes(b"half")
    pip_download(REQUIREMENT, cache)
    assert contents(cache) == [WHEEL]
    assert pip.count == 1


def test_two_processes_at_once_download_once(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "index")
    slow = f"time.sleep(0.3); shutil.copy({str(wheel)!r}, target)\n"
    fake = FakePip(tmp_path, wheel, ending=slow)
    program = textwrap.dedent(f"""
        from pathlib import Path
        from catta import fetch
        fetch._pip = lambda: {fake.command!r}
        print(fetch.pip_download({REQUIREMENT!r}, Path({str(tmp_path / "cache")!r})))
    """)
    processes = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert answers == [str(tmp_path / "cache" / WHEEL)] * 2
    assert fake.count == 1
    assert contents(tmp_path / "cache") == [WHEEL]


def test_the_lock_is_free_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path):
        _ = 1 / 0
    lines: list[str] = []
    with locked(tmp_path, lines.append):
        assert lines == []


def test_the_real_pip_honours_its_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pip")
    index = make_wheel(tmp_path / "index").parent
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    path = pip_download(REQUIREMENT, tmp_path / "cache")
    assert path.read_bytes() == (index / WHEEL).read_bytes()
    with pytest.raises(FetchError, match="No matching distribution found for tiny-data==2"):
        pip_download("tiny-data==2", tmp_path / "cache")


def test_without_any_pip_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="uv pip install pip"):
        pip_download(REQUIREMENT, tmp_path / "cache")


def make_program(directory: Path, name: str, script: str) -> None:
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


UNPACK = 'mkdir -p "$3/usr/share" && cp "$2" "$3/usr/share/content"'
DOWNLOAD = 'for word; do name=$word; done\necho data > "${name}_1_all.deb"'


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "programs"
    make_program(directory, "dpkg-deb", UNPACK)
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    return directory


def test_a_debian_package_is_unpacked_once(programs: Path, tmp_path: Path) -> None:
    make_program(programs, "apt-get", DOWNLOAD)
    root = debian_package("some-data", tmp_path / "debian")
    assert (root / "usr/share/content").read_text() == "data\n"
    make_program(programs, "apt-get", "exit 1")
    assert debian_package("some-data", tmp_path / "debian") == root
    assert contents(tmp_path / "debian") == ["some-data"]


def test_where_apt_knows_no_packages_private_lists_are_read(programs: Path, tmp_path: Path) -> None:
    make_program(
        programs,
        "apt-get",
        f"""
        case "$*" in
          *update*) touch "{tmp_path}/updated"; exit 0;;
        esac
        test -e "{tmp_path}/updated" || {{ echo "E: Unable to locate package" >&2; exit 100; }}
        {DOWNLOAD}""",
    )
    assert (debian_package("some-data", tmp_path / "debian") / "usr").is_dir()


@pytest.mark.parametrize(
    ("apt_get", "message"),
    [
        ("echo 'E: Unable to locate package some-data' >&2; exit 100", "Unable to locate"),
        ("echo 'E: Could not resolve host' >&2; exit 100", "Could not resolve host"),
        ("exit 0", "did not download"),
    ],
)
def test_what_apt_complains_about_is_told(
    programs: Path, tmp_path: Path, apt_get: str, message: str
) -> None:
    make_program(programs, "apt-get", apt_get)
    with pytest.raises(FetchError, match=message):
        debian_package("some-data", tmp_path / "debian")
    assert contents(tmp_path / "debian") == []


def test_a_damaged_archive_is_not_kept(programs: Path, tmp_path: Path) -> None:
    make_program(programs, "apt-get", DOWNLOAD)
    make_program(programs, "dpkg-deb", f"{UNPACK}; echo 'dpkg-deb: error: bad' >&2; exit 2")
    with pytest.raises(FetchError, match="bad"):
        debian_package("some-data", tmp_path / "debian")
    assert contents(tmp_path / "debian") == []


def test_without_apt_get_the_error_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="apt-get is not on this system"):
        debian_package("some-data", tmp_path / "debian")


@pytest.mark.parametrize("name", ["../x", "-o", "a b", ""])
def test_odd_package_names_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="not a name of a Debian package"):
        debian_package(name, tmp_path)
