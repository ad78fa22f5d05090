"""32-bit ARM: what its Debian has in place of wheels, by the desk's own apt-get."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from edgewright.bundle import Platform
from edgewright.deploy import make_bundle
from edgewright.deploy.packing.debs import missing_debs, needs_debs
from edgewright.deploy.packing.own_wheel import own_wheel
from edgewright.deploy.packing.wheels import resolve
from edgewright.errors import DeployError

PI_2 = Platform("armv7l", "3.11", "glibc 2.36")

STANZA = """\
Package: {name}
Status: install ok installed
Architecture: armhf
Multi-Arch: allowed
Version: {version}
Provides: {provides}
Description: there

"""


def status(*packages: str) -> str:
    """As /var/lib/dpkg/status: all that NumPy and Pillow of Debian 12 need, and other packages."""
    there = {
        "python3": "3.11.2-1+b1", "python3.11": "3.11.2-6", "libc6": "2.36-9", "libgcc-s1": "12.2", "zlib1g": "1:1.3",
        "libstdc++6": "12.2", "libblas3": "3.11", "liblapack3": "3.11", "libgfortran5": "12.2",
        "libfreetype6": "2.12.1", "libimagequant0": "2.17", "libjpeg62-turbo": "1:2.1.5", "liblcms2-2": "2.14",
        "libopenjp2-7": "2.5", "libraqm0": "0.10", "libtiff6": "4.5", "libwebp7": "1.2.4", "libwebpdemux2": "1.2.4",
        "libwebpmux3": "1.2.4", "libxcb1": "1.15", "mime-support": "3.66", "python3-pkg-resources": "66",
    } | dict.fromkeys(packages, "1:99")  # fmt: skip
    provided = {"python3": "python3-supported-max (= 3.11)", "libblas3": "libblas.so.3", "liblapack3": "liblapack.so.3"}
    return "".join(
        STANZA.format(name=name, version=version, provides=provided.get(name, f"{name}-there"))
        for name, version in there.items()
    )


def test_a_python_without_a_runtime_is_refused():
    assert needs_debs(PI_2)
    assert not needs_debs(Platform("aarch64", "3.13", "glibc 2.41"))
    with pytest.raises(
        DeployError, match=r"the runtime for armv7l is built for Python 3\.11, and the device has 3\.13"
    ):
        needs_debs(Platform("armv7l", "3.13", "glibc 2.41"))


def test_what_the_device_has_must_be_known(tmp_path):
    with pytest.raises(DeployError, match="takes NumPy and Pillow from Debian, and what it has of it is not known"):
        make_bundle(tmp_path, platform=PI_2)


@pytest.mark.extras
def test_only_what_the_device_lacks_is_fetched(tmp_path):
    if shutil.which("apt-get") is None:
        pytest.skip("there is no apt-get here")
    found = missing_debs(status("python3-pil"))
    (path,) = found
    assert path.startswith("debs/python3-numpy_")
    (tmp_path / "numpy.deb").write_bytes(found[path])
    subprocess.run(["dpkg-deb", "-x", tmp_path / "numpy.deb", tmp_path / "system"], check=True)
    assert (tmp_path / "system/usr/lib/python3/dist-packages/numpy/version.py").is_file()
    assert missing_debs(status("python3-pil", "python3-numpy")) == {}


@pytest.mark.extras
def test_the_rest_is_resolved_around_what_debian_has():
    from edgewright.deploy.packing.debs import stubs

    names = {pin.name for pin in resolve(own_wheel(), [], PI_2, stubs=stubs())}
    assert "tflite-runtime" in names
    assert not {"numpy", "pillow", "ai-edge-litert"} & names
