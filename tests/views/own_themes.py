"""Themes as a user writes them."""

from specprof.places import themes_folder

BUILT_IN = sorted(path.stem for path in themes_folder().glob("*.yaml"))

MINE = 'name: mine\nground: "#101010"\ntext: "#fafafa"\nseries: ["#ff8080", "#80ff80"]\n'
