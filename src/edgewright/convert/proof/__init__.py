"""How a conversion is proven: samples, the source and the result run on them, the comparison, its tolerances."""
