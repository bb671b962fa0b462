"""Work that recurs: `duties` says what there is to do and when, `runner` does it."""
