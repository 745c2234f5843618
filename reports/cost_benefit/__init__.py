"""What digital letters save against paper: a model of formulas, fed by what was measured."""
