"""Which part of a step an operator or a kernel belongs to.

Where the modules' ranges are there, they decide. Within an attention module its projections have ranges of
their own; of the rest, what comes before the first operator of attention is rotary embedding and cache,
and all behind it is attention, with the scaling, the mask and the merging that the softmax wants.

Without such ranges names decide. A compiled step has its layers in compiled regions: what follows the last
one is final norm and head.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from specprof.measure.profile.spans import SCOPE, KernelSpan, Operator
from specprof.run.breakdown import Part

_REGION = "Torch-Compiled Region"

_ATTENTION = re.compile(
    "scaled_dot_product|flash|fmha|sdpa|efficient_attention|flex_attention|softmax|logsumexp|bmm|matmul"
)
_LINEAR = re.compile("linear|(?:^|[:_])(?:add)?(?:mm|mv)(?:_|$)")
_EMBEDDING = re.compile("embedding")

_ATTENTION_KERNEL = re.compile("flash|fmha|sdpa|attention|softmax|logsumexp", re.IGNORECASE)
_LINEAR_KERNEL = re.compile("gemm|gemv|nvjet|cutlass|splitk|^triton_tem_|^triton_mm", re.IGNORECASE)
_HEAD_KERNEL = re.compile("embedding|index_?select|vectorized_gather", re.IGNORECASE)


def operator_part(name: str) -> Part | None:
    """What an operator's name says by itself; None where others around it have to."""
    if name.startswith("triton_"):  # a range of the inductor's, called as the kernel is
        return kernel_part(name)
    if _ATTENTION.search(name):
        return "attention"
    if _LINEAR.search(name):
        return "linear"
    return "head" if _EMBEDDING.search(name) else None


def kernel_part(name: str) -> Part:
    """What a kernel's name says. The head's product is told from the layers' by nothing in it."""
    if _ATTENTION_KERNEL.search(name):
        return "attention"
    if _LINEAR_KERNEL.search(name):
        return "linear"
    return "head" if _HEAD_KERNEL.search(name) else "elementwise"


def operator_parts(operators: Sequence[Operator]) -> list[Part | None]:
    """The part of each; None for a range about which nothing is known."""
    named = _named(operators)
    if any(operator.is_scope for operator in operators):
        return _by_scope(operators, named)
    return _by_name(operators, named)


def _named(operators: Sequence[Operator]) -> list[Part | None]:
    """What names say: of an operator within another one the outer name, up to the module's range."""
    found: list[Part | None] = []
    for operator in operators:
        around = operator.parent
        inherited = None
        if around is not None and operators[around].scope == operator.scope:
            inherited = found[around]
        found.append(inherited or (None if operator.is_scope else operator_part(operator.name)))
    return found


def _by_scope(operators: Sequence[Operator], named: list[Part | None]) -> list[Part | None]:
    found: list[Part | None] = []
    attending: set[int] = set()
    """Attention modules that have come to their first operator of attention."""
    for operator, name_says in zip(operators, named, strict=True):
        part: Part = "elementwise"
        if operator.scope is not None:
            kind = operators[operator.scope].name.removeprefix(SCOPE).partition("/")[0]
            if kind == "attention":
                if name_says == "attention":
                    attending.add(operator.scope)
                if name_says == "linear":
                    part = "linear"
                elif operator.scope in attending:
                    part = "attention"
            else:
                part = "linear" if kind == "linear" else "head"
        found.append(part)
    return found


def _by_name(operators: Sequence[Operator], named: list[Part | None]) -> list[Part | None]:
    regions = [operator for operator in operators if operator.name.startswith(_REGION)]
    if not regions:
        return [
            name_says or ("elementwise" if operator.works else None)
            for operator, name_says in zip(operators, named, strict=True)
        ]
    first_ns, last_ns = regions[0].begin_ns, max(region.end_ns for region in regions)
    found: list[Part | None] = []
    for operator, name_says in zip(operators, named, strict=True):
        before, behind = operator.end_ns <= first_ns, operator.begin_ns >= last_ns
        if behind:
            found.append("head")
        elif before:
            found.append("head" if name_says == "head" else "elementwise")
        else:
            found.append(name_says or ("elementwise" if operator.works else None))
    return found


def kernel_parts(kernels: Sequence[KernelSpan], of_operators: Sequence[Part | None]) -> list[Part]:
    """The part of the operator that launched each kernel; where none is known, what its name says."""
    return [
        (of_operators[kernel.operator] if kernel.operator is not None else None) or kernel_part(kernel.name)
        for kernel in kernels
    ]


def learned_parts(names: Sequence[str], known_names: Sequence[str], known: Sequence[Part]) -> list[Part]:
    """The parts of kernels of which only names are known, from a run of the same step that told more.

    One by one where both ran the same kernels in the same order: a kernel may serve layers and head. Else
    by name, as most of the known kernels of that name; what is not among them by what its name says.
    """
    if list(names) == list(known_names):
        return list(known)
    votes: dict[str, Counter[Part]] = {}
    for name, part in zip(known_names, known, strict=True):
        votes.setdefault(name, Counter())[part] += 1
    return [votes[name].most_common(1)[0][0] if name in votes else kernel_part(name) for name in names]
