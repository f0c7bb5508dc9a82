import pytest

from vid2pose3d.text.clip_library import open_clip
from vid2pose3d.text.tokens import END, LETTERS, START, missing_words, tokenize, words_beyond

LETTERS_ONLY = frozenset({*range(LETTERS), START, END})


def words(tokens):
    return open_clip().SimpleTokenizer().decode([token for token in tokens if 0 < token < START]).strip()


@pytest.mark.parametrize("text", ["walking", "Jog in the PARK", "xylophonist brrm", "café"])
def test_every_text_can_be_spelled_from_letters(text):
    tokens, = tokenize([text], LETTERS_ONLY).tolist()
    assert set(tokens) <= LETTERS_ONLY | {0}
    assert words(tokens) == text.lower()
    assert tokens[0] == START
    assert tokens.count(END) == 1


def test_known_words_stay_whole_and_others_take_the_longest_known_parts():
    tokenizer = open_clip().SimpleTokenizer()
    ids = tokenizer.encoder
    halves, = ([ids[half] for half in pair] for pair in tokenizer.bpe_ranks if "".join(pair) == "walking</w>")
    whole = ids["walking</w>"]
    for known, spelled in (({whole, *halves}, [whole]), (set(halves), halves)):
        tokens = tokenize(["walking"], known)[0]
        assert tokens[tokens > 0].tolist() == [START, *spelled, END]


def test_a_word_without_known_parts_stays_one_unknown_token():
    assert tokenize(["walking"], {START, END}).tolist() == tokenize(["walking"]).tolist()


def test_long_texts_keep_their_end_token():
    tokens, = tokenize(["walking " * 40], LETTERS_ONLY).tolist()
    assert len(tokens) == 77
    assert tokens[-1] == END


def test_spelling_takes_room_and_spelled_words_are_named():
    known = {*LETTERS_ONLY, *tokenize(["a dog"])[0].tolist()}
    assert missing_words("a walking dog", known) == ["walking"]
    assert words_beyond("a walking dog", 3) == []
    assert words_beyond("a walking dog", 8, known) == ["dog"]
