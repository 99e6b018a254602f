"""What a plan that cannot be is refused with."""

from __future__ import annotations

import pytest

from specprof.errors import UsageProblem
from specprof.plan.asked import Asked
from specprof.plan.assemble import assemble


def usage(asked: Asked, device: str = "cpu") -> str:
    """What is said against `asked`: one line, exit code 2."""
    with pytest.raises(UsageProblem) as caught:
        assemble(asked, device)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)
