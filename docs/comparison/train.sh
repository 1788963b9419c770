#!/bin/sh
# Trains every method of docs/comparison.md: each for 12 minutes of one CPU core, painting included;
# the numbers of samples follow from what a sample of each costs. Usage: train.sh DATASET [METHOD ...]
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
default 11936
default_gan 5504
docs/comparison/pix2pixhd.json 1656
docs/comparison/pix2pixhd_remedies.json 1272
docs/comparison/pix2pixhd_edit.json 1976
docs/comparison/pix2pix.json 5184
docs/comparison/pix2pix_edit.json 4896
docs/comparison/cyclegan.json 412
cogan 30248
two_way_gan 1208
LIST
