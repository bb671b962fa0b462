"""What the user wants: one TOML file, read whole, frozen, and swapped in between ticks."""
