"""The highest K images of each class among rows of image, class and score, in Polars or DuckDB.

    .venv/bin/python select_top.py --engine polars --threads 2 --rows FOLDER --format arrow

A round gives the K best images of every class with their scores, the best first; the value is rows per
second. `--format arrow` or `parquet` reads the rows from such a file and writes the result as another;
`memory` has them in memory in the narrowest types and leaves the result there. Of the queries that
were tried, the fastest is kept:

polars  group_by(class), in each group sort_by(score) and head(K). Slower: sort everything, then
        group_by and head; top_k_by in each group; rank("ordinal").over(class) and filter; the streaming
        engine; reading the whole file first.
duckdb  row_number() over (partition by class order by score desc) with qualify, into a table of its
        own, or a Parquet file. Slower: max_by(image, score, K), whose heaps are made for small K.

    .venv/bin/python select_top.py --convert FOLDER

makes rows.arrow and rows.parquet, both without compression, of the columns in FOLDER.
"""

import argparse
import os

import numpy as np

from rounds import serve


def columns(folder):
    types = {"image": np.uint32, "class": np.uint16, "score": np.float32}
    return {name: np.fromfile(f"{folder}/{name}", dtype) for name, dtype in types.items()}


def convert(folder):
    import polars as pl

    frame = pl.DataFrame(columns(folder))
    frame.write_ipc(f"{folder}/rows.arrow", compression="uncompressed")
    frame.write_parquet(f"{folder}/rows.parquet", compression="uncompressed")


def polars(folder, form, top):
    import polars as pl

    def query(frame):
        return frame.group_by("class").agg(
            pl.col("image", "score").sort_by("score", descending=True).head(top)).collect()

    if form == "memory":
        frame = pl.DataFrame(columns(folder)).lazy()
        return lambda: query(frame)
    scan = pl.scan_ipc if form == "arrow" else pl.scan_parquet
    path = f"{folder}/rows.{form}"
    return lambda: query(scan(path)).write_ipc(f"{folder}/best.arrow", compression="uncompressed")


def duckdb(folder, form, top, threads):
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"set threads = {threads}")
    select = "qualify row_number() over (partition by class order by score desc) <= " + str(top)
    if form == "memory":
        table_in_numpy = columns(folder)  # found by its name below
        connection.execute("create table rows as select * from table_in_numpy")
        query = f"create or replace temp table best as select * from rows {select}"
    else:
        query = (
            f"copy (select * from '{folder}/rows.parquet' {select}) to '{folder}/best.parquet' "
            "(format parquet, compression uncompressed)")
    return lambda: connection.execute(query)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--convert", metavar="FOLDER")
    parser.add_argument("--engine", choices=["polars", "duckdb"])
    parser.add_argument("--rows", metavar="FOLDER")
    parser.add_argument("--format", choices=["memory", "arrow", "parquet"])
    parser.add_argument("--top", type=int, default=4000)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    os.environ["POLARS_MAX_THREADS"] = str(arguments.threads)  # read when it is imported

    if arguments.convert:
        convert(arguments.convert)
        return
    if arguments.engine == "polars":
        work = polars(arguments.rows, arguments.format, arguments.top)
    else:
        work = duckdb(arguments.rows, arguments.format, arguments.top, arguments.threads)
    serve(work, images=os.path.getsize(f"{arguments.rows}/image") // 4)


if __name__ == "__main__":
    main()
