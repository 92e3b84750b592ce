"""Shop exports become the rows they should: ids, amounts, times, consent words, and nothing is lost."""

import pytest
from contract_samples import Staged

pytestmark = pytest.mark.xdist_group("contracts")


def test_accounts_of_the_older_layout_are_known_by_their_address(staged: Staged) -> None:
    found = staged.rows("select record_id, email, postcode, is_email_opted_in from staging.stg_shopify__contacts")
    assert ("shop_customer:ann@lee.example", "ann@lee.example", "E1 6AN", True) in found
