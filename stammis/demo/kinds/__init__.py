"""Plants a few people for each kind of thing that exports are read wrong in, beside the invented people."""

from stammis.demo.kinds.plant import write_kinds, write_later_day

__all__ = ["write_kinds", "write_later_day"]
