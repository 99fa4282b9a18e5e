"""Response models as sections use them: who is put in order, and how well."""
