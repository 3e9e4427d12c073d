"""Tools: predictions and what is made of them."""
