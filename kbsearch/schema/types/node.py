"""The Node interface and how our types become nodes; loads nothing."""

import strawberry

from kbsearch.schema.fields import resolved
from kbsearch.schema.ids import encode_id


@strawberry.interface(description="有全局编号、可凭编号再取的对象")
class Node:
    """Relay's Node over our own opaque ids."""

    @resolved("不透明的全局编号")
    def id(self) -> strawberry.ID:
        """Type and raw id, opaque."""
        return strawberry.ID(encode_id(type(self).__name__, self.node_key()))

    def node_key(self) -> str:
        """The raw id within the type."""
        raise NotImplementedError
