import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from console.settings.local import folder_broker, local_hosts, local_secret


def test_processes_that_start_at_once_share_one_secret(tmp_path: Path) -> None:
    numbers = count()
    with ThreadPoolExecutor(16) as threads:
        secrets = list(
            threads.map(lambda _: local_secret(tmp_path, "key", lambda: f"{next(numbers)}"), range(64))
        )
    assert len(set(secrets)) == 1
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["key"]


def test_a_secret_is_kept_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = local_secret(tmp_path, "key", lambda: "first")
    assert (first, local_secret(tmp_path, "key", lambda: "second")) == ("first", "first")
    assert stat.S_IMODE((tmp_path / "secrets" / "key").stat().st_mode) == 0o600


def test_the_folders_of_the_broker_exist(tmp_path: Path) -> None:
    options = folder_broker(tmp_path)["CELERY_BROKER_TRANSPORT_OPTIONS"]
    assert options["data_folder_in"] == options["data_folder_out"]
    assert all(Path(path).is_dir() for name, path in options.items() if "folder" in name)


def test_a_console_of_this_machine_answers_to_no_other_name() -> None:
    assert local_hosts("127.0.0.1") == ["localhost", "127.0.0.1", "[::1]"]
    assert local_hosts("::1") == ["localhost", "127.0.0.1", "[::1]"]
    assert local_hosts("0.0.0.0") == ["*"]


def test_mails_and_cache_of_a_development_console_lie_in_its_home(tmp_path: Path) -> None:
    asked = "from django.conf import settings as s; print(s.EMAIL_FILE_PATH, s.CACHES['default']['LOCATION'])"
    environment = os.environ | {
        "BONGSU_HOME": str(tmp_path),
        "DATABASE_URL": "postgresql://127.0.0.1/none",
        "DJANGO_SETTINGS_MODULE": "console.settings.development",
    }
    for name in ("EMAIL_URL", "CACHE_URL"):
        environment.pop(name, None)
    command = [sys.executable, "-c", asked]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.split() == [str(tmp_path / "mail"), str(tmp_path / "cache")]
