"""What plots share: axes, layout, labels, genes."""
