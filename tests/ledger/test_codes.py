"""Codes: the same for the same entry, hard to guess, and a slip of the finger is noticed."""

from itertools import pairwise

from stammis.ledger.codes import ALPHABET, check_code, derive_code, normalise_code

KEY = "00ff" * 16
CODE = derive_code(KEY, "win_back_15", "anna", "order-1")


def test_the_same_entry_gets_the_same_code() -> None:
    assert derive_code(KEY, "win_back_15", "anna", "order-1") == CODE


def test_another_offer_customer_entry_number_or_key_gives_another_code() -> None:
    others = {
        derive_code(KEY, "win_back_20", "anna", "order-1"),
        derive_code(KEY, "win_back_15", "bo", "order-1"),
        derive_code(KEY, "win_back_15", "anna", "order-2"),
        derive_code(KEY, "win_back_15", "anna", "order-1", n=1),
        derive_code(KEY, "win_back_15", "anna", "order-1", key_id="2"),
        derive_code("11" * 32, "win_back_15", "anna", "order-1"),
        derive_code(KEY, "win_back_15", "annaorder-", "1"),
    }
    assert (len(others), CODE in others) == (7, False)


def test_a_code_is_read_in_groups_and_has_no_lookalikes() -> None:
    assert [len(group) for group in CODE.split("-")] == [4, 4, 1]
    assert set() == set("ILOU") & set(ALPHABET)


def test_every_wrong_character_is_noticed() -> None:
    slips = [
        CODE[:at] + wrong + CODE[at + 1 :]
        for at, right in enumerate(CODE)
        for wrong in ALPHABET
        if right not in ("-", wrong)
    ]
    assert len(slips) == 9 * 31
    assert [slip for slip in slips if check_code(slip)] == []


def test_every_swap_of_neighbours_is_noticed() -> None:
    swapped = []
    for number in range(200):
        bare = derive_code(KEY, "win_back_15", f"customer {number}", "order").replace("-", "")
        swapped += [
            bare[:at] + right + left + bare[at + 2 :]
            for at, (left, right) in enumerate(pairwise(bare))
            if left != right
        ]
    assert len(swapped) > 1_400
    assert [slip for slip in swapped if check_code(slip)] == []


def test_a_code_may_be_typed_as_people_type() -> None:
    typed = CODE.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert check_code(typed)
    assert normalise_code(typed) == CODE


def test_what_is_no_code_is_refused() -> None:
    assert [text for text in ("", "ABCD", CODE + "0", CODE[:-1], "ÅÄÖÅ-ÄÖÅÄ-Ö", "SOMMAR25!") if check_code(text)] == []


def test_codes_of_many_entries_are_spread_over_the_whole_alphabet() -> None:
    codes = {derive_code(KEY, "win_back_15", f"customer {number}", "order") for number in range(2_000)}
    assert len(codes) == 2_000
    assert {code[0] for code in codes} == {code[-1] for code in codes} == set(ALPHABET)
