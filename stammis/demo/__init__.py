"""A generated shop: of any size, from a seed, with the truth about its people. For commands and tests only."""

from stammis.demo.demo import AS_OF, ShopReport, check_room, land_day, write_shop

__all__ = ["AS_OF", "ShopReport", "check_room", "land_day", "write_shop"]
