"""From recorded facts to finance workbooks."""
