"""The requirements files agree with pyproject.toml, with each other, and install nothing that they do not name."""

import importlib.metadata
import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import packaging
import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import lock

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PLATFORMS = ("linux", "win32", "darwin")
PYTHONS = ("3.11", "3.12", "3.13")
RUN, TEST, INSTALLER = "requirements.txt", "requirements-test.txt", "requirements-uv.txt"


@dataclass(frozen=True)
class Pin:
    name: str
    version: Version
    marker: Marker | None
    hashes: tuple[str, ...]

    def is_for(self, environment: dict[str, str]) -> bool:
        return self.marker is None or self.marker.evaluate(environment)


def pins_of(name: str) -> list[Pin]:
    text = (ROOT / "packaging" / name).read_text("utf-8")
    bare = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return [pin_of(entry) for entry in bare.replace("\\\n", " ").splitlines() if entry.strip()]


def pin_of(entry: str) -> Pin:
    head, *hashes = re.split(r"\s--hash=", entry)
    requirement = Requirement(head)
    (exact,) = requirement.specifier
    assert exact.operator == "=="
    return Pin(
        canonicalize_name(requirement.name),
        Version(exact.version),
        requirement.marker,
        tuple(text.strip() for text in hashes),
    )


def asked_for(
    *, extras: tuple[str, ...] = (), groups: tuple[str, ...] = (), base: bool = True
) -> list[str]:
    asked: list[str] = list(PROJECT["project"]["dependencies"]) if base else []
    for extra in extras:
        asked += PROJECT["project"]["optional-dependencies"][extra]
    for group in groups:
        asked += PROJECT["dependency-groups"][group]
    return asked


ALL_EXTRAS = tuple(PROJECT["project"]["optional-dependencies"])
ASKED = {
    RUN: asked_for(extras=ALL_EXTRAS),
    TEST: asked_for(extras=ALL_EXTRAS, groups=("test",)),
    INSTALLER: asked_for(groups=("installer",), base=False),
}
NEVER = {
    canonicalize_name(Requirement(text).name)
    for text in PROJECT["tool"]["uv"]["override-dependencies"]
}
LOCKS = pytest.mark.parametrize("name", [RUN, TEST, INSTALLER])


def environments() -> list[dict[str, str]]:
    return [
        {"sys_platform": platform, "python_version": python, "python_full_version": f"{python}.0"}
        for platform in PLATFORMS
        for python in PYTHONS
    ]


def test_packaging_is_the_library_and_not_our_folder():
    assert packaging.__file__ is not None
    assert not Path(packaging.__file__).is_relative_to(ROOT / "packaging")


def test_every_requirements_file_is_locked_and_every_group_is_installed():
    assert (
        {path.name for path in (ROOT / "packaging").glob("*.txt")}
        == set(lock.SOURCES)
        == set(ASKED)
    )
    assert set(PROJECT["dependency-groups"]) == {"test", "installer"}


@LOCKS
@pytest.mark.parametrize("environment", environments(), ids=lambda e: "-".join(e.values()))
def test_each_thing_that_pyproject_asks_for_is_pinned_to_what_it_asks_for(
    name: str, environment: dict[str, str]
):
    pins = {pin.name: pin for pin in pins_of(name) if pin.is_for(environment)}

    for text in ASKED[name]:
        asked = Requirement(text)
        pin = pins[canonicalize_name(asked.name)]
        assert asked.specifier.contains(pin.version, prereleases=True), (
            f"{text} is pinned to {pin.version}"
        )


@LOCKS
@pytest.mark.parametrize("environment", environments(), ids=lambda e: "-".join(e.values()))
def test_no_two_pins_of_a_package_apply_at_once(name: str, environment: dict[str, str]):
    versions: defaultdict[str, list[Version]] = defaultdict(list)
    for pin in pins_of(name):
        if pin.is_for(environment):
            versions[pin.name].append(pin.version)

    assert {package: found for package, found in versions.items() if len(found) > 1} == {}


@LOCKS
def test_every_pin_has_sha256_hashes_and_nothing_has_an_address(name: str):
    for pin in pins_of(name):
        assert pin.hashes, pin.name
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", text) for text in pin.hashes), pin.name
    text = (ROOT / "packaging" / name).read_text("utf-8")
    assert "://" not in text
    assert " @ " not in text
    assert "--index-url" not in text


@pytest.mark.parametrize("environment", environments(), ids=lambda e: "-".join(e.values()))
def test_the_test_lock_holds_all_of_the_other_one(environment: dict[str, str]):
    run = {(pin.name, pin.version) for pin in pins_of(RUN) if pin.is_for(environment)}
    test = {(pin.name, pin.version) for pin in pins_of(TEST) if pin.is_for(environment)}

    assert run <= test


@pytest.mark.parametrize("name", [RUN, TEST])
def test_pyside_stays_with_the_release_that_python_3_11_survives(name: str):
    versions = [
        pin.version for pin in pins_of(name) if pin.name.startswith(("pyside6", "shiboken6"))
    ]

    assert len(versions) == 4
    assert {(version.major, version.minor) for version in versions} == {(6, 11)}


@pytest.mark.parametrize("name", [RUN, TEST])
def test_what_greenroom_does_without_is_installed_nowhere(name: str):
    left_out = {pin.name: pin for pin in pins_of(name) if pin.name in NEVER}

    assert {"numba", "llvmlite"} <= set(left_out) == NEVER
    for pin in left_out.values():
        assert not any(pin.is_for(environment) for environment in environments()), pin.name


def test_what_is_installed_here_needs_nothing_that_the_lock_lacks():
    """The locks are installed without their dependencies, so nothing else would notice a gap."""
    pins = {pin.name: pin for pin in pins_of(TEST) if pin.is_for({})}
    without_dependencies = {entry["name"] for entry in PROJECT["tool"]["uv"]["dependency-metadata"]}
    gaps: list[str] = []
    for name in pins.keys() - without_dependencies:
        for text in importlib.metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker and not needed.marker.evaluate({"extra": ""}):
                continue
            pin = pins.get(canonicalize_name(needed.name))
            if canonicalize_name(needed.name) in NEVER:
                continue
            if pin is None or not needed.specifier.contains(pin.version, prereleases=True):
                gaps.append(f"{name} needs {text}")

    assert gaps == []
