"""What happened: ledgers of dated, sourced events and series, against which arguments are held."""
