#!/bin/bash
# One training over two computers without a scheduler. Start it on both, first 0 then 1, with the address of the first:
#
#   Docs/examples/train_two_computers.sh 0 ADDRESS PROJECT RUN RECIPE      on the first
#   Docs/examples/train_two_computers.sh 1 ADDRESS PROJECT RUN RECIPE      on the second
#
# Both need the project under the same path on a shared disk, the same MedOpt and the same torch, and must reach each
# other on the port. PROCESSES is the number of GPUs of a computer; on computers without GPU it may be 1.
set -euo pipefail
NUMBER=${1:?0 on the first computer, 1 on the second}
ADDRESS=${2:?address of the first computer}
PROJECT=${3:?project folder} RUN=${4:?name of the run} RECIPE=${5:?recipe file}
PROCESSES=${PROCESSES:-1}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$(($(nproc) / PROCESSES))}

exec torchrun --nnodes=2 --node-rank="$NUMBER" --nproc-per-node="$PROCESSES" \
  --master-addr="$ADDRESS" --master-port="${PORT:-29500}" \
  -m -- medopt train "$PROJECT" --run "$RUN" --recipe "$RECIPE"
