"""The highest K images of each class from columns in memory, in Polars or DuckDB.

    .venv/bin/python select_top.py --engine polars --threads 2

The columns are image, class and score of P rows an image, in the narrowest types. A round gives the
K best images of every class with their scores, the best first; the value is rows per second. Of the
queries that were tried, the fastest is kept:

polars  group_by(class), in each group sort_by(score) and head(K). Slower: sort everything, then
        group_by and head; top_k_by in each group; rank("ordinal").over(class) and filter.
duckdb  row_number() over (partition by class order by score desc) with qualify, into a table of its
        own. Slower: max_by(image, score, K), whose heaps are made for small K.
"""

import argparse
import os

import numpy as np

from rounds import serve


def columns(images, labels, classes):
    random = np.random.default_rng(0)
    scores = random.standard_normal(images * labels, dtype=np.float32) * 3
    return {
        "image": np.repeat(np.arange(images, dtype=np.uint32), labels),
        "class": random.integers(0, classes, images * labels, dtype=np.uint16),
        "score": scores - np.tile(np.arange(labels, dtype=np.float32), images),
    }


def polars(table, top):
    import polars as pl

    frame = pl.DataFrame(table)
    query = frame.lazy().group_by("class").agg(
        pl.col("image", "score").sort_by("score", descending=True).head(top))
    return lambda: query.collect()


def duckdb(table, top, threads):
    import duckdb

    table_in_numpy = table  # found by its name below
    connection = duckdb.connect()
    connection.execute(f"set threads = {threads}")
    connection.execute("create table rows as select * from table_in_numpy")
    query = (
        "create or replace temp table best as select * from rows "
        f"qualify row_number() over (partition by class order by score desc) <= {top}")
    return lambda: connection.execute(query)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", choices=["polars", "duckdb"], required=True)
    parser.add_argument("--images", type=int, default=2_000_000)
    parser.add_argument("--labels", type=int, default=10)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--top", type=int, default=4000)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    os.environ["POLARS_MAX_THREADS"] = str(arguments.threads)  # read when it is imported

    table = columns(arguments.images, arguments.labels, arguments.classes)
    if arguments.engine == "polars":
        work = polars(table, arguments.top)
    else:
        work = duckdb(table, arguments.top, arguments.threads)
    serve(work, images=arguments.images * arguments.labels)


if __name__ == "__main__":
    main()
