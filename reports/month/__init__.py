"""The month's workbook, Print og porto: what finance opens."""
