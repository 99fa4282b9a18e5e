"""What no single key can know: names that must exist elsewhere, secrets that must not be here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from growthml.config.campaigns import PERIOD_BASELINES
from growthml.config.choice import SectionChoice
from growthml.config.environment import has_variable, written_secrets
from growthml.config.problems import Fault, Path, suggestion
from growthml.config.tree import Tree
from growthml.config.url import Url


def check(tree: Tree, sections: Sequence[SectionChoice]) -> Iterator[Fault]:
    """Every fault between keys. Values of the wrong type are passed over: others report them."""
    yield from _secrets(tree)
    yield from _webhook(tree)
    yield from _campaigns_are_there(tree, sections)
    yield from _campaigns(tree)
    yield from _baseline(tree)
    yield from _allocation(tree)
    yield from _alerts(tree)
    yield from _logs(tree, sections)


def _secrets(tree: Tree) -> Iterator[Fault]:
    for path, text in tree.written.items():
        for secret in written_secrets(text):
            name = "SMTP_PASSWORD" if text.startswith("smtp") else "DB_PASSWORD"
            better = text.replace(secret, f"${{{name}}}", 1)
            if has_variable(text) or "@" not in text:
                better = f"scheme://user:${{{name}}}@host"
            yield Fault(path, f"holds a password in clear; write {better} and export {name}")


def _webhook(tree: Tree) -> Iterator[Fault]:
    path: Path = ("delivery", "webhook", "url")
    text = tree.written.get(path)
    if text is not None and not has_variable(text):
        message = 'holds a secret in clear; write "${CHAT_WEBHOOK}" and export CHAT_WEBHOOK'
        yield Fault(path, message)


def _campaigns_are_there(tree: Tree, sections: Sequence[SectionChoice]) -> Iterator[Fault]:
    """Only sections that read a log, which have a `source` option, do without campaigns."""
    if tree.find("campaigns") or not tree.find("sources"):
        return
    if all(choice.by_default for choice in sections):
        can_do_without = all(_is_traffic(tree, name) for name in _mapping(tree, "sources"))
    else:
        can_do_without = all("source" in type(one.options).model_fields for one in sections)
    if not can_do_without:
        why = "; only a report whose every section reads a log can do without"
        yield Fault((), why, missing="campaigns")


def _is_traffic(tree: Tree, source: str) -> bool:
    """Whether a source is a log, or maps web traffic and neither users nor events."""
    if Url(_text(tree, "sources", source, "url")).is_log:
        return True
    schema = tree.find("sources", source, "schema") or tree.find("schema")
    return (
        isinstance(schema, dict)
        and bool(set(schema) & {"requests", "sessions"})
        and not (set(schema) & {"users", "events"})
    )


def _campaigns(tree: Tree) -> Iterator[Fault]:
    sources = list(_mapping(tree, "sources"))
    for key in _mapping(tree, "campaigns"):
        if key in PERIOD_BASELINES:
            message = f"'{key}' means a period as a baseline; give the campaign another key"
            yield Fault(("campaigns", key), message, on_key=True)
        path: Path = ("campaigns", key, "source")
        source = _text(tree, *path)
        if source and source not in sources:
            yield Fault(path, f"unknown source '{source}'{suggestion(source, sources)}")
        elif source and Url(_text(tree, "sources", source, "url")).is_log:
            yield Fault(path, f"source '{source}' is an access log; a campaign needs tables")
        elif source and not _maps_users(tree, source):
            message = f"the schema of source '{source}' maps neither 'users' nor 'events'"
            yield Fault(path, f"{message}; a campaign needs one of them")


def _maps_users(tree: Tree, source: str) -> bool:
    schema = tree.find("sources", source, "schema") or tree.find("schema")
    if not isinstance(schema, dict) or not schema:
        return True
    return not set(schema) <= {"items", "visits", "requests", "sessions"}


def _baseline(tree: Tree) -> Iterator[Fault]:
    baseline = tree.find("baseline")
    campaigns = _mapping(tree, "campaigns") or _mapping(tree, "sources")
    is_mean = isinstance(baseline, dict) and "mean_of_last" in baseline
    is_period = is_mean or baseline in PERIOD_BASELINES
    if isinstance(baseline, str) and not is_period and campaigns and baseline not in campaigns:
        names = [*campaigns, *PERIOD_BASELINES]
        message = f"unknown campaign '{baseline}'{suggestion(baseline, names)}"
        yield Fault(("baseline",), message)
    bounded = [
        isinstance(tree.find("campaigns", key, "window", "from"), str | date)
        and tree.find("campaigns", key, "window", "to") is not None
        for key in _mapping(tree, "campaigns")
    ]
    if is_period and tree.find("period") in (None, "all") and not (bounded and all(bounded)):
        message = (
            "an earlier period as baseline needs a period to come before; set 'period', such as"
        )
        yield Fault(("baseline",), f"{message} last_week")


def _allocation(tree: Tree) -> Iterator[Fault]:
    campaigns, shares = _mapping(tree, "campaigns"), _mapping(tree, "allocation")
    for key in shares:
        if campaigns and key not in campaigns:
            message = f"unknown campaign '{key}'{suggestion(key, list(campaigns))}"
            yield Fault(("allocation", key), message, on_key=True)
    absent = [key for key in campaigns if key not in shares]
    if shares and absent:
        yield Fault(("allocation",), f"lacks the planned share of '{absent[0]}'", on_key=True)


def _alerts(tree: Tree) -> Iterator[Fault]:
    campaigns = _mapping(tree, "campaigns")
    alerts = tree.find("alerts")
    for index, _ in enumerate(alerts if isinstance(alerts, list) else []):
        path: Path = ("alerts", index, "campaign")
        key = _text(tree, *path)
        if key and key not in campaigns:
            yield Fault(path, f"unknown campaign '{key}'{suggestion(key, list(campaigns))}")


def _logs(tree: Tree, sections: Sequence[SectionChoice]) -> Iterator[Fault]:
    """Sources that a section's own options name."""
    entries = tree.find("sections")
    paths: list[Path] = []
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        paths += [("sections", index, name, "source") for name in _keys(entry)]
    sources = list(_mapping(tree, "sources"))
    for path in paths:
        source = _text(tree, *path)
        if source and source not in sources:
            yield Fault(path, f"unknown source '{source}'{suggestion(source, sources)}")


def _keys(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _mapping(tree: Tree, key: str) -> dict[str, Any]:
    found = tree.find(key)
    return found if isinstance(found, dict) else {}


def _text(tree: Tree, *path: str | int) -> str:
    found = tree.find(*path)
    return found if isinstance(found, str) else ""
