"""Whose a process on the GPU is, and when that cannot be told."""

from __future__ import annotations

import os

import pytest

from specprof.telemetry.own_processes import OwnProcesses, Undecidable

NOWHERE = 2**22 + 7  # above the largest pid that Linux gives


def test_in_a_container_the_hosts_numbers_cannot_be_told_from_our_own():
    with pytest.raises(Undecidable):
        OwnProcesses([os.getpid()], in_container=True).foreign([NOWHERE])


def test_in_a_container_that_translates_numbers_the_rest_is_foreign():
    own = OwnProcesses([os.getpid()], in_container=True)
    assert own.foreign([os.getpid(), NOWHERE]) == [NOWHERE]
    assert own.foreign([NOWHERE]) == [NOWHERE]


def test_outside_containers_a_process_that_has_just_ended_is_nobodys():
    assert OwnProcesses([os.getpid()], in_container=False).foreign([NOWHERE]) == []


def test_what_was_decided_is_forgotten_when_a_pid_leaves_the_list(monkeypatch):
    own = OwnProcesses([os.getpid()], in_container=False)
    assert own.foreign([1]) == [1]
    monkeypatch.setattr(own, "_roots", frozenset([1]))
    assert own.foreign([1]) == [1]
    own.foreign([])
    assert own.foreign([1]) == []
