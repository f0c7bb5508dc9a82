"""What the joints of a file are: places of the body, recognised by name."""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from vid2pose3d.data.readers.recorded import END
from vid2pose3d.errors import InputError

LIMB_PLACES = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
NEEDED = tuple(f"{side}_{place}" for side in ("left", "right") for place in LIMB_PLACES)
"""Places that every body must have; besides, `head` or `head_top`."""
OPTIONAL = ("pelvis", "spine", "neck", "head", "head_top", "left_collar", "right_collar", "left_toe", "right_toe")
PLACES = (*NEEDED, *OPTIONAL)
"""All places. `head` is the joint that turns the head, `head_top` its crown; `spine` and `neck` may be several joints,
from the pelvis upwards."""

_SIDED = {
    "hip": ("upleg", "upperleg", "legupper", "thigh", "femur", "hip"),
    "knee": ("knee", "lowerleg", "leglower", "loleg", "lowleg", "shin", "calf", "tibia", "leg"),
    "ankle": ("ankle", "foot"),
    "toe": ("toebase", "toe", "toes", "ball", "foot", "footend"),
    "shoulder": ("upperarm", "uparm", "armupper", "humerus", "shldr", "arm", "shoulder"),
    "collar": ("collar", "clavicle", "collarbone", "shoulder"),
    "elbow": ("elbow", "forearm", "lowerarm", "armlower", "loarm", "lowarm", "radius"),
    "wrist": ("wrist", "hand"),
}
"""Names of a place without the side, the surer ones first; a name that stands in two rows goes to the first that is
still without a joint."""
_CENTRAL = {
    "pelvis": re.compile(r"hips?|pelvis|root"),
    "spine": re.compile(r"(to)?(spine|abdomen|chest|torso|thorax|waist|back|lowerback|upperback)(upper|lower)?\d*"),
    "neck": re.compile(r"(lower|upper)?neck(lower|upper)?\d*"),
    "head": re.compile(r"head|skull"),
    "head_top": re.compile(r"headtop|tophead|headend|headtopend|headnub|vertex"),
}
_PREFIX = re.compile(r"^((mixamorig\d*|bip0*1?|character\d*|actor\d*|skeleton\d*|rig|def|org|jnt|bn|b|j|c)[ _.\-]+)+",
                     re.I)
_LEFT_RIGHT = {"l": "left", "r": "right", "left": "left", "right": "right"}
_SIDE_FIRST = (re.compile(r"^(left|right)[ _.\-]*(.+)$", re.I), re.compile(r"^([lr])[ _.\-]+(.+)$", re.I),
               re.compile(r"^([lrLR])([A-Z].*)$"))
_SIDE_LAST = (re.compile(r"^(.+?)[ _.\-]*(left|right)$", re.I), re.compile(r"^(.+?)[ _.\-]+([lr])$", re.I))
_ALL_SIDED = {name for names in _SIDED.values() for name in names}
_SHOWN = 12
"""Joint names that an error lists at most."""


class UnknownJoints(InputError):
    """The joints of a file are not those of a body, as far as their names tell."""


def find_places(names: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, list[int]]:
    """Indices of the joints at each place of the body; `spine` and `neck` may have several, in the file's order.

    given: joint name -> place, or "" for a joint to leave out; it goes before what the names say. Raises
    UnknownJoints, without the file's name, where a needed place has no joint.
    """
    given = given or {}
    found: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        if given.get(name):
            found.setdefault(given[name], []).append(index)
    open_names = {index: name for index, name in enumerate(names) if name not in given}
    split = {index: sided(name) for index, name in open_names.items()}
    for side in ("left", "right"):
        _find_sided(side, {index: base for index, (own, base) in split.items() if own == side}, found)
    for place, pattern in _CENTRAL.items():
        if place not in found:
            indices = [index for index, (side, base) in split.items() if not side and pattern.fullmatch(base)]
            if indices:
                found[place] = indices if place in ("spine", "neck") else indices[:1]
    _complete(names, found)
    return found


def sided(name: str) -> tuple[str, str]:
    """The side ("left", "right" or "") of a joint's name, and the rest of it as lower-case letters and digits."""
    end = name.endswith(END)
    bare = re.split(r"[:|]", name.removesuffix(END))[-1].strip()
    bare = _PREFIX.sub("", bare)
    side, rest = "", bare
    for pattern, first in [(p, True) for p in _SIDE_FIRST] + [(p, False) for p in _SIDE_LAST]:
        match = pattern.match(bare)
        if match:
            word, rest = match.groups() if first else match.groups()[::-1]
            side = _LEFT_RIGHT[word.lower()]
            break
    base = re.sub(r"[^a-z0-9]", "", rest.lower())
    if not side and base[:1] in ("l", "r") and (base[1:] in _ALL_SIDED or base[1:] == "hipjoint"):
        side, base = _LEFT_RIGHT[base[0]], base[1:]
    return side, base + ("end" if end else "")


def read_map(path: Path) -> dict[str, str]:
    """Joint names of the user's files and their places: a JSON object, or a CSV table with columns joint and place.

    Raises InputError where the file cannot be read or names a place that there is not.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".json":
            table = json.loads(text)
        else:
            table = {row["joint"]: row["place"] for row in csv.DictReader(text.splitlines())}
        pairs = {str(joint): str(place or "").strip() for joint, place in table.items()}
    except OSError as error:
        raise InputError(f"--map {path} cannot be read: {error.strerror or error}; check the name") from error
    except (ValueError, KeyError, AttributeError, csv.Error) as error:
        raise InputError(f"--map {path} must be a JSON object or a CSV table with columns joint and place; "
                         'such as {"Bone_017": "left_hip"}') from error
    wrong = [f"{joint!r} -> {place!r}" for joint, place in pairs.items() if place and place not in PLACES]
    if wrong:
        raise InputError(f"--map {path}: {wrong[0]} is no place of the body; known are {', '.join(PLACES)}")
    return pairs


def _find_sided(side: str, bases: Mapping[int, str], found: dict[str, list[int]]) -> None:
    taken = {index for indices in found.values() for index in indices}
    for place, known in _SIDED.items():
        for base in known:
            free = [index for index, own in bases.items() if own == base and index not in taken]
            if free and f"{side}_{place}" not in found:
                found[f"{side}_{place}"] = free[:1]
                taken.add(free[0])


def _complete(names: Sequence[str], found: Mapping[str, list[int]]) -> None:
    missing = [place for place in NEEDED if place not in found]
    if "head" not in found and "head_top" not in found:
        missing.append("head")
    if not missing:
        return
    used = {index for indices in found.values() for index in indices}
    unknown = [name for index, name in enumerate(names) if index not in used and not name.endswith(END)]
    shown = ", ".join(unknown[:_SHOWN]) + (f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else "")
    raise UnknownJoints(f"no joint found for {', '.join(missing)}; not recognised: {shown or 'none'}; say what they "
                        "are with --map FILE, or leave such files out with --skip-unknown")
