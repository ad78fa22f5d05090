"""Verbs that keep the house: no model goes through them. `app` knows which they are."""
