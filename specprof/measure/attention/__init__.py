"""How attention is computed: transformers' eager and sdpa, and two of our own in the form it calls them."""
