"""The measuring child (`python -m specprof.measure`): the only room that imports torch."""
