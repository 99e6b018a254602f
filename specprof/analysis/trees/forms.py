"""A tree in the forms that engines take. Each counts in its own way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from specprof.analysis.trees.tree import Tree


def medusa_choices(tree: Tree) -> list[list[int]]:
    """Every node by its path, shorter ones first: the root is left out, so K = len + 1."""
    return [list(path) for path in sorted(tree.paths, key=lambda path: (len(path), path))]


@dataclass(frozen=True)
class DynamicTree:
    """The box of a tree that an engine grows anew at every step, which holds this one.

    EAGLE-2 (arXiv 2406.16858) drafts `depth` times with the `top_k` best nodes, then keeps the
    `total_tokens` most probable.
    """

    total_tokens: int
    """Candidates of the verify step, the root included."""
    depth: int
    top_k: int

    def eagle(self) -> dict[str, int]:
        """EAGLE's own arguments. Its code subtracts 1 from `total_token` for the root, and drafts once
        before the loop that `depth` counts."""
        return {"total_token": self.total_tokens, "depth": max(self.depth - 1, 0), "top_k": self.top_k}

    def sglang(self) -> dict[str, int]:
        """SGLang's flags. Draft tokens include the root; one guess per node forces steps + 1 of them, and
        no more than steps · topk + 1 can be kept."""
        tokens = self.depth + 1 if self.top_k == 1 else min(self.total_tokens, self.depth * self.top_k + 1)
        return {
            "speculative_num_steps": self.depth,
            "speculative_eagle_topk": self.top_k,
            "speculative_num_draft_tokens": tokens,
        }


def dynamic_tree(tree: Tree) -> DynamicTree:
    """The smallest box: as deep as the tree, as wide as its widest fan and as its size needs.

    Engines draft behind no more than `top_k` nodes of each depth (EAGLE's `topK_genrate`), so it is also as
    wide as the nodes of one depth that have children.
    """
    depth = tree.depth
    fans: dict[tuple[int, ...], int] = {}
    for path in tree.paths:
        fans[path[:-1]] = fans.get(path[:-1], 0) + 1
    widest = max(fans.values(), default=1)
    behind = Counter(map(len, fans))
    needed = -(-(tree.size - 1) // depth) if depth else 1
    return DynamicTree(tree.size, depth, max(widest, needed, *behind.values()))
