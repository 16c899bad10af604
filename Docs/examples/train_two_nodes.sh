#!/bin/bash
# One training over two computers of a SLURM cluster, each with all of its GPUs.
#
#   sbatch Docs/examples/train_two_nodes.sh PROJECT RUN [RECIPE]
#
# The project must lie on a disk that both computers share: every process reads the prepared cases and the checkpoint,
# and the first one writes. The same command again goes on from the last checkpoint, also after a kill.
#
#SBATCH --job-name=medopt
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=16
#SBATCH --time=02:00:00
#SBATCH --signal=TERM@120
#SBATCH --requeue

set -euo pipefail
PROJECT=${1:?usage: sbatch train_two_nodes.sh PROJECT RUN [RECIPE]}
RUN=${2:?usage: sbatch train_two_nodes.sh PROJECT RUN [RECIPE]}
RECIPE=${3:-$PROJECT/recipe.yaml}

PROCESSES=${SLURM_GPUS_ON_NODE:-1}
HEAD=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
PORT=$((20000 + SLURM_JOB_ID % 20000))   # so that two jobs on one computer do not meet

# torchrun gives each process one thread unless it is told otherwise; batches are made by these threads, too.
export OMP_NUM_THREADS=$((${SLURM_CPUS_PER_TASK:-$PROCESSES} / PROCESSES))

# training.batch_size is the batch of all processes together: with 2 computers of 4 GPUs it must be 8 or more.
srun --kill-on-bad-exit=1 torchrun \
  --nnodes="$SLURM_NNODES" --nproc-per-node="$PROCESSES" \
  --rdzv-id="$SLURM_JOB_ID" --rdzv-backend=c10d --rdzv-endpoint="$HEAD:$PORT" \
  -m -- medopt train "$PROJECT" --run "$RUN" --recipe "$RECIPE"
