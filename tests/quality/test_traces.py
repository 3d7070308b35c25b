from __future__ import annotations

import re

from tests.quality.sources import ROOT, project_files

# In pieces, so that this file does not find itself.
REGISTRIES = ("pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com", "deb.debian" + ".org")
FOLDERS = (f"{ROOT}/", "/" + "work/", "/root" + "/")
TRACE = re.compile("|".join(re.escape(trace) for trace in (*REGISTRIES, *FOLDERS)).encode())


def test_no_file_names_a_package_registry_or_a_folder_of_some_machine() -> None:
    found = {path: sorted(set(TRACE.findall((ROOT / path).read_bytes()))) for path in project_files()}
    assert {path: traces for path, traces in found.items() if traces} == {}


def test_the_locks_are_those_in_requirements() -> None:
    names = {path for path in project_files() if path.endswith(".lock")}
    assert names == {
        "requirements/base.lock",
        "requirements/bench.lock",
        "requirements/dev.lock",
        "requirements/installer.lock",
        "requirements/otel.lock",
        "requirements/sso.lock",
    }
