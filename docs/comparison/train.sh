#!/bin/sh
# Trains every method of docs/comparison.md: each for 12 minutes of one CPU core, painting included;
# the numbers of samples are what ours saw in that time. Usage: train.sh DATASET [METHOD ...]
set -eu
cd "$(dirname "$0")/../.."
dataset=$1
shift
export OMP_NUM_THREADS=1
while read -r config samples; do
    name=$(basename "$config" .json)
    case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
    .venv/bin/python manage.py train --dataset "$dataset" --config "$config" --run "compared_$name" \
        --samples "$samples" --workers 0 --device cpu
done <<LIST
default 10000
default_gan 5500
docs/comparison/pix2pixhd.json 1470
docs/comparison/pix2pixhd_remedies.json 1470
docs/comparison/pix2pixhd_edit.json 1660
docs/comparison/pix2pix.json 3800
docs/comparison/pix2pix_edit.json 4140
docs/comparison/cyclegan.json 420
cogan 18048
two_way_gan 1371
LIST
