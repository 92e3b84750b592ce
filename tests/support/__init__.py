"""What several test files share: records, stand-ins and places; what pytest hands out itself is in conftest.py."""
