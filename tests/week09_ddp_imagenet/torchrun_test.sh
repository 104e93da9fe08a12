# torchrun_test.sh EXECUTABLE PYTHON: two ranks started by torchrun train and leave one run.
"$2" -c 'import torch' 2>/dev/null || { echo "no Python with torch at $2: skipped"; exit 77; }
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
for class in a b; do for part in train val; do
  mkdir -p "$folder/images/$part/$class"
  cp "$(dirname "$0")/../reference/image.jpg" "$folder/images/$part/$class/1.jpg"
  cp "$(dirname "$0")/../reference/image.jpg" "$folder/images/$part/$class/2.jpg"
done; done
"$2" -m torch.distributed.run --no-python --nproc-per-node 2 "$1" train --images "$folder/images" --network resnet18 \
  --width 8 --sizes 32 --val-size 32 --batch-size 4 --epochs 2 --threads 1 --out "$folder/run" || exit 1
grep -q '"ranks": 2' "$folder/run/result.json"
