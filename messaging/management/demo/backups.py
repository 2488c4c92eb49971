"""The demo's backup: switched on, with files of three days that have just left the retention."""

import random
from datetime import timedelta

from messaging.history.backing_up import back_up
from messaging.history.choosing import BackupWish, change_backup
from messaging.library.templates import newest_versions
from messaging.management.demo.history import THEMES, Shop, write_past
from messaging.models import BackupSettings
from messaging.models.backup import BackupFormat, BackupPlace
from messaging.partitions import ensure_month
from messaging.sending.kept import first_day, start_of
from messaging.statistics.counting import fold

DAYS = 3
SECONDS = 20.0


def make_backups(shop: Shop) -> None:
    """Old days and their files, unless the project chose about its backup before."""
    if BackupSettings.objects.filter(project=shop.project).exists():
        return
    chance = random.Random(shop.project.pk)  # noqa: S311 - a demo's dice
    versions = {version.template.name: version for version in newest_versions(shop.project)}
    theme = next(theme for theme in THEMES if theme.template in versions)
    for days in range(1, DAYS + 1):
        moment = start_of(first_day() - timedelta(days=days)) + timedelta(hours=10)
        ensure_month(moment)
        write_past(shop, theme, versions[theme.template], moment, chance)
    while fold():
        pass
    wish = BackupWish(is_on=True, file_format=BackupFormat.CSV, place=BackupPlace.FOLDER, folder="sms")
    change_backup(project=shop.project, user=shop.actor, wish=wish)
    back_up(seconds=SECONDS)
