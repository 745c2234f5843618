"""How letters went, counted: the statistics workbook and its tables."""
