"""What a prediction leaves: the folder of a run, and the slots of an object."""
