"""The firewall as the kernel has it: whom the table `inet seawall` lets in, told in conditions."""

import json
import subprocess
from pathlib import Path

TABLE = {"family": "inet", "table": "seawall"}
UNIT = "seawall-firewall.service"


def look(wanted: dict) -> dict:
    if not wanted["firewall"]:
        return {}
    enabled = subprocess.run(["systemctl", "is-enabled", UNIT], capture_output=True, text=True, timeout=20, check=False)
    facts = {"enabled": enabled.stdout.strip(), "chain": {}, "accepts": [], "refuses": [], "at_boot": at_boot()}
    if not Path("/usr/sbin/nft").exists():
        return facts
    told = subprocess.run(["/usr/sbin/nft", "-j", "list", "ruleset"], capture_output=True, timeout=20, check=True)
    things = json.loads(told.stdout)["nftables"]
    sets = {one["name"]: words(one.get("elem", [])) for one in ours(things, "set")}
    for chain in ours(things, "chain"):
        if chain["name"] == "input":
            facts["chain"] = {word: str(chain.get(word, "")) for word in ("hook", "policy", "type")}
    for rule in ours(things, "rule"):
        conditions, verdict = read(rule["expr"], sets)
        if verdict == "accept":
            facts["accepts"].append({**conditions, "chain": rule["chain"]})
        elif rule["chain"] == "refused":
            facts["refuses"].append(verdict)
    return facts


def at_boot() -> bool:
    """Whether the rules that a boot loads are those that the policy's were written as."""
    folder = Path("/etc/seawall-firewall")
    try:
        return (folder / "in-force.nft").read_bytes() == (folder / "wanted.nft").read_bytes()
    except FileNotFoundError:
        return False


def ours(things: list, sort: str) -> list:
    found = [thing[sort] for thing in things if sort in thing]
    return [one for one in found if {"family": one["family"], "table": one["table"]} == TABLE]


def read(expressions: list, sets: dict) -> tuple:
    """What a rule demands, by the words of its left side, and what it does then."""
    conditions, verdict = {}, ""
    for one in expressions:
        if "match" in one:
            match = one["match"]
            name = left(match["left"]) + ("" if match["op"] in {"==", "in"} else f" {match['op']}")
            right = match["right"]
            named = isinstance(right, str) and right.startswith("@")
            conditions[name] = sets.get(right[1:], []) if named else words(right)
        elif "log" in one:
            verdict += f"log {one['log'].get('prefix', '')}"
        else:
            verdict += next((word for word in ("accept", "drop", "goto", "jump") if word in one), "")
    return conditions, verdict


def left(side: dict) -> str:
    if "payload" in side:
        return f"{side['payload'].get('protocol', 'raw')} {side['payload'].get('field', '')}"
    if "meta" in side:
        return str(side["meta"]["key"])
    return f"ct {side['ct']['key']}" if "ct" in side else json.dumps(side)


def words(right: object) -> list:
    """The right side of a condition, or the elements of a set, as words in order."""
    if isinstance(right, dict) and "set" in right:
        return words(right["set"])
    return sorted(word(one) for one in (right if isinstance(right, list) else [right]))


def word(one: object) -> str:
    if isinstance(one, dict) and "prefix" in one:
        return f"{one['prefix']['addr']}/{one['prefix']['len']}"
    if isinstance(one, dict) and "range" in one:
        return "-".join(str(end) for end in one["range"])
    return str(one["elem"]["val"]) if isinstance(one, dict) and "elem" in one else str(one)
