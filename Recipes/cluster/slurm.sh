#!/usr/bin/env bash
# A whole run on a Slurm cluster: index → teacher → score (an array) → select → pretrain → fine-tune.
#
#   Recipes/cluster/slurm.sh RECIPE SHARDS [TASKS] [RUN]
#
#   RECIPE  the recipe; its data.unlabelled is the index folder ${OCEAN}
#   SHARDS  the shards: '/data/ocean/{00000..09999}.tar', a folder, a list, 'pipe:aws s3 cp s3://… -'
#   TASKS   how many machines score (64)
#   RUN     the run directory, on a file system that all of them see (runs/ocean)
#
# TRAINERS processes, one a machine (1), train together: each has its part of every batch, so that their
# number divides the recipe's accumulate × replicas. They compute on CPUs; a GPU trains alone.
#
# Shards that commands give are read by every job: 'pipe:…' as SHARDS allows them; for a list with
# commands set ALLOW_COMMANDS=1.
#
# Each job asks for a minute's notice before it is ended: halcyon then saves what it has and exits with
# 75, and the job is queued again and goes on. So it is, RESTARTS times (3), where a signal ended it, another
# process was lost (69) or a file system failed. A machine that dies costs the shard it was scoring, or the steps
# since the last checkpoint.
# SBATCH_OPTIONS (partition, account, time …) go to every job, GPU_OPTIONS to those that score, TRAIN_OPTIONS to
# those that train (GPU_OPTIONS, or for several trainers --cpus-per-task=16).
set -euo pipefail

recipe=${1:?RECIPE SHARDS [TASKS] [RUN]} shards=${2:?SHARDS} tasks=${3:-64} run=${4:-runs/ocean}
: "${OCEAN:?set OCEAN to where the index goes}"
halcyon=${HALCYON:-halcyon}
allowed=()
case "${ALLOW_COMMANDS:+pipe:}$shards" in pipe:*) allowed=(--allow-commands) ;; esac
read -ra options <<<"${SBATCH_OPTIONS:---time=24:00:00}"
read -ra gpu <<<"${GPU_OPTIONS:---gres=gpu:1 --cpus-per-task=16}"
trainers=${TRAINERS:-1} restarts=${RESTARTS:-3}
if [ "$trainers" -eq 1 ]; then
  train=("${gpu[@]}") together=()
  [ -z "${TRAIN_OPTIONS:-}" ] || read -ra train <<<"$TRAIN_OPTIONS"
else
  read -ra train <<<"${TRAIN_OPTIONS:---cpus-per-task=16}"
  train+=("--nodes=$trainers" --ntasks-per-node=1)
  # One that fails leaves the others the time to save; they end by themselves.
  together=(srun "--ntasks=$trainers" --kill-on-bad-exit=0 --wait=0)
fi
mkdir -p "$run"-logs

# submit NAME AFTER ARGUMENTS… -- COMMAND…: prints the job's number.
submit() {
  local name=$1 after=$2 arguments=() log=%x-%j
  shift 2
  while [ "$1" != -- ]; do
    arguments+=("$1")
    case $1 in --array=*) log=%x-%A-%a ;; esac
    shift
  done
  shift
  [ -z "$after" ] || arguments+=("--dependency=afterok:$after")
  sbatch --parsable --job-name="halcyon-$name" --output="$run-logs/$log.log" --requeue \
    --open-mode=append --kill-on-invalid-dep=yes --signal=B:TERM@60 "${options[@]}" "${arguments[@]}" \
    --export=ALL --wrap "
      export SRUN_CPUS_PER_TASK=\${SLURM_CPUS_PER_TASK:-1}
      $(printf '%q ' "$@") &
      child=\$!
      trap 'kill -TERM \$child' TERM
      wait \$child; code=\$?
      while kill -0 \$child 2>/dev/null; do wait \$child; code=\$?; done
      again=no
      case \$code in
        75) again=yes ;;
        69 | 74 | 12[89] | 1[3-9]? | 2??) [ \${SLURM_RESTART_COUNT:-0} -ge $restarts ] || again=yes ;;
      esac
      [ \$again = no ] || exec scontrol requeue \"\${SLURM_ARRAY_JOB_ID:-\$SLURM_JOB_ID}\${SLURM_ARRAY_TASK_ID:+_\$SLURM_ARRAY_TASK_ID}\"
      exit \$code"
}

index=$(submit index "" -- "$halcyon" index "$shards" --out "$OCEAN" "${allowed[@]}")
teacher=$(submit teacher "$index" "${train[@]}" -- "${together[@]}" "$halcyon" train-teacher "$recipe" --out "$run" "${allowed[@]}")
score=$(submit score "$teacher" "${gpu[@]}" "--array=0-$((tasks - 1))" -- \
  "$halcyon" score "$recipe" --out "$run" "${allowed[@]}")
select=$(submit select "$score" -- "$halcyon" select "$recipe" --out "$run" "${allowed[@]}")
pretrain=$(submit pretrain "$select" "${train[@]}" -- "${together[@]}" "$halcyon" pretrain "$recipe" --out "$run" "${allowed[@]}")
finetune=$(submit fine-tune "$pretrain" "${train[@]}" -- "${together[@]}" "$halcyon" run "$recipe" --out "$run" "${allowed[@]}")
echo "index $index → teacher $teacher ($trainers at once) → score $score ($tasks tasks) → select $select →" \
  "pretrain $pretrain → fine-tune $finetune; the report will be $run/report.html"
