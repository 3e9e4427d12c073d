"""From tracks and peaks to a trained network."""
