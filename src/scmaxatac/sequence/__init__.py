"""What sequence does: variants, haplotypes, contributions, motifs."""
