"""From a digest to the user: `mail` writes the letter, a carrier takes it, `dispatch` sees that it goes out once."""
