"""Who is one person and who are two, and what is known of them."""

from stammis.demo.kinds.kind import DOMAIN, Kind, mail
from stammis.demo.kinds.records import MERGES, SPLITS, account, by_hand, card, closed_case, subscriber, woo_account

PEOPLE = (
    Kind(
        "names_swapped_at_one_home",
        "two accounts of one home, one with the names the wrong way round, are one person",
        (
            account(6401, mail("anneli.quist"), "Anneli Quist", "14 Heron Wharf", "CA1 2ZZ"),
            account(6402, mail("quist.anneli"), "Quist Anneli", "14 Heron Wharf", "'CA1 2ZZ"),
        ),
        {"people": "1"},
    ),
    Kind(
        "birthday_nobody_told",
        "two of one name, whose tills fill in the same day, are two people without a birthday",
        (
            card("KIND31", "Rolf Bergström", dob="19000101", email=mail("rolf.one")),
            card("KIND32", "Rolf Bergström", dob="19000101", email=mail("rolf.two")),
        ),
        {"people": "2", "customers.birthday": ""},
    ),
    Kind(
        "number_in_four_spellings",
        "a number is one, however it was written down",
        (
            card("KIND33", "Nils Nummer", phone="46789999001", country="SE"),
            card("KIND34", "Nils Nummer", phone="078-999 90 01", country="SE"),
            card("KIND35", "Nils Nummer", phone="0046 (0)78 99 99 001", country="SE"),
            account(6403, mail("nils.nummer"), "Nils Nummer", Phone="'+46789999001"),
        ),
        {"people": "1", "customers.phone": "+46789999001"},
    ),
    Kind(
        "number_of_no_country",
        "a national number of a row without a country is no number of ours",
        (card("KIND36", "Eir Ensam", phone="0791234567", country="CH", email=mail("no.country")),),
        {"customers.phone": ""},
    ),
    Kind(
        "address_in_two_spellings",
        "an international address is one, in letters and as computers write it",
        (
            account(6411, f"ada@äpple.{DOMAIN}", "Ada Apel"),
            subscriber(f"Ada@XN--PPLE-KOA.{DOMAIN}".upper(), "Ada Apel"),
        ),
        {"people": "1", "consents.state": "opted_in"},
    ),
    Kind(
        "account_of_two_shops",
        "who buys at the outlet too is known there by the same address",
        (account(6414, mail("two.shops"), "Tvia Tvåbo"), woo_account(6415, mail("Two.Shops"), 90, "Tvia Tvåbo")),
        {"people": "1"},
    ),
    Kind(
        "born_on_a_day",
        "a card tells the whole day, a list the day without its year",
        (card("KIND37", "Bea Born", dob="19810517", email=mail("born")), subscriber(mail("born"), Birthday="05/17")),
        {"people": "1", "customers.birthday": "05-17", "customers.birth_year": "1981"},
    ),
    Kind(
        "language_of_the_person",
        "a person reads what the shop, a list or the help desk knows they read, not what their country does",
        (*closed_case(6404, 6404, mail("reads.swedish"), 90, name="Saga Svensk", locale="sv"),),
        {"customers.language": "sv", "customer_tags.tag": "retur"},
    ),
    Kind(
        "merged_by_hand",
        "what somebody at the shop knows wins over what exports can tell",
        (
            card("KIND38", "Mona Maiden", email=mail("mona.maiden")),
            account(6405, mail("mona.married"), "Mona Married"),
            by_hand(MERGES, 200, "KIND38", mail("mona.married"), "she married"),
        ),
        {"people": "1"},
    ),
    Kind(
        "split_by_hand",
        "two of one name and birthday and home who are two",
        (
            card(
                "KIND39", "Per Twin", dob="19700203", email=mail("per.father"), street="3 Elm Row", postcode="CA1 3ZZ"
            ),
            card("KIND40", "Per Twin", dob="19700203", email=mail("per.son"), street="3 Elm Row", postcode="CA1 3ZZ"),
            by_hand(SPLITS, 200, "KIND39", "KIND40", "father and son"),
        ),
        {"people": "2"},
    ),
)
