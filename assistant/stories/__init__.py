"""Items about the same event, told once: `sameness` compares two items, `revision` two versions of one, `placing` puts
each into its story."""
