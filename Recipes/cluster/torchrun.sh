#!/usr/bin/env bash
# A whole run under torchrun, training and scoring shared by all: the same command on each machine.
#
#   HEAD=node1:29400 MACHINES=4 Recipes/cluster/torchrun.sh RECIPE [RUN]
#
#   RECIPE  the recipe; its data.unlabelled is an index (`halcyon index` makes it, once)
#   RUN     the run directory, on a file system that all of them see (runs/ocean)
#
# HEAD is the machine where all meet, and its port: nobody else may reach it, since torchrun's store has no
# passwords. PROCESSES run on each machine (1); MACHINES × PROCESSES divides the recipe's accumulate × replicas.
# Where one fails, all start again and go on from the last checkpoint, RESTARTS times (3). TORCHRUN is the command
# (torchrun, of any PyTorch from 2.0 on), HALCYON the other.
#
# On one machine `halcyon launch` does the same without Python.
set -euo pipefail

recipe=${1:?RECIPE} run=${2:-runs/ocean}
: "${HEAD:?set HEAD to the machine where all meet and its port, such as node1:29400}"
exec "${TORCHRUN:-torchrun}" --no-python --nnodes "${MACHINES:-1}" --nproc-per-node "${PROCESSES:-1}" \
  --max-restarts "${RESTARTS:-3}" --rdzv-backend c10d --rdzv-endpoint "$HEAD" --rdzv-id halcyon \
  "${HALCYON:-halcyon}" run "$recipe" --out "$run"
