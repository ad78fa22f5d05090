"""The options of all verbs that open a model: for which task and how, and with a second one behind it."""
