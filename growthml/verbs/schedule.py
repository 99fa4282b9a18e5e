"""`growthml schedule CONFIG`: a cron line, a systemd timer, a workflow, ready to copy."""

from __future__ import annotations

import argparse
import re
import shlex
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from growthml.config.schema import Config

_VARIABLE = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_CRON_DAYS = {"day": "* * *", "week": "* * 1", "month": "1 * *", "quarter": "1 */3 *"}
_CALENDAR = {"day": "*-*-*", "week": "Mon *-*-*", "month": "*-*-01", "quarter": "*-01,04,07,10-01"}


def add(verbs: Any, anywhere: argparse.ArgumentParser) -> None:
    """The verb and its arguments."""
    verb = verbs.add_parser(
        "schedule", help="print a cron line, a systemd timer and a workflow", parents=[anywhere]
    )
    verb.add_argument("config", type=Path)
    verb.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change one key of the config",
    )
    verb.add_argument(
        "--at", type=_clock, default=(7, 0), metavar="HH:MM", help="when (default 07:00)"
    )
    verb.set_defaults(verb=schedule)


def _clock(text: str) -> tuple[int, int]:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time of day; write 07:00")
    return int(found[1]), int(found[2])


def schedule(options: argparse.Namespace) -> int:
    """Print three ways to run the report whenever its period is over; writes nothing."""
    from growthml import plan

    config = plan.read_config(options.config, options.set)
    names = list(dict.fromkeys(_VARIABLE.findall(options.config.read_text(encoding="utf-8"))))
    here = Path.cwd()
    print(cron(config, options.config, here, options.at))
    print(timer(config, options.config, here, options.at, names))
    print(workflow(config, options.config, options.at, names))
    return 0


def unit_of(config: Config) -> str:
    """How often the report is due: `day`, `week`, `month` or `quarter`."""
    from growthml.period import ALL, parse

    if config.period == ALL:
        return "week"
    unit = parse(config.period)[1]
    return "quarter" if unit == "year" else unit


def cron(config: Config, path: Path, here: Path, at: tuple[int, int]) -> str:
    """A crontab's lines. cron reads CRON_TZ in most systems; `%` ends a line there."""
    hour, minute = at
    command = f"cd {shlex.quote(str(here))} && growthml run {shlex.quote(str(path))} --quiet"
    days = _CRON_DAYS[unit_of(config)]
    return (
        f"# cron: add to `crontab -e`. What is printed on stderr is mailed to MAILTO.\n"
        f"CRON_TZ={config.report.timezone}\n"
        f"{minute} {hour} {days} {command.replace('%', chr(92) + '%')}\n"
    )


def timer(config: Config, path: Path, here: Path, at: tuple[int, int], variables: list[str]) -> str:
    """A systemd service and its timer; a missed run is made up for."""
    name = f"growthml-{config.report.name}"
    hour, minute = at
    secrets = f"# holds {', '.join(variables)}\n" if variables else ""
    environment = f"{secrets}EnvironmentFile=-/etc/growthml/{config.report.name}.env\n"
    when = f"{_CALENDAR[unit_of(config)]} {hour:02}:{minute:02}:00 {config.report.timezone}"
    return (
        f"# systemd: /etc/systemd/system/{name}.service\n"
        f"[Unit]\nDescription={_one_line(config.title)}\nWants=network-online.target\n"
        f"After=network-online.target\n\n"
        f"[Service]\nType=oneshot\nWorkingDirectory={here}\n{environment}"
        f"ExecStart=/usr/bin/env growthml run {shlex.quote(str(path))} --quiet\n\n"
        f"# systemd: /etc/systemd/system/{name}.timer, then `systemctl enable --now {name}.timer`\n"
        f"[Unit]\nDescription={_one_line(config.title)}, on time\n\n"
        f"[Timer]\nOnCalendar={when}\nPersistent=true\n\n"
        f"[Install]\nWantedBy=timers.target\n"
    )


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("%", "%%")


def workflow(config: Config, path: Path, at: tuple[int, int], variables: list[str]) -> str:
    """A GitHub Actions workflow; its clock is UTC, and the archive is kept on a branch."""
    when, zone = _in_utc(config, at)
    days = _CRON_DAYS[unit_of(config)]
    env = "".join(f"          {name}: ${{{{ secrets.{name} }}}}\n" for name in variables)
    return (
        f"# GitHub Actions: .github/workflows/{config.report.name}.yml\n"
        f"name: {config.report.name}\n"
        f"on:\n  schedule:\n"
        f'    - cron: "{when[1]} {when[0]} {days}"  # UTC: {at[0]:02}:{at[1]:02} {zone}\n'
        f"  workflow_dispatch:\n"
        f"permissions: {{contents: write}}\n"
        f"concurrency: {{group: {config.report.name}}}\n"
        f"jobs:\n  report:\n    runs-on: ubuntu-latest\n    steps:\n"
        f"      - uses: actions/checkout@v4\n"
        f"      - uses: actions/setup-python@v5\n"
        f'        with: {{python-version: "3.12"}}\n'
        f"      - run: sudo apt-get install -y libpango-1.0-0 libpangoft2-1.0-0"
        f" libharfbuzz-subset0\n"
        f"      - run: pip install growthml\n"
        f"      - run: growthml run {shlex.quote(str(path))} --quiet\n"
        + (f"        env:\n{env}" if env else "")
        + f"      - name: Keep the archive, which also says what was sent\n"
        f"        if: always()\n"
        f"        run: |\n"
        f"          git add -f {shlex.quote(config.output.archive)}\n"
        f"          git -c user.name=growthml -c user.email=growthml@users.noreply.github.com"
        f" commit -m 'Report' || true\n"
        f"          git push\n"
    )


def _in_utc(config: Config, at: tuple[int, int]) -> tuple[tuple[int, int], str]:
    """The time in UTC while the zone is at its standard time, and what to say of it."""
    zone = config.report.timezone
    offset = ZoneInfo(zone).utcoffset(datetime(2025, 1, 6)) or timedelta()
    dst = ZoneInfo(zone).utcoffset(datetime(2025, 7, 7)) or timedelta()
    later = min(offset, dst)
    minutes = (at[0] * 60 + at[1] - int(later.total_seconds() // 60)) % (24 * 60)
    note = "" if offset == dst else ", an hour later while clocks are forward"
    return divmod(minutes, 60), f"{zone}{note}"
