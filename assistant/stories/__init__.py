"""Items about the same event, told once: `sameness` compares two items, `revision` two versions of one, `grouping` decides
who belongs to whom, `placing` puts each into its story."""
