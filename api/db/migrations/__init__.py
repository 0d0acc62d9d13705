"""The history of the tables, a file of ``versions`` each: ``api.db.revise`` writes it, ``api.db.migrate`` runs it."""
