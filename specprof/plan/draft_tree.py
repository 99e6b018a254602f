"""The tree of candidates that one verify step checks.

Row 0 is the root (the last accepted token, always computed anyway), so K candidates are the root and
K − 1 drafts. Latency depends on K and on the mask being dense, not on which branches it allows; the
shape is fixed so that every run verifies the same tree.
"""

from __future__ import annotations

from typing import Literal

TreeShape = Literal["chain", "4-ary"]


def parents(candidates: int, shape: TreeShape = "4-ary") -> list[int]:
    """Parent of each candidate, `[K]`; the root's is −1. Parents always precede their children.

    `chain` is one branch; `4-ary` is the complete four-way tree filled level by level, close in height
    (4 levels at K = 85) to the trees that Medusa and EAGLE verify.
    """
    if candidates < 1:
        raise ValueError("a tree holds at least its root")
    branch = 1 if shape == "chain" else 4
    return [(node - 1) // branch if node else -1 for node in range(candidates)]


def depths(tree: list[int]) -> list[int]:
    """Depth of each candidate, `[K]`; the root has 0. Its position is the prefix length plus this."""
    result: list[int] = []
    for parent in tree:
        result.append(0 if parent < 0 else result[parent] + 1)
    return result


def ancestors(tree: list[int]) -> list[set[int]]:
    """For each candidate the candidates it may attend to: its ancestors and itself."""
    result: list[set[int]] = []
    for node, parent in enumerate(tree):
        result.append({node} if parent < 0 else result[parent] | {node})
    return result
