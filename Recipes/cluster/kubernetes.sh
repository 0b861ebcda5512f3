#!/usr/bin/env bash
# A whole run on Kubernetes, job by job: index → teacher → score → select → pretrain → fine-tune. Ends
# with the first job that fails; run again it goes on with that one (delete the failed job first).
#
#   Recipes/cluster/kubernetes.sh [RECIPE] [JOBS]
#
#   RECIPE  the recipe (Recipes/cluster/ocean.yaml)
#   JOBS    the jobs (Recipes/cluster/kubernetes.yaml, whose head says what they need)
#
# KUBECTL is the command (kubectl), PAUSE the seconds between two looks at a job (10).
set -euo pipefail

folder=$(dirname "$0")
recipe=${1:-$folder/ocean.yaml} jobs=${2:-$folder/kubernetes.yaml}
kubectl=${KUBECTL:-kubectl}

"$kubectl" create configmap ocean-recipe --from-file=ocean.yaml="$recipe" --dry-run=client -o yaml |
  "$kubectl" apply -f -
for stage in index teacher score select pretrain fine-tune; do
  "$kubectl" apply -f "$jobs" -l stage="$stage"
  while true; do
    # A job ends as Complete or as Failed; `kubectl wait` knows one of the two only.
    ended=$("$kubectl" get "job/halcyon-$stage" \
      -o 'jsonpath={.status.conditions[?(@.status=="True")].type}')
    case " $ended " in
      *" Complete "*) break ;;
      *" Failed "*)
        echo "$stage failed; $kubectl logs job/halcyon-$stage says why" >&2
        exit 1
        ;;
    esac
    sleep "${PAUSE:-10}"
  done
done
