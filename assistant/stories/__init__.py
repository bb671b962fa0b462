"""Items about the same event, told once: `sameness` compares two items, `placing` puts each into its story."""
