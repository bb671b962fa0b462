"""From what a text is to say to the text, in the form that was learned."""
