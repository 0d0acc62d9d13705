"""The replay of an event file of any size: its orders are spilled to disk, judged bucket by bucket, and merged.

``scan`` reads the file and parts it by order, ``identity`` finds what comes twice or is corrected, ``folding`` judges
the orders of one bucket, ``merge`` brings the lines into their order, ``run`` does it all. See decision 0022.
"""
